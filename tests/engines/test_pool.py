"""Engine processes that crash, hang, hoard and lie cost one call each, and nothing else."""

import json
import logging
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from shared.engines import crew
from shared.engines.pool import EnginePool
from shared.measurements.model import Facts, MediaType, Segment
from shared.platform.blob_names import EXTRACTION_BLOB
from shared.platform.errors import Code, EngineError, MediaError
from tests.engines.odd_pool import ODD, SEGMENT, SOON, TASK, gone, measure, wait_until
from tests.engines.odd_worker import FRAMES

OVER = 5.0  # [s]; for what never ends, and must have begun by then


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


def test_no_child_outlives_a_killed_host(tmp_path: Path) -> None:
    program = (
        "from pathlib import Path\n"
        "from tests.engines.odd_pool import *\n"
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
