"""A line of which a newer version came back counts as undelivered, although somebody had seen an older one."""

from alembic import op
from sqlalchemy import text

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

UNDELIVERED = text(
    "undelivered_at IS NOT NULL AND (seen_at IS NULL OR seen_at < undelivered_at) "
    "AND (acknowledged_at IS NULL OR acknowledged_at < undelivered_at) AND waived_at IS NULL AND erased_at IS NULL"
)


def upgrade() -> None:
    """Exchange the index of such lines."""
    op.drop_index("ledger_line_undelivered", "ledger_line")
    op.create_index("ledger_line_undelivered", "ledger_line", ["undelivered_at"], postgresql_where=UNDELIVERED)
