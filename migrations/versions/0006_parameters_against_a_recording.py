"""Parameters that are told against another recording (`lip_sync_change`).

Revision: 0006, after 0005.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None
oldest_app = "0002"


def upgrade() -> None:
    op.add_column("parameter", sa.Column("against", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    op.execute("DELETE FROM parameter WHERE against IS NOT NULL")
    op.drop_column("parameter", "against")
