"""Processes that are killed while a job runs: it is done all the same, and nothing twice."""

from pathlib import Path

import psutil
import pytest

from local.stack import Stack
from tests.end_to_end.service import Service

pytestmark = pytest.mark.thorough


def _kill_engines(stack: Stack) -> int:
    engines = psutil.Process(stack.host_pid).children(recursive=True)
    for process in engines:
        process.kill()
    return len(engines)


def test_killed_engine(fragile: Service, clip: Path) -> None:
    job_id = fragile.begin(clip)
    assert _kill_engines(fragile.stack)
    job = fragile.wait(job_id)
    assert job["state"] == "done"
    extract = job["steps"][1]
    assert extract["attempts"] == 2
    (retry,) = [line for line in extract["log"] if line["happening"] == "retrying"]
    assert "killed" in retry["message"]
    fragile.check_rows(job)


def test_killed_host(fragile: Service, clip: Path) -> None:
    job_id = fragile.begin(clip)
    fragile.stack.kill_host()
    fragile.stack.start_host()
    job = fragile.wait(job_id)
    assert job["state"] == "done"
    assert job["steps"][1]["attempts"] == 2
    fragile.check_rows(job)
