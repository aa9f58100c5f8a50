"""Engine processes that crash, hang, hoard and lie cost one call each, and nothing else."""

import json
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from shared.engines import crew
from shared.engines.base import Task
from shared.engines.crew import MOST_PASSED
from shared.engines.pool import Cancelled, EnginePool
from shared.measurements.model import Facts, MediaType, Options, Segment
from shared.platform.blob_names import EXTRACTION_BLOB
from shared.platform.errors import Code, EngineError, MediaError
from tests import media_factory
from tests.engines.odd_worker import FRAMES, REPORTS
from tests.media_factory import Clip

ODD = (sys.executable, "-m", "tests.engines.odd_worker")
TASK = Task(Path("clip.mp4"), MediaType.VS)
SEGMENT = Segment(0)
SOON = 120.0  # [s]; for what takes milliseconds on an idle machine
OVER = 5.0  # [s]; for what never ends, and must have begun by then


@pytest.fixture
def engines() -> Iterator[EnginePool]:
    with closing(EnginePool(1, command=ODD, engines=("good", "absent"))) as made:
        yield made


def measure(engines: EnginePool, engine: str, path: Path, deadline: float = SOON) -> int:
    """Returns what the engine wrote first: a process id."""
    engines.measure(engine, TASK, SEGMENT, path, deadline=deadline)
    return int(path.read_text())


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


def test_the_three_steps(engines: EnginePool, tmp_path: Path) -> None:
    segments = engines.plan("good", TASK, 3, deadline=SOON)
    assert [segment.stop for segment in segments] == [1.0, 2.0, None]
    frames: list[int] = []
    for segment in segments:
        path = tmp_path / str(segment.index)
        engines.measure("good", TASK, segment, path, deadline=SOON, progress=frames.append)
    assert frames == [FRAMES] * 3
    measured = [(segment, tmp_path / str(segment.index)) for segment in segments]
    facts = engines.join("good", TASK, measured, tmp_path, deadline=SOON)
    assert facts.frames == 3 * FRAMES
    written = json.loads((tmp_path / EXTRACTION_BLOB).read_bytes())
    assert (Facts.from_json(written), written["rows"]) == (facts, 3 * FRAMES)
    assert engines.restarts == 0


def test_a_child_stays_warm(engines: EnginePool, tmp_path: Path) -> None:
    """Also when the thread that first needed it has ended."""
    with ThreadPoolExecutor(1) as thread:
        first = thread.submit(measure, engines, "good", tmp_path / "0").result()
    time.sleep(0.1)
    assert measure(engines, "good", tmp_path / "1") == first


@pytest.mark.parametrize(
    ("engine", "words"),
    [
        ("leave", "ended with exit code 3 while measuring."),
        ("native_hoard", "ran out of memory while measuring."),
        ("raise_error", "failed while measuring: there was an unexpected RuntimeError."),
        ("hang", "did not finish measuring within 5 seconds"),
    ],
)
def test_a_failure_costs_one_call(
    engines: EnginePool, tmp_path: Path, engine: str, words: str
) -> None:
    before = measure(engines, "good", tmp_path / "0")
    with pytest.raises(EngineError) as failure:
        measure(engines, engine, tmp_path / "1", deadline=OVER if engine == "hang" else SOON)
    assert failure.value.code is Code.ENGINE_FAILED
    assert words in failure.value.detail
    assert "secret" not in failure.value.detail
    assert gone(before)
    # of `hang`: the program that it started, which its parent no longer waits for
    wait_until(lambda: gone(int((tmp_path / "1").read_text())))
    assert measure(engines, "good", tmp_path / "2") != before
    assert engines.restarts == 1


def test_what_crashes_two_children_is_refused(engines: EnginePool, tmp_path: Path) -> None:
    """What kills them from outside is not the media's fault: see the next test."""
    with pytest.raises(MediaError) as refusal:
        measure(engines, "crash", tmp_path / "0")
    assert refusal.value.code is Code.UNDECODABLE_MEDIA
    assert "in two tries" in refusal.value.detail
    assert "was killed by signal 11 (SIGSEGV) while measuring." in refusal.value.detail
    assert engines.restarts == 2
    measure(engines, "good", tmp_path / "1")


def test_a_crash_by_chance_costs_nothing(engines: EnginePool, tmp_path: Path) -> None:
    measure(engines, "crash_once", tmp_path / "0")
    assert engines.restarts == 1


def test_a_killed_child(engines: EnginePool, tmp_path: Path) -> None:
    def kill(frames: int) -> None:
        os.kill(int((tmp_path / "0").read_text()), signal.SIGKILL)

    with pytest.raises(EngineError, match=r"killed by signal 9 \(SIGKILL\) while measuring"):
        engines.measure("slow", TASK, SEGMENT, tmp_path / "0", deadline=SOON, progress=kill)
    measure(engines, "good", tmp_path / "1")


