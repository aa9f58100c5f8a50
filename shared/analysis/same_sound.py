"""Whether two clips carry the same sound, and by how much one is later than the other.

It is told from the waveforms, not from names: pieces of one sound are looked for in the whole of
the other, so one may be a part of the other, begin later or be coded otherwise. From where pieces
agree on a lag, it is followed through both clips, piece by piece: it may drift.

A lag is that of the second clip: what the first has at t, the second has at t + lag. Both clocks
are the pictures' (0 is the first picture).

Odd cases, `NotMeasured` with the reason: silence; sound that repeats itself (a tone, a loop), whose
lag could be many; less than `MIN_SECONDS` in common; speeds that differ by more than about one in
a thousand.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from shared.analysis.series import Floats, Floats32
from shared.analysis.statistics import NotMeasured
from shared.measurements.sound import WAVEFORM_RATE, Sound

PIECE_SECONDS: Final = 2.0
MIN_CORRELATION: Final = 0.7
"""Of a piece. The same sound coded again has .99 and more over all its pieces; other speech, of the
same voice or another, at most .57 at its best lag (1,490 pairs of clips). A synthetic voice that
says a word twice reached .76, for one piece: hence two pieces must agree."""

MIN_SECONDS: Final = 3.0  # that two clips must have in common

_PIECE: Final = round(PIECE_SECONDS * WAVEFORM_RATE)
_STEP: Final = WAVEFORM_RATE // 2  # samples from one followed piece to the next
_PROBES: Final = 32  # pieces that are looked for: 10 s of a core in two hours of sound
_BLOCK: Final = 1 << 16  # samples transformed at once
_HALVES: Final = 2  # places tried for each sample: a lag of half a sample would hide the match
_QUIET: Final = 1e-3
"""Of the loudest piece's energy: less is noise. Against digital silence the smallest ripple of what
is loud elsewhere would be a perfect match."""

_ECHO: Final = 0.9  # of the best correlation: another lag this good, and neither can be believed
_APART: Final = 100  # [samples] from which a lag is another one; a voice's period is shorter
_REACH: Final = 40  # [samples] within which the next piece's lag is looked for
_AGREEING: Final = 20  # [samples] between lags of probes that mean the same
_GRID: Final = 0.01  # [s] at which common time is counted
_FINE: Final = 16  # steps between two samples
_WIDE: Final = 10  # samples to either side that tell what lies between


@dataclass(frozen=True, slots=True)
class SharedSound:
    """What two clips have in common, piece by piece (`PIECE_SECONDS` each, overlapping)."""

    correlation: float  # of the common pieces, by their energy
    times: Floats  # [k] middles of the pieces, by the first clip's clock [s]
    lags: Floats  # [k] [s]

    @property
    def lag(self) -> float:
        """The median [s]."""
        return float(np.median(self.lags))

    @property
    def seconds(self) -> float:
        """How much of the first clip's time is in common."""
        return float(self.covered(np.arange(*self.span, _GRID)).sum() * _GRID)

    @property
    def span(self) -> tuple[float, float]:
        """From the beginning of the first common piece to the end of the last [s]."""
        half = PIECE_SECONDS / 2
        return float(self.times[0]) - half, float(self.times[-1]) + half

    def lag_at(self, times: Floats) -> Floats:
        """The lag at any of the first clip's times [s]."""
        lags: Floats = np.interp(times, self.times, self.lags)
        return lags

    def covered(self, times: Floats) -> Floats:
        """1 where a common piece lies over that time of the first clip, else 0."""
        places = np.searchsorted(self.times, times)
        before = times - self.times[np.maximum(places - 1, 0)]
        after = self.times[np.minimum(places, len(self.times) - 1)] - times
        near = np.minimum(np.abs(before), np.abs(after)) <= PIECE_SECONDS / 2
        weights: Floats = near.astype(np.float64)
        return weights


@dataclass(frozen=True, slots=True)
class _Found:
    """A piece of the one sound in the other, in samples."""

    place: int
    lag: float
    correlation: float
    energy: float


