"""Measures of how the whole face moves: too still, too fast, shaking.

They rest on the Action Units that can be trusted (`Track.moving_aus`): one that is mostly noise
would make a frozen face look alive and a calm one shake.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from shared.analysis.series import Bools, Floats, Floats32
from shared.analysis.statistics import Extreme, Mean, NotMeasured, Statistic
from shared.analysis.track import Track
from shared.engines.base import Scale

STILL: Final[dict[Scale, float]] = {"intensity": 0.5, "probability": 0.1}
"""Half a FACS grade, a tenth of the scale: what all Action Units stay within while a face is still.
Less than that is the noise of measuring (ours)."""

JITTER_HZ: Final = 6.0
"""Above this, a face shakes. Speech moves the mouth at 2 to 7 Hz, most of it at the rhythm of
syllables, 3 to 5 Hz (Chandrasekaran et al. 2009, PLoS Computational Biology 5:e1000436)."""

JITTER_WINDOW: Final = 2.0  # [s] of one spectrum; it resolves 0.5 Hz

JITTER_FLOOR: Final[dict[Scale, float]] = {"intensity": 0.05, "probability": 0.01}
"""Movement (root of the summed variances) below which a face has no spectrum, only noise (ours)."""

FASTEST_WINDOW: Final = 0.1
"""[s] over which speed is taken: three frames at 30 a second, so that one noisy frame is no speed
and the result does not depend on the frame rate."""


def longest_still(track: Track) -> Statistic:
    """The longest time in which no Action Unit leaves a band of `STILL` [s]."""
    best, at = 0.0, None
    for start, rate, grid in _grids(track, track.moving_aus):
        first, length = _longest_within(grid, STILL[track.scale])
        if length / rate > best:
            best, at = length / rate, start + first / rate
    return Extreme(best, at)


def _grids(track: Track, aus: tuple[str, ...]) -> Iterator[tuple[float, float, Floats32]]:
    """Per stretch: its start [s], its rate [1/s] and its signals [aus, samples], evenly spaced."""
    rate = track.fps
    for stretch in track.stretches:
        times = track.times[stretch]
        samples = round((times[-1] - times[0]) * rate) + 1
        even = times[0] + np.arange(samples) / rate
        grid = np.empty((len(aus), samples), np.float32)
        for row, au in zip(grid, aus, strict=True):
            row[:] = np.interp(even, times, track.intensity(au)[stretch])
        yield float(times[0]), rate, grid


def _longest_within(grid: Floats32, width: float) -> tuple[int, int]:
    """Start and length of the longest window in which each row's range is at most `width`.

    Doubles the window while one fits; the longest is then less than twice as long, and the range
    of any such window is that of its two (overlapping) halves. Row by row and in place, for an
    hour's grid is large. Uses up the grid.
    """
    lowest, highest = grid, grid.copy()  # of the window of `size` that begins there
    samples = grid.shape[1]
    size = 1
    while 2 * size <= samples and _fits(lowest, highest, size, size, width).any():
        for low, high in zip(lowest, highest, strict=True):
            np.minimum(low[:-size], low[size:], out=low[:-size])
            np.maximum(high[:-size], high[size:], out=high[:-size])
        size *= 2
    fits, too_long = size, min(2 * size, samples + 1)
    while too_long - fits > 1:
        length = (fits + too_long) // 2
        if _fits(lowest, highest, size, length - size, width).any():
            fits = length
        else:
            too_long = length
    return int(np.argmax(_fits(lowest, highest, size, fits - size, width))), fits


def _fits(lowest: Floats32, highest: Floats32, size: int, shift: int, width: float) -> Bools:
    """Whether the window of `size + shift` samples that begins at each place is narrow enough."""
    windows = lowest.shape[1] - size - shift + 1
    fits = np.ones(windows, np.bool_)
    for low, high in zip(lowest, highest, strict=True):
        top = np.maximum(high[:windows], high[shift : shift + windows])
        bottom = np.minimum(low[:windows], low[shift : shift + windows])
        fits &= top - bottom <= width + 1e-6
    return fits


def jitter(track: Track) -> Statistic | NotMeasured:
    """Energy above `JITTER_HZ` relative to all energy of movement, 0..1.

    Welch's method: spectra of half-overlapping Hann windows without their means, added up over
    windows and Action Units.
    """
    times: list[float] = []
    fast: list[float] = []
    total: list[float] = []
    moved = tuple(au for au in track.moving_aus if au not in track.hardly_moved)
    for start, rate, grid in _grids(track, moved):
        size = round(JITTER_WINDOW * rate)
        if grid.shape[1] < size:
            continue
        step = size // 2
        above, whole = _energies(grid, size, step, rate)
        times += [start + (step * index + size / 2) / rate for index in range(len(whole))]
        fast += above.tolist()
        total += whole.tolist()
    if not times:
        return NotMeasured(f"The face was never seen for {JITTER_WINDOW:g} s without a gap.")
    if np.sqrt(np.mean(total)) < JITTER_FLOOR[track.scale]:
        return NotMeasured("The face hardly moves; what is left is the noise of measuring.")
    return Mean(np.array(fast), np.array(total), np.array(times))


def _energies(grid: Floats32, size: int, step: int, rate: float) -> tuple[Floats, Floats]:
    """Per window: energy above `JITTER_HZ` and in all, as variances, summed over the rows."""
    taper = np.hanning(size + 1)[:-1]
    frequencies = np.fft.rfftfreq(size, 1 / rate)
    sides = np.where((frequencies > 0) & (frequencies < rate / 2 - 1e-9), 2.0, 1.0)
    sides /= size * (taper**2).sum()
    windows = 1 + (grid.shape[1] - size) // step
    above, whole = np.zeros(windows), np.zeros(windows)
    for row in grid:
        pieces = sliding_window_view(row.astype(np.float64), size)[::step]
        pieces = (pieces - pieces.mean(axis=1, keepdims=True)) * taper
        power = np.abs(np.fft.rfft(pieces, axis=1)) ** 2 * sides
        power[:, 0] = 0.0
        whole += power.sum(axis=1)
        above += power[:, frequencies > JITTER_HZ].sum(axis=1)
    return above, whole


def fastest_change(track: Track) -> Statistic:
    """The greatest change of any Action Unit but the blink within `FASTEST_WINDOW`, per second."""
    best, at = 0.0, None
    for stretch in track.stretches:
        times = track.times[stretch]
        starts = times[times <= times[-1] - FASTEST_WINDOW + 1e-9]
        for au in track.moving_aus if len(starts) else ():
            if au == "AU45":
                continue
            signal = track.intensity(au)[stretch]
            later = np.interp(starts + FASTEST_WINDOW, times, signal)
            speeds = np.abs(later - signal[: len(starts)]) / FASTEST_WINDOW
            place = int(np.argmax(speeds))
            if speeds[place] > best:
                best, at = float(speeds[place]), float(starts[place])
    return Extreme(best, at)
