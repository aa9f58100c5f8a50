"""Who may call the API in Azure. On a developer's machine it is open; no host there asks for keys.

`API_ACCESS=keys`: the host asks for a function key. `API_ACCESS=entra`: the host asks for nothing,
because the platform (App Service Authentication) has let only signed-in callers through. It says
who they are in a header that it never takes from outside. A request without that header means that
the platform does not check, and is refused: a half-made configuration is closed, not open.
"""

import os
from collections.abc import Mapping
from typing import Final

import azure.functions as func

from shared.platform.errors import Code, Problem
from shared.platform.settings import ApiAccess, Settings

PRINCIPAL_HEADER: Final = "X-MS-CLIENT-PRINCIPAL-ID"


def auth_level(environment: Mapping[str, str] = os.environ) -> func.AuthLevel:
    """What the host asks of who calls a function. Read when functions are listed, not per request.

    A word that is not known gives the stricter level; `settings.read` then names it.
    """
    entra = environment.get("API_ACCESS", "").strip() == ApiAccess.ENTRA
    return func.AuthLevel.ANONYMOUS if entra else func.AuthLevel.FUNCTION


def check(req: func.HttpRequest, settings: Settings) -> None:
    """Raises Problem where callers must have signed in and this one has not."""
    if settings.api_access is ApiAccess.ENTRA and not req.headers.get(PRINCIPAL_HEADER):
        raise Problem(
            Code.NOT_SIGNED_IN,
            "Sign in: this service answers only behind App Service Authentication.",
        )
