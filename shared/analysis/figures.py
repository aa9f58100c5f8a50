"""Numbers of reports, the same way everywhere: two significant digits, shares in percent.

A value never reads as a bound that it is not: 0.897 beside at least 0.9 is `89.7 %`, not `90 %`.
"""

import re
from collections.abc import Sequence
from typing import Final

import numpy as np

MOST_DIGITS: Final = 6
SHARE: Final = "share"  # the unit of what is said in percent
OF: Final = 100  # real recordings

_UNITS: Final = {SHARE: "", "intensity": "", "ratio": "", "1/min": "/min", "1/s": "/s"}
_NUMBER: Final = re.compile(r"-?\d+(?:\.\d+)?")


def figure(value: float | None, digits: int = 2) -> str:
    """`0.0038`, `0.31`, `12`, `130`; a dash where there is no number."""
    if value is None:
        return "–"
    exact = float(f"{value:.{digits - 1}e}")
    whole = round(value) if abs(value) >= 10 ** (digits - 1) else exact
    text = np.format_float_positional(whole, trim="-")
    return "0" if text == "-0" else text.replace("-", "\u2212")


def amount(value: float | None, unit: str, beside: Sequence[float | None] = ()) -> str:
    """A value as it is shown beside these bounds."""
    if value is None:
        return "–"
    others = [bound for bound in beside if bound is not None and bound != value]
    if unit == SHARE:
        others += [end for end in (0.0, 1.0) if end != value]
    for digits in range(2, MOST_DIGITS):
        text = _written(value, unit, digits)
        if all(_written(other, unit, digits) != text for other in others):
            return text
    return _written(value, unit, MOST_DIGITS)


def signed(value: float | None, unit: str) -> str:
    """A difference: `+0.31`, `\u22120.0042`, `+12 %`."""
    if value is None:
        return "–"
    return ("+" if value > 0 else "\u2212" if value < 0 else "") + amount(abs(value), unit)


def quantity(value: float | None, unit: str, beside: Sequence[float | None] = ()) -> str:
    """As `amount`, with its unit."""
    words = unit_words(unit)
    return f"{amount(value, unit, beside)}{'' if words.startswith('/') else ' '}{words}".rstrip()


def rounded(sentence: str) -> str:
    """A sentence with its numbers as short as tells them apart: two significant digits or more.

    `0.5523 is above 0.5517` must not read `0.55 is above 0.55`, nor `3.04 is above 3` as `3`.
    """
    exact = set(map(float, _NUMBER.findall(sentence)))
    enough = (n for n in range(2, MOST_DIGITS) if len({figure(v, n) for v in exact}) == len(exact))
    digits = next(enough, MOST_DIGITS)
    return _NUMBER.sub(lambda found: _short(found[0], digits), sentence)


def _short(number: str, digits: int) -> str:
    """Whole numbers stay as they are: they count something, or name it (`AU06`)."""
    return figure(float(number), digits) if "." in number else number


def distance(z: float, limit: float) -> str:
    """Standard deviations with their sign, told from the limit: `+0.1`, `\u22123.28`, `0`."""
    text = amount(abs(z), "", (limit,)) if abs(z) >= 1 else f"{abs(z):.1f}"
    if text == "0.0":
        return "0"
    return ("\u2212" if z < 0 else "+") + text


def band(lower: float | None, upper: float | None, unit: str, value: float | None = None) -> str:
    """Bounds in words, each told from the value that is held to them."""
    if lower is None and upper is None:
        return ""
    if lower is None:
        return f"at most {amount(upper, unit, (value,))}"
    if upper is None:
        return f"at least {amount(lower, unit, (value,))}"
    return f"{amount(lower, unit, (value,))} to {amount(upper, unit, (value,))}"


def unit_words(unit: str) -> str:
    """A unit as it stands behind a measure's name; empty where the value says it."""
    return _UNITS.get(unit, unit)


def ranked(percentile: float) -> str:
    """The share of real recordings that deviate less, as a person would say it."""
    below = min(max(round(percentile * OF), 1), OF - 1)
    if below * 2 >= OF:
        return f"deviates more than {below} of {OF} real recordings"
    return f"deviates less than {OF - below} of {OF} real recordings"


def _written(value: float, unit: str, digits: int) -> str:
    if unit == SHARE:
        return f"{value * 100:.{digits - 2}f} %"
    return figure(value, digits)
