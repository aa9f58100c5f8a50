"""What the analysis works on: the numbers of one measurement, per face, as numpy arrays.

    Recording                 a measurement: type, facts, faces
    FaceSeries                one face: one item per row of `openface.csv`, in order of time
    collect_blocks, collect   rows as arrays, or one by one, grouped into faces

An hour at 30 frames a second is 108,000 rows: 9 MB, and 0.4 MB for each signal.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from shared.engines.action_units import INTENSITIES
from shared.engines.base import Facts, MediaType, Row

Floats = NDArray[np.float64]
Floats32 = NDArray[np.float32]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int32]

BATCH: Final = 4096  # rows turned into arrays at a time: memory is that of the numbers


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


def _steps(series: FaceSeries) -> Floats:
    return np.diff(series.timestamps)


class RowBlock(Protocol):
    """Some rows as arrays, of one face or many; `shared.measurement_csv.Block` is one."""

    @property
    def faces(self) -> NDArray[np.integer[Any]]: ...
    @property
    def timestamps(self) -> NDArray[np.floating[Any]]: ...
    @property
    def successes(self) -> Bools: ...
    @property
    def intensities(self) -> NDArray[np.floating[Any]]: ...
    @property
    def presences(self) -> NDArray[np.integer[Any]]: ...
    @property
    def signals(self) -> NDArray[np.floating[Any]]: ...


def collect_blocks(
    blocks: Iterable[RowBlock],
    signals: Sequence[str] = (),
    *,
    keep: Collection[str] | None = None,
) -> list[FaceSeries]:
    """Rows in order of time, as one series per face, in order of face.

    `signals` names the columns of the blocks' signals; with `keep` (`catalogue.SIGNALS`: those that
    measures need) only some of them are kept. Raises ValueError where there are other columns.
    """
    places = {name: place for place, name in enumerate(signals) if keep is None or name in keep}
    parts: dict[int, list[FaceSeries]] = defaultdict(list)
    for block in blocks:
        if block.signals.shape[1] != len(signals):
            raise ValueError(f"{block.signals.shape[1]} signals, not {len(signals)}")
        for face in np.unique(block.faces).tolist():
            parts[face].append(_part(block, face, places))
    return [_joined(face, parts.pop(face), tuple(places)) for face in sorted(parts)]


def _part(block: RowBlock, face: int, places: Mapping[str, int]) -> FaceSeries:
    rows = block.faces == face
    return FaceSeries(
        face,
        timestamps=block.timestamps[rows].astype(np.float64),
        success=block.successes[rows],
        intensities=block.intensities[rows].astype(np.float32),
        presences=block.presences[rows].astype(np.int32),
        signals={
            name: block.signals[rows, place].astype(np.float32) for name, place in places.items()
        },
    )


def _joined(face: int, parts: Sequence[FaceSeries], names: Sequence[str]) -> FaceSeries:
    return FaceSeries(
        face,
        timestamps=np.concatenate([part.timestamps for part in parts]),
        success=np.concatenate([part.success for part in parts]),
        intensities=np.concatenate([part.intensities for part in parts]),
        presences=np.concatenate([part.presences for part in parts]),
        signals={name: np.concatenate([part.signals[name] for part in parts]) for name in names},
    )


def collect(
    rows: Iterable[Row], signals: Sequence[str] = (), *, keep: Collection[str] | None = None
) -> list[FaceSeries]:
    """As `collect_blocks`, from rows as an engine gives them."""
    return collect_blocks(_blocks(iter(rows)), signals, keep=keep)


def _blocks(rows: Iterator[Row]) -> Iterator["_Rows"]:
    while batch := list(islice(rows, BATCH)):
        yield _Rows(
            faces=np.array([row.face for row in batch], np.int32),
            timestamps=np.array([row.timestamp for row in batch], np.float64),
            successes=np.array([row.success for row in batch], np.bool_),
            intensities=np.array([row.intensities for row in batch], np.float32),
            presences=np.array([row.presences for row in batch], np.int32),
            signals=np.array([row.signals for row in batch], np.float32).reshape(len(batch), -1),
        )


@dataclass(frozen=True, slots=True)
class _Rows:
    faces: Ints
    timestamps: Floats
    successes: Bools
    intensities: Floats32
    presences: Ints
    signals: Floats32
