"""What has become of every measure from one build to another, over all pairs of clips.

The clips are the units: the change of a build is the mean of its pairs' changes, and its interval
is Student's t over them. One pair has its own interval; one pair with several faces has its faces
as the units. A change is clear where the interval does not include 0, and also where every unit is
clearly changed the same way by itself, which few clips can show and two cannot by t. In any case it
must be above the noise of measuring (`Measure.tolerance`).

Better and worse are told in the same way, by how much further each unit is from what the set asks
(`Difference.worsening`). Beyond a band a build is as good as the worst of its clips: it is worse
where one clip is clearly worse by itself and none is better, and the other way round.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
from pydantic import Field

from shared.analysis.bootstrap import CONFIDENCE
from shared.analysis.catalogue import CATALOGUE
from shared.analysis.changes import Change, Difference
from shared.analysis.comparison import Comparison
from shared.analysis.report import Model
from shared.analysis.statistics import rounded
from shared.analysis.student import two_sided


class Word(StrEnum):
    WORSE = "worse"
    BETTER = "better"
    CHANGED = "changed"  # neither better nor worse: all are within, or there is no set
    NO_CLEAR_CHANGE = "no_clear_change"


class Direction(StrEnum):
    UP = "up"
    DOWN = "down"


class BuildChange(Model):
    """One measure, from one build to another."""

    measure: str
    name: str
    unit: str
    pairs: int = Field(description="Of clips that have it in both builds.")
    before: float = Field(description="Mean over the pairs.")
    after: float
    change: float = Field(description="after - before, mean over the pairs.")
    low: float | None = Field(description="Lower end of its interval; null: there is none.")
    high: float | None
    change_sd: float | None = Field(
        description="Natural measures: the same in standard deviations of what one person varies "
        "by, mean over the pairs."
    )
    lower: float | None = Field(description="The set's band; null is open, or there is no band.")
    upper: float | None
    expected: float | None = Field(description="Natural measures, with a natural set.")
    word: Word
    direction: Direction | None = Field(description="null: there is no clear change.")
    still_within: bool = Field(description="Every value lies in the set's band, before and after.")
    worse: int = Field(description="Pairs in which it is clearly worse by itself.")
    better: int
    reason: str | None = Field(description="Why there is no interval, or what it does not say.")


@dataclass(frozen=True, slots=True)
class _Unit:
    """A pair of clips, or a face of the only pair."""

    faces: Sequence[Difference]

    def mean(self, field: str) -> float | None:
        values = [getattr(face, field) for face in self.faces]
        known = [value for value in values if value is not None]
        return float(np.mean(known)) if len(known) == len(values) else None

    def all_are(self, *changes: Change) -> bool:
        return all(face.change in changes for face in self.faces)


_CLEAR: Final = (Change.HIGHER, Change.LOWER, Change.BETTER, Change.WORSE)
_JUDGED: Final = (Change.WORSE, Change.BETTER)
_BY_THEMSELVES: Final = "Clear in single clips; over all of them it is not."


def build_changes(comparisons: Iterable[Comparison]) -> tuple[BuildChange, ...]:
    """Every measure that at least one pair has; those that matter most first."""
    by_measure: dict[str, list[_Unit]] = defaultdict(list)
    for comparison in comparisons:
        own: dict[str, list[Difference]] = defaultdict(list)
        for face in comparison.faces:
            for item in face.differences:
                if item.change is not Change.NOT_COMPARED and item.difference is not None:
                    own[item.measure].append(item)
        for measure, faces in own.items():
            by_measure[measure].append(_Unit(faces))
    return tuple(sorted((_change(units) for units in by_measure.values()), key=_concern))


def _change(pairs: Sequence[_Unit]) -> BuildChange:
    first = pairs[0].faces[0]
    units = [_Unit([face]) for face in pairs[0].faces] if len(pairs) == 1 else pairs
    changes = [unit.mean("difference") or 0.0 for unit in units]
    ends = _ends(changes)
    if len(units) == 1 and first.difference_low is not None and first.difference_high is not None:
        ends = first.difference_low, first.difference_high
    word, direction, reason = _judged(units, changes, ends)
    return BuildChange(
        measure=first.measure,
        name=first.words,
        unit=first.unit,
        pairs=len(pairs),
        before=_mean(units, "before"),
        after=_mean(units, "after"),
        change=rounded(float(np.mean(changes))),
        low=rounded(ends[0]) if ends else None,
        high=rounded(ends[1]) if ends else None,
        change_sd=None if first.difference_sd is None else _mean(units, "difference_sd"),
        lower=first.lower,
        upper=first.upper,
        expected=None if first.expected is None else _mean(units, "expected"),
        word=word,
        direction=direction,
        still_within=all(face.still_within for unit in units for face in unit.faces),
        worse=sum(any(face.change is Change.WORSE for face in pair.faces) for pair in pairs),
        better=sum(any(face.change is Change.BETTER for face in pair.faces) for pair in pairs),
        reason=reason,
    )


def _judged(
    units: Sequence[_Unit], changes: Sequence[float], ends: tuple[float, float] | None
) -> tuple[Word, Direction | None, str | None]:
    first = units[0].faces[0]
    mean = float(np.mean(changes))
    if len(units) == 1:
        word = {
            Change.WORSE: Word.WORSE,
            Change.BETTER: Word.BETTER,
            Change.NO_CLEAR_CHANGE: Word.NO_CLEAR_CHANGE,
        }.get(first.change, Word.CHANGED)
        return word, _direction(word, mean), first.reason
    by_time = first.share_before is not None  # a level whose mean stays may be within for less time
    quiet = abs(mean) < CATALOGUE[first.measure].tolerance
    worsenings = [unit.mean("worsening") for unit in units]
    known = [value for value in worsenings if value is not None]
    worse = _sign(_ends(known)) if len(known) == len(units) else 0
    some = {change for unit in units for face in unit.faces if (change := face.change) in _JUDGED}
    banded = first.lower is not None or first.upper is not None
    if len(some) == 1 and (banded or all(unit.all_are(*some) for unit in units)):
        word = Word(some.pop().value)
        return word, _direction(word, mean), _unsure(ends)
    if worse and (by_time or not quiet):
        word = Word.WORSE if worse > 0 else Word.BETTER
        return word, _direction(word, mean), _unsure(ends)
    alone = all(unit.all_are(*_CLEAR) for unit in units) and len({v > 0 for v in changes}) == 1
    if quiet or not (_sign(ends) or alone):
        reason = f"Below the noise of measuring ({CATALOGUE[first.measure].tolerance:g})."
        return Word.NO_CLEAR_CHANGE, None, reason if quiet and _sign(ends) else None
    return Word.CHANGED, _direction(Word.CHANGED, mean), _unsure(ends)


def _unsure(ends: tuple[float, float] | None) -> str | None:
    return None if _sign(ends) else _BY_THEMSELVES


def _direction(word: Word, mean: float) -> Direction | None:
    if word is Word.NO_CLEAR_CHANGE or not mean:
        return None
    return Direction.UP if mean > 0 else Direction.DOWN


def _ends(values: Sequence[float]) -> tuple[float, float] | None:
    """Student's t for the mean of two values or more."""
    if len(values) < 2:
        return None
    mean, error = float(np.mean(values)), float(np.std(values, ddof=1)) / len(values) ** 0.5
    half = two_sided(CONFIDENCE, len(values) - 1) * error
    return mean - half, mean + half


def _sign(ends: tuple[float, float] | None) -> int:
    return 0 if ends is None else int(ends[0] > 0) - int(ends[1] < 0)


def _mean(units: Sequence[_Unit], field: str) -> float:
    known = [value for unit in units if (value := unit.mean(field)) is not None]
    return rounded(float(np.mean(known)))


def _concern(item: BuildChange) -> tuple[int, int, float]:
    """Worse ones first, then those that are in some pairs; of the same kind the largest change."""
    order = list(Word).index(item.word)
    if order and item.worse:
        order = 1 if item.word is not Word.WORSE else 0
    elif item.word is not Word.WORSE:
        order += 1
    size = abs(item.change) / (CATALOGUE[item.measure].tolerance or 1.0)
    return order, -item.worse, -size
