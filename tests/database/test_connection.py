"""Connecting: with a password, and with a token that is asked for each time."""

from dataclasses import dataclass, field
from typing import Any

import certifi
import pytest
from azure.core.credentials import AccessToken
from sqlalchemy import event
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from shared.database.connection import ENTRA_SCOPE, driver_url, open_engine
from shared.platform.settings import DatabaseAuth

ADDRESS = "postgresql://id-app@db.example:5432/avatars"


@dataclass
class Tokens:
    """A credential whose tokens are "token 1", "token 2", ..."""

    scopes: list[str] = field(default_factory=list)

    def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        self.scopes += scopes
        return AccessToken(f"token {len(self.scopes)}", 0)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg2"])
def test_any_address_of_a_server_is_the_drivers(scheme: str) -> None:
    assert driver_url(f"{scheme}://u:p@h/d") == "postgresql+psycopg2://u:p@h/d"


def test_each_connection_has_a_fresh_token_and_only_over_tls() -> None:
    given: list[dict[str, Any]] = []
    credential = Tokens()
    engine = open_engine(ADDRESS, DatabaseAuth.ENTRA, credential=credential, poolclass=NullPool)

    @event.listens_for(engine, "do_connect")
    def see(_dialect: Any, _record: Any, _args: Any, parameters: dict[str, Any]) -> None:
        given.append(dict(parameters))
        raise InterruptedError

    for _ in range(2):
        with pytest.raises(InterruptedError):
            engine.connect()
    assert [item["password"] for item in given] == ["token 1", "token 2"]
    assert credential.scopes == [ENTRA_SCOPE] * 2
    assert {item["sslmode"] for item in given} == {"verify-full"}
    assert {item["sslrootcert"] for item in given} == {certifi.where()}
    assert {item["user"] for item in given} == {"id-app"}


def test_a_server_without_tls_gets_no_token(database: str) -> None:
    engine = open_engine(database, DatabaseAuth.ENTRA, credential=Tokens(), poolclass=NullPool)
    with pytest.raises(OperationalError, match="does not support SSL"):
        engine.connect()
