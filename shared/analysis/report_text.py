"""How reports put numbers into words, in every form of text."""

from collections.abc import Iterator, Sequence

import numpy as np

from shared.analysis.parameter_sets import Bounds
from shared.analysis.report import Report, Result, Violation


def number(value: float | None, unit: str = "") -> str:
    """At most six digits; "open" for a bound that is not there."""
    if value is None:
        return "open"
    return f"{value:.6g} {unit}".rstrip()


def naturalness(report: Report) -> str | None:
    """The verdict of a natural set in words, with how far it is from what is expected."""
    if report.words is None:
        return None
    said = report.words[0].upper() + report.words[1:] + "."
    if report.deviation is None or report.deviation_percentile is None:
        return said
    return (
        f"{said} Deviation {report.deviation:.2f} of at most {number(report.deviation_limit)}; "
        f"{report.deviation_percentile:.0%} of real recordings deviate less."
    )


def share(value: float | None) -> str:
    return "" if value is None else f"{value:.1%}"


def band(result: Result) -> str:
    if result.lower is None and result.upper is None:
        return ""
    if result.lower is None:
        return f"at most {number(result.upper)}"
    if result.upper is None:
        return f"at least {number(result.lower)}"
    return f"{number(result.lower)} to {number(result.upper)}"


def intervals(result: Result, most: int | None = None) -> Iterator[str]:
    """Violations in order of time; with `most`, those of them that are worst, and how many more."""
    chosen = result.violations if most is None else worst(result, most)
    for item in chosen:
        yield f"{item.start:.3f}-{item.end:.3f} s, worst {number(item.worst)} at {item.at:.3f} s"
    if more := result.violation_count - len(chosen):
        yield f"and {more} more"


def worst(result: Result, most: int) -> Sequence[Violation]:
    """The violations that go furthest beyond a bound, in order of time."""
    bounds = Bounds(result.lower, result.upper)
    excess = bounds.excess(np.array([item.worst for item in result.violations]))
    chosen = np.sort(np.argsort(-excess, kind="stable")[:most])
    return [result.violations[place] for place in chosen]
