"""Whatever goes wrong, every route answers with the one body for problems."""

import errno
import json
import logging
import socket
from collections.abc import Iterator
from types import SimpleNamespace

import azure.functions as func
import pytest
from pydantic import BaseModel, ConfigDict

from shared.api.http import parse, parse_json, problem_response, respond
from shared.app import app
from shared.platform.errors import STATUS, Code, EngineError, FieldError, MediaError, Problem
from shared.platform.settings import STORAGE, read
from tests.routes import Route, http_routes

NOBODY = "00000000-0000-0000-0000-000000000000"


def request(method: str, route: str = "api/jobs/{id}", body: bytes = b"") -> func.HttpRequest:
    return func.HttpRequest(
        method,
        f"http://localhost/{route}",
        route_params={"id": NOBODY, "name": "x"},
        headers={"Content-Length": str(len(body))},
        body=body,
    )


def check(response: func.HttpResponse, code: str) -> None:
    assert response.mimetype == "application/problem+json"
    body = json.loads(response.get_body())
    assert body["code"] == code
    assert body["status"] == response.status_code == STATUS[Code(code)][0]
    assert body["title"]
    assert body["detail"]


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    for name in ("DATABASE_URL", STORAGE):
        monkeypatch.delenv(name, raising=False)
    app.cache_clear()
    yield monkeypatch
    app.cache_clear()


@pytest.mark.usefixtures("environment")
@pytest.mark.parametrize(
    "route",
    # whether the process lives is said by it whatever it was given
    [route for route in http_routes() if route.path != "api/health/live"],
    ids=lambda r: f"{r.method} {r.path}",
)
def test_not_set_up(route: Route) -> None:
    check(route.function(request(route.method, route.path)), "service_unavailable")


def test_everything_away(environment: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]  # nobody will listen on it
    environment.setenv("DATABASE_URL", f"postgresql://planted-user:planted@127.0.0.1:{port}/x")
    environment.setenv(
        STORAGE,
        "DefaultEndpointsProtocol=http;AccountName=a;AccountKey=cGxhbnRlZA==;"
        f"BlobEndpoint=http://127.0.0.1:{port}/a;QueueEndpoint=http://127.0.0.1:{port}/a;",
    )
    for route in http_routes():
        if route.path in ("api/jobs", "api/jobs/{id}"):
            response = route.function(request(route.method, route.path))
            check(response, "service_unavailable")
            assert response.headers["Retry-After"]
    assert "planted" not in caplog.text
    app().close()


def test_what_was_not_foreseen_stays_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    def handler(*_: object) -> func.HttpResponse:
        raise ValueError("a detail that is not for clients")

    with pytest.MonkeyPatch.context() as patch:
        parts = SimpleNamespace(settings=read({"DATABASE_URL": "x", STORAGE: "x"}))
        patch.setattr("shared.api.http.app", lambda: parts)
        with caplog.at_level(logging.ERROR):
            response = respond(request("GET"), handler)
    check(response, "internal_error")
    assert b"not for clients" not in response.get_body()
    assert "not for clients" in caplog.text


def test_a_full_disk_is_no_crash(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where it fills while a file is written, after there was room for it."""

    def handler(*_: object) -> func.HttpResponse:
        raise OSError(errno.ENOSPC, "No space left on device")

    parts = SimpleNamespace(settings=read({"DATABASE_URL": "x", STORAGE: "x"}))
    monkeypatch.setattr("shared.api.http.app", lambda: parts)
    response = respond(request("GET"), handler)
    check(response, "service_unavailable")
    assert response.headers["Retry-After"]


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")
    number: int


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", "bad_request"),
        (b"", "bad_request"),
        (b"\xff", "bad_request"),
        (b'{"number": "x"}', "invalid_field"),
        (b'{"number": 1, "other": 2}', "unknown_field"),
        (b'{"number": 1' + b" " * 2_000_000 + b"}", "file_too_large"),
    ],
)
def test_json_bodies(body: bytes, code: str) -> None:
    with pytest.raises(Problem) as refused:
        parse_json(Body, request("POST", body=body))
    check(problem_response(refused.value), code)


def test_every_wrong_field_is_named() -> None:
    with pytest.raises(Problem) as refused:
        parse(Body, {"number": None, "other": 1})
    assert {error.field for error in refused.value.errors} == {"number", "other"}


def test_every_code_has_a_status_and_a_title() -> None:
    assert set(STATUS) == set(Code)
    assert all(400 <= status < 600 and title for status, title in STATUS.values())


@pytest.mark.parametrize("kind", [Problem, MediaError, EngineError])
def test_problems_survive_the_way_between_processes(kind: type[Problem]) -> None:
    made = kind(Code.INVALID_CSV, "why", errors=(FieldError("line 3", "NaN"),), headers={"A": "b"})
    rebuild, arguments = made.__reduce__()
    again = rebuild(*arguments)  # type: ignore[operator, misc]
    assert type(again) is kind
    assert (again.code, again.detail, again.errors) == (made.code, made.detail, made.errors)
