"""What is handed over when the jobs are at their end: reports, files for CI, a summary."""

from argparse import Namespace
from collections.abc import Iterator, Sequence

from rich.text import Text

from avatar_validation import junit, markdown
from avatar_validation.arguments import write
from avatar_validation.errors import ClientError
from avatar_validation.results import Exit, Outcome, Result, exit_code
from avatar_validation.service import Json, Service, part
from avatar_validation.tool import Tool

_STYLES = {
    Outcome.PASS: "green",
    Outcome.MEASURED: "green",
    Outcome.FAIL: "bold red",
    Outcome.ERROR: "bold red",
    Outcome.INCONCLUSIVE: "yellow",
    Outcome.SUBMITTED: "",
}


def fetch_reports(service: Service, results: Sequence[Result]) -> None:
    """Each done job's reports, whole."""
    for result in results:
        if result.job is None or result.job["state"] != "done":
            continue
        try:
            for entry in result.job["reports"]:
                path = report_path(entry["id"])
                result.reports.append({"id": entry["id"], **service.get_json(path)})
        except ClientError as error:
            result.fail(error)


def report_path(report_id: object, suffix: str = "") -> str:
    return f"/api/reports/{part(str(report_id))}{suffix}"


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
                tool.out.print(line, soft_wrap=True)
    return code


def _renderer(service: Service, suffix: str) -> "junit.Render":
    """The service's own rendering of a report."""
    return lambda report: service.get(report_path(report["id"], suffix)).content


def _lines(result: Result) -> Iterator[Text]:
    outcome = result.outcome
    yield Text.assemble(f"{result.label}: ", (outcome.value, _STYLES[outcome]), _why(result))
    for report in result.reports:
        yield from _report_lines(report)


def _why(result: Result) -> str:
    job = "" if result.job_id is None else f" (job {result.job_id})"
    if result.error is not None:
        return f", {result.error['code']}: {result.error['detail']}{job}"
    if result.outcome is Outcome.MEASURED:
        return f"; no parameter set says what is expected of it{job}"
    return job


def _report_lines(report: Json) -> Iterator[Text]:
    held_to, counts = report["parameter_set"], report["counts"]
    verdict = Outcome(report["verdict"])
    yield Text.assemble(
        f"  {held_to['name']}, version {held_to['version']}: ",
        (verdict.value, _STYLES[verdict]),
        f"; {counts['within']} within, {counts['not_within']} not within, "
        f"{counts['not_measured']} not measured (report {report['id']})",
    )
    for notice in report["notices"]:
        yield Text(f"    Note: {notice}")
    for face in report["faces"]:
        where = f"face {face['face']}, " if len(report["faces"]) > 1 else ""
        if not face["judged"]:
            yield Text(f"    face {face['face']} is not judged: {face['reason']}")
        for found in face["results"]:
            if found["outcome"] != "within" and not (
                found["outcome"] == "not_measured" and found["optional"]
            ):
                outcome = found["outcome"].replace("_", " ")
                measure = f"{found['measure']} ({found['words']})"
                yield Text(f"    {where}{measure} is {outcome}: {found['reason']}")
