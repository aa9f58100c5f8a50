"""Keys or signing in: what the host asks, and that a half-made configuration is closed."""

from dataclasses import replace

import azure.functions as func
import pytest

from shared.api import access, http
from shared.app import App
from shared.platform.errors import Code, Problem
from shared.platform.settings import STORAGE, ApiAccess, read

SIGNING_IN = {access.AUTHENTICATION: "True"}
GOOD = {"DATABASE_URL": "postgresql://u@db/x", STORAGE: "AccountKey=x;"}


def request(**headers: str) -> func.HttpRequest:
    return func.HttpRequest("GET", "/api/jobs", headers=headers, body=b"")


SIGNED_IN = request(**{access.PRINCIPAL_HEADER.lower(): "someone"})


@pytest.mark.parametrize("word", ["", "keys", "Entra", "nobody"])
def test_the_host_asks_for_a_key(word: str) -> None:
    assert access.auth_level({"API_ACCESS": word}) is func.AuthLevel.FUNCTION


def test_the_host_leaves_it_to_the_platform_where_that_checks() -> None:
    entra = {"API_ACCESS": "entra"}
    assert access.auth_level(entra | SIGNING_IN) is func.AuthLevel.ANONYMOUS
    assert access.auth_level(entra) is func.AuthLevel.FUNCTION
    assert access.auth_level(SIGNING_IN) is func.AuthLevel.FUNCTION


def test_who_has_not_signed_in_is_refused() -> None:
    settings = read(GOOD | {"API_ACCESS": "entra"})
    with pytest.raises(Problem) as refused:
        access.check(request(), settings, SIGNING_IN)
    assert (refused.value.code, refused.value.status) == (Code.NOT_SIGNED_IN, 401)
    access.check(SIGNED_IN, settings, SIGNING_IN)


@pytest.mark.parametrize("platform", ["", "false", "0", "no"])
def test_a_forged_header_opens_nothing(platform: str) -> None:
    """Where the platform does not check, nothing takes the header out of a stranger's request."""
    settings = read(GOOD | {"API_ACCESS": "entra"})
    for environment in ({access.AUTHENTICATION: platform}, {}):
        with pytest.raises(Problem) as refused:
            access.check(SIGNED_IN, settings, environment)
        assert refused.value.code is Code.NOT_SIGNED_IN


def test_with_keys_nobody_signs_in() -> None:
    access.check(request(), read(GOOD))


def test_every_route_but_the_health_check_is_shut(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = replace(app, settings=app.settings.model_copy(update={"api_access": ApiAccess.ENTRA}))
    monkeypatch.setattr(http, "app", lambda: parts)

    def route(_: func.HttpRequest, __: App) -> func.HttpResponse:
        return http.no_content()

    assert http.respond(SIGNED_IN, route).status_code == 401, "a forged header"
    monkeypatch.setenv(access.AUTHENTICATION, "True")
    assert http.respond(request(), route).status_code == 401
    assert http.respond(SIGNED_IN, route).status_code == 204
    assert http.respond(request(), route, for_everybody=True).status_code == 204
