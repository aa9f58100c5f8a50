"""The table of all operations of the API, in the order of its description; and that description.

Functions of the host are registered from it (`upload_http` those that take media, `api_http` the
others), and a test holds docs/api.md to it.
"""

from functools import cache
from typing import Final

import azure.functions as func
from pydantic_core import to_json

from shared.api import avatars, builds, health, jobs, parameter_sets, reports, uploads
from shared.api.openapi import document
from shared.api.operation import JSON, Answer, Operation
from shared.app import App


def describe(_: func.HttpRequest, __: App) -> func.HttpResponse:
    return func.HttpResponse(_description(), mimetype=JSON)


@cache
def _description() -> bytes:
    """The same for as long as the process runs."""
    return to_json(document(OPERATIONS), indent=1)


MEDIA_IN: Final = uploads.OPERATIONS
OTHERS: Final = (
    *jobs.OPERATIONS,
    *parameter_sets.OPERATIONS,
    *reports.OPERATIONS,
    *avatars.OPERATIONS,
    *builds.OPERATIONS,
    *health.OPERATIONS,
    Operation(
        "get",
        "/api/openapi.json",
        "openapi",
        describe,
        "service",
        "This document",
        {200: Answer("OpenAPI 3.1.", {JSON: {"type": "object"}})},
    ),
)
OPERATIONS: Final = (*MEDIA_IN, *OTHERS)
