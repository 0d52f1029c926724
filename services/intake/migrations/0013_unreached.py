"""Referrers and duty officers whom notify could not reach, until somebody at the desk has told them."""

import sqlalchemy as sa
from alembic import op

from chassis.database import area_policy

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table, visible by area only."""
    op.create_table(
        "unreached",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("referral_id", sa.Uuid(), nullable=False),
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("whom", sa.Text(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=True),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("noted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["referral_id"], ["referral.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("unreached_referral", "unreached", ["referral_id"])
    op.create_index("unreached_open", "unreached", ["noted_at", "id"], postgresql_where=sa.text("told_at IS NULL"))
    for statement in area_policy("unreached"):
        op.execute(statement)
