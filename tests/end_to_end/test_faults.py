"""What breaks while jobs run, and that they end as they should all the same."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from local.stack import Stack
from tests.end_to_end.service import Service
from tests.stack import NewStack

OUTAGE = 10.0  # [s]

SETTINGS = {
    "LEASE_SECONDS": "5",
    "RECONCILE_AFTER_SECONDS": "1",
    "LOCAL_HOST_MESSAGE_LEASE": "8",  # [s] until the built-in host's queue gives a message again
}


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory, media: Path) -> Path:
    return media / "twenty-seconds.mp4"


@pytest.fixture
def fragile(new_stack: NewStack) -> Iterator[Service]:
    stack = new_stack(settings=SETTINGS)
    stack.start()
    service = Service(stack)
    yield service
    service.close()


def _measuring(service: Service, clip: Path) -> str:
    """A job of which some frames have been measured."""
    job_id = service.submit(clip)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        progress = service.job(job_id)["progress"]
        if progress and progress["frames_done"] > 0:
            return job_id
        time.sleep(0.05)
    raise AssertionError(f"no progress\n{service.log()[-3000:]}")


def _kill_engines(stack: Stack) -> int:
    engines = psutil.Process(stack.host_pid).children(recursive=True)
    for process in engines:
        process.kill()
    return len(engines)


def test_killed_engine(fragile: Service, clip: Path) -> None:
    job_id = _measuring(fragile, clip)
    assert _kill_engines(fragile.stack)
    job = fragile.wait(job_id)
    assert job["state"] == "done"
    extract = job["steps"][1]
    assert extract["attempts"] == 2
    (retry,) = [line for line in extract["log"] if line["happening"] == "retrying"]
    assert "killed" in retry["message"]
    fragile.check_rows(job)


def test_killed_host(fragile: Service, clip: Path) -> None:
    job_id = _measuring(fragile, clip)
    fragile.stack.kill_host()
    fragile.stack.start_host()
    job = fragile.wait(job_id)
    assert job["state"] == "done"
    assert job["steps"][1]["attempts"] == 2
    fragile.check_rows(job)


@pytest.mark.parametrize("part", ["storage", "database"])
def test_outage(fragile: Service, clip: Path, part: str) -> None:
    stack = fragile.stack
    stop, start = {
        "storage": (stack.stop_storage, stack.start_storage),
        "database": (stack.stop_database, stack.start_database),
    }[part]
    job_id = _measuring(fragile, clip)
    stop()
    threading.Timer(OUTAGE, start).start()
    answer = fragile.post(clip)
    assert answer.status_code == 503
    assert answer.json()["code"] == "service_unavailable"
    assert int(answer.headers["Retry-After"]) > 0
    assert fragile.http.get("/api/health").status_code == 503
    job = fragile.wait(job_id)
    assert job["state"] == "done"
    fragile.check_rows(job)
    assert fragile.measure(clip)["state"] == "done"


def test_a_stage_that_always_fails(new_stack: NewStack, media: Path) -> None:
    stack = new_stack(settings=SETTINGS | {"MEASURE_TIMEOUT_SECONDS": "0"})
    stack.start()
    service = Service(stack)
    job = service.measure(media / "face.jpg")
    assert job["state"] == "failed"
    assert job["error"]["code"] == "attempts_exhausted"
    extract = job["steps"][1]
    assert extract["attempts"] == 5
    assert [line["happening"] for line in extract["log"]] == ["started", "retrying"] * 5 + [
        "failed"
    ]
    assert extract["log"][-2]["message"] in job["error"]["detail"]
    assert "webjobs-blobtrigger-poison" in service.log()
    service.close()


def test_lost_events(new_stack: NewStack, media: Path) -> None:
    """No relay runs: nobody ever tells of the uploads."""
    stack = new_stack(settings=SETTINGS)
    stack.start_services()
    stack.migrate()
    stack.start_host()
    service = Service(stack)
    ours = service.submit(media / "face.jpg")
    foreign = service.blobs.create_container("of-another-program")
    foreign.upload_blob("a.jpg", (media / "face.jpg").read_bytes())
    time.sleep(2)
    service.run_timer("adopt_lost")
    for _ in range(3):  # the media's event, then the CSV's, of two jobs
        service.run_timer("reconcile")
        time.sleep(3)
    jobs = service.http.get("/api/jobs").json()["items"]
    assert len(jobs) == 2
    for job in jobs:
        done = service.wait(job["id"])
        assert done["state"] == "done"
        service.check_rows(done)
    assert ours in {job["id"] for job in jobs}
    service.close()
