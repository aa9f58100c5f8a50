"""Jinja2 and what the templates know besides their values.

Everything a template prints is escaped. What is HTML already (a chart) is `Markup`, made by the
function that escaped its parts. An undefined name is an error, not an empty text.
"""

import datetime as dt
import re
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from shared.database.tables import State, Step
from shared.measurements.model import MediaType
from shared.pages import addresses, figures, static_files
from shared.platform.paths import ROOT

FOLDER: Final = ROOT / "web" / "templates"

_NUMBER: Final = re.compile(r"-?\d+\.\d+")

TYPE_WORDS: Final = {
    MediaType.IP: "image, one face",
    MediaType.IW: "image, every face",
    MediaType.VS: "video, one face",
    MediaType.VM: "video, every face",
}
STATE_WORDS: Final = {
    State.CREATED: "waiting for its media",
    State.UPLOADED: "waiting to be measured",
    State.EXTRACTING: "measuring",
    State.EXTRACTED: "waiting for analysis",
    State.ANALYSING: "analysing",
    State.DONE: "done",
    State.FAILED: "failed",
}
STEP_WORDS: Final = {
    Step.UPLOAD: "Upload",
    Step.EXTRACT: "Measure",
    Step.ANALYSE: "Analyse",
}


def render(template: str, values: Mapping[str, Any]) -> str:
    return environment().get_template(template).render(values)


@cache
def environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.globals |= {
        "static": static_files.address,
        "to": addresses,
        "TYPE_WORDS": TYPE_WORDS,
        "STATE_WORDS": STATE_WORDS,
        "STEP_WORDS": STEP_WORDS,
    }
    made.filters |= {
        "moment": moment,
        "iso": iso,
        "clock": clock,
        "day": day,
        "seconds": seconds,
        "timecode": timecode,
        "size": size,
        "number": number,
        "figure": figures.figure,
        "build": build_words,
        "deviations": deviations,
        "amount": figures.amount,
        "signed": figures.signed,
        "rounded": rounded,
        "whole": whole,
        "percent": percent,
    }
    return made


def moment(time: dt.datetime) -> str:
    """`23 Nov 2026, 12:59 UTC`; a script makes it the reader's own time."""
    return f"{time.astimezone(dt.UTC):%-d %b %Y, %H:%M} UTC"


def day(date: dt.date) -> str:
    return f"{date:%-d %b %Y}"


def clock(time: dt.datetime) -> str:
    return f"{time.astimezone(dt.UTC):%H:%M:%S}"


def iso(time: dt.datetime) -> str:
    """To the microsecond, so that it can be compared with the database's."""
    return time.astimezone(dt.UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def seconds(value: float) -> str:
    """`0.42 s`, `12 s`, `3 min 5 s`, `1 h 2 min`."""
    if value < 10:
        return f"{value:.2f} s" if value < 1 else f"{value:.1f} s"
    whole_seconds = round(value)
    if whole_seconds < 60:
        return f"{whole_seconds} s"
    minutes, rest = divmod(whole_seconds, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


def timecode(value: float, decimals: int = 0) -> str:
    """A moment of a clip: `0:07`, `12:05`, `0:07.48`."""
    whole_part, fraction = divmod(round(value * 10**decimals), 10**decimals)
    text = f"{whole_part // 60}:{whole_part % 60:02d}"
    return f"{text}.{fraction:0{decimals}d}" if decimals else text


def size(value: int) -> str:
    """`512 B`, `48 kB`, `2.4 MB`, in powers of 1000 as file managers show them."""
    amount, units = float(value), ["B", "kB", "MB", "GB"]
    while amount >= 999.5 and len(units) > 1:
        amount /= 1000
        units.pop(0)
    decimals = 1 if units[0] != "B" and amount < 10 else 0
    return f"{amount:.{decimals}f} {units[0]}"


def number(value: float | None, most: int = 2) -> str:
    """At most so many decimals, and no more than are needed; a dash where there is no number."""
    if value is None:
        return "–"
    if 0 < abs(value) < 0.1:
        most += 1  # a jitter of 0.004 is not none
    text = f"{value:.{most}f}".rstrip("0").rstrip(".") if most else f"{value:.0f}"
    return "0" if text in ("-0", "") else text.replace("-", "\u2212")


def rounded(sentence: str) -> str:
    """A report's sentence with its numbers as the page shows them; the report keeps them whole.

    Numbers that differ still do: `0.5523 is above 0.5517` must not read `0.55 is above 0.55`.
    """
    exact = set(_NUMBER.findall(sentence))

    def short(found: str, most: int) -> str:
        return number(float(found), most)

    enough = (n for n in (2, 3, 4) if len({short(each, n) for each in exact}) == len(exact))
    most = next(enough, 6)
    return _NUMBER.sub(lambda found: short(found[0], most), sentence)


def build_words(name: str) -> str:
    """A build's name as a person would say it: uploads without one are stored as `default`."""
    return "unnamed build" if name == "default" else name


def deviations(value: float) -> str:
    """`+1.2 sd`."""
    return f"{figures.distance(value, 0.0)} sd"


def whole(value: int) -> str:
    """`18,000`."""
    return f"{value:,}"


def percent(share: float | None) -> str:
    if share is None:
        return "–"
    value = share * 100
    if 0 < value < 1 or 99 < value < 100:  # 99.96 % must not read as all of it
        return f"{min(max(value, 0.1), 99.9):.1f} %"
    return f"{value:.0f} %"
