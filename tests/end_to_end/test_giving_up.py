"""A stage that never succeeds, and events that never come."""

from pathlib import Path

import pytest

from tests.end_to_end.service import IMPATIENT, Json, Service
from tests.stack import NewStack

pytestmark = pytest.mark.thorough


def test_a_stage_that_always_fails(new_stack: NewStack, media: Path) -> None:
    stack = new_stack(settings=IMPATIENT | {"MEASURE_TIMEOUT_SECONDS": "0"})
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
    stack = new_stack(settings=IMPATIENT)
    stack.start_services()
    stack.migrate()
    stack.start_host()
    service = Service(stack)
    ours = service.submit(media / "face.jpg")
    foreign = service.blobs.create_container("of-another-program")
    foreign.upload_blob("a.jpg", (media / "face.jpg").read_bytes())

    def both_are_done() -> list[Json]:
        service.run_timer("adopt_lost")
        service.run_timer("reconcile")
        jobs: list[Json] = service.http.get("/api/jobs").json()["items"]
        return jobs if [job["state"] for job in jobs] == ["done"] * 2 else []

    jobs = service.wait_for(both_are_done, "two jobs that are done", pause=3)
    for job in jobs:
        service.check_rows(job)
    assert ours in {job["id"] for job in jobs}
    service.close()
