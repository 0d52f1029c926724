"""What each dispatch row sent, as a type and a digest: proof that outlives the outbox's window."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; what was announced before has neither."""
    op.add_column("dispatch", sa.Column("type", sa.Text(), nullable=True))
    op.add_column("dispatch", sa.Column("digest", sa.LargeBinary(), nullable=True))
