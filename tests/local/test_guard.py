"""Nothing outlives the program that started it, whichever way that program ends."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from local.errors import StackError
from local.paths import ROOT
from local.ports import wait_until
from local.process import Process

LIMIT = 60.0  # [s] for what takes milliseconds on an idle machine

_STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
_GRANDCHILD = (  # in a session of its own, deaf to SIGTERM; writes its process id
    "import subprocess, sys, time;"
    f"child = subprocess.Popen([sys.executable, '-c', '{_STUBBORN}time.sleep(600)'],"
    " start_new_session=True);"
    "print(child.pid, flush=True); time.sleep(600)"
)


def _process(code: str, log: Path, *, grace: float = LIMIT) -> Process:
    return Process("The test's process", [sys.executable, "-c", code], log, grace=grace)


def _number_in(log: Path) -> int:
    wait_until(lambda: log.exists() and log.read_text().endswith("\n"), lambda: True, LIMIT, "it")
    return int(log.read_text())


def _wait_until_gone(pid: int) -> None:
    wait_until(lambda: not _lives(pid), lambda: True, LIMIT, f"the end of {pid}")


def _lives(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_an_orderly_stop(tmp_path: Path) -> None:
    log = tmp_path / "log"
    code = (
        "import signal, sys, time;"
        "signal.signal(signal.SIGTERM, lambda *_: (print('good bye'), sys.exit()));"
        "print('ready', flush=True); time.sleep(600)"
    )
    process = _process(code, log)
    process.start()
    wait_until(lambda: "ready" in log.read_text(), lambda: process.running, LIMIT, "it")
    process.stop()
    assert not process.running
    assert log.read_text() == "ready\ngood bye\n"


def test_a_deaf_process_is_ended_by_force(tmp_path: Path) -> None:
    log = tmp_path / "log"
    process = _process(f"{_STUBBORN}print(1, flush=True); time.sleep(600)", log, grace=0.2)
    process.start()
    _number_in(log)
    process.stop()
    assert not _lives(process.pid)


@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux's child subreaper")
@pytest.mark.parametrize("end", [Process.stop, Process.kill])
def test_grandchildren_end_too(tmp_path: Path, end: object) -> None:
    log = tmp_path / "log"
    process = _process(_GRANDCHILD, log, grace=1)
    process.start()
    grandchild = _number_in(log)
    assert _lives(grandchild)
    assert callable(end)
    end(process)
    _wait_until_gone(grandchild)


@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux's child subreaper")
def test_nothing_is_left_when_the_starter_is_killed(tmp_path: Path) -> None:
    log = tmp_path / "log"
    code = (
        "import sys, time; from pathlib import Path; from local.process import Process;"
        f"p = Process('x', [sys.executable, '-c', {_GRANDCHILD!r}], Path({str(log)!r}));"
        "p.start(); print(p.pid, flush=True); time.sleep(600)"
    )
    starter = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE)
    assert starter.stdout is not None
    with starter.stdout:
        child = int(starter.stdout.readline())
    grandchild = _number_in(log)
    starter.kill()
    starter.wait()
    _wait_until_gone(child)
    _wait_until_gone(grandchild)


@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux's parent-death signal")
def test_a_killed_guard_takes_its_process_along(tmp_path: Path) -> None:
    process = _process("import time; time.sleep(600)", tmp_path / "log")
    process.start()
    os.kill(psutil.Process(process.pid).ppid(), signal.SIGKILL)
    _wait_until_gone(process.pid)
    process.stop()


def test_the_exit_code_is_passed_on(tmp_path: Path) -> None:
    process = _process("import sys; print('what happened'); sys.exit(3)", tmp_path / "log")
    process.start()
    wait_until(lambda: not process.running, lambda: True, LIMIT, "it")
    assert process.exit_code() == 3
    assert process.started
    assert process.last_lines() == "what happened"
    process.stop()
    assert not process.started


def test_a_command_that_is_not_there(tmp_path: Path) -> None:
    process = Process("It", [tmp_path / "nothing"], tmp_path / "log")
    with pytest.raises(StackError, match="nothing could not be started: No such file"):
        process.start()
