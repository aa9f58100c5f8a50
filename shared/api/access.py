"""Who may call the API in Azure. On a developer's machine it is open; no host there asks for keys.

`API_ACCESS=keys`: the host asks for a function key. `API_ACCESS=entra`: the host asks for nothing,
because the platform (App Service Authentication) lets only signed-in callers through and says who
they are in a header. Only that platform takes the header away from what comes from outside: where
it is off, anybody can write one. So `entra` answers only where the platform says that it is on
(`WEBSITE_AUTH_ENABLED`), and refuses everything elsewhere, whatever the request brings.

Whatever changes something is taken from programs and from our own pages only: another site's page
could act with a person's cookies, or use the service of a developer who looks at it. Browsers say
where a request comes from (`Origin`, `Sec-Fetch-Site`) and no page can make them lie; programs say
neither.
"""

import os
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

import azure.functions as func

from shared.platform.errors import Code, Problem
from shared.platform.settings import ApiAccess, Settings

READING: Final = frozenset({"GET", "HEAD"})
AUTHENTICATION: Final = "WEBSITE_AUTH_ENABLED"
"""Set by App Service Authentication. On Container Apps it is set by hand when that is on."""

PRINCIPAL_HEADER: Final = "X-MS-CLIENT-PRINCIPAL-ID"


def platform_signs_in(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether App Service Authentication stands before the app."""
    return environment.get(AUTHENTICATION, "").strip().lower() == "true"


def auth_level(environment: Mapping[str, str] = os.environ) -> func.AuthLevel:
    """What the host asks of who calls a function. Read when functions are listed, not per request.

    A word that is not known gives the stricter level; `settings.read` then names it.
    """
    entra = environment.get("API_ACCESS", "").strip() == ApiAccess.ENTRA
    signed_in = entra and platform_signs_in(environment)
    return func.AuthLevel.ANONYMOUS if signed_in else func.AuthLevel.FUNCTION


def check(
    req: func.HttpRequest, settings: Settings, environment: Mapping[str, str] = os.environ
) -> None:
    """Raises Problem where callers must have signed in and this one has not."""
    if settings.api_access is not ApiAccess.ENTRA:
        return
    if not platform_signs_in(environment) or not req.headers.get(PRINCIPAL_HEADER):
        raise Problem(
            Code.NOT_SIGNED_IN,
            "Sign in: this service answers only behind App Service Authentication.",
        )


def refuse_foreign(req: func.HttpRequest) -> None:
    """Raises Problem where another site's page would change something."""
    if req.method not in READING and is_foreign(req):
        raise Problem(
            Code.FOREIGN_ORIGIN,
            "The request was sent by another site's page. Open the page here and send it again.",
        )


def is_foreign(req: func.HttpRequest) -> bool:
    """Whether a browser says that the request was made by another site's page."""
    site = req.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = req.headers.get("Origin")
    if origin is None:
        return False
    return urlsplit(origin).netloc.lower() not in _own_hosts(req)


def _own_hosts(req: func.HttpRequest) -> set[str]:
    """Host and port that the browser may have asked; a proxy names the original one."""
    named = (
        urlsplit(req.url).netloc,
        req.headers.get("Host", ""),
        req.headers.get("X-Forwarded-Host", ""),
    )
    return {name.lower() for name in named if name}
