"""`avatar-validation compare`: two builds of an avatar side by side."""

from argparse import ArgumentParser, Namespace
from collections import Counter

from avatar_validation.arguments import Commands, add_command, add_json
from avatar_validation.results import Exit
from avatar_validation.service import Json, part
from avatar_validation.tool import Tool
from avatar_validation.words import band, number


def add(commands: Commands, common: list[ArgumentParser]) -> None:
    parser = add_command(
        commands,
        "compare",
        common,
        "show what has changed from one build of an avatar to another",
        "With --set: better, worse or no clear change; without: higher or lower. Exits with 0 "
        "whatever has changed.",
    )
    parser.add_argument("avatar", metavar="AVATAR")
    parser.add_argument(
        "--from", required=True, dest="before", metavar="BUILD", help="the earlier build"
    )
    parser.add_argument("--to", required=True, dest="after", metavar="BUILD", help="the later one")
    parser.add_argument("--set", metavar="NAME", help="the parameter set whose bands count")
    parser.add_argument(
        "--file", metavar="NAME", help="the media of this file name, where a build has several"
    )
    add_json(parser)
    parser.set_defaults(run=run)


def run(options: Namespace, tool: Tool) -> Exit:
    query = {
        "from": options.before,
        "to": options.after,
        "parameter_set": options.set,
        "file": options.file,
    }
    given = {name: value for name, value in query.items() if value is not None}
    path = f"/api/avatars/{part(options.avatar)}/compare"
    found = tool.service.get_json(path, params=given)
    if options.json:
        tool.json(found)
    else:
        _show(found, tool)
    return Exit.PASS


def _show(found: Json, tool: Tool) -> None:
    before, after = found["before"], found["after"]
    held_to = f", held to {found['parameter_set']}" if found["parameter_set"] else ""
    tool.line(f"{before['avatar']}: from {before['name']} to {after['name']}{held_to}")
    for notice in found["notices"]:
        tool.line(f"Note: {notice}")
    if found.get("lip_sync"):  # a service of before has none
        tool.line(_lip_sync(found["lip_sync"]))
    for face in found["faces"]:
        differences = face["differences"]
        counts = Counter(item["change"].replace("_", " ") for item in differences)
        tool.line("")
        where = f"Face {face['before']}" if len(found["faces"]) > 1 else "Changes"
        tool.line(f"{where}: {', '.join(f'{count} {word}' for word, count in counts.items())}")
        interval = f"{found['confidence']:.0%} interval"
        columns = ["measure", "", "before", "after", "difference", interval]
        columns += ["in sd", "expected", "change"]
        tool.table(columns, [_row(item, judged=bool(held_to)) for item in differences])


def _lip_sync(found: Json) -> str:
    if found["change"] is None:
        return f"Lip sync: not compared. {found['reason']}"
    text = f"Lip sync: {_ms(found, 'change', 'ms')}; drift {_ms(found, 'drift', 'ms/s')}"
    return f"{text} (above 0: the mouth comes later than before)"


def _ms(found: Json, name: str, unit: str) -> str:
    low, high = found[f"{name}_low"], found[f"{name}_high"]
    ends = "" if low is None else f" ({low:+.1f} to {high:+.1f})"
    return f"{found[name]:+.1f} {unit}{ends}"


def _row(item: Json, *, judged: bool) -> list[str]:
    low, high = item["difference_low"], item["difference_high"]
    has_band = item["lower"] is not None or item["upper"] is not None
    expected = band(item["lower"], item["upper"]) if judged and has_band else ""
    if item.get("expected") is not None:
        expected = f"near {number(item['expected'])}"
    return [
        item["measure"],
        item["words"],
        _number(item["before"]),
        _number(item["after"]),
        "" if item["difference"] is None else f"{item['difference']:+.6g}",
        "" if low is None else f"{low:+.6g} to {high:+.6g}",
        _in_sd(item),
        expected,
        item["change"].replace("_", " "),
    ]


def _in_sd(item: Json) -> str:
    """Of a natural measure: the difference in what the same person varies by."""
    if item.get("difference_sd") is None:
        return ""
    found = f"{item['difference_sd']:+.2f}"
    low, high = item["difference_sd_low"], item["difference_sd_high"]
    return found if low is None else f"{found} ({low:+.2f} to {high:+.2f})"


def _number(value: float | None) -> str:
    return "" if value is None else number(value)
