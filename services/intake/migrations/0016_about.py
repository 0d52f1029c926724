"""What somebody was not reached about, so that only their own line ends when they have been."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; of other lines from before this no notice is known: they stay until the desk has told them."""
    op.add_column("unreached", sa.Column("about_id", sa.Uuid(), nullable=True))
    op.execute("UPDATE unreached SET about_id = referral_id WHERE why = 'silent'")
