"""How a case of Channel was closed, beside the outcome of its fact."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; facts of before say nothing of it."""
    op.add_column("fact", sa.Column("closing", sa.Text(), nullable=True))
