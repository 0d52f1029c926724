"""What Channel gives back: the case as it hands it over, and how the police answered."""

import sqlalchemy as sa
from alembic import op

from chassis.database import area_policy

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add the table, protected by area."""
    op.create_table(
        "given_back",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("given_back_at", MOMENT, nullable=False),
        sa.Column("offered_for", sa.Text(), nullable=False),
        sa.Column("sealed_case", sa.LargeBinary(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("answered_at", MOMENT, nullable=True),
        sa.Column("answered_by", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("given_back_subject", "given_back", ["subject", "given_back_at"], unique=False)
    for statement in area_policy("given_back"):
        op.execute(statement)
