"""Whether all that came in on a day has reached everybody, as intake has counted it: never how much came in."""

import sqlalchemy as sa
from alembic import op

from chassis.database import area_policy

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table, protected by area."""
    op.create_table(
        "reconciliation",
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("lacking", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("area", "day", "recipient"),
    )
    for statement in area_policy("reconciliation"):
        op.execute(statement)
