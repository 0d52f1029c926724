"""The log of facts is the one place where they are kept: the table of each one's newest version goes."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Drop it; whatever it held is in the log."""
    op.drop_table("fact")
