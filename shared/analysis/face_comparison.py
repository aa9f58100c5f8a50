"""One face in two measurements, measure by measure (`comparison` says how)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from shared.analysis.bootstrap import (
    MIN_SECONDS,
    Resampling,
    interval,
    resampling,
)
from shared.analysis.catalogue import CATALOGUE, Measure
from shared.analysis.changes import Change, Difference
from shared.analysis.gates import GATES
from shared.analysis.judging import not_judged
from shared.analysis.measuring import MeasuredFace
from shared.analysis.natural_sets import Natural
from shared.analysis.parameter_sets import Bounds, Parameter, ParameterSet
from shared.analysis.population import Population, population
from shared.analysis.rule import expectation
from shared.analysis.series import Floats
from shared.analysis.statistics import (
    DECIMALS,
    Mean,
    Scale,
    Statistic,
    Windows,
    rounded,
    scaled,
    unscaled,
)

_NO_INTERVAL: Final = (
    "There is no interval for it, so how sure it is cannot be told: an image, less than "
    f"{MIN_SECONDS:g} s of video, or the one most extreme moment of a clip."
)


@dataclass(frozen=True, slots=True)
class _Build:
    """One face of one build, and its draws."""

    which: str
    face: MeasuredFace
    sample: Resampling | None

    def draws(self, statistic: Statistic) -> Floats | None:
        return None if self.sample is None else self.sample.draws(statistic)


@dataclass(frozen=True, slots=True)
class _Loss:
    """How far a build falls short of one thing that a parameter asks; 0 is met."""

    value: float
    draws: Floats | None


@dataclass(frozen=True, slots=True)
class _Pair:
    """Both builds of a face, and what is known of people."""

    builds: tuple[_Build, _Build]
    table: Population

    def missing(self, code: str) -> str | None:
        """Why a measure cannot be compared."""
        for build in self.builds:
            found = build.face.values[code]
            if found.value is None:
                return f"In the {build.which} build: {found.reason}"
        return None

    def ends(self, code: str) -> tuple[float, float] | None:
        """The interval of the difference."""
        return _ends(*(build.draws(_statistic(build, code)) for build in self.builds))

    def difference(self, code: str) -> float | None:
        before, after = (build.face.values[code].value for build in self.builds)
        return None if before is None or after is None else rounded(after - before)

    def below_noise(self, entry: Measure) -> bool:
        """Whether the difference is one that means nothing."""
        return abs(self.difference(entry.code) or 0.0) < max(entry.tolerance, 10.0**-DECIMALS)


def differences(
    old: MeasuredFace, new: MeasuredFace, parameter_set: ParameterSet | None, seed: int
) -> Iterator[Difference]:
    builds = (
        _Build("earlier", old, resampling(old.track, seed, 0)),
        _Build("later", new, resampling(new.track, seed, 1)),
    )
    nature = parameter_set.natural if parameter_set else None
    pair = _Pair(builds, population(nature.population) if nature else population())
    if parameter_set:
        if nature and not old.track.image:
            yield from _of_nature(pair, nature)
        for parameter in parameter_set.parameters:
            yield _of_parameter(pair, parameter, parameter_set.required_share)
        return
    for code, entry in CATALOGUE.items():
        if old.values[code].value is not None and new.values[code].value is not None:
            yield _unjudged(pair, entry)


def _of_nature(pair: _Pair, nature: Natural) -> Iterator[Difference]:
    """Faults, then how the face moves and looks."""
    for gate in GATES:
        yield _judged(pair, gate.measure, Bounds(gate.lower, gate.upper), 0.0)
    own = nature.own
    for code, habit in pair.table.habits.items():
        if code not in nature.left_out:
            seen = [each[code] for each in own if code in each]
            expected = expectation(habit, seen, same_setup=nature.same_setup).mean
            yield _closer(pair, CATALOGUE[code], expected)


def _unjudged(pair: _Pair, entry: Measure) -> Difference:
    ends = pair.ends(entry.code)
    return _model(pair, entry, _change(0, pair, entry, ends), ends=ends)


def _of_parameter(pair: _Pair, parameter: Parameter, required_share: float) -> Difference:
    entry, bounds = CATALOGUE[parameter.measure], parameter.bounds
    for build in pair.builds:
        if reason := not_judged(parameter, build.face.values[entry.code]):
            reason = f"In the {build.which} build: {reason}"
            return _model(pair, entry, Change.NOT_COMPARED, reason=reason, bounds=bounds)
    return _judged(pair, entry, bounds, required_share)


def _judged(pair: _Pair, entry: Measure, bounds: Bounds, required_share: float) -> Difference:
    if reason := pair.missing(entry.code):
        return _model(pair, entry, Change.NOT_COMPARED, reason=reason, bounds=bounds)
    losses = [_losses(build, entry, bounds, required_share) for build in pair.builds]
    each = list(zip(*losses, strict=True))  # of the value; of levels in videos, of the time, too
    counted = each[1:] if pair.below_noise(entry) else each
    signs = {_worse(before, after) for before, after in counted} - {0}
    ends = pair.ends(entry.code)
    change = _change(signs.pop() if len(signs) == 1 else 0, pair, entry, ends)
    before, after = each[-1]
    found = _model(pair, entry, change, ends=ends, bounds=bounds)
    return found.model_copy(update={"worsening": rounded(after.value - before.value)})


def _closer(pair: _Pair, entry: Measure, expected: float) -> Difference:
    """Better is closer to `expected`, which is on the measure's own scale."""
    if reason := pair.missing(entry.code):
        return _model(pair, entry, Change.NOT_COMPARED, reason=reason)
    (before, scale), (after, _) = (_on_scale(build, entry.code) for build in pair.builds)
    away = [
        _Loss(abs(it.value - expected), None if it.draws is None else np.abs(it.draws - expected))
        for it in (before, after)
    ]
    ends = pair.ends(entry.code)
    worse = _worse(*away) if ends and not pair.below_noise(entry) else 0
    found = _model(pair, entry, _change(worse, pair, entry, ends), ends=ends)
    within = pair.table.habits[entry.code].within
    return found.model_copy(
        update={
            "expected": rounded(unscaled(expected, scale)),
            "worsening": rounded((away[1].value - away[0].value) / within),
        }
    )


