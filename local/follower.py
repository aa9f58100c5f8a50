"""Shows what is added to a log, as `tail -f` does: all of it, or what is made of each line."""

import re
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self, TextIO

_POLL = 0.1  # [s]
_ENDED = re.compile(
    r"\[[\d-]+T([\d:]+)\S*\] (?:ERROR: )?\[job (\S+)\] "
    r"(?:analyse: (measurement \d.*)|(?:\w+: )?(failed[:,] .*))"
)

Show = Callable[[str], str | None]
"""What is shown of a line of the log; None: nothing."""


def whole(line: str) -> str:
    return line


def ended_job(line: str) -> str | None:
    """When which job ended, and how; None where a line tells of no end."""
    found = _ENDED.match(line)
    return f"{found[1]}  job {found[2]}: {found[3] or found[4]}\n" if found else None


class Follower:
    """Copies to standard output what `show` makes of the lines that come while the block runs."""

    def __init__(self, log: Path, show: Show) -> None:
        self._path = log
        self._show = show
        self._stop = threading.Event()

    def __enter__(self) -> Self:
        log = self._path.open(encoding="utf-8", errors="replace")
        log.seek(0, 2)
        self._thread = threading.Thread(target=self._follow, args=(log,), daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._thread.join()

    def _follow(self, log: TextIO) -> None:
        unfinished = ""
        with log:
            while not self._stop.wait(_POLL):
                unfinished = self._copy(log, unfinished)

    def _copy(self, log: TextIO, unfinished: str) -> str:
        """Show the lines that are there, of which the first may have begun before; the rest."""
        *lines, rest = (unfinished + log.read()).split("\n")
        for line in lines:
            shown = self._show(f"{line}\n")
            if shown is not None:
                sys.stdout.write(shown)
        sys.stdout.flush()
        return rest
