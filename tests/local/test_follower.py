"""What `up` shows of the host's log."""

import sys
from pathlib import Path

import pytest

from local.follower import Follower, ended_job, whole
from local.ports import wait_until

JOB = "a6721386-95d5-4483-b314-43ce0bd74fa0"
AT = "[2026-11-26T04:13:14.726Z]"


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("analyse: measurement 1, 1 face; Alive: pass", "measurement 1, 1 face; Alive: pass"),
        ("extract: failed, no_face_found", "failed, no_face_found"),
    ],
)
def test_a_job_that_ends_is_a_line(said: str, shown: str) -> None:
    assert ended_job(f"{AT} [job {JOB}] {said}\n") == f"04:13:14  job {JOB}: {shown}\n"


def test_a_job_that_is_given_up_is_a_line() -> None:
    line = f"{AT} ERROR: [job {JOB}] failed: every attempt met an error\n"
    assert ended_job(line) == f"04:13:14  job {JOB}: failed: every attempt met an error\n"


@pytest.mark.parametrize(
    "line",
    [
        f"{AT} Executing 'Functions.get_job' (Reason='This function was called.', Id=1)",
        f"{AT} [job {JOB}] extract: attempt 1",
        f"{AT} [job {JOB}] analyse: done",
        f"{AT} WARNING: [job {JOB}] extract: attempt 1 failed: storage was away",
        "  File 'somewhere.py', line 1",
    ],
)
def test_the_host_s_chatter_is_none(line: str) -> None:
    assert ended_job(f"{line}\n") is None


def test_what_comes_in_pieces_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log, shown = tmp_path / "host.log", tmp_path / "shown"
    log.write_text("before\n")
    with shown.open("w") as out, log.open("a") as host:
        monkeypatch.setattr(sys, "stdout", out)
        with Follower(log, whole):
            for piece in ("one, ", "two\nth", "ree\n"):
                host.write(piece)
                host.flush()
            wait_until(lambda: "three" in shown.read_text(), lambda: True, 60, "the line")
    assert shown.read_text() == "one, two\nthree\n"
