"""Measures of blinks, smiles and raised brows: how often, how long, and with what.

Times between two frames are interpolated, so that a result does not depend on the frame rate.
"""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from shared.analysis.episodes import OFF, ON, Episode, crossing, episodes
from shared.analysis.series import Bools, Floats, Floats32
from shared.analysis.statistics import Mean, NotMeasured, Quantiles, Statistic
from shared.analysis.track import Track

MAX_BLINK: Final = 1.0
"""[s] at half height. Longer is a closed eye, not a blink: of healthy people's blinks 0.2 % keep
the lids closed for half a second (Ousler et al. 2014, Clinical Ophthalmology 8:869); the rest is
tolerance."""

MIN_EXPRESSION: Final = 0.2
"""[s] Shorter rises of AU12 or of the brows are twitches and speech, not smiles and brow raises
(ours)."""

MAX_TRANSITION: Final = 3.0
"""[s] How far back the beginning of a smile is looked for, and how far on its end (ours)."""

RISE: Final = (0.1, 0.9)
"""A transition is timed between these shares of its height, and extended to the whole height: the
10 % to 90 % rise time of IEEE 181, made to read 0.5 s for a straight ramp of 0.5 s."""

TOGETHER: Final = 0.5
"""The share of an expression's time in which its companion must be up (ours)."""


def _blinks(track: Track) -> Iterator[tuple[Episode, float | None]]:
    """Every blink whose beginning was seen, and its duration [s] where its end was, too.

    The lids' position at rest is the clip's median of AU45: an avatar with half-closed eyes blinks
    from there.
    """
    signal = track.intensity("AU45")
    signal -= np.median(signal)
    for episode in episodes(track, signal, ON[track.scale], OFF[track.scale]):
        duration = _half_height_width(signal, track.times, episode)
        lasted = _time_up(track, episode) if duration is None else duration
        if episode.begun and lasted <= MAX_BLINK:
            yield episode, duration


def _time_up(track: Track, episode: Episode) -> float:
    return float(track.covers[episode.start : episode.stop].sum())


def _half_height_width(signal: Floats, times: Floats, episode: Episode) -> float | None:
    peak = episode.start + int(np.argmax(signal[episode.start : episode.stop]))
    half = signal[peak] / 2
    begin = crossing(signal, times, range(peak, episode.first - 1, -1), half)
    end = crossing(signal, times, range(peak, episode.last), half)
    if begin is None or end is None:
        return None
    return end - begin


def blink_rate(track: Track) -> Statistic:
    """Blinks of which the beginning was seen, per minute in which the face was seen."""
    starts = np.array([track.times[episode.start] for episode, _ in _blinks(track)])
    return Mean(
        numerators=np.concatenate([np.zeros(len(track)), np.ones(len(starts))]),
        denominators=np.concatenate([track.covers, np.zeros(len(starts))]),
        times=np.concatenate([track.times, starts]),
        factor=60.0,
    )


def blink_duration(track: Track) -> Statistic | NotMeasured:
    blinks = list(_blinks(track))
    found, durations = [blink for blink, _ in blinks], [duration for _, duration in blinks]
    return _median(_timed(track, found, durations), "No blink was seen whole.")


def _median(timed: list[tuple[float, float]], otherwise: str) -> Statistic | NotMeasured:
    if not timed:
        return NotMeasured(otherwise)
    times, values = np.array(timed).T
    return Quantiles(values, times, {50.0: 1.0})


def _expressions(track: Track, signal: Floats) -> list[Episode]:
    """Episodes that last long enough to be meant."""
    return [
        episode
        for episode in episodes(track, signal, ON[track.scale], OFF[track.scale])
        if _time_up(track, episode) >= MIN_EXPRESSION - 1e-9
    ]


def smile_onset(track: Track) -> Statistic | NotMeasured:
    signal = track.intensity("AU12")
    smiles = [smile for smile in _expressions(track, signal) if smile.begun]
    durations = [_transition(track, signal, track.times, smile) for smile in smiles]
    return _median(_timed(track, smiles, durations), "No smile was seen to begin.")


def smile_offset(track: Track) -> Statistic | NotMeasured:
    """As the onset, of the signal read backwards."""
    signal = track.intensity("AU12")
    smiles = [smile for smile in _expressions(track, signal) if smile.ended]
    backwards, times = signal[::-1], -track.times[::-1]
    durations = [
        _transition(track, backwards, times, _mirrored(smile, len(signal))) for smile in smiles
    ]
    return _median(_timed(track, smiles, durations), "No smile was seen to end.")


