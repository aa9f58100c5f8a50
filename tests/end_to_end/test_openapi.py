"""The API is as it describes itself."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from local.paths import ROOT
from tests.end_to_end.service import Service
from tests.end_to_end.test_reports import lips, take

pytestmark = pytest.mark.thorough


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
        "BUILD": job["name"],
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
