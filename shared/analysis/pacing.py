"""Long and short steps in turn: every third picture is missing.

What moves changes its speed little from one picture to the next. Played half as fast again at its
own rate, or shown with 20 pictures of 30, it goes on by one picture and by two in turn. A step's
logarithm, less the mean of its neighbours', is ±0.69 then, with another sign at every picture; of a
head that moves, and of noise, it is as often above 0 as below. Where every fifth picture is missing
(24 of 30) every fourth step is long: so both halves of the long steps must be longer than both of
the short ones. A picture shown twice makes no step, and a rate that varies changes no speed.
"""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from shared.analysis import windows
from shared.analysis.series import Bools, Floats, Floats32

PLACES: Final = (("head_x", "head_y"), ("pose_Rx", "pose_Ry", "pose_Rz"))
"""What makes steps: the head's shift, and its turn."""

SECONDS: Final = 3.0  # in which steps are compared, every half of it
LEAST: Final = 40  # steps; fewer tell too little
_NONE: Final = 1e-9  # keeps the logarithm of no step finite


def in_turn(
    times: Floats, places: Sequence[Floats32], new: Bools
) -> Iterator[tuple[float, float, float]]:
    """Start and end [s] of every window, and how many times as long every second step is.

    `places` [axes, n] of each thing that moves, at `times` [n]; a picture that is not `new` [n]
    made no step.
    """
    unlike = np.mean([_unlike(times, place, new) for place in places], axis=0)
    for start, window in windows.overlapping(times, SECONDS, times[-1] - SECONDS / 2):
        if np.isfinite(unlike[window]).sum() >= LEAST:
            longer = np.exp(_difference(unlike[window]))
            yield start, float(times[window.stop - 1]), float(longer)


def _unlike(times: Floats, place: Floats32, new: Bools) -> Floats:
    """[n] The logarithm of a step less the mean of its neighbours'; NaN where there is none."""
    seconds = np.diff(times)
    steps = np.linalg.norm(np.diff(place.astype(np.float64), axis=1), axis=0)
    speeds = np.full(len(times), np.nan)
    np.divide(steps, seconds, out=speeds[1:], where=seconds > 0)
    speeds[~new] = np.nan
    logs = np.log(speeds + _NONE)
    result = np.full(len(times), np.nan)
    result[1:-1] = logs[1:-1] - (logs[:-2] + logs[2:]) / 2
    return result


def _difference(unlike: Floats) -> float:
    """Half of what lies between the long steps and the short ones; below 0 where they mix."""
    quarters = [unlike[turn::4] for turn in range(4)]
    if not all(np.isfinite(quarter).any() for quarter in quarters):
        return 0.0
    first, second, third, fourth = (float(np.nanmean(quarter)) for quarter in quarters)
    odd = min(first, third) - max(second, fourth)
    even = min(second, fourth) - max(first, third)
    return max(odd, even) / 2
