"""Whom the intelligence unit names to speak to; restrictions, corrections and transfers."""

import sqlalchemy as sa
from alembic import op

from chassis.database import area_policy

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

moment = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add the contact and the three tables."""
    op.add_column("deconfliction", sa.Column("sealed_contact", sa.LargeBinary(), nullable=True))
    _access()
    _corrections()
    _transfers()
    for table in ("access", "correction", "transfer"):
        for statement in area_policy(table):
            op.execute(statement)


def _access() -> None:
    op.create_table(
        "access",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("officer_id", sa.Text(), nullable=False),
        sa.Column("officer_name", sa.Text(), nullable=False),
        sa.Column("given_at", moment, nullable=False),
        sa.Column("given_by", sa.Text(), nullable=False),
        sa.Column("ended_at", moment, nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    still = sa.text("ended_at IS NULL")
    op.create_index("access_officer", "access", ["subject", "officer_id"], unique=True, postgresql_where=still)


def _corrections() -> None:
    op.create_table(
        "correction",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("sealed_words", sa.LargeBinary(), nullable=True),
        sa.Column("corrected_at", moment, nullable=False),
        sa.Column("by_name", sa.Text(), nullable=False),
        sa.Column("told_channel", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("correction_subject", "correction", ["subject", "corrected_at"], unique=False)


def _transfers() -> None:
    op.create_table(
        "transfer",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("force", sa.Text(), nullable=False),
        sa.Column("sealed_message", sa.LargeBinary(), nullable=True),
        sa.Column("offered_at", moment, nullable=False),
        sa.Column("offered_by", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("answered_at", moment, nullable=True),
        sa.Column("answered_by", sa.Text(), nullable=True),
        sa.Column("sealed_reason", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("transfer_subject", "transfer", ["subject", "offered_at"], unique=False)
