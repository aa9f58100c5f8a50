"""Totals of a table of measurements, counted in one pass, for engines that read tables.

JSON-serialisable (`to_json`, `from_json`), so that the pass over a large file is made once.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from shared.engines.base import Progress
from shared.measurements.csv import Block
from shared.measurements.model import mean_rate

NEARNESS = "pose_Tz"
"""OpenFace's distance of the head from the camera [mm]. Its model of a head has one size, so the
nearest face is the largest in the picture."""


@dataclass(slots=True)
class FaceTally:
    successes: int = 0  # rows with success
    confidence: float = 0.0  # the highest of them
    distance: float | None = None  # the smallest of them [mm]


@dataclass(slots=True)
class Tally:
    """Frames count once, however many faces they have."""

    rows: int = 0
    frames: int = 0
    first_frame: int = 0
    last_frame: int = 0
    first_time: float = 0.0  # [s]
    last_time: float = 0.0  # [s]
    faces: dict[int, FaceTally] = field(default_factory=dict)

    @property
    def measured(self) -> list[int]:
        """Faces with at least one row of success, by number."""
        return sorted(face for face, tally in self.faces.items() if tally.successes)

    @property
    def fps(self) -> float | None:
        """Mean rate; None where the table states no times, or there is one frame only."""
        seconds = self.last_time - self.first_time
        return mean_rate(self.last_frame - self.first_frame, seconds) if seconds > 0 else None

    @property
    def duration(self) -> float | None:
        """From the first frame to the end of the last [s]; None where there is no rate."""
        fps = self.fps
        return self.last_time - self.first_time + 1 / fps if fps else None

    def longest(self) -> int:
        """The face measured in most frames; the lowest number among equals."""
        return max(self.measured, key=lambda face: (self.faces[face].successes, -face))

    def largest(self) -> int:
        """The face nearest to the camera, else (no distances) the one measured most surely."""

        def rank(face: int) -> tuple[float, float, int]:
            tally = self.faces[face]
            return (-(tally.distance or np.inf), tally.confidence, -face)

        return max(self.measured, key=rank)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Tally":
        faces = {int(face): FaceTally(**tally) for face, tally in data.pop("faces").items()}
        return cls(**data, faces=faces)


def tally(
    blocks: Iterable[Block],
    signals: Sequence[str],
    progress: Progress | None = None,
) -> Tally:
    """Count all blocks. Raises what reading them raises."""
    result = Tally()
    for block in blocks:
        if not result.rows:
            result.first_frame, result.first_time = int(block.frames[0]), float(block.timestamps[0])
        fresh = np.diff(block.frames, prepend=result.last_frame) != 0
        result.frames += int(np.count_nonzero(fresh))
        result.rows += len(block)
        result.last_frame, result.last_time = int(block.frames[-1]), float(block.timestamps[-1])
        for face in np.unique(block.faces).tolist():
            _add(result.faces.setdefault(face, FaceTally()), block.of_face(face), signals)
        if progress is not None:
            progress(result.frames)
    return result


def _add(face: FaceTally, block: Block, signals: Sequence[str]) -> None:
    if not block.successes.any():
        return
    face.successes += int(np.count_nonzero(block.successes))
    face.confidence = max(face.confidence, float(block.confidences[block.successes].max()))
    if NEARNESS in signals:
        distances = block.signals[block.successes, list(signals).index(NEARNESS)]
        distances = distances[distances > 0]
        if len(distances):
            face.distance = min(face.distance or np.inf, float(distances.min()))
