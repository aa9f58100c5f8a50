"""Storage or database away while a job runs: 503 meanwhile, and done afterwards."""

from pathlib import Path

import pytest

from tests.end_to_end.service import Service

pytestmark = pytest.mark.thorough


@pytest.mark.parametrize("part", ["storage", "database"])
def test_outage(fragile: Service, clip: Path, part: str) -> None:
    stack = fragile.stack
    stop, start = {
        "storage": (stack.stop_storage, stack.start_storage),
        "database": (stack.stop_database, stack.start_database),
    }[part]
    job_id = fragile.begin(clip)
    stop()
    answer = fragile.post(clip)
    assert answer.status_code == 503
    assert answer.json()["code"] == "service_unavailable"
    assert int(answer.headers["Retry-After"]) > 0
    assert fragile.http.get("/api/health").status_code == 503
    assert fragile.http.get("/api/health/live").status_code == 200
    fragile.wait_for(lambda: "is away" in fragile.log(), "notice of it in the running stage")
    start()
    job = fragile.wait(job_id)
    assert job["state"] == "done"
    fragile.check_rows(job)
    assert fragile.measure(clip)["state"] == "done"
