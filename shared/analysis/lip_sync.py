"""Whether lips and sound have moved against each other between two clips of one script.

One clip alone does not tell it: loudness and mouth fit too loosely. Two clips that carry the same
sound do. The sound of the second is later than that of the first by a lag that is known exactly
(`same_sound`); its mouth is later by a lag that is found by correlating both openings, each in the
band in which lips speak (0.5 to 6 Hz). The difference is the change of lip sync:

    change > 0    in the second clip the mouth comes later, against its sound, than in the first

Where one clip's picture runs at another speed than its sound the change grows with time: `drift`.
Offset and drift are looked for together, as the line along which the openings correlate best.

How much of it is chance is told by drawing blocks of a second again (`bootstrap` says why); each
draw is searched anew.

Odd cases, `NotMeasured` with the reason: no common sound; less than `MIN_SECONDS` of it with both
mouths seen; mouths that correlate below `MIN_CORRELATION` (a person against a generator: their
best lag is then a matter of luck); a change of `MAX_CHANGE` and more. Below `MIN_BLOCKS` blocks
there is a value without an interval.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from shared.analysis.bootstrap import DRAWS, MIN_BLOCKS, interval
from shared.analysis.mouth import RATE, Even, Mouth, even
from shared.analysis.same_sound import SharedSound, shared_sound
from shared.analysis.series import Floats
from shared.analysis.statistics import NotMeasured
from shared.measurements.sound import Sound

MIN_SECONDS: Final = 5.0  # of common sound with both mouths seen
LONG_SECONDS: Final = 8.0
MIN_CORRELATION: Final = 0.5  # of the mouths in LONG_SECONDS and more
MIN_SHORT_CORRELATION: Final = 0.8
"""In less. Mouths of people who say different things reach .5 by chance in 5 % of pieces of 5 s
(.70 at most, of 985), in .4 % of pieces of 8 s and in none of 485 pieces of 10 s."""

MAX_CHANGE: Final = 0.7  # [s] that is looked for, in the middle of what is common
MAX_DRIFT: Final = 0.02  # [s/s] likewise
BLOCK_SECONDS: Final = 1.0
MAX_BLOCKS: Final = 600

_SLOW: Final = 0.265  # [s] sigma of the Gaussian that is taken away: -3 dB at 0.5 Hz
_FAST: Final = 0.022  # [s] sigma of the Gaussian that smooths: -3 dB at 6 Hz
_ENDS: Final = 0.3  # [s] by which drift may move the lag from the middle to an end
_SLOPES: Final = 15  # to either side of none
_REACH: Final = round((MAX_CHANGE + _ENDS) * RATE)  # grid steps
_LAGS: Final = round(MAX_CHANGE * RATE)


@dataclass(frozen=True, slots=True)
class LipSyncChange:
    """Of the second clip against the first; [s] and [s/s]."""

    sound_lag: float
    sound_correlation: float
    mouth_lag: float
    mouth_correlation: float
    seconds: float  # that it rests on
    change: float  # mouth_lag - sound_lag, in the middle
    change_ends: tuple[float, float] | None  # of its interval
    drift: float
    drift_ends: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class _Sums:
    """Per block [k] and lag [-_REACH.._REACH]: products of both mouths, and either's energy where
    both were seen."""

    products: Floats
    first: Floats
    second: Floats
    times: Floats  # [k] middles of the blocks [s]


def lip_sync_change(
    first: tuple[Sound, Mouth], second: tuple[Sound, Mouth], *, seed: int = 0
) -> LipSyncChange | NotMeasured:
    """Same arguments, same result."""
    shared = shared_sound(first[0], second[0])
    if isinstance(shared, NotMeasured):
        return shared
    signals = _speaking(first[1]), _speaking(second[1])
    if signals[0] is None or signals[1] is None:
        return NotMeasured("At least one of the mouths was not seen.")
    sums, seconds = _sums(signals[0], signals[1], shared)
    if seconds < MIN_SECONDS:
        return NotMeasured(
            f"Both mouths were seen in {seconds:.1f} s of the common sound; "
            f"{MIN_SECONDS:g} s are needed."
        )
    return _change(sums, seconds, shared, seed)


def _change(
    sums: _Sums, seconds: float, shared: SharedSound, seed: int
) -> LipSyncChange | NotMeasured:
    blocks = len(sums.times)
    correlations, changes, drifts = _lines(sums, np.ones((1, blocks)))
    needed = MIN_CORRELATION if seconds >= LONG_SECONDS else MIN_SHORT_CORRELATION
    if not correlations[0] >= needed:
        return NotMeasured(
            f"The mouths correlate at {correlations[0]:.2f} at best; from {needed:g} on a lag of "
            f"{seconds:.1f} s can be trusted."
        )
    if abs(changes[0]) >= MAX_CHANGE - 1 / RATE:
        return NotMeasured(f"Mouth and sound have moved apart by {MAX_CHANGE:g} s or more.")
    change_ends = drift_ends = None
    if blocks >= MIN_BLOCKS:
        generator = np.random.default_rng((seed,))
        counts = generator.multinomial(blocks, np.full(blocks, 1 / blocks), DRAWS)
        _, drawn_changes, drawn_drifts = _lines(sums, counts.astype(np.float64))
        change_ends, drift_ends = interval(drawn_changes), interval(drawn_drifts)
    change = float(changes[0])
    return LipSyncChange(
        sound_lag=shared.lag,
        sound_correlation=shared.correlation,
        mouth_lag=shared.lag + change,
        mouth_correlation=float(correlations[0]),
        seconds=seconds,
        change=change,
        change_ends=change_ends,
        drift=float(drifts[0]),
        drift_ends=drift_ends,
    )


def _speaking(mouth: Mouth) -> Even | None:
    """Its opening within the band of speech."""
    signal = even(mouth)
    if signal is None:
        return None
    fast, slow = signal.smoothed(_FAST), signal.smoothed(_SLOW)
    return Even(signal.start, fast.values - slow.values, signal.weights)


def _sums(first: Even, second: Even, shared: SharedSound) -> tuple[_Sums, float]:
    """Both mouths on the first clip's clock, the second's by the lag of its sound. And the time
    [s] for which both were seen while the sound is common."""
    start, stop = shared.span
    grid = np.arange(start, stop, 1 / RATE)
    wide = start + np.arange(-_REACH, len(grid) + _REACH) / RATE
    one, one_seen = _at(first, grid)
    one_seen = one_seen * shared.covered(grid)
    other, other_seen = _at(second, wide + shared.lag_at(wide))
    seconds = float((one_seen * other_seen[_REACH : _REACH + len(grid)]).sum() / RATE)
    size = max(BLOCK_SECONDS, (stop - start) / MAX_BLOCKS)
    edges = np.arange(0, len(grid), round(size * RATE))
    products, ones, others = (np.empty((len(edges), 2 * _REACH + 1)) for _ in range(3))
    for lag in range(2 * _REACH + 1):
        moved, seen = other[lag : lag + len(grid)], other_seen[lag : lag + len(grid)] * one_seen
        products[:, lag] = np.add.reduceat(one * moved * seen, edges)
        ones[:, lag] = np.add.reduceat(one**2 * seen, edges)
        others[:, lag] = np.add.reduceat(moved**2 * seen, edges)
    kept = np.add.reduceat(one_seen, edges) > 0
    times = grid[edges] + size / 2
    return _Sums(products[kept], ones[kept], others[kept], times[kept]), seconds


def _at(signal: Even, times: Floats) -> tuple[Floats, Floats]:
    """Values and weights at any times; what lies outside has the weight 0."""
    weights = np.interp(times, signal.times, signal.weights, left=0.0, right=0.0)
    return np.interp(times, signal.times, signal.values), (weights > 0.5).astype(np.float64)


def _lines(sums: _Sums, counts: Floats) -> tuple[Floats, Floats, Floats]:
    """Per draw [d], of the line along which both mouths correlate best: correlation, change in
    the middle [s] and drift [s/s]."""
    middle = (sums.times[0] + sums.times[-1]) / 2
    half = max((sums.times[-1] - sums.times[0]) / 2, BLOCK_SECONDS)
    steepest = min(MAX_DRIFT, _ENDS / half)
    slopes = np.linspace(-steepest, steepest, 2 * _SLOPES + 1)
    heights, lags = np.empty((2, len(slopes), len(counts)))
    for row, slope in enumerate(slopes):
        moved = _moved(sums, np.rint(slope * (sums.times - middle) * RATE).astype(np.intp))
        heights[row], lags[row] = _best(*(counts @ each for each in moved))
    drawn = np.arange(len(counts))
    best = heights.argmax(axis=0)
    shift = _vertex(
        *(heights[np.clip(best + side, 0, len(slopes) - 1), drawn] for side in (-1, 0, 1))
    )
    drifts = slopes[best] + shift * (slopes[1] - slopes[0])
    return heights[best, drawn], lags[best, drawn] / RATE, drifts


def _moved(sums: _Sums, steps: NDArray[np.intp]) -> tuple[Floats, Floats, Floats]:
    """The sums [k, 2 * _LAGS + 1] around lags that differ from block to block."""
    columns = np.arange(-_LAGS, _LAGS + 1) + _REACH + steps[:, None]
    rows = np.arange(len(steps))[:, None]
    return sums.products[rows, columns], sums.first[rows, columns], sums.second[rows, columns]


def _best(products: Floats, first: Floats, second: Floats) -> tuple[Floats, Floats]:
    """Height of each row's highest correlation, and its lag in grid steps."""
    correlations = products / np.sqrt(np.maximum(first * second, 1e-18))
    top = correlations.argmax(axis=1)
    rows = np.arange(len(top))
    last = correlations.shape[1] - 1
    around = [correlations[rows, np.clip(top + side, 0, last)] for side in (-1, 0, 1)]
    return around[1], top - _LAGS + _vertex(*around)


def _vertex(before: Floats, top: Floats, after: Floats) -> Floats:
    """Where the parabola through three neighbours is highest, -.5.. .5 from the one between."""
    bend = before - 2 * top + after
    with np.errstate(divide="ignore", invalid="ignore"):
        place = np.where(bend < 0, 0.5 * (before - after) / bend, 0.0)
    nearest: Floats = np.clip(np.nan_to_num(place), -0.5, 0.5)
    return nearest
