"""The first tables of monitor."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

REFUSE = (
    "CREATE FUNCTION checkpoint_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
    "RAISE EXCEPTION 'Checkpoints are only added, never changed or removed.' "
    "USING ERRCODE = 'insufficient_privilege'; END $$"
)
NO_CHANGE = (
    "CREATE TRIGGER checkpoint_change BEFORE UPDATE OR DELETE ON checkpoint "
    "FOR EACH ROW EXECUTE FUNCTION checkpoint_refuse()"
)
NO_TRUNCATE = (
    "CREATE TRIGGER checkpoint_truncate BEFORE TRUNCATE ON checkpoint "
    "FOR EACH STATEMENT EXECUTE FUNCTION checkpoint_refuse()"
)


def upgrade() -> None:
    """Create the tables, and make the checkpoints append-only."""
    _create_span()
    _create_readings()
    _create_alarm()
    _create_checkpoint()
    for statement in (REFUSE, NO_CHANGE, NO_TRUNCATE):
        op.execute(statement)


def _create_span() -> None:
    op.create_table(
        "span",
        sa.Column("trace_id", sa.Text(), nullable=False),
        sa.Column("span_id", sa.Text(), nullable=False),
        sa.Column("parent_span_id", sa.Text(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("failed", sa.Boolean(), nullable=False),
        sa.Column("correlation_id", sa.Uuid(), nullable=True),
        sa.Column("attributes", postgresql.JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("trace_id", "span_id"),
    )
    correlated = sa.text("correlation_id IS NOT NULL")
    op.create_index("span_correlation", "span", ["correlation_id"], postgresql_where=correlated)
    op.create_index("span_started", "span", ["started_at"])


def _create_readings() -> None:
    op.create_table(
        "service_reading",
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("dependencies", postgresql.JSONB(), nullable=False),
        sa.Column("unnumbered", sa.Integer(), nullable=True),
        sa.Column("unpublished", sa.Integer(), nullable=True),
        sa.Column("oldest_unpublished_seconds", sa.Float(), nullable=True),
        sa.Column("bus_id", sa.Text(), nullable=True),
        sa.Column("epoch", sa.Integer(), nullable=True),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("service"),
    )
    op.create_table(
        "topic_reading",
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("lag", sa.Integer(), nullable=True),
        sa.Column("held", sa.Integer(), nullable=False),
        sa.Column("parked", sa.Integer(), nullable=False),
        sa.Column("oldest_held_seconds", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("service", "topic"),
    )


def _create_alarm() -> None:
    op.create_table(
        "alarm",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cleared_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    is_open = sa.text("cleared_at IS NULL")
    op.create_index("alarm_open", "alarm", ["service", "reason", "place"], unique=True, postgresql_where=is_open)


def _create_checkpoint() -> None:
    op.create_table(
        "checkpoint",
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("entry_hash", sa.LargeBinary(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("signed", sa.Boolean(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    once = ["service", "sequence", "entry_hash", "signature", "public_key"]
    op.create_index("checkpoint_once", "checkpoint", once, unique=True)
