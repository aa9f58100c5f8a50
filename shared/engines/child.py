"""One child process as the pool sees it: started, asked one thing at a time, killed.

The calling thread itself attends to the child's three pipes while its call runs, so that there is
no reader thread to leak, and what the child prints belongs to the call during which it came.
POSIX only: process groups, and `select` on pipes.
"""

import os
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Final

from shared.engines import protocol
from shared.engines.base import Outline
from shared.engines.childlog import ChildLog, Log
from shared.engines.protocol import Call, Message
from shared.platform.errors import Code, CrashError, EngineError

_POLL: Final = 0.5  # [s] between two questions whether the call was cancelled
_CHUNK: Final = 65_536  # [bytes]
_FAULTS: Final = (signal.SIGSEGV, signal.SIGBUS, signal.SIGFPE, signal.SIGABRT)
"""Signals that a process brings upon itself by what it reads. Others come from outside or, as that
of an unknown instruction, from the machine."""
_EXIT_GRACE: Final = 2.0  # [s] for a child that closed its pipe to end by itself


class Cancelled(Exception):  # like asyncio's: an outcome asked for, not an error
    """The caller no longer wants the result; the process that worked on it is gone."""


class Child:
    """A running child. After any exception from `call` but MediaError it must be killed."""

    def __init__(
        self, command: Sequence[str], environment: Mapping[str, str], directory: Path
    ) -> None:
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            cwd=directory,
            env=environment,
            start_new_session=True,  # a group of its own, to be killed with all it started
        )
        self._stdin, self._stdout, self._stderr = self._pipes()
        self.calls = 0

    def _pipes(self) -> tuple[IO[bytes], IO[bytes], IO[bytes]]:
        process = self._process
        if process.stdin is None or process.stdout is None or process.stderr is None:
            raise RuntimeError("Popen was asked for pipes and gave none")
        for pipe in (process.stdin, process.stdout, process.stderr):
            os.set_blocking(pipe.fileno(), False)
        return process.stdin, process.stdout, process.stderr

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def call(
        self,
        call: Call,
        arguments: Message,
        *,
        deadline: float,
        log: Log,
        progress: Callable[[int], None] | None = None,
        seen: Callable[[Outline], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> object:
        """Ask, and wait for the outcome at most `deadline` seconds.

        `cancelled` is asked twice a second. Raises MediaError, EngineError and Cancelled.
        """
        self.calls += 1
        request = protocol.encode({"id": self.calls, "call": call.value, **arguments})
        exchange = _Exchange(self.calls, request, progress, seen)
        child_log = ChildLog(log)
        started = time.monotonic()
        asked = started
        try:
            with self._selector() as selector:
                while not exchange.done:
                    now = time.monotonic()
                    if now - started >= deadline:
                        raise _failed(
                            f"The engine process did not finish {call.doing} within "
                            f"{deadline:g} seconds and was stopped."
                        )
                    if cancelled is not None and now - asked >= _POLL:
                        asked = now
                        if cancelled():
                            raise Cancelled
                    self._attend(
                        selector, min(_POLL, started + deadline - now), exchange, child_log
                    )
        except _Ended:
            self._drain(child_log)
            raise self._how_it_ended(call.doing, child_log) from None
        except _Garbage as error:
            raise _failed(
                f"The engine process answered what cannot be understood while {call.doing} "
                f"({error})."
            ) from None
        finally:
            self._drain(child_log)
            child_log.close()
        return exchange.result()

    def interrupt(self) -> None:
        """Kill the group from another thread; the one in `call` notices and cleans up."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)

    def kill(self) -> None:
        """End the child and all it started, and collect it. Safe to repeat."""
        if not self._stdin.closed:
            self.interrupt()
            for pipe in (self._stdin, self._stdout, self._stderr):
                pipe.close()
            self._process.wait()

    def _selector(self) -> selectors.BaseSelector:
        selector = selectors.DefaultSelector()
        selector.register(self._stdin, selectors.EVENT_WRITE)
        selector.register(self._stdout, selectors.EVENT_READ)
        selector.register(self._stderr, selectors.EVENT_READ)
        return selector

    def _attend(
        self,
        selector: selectors.BaseSelector,
        timeout: float,
        exchange: "_Exchange",
        child_log: ChildLog,
    ) -> None:
        """Move what the pipes can take and give now."""
        for key, _ in selector.select(timeout):
            if key.fileobj is self._stdin:
                try:
                    exchange.sent(os.write(key.fd, exchange.unsent[:_CHUNK]))
                except BrokenPipeError:
                    raise _Ended from None
                if not exchange.unsent:
                    selector.unregister(self._stdin)
            elif key.fileobj is self._stderr:
                data = os.read(key.fd, _CHUNK)
                child_log.feed(data)
                if not data:
                    selector.unregister(self._stderr)
            else:
                exchange.received(os.read(key.fd, _CHUNK))

    def _drain(self, child_log: ChildLog) -> None:
        """What the child printed before its outcome is in the pipe by now."""
        with suppress(BlockingIOError):
            while data := os.read(self._stderr.fileno(), _CHUNK):
                child_log.feed(data)

    def _how_it_ended(self, doing: str, child_log: ChildLog) -> EngineError:
        try:
            status = self._process.wait(_EXIT_GRACE)
        except subprocess.TimeoutExpired:
            return _failed(f"The engine process closed its output while {doing}.")
        self._drain(child_log)
        if child_log.out_of_memory:
            return _failed(f"The engine process ran out of memory while {doing}.")
        if status >= 0:
            return _failed(f"The engine process ended with exit code {status} while {doing}.")
        kind = CrashError if -status in _FAULTS else EngineError
        return kind(
            Code.ENGINE_FAILED,
            f"The engine process was killed by signal {-status} "
            f"({signal.Signals(-status).name}) while {doing}.",
        )


class _Exchange:
    """One request and what comes back for it."""

    def __init__(
        self,
        number: int,
        request: bytes,
        progress: Callable[[int], None] | None,
        seen: Callable[[Outline], None] | None,
    ) -> None:
        self._number = number
        self._progress = progress
        self._seen = seen
        self._buffer = bytearray()
        self._outcome: Message | None = None
        self.unsent = memoryview(request)

    @property
    def done(self) -> bool:
        return self._outcome is not None

    def sent(self, count: int) -> None:
        self.unsent = self.unsent[count:]

    def received(self, data: bytes) -> None:
        """Raises _Ended at the end of the pipe and _Garbage for what is no message."""
        if not data:
            raise _Ended
        self._buffer += data
        while (end := self._buffer.find(b"\n")) >= 0:
            line = bytes(self._buffer[: end + 1])
            del self._buffer[: end + 1]
            self._message(line)
        if len(self._buffer) > protocol.MAX_LINE:
            raise _Garbage("a line without end")

    def _message(self, line: bytes) -> None:
        try:
            message = protocol.decode(line)
        except ValueError:
            raise _Garbage("no message") from None
        if message.get("id") != self._number or self.done:
            raise _Garbage("a message out of turn")
        if message.keys() & protocol.OUTCOMES:
            self._outcome = message
        elif not isinstance(message.get("progress"), int):
            raise _Garbage("a message of no known kind")
        else:
            self._report(message)

    def _report(self, message: Message) -> None:
        if self._seen is not None:
            try:
                self._seen(protocol.outline(message))
            except ValueError:
                raise _Garbage("a face of no known kind") from None
        if self._progress is not None:
            self._progress(message["progress"])

    def result(self) -> object:
        outcome = self._outcome or {}
        if "refusal" in outcome:
            raise protocol.refusal(outcome["refusal"])
        if "failure" in outcome:
            raise protocol.failure(outcome["failure"])
        return outcome["result"]


class _Ended(Exception):  # a signal within this module
    """The child closed a pipe before it answered."""


class _Garbage(Exception):  # a signal within this module
    """The child broke the protocol."""


def _failed(sentence: str) -> EngineError:
    return EngineError(Code.ENGINE_FAILED, sentence)
