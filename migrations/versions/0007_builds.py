"""Indexes by which the builds of an avatar and their clips are found.

Revision: 0007, after 0006.
"""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None
oldest_app = "0002"

MEASURED = "ix_action_unit_report_avatar_name_id"
UNMEASURED = "ix_job_without_report"


def upgrade() -> None:
    op.create_index(
        MEASURED, "action_unit_report", ["avatar", "name", "id"], postgresql_include=["date"]
    )
    op.create_index(
        UNMEASURED,
        "job",
        ["avatar", "name", "created"],
        postgresql_where="report_id IS NULL",
    )


def downgrade() -> None:
    op.drop_index(UNMEASURED, "job")
    op.drop_index(MEASURED, "action_unit_report")
