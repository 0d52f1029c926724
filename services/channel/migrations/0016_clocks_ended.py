"""How often a clock ended in time and late before it was started afresh: its row keeps only how it runs now."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; how a clock ended that was started afresh before is not known any more."""
    for name in ("met", "missed"):
        op.add_column("clock", sa.Column(name, sa.Integer(), nullable=True))
