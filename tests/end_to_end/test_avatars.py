"""An avatar over time, and its builds side by side."""

from pathlib import Path
from urllib.parse import quote

import pytest

from tests.end_to_end.service import Json, Service
from tests.end_to_end.test_parameter_sets import address
from tests.end_to_end.test_refusals import check
from tests.end_to_end.test_reports import lips, take

AVATAR = "Ada / 50 % smile"  # a slash and a percent sign, which a path takes apart
PATH = f"/api/avatars/{quote(AVATAR, safe='')}"


@pytest.fixture(scope="module")
def held(service: Service) -> str:
    """The set that most of the builds were held to."""
    return lips(service)


@pytest.fixture(scope="module")
def builds(
    service: Service, held: str, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, list[Json]]:
    """Jobs per build: b1 is good, b2 leaves the band, b3 was measured in two files."""
    folder = tmp_path_factory.mktemp("builds")

    def job(build: str, file: str, out: tuple[float, float], **fields: str) -> Json:
        path = take(folder / file, seconds=20, out=out)
        return service.measure(path, avatar=AVATAR, name=build, **fields)

    return {
        "b1": [job("b1", "talk.csv", (1.0, 1.5), parameter_set=held)],
        "b2": [job("b2", "talk.csv", (1.0, 12.0), parameter_set=held)],
        "b3": [job("b3", "talk.csv", (0.0, 0.0)), job("b3", "sing.csv", (0.0, 20.0))],
    }


def test_the_history_has_every_measurement(
    service: Service, builds: dict[str, list[Json]], held: str
) -> None:
    found = service.http.get(PATH).json()
    jobs = [job for build in builds.values() for job in build]
    assert found["avatar"] == AVATAR
    assert [item["job"] for item in found["items"]] == [job["id"] for job in reversed(jobs)]
    assert [item["name"] for item in found["items"]] == ["b3", "b3", "b2", "b1"]
    assert [item["verdict"] for item in found["items"]] == [None, None, "fail", "pass"]
    measures = {item["measure"]: item for item in found["measures"]}
    assert measures["AU25.level"]["values"] == pytest.approx([3, 1, 2.1, 1.052], abs=0.02)
    assert "smile_onset" not in measures  # nobody smiled
    only = service.http.get(PATH, params={"parameter_set": held.upper()}).json()
    (measure,) = only["measures"]
    assert (measure["lower"], measure["upper"]) == (0.5, 2.0)
    assert measure["outcomes"] == [None, None, "not_within", "within"]


def test_the_history_goes_on_where_it_stopped(
    service: Service, builds: dict[str, list[Json]]
) -> None:
    seen, following = [], f"{PATH}?limit=3&type=VS"
    while following:
        part = service.http.get(following).json()
        assert all(len(item["values"]) == len(part["items"]) for item in part["measures"])
        seen += [item["name"] for item in part["items"]]
        following = part["next"]
    assert seen == ["b3", "b3", "b2", "b1"]
    assert service.http.get(f"{PATH}?type=IP").json()["items"] == []


def test_avatars_are_listed(service: Service, builds: dict[str, list[Json]]) -> None:
    found: dict[str, Json] = {}
    following = "/api/avatars?limit=2"
    while following:
        part = service.http.get(following).json()
        found |= {item["avatar"]: item for item in part["items"]}
        following = part["next"]
    item = found[AVATAR]
    assert (item["measurements"], item["builds"], item["name"]) == (4, 3, "b3")
    latest = [(build["build"], build["verdict"]) for build in item["latest"]]
    assert latest == [("b3", None), ("b2", "fail"), ("b1", "pass")]
    assert item["verdict"] is None  # of the newest build
    assert item["latest"][0]["counts"]["not_judged"] == 2
    assert service.http.get(item["links"]["self"]).json()["avatar"] == AVATAR


def test_one_failed_clip_fails_its_build(service: Service, held: str, tmp_path: Path) -> None:
    """Although the last one passes; until the failed one is sent again and passes, too."""

    def send(file: str, out: tuple[float, float]) -> None:
        path = take(tmp_path / file, seconds=20, out=out)
        service.measure(path, avatar="Several", name="a/b", parameter_set=held)

    def build() -> Json:
        (found,) = service.http.get("/api/avatars/Several/builds").json()["items"]
        (listed,) = (
            item["latest"][0]
            for item in service.http.get("/api/avatars?limit=200").json()["items"]
            if item["avatar"] == "Several"
        )
        shown: Json = service.http.get(found["links"]["self"]).json()
        assert {key: shown[key] for key in found} == found
        assert listed.items() <= found.items()
        return shown

    send("talk.csv", (1.0, 12.0))
    send("sing.csv", (1.0, 1.5))
    found = build()
    assert (found["verdict"], found["clips"]) == ("fail", 2)
    assert (found["counts"]["fail"], found["counts"]["pass"]) == (1, 1)
    (by_set,) = found["parameter_sets"]
    assert (by_set["parameter_set"], by_set["verdict"]) == (held, "fail")
    assert [(item["filename"], item["verdict"]) for item in found["items"]] == [
        ("sing.csv", "pass"),
        ("talk.csv", "fail"),
    ]
    send("talk.csv", (1.0, 1.5))
    found = build()
    assert (found["verdict"], found["clips"], found["items"][1]["replaces"]) == ("pass", 2, 1)
    first = service.http.get(f"{found['links']['self']}?limit=1").json()
    rest = service.http.get(first["next"]).json()
    assert [part["items"][0]["filename"] for part in (first, rest)] == ["sing.csv", "talk.csv"]


