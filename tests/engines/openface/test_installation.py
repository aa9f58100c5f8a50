"""What is wrong with an installation of OpenFace is said, each thing in a sentence."""

import os
import shutil
from pathlib import Path

import pytest

from shared.engines.openface import OpenFaceEngine
from shared.engines.openface.installation import TOOLS, Installation
from shared.measurements.model import MediaType
from shared.platform.errors import Code, EngineError, MediaError
from tests.engines.openface.home import OpenFaceHome
from tests.engines.openface.runs import CLIP_FRAMES, measured
from tests.measurements.csv import tables
from tests.measurements.csv.tables import UNITS, VIDEO

IP, VS = MediaType.IP, MediaType.VS


def test_models_missing(
    home: OpenFaceHome, clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.patches.unlink()
    with pytest.raises(EngineError, match=r"could not load its models.*cen_patches_"):
        measured(tmp_path, clip, VS)
    assert "set OPENFACE_MODEL to model/main_clnf_general.txt" in OpenFaceEngine().problems()[0]
    monkeypatch.setenv("OPENFACE_MODEL", "model/main_clnf_general.txt")
    assert OpenFaceEngine().problems() == []
    monkeypatch.setenv("OPENFACE_MODEL", "model/elsewhere.txt")
    assert "Check OPENFACE_MODEL" in OpenFaceEngine().problems()[0]


def test_sound(home: OpenFaceHome) -> None:
    assert OpenFaceEngine().problems() == []


def test_not_set_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENFACE_HOME", raising=False)
    [problem] = OpenFaceEngine().problems()
    assert "set OPENFACE_HOME" in problem
    assert OpenFaceEngine().version() == ""


def test_no_folder(home: OpenFaceHome) -> None:
    shutil.rmtree(home.folder)
    assert OpenFaceEngine().problems() == ["OPENFACE_HOME names no folder on this machine."]


def test_programs_missing_or_not_executable(home: OpenFaceHome) -> None:
    (home.folder / "FaceLandmarkVidMulti").unlink()
    (home.folder / "FeatureExtraction").chmod(0o644)
    (home.folder / "FaceLandmarkImg").unlink()
    assert OpenFaceEngine().problems() == [
        "FaceLandmarkImg is neither in OPENFACE_HOME nor in its folder bin.",
        "FeatureExtraction may not be executed: run chmod +x on it.",
        "FaceLandmarkVidMulti is neither in OPENFACE_HOME nor in its folder bin.",
    ]


@pytest.mark.parametrize(
    ("there", "able"),
    [
        ("FaceLandmarkImg", "IP and IW"),
        ("FeatureExtraction", "VS"),
        ("FaceLandmarkVidMulti", "VM"),
    ],
)
def test_some_of_the_programs_measure_some_of_the_types(
    home: OpenFaceHome, image: Path, tmp_path: Path, there: str, able: str
) -> None:
    for tool in ("FaceLandmarkImg", "FeatureExtraction", "FaceLandmarkVidMulti"):
        if tool != there:
            (home.folder / tool).unlink()
    assert OpenFaceEngine().problems() == []
    assert " and ".join(OpenFaceEngine().types()) == able
    assert there in OpenFaceEngine().version()
    installation = Installation.configured()
    lacking = {kind: installation.lacks(kind) for kind in TOOLS}
    assert {str(kind) for kind, why in lacking.items() if why is None} == set(able.split(" and "))
    assert all(f"measures {able} here" in why for why in lacking.values() if why)
    if there != "FaceLandmarkImg":
        with pytest.raises(MediaError, match="FaceLandmarkImg is neither") as refused:
            measured(tmp_path, image, IP)
        assert refused.value.code is Code.ENGINE_UNAVAILABLE


def test_programs_from_before_2_measure_one_face_in_clips(
    home: OpenFaceHome, image: Path, clip: Path, tmp_path: Path
) -> None:
    """They know other options, and their programs for images write no Action Units."""
    for tool in ("FaceLandmarkImg", "FeatureExtraction"):
        home.make_old(tool)
    (home.folder / "FaceLandmarkVidMulti").unlink()
    engine = OpenFaceEngine()
    assert (engine.problems(), engine.types()) == ([], [VS])
    assert engine.version().startswith("before 2.0 (FeatureExtraction ")
    home.replay(clip, tables.openface([*VIDEO, *UNITS], frames=CLIP_FRAMES))
    facts, rows = measured(tmp_path, clip, VS)
    assert (facts.frames, len(rows)) == (CLIP_FRAMES, CLIP_FRAMES)
    [call] = home.calls()
    _, _, _, option, table, *rest = call["argv"]
    assert (option, Path(table).name) == ("-of", "clip.csv")
    assert rest == ["-no2Dfp", "-no3Dfp", "-noMparams", "-q"]
    with pytest.raises(MediaError, match="writes no table") as refused:
        measured(tmp_path, image, IP)
    assert refused.value.code is Code.ENGINE_UNAVAILABLE
    assert "measures VS here" in refused.value.detail


def test_programs_are_told_that_there_is_no_display(home: OpenFaceHome) -> None:
    program = home.folder / "FaceLandmarkImg"
    program.write_text('#!/bin/sh\n[ "$QT_QPA_PLATFORM" = offscreen ] || kill -ABRT $$\n')
    assert OpenFaceEngine().problems() == []


def test_for_another_machine(home: OpenFaceHome, image: Path, tmp_path: Path) -> None:
    (home.folder / "FaceLandmarkImg").write_bytes(b"\x7fELF of another kind")
    sentence = "FaceLandmarkImg cannot be started: Exec format error."
    assert OpenFaceEngine().problems() == [sentence]
    with pytest.raises(EngineError, match=sentence):
        measured(tmp_path, image, IP)


def test_a_library_missing(home: OpenFaceHome) -> None:
    (home.folder / "FaceLandmarkImg").write_text(
        '#!/bin/sh\necho "$0: error while loading shared libraries: libboost_x.so.1.65.1: '
        'cannot open shared object file" >&2\nexit 127\n'
    )
    assert OpenFaceEngine().problems() == [
        "FaceLandmarkImg cannot be started: the library libboost_x.so.1.65.1 is missing."
    ]


def test_it_crashes(home: OpenFaceHome) -> None:
    (home.folder / "FaceLandmarkImg").write_text("#!/bin/sh\nkill -SEGV $$\n")
    [problem] = OpenFaceEngine().problems()
    assert problem.startswith("FaceLandmarkImg was ended by SIGSEGV on a test image.")


def test_one_cpu(home: OpenFaceHome, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {0})
    assert OpenFaceEngine().problems() == []  # images can be measured
    why = Installation.configured().lacks(MediaType.VS)
    assert why is not None
    assert "hang on a machine with one CPU" in why
    assert "measures IP and IW here" in why
