"""Many at once, and events that come more than once."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.end_to_end.service import Service


def test_twenty_uploads_at_once(service: Service, media: Path) -> None:
    reports = service.sql("SELECT count(*) FROM action_unit_report")[0][0]
    names = ["face.jpg", "grey.jpg", "alpha.png", "one-second.mp4"] * 5
    with ThreadPoolExecutor(20) as threads:
        ids = list(threads.map(lambda name: service.submit(media / name), names))
    jobs = [service.wait(job_id) for job_id in ids]
    assert {job["state"] for job in jobs} == {"done"}
    assert len(set(ids) & service.containers()) == 20
    assert len({job["report"] for job in jobs}) == 20
    assert service.sql("SELECT count(*) FROM action_unit_report")[0][0] == reports + 20
    for job in jobs:
        service.check_rows(job)


def test_the_same_events_five_times_and_at_the_same_moment(service: Service, media: Path) -> None:
    job_id = service.submit(media / "twenty-seconds.mp4")
    with ThreadPoolExecutor(5) as threads:
        list(threads.map(lambda _: service.announce(job_id, "twenty-seconds.mp4"), range(5)))
    job = service.wait(job_id)
    for blob in ("twenty-seconds.mp4", "openface.csv") * 3:
        service.announce(job_id, blob)
    service.measure(media / "face.jpg")  # by now the events have been handled
    assert service.job(job_id) == job
    assert [step["attempts"] for step in job["steps"]] == [1, 1, 1]
    service.check_rows(job)
