"""A population table from recordings of real people.

    mean      of the people's means
    between   variance of these, less what windows and sessions add to it
    within    from how two parts of one recording differ, for what is asked of it is how far the
              rest of a recording is from its beginning: neighbouring windows resemble each other
    session   from people with several recordings; as between people where nobody has, and no
              earlier table tells

Spreads of a few people are known badly. With the table of an earlier study, variances are pooled
with its own, weighted by the number of people; of its means nothing is taken, for they depend on
the engine, and nothing of a spread that is NaN there: it was of something else.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import numpy as np

from shared.analysis import rule, windows
from shared.analysis.population import Case, Habit, Population
from shared.analysis.rule import Observed, Settings
from shared.analysis.statistics import Windows

OWN_SECONDS: Final = (5.0, 10.0)
"""[s] at either end of a recording that stand for the person's own footage; the rest is judged."""

LEAST_SHARE: Final = 0.1  # of the people's spread, which is not noise however little is left

LEAST_WITHIN: Final = {"sharpness_face": 0.09, "sharpness_mouth": 0.09}
"""Sharpness hardly varies within one file, and encoding it again at CRF 28 or another size takes 3
to 15 % of it, which is no fault; CRF 38 takes 20 to 30 %."""

MIN_PEOPLE: Final = 5
"""With deviations of a case; fewer people's habits would pass for everybody's."""

People = Mapping[str, Sequence[Observed]]
"""Recordings by person, each of a clip in a set-up of its own."""


def estimate(
    version: str, people: People, earlier: Mapping[str, Habit] | None = None
) -> Population:
    """The table, of at least three people. Raises ValueError where no recording is long enough."""
    habits = habits_of(people, earlier)
    deviations: dict[Case, dict[str, list[float]]] = {case: {} for case in Case}
    for person, recordings in people.items():
        others = {name: found for name, found in people.items() if name != person}
        table = Population(version, habits_of(others, earlier), {Case.PEOPLE: (1.0,)})
        for case, found in _deviations(table, recordings):
            deviations[case].setdefault(person, []).append(found)
    return Population(
        version,
        habits,
        {
            case: tuple(sorted(deviation for each in found.values() for deviation in each))
            for case, found in deviations.items()
            if len(found) >= MIN_PEOPLE
        },
    )


def _deviations(table: Population, recordings: Sequence[Observed]) -> Iterator[tuple[Case, float]]:
    """What each recording of one person comes to, whom the table does not know."""
    trials: list[tuple[Case, list[Observed], Observed]] = []
    for recording in recordings:
        trials.append((Case.PEOPLE, [], recording))
        trials += [(Case.OWN, [own], rest) for own, rest in parts(recording)]
        trials += [(Case.SESSION, [r], recording) for r in recordings if r is not recording]
    for case, own, clip in trials:
        settings = Settings(same_setup=case is Case.OWN)
        deviation = rule.judge(table, list(map(rule.own, own)), clip, settings).deviation
        if deviation is not None:
            yield case, deviation


def parts(
    recording: Observed, lengths: Sequence[float] = OWN_SECONDS
) -> Iterator[tuple[Observed, Observed]]:
    """Own footage and the rest, for each of `lengths` [s] at either end that leaves enough."""
    start = min(float(found.times[0]) for found in recording.values()) - windows.SECONDS / 2
    stop = max(float(found.times[-1]) for found in recording.values()) + windows.SECONDS / 2
    for seconds in lengths:
        for cut, first in ((start + seconds, True), (stop - seconds, False)):
            pair = within(recording, -math.inf, cut), within(recording, cut, math.inf)
            if all(pair):
                yield pair if first else (pair[1], pair[0])


def within(recording: Observed, start: float, stop: float) -> Observed:
    """Its windows within start..stop [s]; measures with fewer than two are not there."""
    half = windows.SECONDS / 2 - 1e-6
    result: dict[str, Windows] = {}
    for code, found in recording.items():
        chosen = (found.times - half >= start) & (found.times + half <= stop)
        if chosen.sum() >= windows.MIN_WINDOWS:
            result[code] = Windows(found.values[chosen], found.times[chosen], found.scale)
    return result


def habits_of(people: People, earlier: Mapping[str, Habit] | None) -> dict[str, Habit]:
    """One row for every measure that any recording tells of."""
    codes = dict.fromkeys(code for found in people.values() for each in found for code in each)
    return {
        code: _habit(
            code,
            [
                [each[code] for each in found if code in each]
                for found in people.values()
                if any(code in each for each in found)
            ],
            [
                (own[code], rest[code])
                for found in people.values()
                for each in found
                for own, rest in parts(each)
                if code in own and code in rest
            ],
            earlier.get(code) if earlier else None,
        )
        for code in codes
    }


def _habit(
    code: str,
    people: Sequence[Sequence[Windows]],
    halves: Sequence[tuple[Windows, Windows]],
    earlier: Habit | None,
) -> Habit:
    count, before = len(people), earlier.freedom + 1 if earlier else 0

    def pooled(variance: float, sd: float, weight: float) -> float:
        if math.isnan(sd):
            return math.sqrt(variance)
        return math.sqrt((weight * variance + before * sd**2) / max(1, weight + before))

    if not halves:
        raise ValueError(f"{code}: no recording is long enough to tell how it varies in itself")
    means = np.array([np.mean([each.scaled.mean() for each in found]) for found in people])
    apart = [
        (own.scaled.mean() - rest.scaled.mean()) ** 2 / (1 / _worth(own) + 1 / _worth(rest))
        for own, rest in halves
    ]
    inside = max(float(np.mean(apart)), LEAST_WITHIN.get(code, 0.0) ** 2)
    noise = np.mean([inside / sum(map(_worth, found)) for found in people])
    spread = float(means.var(ddof=1))
    session, freedom = _session(people, inside)
    between = max(spread - float(noise), LEAST_SHARE * spread)
    if not freedom and earlier is None:
        session = between
    return Habit(
        people=count,
        recordings=sum(map(len, people)),
        freedom=max(count, before) - 1,
        mean=float(means.mean()),
        between=pooled(between, earlier.between if earlier else 0.0, count),
        within=pooled(inside, earlier.within if earlier else 0.0, count),
        session=pooled(session, earlier.session if earlier else 0.0, max(freedom, not earlier)),
    )


def _worth(found: Windows) -> float:
    return windows.independent(len(found.values))


def _session(people: Sequence[Sequence[Windows]], within: float) -> tuple[float, int]:
    """Variance between a person's recordings, and its degrees of freedom."""
    total, freedom = 0.0, 0
    for found in people:
        means = np.array([each.scaled.mean() for each in found])
        noise = np.mean([within / _worth(each) for each in found])
        total += float(((means - means.mean()) ** 2).sum() - (len(found) - 1) * noise)
        freedom += len(found) - 1
    return max(0.0, total / freedom) if freedom else 0.0, freedom