def shared_sound(first: Sound, second: Sound) -> SharedSound | NotMeasured:
    """Deterministic. Two hours against two hours take 15 s of a core and 300 MB."""
    short, long = first.waveform, second.waveform
    turned = len(short) > len(long)
    if turned:
        short, long = long, short
    if not (short.any() and long.any()):
        return NotMeasured("At least one of the clips is silent.")
    if len(short) < MIN_SECONDS * WAVEFORM_RATE:
        return NotMeasured(f"The shorter sound has less than {MIN_SECONDS:g} s.")
    seen = list(_probe(short, long))
    beginning = _agreed(seen)
    if beginning is None:
        best = max((found.correlation for found in seen), default=0.0)
        return NotMeasured(
            f"They do not carry the same sound, or it repeats itself: pieces of {PIECE_SECONDS:g} "
            f"s correlate at {best:.2f} at best; at least two that agree on the lag and have "
            f"{MIN_CORRELATION:g} are needed."
        )
    return _shared(first, second, sorted(_follow(short, long, beginning), key=_place), turned)


def _place(found: _Found) -> int:
    return found.place


def _shared(
    first: Sound, second: Sound, pieces: list[_Found], turned: bool
) -> SharedSound | NotMeasured:
    places = np.array([found.place for found in pieces]) + _PIECE / 2
    lags = np.array([found.lag for found in pieces])
    if turned:
        places, lags = places + lags, -lags
    order = np.argsort(places, kind="stable")
    energies = np.array([found.energy for found in pieces])
    correlations = np.array([found.correlation for found in pieces])
    shared = SharedSound(
        correlation=float((energies * correlations).sum() / energies.sum()),
        times=places[order] / WAVEFORM_RATE + first.start,
        lags=lags[order] / WAVEFORM_RATE + second.start - first.start,
    )
    if shared.seconds < MIN_SECONDS:
        return NotMeasured(
            f"They have {shared.seconds:.1f} s of sound in common; {MIN_SECONDS:g} s are needed."
        )
    return shared


def _probe(short: Floats32, long: Floats32) -> Iterator[_Found]:
    """The loudest pieces of equal parts of `short`, each where it fits best into `long`.

    Pieces that fit nearly as well elsewhere are left out.
    """
    places = list(_loudest(short))
    pieces = np.stack([short[place : place + _PIECE] for place in places]).astype(np.float64)
    energies = (pieces**2).sum(axis=1)
    size = min(_BLOCK, 1 << (len(long) + _PIECE).bit_length())
    spectra = np.conj(np.fft.rfft(pieces, size))
    peaks = _Peaks()
    floor = _tenths(long).max() * _QUIET
    for start in range(0, max(1, len(long) - _PIECE + 1), size - _PIECE):
        block = long[start : start + size].astype(np.float64)
        count = min(size, len(block)) - _PIECE + 1
        if count <= 0:
            break
        powers = np.repeat(np.maximum(_moving_energy(block), floor), _HALVES)
        products = np.fft.irfft(spectra * np.fft.rfft(block, size), size * _HALVES) * _HALVES
        norms = np.sqrt(powers * energies[:, None])
        peaks.add(start, products[:, : count * _HALVES] / norms)
    for row, place in enumerate(places):
        best, where, elsewhere = peaks.best(row)
        if elsewhere < _ECHO * best:
            yield _Found(place, where - place, best, float(energies[row]))


