"""Who is served when, and how waiting and work are ended: cancelled, closed, by an error."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from shared.engines.crew import MOST_PASSED
from shared.engines.pool import Cancelled, EnginePool
from shared.measurements.model import Options
from shared.platform.errors import Code, EngineError, MediaError
from tests import media_factory
from tests.engines.odd_pool import ODD, SEGMENT, SOON, TASK, busy, gone, measure
from tests.engines.odd_worker import REPORTS
from tests.media_factory import Clip


def test_cancelling_ends_the_work(engines: EnginePool, tmp_path: Path) -> None:
    started = threading.Event()
    with pytest.raises(Cancelled):
        engines.measure(
            "slow",
            TASK,
            SEGMENT,
            tmp_path / "0",
            deadline=SOON,
            progress=lambda frames: started.set(),
            cancelled=started.is_set,
        )
    assert gone(int((tmp_path / "0").read_text()))
    measure(engines, "good", tmp_path / "1")


def test_cancelling_while_all_are_busy(engines: EnginePool, tmp_path: Path) -> None:
    stop = threading.Event()
    with busy(engines, tmp_path / "0", stop) as work:
        with pytest.raises(Cancelled):
            engines.plan("good", TASK, 1, deadline=SOON, cancelled=lambda: True)
        stop.set()
        with pytest.raises(Cancelled):
            work.result()


class Queue:
    """One engine process, busy until `let_go`; calls that wait for it come one after the other."""

    def __init__(self, engines: EnginePool, folder: Path) -> None:
        self._engines, self._folder = engines, folder
        self._threads = ThreadPoolExecutor(40)
        self._release = threading.Event()
        self.served: list[str] = []
        begun = threading.Event()
        self._calls = [
            self._threads.submit(
                engines.measure,
                "slow",
                TASK,
                SEGMENT,
                folder / "busy",
                deadline=SOON,
                progress=lambda frames: begun.set(),
                cancelled=self._release.is_set,
            )
        ]
        assert begun.wait(SOON)

    def wait(self, name: str, left: int, calls: int = 1) -> None:
        """Calls that wait from now on."""
        waiting = [threading.Event() for _ in range(calls)]
        self._calls += [self._threads.submit(self._call, name, left, each) for each in waiting]
        assert all(each.wait(SOON) for each in waiting)

    def _call(self, name: str, left: int, waits: threading.Event) -> None:
        def asked() -> bool:  # while it waits
            waits.set()
            return False

        self._engines.measure(
            "good",
            TASK,
            SEGMENT,
            self._folder / "out",
            left=left,
            deadline=SOON,
            progress=lambda frames: self.served.append(name),
            cancelled=asked,
        )

    def let_go(self) -> list[str]:
        """The calls in the order in which they were served."""
        self._release.set()
        self._threads.shutdown()
        with pytest.raises(Cancelled):
            self._calls[0].result()
        for call in self._calls[1:]:
            call.result()
        return self.served


def test_the_clip_with_least_left_is_served_first(engines: EnginePool, tmp_path: Path) -> None:
    """A short clip waits for the segment that is measured, not for all of a long clip."""
    queue = Queue(engines, tmp_path)
    for number in range(3):
        queue.wait(f"long {number}", 60_000)
    queue.wait("middle", 900)
    queue.wait("short", 12)
    assert queue.let_go() == ["short", "middle", "long 0", "long 1", "long 2"]


def test_nobody_is_passed_over_for_ever(engines: EnginePool, tmp_path: Path) -> None:
    queue = Queue(engines, tmp_path)
    queue.wait("long", 60_000)
    queue.wait("short", 12, calls=MOST_PASSED + 4)
    assert queue.let_go() == ["short"] * MOST_PASSED + ["long"] + ["short"] * 4


def test_an_error_in_the_callers_progress_ends_the_work(
    engines: EnginePool, tmp_path: Path
) -> None:
    def fail(frames: int) -> None:
        raise ConnectionError("the database is away")

    with pytest.raises(ConnectionError):
        engines.measure("slow", TASK, SEGMENT, tmp_path / "0", deadline=SOON, progress=fail)
    assert gone(int((tmp_path / "0").read_text()))


def test_progress_comes_seldom(engines: EnginePool, tmp_path: Path) -> None:
    frames: list[int] = []
    engines.measure("eager", TASK, SEGMENT, tmp_path / "0", deadline=SOON, progress=frames.append)
    assert 1 <= len(frames) <= REPORTS / 1000
    assert frames == sorted(frames)


def test_closing_ends_a_running_call(tmp_path: Path) -> None:
    engines = EnginePool(1, command=ODD)
    with busy(engines, tmp_path / "0", threading.Event()) as work:
        engines.close()
        with pytest.raises(EngineError):
            work.result()
    assert gone(int((tmp_path / "0").read_text()))
    with pytest.raises(EngineError, match="shut down"):
        engines.plan("good", TASK, 1, deadline=SOON)


@pytest.fixture(scope="module")
def real() -> Iterator[EnginePool]:
    with closing(EnginePool(1)) as made:
        yield made


def test_twenty_probes_at_once(real: EnginePool, tmp_path: Path) -> None:
    clip = Clip(seconds=0.2, size=(64, 64)).write(tmp_path / "clip.mp4")
    still = media_factory.picture(tmp_path / "still.png", size=(64, 64))
    page = media_factory.html(tmp_path / "page.png")

    def one(path: Path) -> object:
        try:
            return real.probe(path, Options(), deadline=SOON).width
        except MediaError as refusal:
            return refusal.code

    with ThreadPoolExecutor(20) as threads:
        answers = list(threads.map(one, [clip, still, page, clip] * 5))
    assert answers == [64, 64, Code.UNSUPPORTED_MEDIA, 64] * 5
    assert real.restarts == 0


def test_a_probe_does_not_wait_for_a_long_clip(tmp_path: Path) -> None:
    still = media_factory.picture(tmp_path / "still.png", size=(64, 64))
    stop = threading.Event()
    with (
        closing(EnginePool(1, command=ODD)) as engines,
        busy(engines, tmp_path / "0", stop) as work,
    ):
        assert engines.probe(still, Options(), deadline=SOON).width == 64
        assert not work.done()
        stop.set()
