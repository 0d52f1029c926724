"""What the delivery desk decides not to send, the clock of a concern that nobody acknowledges, and what was done."""

import sqlalchemy as sa
from alembic import op

from chassis.database import area_policy

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

OPEN = "escalation_ended_at IS NULL AND (acknowledged_version IS NULL OR acknowledged_version < version)"


def upgrade() -> None:
    """Add the table, the columns and the indexes by which the desk finds notices."""
    op.create_table(
        "suppression",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("notice_id", sa.Uuid(), nullable=False),
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_by", sa.Text(), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["notice_id"], ["notice.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("suppression_notice", "suppression", ["notice_id", "asked_at"])
    for statement in area_policy("suppression"):
        op.execute(statement)
    for name in ("clock_began_at", "escalate_at", "escalation_ended_at"):
        op.add_column("concern", sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    op.add_column("concern", sa.Column("escalated", sa.Integer(), nullable=False, server_default="0"))
    op.alter_column("concern", "escalated", server_default=None)
    op.create_index("concern_escalating", "concern", ["escalate_at"], postgresql_where=sa.text(OPEN))
    op.add_column("acknowledgement", sa.Column("done_sealed", sa.LargeBinary(), nullable=True))
    op.drop_index("notice_newest", "notice")
    op.create_index("notice_newest", "notice", ["created_at", "id"])
    op.create_index("notice_reference", "notice", ["reference"])
    op.create_index("notice_recipient", "notice", ["recipient_kind", "recipient_key", "created_at"])
