"""Jobs and measurements.

Revision: 0001, the first.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None
oldest_app = "0001"


def upgrade() -> None:
    op.create_table(
        "action_unit_report",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.String(length=100), server_default="default", nullable=False),
        sa.Column("url", sa.String(length=300), nullable=False),
        sa.Column("date", sa.Date(), server_default=sa.text("CURRENT_DATE"), nullable=False),
        sa.Column("avatar", sa.String(length=50), nullable=False),
        sa.Column("type", sa.String(length=2), server_default="IP", nullable=False),
        sa.CheckConstraint(
            "type IN ('IP', 'IW', 'VS', 'VM')", name=op.f("ck_action_unit_report_type")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_action_unit_report")),
    )
    op.create_table(
        "data_entry",
        sa.Column("report_id", sa.BigInteger(), nullable=False),
        sa.Column("face", sa.Integer(), nullable=False),
        sa.Column("au", sa.String(length=4), nullable=False),
        sa.Column("frames", sa.Integer(), nullable=False),
        sa.Column("confident_frames", sa.Integer(), nullable=False),
        sa.Column("mean", sa.Double(), nullable=True),
        sa.Column("sd", sa.Double(), nullable=True),
        sa.Column("min", sa.Double(), nullable=True),
        sa.Column("max", sa.Double(), nullable=True),
        sa.Column("p05", sa.Double(), nullable=True),
        sa.Column("p25", sa.Double(), nullable=True),
        sa.Column("p50", sa.Double(), nullable=True),
        sa.Column("p75", sa.Double(), nullable=True),
        sa.Column("p95", sa.Double(), nullable=True),
        sa.Column("presence_share", sa.Double(), nullable=False),
        sa.Column("validity", sa.String(length=8), nullable=True),
        sa.ForeignKeyConstraint(
            ["report_id"],
            ["action_unit_report.id"],
            name=op.f("fk_data_entry_report_id_action_unit_report"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("report_id", "face", "au", name=op.f("pk_data_entry")),
    )
    op.create_table(
        "extraction",
        sa.Column("report_id", sa.BigInteger(), nullable=False),
        sa.Column("engine", sa.String(length=40), nullable=False),
        sa.Column("version", sa.String(length=100), nullable=False),
        sa.Column("settings", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("scale", sa.String(length=12), nullable=False),
        sa.Column("frames", sa.Integer(), nullable=False),
        sa.Column("fps", sa.Double(), nullable=True),
        sa.Column("duration", sa.Double(), nullable=True),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("faces", sa.Integer(), nullable=False),
        sa.Column("signals", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("validity", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("aggregates", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("warnings", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["report_id"],
            ["action_unit_report.id"],
            name=op.f("fk_extraction_report_id_action_unit_report"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("report_id", name=op.f("pk_extraction")),
    )
    op.create_table(
        "frame_measurement",
        sa.Column("report_id", sa.BigInteger(), nullable=False),
        sa.Column("face", sa.Integer(), nullable=False),
        sa.Column("frame", sa.Integer(), nullable=False),
        sa.Column("timestamp", sa.Double(), nullable=False),
        sa.Column("confidence", sa.REAL(), nullable=False),
        sa.Column("success", sa.Boolean(), nullable=False),
        sa.Column("intensities", postgresql.ARRAY(sa.REAL(), dimensions=1), nullable=False),
        sa.Column("presences", sa.Integer(), nullable=False),
        sa.Column("signals", postgresql.ARRAY(sa.REAL(), dimensions=1), nullable=False),
        sa.ForeignKeyConstraint(
            ["report_id"],
            ["action_unit_report.id"],
            name=op.f("fk_frame_measurement_report_id_action_unit_report"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("report_id", "face", "frame", name=op.f("pk_frame_measurement")),
    )
    op.create_table(
        "job",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("container", sa.String(length=63), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("avatar", sa.String(length=50), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("type", sa.String(length=2), nullable=True),
        sa.Column("engine", sa.String(length=20), nullable=True),
        sa.Column(
            "parameter_sets",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default="[]",
            nullable=False,
        ),
        sa.Column("filename", sa.Text(), nullable=False),
        sa.Column("blob", sa.String(length=1024), nullable=False),
        sa.Column("declared_size", sa.BigInteger(), nullable=True),
        sa.Column("media", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("idempotency_key", sa.String(length=200), nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=True),
        sa.Column("progress", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("attempts", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("lease_owner", sa.UUID(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error_code", sa.String(length=40), nullable=True),
        sa.Column("error_detail", sa.Text(), nullable=True),
        sa.Column("report_id", sa.BigInteger(), nullable=True),
        sa.Column("deleting", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("upload_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "created", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column(
            "updated", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("finished", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('created', 'uploaded', 'extracting', 'extracted', 'analysing', 'done', "
            "'failed')",
            name=op.f("ck_job_state"),
        ),
        sa.CheckConstraint(
            "type IS NULL OR type IN ('IP', 'IW', 'VS', 'VM')", name=op.f("ck_job_type")
        ),
        sa.ForeignKeyConstraint(
            ["report_id"],
            ["action_unit_report.id"],
            name=op.f("fk_job_report_id_action_unit_report"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job")),
        sa.UniqueConstraint("container", name=op.f("uq_job_container")),
        sa.UniqueConstraint("idempotency_key", name=op.f("uq_job_idempotency_key")),
        sa.UniqueConstraint("report_id", name=op.f("uq_job_report_id")),
    )
    op.create_index("ix_job_avatar_created", "job", ["avatar", "created"], unique=False)
    op.create_index("ix_job_created_id", "job", ["created", "id"], unique=False)
    op.create_index(
        "ix_job_open",
        "job",
        ["state", "updated"],
        unique=False,
        postgresql_where="state NOT IN ('done', 'failed')",
    )
    op.create_table(
        "job_event",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("job_id", sa.UUID(), nullable=False),
        sa.Column(
            "at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("step", sa.String(length=10), nullable=False),
        sa.Column("happening", sa.String(length=10), nullable=False),
        sa.Column("attempt", sa.SmallInteger(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "happening IN ('started', 'succeeded', 'skipped', 'retrying', 'failed', 'note')",
            name=op.f("ck_job_event_happening"),
        ),
        sa.CheckConstraint(
            "step IN ('upload', 'extract', 'analyse')", name=op.f("ck_job_event_step")
        ),
        sa.ForeignKeyConstraint(
            ["job_id"], ["job.id"], name=op.f("fk_job_event_job_id_job"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job_event")),
    )
    op.create_index(op.f("ix_job_event_job_id"), "job_event", ["job_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_job_event_job_id"), table_name="job_event")
    op.drop_table("job_event")
    op.drop_index(
        "ix_job_open", table_name="job", postgresql_where="state NOT IN ('done', 'failed')"
    )
    op.drop_index("ix_job_created_id", table_name="job")
    op.drop_index("ix_job_avatar_created", table_name="job")
    op.drop_table("job")
    op.drop_table("frame_measurement")
    op.drop_table("extraction")
    op.drop_table("data_entry")
    op.drop_table("action_unit_report")
