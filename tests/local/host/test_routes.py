"""Route templates against paths."""

import pytest

from local.host import HostError
from local.host.routes import parse


@pytest.mark.parametrize(
    ("template", "path", "expected"),
    [
        ("api/jobs", "/api/jobs", {}),
        ("api/jobs", "/API/Jobs/", {}),
        ("api/jobs", "/api/jobs/1", None),
        ("api/jobs", "/api", None),
        ("/", "/", {}),
        ("/", "/x", None),
        ("jobs/{id}", "/jobs/a%20b%C3%A9", {"id": "a bé"}),
        ("jobs/{id}", "/jobs/a%2Fb", {"id": "a%2Fb"}),
        ("jobs/{id}", "/jobs/", None),
        ("jobs/{id}/csv", "/jobs/7/csv", {"id": "7"}),
        ("jobs/{id}/csv", "/jobs/7/8/csv", None),
        ("files/{*path}", "/files/a/b%20c", {"path": "a/b c"}),
        ("files/{*path}", "/files", {"path": ""}),
        ("files/{*path}", "/filesystem", None),
        ("{*path}", "/", {"path": ""}),
        ("{*path:regex(^(?!api).+$)}", "/a/b", {"path": "a/b"}),
        ("{*path:regex(^(?!api).+$)}", "/API/b", None),
        ("{*path:regex(^(?!api).+$)}", "/", None),
        ("{name:regex(^a+$)}", "/aa", {"name": "aa"}),
        ("{name:regex(^a+$)}", "/ab", None),
    ],
)
def test_match(template: str, path: str, expected: dict[str, str] | None) -> None:
    assert parse(template).match(path) == expected


@pytest.mark.parametrize(
    "template",
    ["{a", "{}", "{a:int}", "{a?}", "{a=1}", "{a}.{b}", "{*a}/b", "{a:regex([)}"],
)
def test_what_is_not_known_is_refused_by_name(template: str) -> None:
    with pytest.raises(HostError, match=r"route '.*' has a"):
        parse(template)
