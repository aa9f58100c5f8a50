"""The engine processes of one host: warm, lent to one call at a time, replaced when they fail.

Engines and decoders run in child processes (`shared.engines.worker`), never in the host: a leak or
a hang costs one attempt. Where one crashes, another is asked; what crashes two in a row is the
media's fault. All methods of `EnginePool` may be called from any thread and block until they are
done.

Three crews, so that short calls never wait behind long ones: engines (`processes` of them, one
core each), probes of uploads, and the engines' state for the health check.

A deadline is in seconds and starts when a process is free for the call.
"""

import importlib.util
import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final, cast

from shared.engines import protocol, registry
from shared.engines.base import EngineStatus, Outline, Task
from shared.engines.child import Cancelled, Child
from shared.engines.childlog import Log
from shared.engines.crew import Crew
from shared.engines.protocol import Call, Message
from shared.measurements.model import Facts, MediaType, Options, Segment
from shared.media.formats import MediaFacts
from shared.platform import scratch, telemetry
from shared.platform.errors import EngineError
from shared.platform.paths import ROOT
from shared.platform.telemetry import SpanName, names

__all__ = ["Cancelled", "EnginePool"]

PROBE_PROCESSES: Final = 2  # an upload with a large picture does not hold up the next
STATUS_DEADLINE: Final = 60.0  # [s]; the networks' libraries from a cold disk take long
STATUS_AGE: Final = 300.0  # [s] that a good answer is kept
STATUS_AGE_BAD: Final = 15.0  # [s] that a bad one is: somebody is repairing it
_OURS_ALONE: Final = "av"  # a package that no worker brings: the app's packages lie where it does

# All that a child needs to know of the host's environment. Connection strings and keys are not
# among it: a child opens files that strangers sent.
_INHERITED: Final = (
    *("PATH", "HOME", "LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH"),
    *("OPENFACE_HOME", "OPENFACE_MODEL"),
)
_SETTINGS: Final = {
    # one engine, one core
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OPENCV_FOR_THREADS_NUM": "1",
    # glibc otherwise keeps an arena per thread, and memory grows with the clip
    "MALLOC_ARENA_MAX": "2",
    "PYTHONUTF8": "1",
}

logger = logging.getLogger(__name__)


