"""The embedded engine on whole media: what comes out for each type."""

import re
from pathlib import Path
from typing import Final

import numpy as np
import pytest
from PIL import Image

from local.paths import ROOT, SAMPLE
from shared.engines.base import Task
from shared.engines.mediapipe import signals
from shared.engines.mediapipe.engine import MediapipeEngine
from shared.measurements.action_units import INTENSITIES
from shared.measurements.model import MediaType, Segment
from shared.platform.errors import Code, MediaError
from tests import faces, media_factory
from tests.engines.mediapipe_runs import Run, run
from tests.media_factory import Clip

SHARED_MEDIA: Final = Path(__file__).resolve().parents[3] / "shared" / "media"
AU25: Final = INTENSITIES.index("AU25")
AU45: Final = INTENSITIES.index("AU45")


@pytest.fixture(scope="module")
def engine() -> MediapipeEngine:
    return MediapipeEngine()


@pytest.fixture(scope="module")
def speaking(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six seconds of one speaking, blinking face."""
    path = tmp_path_factory.mktemp("clips") / "speaking.mp4"
    return Clip(seconds=6, fps=25, key_interval=25).write(path)


@pytest.fixture(scope="module")
def spoken(
    engine: MediapipeEngine, speaking: Path, tmp_path_factory: pytest.TempPathFactory
) -> Run:
    """What comes out for it, in one segment."""
    return run(engine, speaking, MediaType.VS, tmp_path_factory.mktemp("spoken"))


def shared_media(name: str) -> Path:
    path = SHARED_MEDIA / name
    if not path.is_file():
        pytest.skip(f"{path} is not there")
    return path


def test_the_readme_shows_what_is_measured(engine: MediapipeEngine, tmp_path: Path) -> None:
    _, portrait = (ROOT / "README.md").read_text().split(f"{SAMPLE.name} -> POST", 1)
    shown = re.findall(r"^  (AU\d\d) .*? (\d\.\d\d) ", portrait, re.M)
    assert len(shown) >= 2
    (row,) = run(engine, SAMPLE, MediaType.IP, tmp_path).rows
    measured = {au: row.intensities[INTENSITIES.index(au)] for au, _ in shown}
    assert measured == pytest.approx({au: float(value) for au, value in shown}, abs=0.02)


def test_a_clip_gives_one_row_per_frame(spoken: Run) -> None:
    assert [row.frame for row in spoken.rows] == list(range(1, 151))
    times = [row.timestamp for row in spoken.rows]
    assert times == pytest.approx([index / 25 for index in range(150)], abs=1e-3)
    assert spoken.faces() == {0: 150}
    facts = spoken.facts
    assert (facts.frames, facts.faces, facts.width, facts.height) == (150, 1, 320, 320)
    assert (facts.fps, facts.duration) == pytest.approx((25, 6))
    assert facts.warnings == []


def test_mouth_and_lids_are_seen_to_move(spoken: Run) -> None:
    """The clip's mouth opens as the positive half of a 1.5 Hz sine; lids close at 1, 3 and 5 s."""
    rows = spoken.rows
    values = np.array([row.intensities for row in rows])
    mouth = [max(0.0, np.sin(2 * np.pi * 1.5 * row.timestamp)) for row in rows]
    assert np.corrcoef(values[:, AU25], mouth)[0, 1] > 0.9
    blinks = values[:, AU45] > 1.0
    assert all(blinks[index] for index in (25, 75, 125))
    assert not any(blinks[index] for index in (0, 12, 37, 50, 62, 87, 100, 112, 137))


def test_the_same_media_gives_the_same_bytes(speaking: Path, spoken: Run, tmp_path: Path) -> None:
    again = run(MediapipeEngine(), speaking, MediaType.VS, tmp_path)
    assert spoken.raw == again.raw
    assert [row.intensities for row in spoken.rows] == [row.intensities for row in again.rows]


def test_segments_join_to_what_the_whole_gives(
    engine: MediapipeEngine, speaking: Path, spoken: Run, tmp_path: Path
) -> None:
    """Tolerance: 0.1 of an intensity in 99 of 100 values, 0.5 in the frames after the cuts."""
    cuts = [Segment(0, 0.0, 2.0), Segment(1, 2.0, 4.0), Segment(2, 4.0, None)]
    whole = spoken
    parts = run(engine, speaking, MediaType.VS, tmp_path, cuts)
    assert [(r.frame, r.face, r.timestamp, r.success) for r in parts.rows] == [
        (r.frame, r.face, r.timestamp, r.success) for r in whole.rows
    ]
    a = np.array([row.intensities for row in whole.rows])
    b = np.array([row.intensities for row in parts.rows])
    assert np.percentile(np.abs(a - b), 99) <= 0.1
    assert np.abs(a - b).max() <= 0.5
    for name in (*signals.MOVEMENT, "head_x", "mouth_opening", "AU12_left", "jawOpen"):
        place = whole.facts.signals.index(name)
        c, d = (np.array([row.signals[place] for row in r.rows]) for r in (whole, parts))
        assert (np.isnan(c) == np.isnan(d)).all()
        assert np.nanpercentile(np.abs(c - d), 95) <= 0.02 * max(1.0, np.nanmax(np.abs(c)))
    assert parts.facts.faces == whole.facts.faces == 1


def test_a_long_clip_is_planned_in_segments_at_key_frames(
    engine: MediapipeEngine, tmp_path: Path
) -> None:
    """An even number of them, so that two processes end together."""
    clip = Clip(seconds=33, fps=4, key_interval=8, scene=faces.still)  # a key frame every 2 s
    task = Task(clip.write(tmp_path / "long.mp4"), MediaType.VS)
    segments = engine.plan(task, 4)
    assert [segment.start for segment in segments] == [0.0, 8.0, 16.0, 24.0]
    assert [segment.stop for segment in segments] == [8.0, 16.0, 24.0, None]
    assert sum(segment.frames or 0 for segment in segments) == 132
    assert engine.plan(task, 1) == segments


def test_a_clip_of_very_many_frames_is_cut_by_them(engine: MediapipeEngine, tmp_path: Path) -> None:
    """Or it would hold a process for minutes, although it is short."""
    clip = Clip(seconds=6, fps=500, size=(32, 32), key_interval=250, scene=faces.still)
    segments = engine.plan(Task(clip.write(tmp_path / "fast.mp4"), MediaType.VS), 1)
    assert len(segments) == 4
    assert sum(segment.frames or 0 for segment in segments) == 3000


def test_a_posed_image_gives_its_face(engine: MediapipeEngine, tmp_path: Path) -> None:
    result = run(engine, faces.SAMPLE, MediaType.IP, tmp_path)
    assert result.faces() == {0: 1}
    assert result.facts.fps is None
    assert np.isnan([row.signals[result.facts.signals.index("facial_movement")]
                     for row in result.rows]).all()  # fmt: skip
    assert result.facts.validity["0"]["AU12"] == "moderate"
    assert result.facts.validity["0"]["AU04"] == "low"


def cut_at_the_lips(time: float, width: int, height: int) -> faces.Pixels:
    """A speaking face whose mouth lies below the picture."""
    return np.ascontiguousarray(faces.speaking(time, width, 2 * height)[:height])


def test_a_mouth_below_the_picture_is_unseen(engine: MediapipeEngine, tmp_path: Path) -> None:
    clip = Clip(seconds=2, scene=cut_at_the_lips).write(tmp_path / "cut.mp4")
    result = run(engine, clip, MediaType.VS, tmp_path)
    assert result.faces() == {0: 50}
    validity = result.facts.validity["0"]
    assert {validity[au] for au in ("AU06", "AU12", "AU25", "AU28")} == {"unseen"}
    assert validity["AU01"] != "unseen"
    place = result.facts.signals.index("inside_mouth")
    assert max(row.signals[place] for row in result.rows) < 0.8


@pytest.mark.parametrize(
    ("name", "unseen"), [("01_mouth_out_of_picture.jpg", True), ("01_control_whole.jpg", False)]
)
def test_a_smile_that_is_cut_off_cannot_be_judged(
    engine: MediapipeEngine, tmp_path: Path, name: str, unseen: bool
) -> None:
    path = SHARED_MEDIA.parent / "cases" / name
    if not path.is_file():
        pytest.skip(f"{path} is not there")
    validity = run(engine, path, MediaType.IP, tmp_path).facts.validity["0"]
    assert (validity["AU12"] == "unseen") is unseen
    assert validity["AU01"] != "unseen"


@pytest.mark.parametrize("side", [160, 320])
def test_the_place_of_the_head_is_in_eye_distances(
    engine: MediapipeEngine, tmp_path: Path, side: int
) -> None:
    """The sample sways by 3 % of the frame to each side, in which its eyes are 20 % apart."""
    clip = Clip(seconds=5, fps=12, size=(side, side)).write(tmp_path / "sway.mp4")
    result = run(engine, clip, MediaType.VS, tmp_path)
    place = result.facts.signals.index("head_x")
    assert np.ptp([row.signals[place] for row in result.rows]) == pytest.approx(0.31, abs=0.06)


def test_an_image_in_the_wild_gives_every_face_from_left_to_right(
    engine: MediapipeEngine, tmp_path: Path
) -> None:
    path = tmp_path / "collage.png"
    Image.fromarray(faces.collage(4, 1)(0.3, 640, 160)).save(path)
    result = run(engine, path, MediaType.IW, tmp_path)
    assert result.faces() == dict.fromkeys(range(4), 1)
    left = [row.signals[result.facts.signals.index("face_x")] for row in result.rows]
    assert left == sorted(left)


def test_a_face_that_tiles_cut_is_as_sure_as_in_the_whole_picture(
    engine: MediapipeEngine, tmp_path: Path
) -> None:
    """In the tiles of this picture the face is found less surely, and its mouth taken for one."""
    path = media_factory.picture(tmp_path / "face.jpg")
    assert run(engine, path, MediaType.IW, tmp_path).faces() == {0: 1}


def test_a_crowd_keeps_its_numbers(engine: MediapipeEngine, tmp_path: Path) -> None:
    clip = Clip(seconds=1, fps=12, size=(640, 640), scene=faces.collage(4, 4))
    result = run(engine, clip.write(tmp_path / "crowd.mp4"), MediaType.VM, tmp_path)
    assert result.faces() == dict.fromkeys(range(16), 12)
    x, y = (result.facts.signals.index(name) for name in ("face_x", "face_y"))
    for face in range(16):
        places = np.array([(r.signals[x], r.signals[y]) for r in result.rows if r.face == face])
        assert np.ptp(places, axis=0).max() < 80  # half a cell of the collage


def test_after_a_short_absence_a_face_is_the_same_one(
    engine: MediapipeEngine, tmp_path: Path
) -> None:
    scene = faces.sequence((1.0, faces.speaking), (2.0, faces.empty), (9.0, faces.speaking))
    clip = Clip(seconds=3, scene=scene).write(tmp_path / "gap.mp4")
    result = run(engine, clip, MediaType.VM, tmp_path)
    assert result.faces() == {0: 50}
    absent = [row for row in result.rows if 1.0 <= row.timestamp < 2.0 - 1e-6]
    assert len(absent) == 25
    assert {(row.face, row.success, row.confidence, sum(row.intensities)) for row in absent} == {
        (0, False, 0.0, 0.0)
    }


def test_another_person_after_a_cut_is_another_face(
    engine: MediapipeEngine, tmp_path: Path
) -> None:
    scene = faces.sequence((1.2, faces.speaking), (9.0, faces.other_person))
    clip = Clip(seconds=2, scene=scene).write(tmp_path / "cut.mp4")
    every = run(engine, clip, MediaType.VM, tmp_path)
    assert every.faces() == {0: 30, 1: 20}
    single = run(engine, clip, MediaType.VS, tmp_path)
    assert single.faces() == {0: 30}
    assert len(single.rows) == 50
    assert "2 faces" in single.facts.warnings[0]


def test_a_face_beside_the_measured_one_is_counted_while_it_is_there(
    engine: MediapipeEngine, tmp_path: Path
) -> None:
    scene = faces.sequence((2.0, faces.collage(2, 1)), (9.0, alone))
    clip = Clip(seconds=4, fps=10, size=(640, 320), scene=scene).write(tmp_path / "two.mp4")
    result = run(engine, clip, MediaType.VS, tmp_path)
    place = result.facts.signals.index("other_faces")
    counted = [row.signals[place] for row in result.rows if row.success]
    assert counted == [1.0] * 20 + [0.0] * 20


def alone(time: float, width: int, height: int) -> faces.Pixels:
    """The left face of two."""
    picture = faces.collage(2, 1)(time, width, height).copy()
    picture[:, width // 2 :] = 128
    return picture


def test_a_single_frame_is_a_clip(engine: MediapipeEngine, tmp_path: Path) -> None:
    clip = Clip(seconds=0.04, fps=25).write(tmp_path / "frame.mp4")
    result = run(engine, clip, MediaType.VS, tmp_path)
    assert result.faces() == {0: 1}


@pytest.mark.parametrize("scene", [faces.black, faces.empty])
def test_no_face_is_refused(engine: MediapipeEngine, tmp_path: Path, scene: faces.Scene) -> None:
    clip = Clip(seconds=1, scene=scene).write(tmp_path / "empty.mp4")
    with pytest.raises(MediaError, match="No face was found in the video") as caught:
        run(engine, clip, MediaType.VM, tmp_path)
    assert caught.value.code is Code.NO_FACE_FOUND


def test_a_face_that_is_too_small_is_refused(engine: MediapipeEngine, tmp_path: Path) -> None:
    clip = Clip(seconds=1, scene=faces.small(8)).write(tmp_path / "tiny.mp4")
    with pytest.raises(MediaError, match="at least 24 pixels wide") as caught:
        run(engine, clip, MediaType.VM, tmp_path)
    assert caught.value.code is Code.NO_FACE_FOUND


def test_letters_are_no_face(engine: MediapipeEngine, tmp_path: Path) -> None:
    with pytest.raises(MediaError) as caught:
        run(engine, shared_media("no_face.mp4"), MediaType.VM, tmp_path)
    assert caught.value.code is Code.NO_FACE_FOUND


def test_a_face_that_leaves_has_no_rows_of_success_after(
    engine: MediapipeEngine, tmp_path: Path
) -> None:
    result = run(engine, shared_media("face_noface.mov"), MediaType.VS, tmp_path)
    seen = [row.frame for row in result.rows if row.success]
    assert seen == list(range(1, 73))
    assert len(result.rows) == 169


def test_five_faces_of_a_group(engine: MediapipeEngine, tmp_path: Path) -> None:
    result = run(engine, shared_media("multi_face.jpg"), MediaType.IW, tmp_path)
    assert result.faces() == dict.fromkeys(range(5), 1)


@pytest.mark.parametrize("scale", [0.5, 0.25])
def test_faces_of_a_group_down_to_24_pixels(
    engine: MediapipeEngine, tmp_path: Path, scale: float
) -> None:
    with Image.open(shared_media("multi_face.jpg")) as image:
        width, height = image.size
        small = image.resize((round(width * scale), round(height * scale)))
    small.save(tmp_path / "small.png")
    result = run(engine, tmp_path / "small.png", MediaType.IW, tmp_path)
    assert result.faces() == dict.fromkeys(range(5), 1)
