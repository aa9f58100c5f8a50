"""`avatar-validation list`: jobs, newest first."""

from argparse import ArgumentParser, Namespace

from avatar_validation.arguments import TYPES, Commands, add_command, add_json, add_limit
from avatar_validation.results import Exit
from avatar_validation.service import Json, query
from avatar_validation.tool import Tool
from avatar_validation.words import minute

STATES = ("created", "uploaded", "extracting", "extracted", "analysing", "done", "failed")


def add(commands: Commands, common: list[ArgumentParser]) -> None:
    parser = add_command(commands, "list", common, "list jobs, newest first")
    parser.add_argument("--avatar", help="only this avatar's")
    parser.add_argument("--state", choices=STATES, help="only those in this state")
    parser.add_argument("--type", choices=TYPES, help="only media of this type")
    add_limit(parser)
    add_json(parser)
    parser.set_defaults(run=run)


def run(options: Namespace, tool: Tool) -> Exit:
    asked = {"avatar": options.avatar, "state": options.state, "type": options.type}
    items = tool.service.items("/api/jobs", options.limit, **query(asked))
    if options.json:
        tool.json({"items": items})
    elif items:
        tool.table(["job", "submitted", "avatar", "build", "file", ""], [_row(x) for x in items])
    else:
        tool.line("There is no such job.")
    return Exit.PASS


def _row(job: Json) -> list[str]:
    return [
        job["id"],
        minute(job["created"]),
        job["avatar"],
        job["name"],
        job["filename"],
        _of(job),
    ]


def _of(job: Json) -> str:
    """What came of it, or how far it is."""
    if job["state"] == "failed":
        return f"not measured, {job['error']['code']}"
    if job["state"] == "done":
        return str(job["verdict"] or "measured")
    return str(job["state"])
