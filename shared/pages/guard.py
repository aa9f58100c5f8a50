"""Who may see the pages. Whose forms are taken is said in `shared.api.access`, for the API too.

On a developer's machine the pages are open, as the API is there. In Azure the API asks for a key,
which no page could keep secret; so there the pages answer only behind App Service Authentication,
and are closed until it is switched on.
"""

import os
from collections.abc import Mapping
from typing import Final

from shared.api.access import AUTHENTICATION, platform_signs_in
from shared.platform.errors import Code, Problem

IN_AZURE: Final = ("WEBSITE_SITE_NAME", "CONTAINER_APP_NAME")
"""Set by the platform: App Service and Functions plans; Container Apps."""


def check(environment: Mapping[str, str] = os.environ) -> None:
    """Raises Problem where the request must not be answered."""
    if not is_open(environment):
        raise Problem(
            Code.PAGES_CLOSED,
            "The pages show every measurement to whoever can reach them, so in Azure they answer "
            "only behind App Service Authentication. Switch it on for this app (Settings, "
            f"Authentication: require authentication for all but /api and /runtime); it sets "
            f"{AUTHENTICATION}. The API under /api works with its keys meanwhile.",
        )


def is_open(environment: Mapping[str, str]) -> bool:
    if not any(environment.get(name) for name in IN_AZURE):
        return True
    return platform_signs_in(environment)
