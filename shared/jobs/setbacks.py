"""What the timers could not deal with: one bad thing must not stop the rest.

An archived blob, forged metadata, a leased container: whatever is met, the things after it have
their turn. A thing that failed is left alone for a while, twice as long after each failure. Kept in
the process: another one tries for itself, and a restart tries all of them again.
"""

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, TypeVar

from shared.platform import telemetry
from shared.platform.outages import Log, is_outage

FIRST_PAUSE_SECONDS: Final = 60.0  # the shortest interval of a timer
LONGEST_PAUSE_SECONDS: Final = 6 * 3600.0
MAX_REMEMBERED: Final = 10_000  # things; then the oldest is forgotten, and tried again
OUTAGES_IN_A_ROW: Final = 3  # then it is not the things: storage or database is away for all

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class _Setback:
    times: int
    again: float  # by the monotonic clock [s]


class Setbacks:
    """Things by kind and key that failed last time, and when each is tried again."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._known: dict[tuple[str, str], _Setback] = {}

    def __len__(self) -> int:
        return len(self._known)

    def each(
        self,
        kind: str,
        items: Iterable[Item],
        action: Callable[[Item], object],
        *,
        key: Callable[[Item], str],
        log: Callable[[str], Log],
    ) -> int:
        """Do `action` with each of the items; how many of them it was done with, and said so.

        Raises only where storage or database is away for one thing after the other.
        """
        done = outages = 0
        for item in items:
            name = key(item)
            if self._waits(kind, name):
                continue
            try:
                done += bool(action(item))
            except Exception as error:
                outages = outages + 1 if is_outage(error) else 0
                pause = self._failed(kind, name)
                telemetry.set_back(kind, error)
                log(name).warning(
                    "%s: passed over for %d s, %s",
                    kind,
                    pause,
                    type(error).__name__,
                    exc_info=None if is_outage(error) else error,
                )
                if outages == OUTAGES_IN_A_ROW:
                    raise
            else:
                outages = 0
                self._succeeded(kind, name)
        return done

    def _waits(self, kind: str, name: str) -> bool:
        with self._lock:
            found = self._known.get((kind, name))
        return found is not None and self._clock() < found.again

    def _failed(self, kind: str, name: str) -> float:
        with self._lock:
            before = self._known.pop((kind, name), None)
            times = before.times + 1 if before else 1
            doubled: float = FIRST_PAUSE_SECONDS * 2.0 ** min(times - 1, 20)
            pause = min(doubled, LONGEST_PAUSE_SECONDS)
            while len(self._known) >= MAX_REMEMBERED:
                del self._known[next(iter(self._known))]
            self._known[kind, name] = _Setback(times, self._clock() + pause)
        return pause

    def _succeeded(self, kind: str, name: str) -> None:
        with self._lock:
            self._known.pop((kind, name), None)
