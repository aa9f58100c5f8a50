"""A report as Markdown (GitHub's), for a comment on a pull request: what is wrong comes first.

Names stand in code spans, where nothing is syntax and nobody is notified.
"""

import re
from collections.abc import Iterator
from typing import Final

from shared.analysis.report import FaceReport, Outcome, Report, Result, Verdict
from shared.analysis.report_text import band, intervals, naturalness, share, value_of

MAX_LISTED: Final = 3  # violations in one cell; the report itself has all

_WORDS: Final = {
    Verdict.PASS: "passed",
    Verdict.FAIL: "failed",
    Verdict.INCONCLUSIVE: "is inconclusive",
}


def markdown(report: Report) -> bytes:
    return ("\n".join(_lines(report)) + "\n").encode()


def _lines(report: Report) -> Iterator[str]:
    subject, held_to, counts = report.subject, report.parameter_set, report.counts
    yield f"### {code(subject.avatar)} {code(subject.name)} {_WORDS[report.verdict]}"
    yield ""
    for notice in report.notices:
        yield f"> **Note:** {escaped(notice)}"
        yield ""
    version = "" if held_to.version is None else f" (version {held_to.version})"
    measured = counts.within + counts.not_within
    yield (
        f"Held to {code(held_to.name)}{version}: {counts.within} of {measured} measured parameters "
        f"within, {counts.not_measured} not measured. Measured by {code(report.engine.name)} "
        f"{escaped(report.engine.version)}."
    )
    if said := naturalness(report):
        yield ""
        yield escaped(said)
    for face in report.faces:
        yield from _face(face, alone=len(report.faces) == 1)
    if not report.faces:
        yield ""
        yield "No face was seen with enough confidence."


def _face(face: FaceReport, *, alone: bool) -> Iterator[str]:
    if not alone:
        verdict = f" {_WORDS[face.verdict]}" if face.verdict else ": not judged"
        yield ""
        yield f"#### Face {face.face}{verdict}"
    if not face.judged:
        yield ""
        yield escaped(face.reason or "")
    if face.naturalness and face.naturalness.sentences:
        yield ""
        yield from (f"- {escaped(sentence)}" for sentence in face.naturalness.sentences)
    if face.naturalness and face.naturalness.caveats:
        yield ""
        yield escaped(" ".join(face.naturalness.caveats))
    for outcome, title in (
        (Outcome.NOT_WITHIN, "Not within"),
        (Outcome.NOT_MEASURED, "Not measured"),
        (Outcome.WITHIN, "Within"),
    ):
        chosen = [result for result in face.results if result.outcome is outcome]
        if chosen:
            yield from _table(title, chosen, folded=outcome is Outcome.WITHIN)


def _table(title: str, results: list[Result], *, folded: bool) -> Iterator[str]:
    heading = f"{title} ({len(results)})"
    yield ""
    if folded:
        yield f"<details><summary>{heading}</summary>"
    else:
        yield f"**{heading}**"
    yield ""
    yield "| measure | | value | expected | why |"
    yield "|---|---|--:|---|---|"
    for result in results:
        cells = (result.words, value_of(result), band(result), _why(result))
        yield f"| {code(result.measure)} | {' | '.join(map(escaped, cells))} |"
    if folded:
        yield ""
        yield "</details>"


def _why(result: Result) -> str:
    parts = [result.reason] if result.reason else []
    if result.outcome is Outcome.WITHIN and result.share_within is not None:
        parts.append(f"Within for {share(result)} of the time.")
    if result.violations:
        parts.append("Outside: " + "; ".join(intervals(result, MAX_LISTED)) + ".")
    return " ".join(parts)


def code(text: str) -> str:
    """A code span that holds any text. In a table only for text without a pipe."""
    text = re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+", " ", text).strip() or " "
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def escaped(text: str) -> str:
    """Text as it stands: no markup, no links, nobody mentioned, on one line."""
    text = re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+", " ", text)
    text = re.sub(r"([\\`*_{}\[\]<>|~&])", r"\\\1", text)
    return re.sub(r"([@#]|://)", "\\1\u2060", text)  # a word joiner: invisible, ends the match
