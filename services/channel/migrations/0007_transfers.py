"""Transfers between panels: what is offered, what was received, and which case came from another panel."""

import sqlalchemy as sa
from alembic import op

from chassis.database import area_policy

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add the two tables, each protected by area, and the name of the panel that a case came from."""
    _offered()
    _received()
    for table in ("transfer", "transfer_received"):
        for statement in area_policy(table):
            op.execute(statement)
    op.add_column("case_file", sa.Column("from_panel", sa.Text(), nullable=True))


def _offered() -> None:
    op.create_table(
        "transfer",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("panel", sa.Text(), nullable=False),
        sa.Column("panel_name", sa.Text(), nullable=False),
        sa.Column("to_area", sa.Text(), nullable=False),
        sa.Column("sealed_reason", sa.LargeBinary(), nullable=True),
        sa.Column("offered_at", MOMENT, nullable=False),
        sa.Column("offered_by", sa.Text(), nullable=False),
        sa.Column("delivered_at", MOMENT, nullable=True),
        sa.Column("seen_at", MOMENT, nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("answered_at", MOMENT, nullable=True),
        sa.Column("answered_by", sa.Text(), nullable=True),
        sa.Column("sealed_answer", sa.LargeBinary(), nullable=True),
        sa.Column("settled_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("transfer_subject", "transfer", ["subject", "offered_at"], unique=False)
    unsettled = sa.text("to_area <> '' AND settled_at IS NULL")
    op.create_index("transfer_unsettled", "transfer", ["offered_at"], unique=False, postgresql_where=unsettled)


def _received() -> None:
    op.create_table(
        "transfer_received",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("from_area", sa.Text(), nullable=False),
        sa.Column("from_panel", sa.Text(), nullable=False),
        sa.Column("from_reference", sa.Text(), nullable=False),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("answered_at", MOMENT, nullable=True),
        sa.Column("answered_by", sa.Text(), nullable=True),
        sa.Column("sealed_answer", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("transfer_received_subject", "transfer_received", ["subject"], unique=False)
