"""One console for the host's lines and the app's, each under the category the real host gives it.

`Function.NAME` are the host's lines about a function, `Function.NAME.User` what the function
itself logs, `Host` everything else. `logging.logLevel` in host.json sets the level of a category
and of all below it; the longest match counts.
"""

import contextvars
import logging
import sys
import time
from collections.abc import Mapping
from typing import Final

log: Final = logging.getLogger("local.host")

current_function: contextvars.ContextVar[str | None] = contextvars.ContextVar(
    "current_function", default=None
)
"""The function whose code runs here; empty in the host's own code."""

LEVELS: Final[Mapping[str, int]] = {
    "trace": 1,
    "debug": logging.DEBUG,
    "information": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
    "critical": logging.CRITICAL,
    "none": logging.CRITICAL + 1,
}


class _Formatter(logging.Formatter):
    converter = staticmethod(time.gmtime)
    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03dZ"

    def format(self, record: logging.LogRecord) -> str:
        record.label = "" if record.levelno < logging.WARNING else f"{record.levelname}: "
        return super().format(record)


class CategoryFilter(logging.Filter):
    """Lets a record pass when its category's level does."""

    def __init__(self, levels: Mapping[str, str]) -> None:
        super().__init__()
        self._default = LEVELS["information"]
        self._levels: list[tuple[str, int]] = []
        for category, level in levels.items():
            number = LEVELS.get(str(level).lower(), self._default)
            if category.lower() == "default":
                self._default = number
            else:
                self._levels.append((category.lower(), number))
        self._levels.sort(key=lambda item: len(item[0]), reverse=True)
        self.lowest = min(self._default, *(level for _, level in self._levels), logging.INFO)

    def filter(self, record: logging.LogRecord) -> bool:
        return record.levelno >= self.level_of(category_of(record))

    def level_of(self, category: str) -> int:
        category = category.lower()
        for prefix, level in self._levels:
            if category == prefix or category.startswith(f"{prefix}."):
                return level
        return self._default


def category_of(record: logging.LogRecord) -> str:
    """The real host's name for where a record comes from."""
    named: str | None = getattr(record, "category", None)
    if named is not None:
        return named
    function = current_function.get()
    return "Host" if function is None else f"Function.{function}.User"


def configure(levels: Mapping[str, str]) -> None:
    """Send everything to standard output, as `func` does."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(_Formatter("[%(asctime)s] %(label)s%(message)s"))
    categories = CategoryFilter(levels)
    handler.addFilter(categories)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(categories.lowest)
    # Each storage call logs its headers at INFO, which drowns the rest; the app may turn it on.
    logging.getLogger("azure").setLevel(logging.WARNING)
    logging.captureWarnings(capture=True)
