"""Runs the embedded engine on a file, for its tests."""

from dataclasses import dataclass
from pathlib import Path

from shared.engines.base import Task
from shared.engines.mediapipe.engine import MediapipeEngine
from shared.measurements.model import Facts, MediaType, Options, Row, Segment


@dataclass(frozen=True, slots=True)
class Run:
    facts: Facts
    rows: list[Row]
    raw: list[bytes]

    def faces(self) -> dict[int, int]:
        """Face -> number of its successful rows."""
        counts: dict[int, int] = {}
        for row in self.rows:
            if row.success:
                counts[row.face] = counts.get(row.face, 0) + 1
        return counts


def run(
    engine: MediapipeEngine,
    media: Path,
    kind: MediaType,
    folder: Path,
    segments: list[Segment] | None = None,
) -> Run:
    task = Task(media, kind, Options())
    files = []
    for segment in engine.plan(task, 1) if segments is None else segments:
        output = folder / f"{segment.index}.raw"
        engine.measure(task, segment, output, lambda frames: None)
        files.append((segment, output))
    measurement = engine.join(task, files)
    rows = list(measurement.rows)
    return Run(measurement.facts, rows, [path.read_bytes() for _, path in files])
