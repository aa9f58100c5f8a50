"""Shows what is added to a log, as `tail -f` does."""

import shutil
import sys
import threading
from pathlib import Path
from types import TracebackType
from typing import Self

_POLL = 0.1  # [s]


class Follower:
    """Copies to standard output what is written to the log while the block runs."""

    def __init__(self, log: Path, *, enabled: bool = True) -> None:
        self._log = log
        self._enabled = enabled
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._follow, daemon=True)

    def __enter__(self) -> Self:
        if self._enabled:
            self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        if self._enabled:
            self._thread.join()

    def _follow(self) -> None:
        with self._log.open(encoding="utf-8", errors="replace") as log:
            log.seek(0, 2)
            while not self._stop.wait(_POLL):
                shutil.copyfileobj(log, sys.stdout)
                sys.stdout.flush()
