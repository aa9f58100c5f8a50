"""Names of avatars, builds and files in normalisation form C, as they are taken since.

Two spellings of one name, an é of one character and an e with its accent, become the one that it
looks like. Names of other programs' rows, too: they look at the same avatars. A name that would
grow out of its column stays as it is. Rows that are composed are not touched, so that it can run
again. The way back takes no name apart.

Revision: 0009, after 0008.
"""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None
oldest_app = "0002"

COLUMNS = (
    ("action_unit_report", "avatar", 50),
    ("action_unit_report", "name", 100),
    ("job", "avatar", 50),
    ("job", "name", 100),
    ("job", "filename", 10_000),
)


def _composed(table: str, column: str, length: int) -> str:
    # no name of anybody's is in it
    return (
        f"UPDATE {table} SET {column} = normalize({column}, NFC) "  # noqa: S608
        f"WHERE {column} IS NOT NFC NORMALIZED "
        f"AND char_length(normalize({column}, NFC)) <= {length};"
    )


def upgrade() -> None:
    """Where the server's text is not UTF-8 it holds no accents apart from their letters."""
    statements = "\n".join(_composed(*each) for each in COLUMNS)
    op.execute(
        "DO $$ BEGIN IF current_setting('server_encoding') = 'UTF8' THEN\n"
        f"{statements}\nEND IF; END $$"
    )


def downgrade() -> None:
    pass
