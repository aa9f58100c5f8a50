"""Child processes of one purpose: so many at most, lent to one call at a time.

Who waits for a child is served by what his job has left, least first, so that a short clip waits
for one segment of a long one and not for all. Nobody is passed over more than `MOST_PASSED` times.

Where a child crashes, another is asked; what crashes two in a row is the media's fault.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from shared.engines.child import Cancelled, Child
from shared.platform.errors import Code, CrashError, EngineError, MediaError

MOST_PASSED: Final = 8  # turns that others get first; so a long clip has one in nine at least
CALLS_PER_CHILD: Final = 500  # then it is replaced, against slow leaks in native libraries
_POLL: Final = 0.5  # [s]


@dataclass(slots=True, eq=False)
class _Turn:
    """A call that waits for a child."""

    left: int  # frames of its job
    passed: int = 0  # turns that others got since it came


class Crew:
    """Up to `size` children, started when first needed and lent to one call at a time."""

    def __init__(self, size: int, start: Callable[[], Child]) -> None:
        self._size = size
        self._start = start
        self._changed = threading.Condition()
        self._idle: list[Child] = []  # the one used last is the warmest and is lent first
        self._busy: set[Child] = set()
        self._waiting: list[_Turn] = []  # in the order in which they came
        self._starting = 0
        self._closed = False
        self.lost = 0

    def ask(
        self,
        question: Callable[[Child], object],
        cancelled: Callable[[], bool] | None = None,
        left: int = 0,
    ) -> object:
        """Of a child; of another one where it crashed. MediaError where that one did, too."""
        try:
            with self.child(cancelled, left) as child:
                return question(child)
        except CrashError:
            pass
        try:
            with self.child(cancelled, left) as child:
                return question(child)
        except CrashError as error:
            raise MediaError(
                Code.UNDECODABLE_MEDIA,
                f"The file ends the process that reads it, in two tries: {error.detail} "
                "It may be damaged: encode it anew.",
            ) from None

    @contextmanager
    def child(self, cancelled: Callable[[], bool] | None, left: int = 0) -> Iterator[Child]:
        """Lend a child; what happens to it afterwards depends on how the call ended."""
        child = self._take(cancelled, left)
        keep = False
        try:
            yield child
            keep = True
        except MediaError:  # the media's fault: the child is sound
            keep = True
            raise
        finally:
            self._give_back(child, keep=keep)

    def dismiss(self) -> None:
        """End the idle children; the next call starts fresh ones."""
        with self._changed:
            idle, self._idle = self._idle, []
        for child in idle:
            child.kill()

    def close(self) -> None:
        with self._changed:
            self._closed = True
            for child in self._busy:
                child.interrupt()
            self._changed.notify_all()
            self._changed.wait_for(lambda: not self._busy and not self._starting, timeout=10)
        self.dismiss()

    def _take(self, cancelled: Callable[[], bool] | None, left: int) -> Child:
        with self._changed:
            self._await_turn(cancelled, _Turn(left))
            self._refuse_if_closed()
            while self._idle:
                child = self._idle.pop()
                if child.alive:
                    self._busy.add(child)
                    return child
                child.kill()
                self.lost += 1
            self._starting += 1
        started: Child | None = None
        try:
            started = self._start()
        finally:
            with self._changed:
                self._starting -= 1
                if started is not None:
                    self._busy.add(started)
                    if self._closed:  # meanwhile: its call is to end like that of all others
                        started.interrupt()
                self._changed.notify_all()
        return started

    def _await_turn(self, cancelled: Callable[[], bool] | None, turn: _Turn) -> None:
        """Return when a child is free for this call, or the crew is closed."""
        self._waiting.append(turn)
        try:
            while not self._closed and not (self._free and self._next is turn):
                self._changed.wait(_POLL)
                if cancelled is not None and cancelled():
                    raise Cancelled
        finally:
            self._waiting.remove(turn)
            self._changed.notify_all()  # another is the next
        for other in self._waiting:
            other.passed += 1

    @property
    def _free(self) -> bool:
        return len(self._busy) + self._starting < self._size

    @property
    def _next(self) -> _Turn:
        """Who was passed over too often, longest waiting first; else who has least left."""
        overdue = [turn for turn in self._waiting if turn.passed >= MOST_PASSED]
        return overdue[0] if overdue else min(self._waiting, key=lambda turn: turn.left)

    def _give_back(self, child: Child, *, keep: bool) -> None:
        if not keep or child.calls >= CALLS_PER_CHILD:
            child.kill()
        with self._changed:
            self._busy.discard(child)
            if not keep:
                self.lost += 1
            elif child.calls < CALLS_PER_CHILD:
                self._idle.append(child)
            self._changed.notify_all()

    def _refuse_if_closed(self) -> None:
        if self._closed:
            raise EngineError(Code.ENGINE_FAILED, "The engine processes are being shut down.")
