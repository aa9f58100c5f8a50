"""Which schema this version of the app was written for, and whether it can work with another.

Revisions of the schema are numbers that grow. While a new version is rolled out, the old one still
runs, on the new schema: a migration says with `oldest_app` which app it still serves, by the
revision that app was written for. `migrations/env.py` writes that into the database, as the comment
of Alembic's own table, because the old app cannot read the new migration. Then:

    the database is at        the app
    its revision              works
    an older one, or none     refuses: the migrations come first
    a newer one               works where oldest_app is not above its revision, else refuses
"""

import logging
import re
from typing import Final

from sqlalchemy import Connection, text

from shared.platform.errors import UpgradingError
from shared.platform.paths import ROOT

_VERSIONS: Final = ROOT / "migrations" / "versions"


def _newest() -> str:
    return max(path.name[:4] for path in _VERSIONS.glob("[0-9][0-9][0-9][0-9]_*.py"))


REVISION: Final = _newest()
"""The newest migration, which this version of the app was written for."""

_COMMENT: Final = re.compile(r"oldest app: (\d{4})")

_logger = logging.getLogger("avatar.schema")


class SchemaError(UpgradingError):
    """The database's schema is not one that this app can work with. The text says both.

    Until the migrations have run, or the newer app is there.
    """


def check(connection: Connection) -> None:
    """Raises SchemaError, and logs why, where the app must not touch this database."""
    reason = objection(connection)
    if reason is not None:
        _logger.error("%s", reason)
        raise SchemaError(reason)


def objection(connection: Connection) -> str | None:
    """Why the app cannot work with this database's schema; None where it can."""
    found = revision(connection)
    if found is None or found < REVISION:
        return (
            f"The database's schema is {found or 'empty'}, and this app needs {REVISION}. "
            "Run the migrations: `alembic upgrade head`."
        )
    if found > REVISION:
        oldest = _oldest_app(connection)
        if oldest is None or oldest > REVISION:
            return (
                f"The database's schema is {found}, for apps from {oldest or found} on, and this "
                f"app knows {REVISION}. Deploy a newer version of the app."
            )
    return None


def revision(connection: Connection) -> str | None:
    """The database's revision; None where it has no schema."""
    if not connection.scalar(text("SELECT to_regclass('alembic_version') IS NOT NULL")):
        return None
    found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found


def comment(oldest_app: str) -> str:
    """What `migrations/env.py` writes beside Alembic's version."""
    return f"oldest app: {oldest_app}"


def _oldest_app(connection: Connection) -> str | None:
    found = connection.scalar(
        text("SELECT obj_description('alembic_version'::regclass, 'pg_class')")
    )
    match = _COMMENT.fullmatch(found or "")
    return match[1] if match else None
