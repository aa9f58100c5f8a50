"""A population table from recordings whose spreads are known."""

import math
from pathlib import Path

import numpy as np
import pytest

from shared.analysis.population import Case, Habit, Population, read, write
from shared.analysis.population_estimate import estimate, habits_of, parts, within
from shared.analysis.rule import Observed
from shared.analysis.statistics import Windows

CODES = ("head_turning", "head_shift", "brow_movement", "mouth_opening", "facial_movement")


def drawn(
    count: int, *, apart: float, within: float, windows: int = 9
) -> dict[str, list[Observed]]:
    """People whose means are `apart`, with windows that scatter by `within`."""
    generator = np.random.default_rng(3)

    def recording() -> Observed:
        return {
            code: Windows(
                np.exp(generator.normal(generator.normal(-3.0, apart), within, windows)),
                1.5 + 1.5 * np.arange(windows, dtype=np.float64),
                "ln",
            )
            for code in CODES
        }

    return {str(person): [recording()] for person in range(count)}


def test_spreads_are_found() -> None:
    habits = habits_of(drawn(300, apart=0.5, within=0.3), None)
    for code in CODES:
        habit = habits[code]
        assert (habit.people, habit.freedom) == (300, 299)
        assert habit.mean == pytest.approx(-3.0, abs=0.1)
        assert habit.between == pytest.approx(0.5, abs=0.06)
        assert habit.within == pytest.approx(0.3, abs=0.06)


def test_an_earlier_study_weighs_by_its_people() -> None:
    earlier = Habit(30, 56, 29, mean=9.0, between=1.0, within=math.nan, session=0.4)
    found = drawn(10, apart=0.5, within=0.3)
    alone, pooled = (habits_of(found, e)["head_turning"] for e in (None, {"head_turning": earlier}))
    assert pooled.mean == alone.mean
    assert pooled.between == pytest.approx(math.sqrt((10 * alone.between**2 + 30) / 40))
    assert pooled.within == alone.within  # the other's was of something else
    assert pooled.session == pytest.approx(0.4)
    assert pooled.freedom == 29


def test_parts_are_of_windows_that_lie_within() -> None:
    recording = drawn(1, apart=0, within=0.1)["0"][0]
    ((own, rest), (late, early)) = parts(recording, (5.0,))
    assert own["head_turning"].times.tolist() == [1.5, 3.0]
    assert rest["head_turning"].times[0] == 7.5
    assert late["head_turning"].times.tolist() == [12.0, 13.5]
    assert early["head_turning"].times[-1] == 7.5
    assert within(recording, 0, 4.0) == {}


def test_deviations_are_of_recordings_that_the_table_does_not_know(tmp_path: Path) -> None:
    table = estimate("drawn", drawn(12, apart=0.5, within=0.3), None)
    assert len(table.deviations[Case.PEOPLE]) == 12
    assert Case.SESSION not in table.deviations  # nobody has two recordings
    assert len(table.real(Case.SESSION)) == sum(map(len, table.deviations.values()))
    assert 0.5 < float(np.median(table.deviations[Case.OWN])) < 1.5
    kept = _kept(table, tmp_path)
    assert kept.habits["head_shift"].within == pytest.approx(
        table.habits["head_shift"].within, abs=1e-4
    )
    assert kept.deviations[Case.OWN] == pytest.approx(table.deviations[Case.OWN], abs=1e-3)


def _kept(table: Population, folder: Path) -> Population:
    files = folder / "drawn.csv", folder / "drawn.deviations.csv"
    write(table, *files)
    return read(*files)
