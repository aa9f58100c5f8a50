"""All results as one Markdown file, for a comment on a pull request."""

import re
from collections.abc import Iterator, Sequence

from avatar_validation.junit import Page, Render
from avatar_validation.results import Outcome, Result, total


def document(results: Sequence[Result], render: Render, page: Page) -> bytes:
    """`render` gets a report's Markdown from the service; `page` is where a link leads to."""
    return "\n".join(_parts(results, render, page)).encode("utf-8", "replace")


def _parts(results: Sequence[Result], render: Render, page: Page) -> Iterator[str]:
    if len(results) > 1:
        yield f"**{total(results)}**\n"
    for result in results:
        if len(results) > 1 and result.reports:
            yield f"## {_code(result.label)}\n"
        for report in result.reports:
            yield render(report).decode("utf-8")
            yield f"[The report]({page('reports', report['id'])})\n"
        if result.error is not None:
            yield f"### {_code(result.label)} has no verdict\n"
            yield f"{_code(result.error['code'])}: {_plain(result.error['detail'])}\n"
        elif result.job is not None and result.pending:
            yield f"### {_code(result.label)} is not at its end\n"
            yield f"The job is {result.job['state']}.\n"
        elif result.outcome is Outcome.MEASURED:
            yield f"### {_code(result.label)} was measured\n"
            yield "No parameter set says what is expected of it.\n"
        if result.page and not result.reports:
            yield f"[Its page]({page(*result.page)})\n"


def _code(text: str) -> str:
    """A code span, where nothing is syntax and nobody is notified."""
    text = re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+", " ", text).strip() or " "
    fence = "`" * (max((len(run) for run in re.findall("`+", text)), default=0) + 1)
    pad = " " if "`" in text else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def _plain(text: str) -> str:
    """A sentence on one line, without markup."""
    text = re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+", " ", text)
    text = re.sub(r"([\\`*_{}\[\]<>|~&])", r"\\\1", text)
    return re.sub(r"([@#]|://)", "\\1\u2060", text)  # a word joiner: invisible, ends the match
