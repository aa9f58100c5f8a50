"""Does this clip move and look as its person does: numbers in, judgement out, nothing else.

For each measure j, on its own scale, people have a mean mu, a variance between them tau^2, one of
a window of 3 s sigma^2 and one between a person's sessions s^2 (`population`). A recording of w
windows is worth n = min((w + 1) / 2, 4) of them.

    own recordings r   q_r = 1 / (s^2 + sigma^2 / n_r)
                       m = (mu / tau^2 + sum q_r x_r) / (1 / tau^2 + sum q_r)
                       v = 1 / (1 / tau^2 + sum q_r) + s^2
                       where they are of the clip's own set-up, s = 0
    none               m = mu, v = tau^2 (1 + 1 / N), N people
    the clip           z = (x - m) / sqrt(v + sigma^2 / n)

so that with little of the person's own the band is that of people by itself. A clip deviates where
one |z| is beyond K, or D, the mean of its five largest |z|, beyond T. Both follow from one stated
rate of false alarms among real recordings: K is Student's t for that rate shared by all measures
(Bonferroni), with the spreads' degrees of freedom; T is what that share of
real recordings are predicted to exceed, from the population's own, each judged without its person
in the table.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np

from shared.analysis import windows
from shared.analysis.population import Case, Habit, Population
from shared.analysis.statistics import Windows, unscaled
from shared.analysis.student import two_sided

FALSE_ALARMS: Final = 0.05
LARGEST: Final = 5  # of |z| that D is the mean of

Observed = Mapping[str, Windows]
"""What was measured of one recording: its windows, by measure. One that cannot be had is absent."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What is kept of one measure of the person's own footage."""

    mean: float  # of its windows, on the measure's scale
    windows: int

    @property
    def worth(self) -> float:
        return windows.independent(self.windows)


Own = Mapping[str, Seen]
"""One own recording, by measure."""


def own(observed: Observed) -> dict[str, Seen]:
    """An observed recording as one of the person's own."""
    return {
        code: Seen(float(found.scaled.mean()), len(found.values))
        for code, found in observed.items()
    }


@dataclass(frozen=True, slots=True)
class Settings:
    false_alarms: float = FALSE_ALARMS  # share of real recordings that may fail by chance, 0..1
    same_setup: bool = True  # the own recordings are of the clip's camera, light and place


class Part(StrEnum):
    """What a measure speaks of; each has a verdict of its own. Encoding changes the picture's."""

    MOVEMENT = "movement"
    PICTURE = "picture"


PICTURE: Final = frozenset({"sharpness_face", "sharpness_mouth", "flicker"})


@dataclass(frozen=True, slots=True)
class Moment:
    """A time in which every window is beyond K by itself."""

    start: float  # [s]
    end: float
    worst: float  # value of the window furthest away, in the measure's unit
    at: float  # [s] its middle


@dataclass(frozen=True, slots=True)
class Finding:
    """One measure of the clip against what is expected of it."""

    measure: str
    value: float  # in the measure's unit, as the next three
    expected: float
    lower: float
    upper: float
    z: float
    beyond: bool  # |z| > K
    moments: tuple[Moment, ...]

    @property
    def part(self) -> Part:
        return Part.PICTURE if self.measure in PICTURE else Part.MOVEMENT


@dataclass(frozen=True, slots=True)
class Judgement:
    case: Case
    findings: tuple[Finding, ...]  # the furthest away first
    limit: float  # K
    deviation: float | None  # D; None where fewer than five measures are known
    deviation_limit: float  # T
    percentile: float | None  # share of real recordings that deviate less, 0..1
    deviating: frozenset[Part]  # whose verdict is a fail

    @property
    def score(self) -> float | None:
        """1 for what is expected exactly, 1/2 at the limit, towards 0 beyond it."""
        if self.deviation is None:
            return None
        return float(0.5 ** ((self.deviation / self.deviation_limit) ** 2))


def judge(
    population: Population, recordings: Sequence[Own], clip: Observed, settings: Settings
) -> Judgement:
    """The judgement over those measures of the clip that the population knows.

    `recordings` are the person's own; none: the clip is held to people.
    """
    codes = [code for code in population.habits if code in clip]
    limit = bound(settings.false_alarms, len(codes), population.freedom) if codes else math.inf
    findings = sorted(
        (
            _finding(
                code,
                clip[code],
                expectation(
                    population.habits[code],
                    [each[code] for each in recordings if code in each],
                    same_setup=settings.same_setup,
                ),
                limit,
            )
            for code in codes
        ),
        key=lambda found: -abs(found.z),
    )
    case = _case(recordings, same_setup=settings.same_setup)
    deviation = _deviation(findings)
    deviation_limit = highest(population.real(case), settings.false_alarms)
    return Judgement(
        case=case,
        findings=tuple(findings),
        limit=limit,
        deviation=deviation,
        deviation_limit=deviation_limit,
        percentile=None if deviation is None else _percentile(population, case, deviation),
        deviating=_deviating(findings, deviation, deviation_limit),
    )


