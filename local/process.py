"""A process of the stack: started under a guard, watched, stopped or killed."""

import os
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from local.errors import StackError
from local.paths import ROOT

LOG_LIMIT = 16 * 1024 * 1024  # [bytes]; a longer log is put aside at the next start
STOP_MARGIN = 10.0  # [s] that a guard may take beyond its process's grace period


class Process:
    """One process and its log. `start` again after it ended; the log is appended to.

    `lock` is a file descriptor that the guard keeps open: the lock of a data folder is then held
    until the last process that works on the data is gone, however the stack ended.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str | Path],
        log: Path,
        *,
        environment: Mapping[str, str] | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
        grace: float = 5.0,
        lock: int | None = None,
    ) -> None:
        self.name = name
        self.command = [str(part) for part in command]
        self.log = log
        self.pid = 0  # of the process itself, not of its guard
        self._environment = dict(os.environ if environment is None else environment)
        self._stop_signal = stop_signal
        self._grace = grace
        self._lock = lock
        self._guard: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._close()  # the guard of one that crashed
        self.log.parent.mkdir(parents=True, exist_ok=True)
        if self.log.exists() and self.log.stat().st_size > LOG_LIMIT:
            self.log.replace(self.log.with_name(self.log.name + ".1"))
        guard = subprocess.Popen(
            [
                *(sys.executable, "-m", "local.guard"),
                *("--log", str(self.log)),
                *("--signal", self._stop_signal.name.removeprefix("SIG")),
                *("--grace", str(self._grace)),
                "--",
                *self.command,
            ],
            cwd=ROOT,
            env=self._environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,  # a Ctrl-C in the terminal is for us alone
            pass_fds=() if self._lock is None else (self._lock,),
        )
        self._guard = guard
        assert guard.stdout is not None
        with guard.stdout:
            line = guard.stdout.readline().strip()
        if not line:
            self._close()
            raise StackError(f"{self.name} could not be started:\n{self.last_lines()}")
        self.pid = int(line)

    def exit_code(self) -> int | None:
        """None while it runs. Like a shell's: 128 + n where signal n ended it."""
        return 0 if self._guard is None else self._guard.poll()

    @property
    def started(self) -> bool:
        """Whether it was started and not stopped since, whether or not it still runs."""
        return self._guard is not None

    @property
    def running(self) -> bool:
        return self._guard is not None and self._guard.poll() is None

    def stop(self) -> None:
        """End it in an orderly way, by force after the grace period. Safe to repeat."""
        self._close()

    def kill(self) -> None:
        """SIGKILL, as a crash or the out-of-memory killer would; waits until all of it is gone."""
        if self.running:
            with suppress(ProcessLookupError):  # it may have ended by itself just now
                os.kill(self.pid, signal.SIGKILL)
            assert self._guard is not None
            self._guard.wait(self._grace + STOP_MARGIN)
        self._close()

    def last_lines(self, count: int = 20) -> str:
        """The end of the log, for a message."""
        try:
            with self.log.open(encoding="utf-8", errors="replace") as lines:
                return "".join(deque(lines, count)).rstrip() or "(its log is empty)"
        except OSError:
            return "(it has no log)"

    def _close(self) -> None:
        guard, self._guard = self._guard, None
        if guard is None:
            return
        assert guard.stdin is not None
        guard.stdin.close()
        try:
            guard.wait(self._grace + STOP_MARGIN)
        except subprocess.TimeoutExpired:
            guard.kill()
            guard.wait()
