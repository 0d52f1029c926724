"""What a person said of two referrals that may be about the same person, and what a referrer added later."""

import sqlalchemy as sa
from alembic import op

from chassis.database import area_policy

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Keep every answer; the latest of a pair counts."""
    op.add_column("referral_version", sa.Column("sealed_additions", sa.LargeBinary(), nullable=True))
    op.create_table(
        "sameness",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("earlier_reference", sa.Text(), nullable=False),
        sa.Column("later_reference", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_in", sa.Text(), nullable=False),
        sa.Column("by_name", sa.Text(), nullable=False),
        sa.Column("sealed_reason", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("sameness_subject", "sameness", ["subject"])
    op.create_index("sameness_earlier", "sameness", ["earlier_reference"])
    op.create_index("sameness_later", "sameness", ["later_reference"])
    for statement in area_policy("sameness"):
        op.execute(statement)
