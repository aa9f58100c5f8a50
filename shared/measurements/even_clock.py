"""Signals on an even clock, so that what is read of them does not depend on the frame rate.

Between frames a signal follows the cubic of Catmull & Rom (1974), which keeps what is slower than
half the frame rate where straight lines would damp it; then a Gaussian of a stated width in
seconds takes out what a mesh adds by itself. Ticks stand at whole multiples of `TICK` from time 0,
whatever the frames' own times are, so that a signal cut into pieces gives the same numbers.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

TICK: Final = 0.01  # [s]
_ROUNDING: Final = 1e-6  # of a tick: 0.57 s is tick 57, though 0.57 / 0.01 is a little less
_REACH: Final = 4  # standard deviations at which a Gaussian is cut off


def ticks(start: float, stop: float, every: int = 1) -> NDArray[np.int64]:
    """Numbers of the ticks in start <= t <= stop [s] that are multiples of `every`."""
    first, last = np.ceil(start / TICK - _ROUNDING), np.floor(stop / TICK + _ROUNDING)
    return np.arange(-(-int(first) // every) * every, int(last) + 1, every)


def interpolated(times: Array, values: Array, at: NDArray[np.floating[Any]]) -> Array:
    """(m, ...) of `values` (n, ...) known at `times` (n,), rising, n >= 1; flat beyond its ends."""
    if len(times) == 1:
        return np.repeat(values, len(at), axis=0)
    places = np.clip(np.searchsorted(times, at, side="right") - 1, 0, len(times) - 2)
    width = times[places + 1] - times[places]
    share = np.clip((at - times[places]) / width, 0.0, 1.0)
    more = (slice(None), *(None,) * (values.ndim - 1))
    width, share = width[more], share[more]
    slopes = np.gradient(values, times, axis=0)
    a, b = values[places], values[places + 1]
    change = b - a
    rise, fall = slopes[places] * width - change, change - slopes[places + 1] * width
    result: Array = a + share * (change + (1 - share) * ((1 - share) * rise + share * fall))
    return result


def reach(seconds: float) -> int:
    """To how many ticks on either side a Gaussian of standard deviation `seconds` extends."""
    return round(_REACH * seconds / TICK)


def smoothed(values: Array, seconds: float) -> Array:
    """`values` (n, ...) at every tick under a Gaussian of standard deviation `seconds`.

    At the ends it weighs what there is.
    """
    width, ends = seconds / TICK, reach(seconds)
    kernel = np.exp(-0.5 * (np.arange(-ends, ends + 1) / width) ** 2)
    count = len(values)
    total, weight = np.zeros(values.shape), np.zeros(count)
    for offset, share in zip(range(-ends, ends + 1), kernel.tolist(), strict=True):
        source = slice(max(0, offset), min(count, count + offset))
        target = slice(max(0, -offset), min(count, count - offset))
        if source.start < source.stop:
            total[target] += share * values[source]
            weight[target] += share
    result: Array = total / weight[(slice(None), *(None,) * (values.ndim - 1))]
    return result
