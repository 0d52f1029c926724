"""What statistics were told last of each day: they hear of it again only once it stands otherwise."""

import sqlalchemy as sa
from alembic import op

from chassis.database import area_policy

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table, protected by area."""
    op.create_table(
        "day_told",
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("area", "day", "recipient"),
    )
    for statement in area_policy("day_told"):
        op.execute(statement)
