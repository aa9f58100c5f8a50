"""Measurements made elsewhere: by the upload's door, or dropped into a container."""

import io
from pathlib import Path

import pytest

from shared.measurements.action_units import CSV_COLUMNS, FRAME_COLUMNS, INTENSITIES, PRESENCES
from tests.end_to_end.service import Json, Service
from tests.end_to_end.test_refusals import check


def openface(frames: int, faces: int = 1, separator: str = ", ") -> str:
    """A CSV as OpenFace writes it, AU12 rising by 0.01 a frame."""
    text = io.StringIO()
    text.write(separator.join(CSV_COLUMNS) + "\n")
    for frame in range(1, frames + 1):
        for face in range(faces):
            values = dict.fromkeys(INTENSITIES, "0.00") | {"AU12": f"{frame / 100:.2f}"}
            row = [str(frame), str(face), f"{frame / 25:.3f}", "0.98", "1", *values.values()]
            text.write(separator.join([*row, *["0.00"] * len(PRESENCES)]) + "\n")
    return text.getvalue()


@pytest.fixture
def measured(tmp_path: Path) -> Path:
    path = tmp_path / "take 1.csv"
    path.write_text(openface(100))
    return path


def check_measurement(service: Service, job: Json) -> None:
    assert job["state"] == "done", job
    service.check_rows(job)
    found = service.http.get(job["links"]["action_units"]).json()
    assert found["engine"] == "openface"
    units = {unit["au"]: unit for unit in found["faces"][0]["action_units"]}
    assert units["AU12"]["intensity"]["min"] == 0.01
    assert units["AU12"]["intensity"]["max"] == 1.0


def test_an_uploaded_csv(service: Service, measured: Path) -> None:
    job = service.measure(measured)
    check_measurement(service, job)
    assert job["type"] == "VS"
    canonical = service.http.get(job["links"]["openface_csv"]).text
    assert canonical.splitlines()[0].split(",") == list(CSV_COLUMNS)


def test_two_faces_make_it_vm(service: Service, tmp_path: Path) -> None:
    path = tmp_path / "two.csv"
    path.write_text(openface(10, faces=2))
    job = service.measure(path)
    assert (job["state"], job["type"]) == ("done", "VM")
    assert len(service.faces(job)) == 2


def test_an_openface_csv_dropped_into_a_container(service: Service, measured: Path) -> None:
    container = service.blobs.create_container("measured-elsewhere")
    container.upload_blob("openface.csv", measured.read_bytes())
    query = "SELECT id FROM job WHERE container = 'measured-elsewhere'"
    found = service.wait_for(lambda: service.sql(query), "job")
    job = service.wait(str(found[0][0]))
    check_measurement(service, job)
    assert job["steps"][1]["state"] == "skipped"


def test_bad_rows_fail_the_job_by_their_line(service: Service, tmp_path: Path) -> None:
    path = tmp_path / "bad.csv"
    lines = openface(10).splitlines()
    lines[4] = lines[4].replace("0.98", "nan")
    path.write_text("\n".join(lines))
    job = service.measure(path)
    assert job["error"]["code"] == "invalid_csv"
    assert "5" in job["error"]["detail"]
    assert job["report"] is None
    assert service.sql("SELECT 1 FROM action_unit_report WHERE avatar = %s", job["id"]) == []


def test_an_engine_for_a_csv_is_refused(service: Service, measured: Path) -> None:
    check(service.post(measured, engine="mediapipe"), 422, "type_mismatch")


def test_the_columns_are_the_agreed_ones() -> None:
    assert CSV_COLUMNS[:5] == FRAME_COLUMNS
    assert len(CSV_COLUMNS) == 5 + 17 + 18
