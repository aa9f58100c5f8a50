"""Parameter sets, and the reports that hold measurements to them.

Revision: 0002, after 0001.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None
oldest_app = "0001"


def upgrade() -> None:
    op.create_table(
        "parameter_set",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("name_key", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("engine", sa.String(length=40), nullable=False),
        sa.Column("required_share", sa.Double(), nullable=False),
        sa.Column("min_face_share", sa.Double(), nullable=False),
        sa.Column("learned", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("archived", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_parameter_set")),
        sa.UniqueConstraint("name_key", "version", name=op.f("uq_parameter_set_name_key_version")),
    )
    op.create_table(
        "analysis_report",
        sa.Column("report_id", sa.BigInteger(), nullable=False),
        sa.Column("parameter_set_id", sa.BigInteger(), nullable=False),
        sa.Column("verdict", sa.String(length=12), nullable=False),
        sa.Column("score", sa.Double(), nullable=True),
        sa.Column("report", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "created", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.CheckConstraint(
            "verdict IN ('fail', 'inconclusive', 'pass')", name=op.f("ck_analysis_report_verdict")
        ),
        sa.ForeignKeyConstraint(
            ["parameter_set_id"],
            ["parameter_set.id"],
            name=op.f("fk_analysis_report_parameter_set_id_parameter_set"),
        ),
        sa.ForeignKeyConstraint(
            ["report_id"],
            ["action_unit_report.id"],
            name=op.f("fk_analysis_report_report_id_action_unit_report"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("report_id", "parameter_set_id", name=op.f("pk_analysis_report")),
    )
    op.create_index(
        "ix_analysis_report_created",
        "analysis_report",
        ["created", "report_id", "parameter_set_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_analysis_report_parameter_set_id"),
        "analysis_report",
        ["parameter_set_id"],
        unique=False,
    )
    op.create_table(
        "measured_face",
        sa.Column("report_id", sa.BigInteger(), nullable=False),
        sa.Column("face", sa.Integer(), nullable=False),
        sa.Column("seen_share", sa.Double(), nullable=False),
        sa.Column("confident_frames", sa.Integer(), nullable=False),
        sa.Column("measures", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["report_id"],
            ["action_unit_report.id"],
            name=op.f("fk_measured_face_report_id_action_unit_report"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("report_id", "face", name=op.f("pk_measured_face")),
    )
    op.create_table(
        "parameter",
        sa.Column("parameter_set_id", sa.BigInteger(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("measure", sa.String(length=40), nullable=False),
        sa.Column("reference", sa.Double(), nullable=True),
        sa.Column("deviation_percent", sa.Double(), nullable=True),
        sa.Column("deviation_absolute", sa.Double(), nullable=True),
        sa.Column("lower", sa.Double(), nullable=True),
        sa.Column("upper", sa.Double(), nullable=True),
        sa.Column("allow_low_validity", sa.Boolean(), nullable=False),
        sa.Column("optional", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["parameter_set_id"],
            ["parameter_set.id"],
            name=op.f("fk_parameter_parameter_set_id_parameter_set"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("parameter_set_id", "place", name=op.f("pk_parameter")),
        sa.UniqueConstraint(
            "parameter_set_id", "measure", name=op.f("uq_parameter_parameter_set_id_measure")
        ),
    )
    op.create_table(
        "parameter_set_default",
        sa.Column("type", sa.String(length=2), nullable=False),
        sa.Column("parameter_set_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "type IN ('IP', 'IW', 'VS', 'VM')", name=op.f("ck_parameter_set_default_type")
        ),
        sa.ForeignKeyConstraint(
            ["parameter_set_id"],
            ["parameter_set.id"],
            name=op.f("fk_parameter_set_default_parameter_set_id_parameter_set"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("type", name=op.f("pk_parameter_set_default")),
    )
    op.create_index(
        op.f("ix_parameter_set_default_parameter_set_id"),
        "parameter_set_default",
        ["parameter_set_id"],
        unique=False,
    )
    op.create_table(
        "analysis_result",
        sa.Column("report_id", sa.BigInteger(), nullable=False),
        sa.Column("parameter_set_id", sa.BigInteger(), nullable=False),
        sa.Column("face", sa.Integer(), nullable=False),
        sa.Column("measure", sa.String(length=40), nullable=False),
        sa.Column("outcome", sa.String(length=12), nullable=False),
        sa.Column("value", sa.Double(), nullable=True),
        sa.Column("lower", sa.Double(), nullable=True),
        sa.Column("upper", sa.Double(), nullable=True),
        sa.Column("margin", sa.Double(), nullable=True),
        sa.Column("share_within", sa.Double(), nullable=True),
        sa.Column("violations", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "outcome IN ('within', 'not_within', 'not_measured')",
            name=op.f("ck_analysis_result_outcome"),
        ),
        sa.ForeignKeyConstraint(
            ["report_id", "parameter_set_id"],
            ["analysis_report.report_id", "analysis_report.parameter_set_id"],
            name=op.f("fk_analysis_result_report_id_parameter_set_id_analysis_report"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "report_id", "parameter_set_id", "face", "measure", name=op.f("pk_analysis_result")
        ),
    )
    op.create_index(
        "ix_action_unit_report_avatar_id", "action_unit_report", ["avatar", "id"], unique=False
    )


def downgrade() -> None:
    op.drop_index("ix_action_unit_report_avatar_id", table_name="action_unit_report")
    op.drop_table("analysis_result")
    op.drop_index(
        op.f("ix_parameter_set_default_parameter_set_id"), table_name="parameter_set_default"
    )
    op.drop_table("parameter_set_default")
    op.drop_table("parameter")
    op.drop_table("measured_face")
    op.drop_index(op.f("ix_analysis_report_parameter_set_id"), table_name="analysis_report")
    op.drop_index("ix_analysis_report_created", table_name="analysis_report")
    op.drop_table("analysis_report")
    op.drop_table("parameter_set")