def _case(recordings: Sequence[Own], *, same_setup: bool) -> Case:
    if not any(recordings):
        return Case.PEOPLE
    return Case.OWN if same_setup else Case.SESSION


@dataclass(frozen=True, slots=True)
class Expectation:
    """Of one measure, on its own scale."""

    mean: float  # m
    variance: float  # v, of the clip's true value around it
    within: float  # sigma^2, of a window


def expectation(habit: Habit, seen: Sequence[Seen], *, same_setup: bool) -> Expectation:
    """From the person's own recordings, as far as there are any, and from people."""
    between, within = habit.between**2, habit.within**2
    if not seen:
        return Expectation(habit.mean, between * (1 + 1 / habit.people), within)
    session = 0.0 if same_setup else habit.session**2
    weights = [1 / (session + within / each.worth) for each in seen]
    total = sum(weight * each.mean for weight, each in zip(weights, seen, strict=True))
    known = 1 / between + sum(weights)
    return Expectation((habit.mean / between + total) / known, 1 / known + session, within)


def bound(false_alarms: float, measures: int, freedom: int) -> float:
    """K: no |z| of `measures` is beyond it in a share 1 - `false_alarms` of real recordings."""
    return two_sided(1 - false_alarms / measures, freedom)


def highest(deviations: Sequence[float], false_alarms: float) -> float:
    """T: what a share `false_alarms` of further real recordings exceed.

    An upper prediction limit of the logarithm, as of a normal sample: the tail of some twenty
    recordings is told by all of them, and by how few they are.
    """
    count, logarithms = len(deviations), np.log(deviations)
    if count == 1:
        return deviations[0]
    away = two_sided(1 - 2 * false_alarms, count - 1) * math.sqrt(1 + 1 / count)
    return float(np.exp(logarithms.mean() + away * logarithms.std(ddof=1)))


def _finding(code: str, seen: Windows, expected: Expectation, limit: float) -> Finding:
    """Bands are in the measure's unit, where they are not symmetric."""
    mean = float(seen.scaled.mean())
    sd = math.sqrt(expected.variance + expected.within / windows.independent(len(seen.values)))
    z = (mean - expected.mean) / sd
    lower = expected.mean - limit * sd
    return Finding(
        measure=code,
        value=seen.value,
        expected=unscaled(expected.mean, seen.scale),
        lower=unscaled(lower, seen.scale),
        upper=unscaled(expected.mean + limit * sd, seen.scale),
        z=z,
        beyond=abs(z) > limit,
        moments=tuple(_moments(seen, expected, limit)),
    )


def _moments(seen: Windows, expected: Expectation, limit: float) -> list[Moment]:
    """Windows that are beyond the limit by themselves; those that overlap are one moment."""
    away = (seen.scaled - expected.mean) / math.sqrt(expected.variance + expected.within)
    moments: list[Moment] = []
    worst = 0.0
    for index in np.flatnonzero(np.abs(away) > limit).tolist():
        middle, value = float(seen.times[index]), float(seen.values[index])
        found = Moment(middle - windows.SECONDS / 2, middle + windows.SECONDS / 2, value, middle)
        if moments and found.start <= moments[-1].end:
            last = moments.pop()
            if abs(away[index]) <= worst:
                found = Moment(last.start, found.end, last.worst, last.at)
            else:
                found = Moment(last.start, found.end, value, middle)
        else:
            worst = 0.0
        worst = max(worst, abs(float(away[index])))
        moments.append(found)
    return moments


def _deviation(findings: Sequence[Finding]) -> float | None:
    """D of findings in falling order of |z|."""
    if len(findings) < LARGEST:
        return None
    return float(np.mean([abs(found.z) for found in findings[:LARGEST]]))


def _percentile(population: Population, case: Case, deviation: float) -> float:
    """The share of real recordings below; never 0 or 1, for there are more recordings than ours."""
    known = population.real(case)
    below = sum(each < deviation for each in known)
    return (below + 0.5) / (len(known) + 1)


def _deviating(
    findings: Sequence[Finding], deviation: float | None, limit: float
) -> frozenset[Part]:
    """Parts with a measure beyond K; D counts for the part that most of its five are of."""
    parts = {found.part for found in findings if found.beyond}
    if deviation is not None and deviation > limit:
        pictures = sum(found.part is Part.PICTURE for found in findings[:LARGEST])
        parts.add(Part.PICTURE if pictures > LARGEST / 2 else Part.MOVEMENT)
    return frozenset(parts)
