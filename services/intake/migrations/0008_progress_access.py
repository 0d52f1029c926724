"""The second factor of the progress page."""

import sqlalchemy as sa
from alembic import op

from chassis.database import area_policy

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Create the table: one row for each link that was mailed."""
    op.create_table(
        "progress_access",
        sa.Column("token_digest", sa.LargeBinary(), nullable=False),
        sa.Column("referral_id", sa.Uuid(), nullable=False),
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["referral_id"], ["referral.id"]),
        sa.PrimaryKeyConstraint("token_digest"),
    )
    op.create_index("progress_access_referral", "progress_access", ["referral_id", "asked_at"])
    op.create_index("progress_access_expires", "progress_access", ["expires_at"])
    for statement in area_policy("progress_access"):
        op.execute(statement)
