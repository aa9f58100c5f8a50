"""What is wrong with a face's pictures, whoever it shows: they stand, are blends of others, come in
the wrong order or with holes between them, are encoded too coarsely.

Each fault has a value of the whole clip, and the spans where it is. `shared.analysis.gates` says
how much of each is too much.
"""

from collections.abc import Iterable, Iterator
from typing import Final

import numpy as np

from shared.analysis import blending, disorder, pacing
from shared.analysis.series import Bools, Floats, runs
from shared.analysis.statistics import Extreme, Mean, NotMeasured, Statistic
from shared.analysis.track import Span, Track

STILL_CHANGE: Final = 0.2
"""[levels] in 40 ms, of the face's crop: repeated frames stay below it after encoding at usual
quality, and the calmest of real faces above it in nearly every frame."""

STILL_STEP: Final = 0.04  # [s] in frames closer together less changes
STILL_LIGHT: Final = 100.0  # [levels] of the face; in darker pictures less changes
HELD: Final = 0.2  # of what a picture beside it changes; one that is shown again changes less
MAX_STILL: Final = 0.5  # [s]; of our real recordings at most 0.23
MIN_PICTURES: Final = 16.0  # a second; of our real recordings at least 18.5
MIN_RATIO: Final = 0.55  # of real recordings at least 0.72; of blends at most 0.45
MAX_BLENDED: Final = 0.1
MAX_BACK_AND_FORTH: Final = 0.8  # of real recordings at most 0.3; noise alone scatters about 0.5
MAX_DISORDERED: Final = 0.1
MAX_LONGER: Final = 1.3  # times; of real recordings at most 1.15, where every third is missing 1.4
MAX_LONGER_FILM: Final = 1.7
"""What was taken at 60 pictures a second is shown at 24 by every second and third: 1.5."""

FILM_FPS: Final = 24.5
MAX_UNEVEN: Final = 0.1
MAX_QUANTISER: Final = 34.0  # steps of 32 levels; of real recordings at most 28, of CRF 30 31.1

Window = tuple[float, float, bool]  # start, end [s], whether the fault is in it


# still pictures


def _new(track: Track) -> Bools:
    """[n] Whether a picture differs from the one before; the first ones do."""
    light = min(1.0, track.brightness / STILL_LIGHT)
    limit = STILL_CHANGE * min(1.0, track.interval / STILL_STEP) * light
    new: Bools = ~(track.signals["picture_change"] < limit)
    new[[stretch.start for stretch in track.stretches]] = True
    return new


def _other(track: Track) -> Bools:
    """[n] Whether it is another picture than the one before, not that one encoded anew."""
    changes = np.where(_new(track), np.nan_to_num(track.signals["picture_change"]), 0.0)
    beside = np.pad(changes, 1)
    other: Bools = changes > HELD * np.maximum(beside[:-2], beside[2:])
    return other


def _shown(track: Track) -> tuple[Floats, Floats]:
    """When each picture came [s], and how long it was shown [s]."""
    begins, lasts, new = [], [], _new(track)
    for stretch in track.stretches:
        times = track.times[stretch][new[stretch]]
        end = float(track.times[stretch.stop - 1] + track.covers[stretch.stop - 1])
        begins.append(times)
        lasts.append(np.diff(np.append(times, end)))
    return np.concatenate(begins), np.concatenate(lasts)


def longest_still(track: Track) -> Statistic:
    begins, lasts = _shown(track)
    longest = int(np.argmax(lasts))
    return Extreme(float(lasts[longest]), float(begins[longest]))


def stills(track: Track) -> Iterator[Span]:
    begins, lasts = _shown(track)
    for begin, last in zip(begins.tolist(), lasts.tolist(), strict=True):
        if last > MAX_STILL:
            yield begin, begin + last


def new_pictures(track: Track) -> Statistic:
    begins, lasts = _shown(track)
    return Mean(np.ones(len(begins)), lasts, begins)


