"""The child process that meets the media: `python -m shared.engines.worker PARENT MEMORY_MB`.

It takes one call at a time from its standard input and answers on its standard output, as
`shared.engines.protocol` says, until the input ends. The native libraries in it may crash, leak
or hang: the pool that started it kills and replaces it, and no more than one attempt is lost.

- Standard output belongs to the protocol alone: it is moved to a descriptor of our own, and
  whatever a library prints there goes to standard error, which the pool forwards to the log.
- The process dies with its parent, even a killed one, and ignores Ctrl-C, which is for the host.
- MEMORY_MB (0: none) limits the memory of its own that the process may have.
"""

import ctypes
import logging
import os
import resource
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import BinaryIO, Final

from shared.engines import protocol, registry
from shared.engines.base import Engine, EngineFactories, EngineStatus, Outlining, Task
from shared.engines.protocol import Call, Message
from shared.measurements.model import Options
from shared.measurements.sound import Heard
from shared.platform.errors import Code, EngineError, MediaError

logger = logging.getLogger(__name__)

PROGRESS_INTERVAL: Final = 0.1  # [s]; the host needs no more
_PR_SET_PDEATHSIG: Final = 1
_MB: Final = 1024 * 1024


class Worker:
    """Answers calls with the engines it is given, each made when first asked for."""

    def __init__(self, factories: EngineFactories, replies: BinaryIO, memory_mb: int) -> None:
        self._factories = factories
        self._engines: dict[str, Engine] = {}
        self._replies = replies
        self._memory_mb = memory_mb
        self._call_id = 0
        self._answers: dict[Call, Callable[[Message], object]] = {
            Call.PROBE: self._probe,
            Call.THUMBNAIL: self._thumbnail,
            Call.STILLS: self._stills,
            Call.STATUS: self._status,
            Call.PLAN: self._plan,
            Call.MEASURE: self._measure,
            Call.JOIN: self._join,
        }

    def answer(self, request: Message) -> None:
        """Do one call and send its outcome. An engine's own error ends here, as a reply."""
        call = Call(request["call"])
        self._call_id = request["id"]
        try:
            reply: Message = {"result": self._answers[call](request)}
        except MediaError as error:
            reply = {"refusal": protocol.problem_to_json(error)}
        except EngineError as error:
            reply = {"failure": protocol.problem_to_json(error)}
        except MemoryError:
            logger.exception("out of memory")
            reply = _failure(call, f"it needs more memory than {self._memory_limit()}")
        except Exception as error:  # the process boundary: whatever an engine's libraries raise
            logger.exception("unexpected error")
            reply = _failure(call, f"there was an unexpected {type(error).__name__}")
        self._send(reply)

    def _send(self, message: Message) -> None:
        sys.stderr.flush()  # what was logged during a call is in the pipe before its outcome
        self._replies.write(protocol.encode({"id": self._call_id, **message}))
        self._replies.flush()

    def _memory_limit(self) -> str:
        return f"its limit of {self._memory_mb} MB" if self._memory_mb else "there is"

    def _engine(self, request: Message) -> Engine:
        name = request["engine"]
        if name not in self._factories:
            names = ", ".join(self._factories)
            raise MediaError(
                Code.UNKNOWN_ENGINE, f"There is no engine called {name!r}. There are: {names}."
            )
        if name not in self._engines:
            self._engines[name] = self._factories[name]()
        return self._engines[name]

    def _probe(self, request: Message) -> Message:
        from shared.media.probe import probe  # noqa: PLC0415  # decoders, which not every child needs

        return probe(Path(request["path"]), Options(**request["options"])).to_json()

    def _thumbnail(self, request: Message) -> None:
        from shared.media.thumbnail import write  # noqa: PLC0415  # not needed by a child that measures

        write(Path(request["path"]), Options(**request["options"]), Path(request["output"]))

    def _stills(self, request: Message) -> None:
        from shared.media.stills import write  # noqa: PLC0415  # not needed by a child that measures

        options, folder = Options(**request["options"]), Path(request["folder"])
        write(Path(request["path"]), options, request["moments"], folder)

    def _status(self, request: Message) -> Message:
        """Of one engine. One that cannot even be imported is a problem, not an error."""
        try:
            engine = self._engine(request)
            return asdict(EngineStatus(engine.version(), engine.problems(), engine.types()))
        except ImportError as error:
            return asdict(EngineStatus("", [f"It cannot be loaded: {error}."], []))

    def _plan(self, request: Message) -> list[Message]:
        task = protocol.task_from_json(request["task"])
        return [asdict(segment) for segment in self._engine(request).plan(task, request["parts"])]

    def _measure(self, request: Message) -> None:
        task = protocol.task_from_json(request["task"])
        segment = protocol.segment_from_json(request["segment"])
        engine = self._engine(request)
        engine.measure(task, segment, Path(request["output"]), self._progress(engine))

    def _join(self, request: Message) -> Message:
        from shared.engines import output  # noqa: PLC0415  # not needed by a child that probes

        task = protocol.task_from_json(request["task"])
        segments = [
            (protocol.segment_from_json(each["segment"]), Path(each["path"]))
            for each in request["segments"]
        ]
        result = self._engine(request).join(task, segments)
        heard = _heard(task) if request["listen"] else None
        return output.write(result, Path(request["directory"]), heard).to_json()

    def _progress(self, engine: Engine) -> Callable[[int], None]:
        sent = 0.0

        def progress(frames: int) -> None:
            nonlocal sent
            now = time.monotonic()
            if now - sent >= PROGRESS_INTERVAL:
                sent = now
                outline = engine.outline() if isinstance(engine, Outlining) else []
                self._send({"progress": frames, "outline": outline})

        return progress


def _heard(task: Task) -> Heard:
    from shared.media.listening import listen  # noqa: PLC0415  # decoders; not for a CSV

    return listen(task.media, task.options)


def _failure(call: Call, why: str) -> Message:
    sentence = f"The engine failed while {call.doing}: {why}. The log says more."
    return {"failure": {"code": Code.ENGINE_FAILED.value, "detail": sentence}}


def _private_pipes() -> tuple[BinaryIO, BinaryIO]:
    """Take the protocol's two pipes away from everything else in the process.

    Duplicated descriptors are not inherited by programs that an engine starts.
    """
    requests, replies = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return os.fdopen(requests, "rb"), os.fdopen(replies, "wb")


def die_with_parent(parent: int) -> None:
    """Have the kernel kill this process when the thread that started it ends (Linux only).

    Elsewhere the end of the standard input ends an idle child, and a busy one after its call.
    """
    if sys.platform != "linux":
        return
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it ended before the line above
        os._exit(1)


def main(factories: EngineFactories = registry.FACTORIES) -> None:
    parent, memory_mb = int(sys.argv[1]), int(sys.argv[2])
    die_with_parent(parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # hostile media is to leave no dumps behind
    if memory_mb:
        # Not RLIMIT_AS: mapped libraries and models are three times what the process really has
        resource.setrlimit(resource.RLIMIT_DATA, (memory_mb * _MB, memory_mb * _MB))
    requests, replies = _private_pipes()
    logging.basicConfig(format="%(levelname)s %(name)s: %(message)s", level=logging.INFO)
    worker = Worker(factories, replies, memory_mb)
    for line in requests:
        worker.answer(protocol.decode(line))


if __name__ == "__main__":
    main()
