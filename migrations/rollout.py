"""`python -m migrations.rollout ROLE OBJECT_ID`: the database's part of a deployment to Azure.

Run before a version of the app starts, by who is the database's administrator; safe to repeat.
The schema is brought to this version's. Where it is newer already, because this is the way back
to an earlier version, it is left as it is if that version can work with it, and refused if not.

ROLE is the name of the app's managed identity, OBJECT_ID its principal. The role may read and write
rows of every table, and no more: it owns nothing, so it can change no table, and it cannot touch
what Alembic remembers.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.pool import NullPool

from shared.database import schema
from shared.database.connection import open_engine
from shared.platform.settings import DatabaseAuth

MAINTENANCE: Final = "postgres"  # where Azure keeps the functions that make roles of identities

_ALEMBIC: Final = Path(__file__).resolve().parents[1] / "alembic.ini"
_CREATE: Final = text(
    "SELECT pgaadauth_create_principal_with_oid(:role, :object_id, 'service', false, false) "
    "WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :role)"
)
_GRANTS: Final = (
    "GRANT CONNECT ON DATABASE {database} TO {role}",
    "GRANT USAGE ON SCHEMA public TO {role}",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}",
    "REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM {role}",
    # the tables of a later migration, from the moment that they are there
    (
        "ALTER DEFAULT PRIVILEGES IN SCHEMA public "
        "GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {role}"
    ),
)


def upgrade(engine: Engine) -> None:
    """Bring the schema to this version's. Raises SchemaError where only a newer app can use it."""
    with engine.connect() as connection:
        found = schema.revision(connection)
        if found is not None and found > schema.REVISION:
            schema.check(connection)
            print(f"The schema stays at {found}: this version, for {schema.REVISION}, can use it.")
            return
    command.upgrade(Config(_ALEMBIC), "head")


def create_role(connection: Connection, role: str, object_id: str) -> None:
    """The role of a managed identity, where there is none yet. On the maintenance database."""
    connection.execute(_CREATE, {"role": role, "object_id": object_id})


def grant(connection: Connection, role: str) -> None:
    """What the role may do in this database."""
    quote = connection.dialect.identifier_preparer.quote_identifier
    database = quote(str(connection.scalar(text("SELECT current_database()"))))
    for statement in _GRANTS:
        connection.exec_driver_sql(statement.format(role=quote(role), database=database))


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m migrations.rollout", description=__doc__)
    parser.add_argument("role")
    parser.add_argument("object_id")
    options = parser.parse_args(arguments)
    address = os.environ.get("DATABASE_URL", "")
    if not address:
        sys.exit("DATABASE_URL is not set: name the database to migrate.")
    auth = DatabaseAuth(os.environ.get("DATABASE_AUTH") or DatabaseAuth.PASSWORD)
    maintenance = make_url(address).set(database=MAINTENANCE).render_as_string(hide_password=False)
    engine = open_engine(address, auth, poolclass=NullPool)
    try:
        upgrade(engine)
    except schema.SchemaError as error:
        sys.exit(str(error))
    with open_engine(maintenance, auth, poolclass=NullPool).begin() as connection:
        create_role(connection, options.role, options.object_id)
    with engine.begin() as connection:
        grant(connection, options.role)


if __name__ == "__main__":
    main(sys.argv[1:])
