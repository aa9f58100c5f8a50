"""`avatar-validation sets`: list and show parameter sets; `sets_writing` has put and learn."""

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator

from avatar_validation.arguments import (
    Commands,
    add_command,
    add_json,
    add_output,
    check_document,
    version_number,
)
from avatar_validation.commands import sets_writing
from avatar_validation.results import Exit
from avatar_validation.service import Json, body, query, set_path
from avatar_validation.tool import Tool
from avatar_validation.words import band, counted, number


def add(commands: Commands, common: list[ArgumentParser]) -> None:
    parser = commands.add_parser(
        "sets",
        help="list, show, put and learn parameter sets",
        description="Parameter sets say what is expected of a face.",
    )
    chosen = parser.add_subparsers(metavar="COMMAND", required=True)
    for add_one in (_add_list, _add_show, sets_writing.add_put, sets_writing.add_learn):
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


def _list(options: Namespace, tool: Tool) -> Exit:
    asked = query({"archived": options.archived or None, "engine": options.engine})
    found = tool.service.items("/api/parameter-sets", **asked)
    if options.json:
        tool.json({"items": found})
        return Exit.PASS
    columns = ["name", "version", "engine", "mode", "parameters", "default for", "used"]
    rows = [
        [
            item["name"],
            str(item["version"]),
            item["engine"],
            item.get("mode", ""),
            str(item["parameters"]),
            " ".join(item["default_for"]),
            "yes" if item["used"] else "no",
        ]
        for item in found
    ]
    tool.table(columns, rows)
    return Exit.PASS


def _show(options: Namespace, tool: Tool) -> Exit:
    check_document(options)
    asked = query({"version": options.version, "format": options.format})
    response = tool.service.get(set_path(options.name), params=asked)
    if options.format:
        tool.deliver(response.content, options.output)
        return Exit.PASS
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
    if natural := found.get("natural"):
        for line in _natural(natural):
            tool.line(line)
    if found["parameters"]:
        tool.line(
            f"Levels must lie in their bands for {found['required_share']:.1%} of a video; faces "
            f"are judged that are seen for {found['min_face_share']:.1%} of it."
        )
        tool.table(["measure", "expected", ""], [_row(item) for item in found["parameters"]])


def _natural(natural: Json) -> Iterator[str]:
    """How a natural set judges."""
    recordings = natural["recordings"]
    share = f"of real recordings {natural['false_alarms']:.1%} fail by chance"
    if not recordings:
        yield f"It must move and look as people do ({natural['population']}); {share}."
    else:
        where = "the same set-up" if natural["same_setup"] else "another session"
        seconds = sum(item["seconds"] for item in recordings)
        clips = counted(len(recordings), "recording")
        yield (
            f"It must move and look as in {clips} of {seconds:.1f} s, taken in {where}; {share}."
        )
    for item in recordings:
        number = "" if item["report"] is None else f"measurement {item['report']}, "
        yield f"  {item['name']} ({number}{item['seconds']:.1f} s)"
    if natural["left_out"]:
        yield f"Not judged: {', '.join(natural['left_out'])}."


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