def test_a_child_killed_while_idle_is_replaced(engines: EnginePool, tmp_path: Path) -> None:
    pid = measure(engines, "good", tmp_path / "0")
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: gone(pid))
    assert measure(engines, "good", tmp_path / "1") != pid
    assert engines.restarts == 1


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux holds the limit")
def test_out_of_memory_by_setting(tmp_path: Path) -> None:
    with closing(EnginePool(1, command=ODD, memory_limit_mb=200)) as engines:
        with pytest.raises(EngineError, match="needs more memory than its limit of 200 MB"):
            measure(engines, "hoard", tmp_path / "0")
        measure(engines, "good", tmp_path / "1")


@pytest.mark.parametrize(
    "says",
    [
        "print('no message')",
        "print('[]')",
        "print('{\"id\": 1}')",
        'print(\'{"id": 99, "result": 1}\')',
        "print('x' * 20_000_000)",
    ],
)
def test_garbage_on_the_pipe(tmp_path: Path, says: str) -> None:
    program = f"import sys; sys.stdin.readline(); {says}; sys.stdout.flush(); sys.stdin.read()"
    with closing(EnginePool(1, command=(sys.executable, "-c", program))) as engines:
        with pytest.raises(EngineError, match="what cannot be understood while measuring"):
            engines.measure("good", TASK, SEGMENT, tmp_path / "0", deadline=SOON)
        assert engines.restarts == 1


def test_a_child_that_cannot_start(tmp_path: Path) -> None:
    program = "import sys; sys.exit('no such module')"
    with (
        closing(EnginePool(1, command=(sys.executable, "-c", program))) as engines,
        pytest.raises(EngineError, match="ended with exit code 1 while measuring"),
    ):
        engines.measure("good", TASK, SEGMENT, tmp_path / "0", deadline=SOON)


def test_the_medias_own_fault_is_no_failure(engines: EnginePool, tmp_path: Path) -> None:
    with pytest.raises(MediaError) as refusal:
        measure(engines, "refuse", tmp_path / "0")
    assert refusal.value.code is Code.NO_FACE_FOUND
    assert refusal.value.detail == "No face was found. Send another clip."
    assert measure(engines, "good", tmp_path / "1") == int((tmp_path / "0").read_text())
    assert engines.restarts == 0


def test_an_unknown_engine(engines: EnginePool) -> None:
    with pytest.raises(MediaError, match="no engine called 'none'") as refusal:
        engines.plan("none", TASK, 1, deadline=SOON)
    assert refusal.value.code is Code.UNKNOWN_ENGINE


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
    started = threading.Event()
    with ThreadPoolExecutor(1) as thread:
        busy = thread.submit(
            engines.measure,
            "slow",
            TASK,
            SEGMENT,
            tmp_path / "0",
            deadline=SOON,
            progress=lambda frames: started.set(),
            cancelled=stop.is_set,
        )
        assert started.wait(SOON)
        with pytest.raises(Cancelled):
            engines.plan("good", TASK, 1, deadline=SOON, cancelled=lambda: True)
        stop.set()
        with pytest.raises(Cancelled):
            busy.result()


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
    started = threading.Event()
    with ThreadPoolExecutor(1) as thread:
        busy = thread.submit(
            engines.measure,
            "slow",
            TASK,
            SEGMENT,
            tmp_path / "0",
            deadline=SOON,
            progress=lambda frames: started.set(),
        )
        assert started.wait(SOON)
        engines.close()
        with pytest.raises(EngineError):
            busy.result()
    assert gone(int((tmp_path / "0").read_text()))
    with pytest.raises(EngineError, match="shut down"):
        engines.plan("good", TASK, 1, deadline=SOON)


def test_no_child_outlives_a_killed_host(tmp_path: Path) -> None:
    program = (
        "from pathlib import Path\n"
        "from tests.engines.test_pool import *\n"
        "engines = EnginePool(1, command=ODD)\n"
        f"measure(engines, 'hang', Path({str(tmp_path / 'pid')!r}))\n"
    )
    with subprocess.Popen([sys.executable, "-c", program], cwd=Path.cwd()) as host:
        wait_until(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text() != "")
        [child] = [each for each in psutil.Process(host.pid).children() if each.is_running()]
        host.kill()
    wait_until(lambda: gone(child.pid))
    os.kill(int((tmp_path / "pid").read_text()), signal.SIGKILL)  # real engines tie theirs down


def test_ctrl_c_is_for_the_host(engines: EnginePool, tmp_path: Path) -> None:
    pid = measure(engines, "good", tmp_path / "0")
    os.kill(pid, signal.SIGINT)
    assert measure(engines, "good", tmp_path / "1") == pid


