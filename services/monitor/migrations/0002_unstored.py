"""What a service has published and a recipient has not stored."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the two figures; whoever was read before counts as owing nothing until it is asked again."""
    op.add_column("service_reading", sa.Column("unstored", sa.Integer(), nullable=True))
    op.add_column("service_reading", sa.Column("oldest_unstored_seconds", sa.Float(), nullable=True))
    op.execute("UPDATE service_reading SET unstored = 0, oldest_unstored_seconds = 0 WHERE unpublished IS NOT NULL")
