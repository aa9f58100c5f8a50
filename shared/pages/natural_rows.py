"""A face that was held to a natural set, as a page shows it: verdicts in parts, every measure.

parts       faults, movement and picture, each with a verdict; parameters, where there are some
unknown     what was not judged, by its reason
groups      every measure, by what of the face it is about; within a group the worst first
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from shared.analysis import figures
from shared.analysis.measures import Group
from shared.analysis.natural_measures import NATURAL
from shared.analysis.report import (
    FaceReport,
    Naturalness,
    Outcome,
    Result,
    Verdict,
    Violation,
    verdict_of,
)
from shared.analysis.report_text import worst
from shared.analysis.rule import PICTURE
from shared.pages import charts
from shared.platform.words import counted

LISTED: Final = 12  # moments listed under a measure; all of them are in the CSV
WORST_FIRST: Final = (Outcome.NOT_WITHIN, Outcome.WITHIN, Outcome.NOT_MEASURED)
_GROUPS: Final = (Group.FAULTS, *(group for group in Group if group is not Group.FAULTS))
_WORDS: Final = {measure.code: measure.words for measure in NATURAL}


@dataclass(frozen=True, slots=True)
class PartRow:
    title: str
    verdict: Verdict
    words: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """Measures that were not judged, for one reason."""

    reason: str
    measures: Sequence[str]  # in words


@dataclass(frozen=True, slots=True)
class MeasureRow:
    result: Result
    value: str
    unit: str
    band: str
    distance: str  # z with its sign; empty where there is none
    chart: Markup
    listed: Sequence[Violation]


@dataclass(frozen=True, slots=True)
class GroupRows:
    title: str
    rows: Sequence[MeasureRow]


@dataclass(frozen=True, slots=True)
class NatureRows:
    """A face's naturalness as a page shows it."""

    nature: Naturalness
    deviation: str | None  # D, its limit and its place among real recordings, in words
    gauge: Markup | None
    basis: str  # what it was held to
    limit: str  # K
    parts: Sequence[PartRow]
    unknown: Sequence[Unknown]
    left_out: Sequence[str]  # by the set, in words
    groups: Sequence[GroupRows]


def nature_rows(face: FaceReport | None, duration: float | None) -> NatureRows | None:
    """None where the face was not held to a natural set, or not judged."""
    if face is None or face.naturalness is None:
        return None
    nature = face.naturalness
    own = [result for result in face.results if result.group is not None]
    known = {result.measure for result in own}
    return NatureRows(
        nature=nature,
        deviation=_deviation(nature),
        gauge=_gauge(nature),
        basis=_basis(nature),
        limit=figures.figure(nature.limit),
        parts=_parts(nature, face.results),
        unknown=unknown(face.results),
        left_out=[words for code, words in _WORDS.items() if code not in known],
        groups=_groups(own, duration or 0.0, nature.limit),
    )


def by_hand(results: Iterable[Result]) -> list[Result]:
    """Those that the set holds to bounds of its own."""
    return [result for result in results if result.group is None]


def unknown(results: Iterable[Result]) -> list[Unknown]:
    """What was not measured, by its reason; the reason of most measures first."""
    found: dict[str, list[str]] = {}
    for result in results:
        if result.outcome is Outcome.NOT_MEASURED:
            found.setdefault(result.reason or "It was not measured.", []).append(result.words)
    rows = [Unknown(reason, measures) for reason, measures in found.items()]
    return sorted(rows, key=lambda row: -len(row.measures))


def broken(results: Iterable[Result]) -> list[Result]:
    """Measures of a natural set that are not within, the worst first; faults before all."""
    found = [
        result
        for result in results
        if result.group is not None and result.outcome is Outcome.NOT_WITHIN
    ]
    return sorted(found, key=lambda result: (result.z is not None, -abs(result.z or 0.0)))


def _deviation(nature: Naturalness) -> str | None:
    if nature.deviation is None or nature.deviation_percentile is None:
        return None
    limits = (nature.deviation_limit,)
    return (
        f"It {figures.ranked(nature.deviation_percentile)}: deviation "
        f"{figures.amount(nature.deviation, '', limits)}, limit "
        f"{figures.figure(nature.deviation_limit)}."
    )


def _gauge(nature: Naturalness) -> Markup | None:
    if nature.deviation is None:
        return None
    scale = charts.scale_for([nature.deviation, nature.deviation_limit * 1.5])
    kind = "within" if nature.deviation <= nature.deviation_limit else "not_within"
    label = (
        f"Deviation {figures.figure(nature.deviation)} on a scale of 0 to "
        f"{figures.figure(scale.high)}, limit {figures.figure(nature.deviation_limit)}"
    )
    band = (0.0, nature.deviation_limit)
    return charts.bullet(scale, nature.deviation, band, label, kind=kind)


