"""A job belongs to a blob: another program's container may hold several.

Revision: 0010, after 0009.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None
oldest_app = "0002"


def upgrade() -> None:
    op.add_column(
        "job", sa.Column("foreign_uuid", sa.Boolean(), server_default="false", nullable=False)
    )
    op.add_column("job", sa.Column("folder", sa.String(100), server_default="", nullable=False))
    op.add_column("job", sa.Column("etag", sa.String(100), nullable=True))
    op.add_column(
        "job", sa.Column("look_again", sa.Boolean(), server_default="false", nullable=False)
    )
    op.execute("UPDATE job SET etag = media->>'etag' WHERE media ? 'etag'")
    op.drop_constraint("uq_job_container", "job")
    op.create_index(
        "uq_job_container_blob", "job", ["container", sa.text("md5(blob)")], unique=True
    )
    op.create_index("ix_job_look_again", "job", ["updated"], postgresql_where="look_again")
    op.create_table(
        "earlier_report",
        sa.Column("report_id", sa.BigInteger(), nullable=False),
        sa.Column("job_id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(
            ["job_id"], ["job.id"], name="fk_earlier_report_job_id_job", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["report_id"],
            ["action_unit_report.id"],
            name="fk_earlier_report_report_id_action_unit_report",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("report_id", name="pk_earlier_report"),
    )
    op.create_index("ix_earlier_report_job_id", "earlier_report", ["job_id"])


def downgrade() -> None:
    op.drop_table("earlier_report")
    # of each container the job that the older app could have had
    op.execute(
        "DELETE FROM job WHERE EXISTS (SELECT 1 FROM job AS other WHERE other.container = "
        "job.container AND (other.folder, other.id) < (job.folder, job.id))"
    )
    op.drop_index("ix_job_look_again", "job")
    op.drop_index("uq_job_container_blob", "job")
    op.create_unique_constraint("uq_job_container", "job", ["container"])
    for column in ("look_again", "etag", "folder", "foreign_uuid"):
        op.drop_column("job", column)
