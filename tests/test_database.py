"""Connecting: with a password, and with a token that is asked for each time."""

from dataclasses import dataclass, field
from typing import Any

import certifi
import pytest
from azure.core.credentials import AccessToken
from sqlalchemy import event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError, ProgrammingError
from sqlalchemy.pool import NullPool

from migrations import access
from shared.database import ENTRA_SCOPE, driver_url, open_engine
from shared.settings import DatabaseAuth
from tests.stack import Services, migrate

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


def test_the_apps_role_writes_rows_and_changes_no_table(
    services: Services, empty_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Azure's function for roles of identities is put in the place where Azure has it."""
    maintenance = make_url(services.server).set(database=access.MAINTENANCE)
    role = "id-app with 'quotes\""
    with open_engine(
        maintenance.render_as_string(hide_password=False), DatabaseAuth.PASSWORD
    ).begin() as server:
        server.exec_driver_sql(
            "CREATE OR REPLACE FUNCTION pgaadauth_create_principal_with_oid(name text, object_id "
            "text, kind text, administrator boolean, factors boolean) RETURNS text LANGUAGE "
            "plpgsql AS $$ BEGIN EXECUTE format('CREATE ROLE %%I LOGIN', name); RETURN name; END $$"
        )
    migrate(empty_database)
    monkeypatch.setenv("DATABASE_URL", empty_database)
    monkeypatch.delenv("DATABASE_AUTH", raising=False)
    for _ in range(2):  # a deployment is repeated
        access.main([role, "00000000-0000-0000-0000-000000000001"])
    as_app = make_url(empty_database).set(username=role).render_as_string(hide_password=False)
    engine = open_engine(as_app, DatabaseAuth.PASSWORD, poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO action_unit_report (url, avatar) VALUES ('u', 'a')"))
        assert connection.scalar(text("DELETE FROM action_unit_report RETURNING url")) == "u"
    denied = pytest.raises(ProgrammingError, match=r"permission denied|must be owner")
    for statement in ("DROP TABLE job", "CREATE TABLE x ()", "DELETE FROM alembic_version"):
        with denied, engine.begin() as connection:
            connection.exec_driver_sql(statement)
