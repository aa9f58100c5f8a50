"""Which version of an engine's measurement a parameter set's numbers come from.

Every set for mediapipe that is there when this runs is of its first version.

Revision: 0004, after 0003.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None
oldest_app = "0002"


def upgrade() -> None:
    op.add_column("parameter_set", sa.Column("engine_version", sa.Integer(), nullable=True))
    op.execute("UPDATE parameter_set SET engine_version = 1 WHERE lower(engine) = 'mediapipe'")


def downgrade() -> None:
    op.drop_column("parameter_set", "engine_version")
