"""What `submit`, `status`, `retry` and `judge` hand over: files for a CI server, and a summary."""

from argparse import Namespace
from collections.abc import Iterator, Sequence

from rich.text import Text

from avatar_validation import builds, junit, markdown, reports
from avatar_validation.arguments import write
from avatar_validation.results import Exit, Outcome, Result, exit_code, total, worst
from avatar_validation.service import Json, Service
from avatar_validation.tool import Tool
from avatar_validation.words import counted, day

MOST_REASONS = 5  # of a face; the report has them all


def deliver(
    options: Namespace,
    results: Sequence[Result],
    tool: Tool,
    submitted: Exit = Exit.PASS,
    build: Json | None = None,
) -> Exit:
    """Write the files that were asked for, print the results; the exit code.

    `submitted` is that of a job that is not at its end. Of a `build` all clips count.
    """
    service = tool.service
    if options.junit:
        write(options.junit, junit.document(results, _renderer(service, ".xml"), service.page))
    if options.markdown:
        render = _renderer(service, ".md")
        write(options.markdown, markdown.document(results, render, service.page))
    of_build = builds.exits(build) if build else []
    code = worst([exit_code(results, submitted), *of_build])
    if options.json:
        found = [result.as_json(_page(service, result)) for result in results]
        content = {"exit_code": code.value, "total": total(results), "build": build}
        tool.json({**content, "results": found})
    else:
        for result in results:
            for line in _lines(service, result):
                tool.line(line)
        if len(results) > 1:
            tool.line(f"Total: {total(results)}")
        if build is not None:
            tool.line(_of_build(service, build))
    return code


def _of_build(service: Service, build: Json) -> str:
    verdict = build["verdict"] or "no verdict"
    clips = f"{builds.total(build)} of {counted(build['clips'], 'clip')}"
    page = service.page("avatars", build["avatar"])
    return f"{build['avatar']}, {build['build']}: {verdict}; {clips}\n  {page}"


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
        for line in reports.lines(report, MOST_REASONS):
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
