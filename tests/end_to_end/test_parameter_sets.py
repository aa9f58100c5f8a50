"""Parameter sets over HTTP: made, changed, kept apart from each other's editors, learned."""

import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from shared.analysis.sound_measures import LIP_SYNC
from tests.end_to_end.service import Json, Service
from tests.end_to_end.test_csv import openface
from tests.end_to_end.test_refusals import check

_numbers = itertools.count(1)


def a_set(**changed: Any) -> Json:
    """A good set of a name of its own."""
    values: Json = {
        "name": f"Set {next(_numbers)}",
        "engine": "mediapipe",
        "parameters": [{"measure": "AU12.level", "reference": 2.0, "deviation_percent": 25}],
    }
    return values | changed


def address(name: str) -> str:
    return f"/api/parameter-sets/{quote(name, safe='')}"


def made(service: Service, **changed: Any) -> Json:
    response = service.http.post("/api/parameter-sets", json=a_set(**changed))
    assert response.status_code == 201, response.text
    found: Json = response.json()
    return found


def etag(service: Service, name: str) -> str:
    return str(service.http.get(address(name)).headers["ETag"])


def test_a_set_comes_back_as_it_was_given(service: Service) -> None:
    given = a_set(description="As agreed.", required_share=0.9)
    response = service.http.post("/api/parameter-sets", json=given)
    assert response.status_code == 201
    assert response.headers["Location"] == address(given["name"])
    found = service.http.get(response.headers["Location"]).json()
    assert found == response.json()
    assert {name: found[name] for name in ("name", "description", "engine")} == {
        name: given[name] for name in ("name", "description", "engine")
    }
    assert (found["version"], found["used"], found["archived"]) == (1, False, None)
    (parameter,) = found["parameters"]
    assert parameter["reference"] == 2.0
    assert parameter["lower"] is None


@pytest.mark.parametrize(
    "name", ["Ada's smile, 50 % \U0001f600", "Ääkköset ja ß", "a.csv", "versions", "%41+?#&="]
)
def test_names_have_any_letters(service: Service, name: str) -> None:
    made(service, name=name)
    assert service.http.get(address(name)).json()["name"] == name
    listed = service.http.get(f"{address(name)}/versions").json()["items"]
    assert [item["name"] for item in listed] == [name]
    assert service.http.get(listed[0]["links"]["csv"]).status_code == 200
    assert service.http.delete(address(name)).status_code == 204


def test_names_are_one_regardless_of_case(service: Service) -> None:
    made(service, name="STRASSE ABC")
    check(
        service.http.post("/api/parameter-sets", json=a_set(name="Straße abc")), 409, "name_taken"
    )
    assert service.http.get(address("straße ABC")).json()["name"] == "STRASSE ABC"


@pytest.mark.parametrize("form", ["json", "csv"])
def test_export_and_import_give_the_same_set(service: Service, form: str) -> None:
    first = made(
        service,
        description='With "quotes", commas\nand lines',
        min_face_share=0.1,
        parameters=[
            {"measure": "AU12.level", "reference": 0.1 + 0.2, "deviation_absolute": 1e-3},
            {"measure": "jitter", "upper": 0.1, "optional": True},
            {"measure": "AU04.peak", "lower": 0.0, "allow_low_validity": True},
        ],
    )
    exported = service.http.get(first["links"][form])
    assert "attachment" in exported.headers["Content-Disposition"]
    other = first["name"] + " again"
    content = exported.text.replace(first["name"], other)
    response = service.http.post(
        "/api/parameter-sets",
        content=content.encode(),
        headers={"Content-Type": exported.headers["Content-Type"]},
    )
    assert response.status_code == 201, response.text
    changing = {"name", "links", "created"}
    second = service.http.get(address(other)).json()
    assert {k: v for k, v in first.items() if k not in changing} == {
        k: v for k, v in second.items() if k not in changing
    }


def test_the_accept_header_chooses_the_form(service: Service) -> None:
    name = made(service)["name"]
    response = service.http.get(address(name), headers={"Accept": "text/csv"})
    assert response.headers["Content-Type"].startswith("text/csv")
    assert response.text.startswith(f"name,{name}")
    response = service.http.get(address(name), headers={"Accept": "text/html, */*;q=0.1"})
    assert response.json()["name"] == name


def test_a_change_is_a_new_version(service: Service) -> None:
    first = made(service)
    name = first["name"]
    changed = first | {"parameters": [{"measure": "AU12.level", "upper": 1}]}  # view and all
    response = service.http.put(
        address(name), json=changed, headers={"If-Match": etag(service, name)}
    )
    assert response.status_code == 200, response.text
    assert response.json()["version"] == 2
    assert response.json()["parameters"][0]["upper"] == 1
    old = service.http.get(f"{address(name)}?version=1").json()
    assert old["parameters"] == first["parameters"]
    versions = service.http.get(f"{address(name)}/versions?limit=1").json()
    assert [item["version"] for item in versions["items"]] == [2]
    assert [i["version"] for i in service.http.get(versions["next"]).json()["items"]] == [1]
    check(service.http.get(f"{address(name)}?version=3"), 404, "parameter_set_not_found")
    same = service.http.put(address(name), json=changed, headers={"If-Match": "*"})
    assert same.json()["version"] == 2  # nothing was changed


