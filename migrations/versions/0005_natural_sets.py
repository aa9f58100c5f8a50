"""Sets of mode natural, what they are learned from, what came of them, and the set "Alive".

"Alive" is for videos measured by mediapipe. It stays away where somebody has a set of that name,
and gives way to whatever set somebody makes the default for videos. Once deleted it does not come
back.

Revision: 0005, after 0004.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None
oldest_app = "0002"

ALIVE = """
WITH alive AS (
INSERT INTO parameter_set (name, name_key, version, description, engine, engine_version,
    required_share, min_face_share, mode, "natural")
SELECT 'Alive', 'alive', 1,
    'Is there a living face? Faults of the picture and of time, and whether the face moves and '
    'looks as people do. It knows nothing of the person: the best it says is that no fault was '
    'found. Learn a set from the person''s own footage to tell more.',
    'mediapipe', 2, 0.95, 0.2, 'natural',
    '{"population": "talking-1", "false_alarms": 0.05, "same_setup": true, "left_out": [],
      "recordings": []}'
WHERE NOT EXISTS (SELECT FROM parameter_set WHERE name_key = 'alive')
RETURNING id
)
INSERT INTO parameter_set_fallback (type, parameter_set_id)
SELECT type, alive.id FROM alive, (VALUES ('VS'), ('VM')) AS videos (type)
"""


def upgrade() -> None:
    op.add_column(
        "parameter_set",
        sa.Column(
            "mode", sa.String(length=8), server_default=sa.text("'expected'"), nullable=False
        ),
    )
    op.create_check_constraint(
        op.f("ck_parameter_set_mode"), "parameter_set", "mode IN ('expected', 'natural')"
    )
    op.add_column(
        "parameter_set",
        sa.Column("natural", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
    )
    op.add_column(
        "measured_face",
        sa.Column("kept", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
    )
    op.add_column("analysis_report", sa.Column("words", sa.Text(), nullable=True))
    op.add_column(
        "analysis_result",
        sa.Column("is_parameter", sa.Boolean(), server_default=sa.text("true"), nullable=False),
    )
    op.add_column("analysis_result", sa.Column("expected", sa.Double(), nullable=True))
    op.add_column("analysis_result", sa.Column("z", sa.Double(), nullable=True))
    _key("report_id", "parameter_set_id", "face", "measure", "is_parameter")
    op.create_table(
        "parameter_set_fallback",
        sa.Column("type", sa.String(length=2), nullable=False),
        sa.Column("parameter_set_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "type IN ('IP', 'IW', 'VS', 'VM')", name=op.f("ck_parameter_set_fallback_type")
        ),
        sa.ForeignKeyConstraint(
            ["parameter_set_id"],
            ["parameter_set.id"],
            name=op.f("fk_parameter_set_fallback_parameter_set_id_parameter_set"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("type", name=op.f("pk_parameter_set_fallback")),
    )
    op.create_index(
        op.f("ix_parameter_set_fallback_parameter_set_id"),
        "parameter_set_fallback",
        ["parameter_set_id"],
        unique=False,
    )
    op.execute(ALIVE)


def downgrade() -> None:
    """Natural sets and what was held to them go: the version before cannot read them."""
    op.drop_table("parameter_set_fallback")
    op.execute(
        "DELETE FROM analysis_report WHERE parameter_set_id IN "
        "(SELECT id FROM parameter_set WHERE mode = 'natural')"
    )
    op.execute("DELETE FROM parameter_set WHERE mode = 'natural'")
    _key("report_id", "parameter_set_id", "face", "measure")
    for column in ("z", "expected", "is_parameter"):
        op.drop_column("analysis_result", column)
    op.drop_column("analysis_report", "words")
    op.drop_column("measured_face", "kept")
    op.drop_column("parameter_set", "natural")
    op.drop_constraint(op.f("ck_parameter_set_mode"), "parameter_set")
    op.drop_column("parameter_set", "mode")


def _key(*columns: str) -> None:
    """Of the results."""
    name = op.f("pk_analysis_result")
    op.drop_constraint(name, "analysis_result")
    op.create_primary_key(name, "analysis_result", list(columns))
