"""How much a face moves within itself, and how unsteadily: two numbers a frame from its points.

    facial_movement        root mean square, over the points of `features.MOVING_POINTS`, of a
                           point's distance from its own mean over the 3 s around the frame
    fine_facial_movement   the same of x(t) - (x(t - 40 ms) + x(t + 40 ms)) / 2: what is neither
                           rest nor steady movement

Both [eye distances]. A root mean square over time of the first is all but the standard deviation of
the points (their moving mean stands for the mean of a window), of the second it is exact, so that
windows of any length can be judged from the two without the points.

Points are read on an even clock (`shared.even_clock`) under a Gaussian of 30 ms (15 ms for fine
movement), so that neither frame rate nor uneven times change what is read. Holes above 0.2 s and
cuts to another shot split the track: nothing is known across them. A piece of 80 ms or less has
NaN, and so have the frames within 40 ms of a piece's ends, of their fine movement.
"""

from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from shared.engines.mediapipe.features import STEPS
from shared.even_clock import TICK, Array, interpolated, seconds, smoothed, ticks

Points = NDArray[np.int16]  # (n, 2 * points), as `features.moving_points` makes them

SMOOTHING: Final = 0.03  # [s] standard deviation of the Gaussian
FINE_SMOOTHING: Final = 0.015  # [s]; more would take out pictures in the wrong order, and jitter
AROUND: Final = 1.5  # [s] either side, over which a point's mean is taken
FINE_STEP: Final = 0.04  # [s]
MAX_GAP: Final = 0.2  # [s]
_ROUNDING: Final = 1e-9  # [s]

_AROUND_TICKS: Final = round(AROUND / TICK)
_FINE_TICKS: Final = round(FINE_STEP / TICK)
_MARGIN: Final = AROUND + 0.5  # [s] either way that a frame's numbers depend on, and some more
_BLOCK: Final = 10.0  # [s] worked on at once: about 5 MB


class FacialMovement:
    """One face of a clip, frames in order of time; memory grows by 8 bytes a frame."""

    def __init__(self) -> None:
        self._results: list[NDArray[np.float32]] = []
        self._times: Array = np.empty(0)  # of the piece that is being read
        self._points: Points = np.empty((0, 0), np.int16)
        self._done = 0  # of these, frames whose numbers are known; they stay as neighbours
        self._shot = -1

    def add(self, times: Array, points: Points, shots: NDArray[np.int64]) -> None:
        """The next frames in which the face was seen well.

        `times` (n,) [s] rise, also from call to call; `shots` (n,) number the shots of the clip.
        """
        begins = np.flatnonzero((np.diff(times) > MAX_GAP + _ROUNDING) | (np.diff(shots) != 0)) + 1
        edges = [0, *begins.tolist(), len(times)]
        for start, stop in pairwise(edges):
            if start == stop:
                continue
            if self._is_another_piece(float(times[start]), int(shots[start])):
                self._finish()
            self._shot = int(shots[start])
            self._take(times[start:stop], points[start:stop])

    def result(self) -> NDArray[np.float32]:
        """(n, 2) facial_movement, fine_facial_movement of all frames that were added, in order."""
        self._finish()
        return np.concatenate([np.empty((0, 2), np.float32), *self._results])

    def _is_another_piece(self, time: float, shot: int) -> bool:
        if not len(self._times):
            return False
        return shot != self._shot or time - self._times[-1] > MAX_GAP + _ROUNDING

    def _take(self, times: Array, points: Points) -> None:
        self._times = np.concatenate((self._times, times))
        self._points = np.concatenate((self._points, points)) if self._points.size else points
        end = float(self._times[-1]) - _MARGIN
        if end - self._times[self._done if self._done < len(self._times) else -1] < _BLOCK:
            return
        known = int(np.searchsorted(self._times, end))
        self._emit(known)
        kept = int(np.searchsorted(self._times, self._times[known] - _MARGIN))
        self._times, self._points = self._times[kept:], self._points[kept:]
        self._done = known - kept

    def _emit(self, known: int) -> None:
        self._results.append(_numbers(self._times, self._points)[self._done : known])

    def _finish(self) -> None:
        if len(self._times):
            self._emit(len(self._times))
        self._times, self._points, self._done = np.empty(0), np.empty((0, 0), np.int16), 0


def _numbers(times: Array, points: Points) -> NDArray[np.float32]:
    """(n, 2) of the frames of one piece."""
    numbers = ticks(float(times[0]), float(times[-1]))
    if len(numbers) <= 2 * _FINE_TICKS:
        return np.full((len(times), 2), np.nan, np.float32)
    even = interpolated(times, points.astype(np.float64) / STEPS, seconds(numbers))
    steady = smoothed(even, SMOOTHING)
    away = steady - _moving_mean(steady)
    places = smoothed(even, FINE_SMOOTHING)
    unsteady = np.full(places.shape, np.nan)
    step = _FINE_TICKS
    unsteady[step:-step] = places[step:-step] - (places[: -2 * step] + places[2 * step :]) / 2
    result = np.empty((len(times), 2), np.float32)
    for column, part in enumerate((away, unsteady)):
        squares = 2 * (part**2).mean(axis=1)  # of x and y together
        result[:, column] = np.sqrt(np.interp(times, seconds(numbers), squares))
    return result


def _moving_mean(places: Array) -> Array:
    """Over `AROUND` either side of every tick; over what there is of it at the ends."""
    sums = np.concatenate((np.zeros((1, places.shape[1])), places.cumsum(axis=0)))
    middle = np.arange(len(places))
    first = np.maximum(0, middle - _AROUND_TICKS)
    last = np.minimum(len(places), middle + _AROUND_TICKS + 1)
    result: Array = (sums[last] - sums[first]) / (last - first)[:, None]
    return result