def test_a_worse_build_is_told_from_a_better_one(
    service: Service, builds: dict[str, list[Json]], held: str
) -> None:
    query = {"from": "b1", "to": "b2", "parameter_set": held}
    response = service.http.get(f"{PATH}/compare", params=query)
    assert response.status_code == 200, response.text
    found = response.json()
    assert (found["from"], found["to"], found["parameter_set"]) == ("b1", "b2", held)
    (pair,) = found["pairs"]
    assert pair["filename"] == "talk.csv"
    (change,) = found["changes"]
    assert (change["word"], change["direction"], change["pairs"]) == ("worse", "up", 1)
    assert change["low"] < change["change"] < change["high"]
    (difference,) = pair["comparison"]["faces"][0]["differences"]
    assert difference["change"] == "worse"
    assert difference["worsening"] > 0
    assert service.http.get(f"{PATH}/compare", params=query).content == response.content
    back = service.http.get(f"{PATH}/compare", params=query | {"from": "b2", "to": "b1"}).json()
    assert back["changes"][0]["word"] == "better"
    unjudged = service.http.get(f"{PATH}/compare", params={"from": "b1", "to": "b2"}).json()
    changes = {item["measure"]: item for item in unjudged["changes"]}
    lips_part, smile = changes["AU25.level"], changes["AU12.level"]
    assert (lips_part["word"], lips_part["direction"]) == ("changed", "up")
    assert (smile["word"], smile["direction"]) == ("no_clear_change", None)


def test_clips_are_paired_by_file_name(service: Service, builds: dict[str, list[Json]]) -> None:
    """What has no partner is listed."""
    found = service.http.get(f"{PATH}/compare?from=b3&to=b1").json()
    (pair,) = found["pairs"]
    assert pair["comparison"]["before"]["job"] == builds["b3"][0]["id"]  # the same file
    assert (found["only_from"], found["only_to"]) == (["sing.csv"], [])
    back = service.http.get(f"{PATH}/compare?from=b1&to=b3").json()
    assert (back["only_from"], back["only_to"]) == ([], ["sing.csv"])
    chosen = service.http.get(f"{PATH}/compare?from=b1&to=b3&file=talk.csv").json()
    assert (len(chosen["pairs"]), chosen["only_to"]) == (1, [])


def test_exactly_the_chosen_measurements_are_compared(
    service: Service, builds: dict[str, list[Json]]
) -> None:
    """Whatever their builds and files are, also within one build."""
    sing, talk, old = builds["b3"][1], builds["b3"][0], builds["b1"][0]
    for before, after in ((sing, old), (talk, sing)):
        query = {"from_measurement": before["report"], "to_measurement": after["report"]}
        found = service.http.get(f"{PATH}/compare", params=query).json()
        assert found["before"]["job"] == before["id"]
        assert found["after"]["job"] == after["id"]
        assert len(found["faces"][0]["differences"]) > 1
    elsewhere = service.http.get("/api/avatars/Several/compare", params=query)
    check(elsewhere, 422, "unknown_report")


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("nobody", 404, "avatar_not_found"),
        ("nobody/compare?from=a&to=b", 404, "avatar_not_found"),
        ("%00", 404, "avatar_not_found"),
        ("nobody/builds", 404, "avatar_not_found"),
        ("{avatar}/builds/b9", 404, "build_not_found"),
        ("{avatar}/builds?cursor=AAAA", 400, "invalid_field"),
        ("{avatar}/builds/b1?cursor=AAAA", 400, "invalid_field"),
        ("{avatar}/compare", 400, "invalid_field"),
        ("{avatar}/compare?from=b1", 400, "invalid_field"),
        ("{avatar}/compare?from=b1&to_measurement=1", 400, "invalid_field"),
        ("{avatar}/compare?from=b1&to=b2&from_measurement=1", 400, "invalid_field"),
        ("{avatar}/compare?from_measurement=1&to_measurement=999999999", 422, "unknown_report"),
        ("{avatar}/compare?from=b1&to=b2&seed=-1", 400, "invalid_field"),
        ("{avatar}/compare?from=b1&to=b2&colour=red", 400, "unknown_field"),
        ("{avatar}/compare?from=b1&to=b9", 422, "unknown_build"),
        ("{avatar}/compare?from=b1&to=b2&file=no.csv", 422, "unknown_build"),
        ("{avatar}/compare?from=b1&to=b2&parameter_set=none", 422, "unknown_parameter_set"),
        ("{avatar}?parameter_set=none", 422, "unknown_parameter_set"),
        ("{avatar}?limit=1001", 400, "invalid_field"),
        ("{avatar}?cursor=AAAA", 400, "invalid_field"),
    ],
)
def test_odd_questions(
    service: Service, builds: dict[str, list[Json]], path: str, status: int, code: str
) -> None:
    avatar = quote(AVATAR, safe="")
    check(service.http.get("/api/avatars/" + path.replace("{avatar}", avatar)), status, code)


def test_builds_of_different_engines(
    service: Service, builds: dict[str, list[Json]], media: Path
) -> None:
    image = service.measure(media / "face.jpg", avatar=AVATAR, name="portrait")
    check(service.http.get(f"{PATH}/compare?from=b1&to=portrait"), 422, "type_mismatch")
    for_others = lips(service, engine="py-feat")
    query = {"from": "b1", "to": "b2", "parameter_set": for_others}
    check(service.http.get(f"{PATH}/compare", params=query), 422, "engine_mismatch")
    allowed = service.http.get(f"{PATH}/compare", params=query | {"allow_engine_mismatch": "true"})
    assert "py-feat" in allowed.json()["notices"][0]
    assert service.http.delete(address(for_others)).status_code == 204
    service.http.delete(image["links"]["self"])
