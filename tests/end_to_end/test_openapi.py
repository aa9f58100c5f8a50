"""The API is as it describes itself."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from local.paths import ROOT
from shared.platform.errors import STATUS, Code
from tests.end_to_end.service import Json, Service
from tests.end_to_end.test_reports import lips, take
from tests.routes import http_routes

pytestmark = pytest.mark.thorough


def registered() -> set[tuple[str, str]]:
    """Method and path of every route of the API."""
    routes = {(route.method.lower(), f"/{route.path.lstrip('/')}") for route in http_routes()}
    return {(method, path) for method, path in routes if path.startswith("/api/")}


@pytest.fixture(scope="module")
def document(service: Service) -> Json:
    response = service.http.get("/api/openapi.json")
    assert response.headers["Content-Type"] == "application/json"
    found: Json = response.json()
    return found


def described(document: Json) -> set[tuple[str, str]]:
    return {(method, path) for path, found in document["paths"].items() for method in found}


def test_every_route_is_described(document: Json) -> None:
    without_forms = {(method, path.removesuffix(".{form}")) for method, path in described(document)}
    assert without_forms == registered()


def test_every_route_and_code_is_documented(document: Json) -> None:
    text = (ROOT / "docs" / "api.md").read_text()
    listed = set()
    for methods, path in re.findall(r"^### `([A-Z ]+) (/api/\S+)`", text, re.MULTILINE):
        listed |= {(method.lower(), path) for method in methods.split()}
    assert listed == described(document)
    codes = set(re.findall(r"^\| `(\w+)` \| \d{3} \|", text, re.MULTILINE))
    assert codes == set(Code)
    for code, status in re.findall(r"^\| `(\w+)` \| (\d{3}) \|", text, re.MULTILINE):
        assert STATUS[Code(code)][0] == int(status)


def test_the_service_keeps_to_its_description(service: Service, tmp_path: Path) -> None:
    """Schemathesis asks whatever the description allows, and some of what it forbids."""
    build = "0"  # the first that it asks for when it compares builds
    fields = {"avatar": "Ada's twin", "name": build, "parameter_set": lips(service)}
    job = service.measure(take(tmp_path / "a.csv"), **fields)
    (report,) = job["reports"]
    to_be_found = {
        "JOB": job["id"],
        "DOOMED": service.measure(take(tmp_path / "b.csv", seconds=0.2))["id"],
        "REPORT": report["id"],
        "SET": report["parameter_set"],
        "AVATAR": job["avatar"],
    }
    config = ROOT / "tests" / "end_to_end" / "schemathesis.toml"
    command = [sys.executable, "-m", "schemathesis.cli", "--no-color", "--config-file", str(config)]
    done = subprocess.run(
        [*command, "run", f"{service.stack.http}/api/openapi.json", "--workers", "2"],
        cwd=tmp_path,
        env=os.environ | to_be_found,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    assert service.http.get(report["links"]["self"]).status_code == 200
