"""That a service or a force could not be told of what is asked of it, and why."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Say of what others owe, and of offers, whether those who were to be told have been reached."""
    for table in ("obligation", "transfer"):
        op.add_column(table, sa.Column("unreached", sa.Text(), nullable=True))
        op.add_column(table, sa.Column("unreached_at", sa.DateTime(timezone=True), nullable=True))
