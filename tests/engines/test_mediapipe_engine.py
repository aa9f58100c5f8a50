"""The embedded engine on whole media: what comes out for each type."""

from pathlib import Path

import pytest

from shared.engines.base import Facts, MediaType, Options, Row, Task
from shared.engines.mediapipe.engine import MediapipeEngine
from shared.errors import Code, MediaError
from tests import faces
from tests.media_factory import Clip


@pytest.fixture(scope="module")
def engine() -> MediapipeEngine:
    return MediapipeEngine()


def run(
    engine: MediapipeEngine, media: Path, kind: MediaType, folder: Path, parts: int = 1
) -> tuple[Facts, list[Row]]:
    task = Task(media, kind, Options())
    files = []
    for segment in engine.plan(task, parts):
        output = folder / f"{segment.index}.raw"
        engine.measure(task, segment, output, lambda frames: None)
        files.append((segment, output))
    measurement = engine.join(task, files)
    rows = list(measurement.rows)
    return measurement.facts, rows


def test_a_clip_gives_one_row_per_frame(engine: MediapipeEngine, tmp_path: Path) -> None:
    clip = Clip(seconds=2, fps=25).write(tmp_path / "clip.mp4")
    facts, rows = run(engine, clip, MediaType.VS, tmp_path)
    assert [row.frame for row in rows] == list(range(1, 51))
    assert [row.timestamp for row in rows] == pytest.approx([i / 25 for i in range(50)], abs=1e-3)
    assert all(row.success for row in rows)
    assert (facts.frames, facts.faces, facts.width, facts.height) == (50, 1, 320, 320)
    assert facts.fps == pytest.approx(25)
    assert facts.duration == pytest.approx(2)


def test_an_image_gives_one_row(engine: MediapipeEngine, tmp_path: Path) -> None:
    facts, rows = run(engine, faces.SAMPLE, MediaType.IP, tmp_path)
    assert len(rows) == 1
    assert rows[0].success
    assert facts.fps is None


def test_no_face_is_refused(engine: MediapipeEngine, tmp_path: Path) -> None:
    clip = Clip(seconds=1, scene=faces.black).write(tmp_path / "black.mp4")
    with pytest.raises(MediaError) as caught:
        run(engine, clip, MediaType.VM, tmp_path)
    assert caught.value.code is Code.NO_FACE_FOUND
