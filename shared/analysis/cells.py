"""Text in a cell of a CSV: never a formula, whatever a stranger called something.

A spreadsheet takes what begins with one of `= + - @`, a tab or a return for a formula, also in
quotes. Such text gets an apostrophe before it, which a spreadsheet does not show, and loses it when
it is read back; text that has apostrophes there by itself gets one more, so that none is lost.
"""

import re
from typing import Final

_FORMULA: Final = re.compile(r"'*[=+\-@\t\r]")
_NEUTRAL: Final = re.compile(r"'+[=+\-@\t\r]")


def neutral(text: str) -> str:
    return f"'{text}" if _FORMULA.match(text) else text


def plain(cell: str) -> str:
    """The reverse of `neutral`."""
    return cell[1:] if _NEUTRAL.match(cell) else cell
