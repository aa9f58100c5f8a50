"""What comes out of each run of OpenFace's programs, which are stand-ins that replay tables."""

from pathlib import Path

import pytest

from shared.engines.base import Task
from shared.engines.openface import OpenFaceEngine
from shared.measurements.model import MediaType, Segment
from shared.platform.errors import Code, EngineError, MediaError
from tests.engines.openface.home import OpenFaceHome
from tests.engines.openface.runs import CLIP_FRAMES, measured
from tests.measurements.csv import tables
from tests.measurements.csv.tables import IMAGE, POSE, UNITS, VIDEO

IP, IW, VS, VM = MediaType.IP, MediaType.IW, MediaType.VS, MediaType.VM


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
