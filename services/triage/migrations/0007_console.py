"""What the console keeps for its users: what lists are cut and sorted by, officers seen, and work begun."""

import sqlalchemy as sa
from alembic import op

from chassis.database import area_policy

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

# When the next clock of a referral runs out: kept beside the referral, because a list of a hundred thousand cannot ask
# every clock. Kept by the database, so that no way of starting, stopping or pausing a clock can forget it.
NEXT_DUE = """CREATE FUNCTION clock_next_due() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    UPDATE referral SET next_due_at = coalesce((SELECT min(due_at) FROM clock
        WHERE clock.subject = NEW.subject AND stopped_at IS NULL AND paused_at IS NULL), '9999-12-31T00:00Z')
    WHERE referral.subject = NEW.subject;
    RETURN NULL; END $$"""
KEPT = (
    "CREATE TRIGGER clock_due_kept AFTER INSERT OR UPDATE OF due_at, stopped_at, paused_at ON clock "
    "FOR EACH ROW EXECUTE FUNCTION clock_next_due()"
)
FILLED = """UPDATE referral SET next_due_at = coalesce((SELECT min(due_at) FROM clock
    WHERE clock.subject = referral.subject AND stopped_at IS NULL AND paused_at IS NULL), '9999-12-31T00:00Z')"""
NEVER = sa.text("'9999-12-31T00:00Z'")


def upgrade() -> None:
    """Add the district and the next deadline to the referral, and the two tables."""
    op.add_column("referral", sa.Column("district", sa.Text(), nullable=False, server_default=""))
    op.add_column(
        "referral", sa.Column("next_due_at", sa.DateTime(timezone=True), nullable=False, server_default=NEVER)
    )
    for name in ("district", "next_due_at"):
        op.alter_column("referral", name, server_default=None)
    for statement in (FILLED, NEXT_DUE, KEPT):
        op.execute(statement)
    op.create_index("referral_received", "referral", ["received_at", "subject"], unique=False)
    op.create_index("referral_due", "referral", ["next_due_at", "subject"], unique=False)
    op.create_index("referral_officer", "referral", ["officer_id", "state"], unique=False)
    op.create_index("referral_counted", "referral", ["state", "area", "district", "next_due_at"], unique=False)
    # What few referrals are is found by itself: else a sorted list walks through all of them to find fifty.
    for name in ("restricted", "immediate_danger"):
        few = sa.text(name)
        op.create_index(f"referral_{name}", "referral", ["received_at", "subject"], postgresql_where=few)
    owed = sa.text("ended_at IS NULL")
    op.create_index("obligation_owner", "obligation", ["owner"], unique=False, postgresql_where=owed)
    op.create_index("decision_officer", "decision", ["by_id", "command", "decided_at"], unique=False)
    _officers()
    _begun()


def _officers() -> None:
    op.create_table(
        "officer",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("seen_on", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("id", "area"),
    )
    for statement in area_policy("officer"):
        op.execute(statement)


def _begun() -> None:
    op.create_table(
        "begun_work",
        sa.Column("officer_id", sa.Text(), nullable=False),
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.Column("command", sa.Text(), nullable=False),
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("sealed_words", sa.LargeBinary(), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("officer_id", "subject", "command"),
    )
    op.create_index("begun_work_subject", "begun_work", ["subject"], unique=False)
    for statement in area_policy("begun_work"):
        op.execute(statement)
