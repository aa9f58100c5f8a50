"""PostgreSQL through SQLAlchemy.

With `auth` "entra" (PostgreSQL in Azure) there is no password: each new connection gives the server
a token of the app's own identity, fresh at that moment, and only over TLS to a server whose
certificate is good. The role in the URL is that identity's name.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import certifi
from azure.core.credentials import TokenCredential
from azure.identity import DefaultAzureCredential
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.orm import Session, sessionmaker

from shared.database import schema
from shared.platform.settings import DatabaseAuth

CONNECT_TIMEOUT_SECONDS: Final = 5  # a server that does not answer by then is away
POOL_SIZE: Final = 10  # connections kept; above the threads that one instance works with at a time
ENTRA_SCOPE: Final = "https://ossrdbms-aad.database.windows.net/.default"


def driver_url(url: str) -> str:
    """`postgres://` and `postgresql://` as the URL of the driver that we install."""
    return _parsed(url).render_as_string(hide_password=False)


def open_engine(
    url: str,
    auth: DatabaseAuth,
    *,
    credential: TokenCredential | None = None,
    **options: Any,
) -> Engine:
    """An engine that connects as `auth` says; `options` are SQLAlchemy's.

    `credential` is for tests. By default it is the managed identity in Azure, and the user of the
    Azure CLI on a developer's machine.
    """
    if auth is DatabaseAuth.PASSWORD:
        return create_engine(_parsed(url), **options)
    parsed = _parsed(url)
    tls = {"sslmode": "verify-full", "sslrootcert": certifi.where()}
    engine = create_engine(parsed.update_query_dict({**tls, **parsed.query}), **options)
    identity = credential or DefaultAzureCredential()

    @event.listens_for(engine, "do_connect")
    def give_token(_dialect: Any, _record: Any, _args: Any, parameters: dict[str, Any]) -> None:
        parameters["password"] = identity.get_token(ENTRA_SCOPE).token

    return engine


class Database:
    """One connection pool; a transaction is `with database.begin() as session`."""

    def __init__(self, url: str, auth: DatabaseAuth = DatabaseAuth.PASSWORD) -> None:
        self.engine: Engine = open_engine(
            url,
            auth,
            pool_size=POOL_SIZE,
            max_overflow=POOL_SIZE,
            pool_pre_ping=True,
            connect_args={
                "connect_timeout": CONNECT_TIMEOUT_SECONDS,
                "application_name": "avatar-validation",
                "options": "-c timezone=UTC",
            },
        )
        self._sessions = sessionmaker(self.engine, expire_on_commit=False)
        self._schema_is_known = False

    @contextmanager
    def begin(self) -> Iterator[Session]:
        """A transaction: committed at the end of the block, rolled back by an exception.

        Raises SchemaError as long as the database has a schema that this app does not know.
        """
        with self._sessions.begin() as session:
            if not self._schema_is_known:
                schema.check(session.connection())
                self._schema_is_known = True
            yield session

    def close(self) -> None:
        self.engine.dispose()


def server_version(connection: Connection) -> str:
    """PostgreSQL's, as it says it: `18.0`."""
    return str(connection.scalar(text("SHOW server_version")))


def _parsed(url: str) -> URL:
    parsed = make_url(url)
    if parsed.drivername in ("postgres", "postgresql"):
        parsed = parsed.set(drivername="postgresql+psycopg2")
    return parsed
