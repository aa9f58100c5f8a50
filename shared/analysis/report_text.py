"""How reports put numbers into words, in every form of text."""

from collections.abc import Iterator, Sequence

import numpy as np

from shared.analysis import figures
from shared.analysis.parameter_sets import Bounds
from shared.analysis.report import Report, Result, Violation


def value_of(result: Result) -> str:
    """With its unit, told from its bounds; empty where there is none."""
    if result.value is None:
        return ""
    return figures.quantity(result.value, result.unit, (result.lower, result.upper))


def naturalness(report: Report) -> str | None:
    """The verdict of a natural set in words, with how far it is from what is expected."""
    if report.words is None:
        return None
    said = report.words[0].upper() + report.words[1:] + "."
    if report.deviation is None or report.deviation_percentile is None:
        return said
    limit = report.deviation_limit
    return (
        f"{said} It {figures.ranked(report.deviation_percentile)}: deviation "
        f"{figures.amount(report.deviation, '', (limit,))}, limit {figures.figure(limit)}."
    )


def share(result: Result) -> str:
    """Of the time in which it is within, told from what is required."""
    return figures.amount(result.share_within, figures.SHARE, (result.required_share,))


def band(result: Result) -> str:
    return figures.band(result.lower, result.upper, result.unit, result.value)


def intervals(result: Result, most: int | None = None) -> Iterator[str]:
    """Violations in order of time; with `most`, those of them that are worst, and how many more."""
    chosen = result.violations if most is None else worst(result, most)
    bounds = (result.lower, result.upper)
    for item in chosen:
        furthest = figures.amount(item.worst, result.unit, bounds)
        yield f"{item.start:.3f}-{item.end:.3f} s, worst {furthest} at {item.at:.3f} s"
    if more := result.violation_count - len(chosen):
        yield f"and {more} more"


def worst(result: Result, most: int) -> Sequence[Violation]:
    """The violations that go furthest beyond a bound, in order of time."""
    bounds = Bounds(result.lower, result.upper)
    excess = bounds.excess(np.array([item.worst for item in result.violations]))
    chosen = np.sort(np.argsort(-excess, kind="stable")[:most])
    return [result.violations[place] for place in chosen]
