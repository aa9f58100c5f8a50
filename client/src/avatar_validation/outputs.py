"""What `submit` and `status` hand over: files for a CI server, and a summary."""

from argparse import Namespace
from collections.abc import Iterator, Sequence

from rich.text import Text

from avatar_validation import junit, markdown, reports
from avatar_validation.arguments import write
from avatar_validation.results import Exit, Outcome, Result, exit_code
from avatar_validation.service import Service
from avatar_validation.tool import Tool


def deliver(
    options: Namespace, results: Sequence[Result], tool: Tool, submitted: Exit = Exit.PASS
) -> Exit:
    """Write the files that were asked for, print the results; the exit code."""
    if options.junit:
        write(options.junit, junit.document(results, _renderer(tool.service, ".xml")))
    if options.markdown:
        write(options.markdown, markdown.document(results, _renderer(tool.service, ".md")))
    code = exit_code(results, submitted)
    if options.json:
        tool.json({"exit_code": code.value, "results": [result.as_json() for result in results]})
    else:
        for result in results:
            for line in _lines(result):
                tool.line(line)
    return code


def _renderer(service: Service, suffix: str) -> junit.Render:
    """The service's own rendering of a report."""
    return lambda report: service.get(reports.path(report["id"], suffix)).content


def _lines(result: Result) -> Iterator[Text]:
    outcome = result.outcome
    word = str(result.job["state"]) if result.job and result.pending else outcome.value
    yield Text.assemble(f"{result.label}: ", (word, reports.STYLES[outcome]), _why(result))
    for report in result.reports:
        for line in reports.lines(report):
            yield Text("  ") + line


def _why(result: Result) -> str:
    job = "" if result.job_id is None else f" (job {result.job_id})"
    if result.error is not None:
        return f", {result.error['code']}: {result.error['detail']}{job}"
    if result.outcome is Outcome.MEASURED:
        return f"; no parameter set says what is expected of it{job}"
    return job
