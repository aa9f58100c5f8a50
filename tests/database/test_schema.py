"""Old and new apps beside old and new schemas: who works, who refuses, and what is said."""

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import azure.functions as func
import pytest
import sqlalchemy as sa

from shared.api import health
from shared.app import App
from shared.database import schema
from shared.platform.outages import as_problem, is_outage
from tests.stack import migrate

VERSIONS = sorted((Path(__file__).parents[2] / "migrations" / "versions").glob("*.py"))
REVISIONS = [path.name[:4] for path in VERSIONS]


def module(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


@pytest.mark.parametrize("index", range(len(VERSIONS)), ids=REVISIONS)
def test_migrations_are_one_line_of_growing_numbers(index: int) -> None:
    migration = module(VERSIONS[index])
    assert migration.revision == REVISIONS[index] == f"{index + 1:04}"
    assert migration.down_revision == (REVISIONS[index - 1] if index else None)


@pytest.mark.parametrize("index", range(1, len(VERSIONS)), ids=REVISIONS[1:])
def test_each_migration_serves_the_version_before(index: int) -> None:
    oldest = module(VERSIONS[index]).oldest_app
    assert oldest in REVISIONS[:index], "the app before could not run during the rollout"


def test_the_oldest_app_is_kept_in_the_database(app: App, database: str) -> None:
    app.database.close()
    for revision, path in reversed(list(zip(REVISIONS, VERSIONS, strict=True))):
        migrate(database, "downgrade", revision)
        with app.database.engine.connect() as connection:
            found = connection.scalar(
                sa.text("SELECT obj_description('alembic_version'::regclass)")
            )
        assert found == schema.comment(module(path).oldest_app)
    migrate(database, "downgrade", "base")
    with app.database.engine.connect() as connection:
        assert schema.revision(connection) is None


@pytest.mark.parametrize(
    ("found", "oldest", "said"),
    [
        ("0005", "0005", None),
        ("0006", "0005", None),  # a rollout: the old version on the new schema
        ("0009", "0004", None),
        ("0004", "0003", "is 0004, and this app needs 0005"),
        ("0006", "0006", "is 0006, for apps from 0006 on, and this app knows 0005"),
        ("0006", None, "is 0006, for apps from 0006 on, and this app knows 0005"),
    ],
)
def test_who_works_and_who_refuses(
    app: App,
    monkeypatch: pytest.MonkeyPatch,
    found: str,
    oldest: str | None,
    said: str | None,
) -> None:
    monkeypatch.setattr(schema, "REVISION", "0005")
    comment = f"'{schema.comment(oldest)}'" if oldest else "NULL"
    with app.database.engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{found}'")
        connection.exec_driver_sql(f"COMMENT ON TABLE alembic_version IS {comment}")
    if said is None:
        with app.database.begin():
            pass
    else:
        with pytest.raises(schema.SchemaError, match=said), app.database.begin():
            pass


def test_an_empty_database_is_refused_until_it_is_migrated(
    app: App, empty_database: str, caplog: pytest.LogCaptureFixture
) -> None:
    parts = type(app.database)(empty_database)
    with pytest.raises(schema.SchemaError, match="is empty") as refused, parts.begin():
        pass
    assert "alembic upgrade head" in caplog.text
    assert is_outage(refused.value)
    assert as_problem(refused.value).status == 503
    migrate(empty_database)
    with parts.begin() as session:
        assert session.scalar(sa.text("SELECT count(*) FROM job")) == 0
    parts.close()


def test_health_says_what_is_wrong_with_the_schema(app: App) -> None:
    request = func.HttpRequest("GET", "/api/health", body=b"")
    with app.database.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0000'")
    response = health.show(request, app)
    body = json.loads(response.get_body())
    assert response.status_code == 503
    assert body["database"]["reachable"]
    assert body["schema_revision"] == "0000"
    assert f"needs {schema.REVISION}" in body["schema_problem"]