def test_two_editors_do_not_overwrite_each_other(service: Service) -> None:
    given = made(service)
    name = given["name"]
    seen = etag(service, name)
    check(service.http.put(address(name), json=given), 428, "precondition_required")
    first = service.http.put(
        address(name), json=a_set(name=name, engine="openface"), headers={"If-Match": seen}
    )
    assert first.status_code == 200
    second = service.http.put(address(name), json=given, headers={"If-Match": seen})
    check(second, 412, "precondition_failed")
    assert second.headers["ETag"] == first.headers["ETag"]
    check(
        service.http.delete(address(name), headers={"If-Match": seen}), 412, "precondition_failed"
    )
    assert service.http.get(address(name)).json()["engine"] == "openface"


def test_put_makes_a_set_that_is_not_there(service: Service) -> None:
    given = a_set()
    new = address(given["name"])
    check(service.http.put(new, json=given, headers={"If-Match": "*"}), 412, "precondition_failed")
    only_new = {"If-None-Match": "*"}
    assert service.http.put(new, json=given, headers=only_new).status_code == 201
    check(service.http.put(new, json=given, headers=only_new), 412, "precondition_failed")
    check(service.http.put(address("another"), json=given), 400, "invalid_field")


def test_a_default_gives_way_to_another(service: Service) -> None:
    first = made(service, default_for=["VM", "IW"])
    second = made(service, default_for=["IW"])
    assert second["default_for"] == ["IW"]
    name = first["name"]
    assert service.http.get(address(name)).json()["default_for"] == ["VM"]
    changed = service.http.put(
        address(name), json=a_set(name=name, engine="openface"), headers={"If-Match": "*"}
    )
    assert changed.json()["version"] == 2
    assert changed.json()["default_for"] == ["VM"]  # goes with the present version
    none = changed.json() | {"default_for": []}
    after = service.http.put(address(name), json=none, headers={"If-Match": "*"}).json()
    assert (after["version"], after["default_for"]) == (2, [])
    assert service.http.delete(address(second["name"])).status_code == 204


def test_lists_go_on_where_they_stopped(service: Service) -> None:
    names = [made(service, engine="lister", name=f"{letter} listed")["name"] for letter in "cAb"]
    seen: list[str] = []
    following = "/api/parameter-sets?engine=LISTER&limit=2"
    while following:
        page = service.http.get(following).json()
        seen += [item["name"] for item in page["items"]]
        following = page["next"]
    assert seen == sorted(names, key=str.casefold)
    assert page["items"][0]["parameters"] == 1
    check(service.http.get("/api/parameter-sets?cursor=AAAA"), 400, "invalid_field")


BAD: list[tuple[str, Callable[[], Json], str]] = [
    (
        "unknown measure",
        lambda: a_set(parameters=[{"measure": "AU99.level", "upper": 1}]),
        "no such measure",
    ),
    (
        "lower above upper",
        lambda: a_set(parameters=[{"measure": "AU12.level", "lower": 2, "upper": 1}]),
        "above",
    ),
    (
        "nan",
        lambda: a_set(parameters=[{"measure": "AU12.level", "upper": float("nan")}]),
        "a number",
    ),
    ("no parameter", lambda: a_set(parameters=[]), "at least one"),
    (
        "10,000 parameters",
        lambda: a_set(parameters=[{"measure": "AU12.level", "upper": 1}] * 10_000),
        "at most 200",
    ),
    (
        "twice",
        lambda: a_set(parameters=[{"measure": "AU12.level", "upper": 1}] * 2),
        "AU12.level",
    ),
    ("only spaces", lambda: a_set(name=" \u3000 "), "name"),
    ("text for a number", lambda: a_set(required_share="0.5"), "required_share"),
    ("slash", lambda: a_set(name="a/b"), "/"),
    ("nul", lambda: a_set(name="a\0b"), "control"),
    ("no engine", lambda: {"name": "x", "parameters": []}, "engine"),
    ("no such default", lambda: a_set(default_for=["XX"]), "default_for"),
]


@pytest.mark.parametrize(("body", "word"), [row[1:] for row in BAD], ids=[row[0] for row in BAD])
def test_bad_sets(service: Service, body: Callable[[], Json], word: str) -> None:
    before = service.sql("SELECT count(*) FROM parameter_set")
    response = service.http.post("/api/parameter-sets", content=json.dumps(body()))
    check(response, 400, "invalid_field")
    assert word in response.text
    assert service.sql("SELECT count(*) FROM parameter_set") == before


