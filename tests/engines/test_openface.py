"""The engine `openface` with stand-in programs, replaying tables: what comes out of each run."""

import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from shared.engines.base import Task
from shared.engines.openface import OpenFaceEngine
from shared.engines.openface.installation import TOOLS, Installation
from shared.engines.pool import EnginePool
from shared.measurements.model import Facts, MediaType, Row, Segment
from shared.platform.errors import Code, EngineError, MediaError
from tests import faces, media_factory
from tests.engines.openface_home import OpenFaceHome
from tests.measurements.csv import tables
from tests.measurements.csv.tables import IMAGE, POSE, UNITS, VIDEO
from tests.media_factory import Clip

IP, IW, VS, VM = MediaType.IP, MediaType.IW, MediaType.VS, MediaType.VM
SHARED = Path(__file__).parents[3] / "shared"
RECORDED = SHARED / "reference" / "openface"
CLIP_FRAMES = 20
SOON = 120.0  # [s]; for what takes milliseconds on an idle machine


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> OpenFaceHome:
    made = OpenFaceHome(tmp_path / "openface")
    monkeypatch.setenv("OPENFACE_HOME", str(made.folder))
    monkeypatch.delenv("OPENFACE_MODEL", raising=False)
    return made


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("media")
    media_factory.picture(made / "image.jpg", scene=faces.empty)
    media_factory.picture(made / "image.png", scene=faces.empty, mode="RGBA")
    Clip(seconds=CLIP_FRAMES / 25, size=(64, 64), scene=faces.empty).write(made / "clip.mp4")
    return made


@pytest.fixture
def image(folder: Path) -> Path:
    return folder / "image.jpg"


@pytest.fixture
def clip(folder: Path) -> Path:
    return folder / "clip.mp4"


def measured(
    folder: Path, media: Path, kind: MediaType, progress: Callable[[int], None] = lambda done: None
) -> tuple[Facts, list[Row]]:
    task, part, engine = Task(media, kind), folder / "segment", OpenFaceEngine()
    [segment] = engine.plan(task, 4)
    engine.measure(task, segment, part, progress)
    measurement = engine.join(task, [(segment, part)])
    return measurement.facts, list(measurement.rows)


@pytest.mark.parametrize(
    ("kind", "name", "tool", "further"),
    [
        (IP, "image.jpg", "FaceLandmarkImg", []),
        (IW, "image.jpg", "FaceLandmarkImg", ["-wild"]),
        (VS, "clip.mp4", "FeatureExtraction", []),
        (VM, "clip.mp4", "FaceLandmarkVidMulti", []),
    ],
)
@pytest.mark.parametrize("model", ["", "model/main_clnf_general.txt"])
def test_the_command_line_of_each_type(
    home: OpenFaceHome,
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    kind: MediaType,
    name: str,
    tool: str,
    further: list[str],
    model: str,
) -> None:
    monkeypatch.setenv("OPENFACE_MODEL", model)
    names = [*IMAGE, *UNITS] if kind.is_image else [*VIDEO, *UNITS]
    home.replay(folder / name, tables.openface(names, frames=1))
    facts, _ = measured(tmp_path, folder / name, kind)
    [call] = home.calls()
    program, _, media, _, results, *rest = call["argv"]
    assert (program, media) == (str(home.folder / tool), str(folder / name))
    assert call["cwd"] == str(home.folder)
    assert rest == ["-aus", "-pose", "-gaze", *further, *(["-mloc", model] if model else [])]
    assert not Path(results).exists(), "its folder is gone"
    assert facts.settings == {
        "tool": tool,
        "wild": kind is IW,
        "model": "main_clnf_general.txt" if model else "default",
        "confidence_threshold": 0.7,
    }
    assert facts.engine == "openface"
    assert facts.version.startswith("2.x (FeatureExtraction ")


