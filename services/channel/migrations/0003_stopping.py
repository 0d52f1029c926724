"""The police may take a pack back, or ask Channel to wait: the case says whom to speak to."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add them."""
    op.add_column("case_file", sa.Column("halted_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("case_file", sa.Column("sealed_speak_to", sa.LargeBinary(), nullable=True))
    op.add_column("pack", sa.Column("offer_id", sa.Uuid(), nullable=True))
