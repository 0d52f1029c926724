"""Since when the intake desk counts a front door as silent about a concern: until it answers or has it no more."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

TOLD = (
    "UPDATE concern SET silence_told_at = escalation_ended_at "
    "WHERE acknowledged_version IS NULL OR acknowledged_version < version"
)


def upgrade() -> None:
    """Add the column; the desk was told of every clock that has ended without an answer."""
    op.add_column("concern", sa.Column("silence_told_at", sa.DateTime(timezone=True), nullable=True))
    op.execute(TOLD)
