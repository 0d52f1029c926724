"""When somebody outside said that they have read the brief that their link shows."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Say when a brief was acknowledged."""
    op.add_column("ask", sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True))
