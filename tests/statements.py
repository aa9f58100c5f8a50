"""The SQL that is sent while something is done."""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from shared.app import App


@contextmanager
def counted(app: App) -> Iterator[list[str]]:
    """The statements that are sent to the database meanwhile."""
    seen: list[str] = []

    def note(_: object, __: object, statement: str, *___: object) -> None:
        seen.append(statement)

    sa.event.listen(app.database.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        sa.event.remove(app.database.engine, "before_cursor_execute", note)
