"""The database's part of a deployment: forward, again, and back to an earlier version."""

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.pool import NullPool

from migrations import rollout
from shared.database import schema
from shared.database.connection import open_engine
from shared.platform.settings import DatabaseAuth
from tests.stack import Services

ROLE = "id-app with 'quotes\""
ARGUMENTS = [ROLE, "00000000-0000-0000-0000-000000000001"]


@pytest.fixture
def azure(services: Services, empty_database: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A database on a server that has Azure's function for roles of identities."""
    address = make_url(services.server).set(database=rollout.MAINTENANCE)
    with _engine(address.render_as_string(hide_password=False)).begin() as connection:
        connection.execute(
            text(
                "CREATE OR REPLACE FUNCTION pgaadauth_create_principal_with_oid(name text, "
                "object_id text, kind text, administrator boolean, factors boolean) "
                "RETURNS text LANGUAGE plpgsql AS $$ BEGIN "
                "EXECUTE format('CREATE ROLE %I LOGIN', name); RETURN name; END $$"
            )
        )
    monkeypatch.setenv("DATABASE_URL", empty_database)
    monkeypatch.delenv("DATABASE_AUTH", raising=False)
    return empty_database


def _engine(address: str) -> Engine:
    return open_engine(address, DatabaseAuth.PASSWORD, poolclass=NullPool)


def test_the_apps_role_writes_rows_and_changes_no_table(azure: str) -> None:
    for _ in range(2):  # a deployment is repeated
        rollout.main(ARGUMENTS)
    address = make_url(azure).set(username=ROLE).render_as_string(hide_password=False)
    engine = _engine(address)
    with engine.begin() as connection:
        schema.check(connection)
        connection.execute(text("INSERT INTO action_unit_report (url, avatar) VALUES ('u', 'a')"))
        assert connection.scalar(text("DELETE FROM action_unit_report RETURNING url")) == "u"
    denied = pytest.raises(ProgrammingError, match=r"permission denied|must be owner")
    for statement in ("DROP TABLE job", "CREATE TABLE x ()", "DELETE FROM alembic_version"):
        with denied, engine.begin() as connection:
            connection.exec_driver_sql(statement)


def test_the_way_back_leaves_a_schema_that_still_serves(
    azure: str, capsys: pytest.CaptureFixture[str]
) -> None:
    rollout.main(ARGUMENTS)
    _set_revision(azure, "9999", schema.REVISION)
    rollout.main(ARGUMENTS)
    assert "stays at 9999" in capsys.readouterr().out


def test_the_way_back_is_refused_where_the_schema_serves_no_more(azure: str) -> None:
    rollout.main(ARGUMENTS)
    _set_revision(azure, "9999", "9999")
    with pytest.raises(SystemExit, match="is 9999, for apps from 9999 on"):
        rollout.main(ARGUMENTS)


def _set_revision(address: str, revision: str, oldest_app: str) -> None:
    comment = schema.comment(oldest_app)
    with _engine(address).begin() as connection:
        connection.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{revision}'")
        connection.exec_driver_sql(f"COMMENT ON TABLE alembic_version IS '{comment}'")
