"""`avatar-validation sets put` and `sets learn`: parameter sets into the service."""

import csv
import io
import json
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

import httpx

from avatar_validation.arguments import (
    Commands,
    add_command,
    add_json,
    check_input,
    read,
    version_number,
)
from avatar_validation.errors import ClientError, Refused
from avatar_validation.results import Exit
from avatar_validation.service import Json, Service, body, set_path
from avatar_validation.tool import Tool
from avatar_validation.words import counted

JSON = "application/json"
CSV = "text/csv"


def add_put(commands: Commands, common: list[ArgumentParser]) -> None:
    parser = add_command(
        commands,
        "put",
        common,
        "store a parameter set from a file",
        "A set that is there already is changed only with --replace or --force; where nothing has "
        "changed, no new version is made.",
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="JSON, or CSV if so called")
    _add_precondition(parser)
    parser.set_defaults(run=_put)


def add_learn(commands: Commands, common: list[ArgumentParser]) -> None:
    parser = add_command(
        commands,
        "learn",
        common,
        "make a parameter set from what was measured",
        "From footage of a real person, or of a build that is liked.",
    )
    parser.add_argument("name", metavar="NAME")
    parser.add_argument(
        "--from",
        nargs="+",
        required=True,
        dest="sources",
        metavar="ID",
        help="ids of jobs, or the numbers of their measurements",
    )
    way = parser.add_mutually_exclusive_group(required=True)
    way.add_argument(
        "--coverage",
        type=float,
        metavar="SHARE",
        help="a natural set: it must move and look as the person does, and of real recordings "
        "this share passes, such as 0.95",
    )
    way.add_argument(
        "--deviation-percent",
        type=float,
        metavar="PERCENT",
        help="bands of this much around what was measured",
    )
    setup = parser.add_mutually_exclusive_group()
    setup.add_argument(
        "--same-setup",
        action="store_true",
        default=None,
        help="with --coverage: clips to be judged are of the same camera, light and place as what "
        "is learned from (the default)",
    )
    setup.add_argument(
        "--other-session",
        action="store_false",
        dest="same_setup",
        default=None,
        help="with --coverage: they are of another recording session, in which more may differ",
    )
    parser.add_argument("--description", help="for people")
    parser.add_argument(
        "--measure",
        action="append",
        dest="measures",
        metavar="CODE",
        help="learn this measure only; may be given several times",
    )
    _add_precondition(parser)
    parser.set_defaults(run=_learn)


def _add_precondition(parser: ArgumentParser) -> None:
    group = parser.add_mutually_exclusive_group()
    group.add_argument(
        "--replace",
        type=version_number,
        metavar="VERSION",
        help="make a new version of a set whose present version is this one",
    )
    group.add_argument(
        "--force", action="store_true", help="make a new version whatever the present one is"
    )
    add_json(parser)


def _put(options: Namespace, tool: Tool) -> Exit:
    check_input(options.file)
    content = read(options.file)
    is_csv = options.file.suffix.lower() == ".csv"
    name = (_name_in_csv if is_csv else _name_in_json)(content)
    if name is None:
        raise ClientError(
            f"{options.file} has no name of a set in it: docs/parameter-sets.md of the service "
            "says how such a file must be."
        )
    found = _store(options, tool.service, name, content, CSV if is_csv else JSON)
    _say_stored(found, options, tool)
    return Exit.PASS


def _name_in_json(content: bytes) -> str | None:
    try:
        found = json.loads(content)
    except ValueError:
        return None
    name = found.get("name") if isinstance(found, dict) else None
    return name if isinstance(name, str) else None


def _name_in_csv(content: bytes) -> str | None:
    text = content.decode("utf-8-sig", "replace")
    try:
        for cells in csv.reader(io.StringIO(text, newline="")):
            if len(cells) > 1 and cells[0].strip() == "name":
                return cells[1]
    except csv.Error:
        pass
    return None


def _learn(options: Namespace, tool: Tool) -> Exit:
    if options.same_setup is not None and options.coverage is None:
        raise ClientError("--same-setup and --other-session are of --coverage.")
    request: dict[str, Any] = {
        "name": options.name,
        "from_reports": [int(item) if item.isdecimal() else item for item in options.sources],
    }
    for field in ("coverage", "same_setup", "deviation_percent", "description", "measures"):
        if getattr(options, field) is not None:
            request[field] = getattr(options, field)
    found = _store(options, tool.service, options.name, json.dumps(request).encode(), JSON)
    _say_stored(found, options, tool)
    if not options.json:
        _show_basis(found["learned"], tool)
    return Exit.PASS


def _store(options: Namespace, service: Service, name: str, content: bytes, kind: str) -> Json:
    headers = {"Content-Type": kind, **_precondition(options, service, name)}
    try:
        response = service.send(
            "PUT", set_path(name), content=content, headers=headers, repeatable=False
        )
    except Refused as refused:
        if refused.status != httpx.codes.PRECONDITION_REQUIRED:
            raise
        raise ClientError(
            f"The parameter set {name!r} is there already. To make a new version of it, say which "
            "one you have seen (--replace VERSION), or --force."
        ) from None
    return body(response)


def _say_stored(found: Json, options: Namespace, tool: Tool) -> None:
    if options.json:
        tool.json(found)
        return
    count, natural = len(found["parameters"]), found.get("natural")
    facts = [f"version {found['version']}"]
    if natural is not None:
        facts.append(f"natural, {counted(len(natural['recordings']), 'recording')}")
    if count or natural is None:
        facts.append(counted(count, "parameter"))
    tool.line(f"{found['name']}: {', '.join(facts)}")


def _precondition(options: Namespace, service: Service, name: str) -> dict[str, str]:
    """The header that keeps two editors from overwriting each other."""
    if options.force:
        try:
            service.get(set_path(name))
        except Refused as refused:
            if refused.status != httpx.codes.NOT_FOUND:
                raise
            return {}
        return {"If-Match": "*"}
    if options.replace is None:
        return {}
    response = service.get(set_path(name))
    present = body(response)["version"]
    if present != options.replace:
        raise ClientError(
            f"The parameter set {name!r} is at version {present}, not {options.replace}. See what "
            f"has changed (`sets show`), then repeat your change on version {present}."
        )
    return {"If-Match": response.headers["ETag"]}


def _show_basis(learned: Json, tool: Tool) -> None:
    tool.line(
        f"Learned from {counted(learned['faces'], 'face')} in "
        f"{counted(len(learned['reports']), 'measurement')}: "
        f"{counted(learned['frames'], 'frame')}, {learned['seconds']:.1f} s."
    )
    for warning in learned["warnings"]:
        tool.line(f"Warning: {warning}")
    for item in learned["left_out"]:
        tool.line(f"Left out: {item['measure']}. {item['reason']}")
