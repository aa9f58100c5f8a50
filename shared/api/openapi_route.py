"""The handler of `/api/openapi.json`."""

from functools import cache

import azure.functions as func
from pydantic_core import to_json

from shared.api.openapi import JSON, document
from shared.api.operations import OPERATIONS
from shared.app import App


def show(_: func.HttpRequest, __: App) -> func.HttpResponse:
    return func.HttpResponse(_content(), mimetype=JSON)


@cache
def _content() -> bytes:
    """The same for as long as the process runs."""
    return to_json(document(OPERATIONS), indent=1)
