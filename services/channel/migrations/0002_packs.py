"""Packs bring all their parts; the police correct what they passed on and say which referrals are one person's."""

import sqlalchemy as sa
from alembic import op

from chassis.database import area_policy

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the parts of packs, corrections, and which references are one person's."""
    op.add_column("pack", sa.Column("sealed_parts", sa.LargeBinary(), nullable=True))
    op.create_table(
        "correction",
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("corrected_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("corrected_by", sa.Text(), nullable=False),
        sa.Column("sealed_correction", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("event_id"),
    )
    op.create_index("correction_subject", "correction", ["subject", "corrected_at"], unique=False)
    op.create_table(
        "same_person",
        sa.Column("person", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("separated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("shared", sa.ARRAY(sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("person", "reference"),
    )
    op.create_index("same_person_reference", "same_person", ["reference"], unique=False)
    for table in ("correction", "same_person"):
        for statement in area_policy(table):
            op.execute(statement)
