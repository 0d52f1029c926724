"""Facts about released months that came since are found by an index, however long the log."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create it."""
    op.create_index("fact_log_late", "fact_log", ["area", "month", "generation"])
