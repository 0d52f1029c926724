"""Indexes for the packs of a meeting and of somebody invited, and for who has read them."""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the indexes: without them every pack that was ever shared is looked through."""
    op.create_index("pack_share_meeting", "pack_share", ["meeting_id"], unique=False)
    op.create_index("pack_share_invitation", "pack_share", ["invitation_id"], unique=False)
    op.create_index("pack_read_meeting", "pack_read", ["meeting_id", "id"], unique=False)
