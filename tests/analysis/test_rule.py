"""The rule, worked out by hand."""

import numpy as np
import pytest

from shared.analysis import rule
from shared.analysis.population import Case, Habit, Population, population
from shared.analysis.rule import Part, Seen, Settings
from shared.analysis.statistics import Windows

CODES = (
    *("head_turning", "head_shift", "brow_movement", "mouth_opening"),
    *("facial_movement", "sharpness_face", "flicker"),
)
HABIT = Habit(people=30, recordings=56, freedom=29, mean=-4.0, between=0.5, within=0.4, session=0.3)
REAL = tuple(np.linspace(1.0, 2.1, 41).tolist())
PEOPLE = Population(
    "drawn", dict.fromkeys(CODES, HABIT), dict.fromkeys((Case.OWN, Case.PEOPLE), REAL)
)


def windows(*scaled: float) -> Windows:
    return Windows(np.exp(np.array(scaled)), 1.5 * np.arange(1.0, len(scaled) + 1), "ln")


def observed(away: float = 0.0, **others: float) -> dict[str, Windows]:
    """Three windows a measure, `away` from the mean of people or as said."""
    return {code: windows(*[-4.0 + others.get(code, away)] * 3) for code in CODES}


def test_without_own_footage_the_band_is_peoples() -> None:
    """v = .25 (1 + 1/30), sigma^2/n = .16/2, so one more is 1 / sqrt(.3383)."""
    judgement = rule.judge(PEOPLE, [], observed(1.0), Settings())
    assert judgement.case is Case.PEOPLE
    assert judgement.findings[0].z == pytest.approx(1 / np.sqrt(0.25 * 31 / 30 + 0.08))
    assert judgement.deviation == pytest.approx(judgement.findings[0].z)


def test_own_footage_draws_the_expected_to_itself() -> None:
    """q = 2/.16 = 12.5 against 1/.25 = 4: m is .7576 of the way, v = 1/16.5."""
    own = rule.own(observed(-1.0))
    assert own["flicker"].mean == pytest.approx(-5.0)
    assert own["flicker"].windows == 3
    found = rule.expectation(HABIT, [own["flicker"]], same_setup=True)
    assert found.mean == pytest.approx((-4 * 4 - 5 * 12.5) / 16.5)
    assert found.variance == pytest.approx(1 / 16.5)
    other = rule.expectation(HABIT, [own["flicker"]], same_setup=False)
    q = 1 / (0.09 + 0.08)
    assert other.mean == pytest.approx((-4 * 4 - 5 * q) / (4 + q))
    assert other.variance == pytest.approx(1 / (4 + q) + 0.09)


def test_more_footage_narrows_the_band_up_to_a_point() -> None:
    def width(count: int) -> float:
        own = {"flicker": Seen(-4.0, count)}
        judgement = rule.judge(PEOPLE, [own], {"flicker": windows(-4, -4, -4)}, Settings())
        return judgement.findings[0].upper - judgement.findings[0].lower

    assert width(2) > width(4) > width(7) == width(100)


def test_limits_follow_from_the_stated_rate() -> None:
    """K of 19 measures, 29 degrees of freedom and 5 of 100 is 3.30."""
    assert rule.bound(0.05, 19, 29) == pytest.approx(3.30, abs=0.01)
    assert rule.bound(0.01, 19, 29) > rule.bound(0.05, 19, 29) > rule.bound(0.05, 10, 29)
    assert rule.highest(REAL, 0.05) < rule.highest(REAL, 0.01)


def test_the_limit_of_the_deviation_is_of_further_recordings() -> None:
    """Of 3: t of .95 with 2 degrees is 2.92; the fewer are known, the wider."""
    three = tuple(np.exp([0.4, 0.5, 0.6]))
    assert rule.highest(three, 0.05) == pytest.approx(
        np.exp(0.5 + 2.92 * 0.1 * (4 / 3) ** 0.5), rel=1e-3
    )
    assert rule.highest(three * 10, 0.05) < rule.highest(three, 0.05)
    assert rule.highest(three, 0.5) == pytest.approx(np.exp(0.5))
    assert rule.highest((1.7,), 0.05) == 1.7


def test_one_measure_beyond_its_limit_fails_its_part() -> None:
    movement = rule.judge(PEOPLE, [], observed(brow_movement=-3.0), Settings())
    assert movement.deviating == {Part.MOVEMENT}
    worst = movement.findings[0]
    assert (worst.measure, worst.beyond) == ("brow_movement", True)
    assert worst.value < worst.lower < worst.expected < worst.upper
    picture = rule.judge(PEOPLE, [], observed(flicker=3.0), Settings())
    assert picture.deviating == {Part.PICTURE}


def test_many_measures_a_little_away_fail_together() -> None:
    judgement = rule.judge(PEOPLE, [], observed(1.5), Settings())
    assert not any(found.beyond for found in judgement.findings)
    assert judgement.deviation == pytest.approx(2.58, abs=0.01)
    assert judgement.deviating == {Part.MOVEMENT}


def test_the_score_falls_with_the_deviation() -> None:
    scores = [rule.judge(PEOPLE, [], observed(a), Settings()).score or 0.0 for a in (0, 1, 2, 9)]
    assert scores[0] == 1
    assert scores == sorted(scores, reverse=True)
    limit = rule.highest(REAL, 0.05)
    at_limit = rule.judge(PEOPLE, [], observed(limit * np.sqrt(0.25 * 31 / 30 + 0.08)), Settings())
    assert at_limit.score == pytest.approx(0.5)


def test_its_percentile_is_among_real_recordings() -> None:
    judgement = rule.judge(PEOPLE, [], observed(0.9), Settings())
    assert judgement.deviation == pytest.approx(1.547, abs=0.001)
    assert judgement.percentile == pytest.approx(20.5 / 42)


def test_too_few_measures_have_no_deviation() -> None:
    few = {code: windows(-4.0, -4.0) for code in CODES[:4]}
    judgement = rule.judge(PEOPLE, [], few, Settings())
    assert (judgement.deviation, judgement.score, judgement.percentile) == (None, None, None)
    assert rule.judge(PEOPLE, [], {}, Settings()).findings == ()


def test_moments_are_windows_beyond_the_limit_by_themselves() -> None:
    clip = observed() | {"flicker": windows(-4, -4, -9, -8, -4, -4, -4, 0)}
    judgement = rule.judge(PEOPLE, [], clip, Settings())
    (found,) = [each for each in judgement.findings if each.measure == "flicker"]
    first, second = found.moments
    assert (first.start, first.end, first.at) == (3.0, 7.5, 4.5)
    assert first.worst == pytest.approx(np.exp(-9))
    assert (second.start, second.end) == (10.5, 13.5)


def test_the_table_of_the_package() -> None:
    table = population()
    assert len(table.habits) == 19
    assert all(
        min(habit.between, habit.within, habit.session) > 0 for habit in table.habits.values()
    )
    for case in Case:
        assert 1.5 < rule.highest(table.real(case), 0.05) < 3.5