def test_children_are_replaced_in_time(
    monkeypatch: pytest.MonkeyPatch, engines: EnginePool, tmp_path: Path
) -> None:
    monkeypatch.setattr(crew, "CALLS_PER_CHILD", 2)
    pids = [measure(engines, "good", tmp_path / "0") for _ in range(4)]
    assert pids[0] == pids[1] != pids[2] == pids[3]
    assert engines.restarts == 0


def test_a_request_longer_than_a_pipe(engines: EnginePool, tmp_path: Path) -> None:
    segments = [(Segment(index), tmp_path / f"segment-{index}") for index in range(2000)]
    facts = engines.join("good", TASK, segments, tmp_path, deadline=SOON)
    assert facts.frames == 2000 * FRAMES


def test_the_state_of_the_engines(engines: EnginePool) -> None:
    assert engines.engines() == {
        "good": ["It is odd."],
        "absent": ["It cannot be loaded: there is no such library."],
    }
    assert engines.statuses()["good"].types == [MediaType.IP]
    pid = json.loads(engines.versions()["good"])["pid"]
    assert engines.versions()["absent"] == ""
    assert gone(pid)  # what it loaded for the answer is not kept in memory


def test_an_engine_is_not_absent_because_its_process_was_killed_once(
    engines: EnginePool, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask, asked = engines._status_of, []

    def killed_at_first(engine: str) -> object:
        asked.append(engine)
        if len(asked) == 1:
            raise EngineError(Code.ENGINE_FAILED, "It was killed.")
        return ask(engine)

    monkeypatch.setattr(engines, "_status_of", killed_at_first)
    assert engines.engines()["good"] == ["It is odd."]


def test_children_know_no_secrets(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AZURE_STORAGE_CONNECTION_STRING", "AccountKey=secret")
    monkeypatch.setenv("DATABASE_URL", "postgresql://secret")
    with closing(
        EnginePool(1, command=ODD, engines=("good",), environment={"OPENFACE_HOME": "/opt/x"})
    ) as engines:
        environment = json.loads(engines.versions()["good"])["environment"]
    assert "secret" not in str(environment)
    assert environment["OPENFACE_HOME"] == "/opt/x"
    assert environment["OMP_NUM_THREADS"] == "1"


def test_what_a_child_prints_is_logged_with_the_job(
    engines: EnginePool, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    class WithJob(logging.LoggerAdapter[logging.Logger]):
        def process(self, msg: str, kwargs: object) -> tuple[str, object]:  # type: ignore[override]
            return f"job 7: {msg}", kwargs

    caplog.set_level(logging.DEBUG)
    log = WithJob(logging.getLogger("jobs"), None)
    engines.measure("chatter", TASK, SEGMENT, tmp_path / "0", deadline=SOON, log=log)
    engines.measure("good", TASK, SEGMENT, tmp_path / "1", deadline=SOON)
    lines = [(each.levelname, each.getMessage()) for each in caplog.records]
    assert all(text.startswith("job 7: engine: ") for _, text in lines)
    assert ("WARNING", "job 7: engine: printed by a library") in lines
    assert ("INFO", "job 7: engine: INFO odd: a step of the engine") in lines
    assert any(level == "DEBUG" and "XNNPACK" in text for level, text in lines)
    assert max(len(text) for _, text in lines) < 600
    assert len(lines) < 250
    assert lines[-1][1].endswith("further lines left out")


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
    started, stop = threading.Event(), threading.Event()
    with closing(EnginePool(1, command=ODD)) as engines, ThreadPoolExecutor(1) as thread:
        busy = thread.submit(
            engines.measure,
            "slow",
            TASK,
            SEGMENT,
            tmp_path / "0",
            deadline=SOON,
            progress=lambda frames: started.set(),
            cancelled=stop.is_set,
        )
        assert started.wait(SOON)
        assert engines.probe(still, Options(), deadline=SOON).width == 64
        assert not busy.done()
        stop.set()


def test_a_child_that_probes_loads_no_engine() -> None:
    program = (
        "import sys, shared.engines.worker, shared.engines.pool, shared.media.formats\n"
        "print(*sorted({'av', 'PIL', 'mediapipe', 'cv2'} & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert found.stdout.split() == []


def test_packages_of_the_worker_never_reach_an_engine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker may put its own in front of the app's; here they break whoever loads them."""
    for name in ("numpy", "av", "google"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("raise ImportError('the decoy was loaded')")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    with closing(EnginePool(1, command=ODD, engines=("good",))) as made:
        assert measure(made, "good", tmp_path / "measured") > 0
        told = json.loads(made.versions()["good"])
    path = told["environment"]["PYTHONPATH"].split(os.pathsep)
    assert str(tmp_path) in path, "what the app adds to its path is passed on"
