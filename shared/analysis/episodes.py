"""Times in which a signal is up: blinks, smiles, raised brows.

A signal is up from where it reaches `on` until it falls below `off` (hysteresis, so that noise
around one threshold does not cut one smile into ten). An episode never spans two stretches; one
that was already up when its stretch began, or still up when it ended, is *cut*: it was not seen
whole, so it has no duration, and without a beginning it is not counted.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from shared.analysis.series import Bools, Floats, runs
from shared.analysis.track import Track
from shared.measurements.model import Scale

ON: Final[dict[Scale, float]] = {"intensity": 1.0, "probability": 0.5}
"""An Action Unit is up from FACS intensity A, "a trace" (Ekman, Friesen & Hager 2002), which is 1;
a probability from where it is more likely present than not."""

OFF: Final[dict[Scale, float]] = {"intensity": 0.5, "probability": 0.25}
"""... until below this. Half of `ON`, so that half the height of an episode lies within it."""


@dataclass(frozen=True, slots=True)
class Episode:
    """Frames start <= i < stop of a track, within the stretch first <= i < last."""

    start: int
    stop: int
    first: int
    last: int
    begun: bool  # its beginning was seen
    ended: bool  # its end was seen


def episodes(track: Track, signal: Floats, on: float, off: float) -> Iterator[Episode]:
    """All episodes of a signal [n] of the track, in order of time."""
    for stretch in track.stretches:
        up = _up(signal[stretch], on, off)
        for start, stop in runs(up):
            yield Episode(
                stretch.start + start,
                stretch.start + stop,
                stretch.start,
                stretch.stop,
                begun=start > 0,
                ended=stop < len(up),
            )


def _up(signal: Floats, on: float, off: float) -> Bools:
    """Where the signal is up; what lies between the thresholds stays as it was."""
    decided = np.where(signal >= on, 1, np.where(signal < off, -1, 0))
    decided[0] = decided[0] or -1
    last = np.maximum.accumulate(np.where(decided != 0, np.arange(len(decided)), 0))
    up: Bools = decided[last] > 0
    return up


def crossing(signal: Floats, times: Floats, indices: range, level: float) -> float | None:
    """When the signal passes `level` on the way along `indices`, between two samples [s].

    It starts at or above the level; None where it never falls below it.
    """
    before = indices[0]
    for index in indices[1:]:
        if signal[index] < level:
            share = (signal[before] - level) / (signal[before] - signal[index])
            return float(times[before] + share * (times[index] - times[before]))
        before = index
    return None
