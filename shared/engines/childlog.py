"""What a child process prints, as log records of the call during which it came.

Bounded in length and number, because a native library in a loop prints without end. A line of
our own logging keeps its level; the usual chatter of LiteRT is DEBUG; any
other line is a WARNING, since nobody prints to standard error without a reason.
"""

import logging
import re
from typing import Any, Final

Log = logging.Logger | logging.LoggerAdapter[Any]

MAX_LINE: Final = 500  # characters
MAX_LINES: Final = 200  # a call

_OWN: Final = re.compile(r"(DEBUG|INFO|WARNING|ERROR|CRITICAL) ")
_CHATTER: Final = re.compile(r"INFO: Created TensorFlow Lite")
_NO_MEMORY: Final = re.compile(r"bad_alloc|MemoryError|annot allocate memory|[Oo]ut of memory")


class ChildLog:
    def __init__(self, log: Log) -> None:
        self._log = log
        self._rest = b""
        self._lines = 0
        self.out_of_memory = False  # a line said so

    def feed(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._write(line)
        if len(self._rest) > MAX_LINE * 4:  # no end of line in sight
            self._write(self._rest)
            self._rest = b""

    def close(self) -> None:
        if self._rest:
            self._write(self._rest)
            self._rest = b""
        if self._lines > MAX_LINES:
            self._log.warning("engine: %d further lines left out", self._lines - MAX_LINES)

    def _write(self, line: bytes) -> None:
        text = line.decode("utf-8", "replace").rstrip()
        if not text:
            return
        self.out_of_memory = self.out_of_memory or _NO_MEMORY.search(text) is not None
        self._lines += 1
        if self._lines <= MAX_LINES:
            self._log.log(_level(text), "engine: %s", text[:MAX_LINE])


def _level(text: str) -> int:
    if _CHATTER.match(text):
        return logging.DEBUG
    own = _OWN.match(text)
    return logging.getLevelNamesMapping()[own[1]] if own else logging.WARNING
