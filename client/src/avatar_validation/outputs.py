"""What `submit`, `status`, `retry` and `judge` hand over: files for a CI server, and a summary."""

from argparse import Namespace
from collections.abc import Iterator, Sequence

from rich.text import Text

from avatar_validation import junit, markdown, reports
from avatar_validation.arguments import write
from avatar_validation.results import Exit, Outcome, Result, exit_code, total
from avatar_validation.service import Service
from avatar_validation.tool import Tool
from avatar_validation.words import day


def deliver(
    options: Namespace, results: Sequence[Result], tool: Tool, submitted: Exit = Exit.PASS
) -> Exit:
    """Write the files that were asked for, print the results; the exit code."""
    service = tool.service
    if options.junit:
        write(options.junit, junit.document(results, _renderer(service, ".xml"), service.page))
    if options.markdown:
        render = _renderer(service, ".md")
        write(options.markdown, markdown.document(results, render, service.page))
    code = exit_code(results, submitted)
    if options.json:
        found = [result.as_json(_page(service, result)) for result in results]
        tool.json({"exit_code": code.value, "total": total(results), "results": found})
    else:
        for result in results:
            for line in _lines(service, result):
                tool.line(line)
        if len(results) > 1:
            tool.line(total(results))
    return code


def _renderer(service: Service, suffix: str) -> junit.Render:
    """The service's own rendering of a report."""
    return lambda report: service.get(reports.path(report["id"], suffix)).content


def _page(service: Service, result: Result) -> str | None:
    return service.page(*result.page) if result.page else None


def _lines(service: Service, result: Result) -> Iterator[Text]:
    outcome = result.outcome
    word = str(result.job["state"]) if result.job and result.pending else outcome.value
    yield Text.assemble(
        f"{result.label}: ",
        (word, reports.STYLES[outcome]),
        f"{_why(result)}{_known(result)}",
        "" if result.job_id is None else f" (job {result.job_id})",
    )
    if result.page:
        yield Text(f"  {service.page(*result.page)}")
    for report in result.reports:
        for line in reports.lines(report):
            yield Text("  ") + line


def _why(result: Result) -> str:
    if result.error is not None:
        return f", {result.error['code']}: {result.error['detail']}"
    if result.outcome is Outcome.MEASURED:
        return "; no parameter set says what is expected of it"
    return ""


def _known(result: Result) -> str:
    """Of a file that was measured by an earlier run: when, and what was done now."""
    if not result.known or result.job is None:
        return ""
    measured = f"; measured on {day(result.job['finished'])}"
    return f"{measured}, held to the set anew" if result.held_anew else f"{measured}, not again"
