"""Measures of how the whole face moves: too still, too fast, shaking.

They rest on the Action Units that can be trusted (`Track.moving_aus`): one that is mostly noise
would make a frozen face look alive and a calm one shake. Only one of them is held at a time.
"""

from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from shared.analysis.series import Bools, Floats, Floats32
from shared.analysis.statistics import Extreme, Mean, NotMeasured, Statistic
from shared.analysis.track import Track
from shared.measurements.model import Scale

STILL: Final[dict[Scale, float]] = {"intensity": 0.5, "probability": 0.1}
"""Half a FACS grade, a tenth of the scale: what all Action Units stay within while a face is still.
Less than that is the noise of measuring (ours)."""

JITTER_HZ: Final = 6.0
"""Above this, a face shakes. Speech moves the mouth at 2 to 7 Hz, most of it at the rhythm of
syllables, 3 to 5 Hz (Chandrasekaran et al. 2009, PLoS Computational Biology 5:e1000436)."""

JITTER_WINDOW: Final = 2.0  # [s] of one spectrum; it resolves 0.5 Hz

JITTER_FLOOR: Final[dict[Scale, float]] = {"intensity": 0.05, "probability": 0.01}
"""Movement (root of the summed variances) below which a face has no spectrum, only noise (ours)."""

_BLOCK: Final = 500  # spectra that are computed together

FASTEST_WINDOW: Final = 0.1
"""[s] over which speed is taken: three frames at 30 a second, so that one noisy frame is no speed
and the result does not depend on the frame rate."""


def longest_still(track: Track) -> Statistic:
    """The longest time in which no Action Unit leaves a band of `STILL` [s]."""
    clock = _clock(track)
    first, longest, too_long = 0, 1, len(clock) + 1
    while too_long - longest > 1:
        length = min(2 * longest, (longest + too_long) // 2)
        still = _still(track, clock, length)
        if still.any():
            first, longest = int(still.argmax()), length
        else:
            too_long = length
    return Extreme(longest / track.fps, float(clock[first]))


def _still(track: Track, clock: Floats, length: int) -> Bools:
    """Whether the face is still in the `length` samples from each one on."""
    still = np.ones(len(clock) - length + 1, np.bool_)
    for au in track.moving_aus:
        signal = _even(track, clock, au)
        ranges = _extremes(np.maximum, signal, length) - _extremes(np.minimum, signal, length)
        still &= ranges <= STILL[track.scale] + 1e-6  # NaN is not
        if not still.any():
            break
    return still


def _extremes(of: np.ufunc, signal: Floats32, length: int) -> Floats32:
    """Maximum or minimum of the `length` samples from each one on.

    They are the rest of one block of that length and the beginning of the next (van Herk 1992,
    Pattern Recognition Letters 13:517).
    """
    rest = signal[-1:].repeat(-len(signal) % length)
    blocks = np.concatenate((signal, rest)).reshape(-1, length)
    until = of.accumulate(blocks, axis=1).ravel()
    since = of.accumulate(blocks[:, ::-1], axis=1)[:, ::-1].ravel()
    result: Floats32 = of(since[: len(signal) - length + 1], until[length - 1 : len(signal)])
    return result


def _clock(track: Track) -> Floats:
    """[m] the times of every stretch's samples, `Track.fps` a second; NaN between stretches."""
    parts = []
    for stretch in track.stretches:
        first, last = track.times[stretch.start], track.times[stretch.stop - 1]
        samples = round((last - first) * track.fps) + 1
        parts += [first + np.arange(samples) / track.fps, np.array([np.nan])]
    return np.concatenate(parts[:-1])


def _pieces(clock: Floats) -> list[slice]:
    """The samples of each stretch."""
    edges = [-1, *np.isnan(clock).nonzero()[0].tolist(), len(clock)]
    return [slice(before + 1, after) for before, after in pairwise(edges)]


def _even(track: Track, clock: Floats, au: str) -> Floats32:
    """[m] an Action Unit by the clock; NaN between stretches."""
    signal = track.intensity(au)
    result = clock.astype(np.float32)  # for its NaN
    for stretch, piece in zip(track.stretches, _pieces(clock), strict=True):
        result[piece] = np.interp(clock[piece], track.times[stretch], signal[stretch])
    return result


def jitter(track: Track) -> Statistic | NotMeasured:
    """Energy above `JITTER_HZ` relative to all energy of movement, 0..1.

    Welch's method: spectra of half-overlapping Hann windows without their means, added up over
    windows and Action Units.
    """
    clock, rate = _clock(track), track.fps
    size = round(JITTER_WINDOW * rate)
    starts, times = [np.empty(0, np.intp)], [np.empty(0)]
    for piece in _pieces(clock):
        starts.append(np.arange(piece.start, piece.stop - size + 1, size // 2))
        times.append(clock[piece.start] + (starts[-1] - piece.start + size / 2) / rate)
    places = np.concatenate(starts)
    if not len(places):
        return NotMeasured(f"The face was never seen for {JITTER_WINDOW:g} s without a gap.")
    fast, total = np.zeros(len(places)), np.zeros(len(places))
    for au in track.moving_aus:
        if au not in track.hardly_moved:
            _add_energies(fast, total, _even(track, clock, au), places, rate)
    if np.sqrt(np.mean(total)) < JITTER_FLOOR[track.scale]:
        return NotMeasured("The face hardly moves; what is left is the noise of measuring.")
    return Mean(fast, total, np.concatenate(times))


def _add_energies(
    fast: Floats, total: Floats, signal: Floats32, starts: NDArray[np.intp], rate: float
) -> None:
    """Per window: a signal's energy above `JITTER_HZ` and in all, as variances."""
    size = round(JITTER_WINDOW * rate)
    taper = np.hanning(size + 1)[:-1]
    frequencies = np.fft.rfftfreq(size, 1 / rate)
    sides = np.where((frequencies > 0) & (frequencies < rate / 2 - 1e-9), 2.0, 1.0)
    sides /= size * (taper**2).sum()
    for first in range(0, len(starts), _BLOCK):
        block = slice(first, first + _BLOCK)
        pieces = signal[starts[block, None] + np.arange(size)].astype(np.float64)
        pieces = (pieces - pieces.mean(axis=1, keepdims=True)) * taper
        power = np.abs(np.fft.rfft(pieces, axis=1)) ** 2 * sides
        power[:, 0] = 0.0
        total[block] += power.sum(axis=1)
        fast[block] += power[:, frequencies > JITTER_HZ].sum(axis=1)


def fastest_change(track: Track) -> Statistic:
    """The greatest change of any Action Unit but the blink within `FASTEST_WINDOW`, per second.

    Of equal ones that in the first stretch.
    """
    best, at, seen = 0.0, None, len(track)
    for au in track.moving_aus:
        if au == "AU45":
            continue
        signal = track.intensity(au)
        for stretch in track.stretches:
            times = track.times[stretch]
            starts = times[times <= times[-1] - FASTEST_WINDOW + 1e-9]
            if not len(starts):
                continue
            later = np.interp(starts + FASTEST_WINDOW, times, signal[stretch])
            speeds = np.abs(later - signal[stretch][: len(starts)]) / FASTEST_WINDOW
            place = int(np.argmax(speeds))
            if (speeds[place], -stretch.start) > (best, -seen):
                best, at, seen = float(speeds[place]), float(starts[place]), stretch.start
    return Extreme(best, at)
