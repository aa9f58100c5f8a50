"""Pictures in the wrong order: the head goes back and forth from each one to the next.

What moves smoothly does steps that are alike. Where pictures are swapped in pairs every second step
goes back: a step is unlike the next one and like the next but one. The correlation of steps at two
pictures, less that at one, tells it: below 0 of a head that moves, 0.5 of a place that is noise
alone, 1.6 of swapped pairs. How much a head moves does not matter, nor does the frame rate, where
pictures that are shown twice are left out.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np

from shared.analysis import windows
from shared.analysis.series import Floats, Floats32

SIGNALS: Final = ("head_x", "head_y", "pose_Rx", "pose_Ry", "pose_Rz")
SECONDS: Final = 3.0  # in which steps are compared, every half of it
LEAST: Final = 40  # pictures; fewer tell too little


def back_and_forth(times: Floats, places: Floats32) -> Iterator[tuple[float, float, float]]:
    """Start and end [s] of every window, and the difference of correlations in it.

    `places` [signals, n] at `times` [n]. Of the signals the middle one counts.
    """
    last = times[-1] - SECONDS + SECONDS / LEAST
    for start, window in windows.overlapping(times, SECONDS, last):
        if window.stop - window.start >= LEAST:
            steps = np.diff(places[:, window].astype(np.float64), axis=1)
            power = np.mean(steps**2, axis=1) + np.finfo(np.float64).tiny
            at_one = np.mean(steps[:, 1:] * steps[:, :-1], axis=1) / power
            at_two = np.mean(steps[:, 2:] * steps[:, :-2], axis=1) / power
            yield start, float(times[window.stop - 1]), float(np.median(at_two - at_one))
