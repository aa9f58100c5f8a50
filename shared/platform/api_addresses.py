"""Where the API has things: for its own bodies, and for what is told of a job's end."""

import uuid
from urllib.parse import quote


def job(job_id: uuid.UUID) -> str:
    return f"/api/jobs/{job_id}"


def report(report_id: str) -> str:
    return f"/api/reports/{report_id}"


def avatar(name: str) -> str:
    return f"/api/avatars/{_part(name)}"


def builds(of: str) -> str:
    """Of an avatar."""
    return f"{avatar(of)}/builds"


def build(of: str, name: str) -> str:
    return f"{builds(of)}/{_part(name)}"


def parameter_set(name: str) -> str:
    return f"/api/parameter-sets/{_part(name)}"


def _part(name: str) -> str:
    """Any text as one part of a path."""
    return quote(name, safe="")
