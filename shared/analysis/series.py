"""What the analysis works on: the numbers of one measurement, per face, as numpy arrays.

    Recording   a measurement: type, facts, faces
    FaceSeries  one face: one item per row of `openface.csv`, in order of time
    collect     rows of an engine or of the database, grouped into faces

An hour at 30 frames a second is 108,000 rows: about 10 MB, and 9 MB more for 20 signals.
"""

from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shared.engines.action_units import INTENSITIES
from shared.engines.base import Facts, MediaType, Row

Floats = NDArray[np.float64]
Floats32 = NDArray[np.float32]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int32]


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
    absent: frozenset[str] = frozenset()
    """Action Units that the source does not measure (a CSV without their columns)."""

    @property
    def duration(self) -> float:
        """[s]; 0 for an image, or where nothing tells the time."""
        if self.type.is_image:
            return 0.0
        if self.facts.duration:
            return self.facts.duration
        ends = [float(face.timestamps[-1]) for face in self.faces if len(face.timestamps)]
        return max(ends, default=0.0) + (1 / self.facts.fps if self.facts.fps else 0.0)


def _steps(series: FaceSeries) -> Floats:
    return np.diff(series.timestamps)


class _Columns:
    """Grows by one row at a time at the memory of its numbers, not of Python objects."""

    def __init__(self) -> None:
        self.timestamps = array("d")
        self.success = array("b")
        self.intensities = array("f")
        self.presences = array("i")
        self.signals = array("f")

    def add(self, row: Row) -> None:
        self.timestamps.append(row.timestamp)
        self.success.append(row.success)
        self.intensities.extend(row.intensities)
        self.presences.append(row.presences)
        self.signals.extend(row.signals)

    def series(self, face: int, names: Sequence[str]) -> FaceSeries:
        rows = len(self.timestamps)
        signals = _numpy(self.signals, np.float32).reshape(rows, len(names))
        return FaceSeries(
            face,
            timestamps=_numpy(self.timestamps, np.float64),
            success=_numpy(self.success, np.int8).astype(np.bool_),
            intensities=_numpy(self.intensities, np.float32).reshape(rows, len(INTENSITIES)),
            presences=_numpy(self.presences, np.int32),
            signals={name: signals[:, place] for place, name in enumerate(names)},
        )


def _numpy(values: "array[Any]", dtype: type[np.generic]) -> NDArray[Any]:
    return np.frombuffer(values, dtype=dtype)


def collect(rows: Iterable[Row], signals: Sequence[str] = ()) -> list[FaceSeries]:
    """Rows in order of time, as one series per face, in order of face.

    `signals` names the values in `Row.signals`. Raises ValueError where a row has another number.
    """
    faces: dict[int, _Columns] = {}
    for row in rows:
        if len(row.signals) != len(signals):
            raise ValueError(f"Frame {row.frame}: {len(row.signals)} signals, not {len(signals)}")
        faces.setdefault(row.face, _Columns()).add(row)
    return [faces[face].series(face, signals) for face in sorted(faces)]
