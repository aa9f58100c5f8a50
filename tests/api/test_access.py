"""Keys or signing in: what the host asks, and that a half-made configuration is closed."""

from dataclasses import replace

import azure.functions as func
import pytest

from shared.api import access, http
from shared.app import App
from shared.platform.errors import Code, Problem
from shared.platform.settings import STORAGE, ApiAccess, read

GOOD = {"DATABASE_URL": "postgresql://u@db/x", STORAGE: "AccountKey=x;"}


def request(**headers: str) -> func.HttpRequest:
    return func.HttpRequest("GET", "/api/jobs", headers=headers, body=b"")


@pytest.mark.parametrize("word", ["", "keys", "Entra", "nobody"])
def test_the_host_asks_for_a_key(word: str) -> None:
    assert access.auth_level({"API_ACCESS": word}) is func.AuthLevel.FUNCTION


def test_the_host_leaves_it_to_the_platform() -> None:
    assert access.auth_level({"API_ACCESS": "entra"}) is func.AuthLevel.ANONYMOUS


def test_who_has_not_signed_in_is_refused() -> None:
    settings = read(GOOD | {"API_ACCESS": "entra"})
    with pytest.raises(Problem) as refused:
        access.check(request(), settings)
    assert (refused.value.code, refused.value.status) == (Code.NOT_SIGNED_IN, 401)
    access.check(request(**{access.PRINCIPAL_HEADER.lower(): "someone"}), settings)


def test_with_keys_nobody_signs_in() -> None:
    access.check(request(), read(GOOD))


def test_every_route_but_the_health_check_is_shut(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = replace(app, settings=app.settings.model_copy(update={"api_access": ApiAccess.ENTRA}))
    monkeypatch.setattr(http, "app", lambda: parts)

    def route(_: func.HttpRequest, __: App) -> func.HttpResponse:
        return http.no_content()

    signed_in = request(**{access.PRINCIPAL_HEADER: "someone"})
    assert http.respond(request(), route).status_code == 401
    assert http.respond(signed_in, route).status_code == 204
    assert http.respond(request(), route, for_everybody=True).status_code == 204
