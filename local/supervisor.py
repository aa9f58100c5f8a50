"""Watches the stack's processes: one that crashes is started again, until it crashes too often."""

import time
from collections import defaultdict
from collections.abc import Callable

from local.bootstrap.console import say
from local.errors import StackError
from local.process import Process
from local.stack import Stack

POLL = 0.2  # [s]
MAX_CRASHES = 3
WINDOW = 60.0  # [s]; more than MAX_CRASHES within it, and the supervisor gives up


def watch(stack: Stack) -> None:
    """Never returns: ends by KeyboardInterrupt, or by StackError when it gives up."""
    crashes: dict[str, list[float]] = defaultdict(list)
    while True:
        for process, start in stack.parts():
            if not process.running:
                _restart(process, start, crashes[process.name])
        time.sleep(POLL)


def _restart(process: Process, start: Callable[[], None], times: list[float]) -> None:
    """Raises StackError when it crashed too often lately; `times` are the times it was."""
    what = f"{process.name} stopped by itself (exit code {process.exit_code()})"
    while True:
        now = time.monotonic()
        times[:] = [at for at in times if now - at < WINDOW] + [now]
        if len(times) > MAX_CRASHES:
            raise StackError(
                f"{what}, {len(times)} times within {WINDOW:.0f} s. The end of {process.log}:\n"
                f"{process.last_lines()}"
            )
        say(f"{what}; starting it again. Its log: {process.log}")
        try:
            start()
        except StackError as error:
            say(str(error))
            what = f"{process.name} did not start again"
        else:
            say(f"{process.name} runs again.")
            return
