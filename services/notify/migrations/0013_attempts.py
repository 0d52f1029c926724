"""Of which attempt something came back, how large each was, and since when somebody counts as not reached."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; of what came back before this, and of what was told before it, nothing of the kind is known."""
    op.add_column("evidence", sa.Column("attempt", sa.Integer(), nullable=True))
    op.add_column("attempt", sa.Column("size", sa.Integer(), nullable=True))
    unreadable = sa.text("what = 'unreadable'")
    op.create_index("evidence_unreadable", "evidence", ["at"], postgresql_where=unreadable)
    op.add_column("notice", sa.Column("unreached_at", sa.DateTime(timezone=True), nullable=True))
