"""Where an upload wants its end told, and what was sent of it.

Revision: 0008, after 0007.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None
oldest_app = "0002"

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("job", sa.Column("webhook", sa.Text(), nullable=True))
    op.create_table(
        "webhook_delivery",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("job_id", sa.UUID(), nullable=False),
        sa.Column("event", sa.String(length=12), nullable=False),
        sa.Column("ended", TIME, nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("payload", postgresql.JSONB(), nullable=False),
        sa.Column("attempts", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("next_try", TIME, server_default=sa.func.now(), nullable=True),
        sa.Column("tried", TIME, nullable=True),
        sa.Column("status", sa.SmallInteger(), nullable=True),
        sa.Column("answer", sa.String(length=100), nullable=True),
        sa.Column("delivered", TIME, nullable=True),
        sa.CheckConstraint(
            "event IN ('job.ended', 'build.ended')", name=op.f("ck_webhook_delivery_event")
        ),
        sa.ForeignKeyConstraint(
            ["job_id"], ["job.id"], name=op.f("fk_webhook_delivery_job_id_job"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_delivery")),
        sa.UniqueConstraint(
            "job_id",
            "event",
            "ended",
            "address",
            name=op.f("uq_webhook_delivery_job_id_event_ended_address"),
        ),
    )
    op.create_index(
        "ix_webhook_delivery_next_try",
        "webhook_delivery",
        ["next_try"],
        postgresql_where=sa.text("next_try IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_table("webhook_delivery")
    op.drop_column("job", "webhook")
