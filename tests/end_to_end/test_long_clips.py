"""A clip that is cut into segments: measured once, however often the work is interrupted."""

import time
from pathlib import Path

import pytest

from tests.end_to_end.service import IMPATIENT, Service
from tests.media_factory import Clip
from tests.stack import NewStack

pytestmark = pytest.mark.thorough

SECONDS = 45


@pytest.fixture(scope="module")
def long_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("long") / "long.mp4"
    return Clip(seconds=SECONDS, fps=25, size=(320, 240)).write(path)


def kept(service: Service, job_id: str) -> set[str]:
    container = service.blobs.get_container_client(job_id)
    return set(container.list_blob_names(name_starts_with="avatar-validation/segments/"))


def test_a_killed_attempt_goes_on_where_it_stopped(new_stack: NewStack, long_clip: Path) -> None:
    stack = new_stack(settings=IMPATIENT | {"ENGINE_PROCESSES": "1"})
    stack.start()
    service = Service(stack)
    job_id = service.submit(long_clip)
    service.wait_for(lambda: kept(service, job_id), "segment that is kept")
    stack.kill_host()
    assert kept(service, job_id)
    stack.start_host()
    job = service.wait(job_id)
    assert job["state"] == "done"
    extract = job["steps"][1]
    assert extract["attempts"] == 2
    notes = [line["message"] for line in extract["log"] if line["happening"] == "note"]
    assert any("measured by an earlier attempt" in note for note in notes), notes
    assert kept(service, job_id) == set()
    service.check_rows(job)
    (face,) = service.faces(job)
    assert face["frames"] == SECONDS * 25
    service.close()


def test_progress_counts_all_segments(service: Service, long_clip: Path) -> None:
    job_id = service.submit(long_clip)
    seen = []
    while (job := service.job(job_id))["state"] not in ("done", "failed"):
        if job["progress"]:
            seen.append(job["progress"])
        time.sleep(0.1)
    assert job["state"] == "done"
    assert {progress["frames_expected"] for progress in seen} == {SECONDS * 25}
    done = [progress["frames_done"] for progress in seen]
    assert done == sorted(done)
    assert 0 < done[-1] <= SECONDS * 25
    assert all(progress["frames_per_second"] >= 0 for progress in seen)
    assert kept(service, job_id) == set()
