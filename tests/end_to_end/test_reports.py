"""Measurements held to parameter sets: in the second stage, and again at any time."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

import pytest
from azure.core.exceptions import ResourceNotFoundError

from shared.analysis.sound_measures import LIP_SYNC
from shared.measurements.action_units import CSV_COLUMNS, INTENSITIES
from tests.end_to_end.service import Json, Service
from tests.end_to_end.test_parameter_sets import a_set, address, made
from tests.end_to_end.test_refusals import check

FPS = 25


def take(path: Path, seconds: float = 3, out: tuple[float, float] = (1.0, 1.5)) -> Path:
    """A clip as OpenFace measures it: AU25 is 1, but 3 from `out[0]` to `out[1]`."""
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(CSV_COLUMNS)
    for frame in range(round(seconds * FPS)):
        time = frame / FPS
        level = 3.0 if out[0] <= time < out[1] else 1.0
        units = [level if au == "AU25" else 0.5 for au in INTENSITIES]
        rows.writerow([frame + 1, 0, f"{time:.3f}", 0.98, 1, *units, *([0] * 18)])
    path.write_text(text.getvalue())
    return path


def lips(service: Service, **changed: Any) -> str:
    """A set that wants AU25 between 0.5 and 2; its name."""
    band = {"measure": "AU25.level", "lower": 0.5, "upper": 2.0}
    return str(made(service, **({"engine": "openface", "parameters": [band]} | changed))["name"])


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return take(tmp_path / "take.csv")


def test_a_job_says_how_it_was_held_to_its_sets(service: Service, clip: Path) -> None:
    strict, lenient = lips(service), lips(service, required_share=0.8)
    job = service.measure(clip, parameter_set=[strict, lenient.upper(), strict])
    assert job["state"] == "done", job
    assert job["verdict"] == "fail"
    verdicts = {report["parameter_set"]: report["verdict"] for report in job["reports"]}
    assert verdicts == {strict: "fail", lenient: "pass"}
    assert strict in job["steps"][2]["message"]
    report = service.http.get(job["reports"][0]["links"]["self"]).json()
    assert report["subject"]["job"] == job["id"]
    assert report["parameter_set"]["version"] == 1
    (result,) = report["faces"][0]["results"]
    (violation,) = result["violations"]
    assert violation["start"] == pytest.approx(1.0, abs=1 / FPS)
    assert violation["end"] == pytest.approx(1.5, abs=1 / FPS)
    assert violation["worst"] == 3.0
    listed = service.http.get("/api/jobs?limit=1").json()["items"][0]
    assert (listed["id"], listed["verdict"]) == (job["id"], "fail")


def test_the_container_holds_all_of_the_job(service: Service, clip: Path) -> None:
    job = service.measure(clip, parameter_set=lips(service))
    container = service.blobs.get_container_client(job["container"])
    content = json.loads(container.download_blob("report.json").readall())
    assert content["verdict"] == "fail"
    assert content["subject"]["report"] == job["report"]
    assert content["faces"][0]["measures"]["AU25.level"] == pytest.approx(4 / 3, abs=0.02)
    (whole,) = content["reports"]
    assert whole == service.http.get(job["reports"][0]["links"]["self"]).json()


def test_every_form_of_a_report(service: Service, clip: Path) -> None:
    job = service.measure(clip, parameter_set=lips(service))
    (report,) = job["reports"]
    forms = {form: service.http.get(report["links"][form]) for form in ("csv", "md", "xml")}
    types = {form: answer.headers["Content-Type"] for form, answer in forms.items()}
    assert types["csv"].startswith("text/csv")
    assert types["md"].startswith("text/markdown")
    assert types["xml"] == "application/xml"
    (row,) = csv.DictReader(io.StringIO(forms["csv"].text))
    assert (row["measure"], row["outcome"]) == ("AU25.level", "not_within")
    assert "failed" in forms["md"].text
    failure = Xml.fromstring(forms["xml"].content).find(".//failure")
    assert failure is not None
    assert "1.000-1.520 s" in str(failure.text)
    by_number = service.http.get(f"/api/reports/{job['report']}")  # there is only this one
    assert by_number.content == service.http.get(report["links"]["self"]).content
    assert service.http.get(report["links"]["self"] + ".json").content == by_number.content


@pytest.fixture
def default(service: Service) -> Iterator[str]:
    """A set that images are held to by default; taken away after the test."""
    name = made(
        service,
        default_for=["IP"],
        parameters=[{"measure": "AU12.level", "lower": 0, "allow_low_validity": True}],
    )["name"]
    yield name
    service.http.delete(address(name))


def test_a_default_is_taken_where_a_job_names_no_set(
    service: Service, media: Path, clip: Path, default: str
) -> None:
    job = service.measure(media / "face.jpg")
    assert [report["parameter_set"] for report in job["reports"]] == [default]
    assert job["verdict"] == "pass"
    other = service.measure(clip)  # of another type
    assert (other["state"], other["verdict"], other["reports"]) == ("done", None, [])
    assert "no parameter set" in other["steps"][2]["message"]


def test_a_default_for_another_engine_is_not_applied(service: Service, tmp_path: Path) -> None:
    name = made(service, default_for=["VS"])["name"]
    job = service.measure(take(tmp_path / "a.csv"))
    assert (job["state"], job["verdict"]) == ("done", None)
    assert f"{name!r}, is for mediapipe" in job["steps"][2]["message"]
    service.http.delete(address(name))


@pytest.mark.parametrize("set_for", ["openface", "py-feat"])
def test_a_set_for_another_engine_is_refused_at_once(
    service: Service, media: Path, clip: Path, set_for: str
) -> None:
    name, rows = lips(service, engine=set_for), service.rows()
    path = media / "face.jpg" if set_for == "openface" else clip
    check(service.post(path, parameter_set=name), 422, "engine_mismatch")
    assert service.rows() == rows


def test_a_set_for_another_engine_fails_a_job_that_said_so_late(
    service: Service, clip: Path
) -> None:
    """An upload URL is given before the content is known."""
    name = lips(service, engine="mediapipe")
    fields = {"filename": clip.name, "size": clip.stat().st_size, "avatar": "Ada"}
    promise = service.http.post("/api/upload-url", json={**fields, "parameter_set": [name]}).json()
    service.http.put(
        promise["upload_url"], content=clip.read_bytes(), headers=promise["headers"]
    ).raise_for_status()
    job = service.wait(promise["id"])
    assert (job["state"], job["error"]["code"]) == ("failed", "engine_mismatch")
    assert (job["verdict"], job["reports"]) == (None, [])
    assert service.faces(job)[0]["frames"] == 75  # the measurement is there
    body = {"report": job["id"], "parameter_sets": [name], "allow_engine_mismatch": True}
    made_later = service.http.post("/api/reports", json=body)
    assert made_later.status_code == 201
    report = service.http.get(made_later.headers["Location"]).json()
    assert "mediapipe" in report["notices"][0]


def test_a_set_that_was_deleted_meanwhile_fails_the_job(service: Service, clip: Path) -> None:
    name = lips(service)
    fields = {"filename": clip.name, "size": clip.stat().st_size, "avatar": "Ada"}
    promise = service.http.post("/api/upload-url", json={**fields, "parameter_set": [name]}).json()
    assert service.http.delete(address(name)).status_code == 204
    service.http.put(promise["upload_url"], content=clip.read_bytes(), headers=promise["headers"])
    job = service.wait(promise["id"])
    assert (job["state"], job["error"]["code"]) == ("failed", "unknown_parameter_set")
    assert name in job["error"]["detail"]
    service.check_rows(job)
    lips(service, name=name)
    assert service.http.post(job["links"]["retry"]).status_code == 202
    job = service.wait(job["id"], ("done",))
    assert [report["parameter_set"] for report in job["reports"]] == [name]
    service.check_rows(job)


def test_a_used_set_is_archived(service: Service, clip: Path) -> None:
    name = lips(service)
    job = service.measure(clip, parameter_set=name)
    assert service.http.get(address(name)).json()["used"]
    response = service.http.delete(address(name))
    assert response.status_code == 200
    assert response.json()["archived"]
    check(service.post(clip, parameter_set=name), 422, "unknown_parameter_set")
    assert service.http.get(job["reports"][0]["links"]["self"]).status_code == 200
    names = [i["name"] for i in service.http.get("/api/parameter-sets?limit=200").json()["items"]]
    assert name not in names
    archived = service.http.get("/api/parameter-sets?limit=200&archived=true").json()["items"]
    assert name in [item["name"] for item in archived]
    again = a_set(name=name, engine="openface")
    check(service.http.post("/api/parameter-sets", json=again), 409, "name_taken")
    back = service.http.put(address(name), json=again, headers={"If-Match": "*"}).json()
    assert (back["version"], back["archived"]) == (2, None)
    assert service.http.delete(job["links"]["self"]).status_code == 204
    assert service.http.delete(address(name)).status_code == 204  # nothing names it any more


def test_reports_are_made_again_without_measuring(service: Service, clip: Path) -> None:
    job = service.measure(clip)
    service.blobs.get_container_client(job["container"]).delete_blob("openface.csv")
    name = lips(service)
    body = {"report": job["report"], "parameter_sets": [name]}
    first = service.http.post("/api/reports", json=body)
    assert first.status_code == 201, first.text
    (report,) = first.json()["items"]
    content = service.http.get(report["links"]["self"]).content
    second = service.http.post("/api/reports", json=body)
    assert (second.status_code, second.json()) == (200, first.json())
    assert service.http.get(report["links"]["self"]).content == content
    assert service.job(job["id"])["verdict"] == "fail"
    container = service.blobs.get_container_client(job["container"])
    assert json.loads(container.download_blob("report.json").readall())["verdict"] == "fail"
    looser = a_set(name=name, engine="openface", parameters=[{"measure": "AU25.level", "lower": 0}])
    service.http.put(address(name), json=looser, headers={"If-Match": "*"})
    third = service.http.post("/api/reports", json=body).json()["items"][0]
    assert (third["version"], third["verdict"]) == (2, "pass")
    check(service.http.get(f"/api/reports/{job['report']}"), 409, "ambiguous_report")
    listed = service.http.get(f"/api/reports?job={job['id']}").json()["items"]
    assert [item["version"] for item in listed] == [2, 1]
    result = "SELECT outcome FROM analysis_result WHERE report_id = %s ORDER BY parameter_set_id"
    assert service.sql(result, job["report"]) == [("not_within",), ("within",)]


def test_the_second_stage_and_a_later_analysis_give_the_same_bytes(
    service: Service, media: Path
) -> None:
    measures = service.http.get("/api/measures").json()["items"]
    codes = [item["measure"] for item in measures if item["measure"] != LIP_SYNC]
    parameters = [{"measure": code, "lower": 0, "allow_low_validity": True} for code in codes]
    name = made(service, parameters=parameters)["name"]
    job = service.measure(media / "one-second.mp4", parameter_set=name)
    (report,) = job["reports"]
    before = service.http.get(report["links"]["self"]).content
    blob = service.blobs.get_blob_client(job["container"], "report.json")
    stored = blob.download_blob().readall()
    body = {"report": job["id"], "parameter_sets": [name]}
    assert service.http.post("/api/reports", json=body).status_code == 200
    assert service.http.get(report["links"]["self"]).content == before
    assert blob.download_blob().readall() == stored


def test_lists_of_reports(service: Service, tmp_path: Path) -> None:
    name, avatar = lips(service), "Lister of reports"
    made_jobs = [
        service.measure(take(tmp_path / "a.csv", out=out), avatar=avatar, parameter_set=name)
        for out in ((0.0, 0.0), (1.0, 1.5), (1.0, 2.5))
    ]
    seen, following = [], f"/api/reports?avatar={avatar}&limit=2"
    while following:
        page = service.http.get(following).json()
        seen += [item["job"] for item in page["items"]]
        following = page["next"]
    assert seen == [job["id"] for job in reversed(made_jobs)]
    failed = service.http.get(f"/api/reports?avatar={avatar}&verdict=fail&parameter_set={name}")
    assert len(failed.json()["items"]) == 2
    assert service.http.get(f"/api/reports?report={made_jobs[0]['report']}").json()["items"]
    check(service.http.get("/api/reports?verdict=maybe"), 400, "invalid_field")
    check(service.http.get("/api/reports?avatar=%00"), 400, "invalid_field")
    check(service.http.get(f"/api/reports?report={10**30}"), 400, "invalid_field")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 422, "unknown_parameter_set"),
        ({"report": 10**15}, 422, "unknown_report"),
        ({"report": "00000000-0000-0000-0000-000000000000"}, 422, "unknown_report"),
        ({"report": True}, 400, "invalid_field"),
        ({"parameter_sets": []}, 400, "invalid_field"),
        ({"parameter_sets": ["x"] * 101}, 400, "invalid_field"),
        ({"parameter_sets": [" "]}, 400, "invalid_field"),
        ({"colour": "red"}, 400, "unknown_field"),
    ],
)
def test_reports_that_cannot_be_made(
    service: Service, clip: Path, body: Json, status: int, code: str
) -> None:
    job = service.measure(clip)
    asked = {"report": job["id"], "parameter_sets": ["nobody made this"]} | body
    check(service.http.post("/api/reports", json=asked), status, code)
    assert service.job(job["id"])["reports"] == []


def test_all_sets_or_none(service: Service, clip: Path) -> None:
    job = service.measure(clip)
    mine, other = lips(service), lips(service, engine="py-feat")
    body = {"report": job["id"], "parameter_sets": [mine, other]}
    check(service.http.post("/api/reports", json=body), 422, "engine_mismatch")
    assert service.job(job["id"])["reports"] == []


def test_a_job_without_a_measurement_has_nothing_to_hold(service: Service, media: Path) -> None:
    job = service.measure(media / "empty.jpg")
    response = service.http.post(
        "/api/reports", json={"report": job["id"], "parameter_sets": [lips(service)]}
    )
    check(response, 422, "unknown_report")
    assert "failed" in response.json()["detail"]


@pytest.mark.parametrize("name", ["x", "0", "17-", "999999999999", "1-1.pdf", "%00", "1" * 40])
def test_unknown_reports(service: Service, name: str) -> None:
    check(service.http.get(f"/api/reports/{name}"), 404, "report_not_found")


def test_deleting_a_job_deletes_its_reports(service: Service, clip: Path) -> None:
    job = service.measure(clip, parameter_set=lips(service))
    assert service.http.delete(job["links"]["self"]).status_code == 204
    check(service.http.get(job["reports"][0]["links"]["self"]), 404, "report_not_found")
    for table in ("analysis_report", "analysis_result", "measured_face"):
        assert service.sql(f"SELECT 1 FROM {table} WHERE report_id = %s", job["report"]) == []
    with pytest.raises(ResourceNotFoundError):
        service.blobs.get_blob_client(job["container"], "report.json").get_blob_properties()


def test_a_measurement_without_a_set(service: Service, clip: Path) -> None:
    job = service.measure(clip, name="build 7")
    found = service.http.get(f"/api/measurements/{job['report']}").json()
    assert found == service.http.get(f"/api/measurements/{job['id']}").json()
    assert (found["job"], found["name"], found["engine"]) == (job["id"], "build 7", "openface")
    (face,) = found["faces"]
    levels = {item["measure"]: item["value"] for item in face["measures"]}
    assert levels["AU25.level"] == pytest.approx(4 / 3, abs=0.02)
    for nothing in ("0", "a", "999999999", "00000000-0000-0000-0000-000000000000"):
        check(service.http.get(f"/api/measurements/{nothing}"), 404, "not_found")