def test_programs_may_be_in_bin_or_behind_a_link(
    home: OpenFaceHome, image: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They find their models beside the path they are started by, so that must be the real one."""
    home.replay(image, tables.openface([*IMAGE, *UNITS], frames=1))
    link = tmp_path / "link"
    (link / "bin").mkdir(parents=True)
    for tool in ("FaceLandmarkImg", "FeatureExtraction", "FaceLandmarkVidMulti"):
        (link / "bin" / tool).symlink_to(home.folder / tool)
    monkeypatch.setenv("OPENFACE_HOME", str(link))
    assert OpenFaceEngine().problems() == []
    assert measured(tmp_path, image, IP)[0].faces == 1


def test_what_opencv_may_read_in_its_own_way_is_handed_over_as_we_see_it(
    home: OpenFaceHome, folder: Path, tmp_path: Path
) -> None:
    with pytest.raises(MediaError):
        measured(tmp_path, folder / "image.png", IP)
    [call] = home.calls()
    assert Path(call["argv"][2]).name == "media.png"
    assert Path(call["argv"][2]).parent != folder


def test_of_several_faces_ip_takes_the_nearest_and_iw_all(
    home: OpenFaceHome, image: Path, tmp_path: Path
) -> None:
    content = tables.openface(
        [*IMAGE, *POSE, *UNITS],
        frames=1,
        faces=3,
        change=lambda name, frame, face: f"{(500, 300, 700)[face]}" if name == "pose_Tz" else None,
    )
    home.replay(image, content)
    facts, [row] = measured(tmp_path, image, IP)
    assert (row.face, row.signals[facts.signals.index("pose_Tz")]) == (0, 300)
    assert "3 faces; the largest was taken" in facts.warnings[0]
    facts, rows = measured(tmp_path, image, IW)
    assert ([row.face for row in rows], facts.faces, facts.warnings) == ([0, 1, 2], 3, [])
    assert (facts.width, facts.height, facts.fps, facts.duration) == (512, 512, None, None)


def test_several_faces_get_rows_for_the_frames_without_any(
    home: OpenFaceHome, clip: Path, tmp_path: Path
) -> None:
    """FaceLandmarkVidMulti leaves them out."""
    lines = tables.openface(
        [*VIDEO, *POSE, *UNITS], frames=CLIP_FRAMES, faces=2
    ).splitlines(keepends=True)  # fmt: skip
    seen = [line for line in lines[1:] if int(line.split(b",")[0]) in (3, 4, 8, 9, 10)]
    home.replay(clip, lines[0] + b"".join(seen))
    facts, rows = measured(tmp_path, clip, VM)
    assert sorted({row.frame for row in rows}) == list(range(1, CLIP_FRAMES + 1))
    assert [row.frame for row in rows if row.success] == [3, 3, 4, 4, 8, 8, 9, 9, 10, 10]
    assert [row.timestamp for row in rows] == pytest.approx([(row.frame - 1) / 25 for row in rows])
    assert all(len(row.signals) == len(POSE) for row in rows)
    assert (facts.frames, facts.faces, facts.warnings) == (CLIP_FRAMES, 2, [])


def test_half_a_clip_is_measured_with_a_warning(
    home: OpenFaceHome, clip: Path, tmp_path: Path
) -> None:
    home.replay(clip, tables.openface(frames=5))
    facts, rows = measured(tmp_path, clip, VS)
    assert (len(rows), facts.frames) == (5, 5)
    assert facts.duration == pytest.approx(0.2)
    [warning] = facts.warnings
    assert warning.startswith(
        f"OpenFace read 5 of the {CLIP_FRAMES} frames that the video declares"
    )


def test_progress_comes_from_the_growing_table(
    home: OpenFaceHome, clip: Path, tmp_path: Path
) -> None:
    home.replay(clip, tables.openface(frames=CLIP_FRAMES), seconds=1.6)
    seen: list[int] = []
    measured(tmp_path, clip, VS, seen.append)
    assert seen == sorted(seen)
    assert 0 < seen[0] < CLIP_FRAMES
    assert seen[-1] == CLIP_FRAMES


def no_success(name: str, frame: int, face: int) -> str | None:
    return {"success": "0", "confidence": "0.017", "AU12_r": "2.50"}.get(name)


@pytest.mark.parametrize("kind", [IP, IW, VS, VM])
def test_no_face(
    home: OpenFaceHome, image: Path, clip: Path, tmp_path: Path, kind: MediaType
) -> None:
    """No table at all, but FeatureExtraction's, which has no row of success."""
    home.replay(clip, tables.openface(change=no_success)) if kind is VS else None
    with pytest.raises(MediaError, match="found no face in the") as caught:
        measured(tmp_path, image if kind.is_image else clip, kind)
    assert caught.value.code is Code.NO_FACE_FOUND


def test_an_unsure_face_is_no_face(home: OpenFaceHome, image: Path, tmp_path: Path) -> None:
    home.replay(image, tables.openface([*IMAGE, *UNITS], frames=1, change=no_success))
    with pytest.raises(MediaError) as caught:
        measured(tmp_path, image, IP)
    assert caught.value.code is Code.NO_FACE_FOUND


def test_rows_without_success_keep_their_values_and_are_marked(
    home: OpenFaceHome, clip: Path, tmp_path: Path
) -> None:
    content = tables.openface(
        frames=CLIP_FRAMES,
        change=lambda name, frame, face: no_success(name, frame, face) if frame > 2 else None,
    )
    home.replay(clip, content)
    _, rows = measured(tmp_path, clip, VS)
    assert [row.success for row in rows] == [True, True] + [False] * (CLIP_FRAMES - 2)
    assert 2.5 in rows[-1].intensities


@pytest.mark.parametrize("kind", [IP, IW, VS, VM])
def test_media_that_cannot_be_opened(
    home: OpenFaceHome, image: Path, clip: Path, tmp_path: Path, kind: MediaType
) -> None:
    """Exit code 1, or 0 with a message, or 0 without one, by the program."""
    whole = image if kind.is_image else clip
    media = tmp_path / f"media{whole.suffix}"
    media.write_bytes(whole.read_bytes()[:64] + b"corrupt")
    with pytest.raises(MediaError) as caught:
        OpenFaceEngine().measure(
            Task(media, kind), Segment(0), tmp_path / "part", lambda done: None
        )
    assert caught.value.code is Code.UNDECODABLE_MEDIA
    assert len(home.calls()) == 1


@pytest.mark.parametrize(
    ("how", "sentence"),
    [
        ("abort", "FeatureExtraction was ended by SIGABRT. The log says more."),
        ("3", "FeatureExtraction ended with exit code 3. The log says more."),
        ("134", "FeatureExtraction was ended by SIGABRT. The log says more."),
        ("0", "FeatureExtraction wrote no table. The log says more."),
    ],
)
def test_a_program_that_fails_is_the_engines_fault(
    home: OpenFaceHome, clip: Path, tmp_path: Path, how: str, sentence: str
) -> None:
    home.misbehave(clip, how)
    with pytest.raises(EngineError) as caught:
        measured(tmp_path, clip, VS)
    assert caught.value.detail == sentence


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        (tables.openface(frames=2) + b"3, 0, 0.08, 0.9", "Line 4: The line has 4 fields"),
        (tables.openface([*VIDEO, *UNITS[:5]]), "The header lacks"),
        (b"\0" * 5000, "not text at all"),
        (b"one\ntwo\n", "neither OpenFace's"),
    ],
)
def test_a_table_that_breaks_its_own_rules_is_the_engines_fault(
    home: OpenFaceHome, clip: Path, tmp_path: Path, table: bytes, sentence: str
) -> None:
    home.replay(clip, table)
    part, task = tmp_path / "segment", Task(clip, VS)
    part.write_bytes(table)
    with pytest.raises(EngineError, match=f"wrote a table that cannot be used.*{sentence}"):
        OpenFaceEngine().join(task, [(Segment(0), part)])


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


