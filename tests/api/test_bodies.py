"""One door for JSON: bounded, then parsed, nested no deeper than a parser can bear."""

import gzip
import json
import re

import azure.functions as func
import pytest

from local.paths import ROOT
from shared.api.http import MAX_SMALL_BYTES
from shared.app import App
from tests.routes import Route, http_routes

TAKING = [route for route in http_routes() if route.method not in ("GET", "HEAD", "DELETE")]
READING = [
    route
    for route in TAKING
    if "/retry" not in route.path and "/delete" not in route.path and route.path != "sample"
]
NOBODY = "00000000-0000-0000-0000-000000000000"
BODIES = {
    "large": b"[" + b"1," * (2 * MAX_SMALL_BYTES) + b"1]",
    "large text": b'{"name": "' + b"x" * 4 * MAX_SMALL_BYTES + b'"}',
    "deep": b"[" * 100_000,
    "deep and closed": b"[" * 100_000 + b"]" * 100_000,
    "deep in a field": b'{"parameters": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "deep object": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "long number": b'{"size": ' + b"9" * 500_000 + b"}",
    "not UTF-8": b'{"name": "\xff"}',
    "nothing": b"",
}
TYPES = ("application/json", "text/csv", "multipart/form-data; boundary=x", "text/plain")


@pytest.fixture
def _running(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.api.http.app", lambda: app)


@pytest.mark.usefixtures("_running")
@pytest.mark.parametrize("route", TAKING, ids=lambda route: f"{route.method} {route.path}")
def test_no_body_is_more_than_a_route_can_bear(route: Route) -> None:
    takes_none = route not in READING
    for name, body in BODIES.items():
        for content_type in TYPES:
            request = func.HttpRequest(
                route.method,
                f"http://localhost/{route.path}",
                route_params={"id": NOBODY, "name": "x"},
                params={},
                headers={"Content-Length": str(len(body)), "Content-Type": content_type},
                body=body,
            )
            response = route.function(request)
            allowed = range(200, 500) if takes_none else range(400, 500)
            assert response.status_code in allowed, (name, content_type, response.get_body())
            json_only = not takes_none and not route.path.rstrip("/").endswith("upload")
            if json_only and content_type == "application/json" and name.startswith("large"):
                assert json.loads(response.get_body())["code"] == "file_too_large"


@pytest.mark.usefixtures("_running")
@pytest.mark.parametrize("route", READING, ids=lambda route: f"{route.method} {route.path}")
def test_a_body_that_says_it_is_compressed_is_refused(route: Route) -> None:
    """Whether it is or not: nothing unpacks it."""
    for body in (gzip.compress(b"{}"), b"{}"):
        for content_type in TYPES[:3]:
            request = func.HttpRequest(
                route.method,
                f"http://localhost/{route.path}",
                route_params={"id": NOBODY, "name": "x"},
                params={},
                headers={
                    "Content-Length": str(len(body)),
                    "Content-Type": content_type,
                    "Content-Encoding": "gzip",
                },
                body=body,
            )
            response = route.function(request)
            assert response.status_code == 415, (content_type, response.get_body())
            assert response.headers["Accept-Encoding"] == "identity"


def test_nothing_parses_json_by_another_door() -> None:
    """`req.get_json` parses first; `json.loads` recurses as deep as the text says."""
    doors = re.compile(r"\.get_json\(|json\.loads\(")
    ours = {"shared/pages/responses.py"}  # a problem that we have just written ourselves
    found = {
        str(path.relative_to(ROOT))
        for folder in ("shared/api", "shared/pages", "shared/analysis", "shared/pipeline")
        for path in (ROOT / folder).rglob("*.py")
        if doors.search(path.read_text())
    }
    assert found <= ours
