"""What came back question by question, which mail did not arrive, when somebody was reminded, and whose it is."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns, and the index by which one body's open obligations are found."""
    op.add_column("obligation", sa.Column("sealed_answers", sa.LargeBinary(), nullable=True))
    for name in ("undelivered_at", "reminded_at"):
        op.add_column("obligation", sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    owed = sa.text("ended_at IS NULL")
    op.create_index("obligation_recipient", "obligation", ["recipient"], unique=False, postgresql_where=owed)