def _basis(nature: Naturalness) -> str:
    if nature.case == "people":
        return f"how {nature.people} people move and look (population {nature.population})"
    footage = counted(nature.recordings, "recording")
    setup = "of the same set-up" if nature.case == "own" else "of another session"
    return (
        f"the person’s own footage {setup}: {footage}, {figures.figure(nature.seconds)} s, beside "
        f"{nature.people} people (population {nature.population})"
    )


def _parts(nature: Naturalness, results: Sequence[Result]) -> list[PartRow]:
    own = [result for result in results if result.group is not None]
    faults = [result for result in own if result.group == Group.FAULTS]
    rest = [result for result in own if result.group != Group.FAULTS]
    picture = [result for result in rest if result.measure in PICTURE]
    movement = [result for result in rest if result.measure not in PICTURE]
    parts = [
        PartRow("Faults", nature.faults, _fault_words(faults)),
        PartRow("Movement", nature.movement, _part_words(nature, nature.movement, movement)),
        PartRow("Picture", nature.picture, _part_words(nature, nature.picture, picture)),
    ]
    others = by_hand(results)
    if others:
        parts.append(PartRow("Parameters", verdict_of(others), _counted(others)))
    return parts


def _fault_words(faults: Sequence[Result]) -> str:
    out = sum(result.outcome is Outcome.NOT_WITHIN for result in faults)
    blind = sum(result.outcome is Outcome.NOT_MEASURED for result in faults)
    looked = len(faults) - blind
    said = f"{out} of {looked} found" if out else f"None of {looked} found"
    return f"{said}; {blind} could not be looked for" if blind else said


def _part_words(nature: Naturalness, verdict: Verdict, results: Sequence[Result]) -> str:
    if verdict is Verdict.INCONCLUSIVE:
        return next((row.reason for row in unknown(results)), "Too little is known.")
    if verdict is Verdict.PASS:
        return "Within human range" if nature.case == "people" else "As this person’s"
    out = sum(result.outcome is Outcome.NOT_WITHIN for result in results)
    judged = sum(result.outcome is not Outcome.NOT_MEASURED for result in results)
    if not out:
        return f"Each of {judged} measures is within; taken together they deviate"
    verb = "is" if out == 1 else "are"
    return f"{out} of {judged} measures {verb} beyond what is expected"


def _counted(results: Sequence[Result]) -> str:
    within = sum(result.outcome is Outcome.WITHIN for result in results)
    return f"{within} of {len(results)} within"


def _groups(results: Sequence[Result], duration: float, limit: float) -> list[GroupRows]:
    found: dict[str, list[Result]] = {group.value: [] for group in _GROUPS}
    for result in results:
        found.setdefault(result.group or "", []).append(result)
    return [
        GroupRows(
            title[:1].upper() + title[1:],
            [_row(result, duration, limit) for result in sorted(items, key=_severity)],
        )
        for title, items in found.items()
        if items
    ]


def _severity(result: Result) -> tuple[int, float]:
    return WORST_FIRST.index(result.outcome), -abs(result.z or 0.0)


def _row(result: Result, duration: float, limit: float) -> MeasureRow:
    bounds = (result.lower, result.upper)
    return MeasureRow(
        result=result,
        value=figures.amount(result.value, result.unit, bounds),
        unit=figures.unit_words(result.unit),
        band=figures.band(*bounds, result.unit, result.value),
        distance="" if result.z is None else figures.distance(result.z, limit),
        chart=_chart(result, duration),
        listed=worst(result, LISTED),
    )


def _chart(result: Result, duration: float) -> Markup:
    bounds = (result.lower, result.upper)
    band = figures.band(*bounds, result.unit, result.value)
    said = figures.amount(result.value, result.unit, bounds)
    if not result.windows:
        scale = charts.scale_for([result.value, *bounds])
        if result.unit == figures.SHARE:
            scale = charts.Scale(0.0, 1.0)
        label = f"{said}, expected {band}"
        return charts.bullet(scale, result.value, bounds, label, kind=result.outcome)
    out = [
        any(item.start <= time <= item.end for item in result.violations)
        for time in result.window_times
    ]
    label = (
        f"{len(result.windows)} windows of 3 s over the clip, from "
        f"{figures.figure(min(result.windows))} to {figures.figure(max(result.windows))}; "
        f"together {said}, expected {band}"
    )
    even = _even([*result.windows, *(bound for bound in bounds if bound is not None)])
    series = charts.Series(result.window_times, [even(v) for v in result.windows], out, duration)
    drawn = [None if bound is None else even(bound) for bound in bounds]
    value = None if result.value is None else even(result.value)
    ends = [each for each in (value, *drawn, *series.values) if each is not None]
    room = (max(ends) - min(ends)) * 0.08 or 1.0
    scale = charts.Scale(min(ends) - room, max(ends) + room)
    return charts.windows(scale, series, value, (drawn[0], drawn[1]), label)


def _even(values: Sequence[float]) -> Callable[[float], float]:
    """On which a band lies evenly about its middle: the logarithm, or the root."""
    return math.log if min(values) > 0 else math.sqrt
