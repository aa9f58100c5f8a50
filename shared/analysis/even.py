"""One face's signals 25 times a second, however often it was filmed.

Samples stand at whole multiples of 1/25 s. Holes of up to `MAX_GAP` are bridged; a sample in a
longer one is NaN, and so is one of a signal that was not known there.
"""

from itertools import pairwise
from typing import Final

import numpy as np

from shared.analysis.series import Columns, Floats, Floats32
from shared.measurements.even_clock import TICK, interpolated, reach, smoothed, ticks

RATE: Final = 25  # [Hz]
_EVERY: Final = round(1 / RATE / TICK)  # [ticks]
_BLOCK: Final = 2000  # samples that are made at once
_BESIDE: Final = 2  # frames to either side of what a cubic goes through


class EvenSignals:
    """Of the confident frames of one face; a signal is computed whenever it is asked for."""

    def __init__(self, times: Floats, signals: Columns, max_gap: float) -> None:
        """`times` [n] rise; `max_gap` [s] is the longest hole that is bridged."""
        self._frames, self._signals, self._max_gap = times, signals, max_gap
        ends = (float(times[0]), float(times[-1])) if len(times) else (0.0, -1.0)
        numbers = ticks(*ends, every=_EVERY)
        self._first = int(numbers[0]) if len(numbers) else 0
        self.times: Floats = np.asarray(numbers * TICK, np.float64)
        """[m] of the samples [s]."""

    def __len__(self) -> int:
        return len(self.times)

    def of(self, name: str, smoothing: float = 0.0) -> Floats:
        """[m] a signal under a Gaussian of standard deviation `smoothing` [s]; 0: as it is.

        Raises KeyError where the engine does not give it.
        """
        times, values = self._frames, self._signals[name]
        known = np.isfinite(values)
        if not known.all():
            times, values = times[known], values[known]
        result = np.full(len(self), np.nan)
        edges = np.flatnonzero(np.diff(times) > self._max_gap + 1e-9) + 1
        for start, stop in pairwise([0, *edges.tolist(), len(times)]):
            if start < stop:
                self._fill(result, times[start:stop], values[start:stop], smoothing)
        return result

    def _fill(self, result: Floats, times: Floats, values: Floats32, smoothing: float) -> None:
        """The samples of one piece without holes, a block at a time."""
        chosen = ticks(times[0], times[-1], _EVERY)
        beside = reach(smoothing) * TICK
        for first in range(0, len(chosen), _BLOCK):
            block = chosen[first : first + _BLOCK]
            begin, end = block[0] * TICK, block[-1] * TICK
            around = max(times[0], begin - beside), min(times[-1], end + beside)
            numbers = ticks(*around) if smoothing else block
            start, stop = np.searchsorted(times, (numbers[0] * TICK, numbers[-1] * TICK))
            frames = slice(max(0, start - 1 - _BESIDE), stop + 1 + _BESIDE)
            even = interpolated(times[frames], values[frames].astype(np.float64), numbers * TICK)
            if smoothing:
                even = smoothed(even, smoothing)[block - numbers[0]]
            result[(block - self._first) // _EVERY] = even
