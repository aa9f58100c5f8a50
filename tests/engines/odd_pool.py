"""A pool whose engines are those of `odd_worker.py`, and what tests ask of its processes."""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import psutil

from shared.engines.base import Task
from shared.engines.pool import EnginePool
from shared.measurements.model import MediaType, Segment

ODD = (sys.executable, "-m", "tests.engines.odd_worker")
TASK = Task(Path("clip.mp4"), MediaType.VS)
SEGMENT = Segment(0)
SOON = 120.0  # [s]; for what takes milliseconds on an idle machine


def measure(engines: EnginePool, engine: str, path: Path, deadline: float = SOON) -> int:
    """Returns what the engine wrote first: a process id."""
    engines.measure(engine, TASK, SEGMENT, path, deadline=deadline)
    return int(path.read_text())


@contextmanager
def busy(engines: EnginePool, path: Path, stop: threading.Event) -> Iterator[Future[object]]:
    """A process of the pool at work, until `stop` is set: at the latest on leaving."""
    started = threading.Event()
    with ThreadPoolExecutor(1) as thread:
        work: Future[object] = thread.submit(
            engines.measure,
            "slow",
            TASK,
            SEGMENT,
            path,
            deadline=SOON,
            progress=lambda frames: started.set(),
            cancelled=stop.is_set,
        )
        try:
            assert started.wait(SOON)
            yield work
        finally:
            stop.set()


def gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def wait_until(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + SOON
    while not condition():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.01)
