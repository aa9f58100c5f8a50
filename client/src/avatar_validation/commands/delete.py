"""`avatar-validation delete`: jobs with all that was made of them."""

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence

import httpx

from avatar_validation import jobs
from avatar_validation.arguments import Commands, add_command, add_ids, add_json
from avatar_validation.errors import ClientError, Refused
from avatar_validation.results import Exit
from avatar_validation.service import Json, Service, part
from avatar_validation.tool import Tool
from avatar_validation.words import counted


def add(commands: Commands, common: list[ArgumentParser]) -> None:
    parser = add_command(
        commands,
        "delete",
        common,
        "delete jobs with their media, measurements and reports",
        "Says how much that is and asks. What is deleted does not come back.",
    )
    add_ids(parser)
    parser.add_argument("--yes", action="store_true", help="do not ask")
    add_json(parser)
    parser.set_defaults(run=run)


def run(options: Namespace, tool: Tool) -> Exit:
    found = jobs.of_ids(tool.service, options.ids)
    if not options.yes and not _confirmed(tool, found):
        raise ClientError("Nothing was deleted.")
    for job in found:
        _delete(tool.service, str(job["id"]))
    if options.json:
        tool.json({"deleted": [job["id"] for job in found]})
    else:
        tool.line(f"Deleted: {_extent(found)}.")
    return Exit.PASS


def _confirmed(tool: Tool, found: Sequence[Json]) -> bool:
    if not sys.stdin.isatty():
        raise ClientError(f"Nobody can be asked here. Add --yes to delete {_extent(found)}.")
    for job, label in zip(found, jobs.labels(found), strict=True):
        tool.display.note(f"{job['avatar']}, {job['name']}: {label}")
    tool.display.note(f"Delete {_extent(found)}? It does not come back. [y/N]")
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _extent(found: Sequence[Json]) -> str:
    measurements = sum(job["report"] is not None for job in found)
    reports = sum(len(job["reports"]) for job in found)
    return (
        f"{counted(len(found), 'job')} with the media, {counted(measurements, 'measurement')} "
        f"and {counted(reports, 'report')}"
    )


def _delete(service: Service, job_id: str) -> None:
    try:
        service.send("DELETE", f"/api/jobs/{part(job_id)}")
    except Refused as refused:
        if refused.status != httpx.codes.NOT_FOUND:  # else it has gone meanwhile
            raise
