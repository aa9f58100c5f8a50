"""Runs one command and makes sure that nothing of it outlives the program that asked for it.

    python -m local.guard --log FILE [--signal INT] [--grace SECONDS] -- COMMAND ...

The guard writes the command's process id and a line feed to its standard output, and exits with
the command's exit code (128 + n for signal n). It ends the command when its standard input is
closed: on request, and just as well when the asking program was killed, because the kernel closes
the pipe then. Ending means: the signal, the grace period, then SIGKILL for everything that is left.

On Linux the guard adopts what its command leaves behind (child subreaper), so that a grandchild
that has made itself a session of its own is found too, and a killed guard takes its command along
(parent-death signal). Elsewhere it is the command's process group that is ended.
"""

import argparse
import ctypes
import os
import select
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import psutil

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
NOT_STARTED = 127  # the exit code of a command that could not be started, as in a shell


def _prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def _die_with_guard() -> None:
    """Runs in the child before exec; the guard has one thread, so this is safe."""
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


class Guard:
    """One command, from its start until nothing of it is left."""

    def __init__(self, command: list[str], log: Path, stop: signal.Signals, grace: float) -> None:
        self._stop = stop
        self._grace = grace
        self._status: int | None = None
        self._wakeup, writer = os.pipe()
        for end in (self._wakeup, writer):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
        self._stop_asked = False
        signal.signal(signal.SIGCHLD, lambda *_: None)
        for number in _STOP_SIGNALS:
            signal.signal(number, self._ask_to_stop)
        _prctl(_PR_SET_CHILD_SUBREAPER, 1)
        with log.open("ab") as output:
            # Kept, though its id is all that is used: when a Popen is collected, it takes the exit
            # status of a command that has ended by then.
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                process_group=0,
                preexec_fn=_die_with_guard,  # noqa: PLW1509  # one thread: see above
            )
        self._pid = self._process.pid

    def _ask_to_stop(self, *_: object) -> None:
        self._stop_asked = True

    def run(self) -> int:
        print(self._pid, flush=True)
        while self._status is None and not self._stop_asked:
            ready, _, _ = select.select([sys.stdin, self._wakeup], [], [])
            self._reap()
            if sys.stdin in ready and not os.read(sys.stdin.fileno(), 1024):
                self._stop_asked = True
        if self._status is None:
            self._signal(self._pid, self._stop)
            self._wait(self._grace)
        self._kill_rest()
        if self._status is None:
            return -signal.SIGKILL
        return os.waitstatus_to_exitcode(self._status)

    def _reap(self) -> None:
        """Collect ended children, adopted ones included; note the command's own status."""
        while True:
            try:
                os.read(self._wakeup, 1024)
            except BlockingIOError:
                break
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if pid == self._pid:
                self._status = status

    def _wait(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while self._status is None and (left := deadline - time.monotonic()) > 0:
            select.select([self._wakeup], [], [], left)
            self._reap()

    def _kill_rest(self) -> None:
        """SIGKILL for the command, its group and every descendant, until none is left."""
        for _ in range(50):  # a process may fork while it is looked at
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._pid, signal.SIGKILL)
            rest = psutil.Process().children(recursive=True)
            for process in rest:
                self._signal(process.pid, signal.SIGKILL)
            self._reap()
            if not rest:
                return
            select.select([self._wakeup], [], [], 0.05)

    @staticmethod
    def _signal(pid: int, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m local.guard")
    parser.add_argument("--log", type=Path, required=True)
    parser.add_argument("--signal", default="TERM")
    parser.add_argument("--grace", type=float, default=5.0)
    parser.add_argument("command", nargs="+")
    options = parser.parse_args()
    try:
        guard = Guard(
            options.command, options.log, signal.Signals[f"SIG{options.signal}"], options.grace
        )
    except OSError as error:
        with options.log.open("a", encoding="utf-8") as log:
            log.write(f"{options.command[0]} could not be started: {error.strerror}\n")
        return NOT_STARTED
    code = guard.run()
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main())
