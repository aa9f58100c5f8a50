"""How far a mouth is open, as a signal that can be filtered: evenly spaced, with its holes known.

Frames come when they come. `even` puts them on a grid of `RATE`; holes of up to `MAX_GAP` are
bridged, longer ones have the weight 0 and never leak into what a filter makes of the rest.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from shared.analysis.series import Bools, Floats
from shared.analysis.track import MAX_GAP, SLOW_GAP, Track

SIGNAL: Final = "mouth_opening"  # of the engine [eye distances]
RATE: Final = 100.0  # [1/s] of the grid

_MAX_SECONDS: Final = 43_200.0
"""Of one grid: twelve hours. Longer is a clock that lies, not a clip."""


@dataclass(frozen=True, slots=True)
class Mouth:
    """Frame by frame; what is NaN was not measured.

    Raises ValueError where the arrays do not belong together or time does not increase.
    """

    times: Floats  # [n] in s; 0 is the first picture
    opening: Floats  # [n] in distances of the outer eye corners

    def __post_init__(self) -> None:
        if self.times.shape != self.opening.shape or self.times.ndim != 1:
            raise ValueError(f"{self.times.shape} times, {self.opening.shape} openings")
        if not (np.isfinite(self.times).all() and (np.diff(self.times) > 0).all()):
            raise ValueError("the times of a mouth do not increase")


@dataclass(frozen=True, slots=True)
class Even:
    """A signal on a grid; `weights` are 1 where it was seen, else 0 (and `values` mean nothing)."""

    start: float  # [s]
    values: Floats  # [n], finite
    weights: Floats  # [n]

    @property
    def times(self) -> Floats:
        return self.start + np.arange(len(self.values)) / RATE

    @property
    def seen(self) -> Bools:
        return self.weights > 0

    def smoothed(self, sigma: float) -> "Even":
        """By a Gaussian [s], of what was seen alone (normalised convolution)."""
        reach = round(4 * sigma * RATE)
        kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / (sigma * RATE)) ** 2)
        above = _convolved(self.values * self.weights, kernel)
        below = _convolved(self.weights, kernel)
        return Even(self.start, above / np.maximum(below, 1e-12), self.weights)


def mouth_of(track: Track) -> Mouth | None:
    """A face's; None where the engine does not measure it, or nothing tells the time."""
    opening = track.signals.get(SIGNAL)
    if opening is None or not track.interval:
        return None
    new = np.diff(track.times, prepend=-np.inf) > 0  # some sources have a time twice
    return Mouth(track.times[new], opening[new].astype(np.float64))


def even(mouth: Mouth) -> Even | None:
    """None where fewer than two frames were measured, or their clock lies."""
    known = np.isfinite(mouth.opening)
    times, opening = mouth.times[known], mouth.opening[known].astype(np.float64)
    if len(times) < 2 or times[-1] - times[0] > _MAX_SECONDS:
        return None
    steps = np.diff(times)
    gap = max(MAX_GAP, SLOW_GAP * float(np.median(steps))) + 1e-9
    grid = times[0] + np.arange(int((times[-1] - times[0]) * RATE + 1e-6) + 1) / RATE
    after = np.clip(np.searchsorted(times, grid, side="right"), 1, len(times) - 1)
    weights = (steps[after - 1] <= gap).astype(np.float64)
    return Even(float(times[0]), np.interp(grid, times, opening), weights)


def _convolved(values: Floats, kernel: Floats) -> Floats:
    """As long as `values`, also where the kernel is longer."""
    reach = len(kernel) // 2
    return np.convolve(values, kernel)[reach : reach + len(values)]