class TestInstallation:
    """What is wrong with one is said, each thing in a sentence."""

    def test_sound(self, home: OpenFaceHome) -> None:
        assert OpenFaceEngine().problems() == []

    def test_not_set_up(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("OPENFACE_HOME", raising=False)
        [problem] = OpenFaceEngine().problems()
        assert "set OPENFACE_HOME" in problem
        assert OpenFaceEngine().version() == ""

    def test_no_folder(self, home: OpenFaceHome) -> None:
        shutil.rmtree(home.folder)
        assert OpenFaceEngine().problems() == ["OPENFACE_HOME names no folder on this machine."]

    def test_programs_missing_or_not_executable(self, home: OpenFaceHome) -> None:
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
        self, home: OpenFaceHome, image: Path, tmp_path: Path, there: str, able: str
    ) -> None:
        for tool in ("FaceLandmarkImg", "FeatureExtraction", "FaceLandmarkVidMulti"):
            if tool != there:
                (home.folder / tool).unlink()
        assert OpenFaceEngine().problems() == []
        assert " and ".join(OpenFaceEngine().types()) == able
        assert there in OpenFaceEngine().version()
        installation = Installation.configured()
        lacking = {kind: installation.lacks(kind) for kind in TOOLS}
        assert {str(kind) for kind, why in lacking.items() if why is None} == set(
            able.split(" and ")
        )
        assert all(f"measures {able} here" in why for why in lacking.values() if why)
        if there != "FaceLandmarkImg":
            with pytest.raises(MediaError, match="FaceLandmarkImg is neither") as refused:
                measured(tmp_path, image, IP)
            assert refused.value.code is Code.ENGINE_UNAVAILABLE

    def test_programs_from_before_2_measure_one_face_in_clips(
        self, home: OpenFaceHome, image: Path, clip: Path, tmp_path: Path
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

    def test_programs_are_told_that_there_is_no_display(self, home: OpenFaceHome) -> None:
        program = home.folder / "FaceLandmarkImg"
        program.write_text('#!/bin/sh\n[ "$QT_QPA_PLATFORM" = offscreen ] || kill -ABRT $$\n')
        assert OpenFaceEngine().problems() == []

    def test_for_another_machine(self, home: OpenFaceHome, image: Path, tmp_path: Path) -> None:
        (home.folder / "FaceLandmarkImg").write_bytes(b"\x7fELF of another kind")
        sentence = "FaceLandmarkImg cannot be started: Exec format error."
        assert OpenFaceEngine().problems() == [sentence]
        with pytest.raises(EngineError, match=sentence):
            measured(tmp_path, image, IP)

    def test_a_library_missing(self, home: OpenFaceHome) -> None:
        (home.folder / "FaceLandmarkImg").write_text(
            '#!/bin/sh\necho "$0: error while loading shared libraries: libboost_x.so.1.65.1: '
            'cannot open shared object file" >&2\nexit 127\n'
        )
        assert OpenFaceEngine().problems() == [
            "FaceLandmarkImg cannot be started: the library libboost_x.so.1.65.1 is missing."
        ]

    def test_it_crashes(self, home: OpenFaceHome) -> None:
        (home.folder / "FaceLandmarkImg").write_text("#!/bin/sh\nkill -SEGV $$\n")
        [problem] = OpenFaceEngine().problems()
        assert problem.startswith("FaceLandmarkImg was ended by SIGSEGV on a test image.")

    def test_one_cpu(self, home: OpenFaceHome, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {0})
        assert OpenFaceEngine().problems() == []  # images can be measured
        why = Installation.configured().lacks(MediaType.VS)
        assert why is not None
        assert "hang on a machine with one CPU" in why
        assert "measures IP and IW here" in why


class TestInThePool:
    """The program goes with the engine's process, whichever way that ends."""

    @pytest.fixture
    def pool(self, home: OpenFaceHome) -> Iterator[EnginePool]:
        made = EnginePool(1, environment={"OPENFACE_HOME": str(home.folder)}, engines=["openface"])
        yield made
        made.close()

    def test_measured_and_joined(
        self, pool: EnginePool, home: OpenFaceHome, clip: Path, tmp_path: Path
    ) -> None:
        home.replay(clip, tables.openface(frames=CLIP_FRAMES))
        assert pool.engines() == {"openface": []}
        task, part = Task(clip, VS), tmp_path / "segment"
        segments = pool.plan("openface", task, 2, deadline=SOON)
        pool.measure("openface", task, segments[0], part, deadline=SOON)
        facts = pool.join("openface", task, [(segments[0], part)], tmp_path, deadline=SOON)
        assert facts.frames == CLIP_FRAMES
        assert len(list(tables.rows(tmp_path / "openface.csv"))) == CLIP_FRAMES

    def test_a_hanging_program_is_killed_at_the_deadline(
        self, pool: EnginePool, home: OpenFaceHome, clip: Path, tmp_path: Path
    ) -> None:
        home.misbehave(clip, "hang")
        pool.plan("openface", Task(clip, VS), 1, deadline=SOON)  # its process is there from now on
        with pytest.raises(EngineError, match="did not finish measuring within 5 seconds"):
            pool.measure("openface", Task(clip, VS), Segment(0), tmp_path / "part", deadline=5)
        assert_gone(int((home.folder / "hanging").read_text()))

    def test_it_dies_with_an_engine_process_that_is_killed_alone(
        self, pool: EnginePool, home: OpenFaceHome, clip: Path, tmp_path: Path
    ) -> None:
        home.misbehave(clip, "hang")

        def kill_the_engine() -> bool:
            note = home.folder / "hanging"
            if note.exists() and (text := note.read_text()):
                engine = psutil.Process(int(text)).parent()
                assert engine is not None
                engine.kill()
            return False

        with pytest.raises(EngineError, match="SIGKILL"):
            pool.measure(
                "openface", Task(clip, VS), Segment(0), tmp_path / "part", deadline=SOON,
                cancelled=kill_the_engine,
            )  # fmt: skip
        assert_gone(int((home.folder / "hanging").read_text()))


def assert_gone(pid: int) -> None:
    ends = time.monotonic() + SOON
    while time.monotonic() < ends:
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return
        time.sleep(0.1)
    pytest.fail("the program is still running")


@pytest.mark.skipif(not RECORDED.is_dir(), reason="no recorded OpenFace output at ../shared")
@pytest.mark.parametrize(
    ("kind", "media", "table", "successes"),
    [
        (IP, "single_face.jpg", "image_aus.single_face.csv", 1),
        (IW, "multi_face.jpg", "image_aus.multi_face.csv", 5),
        (VS, "single_face.mp4", "video_aus.single_face.csv", 72),
        (VS, "WolfgangLanger_Pexels.mp4", "video_aus.WolfgangLanger_Pexels.csv", 471),
    ],
)
def test_recorded_output_comes_through_byte_for_byte(
    home: OpenFaceHome, tmp_path: Path, *, kind: MediaType, media: str, table: str, successes: int
) -> None:
    home.replay(SHARED / "media" / media, RECORDED / table)
    facts, rows = measured(tmp_path, SHARED / "media" / media, kind)
    assert (tmp_path / "segment").read_bytes() == (RECORDED / table).read_bytes()
    lines = [line.split(", ") for line in (RECORDED / table).read_text().splitlines()[1:]]
    start = 2 if kind.is_image else 5
    assert [list(row.intensities) for row in rows] == [
        [float(text) for text in line[start : start + 17]] for line in lines
    ]
    assert sum(row.success for row in rows) == successes
    assert facts.warnings == []


@pytest.mark.skipif(not RECORDED.is_dir(), reason="no recorded OpenFace output at ../shared")
def test_recorded_output_without_a_face(home: OpenFaceHome, tmp_path: Path) -> None:
    clip = SHARED / "media" / "no_face.mp4"
    home.replay(clip, RECORDED / "video_aus.no_face.csv")
    with pytest.raises(MediaError, match="no face in the clip"):
        measured(tmp_path, clip, VS)


REAL_HOME = os.environ.get("OPENFACE_HOME", "")


@pytest.mark.skipif(not REAL_HOME, reason="OPENFACE_HOME is not set: no real OpenFace to test with")
class TestTheRealPrograms:
    def test_installation(self) -> None:
        assert OpenFaceEngine().problems() == []

    @pytest.mark.parametrize(("kind", "name"), [(IP, "face.jpg"), (IW, "face.jpg"),
                                                (VS, "face.mp4"), (VM, "face.mp4")])  # fmt: skip
    def test_a_face(self, tmp_path: Path, kind: MediaType, name: str) -> None:
        media_factory.picture(tmp_path / "face.jpg")
        Clip(seconds=1).write(tmp_path / "face.mp4")
        facts, rows = measured(tmp_path, tmp_path / name, kind)
        assert facts.faces == 1
        assert any(row.success for row in rows)
        assert "pose_Tz" in facts.signals

    @pytest.mark.parametrize(("kind", "name"), [(IP, "image.jpg"), (VS, "clip.mp4"),
                                                (VM, "clip.mp4")])  # fmt: skip
    def test_no_face(self, folder: Path, tmp_path: Path, kind: MediaType, name: str) -> None:
        with pytest.raises(MediaError) as caught:
            measured(tmp_path, folder / name, kind)
        assert caught.value.code is Code.NO_FACE_FOUND
