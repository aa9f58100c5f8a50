"""Stopping gently, as docs/operations.md says: nothing new is taken, and what is open ends."""

import re
from pathlib import Path

import httpx
import pytest

from local.paths import ROOT
from tests.end_to_end.service import Service

pytestmark = pytest.mark.thorough

DISABLED = re.compile(r"`AzureWebJobs\.(\w+)\.Disabled`")
DOORS = ("/api/upload", "/api/upload-url", "/upload", "/upload-url", "/sample")


def test_open_jobs_end_while_nothing_new_is_taken(
    fragile: Service, media: Path, clip: Path
) -> None:
    page = (ROOT / "docs" / "operations.md").read_text()
    names = DISABLED.findall(page)
    running = fragile.begin(clip)
    waiting = [fragile.submit(media / name) for name in ("face.jpg", "grey.jpg")]

    fragile.stack.with_settings({f"AzureWebJobs.{name}.Disabled": "true" for name in names})
    fragile.stack.stop_host()  # the app restarts when its settings change
    fragile.stack.start_host()
    for door in DOORS:
        answer = _sent(fragile, door, media / "face.jpg")
        assert answer.status_code == 404, door
    for job_id in (running, *waiting):
        assert fragile.wait(job_id)["state"] == "done"
    for state in ("created", "uploaded", "extracting", "extracted", "analysing"):
        assert fragile.http.get("/api/jobs", params={"state": state}).json()["items"] == []
    assert len(fragile.http.get("/api/jobs").json()["items"]) == 3


def _sent(service: Service, door: str, path: Path) -> httpx.Response:
    origin = {"Origin": service.stack.http}
    if door.endswith("-url"):
        body = {"avatar": "Ada", "filename": "face.jpg", "size": 9}
        return service.http.post(door, json=body, headers=origin)
    with path.open("rb") as file:
        return service.http.post(door, files={"file": file}, data={"avatar": "Ada"}, headers=origin)
