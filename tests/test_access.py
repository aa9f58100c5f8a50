"""Keys or signing in: what the host asks, and that a half-made configuration is closed."""

import azure.functions as func
import pytest

from shared import access
from shared.errors import Code, Problem
from shared.settings import STORAGE, read

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
