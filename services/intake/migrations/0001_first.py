"""The first tables of intake, each under row-level security by area."""

import sqlalchemy as sa
from alembic import op

from chassis.database import area_policy

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = ("referral", "referral_version", "arrival_key", "ledger_line", "progress")


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "arrival_key",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("request_digest", sa.LargeBinary(), nullable=False),
        sa.Column("referral_id", sa.Uuid(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("digest"),
    )
    op.create_index("arrival_key_referral", "arrival_key", ["referral_id"], unique=False)
    op.create_index("arrival_key_seen", "arrival_key", ["seen_at"], unique=False)
    op.create_table(
        "referral",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("area_version", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("correlation_id", sa.Uuid(), nullable=False),
        sa.Column("statistics_key", sa.Uuid(), nullable=False),
        sa.Column("door", sa.Text(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("reading", sa.Text(), nullable=False),
        sa.Column("reading_tries", sa.Integer(), nullable=False),
        sa.Column("unread_reason", sa.Text(), nullable=False),
        sa.Column("district", sa.Text(), nullable=False),
        sa.Column("immediate_danger", sa.Boolean(), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("referrer_email", sa.LargeBinary(), nullable=True),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("tells", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("likeness", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("reference"),
        sa.UniqueConstraint("statistics_key"),
    )
    op.create_index("referral_likeness", "referral", ["likeness"], unique=False)
    op.create_index("referral_received", "referral", ["area", "received_at"], unique=False)
    op.create_index(
        "referral_to_read",
        "referral",
        ["received_at"],
        unique=False,
        postgresql_where=sa.text("reading IN ('being-read', 'unread')"),
    )
    op.create_table(
        "ledger_line",
        sa.Column("referral_id", sa.Uuid(), nullable=False),
        sa.Column("team", sa.Text(), nullable=False),
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("required", sa.Boolean(), nullable=False),
        sa.Column("announced", sa.Boolean(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("acknowledge_by", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stored_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("parked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("waived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["referral_id"],
            ["referral.id"],
        ),
        sa.PrimaryKeyConstraint("referral_id", "team"),
    )
    op.create_index(
        "ledger_line_late",
        "ledger_line",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("stored_at IS NULL AND waived_at IS NULL AND erased_at IS NULL AND required"),
    )
    op.create_index(
        "ledger_line_unacknowledged",
        "ledger_line",
        ["acknowledge_by"],
        unique=False,
        postgresql_where=sa.text("acknowledged_at IS NULL AND waived_at IS NULL AND erased_at IS NULL AND required"),
    )
    op.create_table(
        "progress",
        sa.Column("referral_id", sa.Uuid(), nullable=False),
        sa.Column("publisher", sa.Text(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("reached_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["referral_id"],
            ["referral.id"],
        ),
        sa.PrimaryKeyConstraint("referral_id", "publisher", "stage"),
    )
    op.create_table(
        "referral_version",
        sa.Column("referral_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("unread_reason", sa.Text(), nullable=False),
        sa.Column("form", sa.LargeBinary(), nullable=True),
        sa.Column("found", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["referral_id"],
            ["referral.id"],
        ),
        sa.PrimaryKeyConstraint("referral_id", "version"),
    )
    for table in TABLES:
        for statement in area_policy(table):
            op.execute(statement)
