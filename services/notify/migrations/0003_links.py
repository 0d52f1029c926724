"""Links that somebody asked for, kept sealed until they have been sent."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; no notice of before has a link of its own."""
    op.add_column("notice", sa.Column("link_sealed", sa.LargeBinary(), nullable=True))
