"""Route templates against paths."""

import pytest

from local.host import HostError
from local.host.routes import parse

GUID = "5e2c1f6a-8f0e-4c5c-9d4b-6a3a2a1b0c9d"


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
        ("jobs/{id:guid}", f"/jobs/{GUID}", {"id": GUID}),
        ("jobs/{id:guid}", "/jobs/recent", None),
        ("{n:int}", "/12", {"n": "12"}),
        ("{n:int}", "/2147483648", None),
        ("{n:long:min(5)}", "/4", None),
        ("{n:range(1,9)}", "/9", {"n": "9"}),
        ("{name:alpha:length(2,3)}", "/ab", {"name": "ab"}),
        ("{name:alpha:length(2,3)}", "/abcd", None),
        (r"{name:regex(^\d{{2}}$)}", "/12", {"name": "12"}),
        (r"{name:regex(^\d{{2}}$)}", "/123", None),
        ("jobs/{page?}", "/jobs", {}),
        ("jobs/{page?}", "/jobs/2", {"page": "2"}),
        ("jobs/{page=1}", "/jobs", {"page": "1"}),
        ("{ignored:maxlength(0)?}", "/", {}),
        ("{ignored:maxlength(0)?}", "/x", None),
        ("files/{*path}", "/files/a/b%20c", {"path": "a/b c"}),
        ("files/{*path}", "/files", {"path": ""}),
        ("reports/{id}.csv", "/reports/7.csv", {"id": "7"}),
        ("reports/{id}.csv", "/reports/7.md", None),
        ("reports/{id}.{format?}", "/reports/a.b.md", {"id": "a.b", "format": "md"}),
        ("reports/{id}.{format?}", "/reports/7", {"id": "7"}),
    ],
)
def test_match(template: str, path: str, expected: dict[str, str] | None) -> None:
    assert parse(template).match(path) == expected


@pytest.mark.parametrize("template", ["{a", "{}", "{a:colour}", "{a:min(x)}", "{a:regex([)}"])
def test_bad_templates_are_refused_by_name(template: str) -> None:
    with pytest.raises(HostError, match="route"):
        parse(template)
