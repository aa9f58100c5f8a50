"""Alembic's environment: one migration at a time, under an advisory lock, in one transaction.

Each migration names in `oldest_app` the oldest app that can work with what it leaves, by the
revision that app was written for. It is kept as the comment of Alembic's table;
`shared/database/schema.py` says what for.
"""

import os
from typing import Final

from alembic import context
from sqlalchemy import Connection, text
from sqlalchemy.pool import NullPool

from shared.database import report_tables, schema
from shared.database.connection import driver_url, open_engine
from shared.platform.settings import DatabaseAuth

METADATA: Final = report_tables.SetVersion.metadata  # with the tables of `shared.database.tables`
LOCK: Final = 7_238_041_995  # any number, the same in every deployment of this project


def _url() -> str:
    url = os.environ.get("DATABASE_URL", "")
    if not url:
        raise SystemExit("DATABASE_URL is not set: name the database to migrate.")
    return driver_url(url)


def _comment(revision: str | None) -> str | None:
    if revision is None:
        return None
    return schema.comment(context.script.get_revision(revision).module.oldest_app)


def _note_oldest_app(connection: Connection) -> None:
    """Only where it changes: looking at a database needs no right to write to it."""
    revision = context.get_context().get_current_revision()
    found = text("SELECT obj_description(to_regclass('alembic_version'), 'pg_class')")
    wanted = _comment(revision)
    if connection.scalar(found) != wanted:
        literal = f"'{wanted}'" if wanted else "NULL"
        connection.exec_driver_sql(f"COMMENT ON TABLE alembic_version IS {literal}")


def _run_online() -> None:
    auth = DatabaseAuth(os.environ.get("DATABASE_AUTH") or DatabaseAuth.PASSWORD)
    engine = open_engine(_url(), auth, poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
        context.configure(
            connection=connection,
            target_metadata=METADATA,
            compare_type=True,
            compare_server_default=True,
        )
        context.run_migrations()
        _note_oldest_app(connection)


if context.is_offline_mode():
    context.configure(
        url=_url(),
        target_metadata=METADATA,
        literal_binds=True,
        dialect_opts={"paramstyle": "named"},
    )
    with context.begin_transaction():
        context.run_migrations()
        target = context.get_revision_argument()
        if isinstance(target, str):  # else to an empty database, which has no apps
            context.execute(f"COMMENT ON TABLE alembic_version IS '{_comment(target)}'")
else:
    _run_online()
