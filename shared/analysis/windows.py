"""The windows of 3 s, one every 1.5 s, in which it is judged how a face moves.

A window counts for a signal that is known for 80 % of it.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from shared.analysis.even import RATE, EvenSignals
from shared.analysis.series import Floats

SECONDS: Final = 3.0
EVERY: Final = 1.5  # [s]
MIN_KNOWN: Final = 0.8
MIN_WINDOWS: Final = 2
MIN_SECONDS: Final = SECONDS + (MIN_WINDOWS - 1) * EVERY  # of footage without holes

_LENGTH: Final = round(SECONDS * RATE)
_BLOCK: Final = 100  # windows that are looked at together


def samples(even: EvenSignals) -> Iterator[NDArray[np.int64]]:
    """[windows, 75] which samples are in each window of a clip, some windows at a time."""
    starts = _starts(even)
    for first in range(0, len(starts), _BLOCK):
        yield starts[first : first + _BLOCK, None] + np.arange(_LENGTH)


def middles(even: EvenSignals) -> Floats:
    """[windows] the time in the middle of each [s]."""
    result: Floats = even.times[_starts(even)] + SECONDS / 2
    return result


def _starts(even: EvenSignals) -> NDArray[np.int64]:
    """[windows] the first sample of each."""
    count = int((len(even) - _LENGTH) / (EVERY * RATE) + 1e-9) + 1 if len(even) >= _LENGTH else 0
    return (np.arange(count) * EVERY * RATE).astype(np.int64)


def overlapping(times: Floats, seconds: float, last: float) -> Iterator[tuple[float, slice]]:
    """Windows of so many seconds, every half of it: the start [s], and which of `times` are in it.

    `times` [n] rise. No window starts at `last` [s] or after it.
    """
    for start in np.arange(times[0], last, seconds / 2).tolist():
        first, end = np.searchsorted(times, (start, start + seconds))
        yield start, slice(int(first), int(end))


def known(windowed: Floats) -> NDArray[np.bool_]:
    """Which rows of `windowed` (windows, samples) are known for long enough to count."""
    shares: NDArray[np.bool_] = np.isfinite(windowed).mean(axis=1) >= MIN_KNOWN
    return shares


def independent(count: int) -> float:
    """How many windows that do not overlap `count` of them are worth: n of the rule, at most 4.

    Beyond four, a recording tells its own habit, not the person's.
    """
    return min((count + 1) / 2, 4.0)
