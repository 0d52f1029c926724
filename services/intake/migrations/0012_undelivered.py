"""That a team was told by a mail which came back."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Say when a team's mail came back."""
    op.add_column("ledger_line", sa.Column("undelivered_at", sa.DateTime(timezone=True), nullable=True))
    lost = (
        "undelivered_at IS NOT NULL AND seen_at IS NULL AND acknowledged_at IS NULL AND waived_at IS NULL "
        "AND erased_at IS NULL"
    )
    op.create_index("ledger_line_undelivered", "ledger_line", ["undelivered_at"], postgresql_where=sa.text(lost))
