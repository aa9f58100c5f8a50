"""Real media through the whole app: HTTP, blob event, engine, CSV event, rows."""

import csv
import io
import uuid
from pathlib import Path

import pytest
from azure.storage.blob import ContainerClient

from shared.measurements.action_units import CSV_COLUMNS, INTENSITIES, PRESENCES
from tests.end_to_end.service import Json, Service


@pytest.mark.parametrize(
    ("name", "type_", "frames"),
    [
        ("face.jpg", "IP", 1),
        ("rotated.jpg", "IP", 1),
        ("alpha.png", "IP", 1),
        ("grey.jpg", "IP", 1),
        ("one-second.mp4", "VS", 25),
        ("twenty-seconds.mp4", "VS", 500),
    ],
)
def test_a_face_is_measured(
    service: Service, media: Path, name: str, type_: str, frames: int
) -> None:
    job = service.measure(media / name, name="build 1")
    assert job["state"] == "done", job
    assert [step["state"] for step in job["steps"]] == ["succeeded"] * 3
    assert job["type"] == type_
    assert job["media"]["filename"] == name
    service.check_rows(job)
    (face,) = service.faces(job)
    assert face["frames"] == frames
    assert face["confident_frames"] >= 0.9 * frames
    units = {unit["au"]: unit for unit in face["action_units"]}
    assert set(units) == set(PRESENCES)
    assert all(0 <= units[au]["intensity"]["mean"] <= 5 for au in INTENSITIES)
    assert units["AU28"]["intensity"] is None
    if type_ == "IP":
        assert units["AU12"]["intensity"]["mean"] > 1  # the astronaut smiles


def test_the_csv_is_openface_s(service: Service, media: Path) -> None:
    job = service.measure(media / "one-second.mp4")
    response = service.http.get(job["links"]["openface_csv"])
    assert response.headers["Content-Type"].startswith("text/csv")
    rows = list(csv.reader(io.StringIO(response.text)))
    assert tuple(rows[0]) == CSV_COLUMNS
    assert [int(row[0]) for row in rows[1:]] == list(range(1, 26))
    container = service.blobs.get_container_client(job["container"])
    assert container.download_blob("openface.csv").readall() == response.content


@pytest.mark.parametrize("name", ["empty.jpg", "empty.mp4"])
def test_without_a_face_the_job_fails_in_words(service: Service, media: Path, name: str) -> None:
    job = service.measure(media / name)
    assert job["state"] == "failed"
    assert job["error"]["code"] == "no_face_found"
    assert "face" in job["error"]["detail"]
    assert [step["state"] for step in job["steps"]] == ["succeeded", "failed", "pending"]


def test_a_raw_body_with_its_fields_in_the_query(service: Service, media: Path) -> None:
    response = service.http.post(
        "/api/upload",
        params={"avatar": "Ada", "name": "b2", "filename": "../my face.jpg", "type": "IW"},
        content=(media / "face.jpg").read_bytes(),
        headers={"Content-Type": "text/html"},  # content decides, not the header
    )
    assert response.status_code == 202, response.text
    assert response.headers["Location"] == f"/api/jobs/{response.json()['id']}"
    job = service.wait(response.json()["id"])
    assert job["state"] == "done"
    assert (job["type"], job["name"]) == ("IW", "b2")
    assert job["media"]["filename"] == "../my face.jpg"
    assert job["media"]["blob"] == "my-face.jpg"


def test_a_large_file_goes_through_an_upload_url(service: Service, media: Path) -> None:
    path = media / "one-second.mp4"
    response = service.http.post(
        "/api/upload-url",
        json={"filename": path.name, "size": path.stat().st_size, "avatar": "Ada", "type": "VM"},
    )
    assert response.status_code == 201, response.text
    promise = response.json()
    assert service.job(promise["id"])["state"] == "created"
    sent = service.http.request(
        promise["method"],
        promise["upload_url"],
        content=path.read_bytes(),
        headers=promise["headers"],
    )
    assert sent.status_code == 201
    job = service.wait(promise["id"])
    assert (job["state"], job["type"]) == ("done", "VM")
    assert job["steps"][0]["state"] == "succeeded"


def test_an_upload_url_takes_no_more_than_was_agreed(service: Service, media: Path) -> None:
    response = service.http.post(
        "/api/upload-url", json={"filename": "a.jpg", "size": 10, "avatar": "Ada"}
    )
    promise = response.json()
    content = (media / "face.jpg").read_bytes()
    service.http.put(promise["upload_url"], content=content, headers=promise["headers"])
    job = service.wait(promise["id"])
    assert job["error"]["code"] == "file_too_large"
    container = service.blobs.get_container_client(promise["id"])
    assert list(container.list_blob_names()) == []


def test_a_container_of_another_program_is_adopted(service: Service, media: Path) -> None:
    container = service.blobs.create_container("jklmnopqrs")
    container.upload_blob("holiday.jpg", (media / "face.jpg").read_bytes())
    job = _wait_for_container(service, container)
    assert job["state"] == "done"
    assert (job["avatar"], job["type"], job["name"]) == ("jklmnopqrs", "IP", "default")
    service.check_rows(job)
    (url,) = service.sql("SELECT url FROM action_unit_report WHERE id = %s", job["report"])[0]
    assert url.endswith("/jklmnopqrs/holiday.jpg")
    container.delete_container()


def test_an_adopted_job_says_what_its_metadata_say(service: Service, media: Path) -> None:
    name = str(uuid.uuid4())
    container = service.blobs.create_container(name, metadata={"avatar": "Eve", "name": "b1"})
    content = (media / "face.jpg").read_bytes()
    container.upload_blob("x", content, metadata={"name": "b2", "type": "IW"})
    job = _wait_for_container(service, container)
    assert job["id"] == name
    assert (job["avatar"], job["name"], job["type"]) == ("Eve", "b2", "IW")


def test_what_is_no_media_is_left_alone(service: Service, media: Path) -> None:
    container = service.blobs.create_container("notes-of-others")
    container.upload_blob("readme.txt", b"hello")
    job = service.measure(media / "face.jpg")
    service.blobs.get_container_client(job["container"]).upload_blob("notes.txt", b"hello")
    service.measure(media / "face.jpg")  # by now both events have been handled
    assert service.job(job["id"])["steps"] == job["steps"]
    assert service.sql("SELECT 1 FROM job WHERE container = 'notes-of-others'") == []
    container.delete_container()


def _wait_for_container(service: Service, container: ContainerClient) -> Json:
    query, name = "SELECT id FROM job WHERE container = %s", container.container_name
    found = service.wait_for(lambda: service.sql(query, name), f"job for {name}")
    return service.wait(str(found[0][0]))