def _loudest(short: Floats32) -> Iterator[int]:
    """Where the loudest piece of each part of `short` begins; parts may overlap in short clips."""
    powers = _tenths(short)
    parts = min(_PROBES, max(1, len(powers) * _APART // _STEP))
    floor = powers.max() * _QUIET
    for start, stop in pairwise(np.linspace(0, len(powers), parts + 1).astype(int)):
        place = start + int(np.argmax(powers[start:stop]))
        if powers[place] > floor:
            yield place * _APART


def _tenths(samples: Floats32) -> Floats:
    """Energies of the pieces that begin at each tenth of a second."""
    cells = samples[: len(samples) // _APART * _APART].reshape(-1, _APART)
    sums = np.concatenate([[0.0], np.cumsum(np.einsum("ij,ij->i", cells, cells), dtype=np.float64)])
    energies: Floats = sums[_PIECE // _APART :] - sums[: -_PIECE // _APART]
    return energies


def _moving_energy(samples: Floats) -> Floats:
    """[n - _PIECE + 1] of the piece that begins at each sample."""
    sums = np.concatenate([[0.0], np.cumsum(samples**2)])
    energies: Floats = sums[_PIECE:] - sums[:-_PIECE]
    return energies


class _Peaks:
    """The best correlation of each row in each tenth of a second."""

    def __init__(self) -> None:
        self._values: list[Floats] = []
        self._places: list[Floats] = []  # [samples]

    def add(self, start: int, correlations: Floats) -> None:
        """[rows, places], `_HALVES` of them a sample, from the sample `start` on."""
        rows, count = correlations.shape
        width = _APART * _HALVES
        cells = np.full((rows, -(-count // width) * width), -1.0)
        cells[:, :count] = correlations
        cells = cells.reshape(rows, -1, width)
        self._values.append(cells.max(axis=2))
        tops = cells.argmax(axis=2) / _HALVES
        self._places.append(tops + np.arange(cells.shape[1]) * _APART + start)

    def best(self, row: int) -> tuple[float, float, float]:
        """Its height and place, and the best height at least `_APART` samples away."""
        values = np.concatenate([each[row] for each in self._values])
        places = np.concatenate([each[row] for each in self._places])
        cell = int(np.argmax(values))
        elsewhere = values[np.abs(places - places[cell]) >= _APART].max(initial=0.0)
        return float(values[cell]), float(places[cell]), float(elsewhere)


def _agreed(seen: list[_Found]) -> _Found | None:
    """The best piece of the largest group that agrees on a lag; None where fewer than two do."""
    good = [found for found in seen if found.correlation >= MIN_CORRELATION]
    groups = [[each for each in good if _agree(each, found)] for found in good]
    largest = max(groups, key=len, default=[])
    if len(largest) < 2:
        return None
    return max(largest, key=lambda found: found.correlation)


def _agree(one: _Found, other: _Found) -> bool:
    drift = abs(one.place - other.place) / 1000
    return abs(one.lag - other.lag) <= _AGREEING + drift


def _follow(short: Floats32, long: Floats32, beginning: _Found) -> Iterator[_Found]:
    """From one piece forwards and backwards, those whose lag is near that of their neighbour."""
    for places in (
        range(beginning.place, len(short) - _PIECE + 1, _STEP),
        range(beginning.place - _STEP, -1, -_STEP),
    ):
        lag = beginning.lag
        for place in places:
            found = _near(short[place : place + _PIECE], long, place, round(lag))
            if found is not None and found.correlation >= MIN_CORRELATION:
                lag = found.lag
                yield found


def _near(piece: Floats32, long: Floats32, place: int, lag: int) -> _Found | None:
    """The piece in the other sound within `_REACH` of a lag; None where it does not lie whole."""
    start = place + lag - _REACH
    stop = start + _PIECE + 2 * _REACH
    low, high = max(start, 0), min(stop, len(long))
    if high - low < _PIECE or not piece.any():
        return None
    near = long[low:high].astype(np.float64)
    windows = sliding_window_view(near, _PIECE)
    energy = float((piece.astype(np.float64) ** 2).sum())
    products = windows @ piece.astype(np.float64)
    correlations = products / np.sqrt(np.maximum(_moving_energy(near), 1e-9) * energy)
    shift, correlation = _peak(correlations)
    return _Found(place, low - place + shift, correlation, energy)


def _peak(correlations: Floats) -> tuple[float, float]:
    """Place and height of the highest point, also between samples.

    What lies between them is known, because the waveform ends well below half its rate (Whittaker's
    interpolation, tapered).
    """
    heights = _between(len(correlations)) @ correlations
    best = int(np.argmax(heights))
    return best / _FINE, min(1.0, float(heights[best]))


@lru_cache(maxsize=4)  # nearly all are of the same size
def _between(count: int) -> Floats:
    """[(count - 1) * _FINE + 1, count]: from samples to `_FINE` times as many."""
    away = np.arange((count - 1) * _FINE + 1)[:, None] / _FINE - np.arange(count)
    taper = np.where(np.abs(away) < _WIDE, np.cos(np.pi * away / (2 * _WIDE)), 0.0)
    kernel: Floats = np.sinc(away) * taper
    return kernel
