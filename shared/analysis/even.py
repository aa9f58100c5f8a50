"""One face's signals 25 times a second, however often it was filmed.

Samples stand at whole multiples of 1/25 s. Holes of up to `MAX_GAP` are bridged; a sample in a
longer one is NaN, and so is one of a signal that was not known there.
"""

from collections.abc import Mapping
from itertools import pairwise
from typing import Final

import numpy as np

from shared.analysis.series import Floats, Floats32
from shared.even_clock import TICK, interpolated, seconds, smoothed, ticks

RATE: Final = 25  # [Hz]
_EVERY: Final = round(1 / RATE / TICK)  # [ticks]


class EvenSignals:
    """Of the confident frames of one face; a signal is computed whenever it is asked for."""

    def __init__(self, times: Floats, signals: Mapping[str, Floats32], max_gap: float) -> None:
        """`times` [n] rise; `max_gap` [s] is the longest hole that is bridged."""
        self._frames, self._signals, self._max_gap = times, signals, max_gap
        whole = ticks(float(times[0]), float(times[-1])) if len(times) else np.empty(0, np.int64)
        self._numbers = whole[whole % _EVERY == 0]
        self.times: Floats = seconds(self._numbers)
        """[m] of the samples [s]."""

    def __len__(self) -> int:
        return len(self.times)

    def of(self, name: str, smoothing: float = 0.0) -> Floats:
        """[m] a signal under a Gaussian of standard deviation `smoothing` [s]; 0: as it is.

        Raises KeyError where the engine does not give it.
        """
        values = self._signals[name].astype(np.float64)
        known = np.isfinite(values)
        times, values = self._frames[known], values[known]
        result = np.full(len(self), np.nan)
        edges = np.flatnonzero(np.diff(times) > self._max_gap + 1e-9) + 1
        for start, stop in pairwise([0, *edges.tolist(), len(times)]):
            if start < stop:
                self._fill(result, times[start:stop], values[start:stop], smoothing)
        return result

    def _fill(self, result: Floats, times: Floats, values: Floats, smoothing: float) -> None:
        """The samples of one piece without holes."""
        numbers = ticks(float(times[0]), float(times[-1]))
        chosen = numbers[numbers % _EVERY == 0]
        if not len(chosen):
            return
        if smoothing:
            even = smoothed(interpolated(times, values, seconds(numbers)), smoothing)
            even = even[chosen - numbers[0]]
        else:
            even = interpolated(times, values, seconds(chosen))
        result[(chosen - self._numbers[0]) // _EVERY] = even
