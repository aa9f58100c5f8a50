"""What the analysis works on: the numbers of one measurement, per face, as numpy arrays.

    Recording   a measurement: type, facts, faces
    FaceSeries  one face: one item per row of `openface.csv`, in order of time

An hour at 30 frames a second is 108,000 rows: 9 MB, and 0.4 MB for each signal.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from shared.measurements.action_units import INTENSITIES
from shared.measurements.model import Facts, MediaType
from shared.measurements.sound import Sound

Floats = NDArray[np.float64]
Floats32 = NDArray[np.float32]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int32]

NO_SOUND: Final = "The clip has no sound."


@dataclass(frozen=True, slots=True)
class FaceSeries:
    """One face, row by row. Frames in which it was not seen may be absent or without success.

    Raises ValueError where the arrays do not belong together or go back in time.
    """

    face: int
    timestamps: Floats  # [n] in s, never decreasing; all 0 where the source has no times
    success: Bools  # [n]; what is not a success counts for nothing
    intensities: Floats32  # [n, 17], in the order of INTENSITIES
    presences: Ints  # [n], bit masks over PRESENCES
    signals: Mapping[str, Floats32] = field(default_factory=dict)  # [n] each, NaN: not measured

    def __post_init__(self) -> None:
        rows = len(self.timestamps)
        if self.intensities.shape != (rows, len(INTENSITIES)):
            raise ValueError(f"Face {self.face}: {rows} rows, intensities {self.intensities.shape}")
        others = {"success": self.success, "presences": self.presences, **self.signals}
        for name, values in others.items():
            if values.shape != (rows,):
                raise ValueError(f"Face {self.face}: {rows} rows, {name} {values.shape}")
        if rows and not (np.all(np.isfinite(self.timestamps)) and np.all(_steps(self) >= 0)):
            raise ValueError(f"Face {self.face}: its timestamps go back or are not numbers")


@dataclass(frozen=True, slots=True)
class Recording:
    """One measurement, whole."""

    type: MediaType
    facts: Facts
    faces: Sequence[FaceSeries]
    sound: Sound | None = None
    no_sound: str = NO_SOUND  # why there is none, where there is none

    @property
    def absent(self) -> frozenset[str]:
        """Action Units that the source has no column for: zeros stand in their place."""
        absent = self.facts.settings.get("absent", ())
        return frozenset(absent) if isinstance(absent, list | tuple) else frozenset()

    @property
    def duration(self) -> float:
        """[s]; 0 for an image, or where nothing tells the time."""
        if self.type.is_image:
            return 0.0
        if self.facts.duration:
            return self.facts.duration
        ends = [float(face.timestamps[-1]) for face in self.faces if len(face.timestamps)]
        return max(ends, default=0.0) + (1 / self.facts.fps if self.facts.fps else 0.0)


def runs(marked: Bools) -> Iterator[tuple[int, int]]:
    """First and one past the last index of each run of True in `marked` [n]."""
    edges = np.flatnonzero(np.diff(marked.astype(np.int8), prepend=0, append=0))
    yield from zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)


def _steps(series: FaceSeries) -> Floats:
    return np.diff(series.timestamps)
