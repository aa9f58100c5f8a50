"""Odd clips through probe and engine: what must come out of each, or why it is refused."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks import nod
from shared.engines.mediapipe.engine import MediapipeEngine
from shared.measurements.model import MediaType, Options
from shared.media.probe import probe
from shared.platform.errors import Code, MediaError
from tests import faces, media_factory
from tests.engines.mediapipe_runs import Run, run
from tests.faces import Pixels
from tests.media_factory import Clip

PROFILE = np.radians(85)


@pytest.fixture(scope="module")
def engine() -> MediapipeEngine:
    return MediapipeEngine()


def measured(engine: MediapipeEngine, path: Path, kind: MediaType = MediaType.VS) -> Run:
    """What the pipeline does with a file: probe it, then measure it."""
    found = probe(path, Options())
    result = run(engine, path, kind, path.parent)
    assert (result.facts.width, result.facts.height) == (found.width, found.height)
    return result


def times(result: Run) -> list[float]:
    return [row.timestamp for row in result.rows]


def test_variable_frame_rate(engine: MediapipeEngine, tmp_path: Path) -> None:
    shown = [0, 0.04, 0.08, 0.2, 0.5, 0.52, 0.54, 0.9, 1.3, 1.34]
    result = measured(engine, Clip(times=shown).write(tmp_path / "a.mp4"))
    assert times(result) == pytest.approx(shown, abs=2e-3)
    assert result.faces() == {0: len(shown)}


@pytest.mark.parametrize("rotation", [90, 270])
def test_rotated_phones(engine: MediapipeEngine, tmp_path: Path, rotation: int) -> None:
    clip = Clip(size=(240, 426), rotation=rotation)  # type: ignore[arg-type]
    result = measured(engine, clip.write(tmp_path / "a.mp4"))
    assert (result.facts.width, result.facts.height) == (240, 426)
    assert result.faces() == {0: 25}


def test_one_frame(engine: MediapipeEngine, tmp_path: Path) -> None:
    result = measured(engine, Clip(times=[0]).write(tmp_path / "a.mp4"))
    assert (times(result), result.faces()) == ([0], {0: 1})


def test_no_frame(tmp_path: Path) -> None:
    with pytest.raises(MediaError) as refused:
        probe(Clip(times=[]).write(tmp_path / "a.mp4"), Options())
    assert refused.value.code in (Code.UNDECODABLE_MEDIA, Code.NO_VIDEO_STREAM)


def test_sound_only(tmp_path: Path) -> None:
    with pytest.raises(MediaError) as refused:
        probe(media_factory.sound_only(tmp_path / "a.mp4"), Options())
    assert refused.value.code == Code.NO_VIDEO_STREAM


@pytest.mark.parametrize(
    "clip",
    [
        Clip(pixel_format="yuv420p10le"),
        Clip(size=(641, 359), pixel_format="yuv444p"),
        Clip(size=(3840, 2160), times=[0, 0.04, 0.08]),
        Clip(scene=faces.still),
    ],
    ids=["10 bit", "641 x 359", "4K", "a still image as video"],
)
def test_the_face_is_in_every_frame(engine: MediapipeEngine, tmp_path: Path, clip: Clip) -> None:
    result = measured(engine, clip.write(tmp_path / "a.mp4"))
    assert result.faces() == {0: len(clip.frame_times())}


def test_a_still_image_as_video_does_not_move(engine: MediapipeEngine, tmp_path: Path) -> None:
    result = measured(engine, Clip(seconds=2, scene=faces.still).write(tmp_path / "a.mp4"))
    values = np.array([row.intensities for row in result.rows])
    assert np.ptp(values, axis=0).max() < 0.5


def test_a_face_of_8_pixels(engine: MediapipeEngine, tmp_path: Path) -> None:
    path = Clip(scene=faces.small(8)).write(tmp_path / "a.mp4")
    with pytest.raises(MediaError) as refused:
        measured(engine, path)
    assert refused.value.code == Code.NO_FACE_FOUND


def test_a_face_in_profile_counts_for_nothing(engine: MediapipeEngine, tmp_path: Path) -> None:
    """The sample's face, turned in space by its own mesh; half of it is then hidden."""
    finder = nod.Faces()
    (crop,) = finder.crops(faces.sample())
    points = finder.fit(crop)
    assert points is not None
    profile = nod.turned(crop, points, 0.0, PROFILE)
    front = nod.turned(crop, points, 0.0, 0.0)

    def scene(time: float, width: int, height: int) -> Pixels:
        picture = front if time < 1 else profile
        canvas = faces.black(time, width, height)
        canvas[: len(picture), : len(picture)] = picture[:height, :width]
        return canvas

    side = len(crop) + len(crop) % 2
    path = Clip(seconds=2, size=(side, side), scene=scene).write(tmp_path / "a.mp4")
    rows = measured(engine, path).rows
    assert all(row.success for row in rows if row.timestamp < 0.9)
    assert not any(row.success for row in rows if row.timestamp > 1.2)


def test_a_cut_between_two_people(engine: MediapipeEngine, tmp_path: Path) -> None:
    scene = faces.sequence((1.0, faces.speaking), (9, faces.other_person))
    path = Clip(seconds=1.6, scene=scene).write(tmp_path / "a.mp4")
    result = measured(engine, path, MediaType.VM)
    assert sum(result.faces().values()) == 40
    single = measured(engine, path, MediaType.VS)
    assert set(single.faces()) == {0}


def test_black_and_frozen_parts(engine: MediapipeEngine, tmp_path: Path) -> None:
    scene = faces.sequence((1, faces.speaking), (2, faces.black), (9, faces.speaking))
    scene = faces.frozen(scene, 2.2, 2.8)
    rows = measured(engine, Clip(seconds=3, scene=scene).write(tmp_path / "a.mp4")).rows
    assert len(rows) == 75
    assert all(row.success for row in rows if row.timestamp < 0.96)
    assert not any(row.success for row in rows if 1 <= row.timestamp < 1.99)
    assert all(row.success for row in rows if row.timestamp > 2.1)


def test_corrupt_packets_in_the_middle(engine: MediapipeEngine, tmp_path: Path) -> None:
    whole = Clip(seconds=3, key_interval=12).write(tmp_path / "whole.mp4")
    result = measured(engine, media_factory.corrupted(whole, tmp_path / "a.mp4"))
    assert result.facts.warnings
    assert 55 <= result.faces()[0] <= 75
    assert times(result) == sorted(times(result))


def test_sixteen_faces(engine: MediapipeEngine, tmp_path: Path) -> None:
    clip = Clip(seconds=0.6, size=(1280, 1280), scene=faces.collage(4, 4))
    result = measured(engine, clip.write(tmp_path / "a.mp4"), MediaType.VM)
    assert len(result.faces()) == 16
