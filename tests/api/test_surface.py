"""What a caller can see of the functions and the API's description, byte for byte.

`golden/` was recorded before the modules of `shared/` were moved. Whoever changes the surface on
purpose records it anew: `RECORD_SURFACE=1 python3 dev.py test tests/api/test_surface.py`.
"""

import json
import os
from pathlib import Path
from types import SimpleNamespace

import azure.functions as func
import pytest

import function_app
from shared.platform.settings import STORAGE, read
from tests.routes import http_routes, registered

GOLDEN = Path(__file__).parent / "golden"


def same(name: str, found: bytes) -> None:
    path = GOLDEN / name
    if os.environ.get("RECORD_SURFACE"):
        path.write_bytes(found)
    # compared as lines: what differs is then shown
    assert found.decode().splitlines() == path.read_text().splitlines()
    assert found == path.read_bytes()


def test_the_host_learns_of_the_same_functions() -> None:
    """In the order of their names, in which the host matches their routes."""
    told = {
        function.get_function_name(): json.loads(function.get_function_json())
        for function in registered()
    }
    assert function_app.app.auth_level is func.AuthLevel.FUNCTION
    same("functions.json", (json.dumps(dict(sorted(told.items())), indent=1) + "\n").encode())


def test_the_api_describes_itself_in_the_same_words(monkeypatch: pytest.MonkeyPatch) -> None:
    parts = SimpleNamespace(settings=read({"DATABASE_URL": "postgresql://u@db/x", STORAGE: "x"}))
    monkeypatch.setattr("shared.api.http.app", lambda: parts)
    (route,) = (route for route in http_routes() if route.path == "api/openapi.json")
    answer = route.function(func.HttpRequest("GET", "/api/openapi.json", body=b""))
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    same("openapi.json", answer.get_body())
