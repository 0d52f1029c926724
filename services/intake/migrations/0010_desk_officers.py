"""Who works at the desk of an area, who allocated a referral to its owner, and which referrals are new."""

import sqlalchemy as sa
from alembic import op

from chassis.database import area_policy

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Keep the officers who have been at a desk, and by whom a claim was given; find what is new by its time."""
    op.create_index("referral_version_added", "referral_version", ["added_at"], postgresql_using="brin")
    op.add_column("desk_claim", sa.Column("allocated_by", sa.Text(), nullable=False, server_default=""))
    op.alter_column("desk_claim", "allocated_by", server_default=None)
    op.create_table(
        "desk_officer",
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("officer_id", sa.Text(), nullable=False),
        sa.Column("officer_name", sa.Text(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("area", "officer_id"),
    )
    for statement in area_policy("desk_officer"):
        op.execute(statement)