class EnginePool:
    """See the module. `close` it, or let the end of the host's process end the children."""

    def __init__(
        self,
        processes: int,
        *,
        memory_limit_mb: int | None = None,
        environment: Mapping[str, str] | None = None,
        command: Sequence[str] = (sys.executable, "-m", "shared.engines.worker"),
        engines: Sequence[str] = registry.NAMES,
    ) -> None:
        """`environment` is added to the children's; `command` and `engines` are for tests."""
        self._command = (*command, str(os.getpid()), str(memory_limit_mb or 0))
        # what a killed child leaves goes with the files of this process
        self._environment = _child_environment(
            {"TMPDIR": str(scratch.home()), **(environment or {})}
        )
        self._engine_names = tuple(engines)
        # Linux kills a child when the thread that started it ends; this one lasts as the pool does
        self._starter = ThreadPoolExecutor(1, thread_name_prefix="engine-starter")
        self._engines = Crew(processes, self._start)
        self._probes = Crew(PROBE_PROCESSES, self._start)
        self._status = Crew(1, self._start)
        self._status_lock = threading.Lock()
        self._status_answer: dict[str, EngineStatus] = {}
        self._status_until: dict[str, float] = {}

    def _start(self) -> Child:
        return self._starter.submit(Child, self._command, self._environment, ROOT).result()

    @property
    def restarts(self) -> int:
        """Children that failed, hung or were cancelled, and were replaced."""
        return self._engines.lost + self._probes.lost + self._status.lost

    def probe(
        self, path: Path, options: Options, *, deadline: float, log: Log = logger
    ) -> MediaFacts:
        """`shared.media.probe.probe` in a child."""
        arguments = {"path": str(path.absolute()), "options": asdict(options)}

        def question(child: Child) -> object:
            with telemetry.span(SpanName.ENGINE_PROBE):
                return child.call(Call.PROBE, arguments, deadline=deadline, log=log)

        return MediaFacts.from_json(cast("Message", self._probes.ask(question)))

    def thumbnail(
        self, path: Path, options: Options, output: Path, *, deadline: float, log: Log = logger
    ) -> None:
        """`shared.media.thumbnail.write` in a child."""
        arguments = {
            "path": str(path.absolute()),
            "options": asdict(options),
            "output": str(output.absolute()),
        }

        def question(child: Child) -> object:
            with telemetry.span(SpanName.ENGINE_THUMBNAIL):
                return child.call(Call.THUMBNAIL, arguments, deadline=deadline, log=log)

        self._probes.ask(question)

    def stills(
        self,
        path: Path,
        options: Options,
        moments: Sequence[float],
        folder: Path,
        *,
        deadline: float,
        log: Log = logger,
    ) -> None:
        """`shared.media.stills.write` in a child."""
        arguments = {
            "path": str(path.absolute()),
            "options": asdict(options),
            "moments": list(moments),
            "folder": str(folder.absolute()),
        }

        def question(child: Child) -> object:
            with telemetry.span(SpanName.ENGINE_STILLS):
                return child.call(Call.STILLS, arguments, deadline=deadline, log=log)

        self._probes.ask(question)

    def engines(self) -> dict[str, list[str]]:
        """Per engine why it cannot work here, as sentences; an empty list when it can."""
        return {name: status.problems for name, status in self.statuses().items()}

    def versions(self) -> dict[str, str]:
        """Per engine its version; empty where it cannot be told."""
        return {name: status.version for name, status in self.statuses().items()}

    def statuses(self) -> dict[str, EngineStatus]:
        """The last answers. Only the first caller waits: old answers are renewed in passing."""
        with self._status_lock:
            now = time.monotonic()
            due = [name for name in self._engine_names if now >= self._status_until.get(name, now)]
            if not self._status_answer:
                self._renew_statuses(due)
            elif due:
                # by one thread at a time
                self._status_until |= dict.fromkeys(due, now + STATUS_DEADLINE)
                threading.Thread(target=self._renew_statuses, args=(due,), name="status").start()
            return self._status_answer

    def plan(
        self,
        engine: str,
        task: Task,
        parts: int,
        *,
        deadline: float,
        cancelled: Callable[[], bool] | None = None,
        log: Log = logger,
    ) -> list[Segment]:
        """`Engine.plan` in a child."""
        arguments = {"engine": engine, "task": protocol.task_to_json(task), "parts": parts}

        def question(child: Child) -> object:
            with _span(SpanName.ENGINE_PLAN, engine):
                return child.call(
                    Call.PLAN, arguments, deadline=deadline, cancelled=cancelled, log=log
                )

        result = self._engines.ask(question, cancelled)
        return [protocol.segment_from_json(each) for each in cast("list[Message]", result)]

    def measure(
        self,
        engine: str,
        task: Task,
        segment: Segment,
        output: Path,
        *,
        left: int = 0,
        deadline: float,
        progress: Callable[[int], None] | None = None,
        seen: Callable[[Outline], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
        log: Log = logger,
    ) -> None:
        """`Engine.measure` in a child. `progress` and `cancelled` are called in this thread.

        So is `seen`, before `progress`, with where the faces are in that picture.
        `left` are the frames of the whole media that are not measured yet; 0 where nobody knows.
        """
        arguments = {
            "engine": engine,
            "task": protocol.task_to_json(task),
            "segment": asdict(segment),
            "output": str(output.absolute()),
        }

        def question(child: Child) -> object:
            with _span(SpanName.ENGINE_MEASURE, engine, segment):
                return child.call(
                    Call.MEASURE,
                    arguments,
                    deadline=deadline,
                    progress=progress,
                    seen=seen,
                    cancelled=cancelled,
                    log=log,
                )

        self._engines.ask(question, cancelled, left)

    def join(
        self,
        engine: str,
        task: Task,
        segments: Sequence[tuple[Segment, Path]],
        directory: Path,
        *,
        listen: bool = False,
        aside: bool = False,
        deadline: float,
        cancelled: Callable[[], bool] | None = None,
        log: Log = logger,
    ) -> Facts:
        """`Engine.join` in a child, which writes the files of `shared.engines.output`.

        `listen` to the sound as well: the media is a clip. `aside`: not by an engine that measures.
        """
        arguments = {
            "engine": engine,
            "task": protocol.task_to_json(task),
            "segments": [
                {"segment": asdict(segment), "path": str(path.absolute())}
                for segment, path in segments
            ],
            "directory": str(directory.absolute()),
            "listen": listen,
        }

        def question(child: Child) -> object:
            with _span(SpanName.ENGINE_JOIN, engine):
                return child.call(
                    Call.JOIN, arguments, deadline=deadline, cancelled=cancelled, log=log
                )

        crew = self._probes if aside else self._engines
        return Facts.from_json(cast("Message", crew.ask(question, cancelled)))

    def close(self) -> None:
        """Kill all children, also busy ones, whose calls then raise EngineError."""
        for crew in (self._engines, self._probes, self._status):
            crew.close()
        self._starter.shutdown()

    def _renew_statuses(self, engines: Sequence[str]) -> None:
        answers = {name: self._ask(name) for name in engines}
        self._status.dismiss()  # it has the engines' libraries in memory
        self._status_answer = self._status_answer | answers
        for name, status in answers.items():
            age = STATUS_AGE_BAD if status.problems else STATUS_AGE
            self._status_until[name] = time.monotonic() + age

    def _ask(self, engine: str) -> EngineStatus:
        try:
            answer = self._status_of(engine)
        except EngineError:  # a process may be killed for other reasons than this engine
            try:
                answer = self._status_of(engine)
            except EngineError as error:
                return EngineStatus("", [error.detail], [])
        types = [MediaType(each) for each in answer["types"]]
        return EngineStatus(answer["version"], answer["problems"], types)

    def _status_of(self, engine: str) -> Any:
        with self._status.child(None) as child:
            return child.call(Call.STATUS, {"engine": engine}, deadline=STATUS_DEADLINE, log=logger)


def _span(
    name: SpanName, engine: str, segment: Segment | None = None
) -> AbstractContextManager[telemetry.Span]:
    attributes: dict[str, str | int] = {names.ENGINE: engine}
    if segment is not None:
        attributes[names.SEGMENT] = segment.index
        if segment.frames is not None:
            attributes[names.FRAMES] = segment.frames
    return telemetry.span(name, attributes=attributes)


def _child_environment(further: Mapping[str, str]) -> dict[str, str]:
    """The app and its packages first, then the rest of the path: packages may lie anywhere.

    The worker that the app runs in has packages of its own, and puts them before or after the
    app's as its version has it. A child has nothing to do with them.
    """
    inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    path = dict.fromkeys([str(ROOT), *_packages(), *filter(None, sys.path)])
    return {**inherited, **_SETTINGS, "PYTHONPATH": os.pathsep.join(path), **further}


def _packages() -> list[str]:
    """The folder of the app's packages: `.python_packages` in Azure, a virtual environment's."""
    found = importlib.util.find_spec(_OURS_ALONE)
    places = found.submodule_search_locations if found else None
    return [str(Path(place).parent) for place in places or ()]
