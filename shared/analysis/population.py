"""How people differ: the table that a face is judged against where its person is little known.

One row for each natural measure, on the measure's own scale (`statistics.Scale`):

    mean      of people
    between   standard deviation between people
    within    of one window of 3 s around its recording's own mean
    session   of a person's recordings in other set-ups around the person's mean

and, beside it, the deviations D of the recordings that it was made from, each judged without its
own person in the table: what a real recording may come to (`rule`). `benchmarks/population.py`
makes both files from measurements.
"""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Final

from shared.platform.paths import ROOT

FOLDER: Final = ROOT / "shared" / "analysis" / "populations"
DEFAULT: Final = "talking-1"

COLUMNS: Final = (
    *("measure", "people", "recordings", "freedom"),
    *("mean", "between", "within", "session"),
)
DEVIATION_COLUMNS: Final = ("case", "deviation")

MIN_DEVIATIONS: Final = 10
"""Of a case, below which those of all cases stand in: fewer do not tell what one in twenty is."""


class Case(StrEnum):
    """What a recording is judged against."""

    OWN = "own"  # footage of the same person, recorded in the same set-up
    SESSION = "session"  # footage of the same person, recorded another time
    PEOPLE = "people"  # nobody's own


@dataclass(frozen=True, slots=True)
class Habit:
    """One measure, over people."""

    people: int  # that the mean rests on
    recordings: int
    freedom: int  # degrees of freedom of the spreads
    mean: float
    between: float
    within: float
    session: float

    @property
    def numbers(self) -> tuple[float, float, float, float]:
        """The numbers, in the order of the columns."""
        return self.mean, self.between, self.within, self.session


@dataclass(frozen=True, slots=True)
class Population:
    version: str
    habits: Mapping[str, Habit]  # by measure
    deviations: Mapping[Case, tuple[float, ...]]  # of real recordings, in rising order

    @property
    def freedom(self) -> int:
        """Of the spread that is known least."""
        return min(habit.freedom for habit in self.habits.values())

    def real(self, case: Case) -> tuple[float, ...]:
        """Deviations of real recordings in this case, in rising order; never empty."""
        known = self.deviations.get(case, ())
        if len(known) >= MIN_DEVIATIONS:
            return known
        return tuple(sorted(each for found in self.deviations.values() for each in found))


@cache
def population(version: str = DEFAULT) -> Population:
    """A table of the package. Raises FileNotFoundError where there is none of that name."""
    return read(FOLDER / f"{version}.csv", FOLDER / f"{version}.deviations.csv")


def read(habits: Path, deviations: Path) -> Population:
    """From the two files that `write` makes."""
    cases: dict[Case, list[float]] = {}
    with deviations.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            cases.setdefault(Case(row["case"]), []).append(float(row["deviation"]))
    return Population(
        habits.stem,
        read_habits(habits),
        {case: tuple(sorted(found)) for case, found in cases.items()},
    )


def read_habits(path: Path) -> dict[str, Habit]:
    with path.open(encoding="utf-8", newline="") as file:
        return {
            row["measure"]: Habit(
                int(row["people"]),
                int(row["recordings"]),
                int(row["freedom"]),
                *(float(row[name]) for name in COLUMNS[4:]),
            )
            for row in csv.DictReader(file)
        }


def write(population: Population, habits: Path, deviations: Path) -> None:
    _write(
        habits,
        COLUMNS,
        (
            (code, habit.people, habit.recordings, habit.freedom, *map(_decimals, habit.numbers))
            for code, habit in population.habits.items()
        ),
    )
    _write(
        deviations,
        DEVIATION_COLUMNS,
        (
            (case.value, f"{deviation:.3f}")
            for case, found in population.deviations.items()
            for deviation in found
        ),
    )


def _write(path: Path, header: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def _decimals(value: float) -> str:
    return f"{value:.4f}"
