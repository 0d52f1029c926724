"""Signposts are reported as well as acknowledged, transfers are answered, and concerns may be about one person."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from chassis.database import area_policy

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add them; whoever acknowledged a signpost before had to say what was done, so it counts as reported."""
    op.add_column("signpost", sa.Column("reported_at", sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE signpost SET reported_at = acknowledged_at")
    op.drop_index("signpost_answered", "signpost")
    op.drop_index("signpost_open", "signpost")
    op.create_index("signpost_reported", "signpost", ["reported_at"])
    op.create_index("signpost_open", "signpost", ["made_at"], postgresql_where=sa.text("reported_at IS NULL"))
    op.create_index("concern_reference", "concern", ["reference"])
    op.create_table(
        "transfer",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("area_version", sa.Text(), nullable=False),
        sa.Column("force", sa.Text(), nullable=False),
        sa.Column("offered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("message_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("correlation_id", sa.Uuid(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("accepted", sa.Boolean(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("transfer_open", "transfer", ["offered_at"], postgresql_where=sa.text("answered_at IS NULL"))
    op.create_index("transfer_subject", "transfer", ["subject"])
    op.create_table(
        "same_person",
        sa.Column("person", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("shared", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("person", "reference"),
    )
    op.create_index("same_person_reference", "same_person", ["reference"])
    for table in ("transfer", "same_person"):
        for statement in area_policy(table):
            op.execute(statement)
