"""The engine `openface` run as a whole, without the pool."""

from collections.abc import Callable
from pathlib import Path

from shared.engines.base import Task
from shared.engines.openface import OpenFaceEngine
from shared.measurements.model import Facts, MediaType, Row

CLIP_FRAMES = 20  # of the fixture `clip`


def measured(
    folder: Path, media: Path, kind: MediaType, progress: Callable[[int], None] = lambda done: None
) -> tuple[Facts, list[Row]]:
    task, part, engine = Task(media, kind), folder / "segment", OpenFaceEngine()
    [segment] = engine.plan(task, 4)
    engine.measure(task, segment, part, progress)
    measurement = engine.join(task, [(segment, part)])
    return measurement.facts, list(measurement.rows)
