"""Which clocks were stopped with nothing done, so that they count as neither met nor missed."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; of clocks that were stopped before nobody knows it, and they stay counted as they were."""
    op.add_column("clock", sa.Column("dropped", sa.Boolean(), nullable=True))
