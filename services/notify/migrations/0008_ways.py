"""The way that a notice is on, those that its recipient has, and the id that a provider gave it."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; what was sent before went by mail, and what waits chooses its way at its next attempt."""
    op.add_column("notice", sa.Column("way", sa.Text(), nullable=True))
    op.add_column("notice", sa.Column("ways", sa.ARRAY(sa.Text()), nullable=True))
    op.add_column("notice", sa.Column("way_attempts", sa.Integer(), nullable=True))
    op.add_column("notice", sa.Column("way_began_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("notice", sa.Column("provider_id", sa.Text(), nullable=True))
    op.add_column("notice", sa.Column("receipt_due_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("attempt", sa.Column("provider_id", sa.Text(), nullable=True))
    waiting = sa.text("receipt_due_at IS NOT NULL")
    op.create_index("notice_receipt", "notice", ["receipt_due_at"], postgresql_where=waiting)
