"""Running one of OpenFace's programs: its output read as it comes, and its end, however it ends.

The program stays in the process group of the engine's process, which the pool kills as a whole;
and it dies with its parent where only that is killed.
"""

import os
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from shared.engines.openface import launch

_POLL: Final = 0.5  # [s] between two looks at the progress
_KEPT: Final = 16_384  # [bytes] of output; OpenFace prints about 1 KB
_NO_LIBRARY: Final = re.compile(rb"loading shared libraries: ([\w.+-]+)")
_NO_PROGRAM: Final = re.compile(rb"cannot start: ([^\n]+)")
_PERCENT: Final = re.compile(rb"\b(\d{1,3})% ")


class TookTooLongError(Exception):
    """The program was killed at its deadline."""


@dataclass(frozen=True, slots=True)
class CompletedRun:
    """How a run ended. An exit code of 0 says little: see `engine`."""

    status: int  # the exit code; negative: the signal that ended it
    output: bytes  # the end of what it printed: messages and errors alike

    @property
    def start_fault(self) -> str | None:
        """Why the program did not start at all, as the end of a sentence."""
        if self.status != launch.CANNOT_START:
            return None
        if found := _NO_LIBRARY.search(self.output):
            return f"the library {found[1].decode()} is missing"
        found = _NO_PROGRAM.search(self.output)
        return found[1].decode("utf-8", "replace") if found else "exit code 127"

    @property
    def in_words(self) -> str:
        number = -self.status if self.status < 0 else self.status - 128
        if self.status < 0 or self.status > 128:  # 134: a shell's way to say SIGABRT
            known = number in list(signal.Signals)
            return f"was ended by {signal.Signals(number).name if known else f'signal {number}'}"
        return f"ended with exit code {self.status}"


def run(
    command: Sequence[str],
    *,
    watch: Callable[[int], None] | None = None,
    deadline: float | None = None,
) -> CompletedRun:
    """Run a program to its end in its own folder.

    `watch` is called about twice a second with the last percentage it printed (0 before the
    first). `deadline` is in seconds; without one the caller's own end ends the program.
    """
    process = _start(command)
    try:
        output = _read(process, watch, deadline)
        return CompletedRun(process.wait(), output)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()


def _start(command: Sequence[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-IS", launch.__file__, str(os.getpid()), *command],
        cwd=Path(command[0]).parent,
        # a decimal comma in a CSV would be two fields; OpenCV with Qt aborts without a display
        env={**os.environ, "LC_ALL": "C", "QT_QPA_PLATFORM": "offscreen"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        bufsize=0,
    )


def _read(
    process: subprocess.Popen[bytes], watch: Callable[[int], None] | None, deadline: float | None
) -> bytes:
    if process.stdout is None:
        raise RuntimeError("Popen was asked for a pipe and gave none")
    pipe = process.stdout.fileno()
    kept = b""
    percent = 0
    end = None if deadline is None else time.monotonic() + deadline
    while True:
        ready, _, _ = select.select([pipe], [], [], _POLL)
        if ready:
            data = os.read(pipe, _KEPT)
            if not data:
                return kept
            kept = (kept + data)[-_KEPT:]
            percent = max([percent, *map(int, _PERCENT.findall(kept))])
        if watch is not None:
            watch(min(percent, 100))
        if end is not None and time.monotonic() >= end:
            raise TookTooLongError
