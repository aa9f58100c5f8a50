"""Comparisons in words and tables: of two builds, and of two measurements."""

from collections import Counter
from collections.abc import Sequence

from avatar_validation.service import Json
from avatar_validation.tool import Tool
from avatar_validation.words import band, counted, number, signed

CLEAR = ("worse", "better", "higher", "lower")
UNCHANGED = ("no_clear_change", "not_compared")


def show_builds(found: Json, tool: Tool, *, everything: bool) -> None:
    """What has changed over all pairs of clips."""
    pairs, held_to = found["pairs"], found["parameter_set"]
    tool.line(
        f"{found['avatar']}: from {found['from']} to {found['to']}{_held(held_to)}; "
        f"{counted(len(pairs), 'pair')} of clips"
    )
    for key, build in (("only_from", found["from"]), ("only_to", found["to"])):
        if found[key]:
            tool.line(f"Only in {build}: {', '.join(found[key])}")
    _notes(found["notices"], tool)
    for pair in pairs:
        tool.line(f"{pair['filename']}: {_by_itself(pair['comparison'])}")
        if pair["comparison"]["lip_sync"]:
            tool.line(f"{pair['filename']}: {_lip_sync(pair['comparison']['lip_sync'])}")
    changes = found["changes"]
    words = [_word(item) for item in changes]
    tool.line("")
    tool.line(f"Changes: {_counts(words)}")
    columns = ["measure", "", "pairs", "before", "after", "change", "95% interval"]
    columns += ["in sd", "expected", "word"]
    rows = [
        [
            *(item["measure"], item["name"], str(item["pairs"])),
            *(_number(item, "before", "after"), _number(item, "after", "before")),
            signed(item["change"]),
            _interval(item["low"], item["high"]),
            "" if item["change_sd"] is None else signed(item["change_sd"]),
            _expected(item) if held_to else "",
            _directed(item, word),
        ]
        for item, word in zip(changes, words, strict=True)
        if everything or item["word"] not in UNCHANGED
    ]
    _table(columns, rows, len(changes), tool)


def show_measurements(found: Json, tool: Tool, *, everything: bool) -> None:
    """What has changed, face by face."""
    before, after = found["before"], found["after"]
    names = [f"{each['name']} (measurement {each['report']})" for each in (before, after)]
    held_to = found["parameter_set"]
    tool.line(f"{before['avatar']}: from {names[0]} to {names[1]}{_held(held_to)}")
    _notes(found["notices"], tool)
    if found["lip_sync"]:
        tool.line(_lip_sync(found["lip_sync"]))
    for face in found["faces"]:
        differences = face["differences"]
        tool.line("")
        where = f"Face {face['before']}" if len(found["faces"]) > 1 else "Changes"
        tool.line(f"{where}: {_counts([item['change'] for item in differences])}")
        columns = [
            "measure",
            "",
            "before",
            "after",
            "change",
            f"{found['confidence']:.0%} interval",
        ]
        columns += ["in sd", "expected", "word"]
        rows = [
            [
                *(item["measure"], item["words"]),
                *(_number(item, "before", "after"), _number(item, "after", "before")),
                "" if item["difference"] is None else signed(item["difference"]),
                _interval(item["difference_low"], item["difference_high"]),
                "" if item["difference_sd"] is None else signed(item["difference_sd"]),
                _expected(item) if held_to else "",
                item["change"].replace("_", " "),
            ]
            for item in differences
            if everything or item["change"] not in UNCHANGED
        ]
        _table(columns, rows, len(differences), tool)


def _held(held_to: str | None) -> str:
    return f", held to {held_to}" if held_to else ""


def _notes(notices: Sequence[str], tool: Tool) -> None:
    for notice in notices:
        tool.line(f"Note: {notice}")


def _counts(words: Sequence[str]) -> str:
    counts = Counter(word.replace("_", " ") for word in words)
    return ", ".join(f"{count} {word}" for word, count in counts.items()) or "none"


def _by_itself(comparison: Json) -> str:
    """How many measures have clearly changed in one clip."""
    changes = [item["change"] for face in comparison["faces"] for item in face["differences"]]
    clear = sorted((change for change in changes if change not in UNCHANGED), key=CLEAR.index)
    return f"{_counts(clear)} by itself" if clear else "no clear change by itself"


def _word(change: Json) -> str:
    if change["word"] == "changed" and change["still_within"]:
        return "changed, still within"
    return str(change["word"])


def _directed(change: Json, word: str) -> str:
    direction = f" ({change['direction']})" if change["direction"] else ""
    return f"{word.replace('_', ' ')}{direction}"


def _table(columns: list[str], rows: list[list[str]], of_all: int, tool: Tool) -> None:
    if rows:
        tool.table(columns, rows)
    if len(rows) < of_all:
        tool.line(f"Not clearly changed: {of_all - len(rows)}; --all lists them.")


def _expected(item: Json) -> str:
    if item["expected"] is not None:
        return f"near {number(item['expected'])}"
    has_band = item["lower"] is not None or item["upper"] is not None
    return band(item["lower"], item["upper"]) if has_band else ""


def _interval(low: float | None, high: float | None) -> str:
    return "" if low is None or high is None else f"{signed(low)} to {signed(high)}"


def _number(item: Json, name: str, beside: str) -> str:
    return "" if item[name] is None else number(item[name], item[beside])


def _lip_sync(found: Json) -> str:
    if found["change"] is None:
        return f"Lip sync: not compared. {found['reason']}"
    text = f"Lip sync: {_ms(found, 'change', 'ms')}; drift {_ms(found, 'drift', 'ms/s')}"
    return f"{text} (above 0: the mouth comes later than before)"


def _ms(found: Json, name: str, unit: str) -> str:
    low, high = found[f"{name}_low"], found[f"{name}_high"]
    ends = "" if low is None else f" ({low:+.1f} to {high:+.1f})"
    return f"{round(found[name], 1) or 0:+.1f} {unit}{ends}"
