"""`avatar-validation sets`: list, show, put and learn parameter sets."""

import csv
import io
import json
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx

from avatar_validation.arguments import (
    Commands,
    add_command,
    add_json,
    add_output,
    check_input,
    check_output,
    read,
    version_number,
)
from avatar_validation.errors import ClientError, Refused
from avatar_validation.results import Exit
from avatar_validation.service import Json, Service, body, part
from avatar_validation.tool import Tool
from avatar_validation.words import band, number

JSON = "application/json"
CSV = "text/csv"


def add(commands: Commands, common: list[ArgumentParser]) -> None:
    parser = commands.add_parser(
        "sets",
        help="list, show, put and learn parameter sets",
        description="Parameter sets say what is expected of a face.",
    )
    chosen = parser.add_subparsers(metavar="COMMAND", required=True)
    for add_one in (_add_list, _add_show, _add_put, _add_learn):
        add_one(chosen, common)


def _add_list(commands: Commands, common: list[ArgumentParser]) -> None:
    parser = add_command(commands, "list", common, "list the parameter sets")
    parser.add_argument("--engine", help="only those whose numbers come from this engine")
    parser.add_argument("--archived", action="store_true", help="those that are archived instead")
    add_json(parser)
    parser.set_defaults(run=_list)


def _add_show(commands: Commands, common: list[ArgumentParser]) -> None:
    parser = add_command(
        commands, "show", common, "show a parameter set, or write it to a file to be edited"
    )
    parser.add_argument("name", metavar="NAME")
    parser.add_argument("--version", type=version_number, help="default: the present one")
    parser.add_argument(
        "--format", choices=("json", "csv"), help="as a file for `sets put` instead of a table"
    )
    add_output(parser)
    parser.set_defaults(run=_show)


def _add_put(commands: Commands, common: list[ArgumentParser]) -> None:
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


def _add_learn(commands: Commands, common: list[ArgumentParser]) -> None:
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
        "--coverage", type=float, metavar="SHARE", help="bands that hold this share, such as 0.95"
    )
    way.add_argument(
        "--deviation-percent",
        type=float,
        metavar="PERCENT",
        help="bands of this much around what was measured",
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


def _list(options: Namespace, tool: Tool) -> Exit:
    query = {"archived": "true"} if options.archived else {}
    if options.engine:
        query["engine"] = options.engine
    found = list(_pages(tool.service, "/api/parameter-sets", query))
    if options.json:
        tool.json({"items": found})
        return Exit.PASS
    columns = ["name", "version", "engine", "parameters", "default for", "used"]
    rows = [
        [
            item["name"],
            str(item["version"]),
            item["engine"],
            str(item["parameters"]),
            " ".join(item["default_for"]),
            "yes" if item["used"] else "no",
        ]
        for item in found
    ]
    tool.table(columns, rows)
    return Exit.PASS


def _pages(service: Service, path: str, query: Mapping[str, str]) -> Iterator[Json]:
    page = service.get_json(path, params=query)
    yield from page["items"]
    while page["next"]:
        page = service.get_json(page["next"])
        yield from page["items"]


def _show(options: Namespace, tool: Tool) -> Exit:
    check_output(options.output)
    query = {name: getattr(options, name) for name in ("version", "format")}
    given = {name: value for name, value in query.items() if value is not None}
    response = tool.service.get(_path(options.name), params=given)
    if options.format:
        tool.deliver(response.content, options.output)
        return Exit.PASS
    if options.output:
        raise ClientError("--output needs --format, for a table is for people.")
    _show_set(body(response), tool)
    return Exit.PASS


def _show_set(found: Json, tool: Tool) -> None:
    facts = [f"version {found['version']}", f"for {found['engine']}"]
    if found["default_for"]:
        facts.append(f"default for {', '.join(found['default_for'])}")
    if found["archived"]:
        facts.append("archived")
    tool.line(f"{found['name']} ({', '.join(facts)})")
    if found["description"]:
        tool.line(found["description"])
    tool.line(
        f"Levels must lie in their bands for {found['required_share']:.1%} of a video; faces are "
        f"judged that are seen for {found['min_face_share']:.1%} of it."
    )
    tool.table(["measure", "expected", ""], [_row(item) for item in found["parameters"]])


def _row(parameter: Json) -> list[str]:
    if parameter["reference"] is None:
        expected = band(parameter["lower"], parameter["upper"])
    else:
        percent, absolute = parameter["deviation_percent"], parameter["deviation_absolute"]
        ways = [] if percent is None else [f"{number(percent)} %"]
        ways += [] if absolute is None else [number(absolute)]
        expected = f"{number(parameter['reference'])} ± {' or '.join(ways)}"
    marks = {"optional": "optional", "allow_low_validity": "also of low validity"}
    words = ", ".join(word for name, word in marks.items() if parameter[name])
    return [parameter["measure"], expected, words]


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
    request: dict[str, Any] = {
        "name": options.name,
        "from_reports": [int(item) if item.isdecimal() else item for item in options.sources],
    }
    for field in ("coverage", "deviation_percent", "description", "measures"):
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
            "PUT", _path(name), content=content, headers=headers, repeatable=False
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
    count = len(found["parameters"])
    if options.json:
        tool.json(found)
    else:
        plural = "" if count == 1 else "s"
        tool.line(f"{found['name']}: version {found['version']}, {count} parameter{plural}")


def _precondition(options: Namespace, service: Service, name: str) -> dict[str, str]:
    """The header that keeps two editors from overwriting each other."""
    if options.force:
        try:
            service.get(_path(name))
        except Refused as refused:
            if refused.status != httpx.codes.NOT_FOUND:
                raise
            return {}
        return {"If-Match": "*"}
    if options.replace is None:
        return {}
    response = service.get(_path(name))
    present = body(response)["version"]
    if present != options.replace:
        raise ClientError(
            f"The parameter set {name!r} is at version {present}, not {options.replace}. See what "
            f"has changed (`sets show`), then repeat your change on version {present}."
        )
    return {"If-Match": response.headers["ETag"]}


def _show_basis(learned: Json, tool: Tool) -> None:
    tool.line(
        f"Learned from {learned['faces']} faces in {len(learned['reports'])} measurements: "
        f"{learned['frames']} frames, {learned['seconds']:.1f} s."
    )
    for warning in learned["warnings"]:
        tool.line(f"Warning: {warning}")
    for item in learned["left_out"]:
        tool.line(f"Left out: {item['measure']}. {item['reason']}")


def _path(name: str) -> str:
    return f"/api/parameter-sets/{part(name)}"
