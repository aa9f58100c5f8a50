"""Lines for a person, on standard error: standard output is for a command's result."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

_WIDTH = 46


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


@contextmanager
def step(text: str) -> Iterator[None]:
    """Say what is being done, and how long it took when it is done."""
    print(f"  {text} ...".ljust(_WIDTH), end="", file=sys.stderr, flush=True)
    start = time.monotonic()
    try:
        yield
    except Exception:
        say(" failed")
        raise
    except BaseException:
        say(" interrupted")
        raise
    say(f" {time.monotonic() - start:5.1f} s")