@pytest.mark.parametrize(
    ("content", "content_type", "status", "code"),
    [
        (b"{", "application/json", 400, "bad_request"),
        (b"[]", "application/json", 400, "invalid_field"),
        (b'{"name": "x", "colour": "red"}', "application/json", 400, "invalid_field"),
        (b"name,x\nengine,y\n", "text/csv", 422, "invalid_csv"),
        (b"name,x\nengine,y\n\nmeasure,upper\nAU12.level,high\n", "text/csv", 400, "invalid_field"),
        (b"x" * 1_100_000, "text/csv", 413, "file_too_large"),
    ],
)
def test_bad_bodies(
    service: Service, content: bytes, content_type: str, status: int, code: str
) -> None:
    headers = {"Content-Type": content_type}
    check(service.http.post("/api/parameter-sets", content=content, headers=headers), status, code)


@pytest.mark.parametrize("method", ["GET", "DELETE"])
@pytest.mark.parametrize("name", ["nobody made this", "%00", "a%2Fb"])
def test_unknown_sets(service: Service, method: str, name: str) -> None:
    response = service.http.request(method, f"/api/parameter-sets/{name}")
    check(response, 404, "parameter_set_not_found")


def test_the_catalogue_is_there(service: Service) -> None:
    found = {item["measure"]: item for item in service.http.get("/api/measures").json()["items"]}
    assert found["AU12.level"]["upper"] == 5
    assert found["blinks_per_minute"]["types"] == ["VM", "VS"]
    assert found["duchenne_share"]["source"]
    assert "against" in made_without_a_recording(service).json()["detail"]
    made(service, parameters=[{"measure": code, "lower": 0} for code in found if code != LIP_SYNC])


def made_without_a_recording(service: Service) -> httpx.Response:
    parameters = [{"measure": LIP_SYNC, "lower": 0}]
    return service.http.post("/api/parameter-sets", json=a_set(parameters=parameters))


@pytest.fixture(scope="module")
def takes(service: Service, tmp_path_factory: pytest.TempPathFactory) -> list[Json]:
    """Two recordings measured by OpenFace."""
    path = tmp_path_factory.mktemp("takes") / "take.csv"
    jobs = []
    for frames in (100, 200):
        path.write_text(openface(frames))
        jobs.append(service.measure(path, avatar="Reference"))
    return jobs


def test_a_set_is_learned_from_reports(service: Service, takes: list[Json]) -> None:
    """By a deviation; `test_alive` has natural sets."""
    name = f"Learned {next(_numbers)}"
    response = service.http.post(
        "/api/parameter-sets",
        json={
            "name": name,
            "from_reports": [takes[0]["id"], takes[1]["report"], takes[0]["report"]],
            "measures": ["AU12.level", "AU25.level"],
            "deviation_percent": 25,
        },
    )
    assert response.status_code == 201, response.text
    found = response.json()
    assert found["engine"] == "openface"
    smile, lips = found["parameters"]
    assert smile["reference"] == pytest.approx((0.505 + 1.005) / 2)
    assert lips["deviation_absolute"] > 0  # around 0 a percentage has no width
    assert found["learned"]["reports"] == [job["report"] for job in takes]  # each once
    assert found["learned"]["frames"] == 300
    assert any("2 faces" in warning for warning in found["learned"]["warnings"])
    again = service.http.put(
        address(name),
        json={"name": name, "from_reports": [takes[0]["id"]], "deviation_percent": 10},
        headers={"If-Match": "*"},
    )
    assert again.json()["version"] == 2
    assert again.json()["learned"]["reports"] == [takes[0]["report"]]


@pytest.mark.parametrize(
    ("changed", "status", "code"),
    [
        ({"from_reports": []}, 400, "invalid_field"),
        ({"from_reports": [10**12]}, 422, "unknown_report"),
        ({"from_reports": [10**30]}, 400, "invalid_field"),
        ({"from_reports": ["00000000-0000-0000-0000-000000000000"]}, 422, "unknown_report"),
        ({"from_reports": ["17-4"]}, 400, "invalid_field"),
        ({"coverage": 0.9}, 400, "invalid_field"),
        ({"deviation_percent": None}, 400, "invalid_field"),
        ({"deviation_percent": -1}, 400, "invalid_field"),
        ({"measures": ["AU12.level", "AU12.level"]}, 400, "invalid_field"),
        ({"coverage": 0.9, "deviation_percent": None}, 422, "nothing_to_learn"),  # by OpenFace
        ({"measures": ["smile_onset"]}, 422, "nothing_to_learn"),
        ({"min_face_share": 1.1}, 400, "invalid_field"),
    ],
)
def test_what_cannot_be_learned(
    service: Service, takes: list[Json], changed: Json, status: int, code: str
) -> None:
    body = {"name": "Never", "from_reports": [takes[0]["id"]], "deviation_percent": 25}
    check(service.http.post("/api/parameter-sets", json=body | changed), status, code)
    check(service.http.get(address("Never")), 404, "parameter_set_not_found")


def test_reports_that_are_not_alike_teach_nothing(
    service: Service, takes: list[Json], media: Path
) -> None:
    other = service.measure(media / "face.jpg")
    body = {
        "name": "Never",
        "from_reports": [takes[0]["id"], other["id"]],
        "deviation_percent": 25,
    }
    response: httpx.Response = service.http.post("/api/parameter-sets", json=body)
    check(response, 422, "engine_mismatch")