def _timed(
    track: Track, found: Sequence[Episode], durations: Sequence[float | None]
) -> list[tuple[float, float]]:
    """When each began, and how long it took; those without a duration are left out."""
    return [
        (float(track.times[episode.start]), duration)
        for episode, duration in zip(found, durations, strict=True)
        if duration is not None
    ]


def _mirrored(episode: Episode, count: int) -> Episode:
    return Episode(
        count - episode.stop,
        count - episode.start,
        count - episode.last,
        count - episode.first,
        begun=episode.ended,
        ended=episode.begun,
    )


def _transition(track: Track, signal: Floats, times: Floats, smile: Episode) -> float | None:
    """How long the signal takes from rest to the height of the smile [s].

    Rest is the lowest value since the smile before, at most `MAX_TRANSITION` earlier. None where
    the signal was already on its way when the face came into view.
    """
    earliest = int(np.searchsorted(times, times[smile.start] - MAX_TRANSITION))
    earliest = max(smile.first, earliest)
    others = np.flatnonzero(signal[earliest : smile.start] >= ON[track.scale])
    if len(others):
        earliest += int(others[-1]) + 1
    rest = earliest + int(np.argmin(signal[earliest : smile.start + 1]))
    if signal[rest] >= OFF[track.scale]:
        return None
    height = float(signal[smile.start : smile.stop].max() - signal[rest])
    low, high = (float(signal[rest]) + share * height for share in RISE)
    top = smile.start + int(np.argmax(signal[smile.start : smile.stop] >= high))
    begin = crossing(signal, times, range(top, rest - 1, -1), low)
    end = crossing(signal, times, range(top, rest - 1, -1), high)
    if begin is None or end is None:
        return None
    return (end - begin) / (RISE[1] - RISE[0])


def _share_with(
    track: Track, expressions: list[Episode], companion: Floats, otherwise: str
) -> Statistic | NotMeasured:
    """The share of expressions during half of whose time the companion is up as well."""
    if not expressions:
        return NotMeasured(otherwise)
    up = companion >= ON[track.scale]
    shares = [
        np.average(up[item.start : item.stop], weights=track.covers[item.start : item.stop])
        for item in expressions
    ]
    return Mean(
        numerators=(np.array(shares) >= TOGETHER).astype(np.float64),
        denominators=np.ones(len(shares)),
        times=track.times[[item.start for item in expressions]],
    )


def duchenne_share(track: Track) -> Statistic | NotMeasured:
    smiles = _expressions(track, track.intensity("AU12"))
    return _share_with(track, smiles, track.intensity("AU06"), "No smile was seen.")


def brow_lid_share(track: Track) -> Statistic | NotMeasured:
    brows = np.maximum(track.intensity("AU01"), track.intensity("AU02"))
    raises = _expressions(track, brows)
    return _share_with(track, raises, track.intensity("AU05"), "No raised brow was seen.")


def smile_asymmetry(track: Track, signal: str) -> Statistic | NotMeasured:
    """Mean of |right - left| over the time of all smiles."""
    smiles = _expressions(track, track.intensity("AU12"))
    smiling = np.zeros(len(track), dtype=np.bool_)
    for smile in smiles:
        smiling[smile.start : smile.stop] = True
    return _mean_of(track, np.abs(track.signals[signal]), smiling, "No smile was seen.")


def eye_asymmetry(track: Track, right: str, left: str) -> Statistic | NotMeasured:
    """Mean of |right - left| over the mean opening of both, as one ratio."""
    a, b = (track.signals[name].astype(np.float64) for name in (right, left))
    weights = np.where(np.isfinite(a) & np.isfinite(b), track.covers, 0.0)
    openings = np.nan_to_num((a + b) / 2) * weights
    if not openings.sum() > 0:
        return NotMeasured("The eyes were never seen open.")
    return Mean(np.nan_to_num(np.abs(a - b)) * weights, openings, track.times)


def _mean_of(
    track: Track, values: Floats32, chosen: Bools, otherwise: str
) -> Statistic | NotMeasured:
    weights = np.where(np.isfinite(values) & chosen, track.covers, 0.0)
    if not weights.sum() > 0:
        return NotMeasured(otherwise)
    return Mean(weights * np.nan_to_num(values), weights, track.times)
