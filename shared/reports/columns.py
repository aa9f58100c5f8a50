"""Columns of a recording, of which one at a time is in memory.

A measurement has some dozens of columns and the analysis looks at one or a few of them at once. So
they are put aside as they come, some thousand rows of all columns at a time, and a column is put
together whenever it is asked for. What is more than `IN_MEMORY` is on the disk, in a file without a
name: it goes with the object, or with the process.
"""

import weakref
from collections.abc import Sequence
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import Final

import numpy as np

from shared.analysis.series import Columns, Floats32, MadeColumns
from shared.platform import scratch

IN_MEMORY: Final = 2 * 1024 * 1024  # [bytes]: 8 minutes of a face at 25 frames a second
_SIZE: Final = np.dtype(np.float32).itemsize


@dataclass(frozen=True, slots=True)
class Portion:
    """Rows that were put aside together."""

    offset: int
    rows: int


class Store:
    """For one thread at a time."""

    def __init__(self) -> None:
        folder = str(scratch.home())
        self._file = SpooledTemporaryFile(IN_MEMORY, dir=folder)  # noqa: SIM115  # closed below
        self._end = 0
        weakref.finalize(self, self._file.close)

    def put(self, columns: Sequence[Floats32]) -> Portion:
        """[rows] each."""
        portion = Portion(self._end, len(columns[0]))
        self._file.seek(self._end)
        for values in columns:
            self._file.write(np.ascontiguousarray(values, np.float32).data)
        self._end += len(columns) * portion.rows * _SIZE
        return portion

    def get(self, portions: Sequence[Portion], place: int) -> Floats32:
        """[n] the column at this place of all of these."""
        result = np.empty(sum(portion.rows for portion in portions), np.float32)
        start = 0
        for portion in portions:
            self._file.seek(portion.offset + place * portion.rows * _SIZE)
            self._file.readinto(result[start : start + portion.rows].data.cast("B"))
            start += portion.rows
        return result


def stored(store: Store, portions: Sequence[Portion], names: Sequence[str], first: int) -> Columns:
    """Of one face: columns from place `first` on."""
    places = {name: place for place, name in enumerate(names, first)}
    return MadeColumns(places, lambda name: store.get(portions, places[name]))
