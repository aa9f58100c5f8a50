"""A full disk: the job waits for another try, which does not count; an upload is asked back."""

import errno
from pathlib import Path

import azure.functions as func
import pytest

from shared.api import http, uploads
from shared.app import App
from shared.database.tables import State, Step
from shared.jobs import lifecycle, overdue
from shared.pipeline.attempt import Attempt, run
from shared.platform import disk, scratch
from shared.platform.disk import DiskFullError
from tests.jobs.test_lifecycle import make


@pytest.mark.parametrize(
    "error", [DiskFullError("full"), OSError(errno.ENOSPC, "No space left on device")]
)
def test_the_job_waits_and_no_attempt_is_lost(app: App, error: Exception) -> None:
    job_id = make(app)

    def work(_: Attempt) -> None:
        raise error

    for _ in range(2 * lifecycle.MAX_ATTEMPTS):
        run(app, job_id, Step.EXTRACT, work)  # raises nothing: the host has no reason to hurry
    with app.database.begin() as session:
        job = lifecycle.get(session, job_id)
        assert job is not None
        assert (job.state, job.attempts, job.error_code) == (State.UPLOADED, 0, None)
        assert "no room" in (job.error_detail or "")
        assert [found.id for found in overdue.stale(session, 0, 10)] == [job_id]


def test_an_upload_is_refused_before_it_is_written(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: Path, size: int) -> None:
        raise DiskFullError(f"{size} bytes")

    monkeypatch.setattr(disk, "ask", full)
    monkeypatch.setattr(http, "app", lambda: app)
    request = func.HttpRequest(
        "POST", "/api/upload", body=b"x" * 100, headers={"Content-Length": "100"}
    )
    answer = http.respond(request, uploads.upload)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")
    assert list(scratch.home().iterdir()) == []


def test_an_upload_that_no_empty_disk_would_hold_is_too_large(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disk, "RESERVE_BYTES", 2**62)
    monkeypatch.setattr(http, "app", lambda: app)
    request = func.HttpRequest(
        "POST", "/api/upload", body=b"x" * 100, headers={"Content-Length": "100"}
    )
    assert http.respond(request, uploads.upload).status_code == 413
