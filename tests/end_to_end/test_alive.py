"""A first clip has a verdict with reasons, and a person's own footage makes a set."""

import csv
import io
import json
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest

from shared.analysis.natural_measures import NATURAL
from tests import faces
from tests.end_to_end.service import Json, Service
from tests.end_to_end.test_parameter_sets import address
from tests.end_to_end.test_refusals import check
from tests.media_factory import Clip

SIZE = (480, 480)  # the eyes are 70 pixels apart
CODES = [entry.code for entry in NATURAL]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("alive")
    Clip(seconds=8, size=SIZE, scene=faces.living).write(found / "living.mp4")
    Clip(seconds=6, size=SIZE, scene=faces.still).write(found / "still.mp4")
    return found


@pytest.fixture(scope="module")
def living(service: Service, folder: Path) -> Json:
    return service.measure(folder / "living.mp4", avatar="Alive", name="filmed")


@pytest.fixture(scope="module")
def still(service: Service, folder: Path) -> Json:
    return service.measure(folder / "still.mp4", avatar="Alive", name="still")


def test_it_is_there_before_anybody_made_a_set(service: Service) -> None:
    found = service.http.get(address("Alive")).json()
    assert (found["version"], found["engine"], found["mode"]) == (1, "mediapipe", "natural")
    assert found["default_for"] == ["VM", "VS"]
    assert (found["parameters"], found["natural"]["recordings"]) == ([], [])
    listed = service.http.get("/api/parameter-sets?engine=mediapipe&limit=200").json()["items"]
    (alive,) = [item for item in listed if item["name"] == "Alive"]
    assert (alive["mode"], alive["parameters"]) == ("natural", 0)


def test_a_living_face_passes_in_words(service: Service, living: Json) -> None:
    (entry,) = living["reports"]
    assert (living["verdict"], entry["parameter_set"]) == ("pass", "Alive")
    words = "no fault found, within human range"
    assert entry["words"] == words
    assert f"Alive: pass ({words})" in living["steps"][2]["message"]
    report = service.http.get(entry["links"]["self"]).json()
    assert report["words"] == words
    assert report["deviation"] < report["deviation_limit"]
    assert 0 < report["deviation_percentile"] < 1
    assert 0.5 < report["score"] < 1
    (face,) = report["faces"]
    judged = [result for result in face["results"] if result["z"] is not None]
    assert {result["measure"] for result in judged} == set(CODES)
    assert all(len(result["windows"]) == len(result["window_times"]) > 1 for result in judged)
    stored = service.sql(
        "SELECT count(*) FROM analysis_result WHERE report_id = %s AND z IS NOT NULL "
        "AND NOT is_parameter",
        living["report"],
    )
    assert stored == [(len(CODES),)]


def test_a_still_picture_fails_and_says_why(service: Service, still: Json) -> None:
    (entry,) = still["reports"]
    assert (still["verdict"], entry["parameter_set"]) == ("fail", "Alive")
    report = service.http.get(entry["links"]["self"]).json()
    sentences = report["faces"][0]["naturalness"]["sentences"]
    assert any(sentence.startswith("The picture stands still: ") for sentence in sentences)
    forms = {form: service.http.get(entry["links"][form]) for form in ("csv", "md", "xml")}
    rows = {row["measure"]: row for row in csv.DictReader(io.StringIO(forms["csv"].text))}
    assert rows["longest_still_picture"]["outcome"] == "not_within"
    assert rows["longest_still_picture"]["group"] == "faults"
    assert "The picture stands still: " in forms["md"].text
    suite = Xml.fromstring(forms["xml"].content).find("testsuite")
    assert suite is not None
    properties = {item.get("name"): item.get("value") for item in suite.iter("property")}
    assert str(properties["words"]).startswith("Does not move and look as it should.")
    assert "picture stands still" in str(Xml.tostring(suite))


@pytest.mark.parametrize("form", ["self", "csv", "md", "xml"])
def test_nothing_says_real(service: Service, living: Json, form: str) -> None:
    """But of the recordings that the deviation is held against."""
    text = service.http.get(living["reports"][0]["links"][form]).text.lower()
    assert "real" not in text.replace("of 100 real recordings", "").replace(
        "of real recordings", ""
    )


def test_a_short_clip_is_inconclusive_and_says_what_it_needs(service: Service, media: Path) -> None:
    job = service.measure(media / "one-second.mp4")
    assert job["verdict"] == "inconclusive"
    report = service.http.get(job["reports"][0]["links"]["self"]).json()
    reasons = {result["reason"] for result in report["faces"][0]["results"]}
    assert any("more of footage" in str(reason) for reason in reasons)


