"""Who may see the pages, and who may post their forms.

On a developer's machine the pages are open, as the API is there. In Azure the API asks for a key,
which no page could keep secret; so there the pages answer only behind App Service Authentication,
and are closed until it is switched on.

A form is taken only from our own pages. Browsers say where a request comes from (`Origin`,
`Sec-Fetch-Site`) and no page can make them lie; programs say neither and are let through, for they
carry no one's cookies.
"""

import os
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

import azure.functions as func

from shared.api.access import AUTHENTICATION, platform_signs_in
from shared.platform.errors import Code, Problem

IN_AZURE: Final = ("WEBSITE_SITE_NAME", "CONTAINER_APP_NAME")
"""Set by the platform: App Service and Functions plans; Container Apps."""

READING: Final = frozenset({"GET", "HEAD"})


def check(req: func.HttpRequest, environment: Mapping[str, str] = os.environ) -> None:
    """Raises Problem where the request must not be answered."""
    if not is_open(environment):
        raise Problem(
            Code.PAGES_CLOSED,
            "The pages show every measurement to whoever can reach them, so in Azure they answer "
            "only behind App Service Authentication. Switch it on for this app (Settings, "
            f"Authentication: require authentication for all but /api and /runtime); it sets "
            f"{AUTHENTICATION}. The API under /api works with its keys meanwhile.",
        )
    if req.method not in READING and is_foreign(req):
        raise Problem(
            Code.FOREIGN_ORIGIN,
            "The form was sent from another site. Open the page here and send it again.",
        )


def is_open(environment: Mapping[str, str]) -> bool:
    if not any(environment.get(name) for name in IN_AZURE):
        return True
    return platform_signs_in(environment)


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