def _on_scale(build: _Build, code: str) -> tuple[_Loss, Scale]:
    """A natural measure's value and its draws on the scale that it is averaged on."""
    statistic = _statistic(build, code)
    if not isinstance(statistic, Windows):
        raise TypeError(f"{code} is no natural measure")
    draws = build.draws(statistic)
    return (
        _Loss(
            float(statistic.scaled.mean()),
            None if draws is None else scaled(draws, statistic.scale),
        ),
        statistic.scale,
    )


def _in_sd(pair: _Pair, code: str) -> dict[str, float]:
    """The difference of a natural measure, in what one person varies by."""
    habit = pair.table.habits.get(code)
    if habit is None:
        return {}
    (before, _), (after, _) = (_on_scale(build, code) for build in pair.builds)
    found = {"difference_sd": rounded((after.value - before.value) / habit.within)}
    if ends := _ends(before.draws, after.draws):
        found["difference_sd_low"] = rounded(ends[0] / habit.within)
        found["difference_sd_high"] = rounded(ends[1] / habit.within)
    return found


def _statistic(build: _Build, code: str) -> Statistic:
    statistic = build.face.statistic(code)
    if statistic is None:
        raise ValueError(f"{code} was not measured")
    return statistic


def _losses(
    build: _Build, entry: Measure, bounds: Bounds, required_share: float
) -> Iterator[_Loss]:
    """Distance from the band; of a level in a video, what the share of time within lacks, too."""
    statistic = _statistic(build, entry.code)
    draws = build.draws(statistic)
    value = float(_outside(np.array([rounded(statistic.value)]), bounds)[0])
    yield _Loss(value, None if draws is None else _outside(draws, bounds))
    share = _share_within(build.face, entry, bounds)
    if share is not None:
        drawn = build.draws(share)
        lacking = None if drawn is None else np.maximum(required_share - drawn, 0.0)
        yield _Loss(max(required_share - rounded(share.value), 0.0), lacking)


def _outside(values: Floats, bounds: Bounds) -> Floats:
    return np.maximum(bounds.excess(values), 0.0)


def _share_within(face: MeasuredFace, entry: Measure, bounds: Bounds | None) -> Mean | None:
    track = face.track
    if not entry.by_frame or track.image or bounds is None:
        return None
    within = _outside(np.round(track.intensity(entry.aus[0]), DECIMALS), bounds) == 0
    return Mean(track.covers * within, track.covers, track.times)


def _ends(before: Floats | None, after: Floats | None) -> tuple[float, float] | None:
    """The interval of the difference, where both builds have draws."""
    if before is None or after is None:
        return None
    return interval(after - before)


def _sign(ends: tuple[float, float] | None) -> int:
    """1 where the whole interval is above 0, -1 where it is below, else 0."""
    if ends is None:
        return 0
    return int(ends[0] > 0) - int(ends[1] < 0)


def _change(worse: int, pair: _Pair, entry: Measure, ends: tuple[float, float] | None) -> Change:
    """Worse (1), better (-1), or neither: then what the difference is by itself."""
    if worse:
        return Change.WORSE if worse > 0 else Change.BETTER
    difference = pair.difference(entry.code)
    if difference is None or pair.below_noise(entry):
        return Change.NO_CLEAR_CHANGE
    sign = _sign(ends or (difference, difference))
    return {1: Change.HIGHER, 0: Change.NO_CLEAR_CHANGE, -1: Change.LOWER}[sign]


def _worse(before: _Loss, after: _Loss) -> int:
    """1 where the later build is clearly worse, -1 where it is clearly better, else 0."""
    if before.draws is None or after.draws is None:
        return int(after.value > 0) - int(before.value > 0)
    return _sign(_ends(before.draws, after.draws))


def _model(
    pair: _Pair,
    entry: Measure,
    change: Change,
    *,
    ends: tuple[float, float] | None = None,
    reason: str | None = None,
    bounds: Bounds | None = None,
) -> Difference:
    builds = pair.builds
    before, after = (build.face.values[entry.code].value for build in builds)
    difference = pair.difference(entry.code)
    shares: list[Mean | None] = [None, None]
    in_sd = {}
    if difference is not None:
        in_sd = _in_sd(pair, entry.code)
        shares = [_share_within(build.face, entry, bounds) for build in builds]
    if reason is None and ends is None:
        reason = _NO_INTERVAL
    elif reason is None and _sign(ends) and change is Change.NO_CLEAR_CHANGE:
        reason = f"Below the noise of measuring ({entry.tolerance:g})."
    return Difference(
        measure=entry.code,
        words=entry.words,
        unit=entry.unit,
        before=before,
        after=after,
        difference=difference,
        difference_low=rounded(ends[0]) if ends else None,
        difference_high=rounded(ends[1]) if ends else None,
        lower=bounds.lower if bounds else None,
        upper=bounds.upper if bounds else None,
        share_before=rounded(shares[0].value) if shares[0] else None,
        share_after=rounded(shares[1].value) if shares[1] else None,
        change=change,
        reason=reason,
        **in_sd,
    )
