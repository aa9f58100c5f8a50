"""Where a job's trace begins, and whether a measurement's rows are in the table or in its blobs.

Revision: 0003, after 0002.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None
oldest_app = "0002"


def upgrade() -> None:
    op.add_column("job", sa.Column("traceparent", sa.String(length=55), nullable=True))
    op.add_column(
        "extraction",
        sa.Column("rows_in_blobs", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )


def downgrade() -> None:
    op.drop_column("extraction", "rows_in_blobs")
    op.drop_column("job", "traceparent")
