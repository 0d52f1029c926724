"""The index that the live ledger walks along: an operator sees all areas, so none of them can lead it."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let the moment lead."""
    op.drop_index("referral_received", "referral")
    op.create_index("referral_received", "referral", ["received_at"])
