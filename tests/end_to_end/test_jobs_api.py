"""Jobs over HTTP: lists, retry, delete."""

from pathlib import Path

import pytest
from azure.core.exceptions import ResourceNotFoundError

from tests.end_to_end.service import Service
from tests.end_to_end.test_refusals import check


def test_lists_go_on_where_they_stopped(service: Service, media: Path) -> None:
    made = [service.submit(media / "face.jpg", avatar="Lister") for _ in range(5)]
    seen, address, pages = [], "/api/jobs?avatar=Lister&limit=2", 0
    while address:
        page = service.http.get(address).json()
        seen += [job["id"] for job in page["items"]]
        address, pages = page["next"], pages + 1
    assert seen == made[::-1]  # newest first
    assert pages == 3
    for job_id in made:
        service.wait(job_id)
    done = service.http.get("/api/jobs?avatar=Lister&state=done&type=IP").json()["items"]
    assert {job["id"] for job in done} == set(made)
    assert service.http.get("/api/jobs?avatar=Lister&type=VS").json()["items"] == []


def test_deleting_leaves_nothing(service: Service, media: Path) -> None:
    job = service.measure(media / "face.jpg")
    address = job["links"]["self"]
    assert service.http.delete(address).status_code == 204
    check(service.http.delete(address), 404, "job_not_found")
    check(service.http.get(address), 404, "job_not_found")
    check(service.http.get(job["links"]["action_units"]), 404, "job_not_found")
    assert job["container"] not in service.containers()
    for table in ("job_event WHERE job_id", "job WHERE id"):
        assert service.sql(f"SELECT 1 FROM {table} = %s", job["id"]) == []
    for table in ("extraction", "data_entry", "frame_measurement"):
        assert service.sql(f"SELECT 1 FROM {table} WHERE report_id = %s", job["report"]) == []
    assert service.sql("SELECT 1 FROM action_unit_report WHERE id = %s", job["report"]) == []
    service.announce(job["container"], job["media"]["blob"])  # an event that comes late
    assert service.http.get("/api/health").status_code == 200
    check(service.http.get(address), 404, "job_not_found")


def test_deleting_stops_the_work(service: Service, media: Path) -> None:
    job_id = service.submit(media / "twenty-seconds.mp4")
    service.wait(job_id, ("extracting",))
    assert service.http.delete(f"/api/jobs/{job_id}").status_code == 204
    with pytest.raises(ResourceNotFoundError):
        service.blobs.get_container_client(job_id).get_container_properties()
    assert service.measure(media / "face.jpg")["state"] == "done"
    assert job_id not in service.containers()


def test_a_failed_job_can_be_retried(service: Service, media: Path) -> None:
    job = service.measure(media / "empty.jpg")
    response = service.http.post(job["links"]["retry"])
    assert response.status_code == 202
    again = service.wait(job["id"])
    assert again["error"]["code"] == "no_face_found"
    assert len(again["steps"][1]["log"]) > len(job["steps"][1]["log"])


def test_only_a_failed_job_can_be_retried(service: Service, media: Path) -> None:
    job = service.measure(media / "face.jpg")
    check(service.http.post(f"/api/jobs/{job['id']}/retry"), 409, "state_conflict")
    assert "retry" not in job["links"]


def test_a_job_without_a_measurement_says_so(service: Service, media: Path) -> None:
    job = service.measure(media / "empty.jpg")
    for what in ("action-units", "openface.csv"):
        check(service.http.get(f"/api/jobs/{job['id']}/{what}"), 404, "not_found")


def test_the_probe_looks_at_nothing_else(service: Service) -> None:
    answer = service.http.get("/api/health/live")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_health_tells_what_is_there(service: Service) -> None:
    health = service.http.get("/api/health").json()
    assert health["status"] == "ok"
    assert health["storage"]["reachable"]
    assert health["database"]["reachable"]
    assert all(health[part]["milliseconds"] > 0 for part in ("storage", "database"))
    assert all(health[part]["version"] for part in ("storage", "database"))
    assert health["schema_revision"]
    (default,) = [engine for engine in health["engines"] if engine["default"]]
    assert default["available"]
    assert "127.0.0.1" not in str(health)
