"""Indexes that the inbox and the delivery desk walk along, however much was answered and sent before."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add them, in place of two that no page can walk along: an actor's areas are not one value."""
    op.drop_index("notice_state", "notice")
    op.create_index("notice_state", "notice", ["state", "created_at"])
    op.create_index("notice_newest", "notice", ["created_at"])
    waiting = sa.text("acknowledged_version IS NULL OR acknowledged_version < version")
    op.create_index("concern_open", "concern", ["area", "front_door"], postgresql_where=waiting)
    op.drop_index("signpost_waiting", "signpost")
    op.create_index("signpost_answered", "signpost", ["acknowledged_at"])
    unanswered = sa.text("acknowledged_at IS NULL")
    op.create_index("signpost_open", "signpost", ["made_at"], postgresql_where=unanswered)
