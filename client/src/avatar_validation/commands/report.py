"""`avatar-validation report`: one report, as a table or as a document."""

import uuid
from argparse import ArgumentParser, Namespace

from avatar_validation import reports
from avatar_validation.arguments import Commands, add_command, add_output, check_document
from avatar_validation.errors import ClientError
from avatar_validation.results import Exit
from avatar_validation.service import Json, Service
from avatar_validation.tool import Tool
from avatar_validation.words import band, number

MOST_REPORTS = 1000  # of one measurement that are looked at

_SUFFIXES = {"json": ".json", "csv": ".csv", "md": ".md", "junit": ".xml"}


def add(commands: Commands, common: list[ArgumentParser]) -> None:
    parser = add_command(
        commands,
        "report",
        common,
        "show a report, or write it as a document",
        "Exits with 0 whatever the verdict is; `status` gates.",
    )
    parser.add_argument(
        "id",
        metavar="ID",
        help="a report's id; or a job's, or the number of a measurement, which has one report",
    )
    parser.add_argument("--format", choices=_SUFFIXES, help="as a document instead of a table")
    add_output(parser)
    parser.set_defaults(run=run)


def run(options: Namespace, tool: Tool) -> Exit:
    check_document(options)
    report_id = _report_id(options.id, tool.service)
    if options.format:
        suffix = _SUFFIXES[options.format]
        document = tool.service.get(reports.path(report_id, suffix)).content
        tool.deliver(document, options.output)
    else:
        _show(reports.one(tool.service, report_id), tool)
    return Exit.PASS


def _report_id(given: str, service: Service) -> str:
    """The report itself; or the only one, in its set's latest version, of a job or measurement."""
    if given.isascii() and given.isdigit():
        whose = f"Measurement {given}"
        entries = service.items("/api/reports", MOST_REPORTS, report=given)
    elif _is_job(given):
        job = service.job(given)
        whose, entries = f"Job {given}, which is {job['state']},", job["reports"]
    else:
        return given
    entries = reports.latest(entries)
    if not entries:
        raise ClientError(
            f"{whose} has no report. What no parameter set applies to is measured only: "
            f"avatar-validation measures {given}"
        )
    if len(entries) > 1:
        listed = ", ".join(f"{entry['id']} ({entry['parameter_set']})" for entry in entries)
        raise ClientError(f"{whose} has several reports. Ask for one of them: {listed}.")
    return str(entries[0]["id"])


def _is_job(given: str) -> bool:
    try:
        uuid.UUID(given)
    except ValueError:
        return False
    return True


def _show(report: Json, tool: Tool) -> None:
    subject, engine = report["subject"], report["engine"]
    tool.line(
        f"{subject['avatar']}, {subject['name']}: measured by {engine['name']} {engine['version']}"
    )
    for line in reports.lines(report):
        tool.line(line)
    for face in report["faces"]:
        if face["results"]:
            tool.line("")
            if len(report["faces"]) > 1:
                tool.line(f"Face {face['face']}: {face['verdict']}")
            tool.table(
                ["measure", "", "value", "expected", "outcome"],
                [_row(found) for found in face["results"]],
            )


def _value(found: Json) -> str:
    return f"{number(found['value'], found['lower'], found['upper'])} {found['unit']}".rstrip()


def _row(found: Json) -> list[str]:
    value = "" if found["value"] is None else _value(found)
    outcome = found["outcome"].replace("_", " ")
    expected = band(found["lower"], found["upper"])
    return [found["measure"], found["words"], value, expected, outcome]
