"""When a recipient answered last, and reports of people's progress that outlive the bus they were sent on."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; what waits to be sent stays as it is."""
    op.add_column("dispatch", sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("receipt_out", sa.Column("lasting", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.alter_column("receipt_out", "lasting", server_default=None)
    op.add_column("receipt_out", sa.Column("published_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index("receipt_out_unpublished", "receipt_out", ["id"], postgresql_where=sa.text("published_at IS NULL"))
