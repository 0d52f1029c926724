"""Numbers that are about to be published, written down by the batch, and fewer indexes on what every event changes."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table of intentions; exchange the outbox's indexes; leave room for updates in place."""
    op.create_table(
        "outbox_intent",
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("ids", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("sequences", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.drop_index("outbox_unnumbered", "outbox")
    op.drop_index("outbox_sequence", "outbox")
    op.drop_index("outbox_subject", "outbox")
    # Two events of one id would break the dispatch rows' primary key already.
    op.drop_constraint("outbox_event_id_key", "outbox")
    op.create_index("outbox_number", "outbox", ["subject", "topic", "epoch", "sequence"], unique=True)
    op.execute("ALTER TABLE dispatch SET (fillfactor = 50)")
    op.execute("ALTER TABLE outbox_position SET (fillfactor = 70)")
