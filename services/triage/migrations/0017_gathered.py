"""What each body answered that Channel asked, as Channel reports it when the information is gathered."""

import sqlalchemy as sa
from alembic import op

from chassis.database import area_policy

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table, protected by area."""
    op.create_table(
        "channel_gathered",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("gathered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sealed_gathered", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("channel_gathered_subject", "channel_gathered", ["subject", "gathered_at"], unique=False)
    for statement in area_policy("channel_gathered"):
        op.execute(statement)
