"""Addresses at which there is nothing."""

import azure.functions as func

from shared.app import App
from shared.platform.errors import Code, Problem


def unknown(_: func.HttpRequest, __: App) -> func.HttpResponse:
    raise Problem(
        Code.NOT_FOUND,
        "There is no page at this address. It may have moved with an update, or the address is "
        "not complete.",
    )
