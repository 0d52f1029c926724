"""What is known of the sender of a mail, and what was put into quarantine."""

import sqlalchemy as sa
from alembic import op

from chassis.database import area_policy

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the tables, each with its row policy."""
    _make_quarantine()
    for table in ("quarantined",):
        for statement in area_policy(table):
            op.execute(statement)


def _make_quarantine() -> None:
    op.create_table(
        "quarantined",
        sa.Column("referral_id", sa.Uuid(), nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("signature", sa.Text(), nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=True),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["referral_id"], ["referral.id"]),
        sa.PrimaryKeyConstraint("referral_id", "place"),
    )
    op.create_index(
        "quarantined_not_scanned",
        "quarantined",
        ["referral_id"],
        postgresql_where=sa.text("reason = 'not-scanned'"),
    )