def test_a_person_s_own_footage_makes_a_set(service: Service, living: Json, folder: Path) -> None:
    body = {
        "name": "Like Alive",
        "from_reports": [living["report"]],
        "coverage": 0.9,
        "same_setup": False,
    }
    response = service.http.post("/api/parameter-sets", json=body)
    assert response.status_code == 201, response.text
    found = response.json()
    assert (found["mode"], found["parameters"]) == ("natural", [])
    assert (found["natural"]["false_alarms"], found["natural"]["same_setup"]) == (0.1, False)
    (recording,) = found["natural"]["recordings"]
    assert (recording["report"], recording["name"]) == (living["report"], "living.mp4")
    assert set(recording["values"]) == set(CODES)
    assert found["learned"]["reports"] == [living["report"]]
    for form in ("json", "csv"):
        exported = service.http.get(found["links"][form])
        again = service.http.post(
            "/api/parameter-sets",
            content=exported.text.replace("Like Alive", f"As {form}").encode(),
            headers={"Content-Type": exported.headers["Content-Type"]},
        )
        assert again.status_code == 201, again.text
        assert again.json()["natural"] == found["natural"]
    held = service.http.post(
        "/api/reports", json={"report": living["id"], "parameter_sets": ["Like Alive"]}
    )
    (entry,) = held.json()["items"]
    assert (entry["verdict"], entry["words"]) == (
        "pass",
        "no fault found, moves as this person does",
    )
    changed = found | {"natural": found["natural"] | {"left_out": ["flicker"]}}
    headers = {"If-Match": response.headers["ETag"]}
    second = service.http.put(address("Like Alive"), json=changed, headers=headers)
    assert (second.status_code, second.json()["version"]) == (200, 2)
    for name in ("Like Alive", "As json", "As csv"):
        service.http.delete(address(name))


def recording(mean: float) -> Json:
    return {"seconds": 9, "values": {"blinks": {"mean": mean, "windows": 4}}}


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"natural": None}, "natural"),
        (
            {"mode": "expected", "parameters": [{"measure": "blinks", "lower": 1}]},
            "natural belongs to a set of mode natural",
        ),
        ({"natural": {"population": "martians-1"}}, "there is no such population"),
        ({"natural": {"left_out": ["AU12.level"]}}, "there is no such natural measure"),
        ({"natural": {"false_alarms": 0}}, "false_alarms"),
        ({"natural": {"recordings": [{"seconds": -1, "values": {}}]}}, "seconds"),
        ({"natural": {"recordings": [{"seconds": 1e300, "values": {}}]}}, "seconds"),
        ({"natural": {"recordings": [recording(1e300)]}}, "mean"),
    ],
)
def test_natural_sets_that_are_none(service: Service, changed: Json, says: str) -> None:
    body = {"name": "None", "engine": "mediapipe", "mode": "natural", "natural": {}} | changed
    response = service.http.post("/api/parameter-sets", json=body)
    check(response, 400, "invalid_field")
    assert says in response.text


def test_a_picture_teaches_no_movement(service: Service, media: Path) -> None:
    job = service.measure(media / "face.jpg")
    assert (job["verdict"], job["reports"]) == (None, [])  # Alive is for videos
    body = {"name": "Never", "from_reports": [job["id"]], "coverage": 0.95}
    response = service.http.post("/api/parameter-sets", json=body)
    check(response, 422, "nothing_to_learn")
    assert "It needs a video" in response.text


def test_pages_show_it(service: Service, living: Json) -> None:
    (entry,) = living["reports"]
    for page in (
        "/parameter-sets",
        "/parameter-sets/Alive",
        "/avatars/Alive",
        "/avatars/Alive?set=Alive",
        f"/jobs/{living['id']}",
        f"/reports/{entry['id']}",
    ):
        response = service.http.get(page)
        assert response.status_code == 200, page
        assert "Alive" in response.text


def test_builds_are_compared_in_what_the_person_varies_by(
    service: Service, living: Json, still: Json
) -> None:
    numbers = {"from_measurement": living["report"], "to_measurement": still["report"]}
    query = numbers | {"parameter_set": "Alive"}
    found = service.http.get("/api/avatars/Alive/compare", params=query).json()
    differences = {item["measure"]: item for item in found["faces"][0]["differences"]}
    assert differences["longest_still_picture"]["change"] == "worse"
    assert differences["mouth_opening"]["difference_sd"] < -1
    assert differences["mouth_opening"]["expected"] > 0
    text = json.dumps(service.http.get("/api/avatars/Alive?parameter_set=Alive").json()["measures"])
    assert "longest_still_picture" in text
    assert "mouth_opening" in text
