"""The bands that `learning` makes with `coverage`, and what they are made from."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

import numpy as np

from shared.analysis.bootstrap import resampling
from shared.analysis.catalogue import Measure
from shared.analysis.measuring import MeasuredFace
from shared.analysis.parameter_sets import Bounds
from shared.analysis.series import Floats
from shared.analysis.statistics import FRAME_DECIMALS, rounded
from shared.analysis.student import two_sided
from shared.analysis.track import Track
from shared.measurements.action_units import INTENSITY_MAX

_STEPS: Final = 10**FRAME_DECIMALS  # of a histogram, per unit of intensity
_LEVELS: Final = np.arange(INTENSITY_MAX * _STEPS + 1) / _STEPS
_FUZZ: Final = 1e-3  # of a step: 0.3 in 4 bytes is a little more than 0.3


@dataclass(frozen=True, slots=True)
class Sample:
    """What is kept of one face: about 100 kB, however long the clip."""

    values: dict[str, float]
    reasons: dict[str, str]  # of measures that have no value
    low: frozenset[str]  # measures of low validity
    errors: dict[str, float]  # standard errors of values, where they can be told
    histograms: dict[str, tuple[Floats, Floats]]
    """Of levels in videos: the share of time at each level of intensity, rounded down, and up."""
    frames: int
    seconds: float


def sample(face: MeasuredFace, *, with_errors: bool) -> Sample:
    """`with_errors` draws the clip again a thousand times; only the first of samples needs it."""
    draws = resampling(face.track, 0) if with_errors else None
    values, reasons, errors = {}, {}, {}
    histograms = {}
    for code, found in face.values.items():
        if found.value is None:
            reasons[code] = found.reason or ""
            continue
        values[code] = found.value
        statistic = face.statistic(code) if draws else None
        drawn = draws.draws(statistic) if draws and statistic else None
        if drawn is not None and np.isfinite(drawn).all():
            errors[code] = float(drawn.std())
        if found.measure.by_frame and not face.track.image:
            histograms[code] = _histograms(face.track, found.measure.aus[0])
    low = frozenset(code for code, found in face.values.items() if found.validity == "low")
    return Sample(values, reasons, low, errors, histograms, len(face.track), face.track.seconds)


def _histograms(track: Track, au: str) -> tuple[Floats, Floats]:
    steps = track.intensity(au) * _STEPS
    weights = track.covers / track.covers.sum()
    down, up = np.floor(steps + _FUZZ), np.ceil(steps - _FUZZ)
    last = len(_LEVELS) - 1
    bins = (np.clip(edge, 0, last).astype(np.int64) for edge in (down, up))
    lower, upper = (
        np.bincount(places, weights, len(_LEVELS)).astype(np.float64) for places in bins
    )
    return lower, upper


def covering(entry: Measure, samples: Sequence[Sample], coverage: float) -> Bounds | None:
    """The band of a measure; None where one value is all that is known of it."""
    known = [item for item in samples if entry.code in item.values]
    if all(entry.code in item.histograms for item in known):
        band = _of_frames(entry.code, known, coverage)
    else:
        found = _of_values(entry.code, known, coverage)
        if found is None:
            return None
        band = found
    mean = float(np.mean([item.values[entry.code] for item in known]))
    lower = min(band[0], mean - entry.tolerance)
    upper = max(band[1], mean + entry.tolerance)
    if entry.lower is not None:
        lower = max(lower, entry.lower)
    if entry.upper is not None:
        upper = min(upper, entry.upper)
    return Bounds(rounded(lower), rounded(upper))


def _of_frames(code: str, samples: Sequence[Sample], coverage: float) -> tuple[float, float]:
    """From the frames of all recordings, each recording weighing the same."""
    tail = (1 - coverage) / 2
    floors, ceilings = (
        np.array([item.histograms[code][side] for item in samples]) / len(samples)
        for side in (0, 1)
    )
    pooled = _outward(_LEVELS, floors.sum(axis=0), ceilings.sum(axis=0), tail)
    if len(samples) == 1:
        return pooled
    means = np.array([item.values[code] for item in samples])
    away = (_LEVELS[None, :] - means[:, None]).ravel()
    order = np.argsort(away, kind="stable")
    below, above = _outward(away[order], floors.ravel()[order], ceilings.ravel()[order], tail)
    between = _prediction(means, coverage)
    middle = float(means.mean())
    return (
        min(pooled[0], middle - math.hypot(below, between)),
        max(pooled[1], middle + math.hypot(above, between)),
    )


def _outward(levels: Floats, floors: Floats, ceilings: Floats, tail: float) -> tuple[float, float]:
    """The narrowest band of levels with at most `tail` of the time below it, and above it."""
    reached = tail + 1e-12
    lower = levels[np.flatnonzero(np.cumsum(floors) > reached)[0]]
    upper = levels[np.flatnonzero(np.cumsum(ceilings[::-1])[::-1] > reached)[-1]]
    return float(lower), float(upper)


def _prediction(values: Floats, coverage: float) -> float:
    """Half the interval around the mean of several values in which the next one is expected."""
    count = len(values)
    spread = float(values.std(ddof=1)) * math.sqrt(1 + 1 / count)
    return two_sided(coverage, count - 1) * spread


def _of_values(code: str, samples: Sequence[Sample], coverage: float) -> tuple[float, float] | None:
    """From one value a recording."""
    values = np.array([item.values[code] for item in samples])
    middle = float(values.mean())
    if len(values) > 1:
        half = _prediction(values, coverage)
        apart = int((1 - coverage) / 2 * len(values))  # may lie outside, at either end
        ordered = np.sort(values)
        return min(middle - half, ordered[apart]), max(middle + half, ordered[-1 - apart])
    if code not in samples[0].errors:
        return None
    half = NormalDist().inv_cdf((1 + coverage) / 2) * math.sqrt(2) * samples[0].errors[code]
    return middle - half, middle + half
