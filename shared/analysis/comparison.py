"""Two builds of an avatar side by side.

Per measure: both values, their difference, and the interval in which the difference lies with 95 %
confidence (block bootstrap; `bootstrap` says how). Whether the change is for the better is a
question to the set's band: what counts is how far the value is outside of it and, for levels in
videos, how much the share of time within falls short of the required one. A change is clear where
the interval of that does not include 0. Two values within are no clear change, whatever their
difference. Without a band a clear difference is just higher or lower.

A natural measure is compared on its own scale (`population`): its difference is besides given in
standard deviations of what one person does within a recording, and with a natural set, better is
closer to what the set expects. Its faults have the bands of their limits.

Where there is no interval (an image, a clip below 8 s, the one most extreme moment of a clip) only
a value that crosses a bound is a clear change.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import zip_longest
from typing import Final

import numpy as np
from pydantic import Field

from shared.analysis.bootstrap import (
    BLOCK_SECONDS,
    CONFIDENCE,
    DRAWS,
    MIN_BLOCKS,
    Resampling,
    interval,
    resampling,
)
from shared.analysis.catalogue import CATALOGUE, Measure
from shared.analysis.gates import GATES
from shared.analysis.judging import engine_notice, judged_faces, not_judged
from shared.analysis.lip_sync_comparison import LipSync, lip_sync
from shared.analysis.measuring import MeasuredFace, MeasuredRecording
from shared.analysis.natural_sets import Natural
from shared.analysis.parameter_sets import Bounds, Parameter, ParameterSet
from shared.analysis.population import Population, population
from shared.analysis.report import Model, Subject
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
from shared.measurements.versions import Origin
from shared.platform.errors import Code, Problem


class Change(StrEnum):
    BETTER = "better"
    WORSE = "worse"
    HIGHER = "higher"
    LOWER = "lower"
    NO_CLEAR_CHANGE = "no_clear_change"
    NOT_COMPARED = "not_compared"


class Difference(Model):
    """One measure of one face in both builds."""

    measure: str
    words: str
    unit: str
    before: float | None
    after: float | None
    difference: float | None = Field(description="after - before")
    difference_low: float | None = Field(description="Lower end of its interval.")
    difference_high: float | None = Field(description="Upper end of its interval.")
    lower: float | None = Field(description="The set's band; null is open, or there is no band.")
    upper: float | None
    share_before: float | None = Field(
        default=None, description="Levels in videos: share of the time within the band."
    )
    share_after: float | None = None
    expected: float | None = Field(
        default=None, description="Natural measures, with a natural set: what better is closer to."
    )
    difference_sd: float | None = Field(
        default=None,
        description="Natural measures: the difference in standard deviations of a window of 3 s "
        "around what the same person does.",
    )
    difference_sd_low: float | None = Field(default=None, description="Lower end of its interval.")
    difference_sd_high: float | None = Field(default=None, description="Upper end.")
    change: Change
    reason: str | None = Field(
        default=None, description="Why it was not compared, or why it has no interval."
    )


class FaceComparison(Model):
    before: int = Field(description="Id of the face in the earlier build.")
    after: int
    differences: tuple[Difference, ...]


class Comparison(Model):
    notices: tuple[str, ...]
    before: Subject
    after: Subject
    parameter_set: str | None
    confidence: float = CONFIDENCE
    draws: int = DRAWS
    block_seconds: float = Field(
        default=BLOCK_SECONDS, description="Longer in clips of more than ten minutes."
    )
    seed: int
    faces: tuple[FaceComparison, ...]
    lip_sync: LipSync | None = Field(
        default=None,
        description="How lips and sound have moved against each other; null for images.",
    )


def compare(
    before: tuple[Subject, MeasuredRecording],
    after: tuple[Subject, MeasuredRecording],
    parameter_set: ParameterSet | None = None,
    *,
    seed: int = 0,
    allow_engine_mismatch: bool = False,
) -> Comparison:
    """With a set: its measures. Without: every measure that both have.

    Faces are paired in the order of their ids. Raises Problem `engine_mismatch` where the builds
    were measured by different engines, or the set's numbers come from another one, unless allowed;
    `type_mismatch` where one is an image and the other a video.
    """
    if before[1].type.is_image != after[1].type.is_image:
        raise Problem(
            Code.TYPE_MISMATCH, "One build is an image, the other a video: compare like with like."
        )
    notices = list(_engine_notices(before[1], after[1], parameter_set, allow_engine_mismatch))
    faces = []
    pairs = (judged_faces(parameter_set, item[1]) for item in (before, after))
    for old, new in zip_longest(*pairs):
        if old is None or new is None:
            which, face = ("later", new) if old is None else ("earlier", old)
            notices.append(f"Face {face.face} of the {which} build has no counterpart.")
            continue
        differences = tuple(_differences(old, new, parameter_set, seed))
        faces.append(FaceComparison(before=old.face, after=new.face, differences=differences))
    return Comparison(
        notices=tuple(notices),
        before=before[0],
        after=after[0],
        parameter_set=parameter_set.name if parameter_set else None,
        seed=seed,
        faces=tuple(faces),
        lip_sync=lip_sync(before[1], after[1], seed=seed),
    )


def _engine_notices(
    before: MeasuredRecording,
    after: MeasuredRecording,
    parameter_set: ParameterSet | None,
    allow: bool,
) -> Iterator[str]:
    old, new = Origin.of(before.facts), Origin.of(after.facts)
    if not old.agrees_with(new):
        found = f"The earlier build was measured by {old}, the later one by {new}"
        if not allow:
            raise Problem(
                Code.ENGINE_MISMATCH,
                f"{found}. Measure both with one engine, or say allow_engine_mismatch.",
            )
        yield f"{found}: differences may be the engines'."
    if parameter_set:
        for recording in (before, after):
            if notice := engine_notice(parameter_set, recording.facts, allow=allow):
                yield notice
                break


_NO_INTERVAL: Final = (
    f"There is no interval for it: an image, less than {MIN_BLOCKS * BLOCK_SECONDS:g} s of video, "
    "or the one most extreme moment of a clip."
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


def _differences(
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
    change = {1: Change.HIGHER, 0: Change.NO_CLEAR_CHANGE, -1: Change.LOWER}[_sign(ends)]
    return _model(pair, entry, change, ends=ends, reason=None if ends else _NO_INTERVAL)


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
    signs = {_worse(before, after) for before, after in zip(*losses, strict=True)} - {0}
    change = Change.NO_CLEAR_CHANGE
    if len(signs) == 1:
        change = Change.WORSE if signs == {1} else Change.BETTER
    ends = pair.ends(entry.code)
    reason = None if ends else _NO_INTERVAL
    return _model(pair, entry, change, ends=ends, reason=reason, bounds=bounds)


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
    worse = _worse(*away) if ends else 0
    change = {1: Change.WORSE, 0: Change.NO_CLEAR_CHANGE, -1: Change.BETTER}[worse]
    found = _model(pair, entry, change, ends=ends, reason=None if ends else _NO_INTERVAL)
    return found.model_copy(update={"expected": rounded(unscaled(expected, scale))})


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
    shares: list[Mean | None] = [None, None]
    if before is None or after is None:
        difference, in_sd = None, {}
    else:
        difference, in_sd = rounded(after - before), _in_sd(pair, entry.code)
        shares = [_share_within(build.face, entry, bounds) for build in builds]
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
