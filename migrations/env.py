"""Alembic's environment: one migration at a time, under an advisory lock, in one transaction."""

import os
from typing import Final

from alembic import context
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from shared import analysis_models
from shared.database import driver_url

METADATA: Final = analysis_models.SetVersion.metadata  # with the tables of `shared.models`
LOCK: Final = 7_238_041_995  # any number, the same in every deployment of this project


def _url() -> str:
    url = os.environ.get("DATABASE_URL", "")
    if not url:
        raise SystemExit("DATABASE_URL is not set: name the database to migrate.")
    return driver_url(url)


def _run_online() -> None:
    engine = create_engine(_url(), poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
        context.configure(
            connection=connection,
            target_metadata=METADATA,
            compare_type=True,
            compare_server_default=True,
        )
        context.run_migrations()


if context.is_offline_mode():
    context.configure(
        url=_url(),
        target_metadata=METADATA,
        literal_binds=True,
        dialect_opts={"paramstyle": "named"},
    )
    with context.begin_transaction():
        context.run_migrations()
else:
    _run_online()
