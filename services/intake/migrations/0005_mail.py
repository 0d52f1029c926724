"""What is known of the sender of a mail, and what was put into quarantine."""

import sqlalchemy as sa
from alembic import op

from chassis.database import area_policy

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the tables, each with its row policy."""
    _make_quarantine()
    _make_evidence()
    _make_set_aside()
    for table in ("quarantined", "sender_evidence", "same_mail", "set_aside"):
        for statement in area_policy(table):
            op.execute(statement)


def _make_quarantine() -> None:
    op.create_table(
        "quarantined",
        sa.Column("referral_id", sa.Uuid(), nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("signature", sa.Text(), nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=True),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["referral_id"], ["referral.id"]),
        sa.PrimaryKeyConstraint("referral_id", "place"),
    )
    op.create_index(
        "quarantined_not_scanned",
        "quarantined",
        ["referral_id"],
        postgresql_where=sa.text("reason = 'not-scanned'"),
    )


def _make_evidence() -> None:
    op.create_table(
        "sender_evidence",
        sa.Column("referral_id", sa.Uuid(), nullable=False),
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("spf", sa.Text(), nullable=False),
        sa.Column("dkim", sa.Text(), nullable=False),
        sa.Column("dmarc", sa.Text(), nullable=False),
        sa.Column("replies_elsewhere", sa.Boolean(), nullable=False),
        sa.Column("no_receipt", sa.Text(), nullable=False),
        sa.Column("domains", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["referral_id"], ["referral.id"]),
        sa.PrimaryKeyConstraint("referral_id"),
    )
    op.create_table(
        "same_mail",
        sa.Column("first_id", sa.Uuid(), nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("referral_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["first_id"], ["referral.id"]),
        sa.ForeignKeyConstraint(["referral_id"], ["referral.id"]),
        sa.PrimaryKeyConstraint("first_id", "place"),
        sa.UniqueConstraint("referral_id"),
    )


def _make_set_aside() -> None:
    op.create_table(
        "set_aside",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("area_version", sa.Text(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=True),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("addresses", sa.LargeBinary(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("referral_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["referral_id"], ["referral.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("digest"),
    )
    op.create_index(
        "set_aside_open",
        "set_aside",
        ["received_at"],
        postgresql_where=sa.text("state IN ('being-read', 'waiting', 'wanted')"),
    )
