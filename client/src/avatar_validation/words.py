"""How numbers and times are put into words."""

from collections.abc import Mapping
from datetime import datetime
from typing import TypeVar

T = TypeVar("T")

DIGITS = 2  # significant ones of any number that is shown
MOST_DIGITS = 6  # values and bounds are compared at six decimals


def number(value: float, *bounds: float | None) -> str:
    """With two significant digits, or as many as tell it from bounds that it is not on."""
    others = [bound for bound in bounds if bound is not None and bound != value]
    for digits in range(DIGITS, MOST_DIGITS):
        text = _rounded(value, digits)
        if all(text != _rounded(bound, digits) for bound in others):
            return text
    return _rounded(value, MOST_DIGITS)


def measured(value: float, unit: str) -> str:
    """A number with its unit, as a person writes it: 98 % of a share, 25 /s."""
    if unit == "share":
        return f"{number(100 * value)} %"
    per = unit[1:] if unit.startswith("1/") else unit
    return f"{number(value)} {per}".rstrip()


def signed(value: float) -> str:
    """A difference."""
    text = _rounded(value + 0.0, DIGITS)  # 0 has no sign
    return text if value < 0 else f"+{text}"


def _rounded(value: float, digits: int) -> str:
    """Whole parts are never rounded away: 124, and not 120."""
    whole = len(f"{abs(value):.0f}")
    return f"{value:.{max(digits, whole)}g}" if abs(value) >= 1 else f"{value:.{digits}g}"


def band(lower: float | None, upper: float | None) -> str:
    """Bounds as a person says them; None is open."""
    if lower is None:
        return "anything" if upper is None else f"at most {_bound(upper)}"
    if upper is None:
        return f"at least {_bound(lower)}"
    return f"{_bound(lower)} to {_bound(upper)}"


def _bound(value: float) -> str:
    """As it was given, where somebody gave it: 10.5 is not rounded, 0.0098317 is."""
    given = f"{value:.6g}"
    return given if len(given.lstrip("-0.")) <= len("10.5") else number(value)


def counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def tally(counts: Mapping[T, int], words: Mapping[T, str]) -> str:
    """As "7 pass, 2 fail, 1 inconclusive": those that there are, in the order of `words`."""
    return ", ".join(f"{counts[key]} {word}" for key, word in words.items() if counts.get(key))


def day(moment: str) -> str:
    """3 March 2026, of the service's times, where the client runs."""
    at = _local(moment)
    return f"{at.day} {at:%B %Y}"


def minute(moment: str) -> str:
    """2026-03-03 14:05, likewise."""
    return f"{_local(moment):%Y-%m-%d %H:%M}"


def _local(moment: str) -> datetime:
    return datetime.fromisoformat(moment.replace("Z", "+00:00")).astimezone()