def slow(track: Track) -> Iterator[Span]:
    """Seconds with too few new pictures, neighbours joined."""
    begins, lasts = _shown(track)
    seconds = np.floor(begins).astype(np.int64)
    counts = np.bincount(seconds)
    shown = np.bincount(seconds, lasts)
    yield from _seconds((shown > 0.5) & (counts < MIN_PICTURES * shown))


def _seconds(marked: Bools) -> Iterator[Span]:
    return ((float(start), float(stop)) for start, stop in runs(marked))


# blended pictures


def blended(track: Track) -> Statistic | NotMeasured:
    if track.fps >= 2 * MIN_PICTURES:
        return NotMeasured(f"Of {track.fps:.0f} pictures a second, every second one is enough.")
    return _share(_blending(track), blending.SECONDS)


def blends(track: Track) -> Iterator[Span]:
    return _spans(_blending(track))


def _blending(track: Track) -> Iterator[Window]:
    other = _other(track)
    twice = ~other | ~np.append(other[1:], True)  # a picture, or the next one, is shown again
    unsteadiness = np.where(twice, np.nan, track.signals["picture_unsteadiness"])
    for stretch in track.stretches:
        times = track.times[stretch]
        for first, last, ratio in blending.steadier(unsteadiness[stretch], track.fps):
            yield float(times[first]), float(times[last]), ratio < MIN_RATIO


def _share(windows: Iterable[Window], seconds: float) -> Statistic | NotMeasured:
    """Of windows of so many seconds."""
    found = list(windows)
    if not found:
        return NotMeasured(
            f"It needs the face for {seconds:g} s without a hole, and few pictures shown twice."
        )
    marked = np.array([marked for *_, marked in found], np.float64)
    return Mean(marked, np.ones(len(marked)), np.array([begin for begin, *_ in found]))


def _spans(windows: Iterable[Window]) -> Iterator[Span]:
    return ((begin, end) for begin, end, marked in windows if marked)


# pictures out of order


def disordered(track: Track) -> Statistic | NotMeasured:
    return _share(_disorder(track), disorder.SECONDS)


def disorders(track: Track) -> Iterator[Span]:
    return _spans(_disorder(track))


def _disorder(track: Track) -> Iterator[Window]:
    new = _new(track)
    places = np.stack([track.signals[name] for name in disorder.SIGNALS])
    for stretch in track.stretches:
        chosen, seen = new[stretch], places[:, stretch]
        for begin, end, value in disorder.back_and_forth(
            track.times[stretch][chosen], seen[:, chosen]
        ):
            yield begin, end, value > MAX_BACK_AND_FORTH


# missing pictures


def uneven(track: Track) -> Statistic | NotMeasured:
    return _share(_unevenness(track), pacing.SECONDS)


def unevens(track: Track) -> Iterator[Span]:
    return _spans(_unevenness(track))


def _unevenness(track: Track) -> Iterator[Window]:
    other, limit = _other(track), MAX_LONGER if track.fps > FILM_FPS else MAX_LONGER_FILM
    places = [np.stack([track.signals[name] for name in names]) for names in pacing.PLACES]
    for stretch in track.stretches:
        times, moved = track.times[stretch], [place[:, stretch] for place in places]
        for begin, end, longer in pacing.in_turn(times, moved, other[stretch]):
            yield begin, end, longer > limit


# coarse encoding


def coarseness(track: Track) -> Statistic | NotMeasured:
    values = track.signals["quantiser"].astype(np.float64)
    known = np.isfinite(values)
    if not known.any():
        return NotMeasured("The file does not tell how coarsely it was encoded; H.264 does.")
    return Mean(values[known], np.ones(int(known.sum())), track.times[known])


def coarse(track: Track) -> Iterator[Span]:
    """Seconds that were encoded too coarsely, neighbours joined."""
    values = track.signals["quantiser"].astype(np.float64)
    known = np.isfinite(values)
    seconds = np.floor(track.times[known]).astype(np.int64)
    counts = np.bincount(seconds)
    yield from _seconds(np.bincount(seconds, values[known]) > MAX_QUANTISER * counts)
