"""What the analysis works on: the numbers of one measurement, per face, as numpy arrays.

    Recording   a measurement: type, facts, faces
    FaceSeries  one face: one item per row of `openface.csv`, in order of time

Columns of intensities and signals may be made anew whenever one is asked for (`MadeColumns`): ask
once, and keep none longer than is needed. What is always there takes 13 bytes a row; an hour at 30
frames a second is 108,000 rows.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
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

Columns = Mapping[str, Floats32]
"""[n] each, by name."""


@dataclass(frozen=True, slots=True)
class FaceSeries:
    """One face, row by row. Frames in which it was not seen may be absent or without success.

    Raises ValueError where the arrays do not belong together or go back in time.
    """

    face: int
    timestamps: Floats  # [n] in s, never decreasing; all 0 where the source has no times
    success: Bools  # [n]; what is not a success counts for nothing
    intensities: Columns  # by Action Unit, all of INTENSITIES
    presences: Ints  # [n], bit masks over PRESENCES
    signals: Columns = field(default_factory=dict)  # NaN: not measured

    def __post_init__(self) -> None:
        rows = len(self.timestamps)
        if tuple(self.intensities) != INTENSITIES:
            raise ValueError(f"Face {self.face}: intensities of {', '.join(self.intensities)}")
        others = {"success": self.success, "presences": self.presences}
        for name, values in chain(others.items(), self.intensities.items(), self.signals.items()):
            if values.shape != (rows,):
                raise ValueError(f"Face {self.face}: {rows} rows, {name} {values.shape}")
        if rows and not (np.all(np.isfinite(self.timestamps)) and np.all(_steps(self) >= 0)):
            raise ValueError(f"Face {self.face}: its timestamps go back or are not numbers")


class MadeColumns(Columns):
    """Columns that are made anew whenever one is asked for."""

    def __init__(self, names: Collection[str], make: Callable[[str], Floats32]) -> None:
        """`make` raises KeyError for what is not among the `names`."""
        self._names, self._make = names, make

    def __getitem__(self, name: str) -> Floats32:
        return self._make(name)

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def selected(columns: Columns, rows: Bools) -> Columns:
    """Some rows of columns."""
    return MadeColumns(columns, lambda name: columns[name][rows])


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
