"""The whole pathway: whose a case is, consent, obligations, assessments, clocks that pause, and work that is begun."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from alembic import op

from chassis.database import area_policy

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

NIL = str(UUID(int=0))
MOMENT = sa.DateTime(timezone=True)
# When the next clock of a case runs out: kept beside the case by the database, so that no way of starting, stopping or
# pausing a clock can forget it.
NEXT_DUE = """CREATE FUNCTION clock_next_due() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    UPDATE case_file SET next_due_at = coalesce((SELECT min(due_at) FROM clock
        WHERE clock.subject = NEW.subject AND stopped_at IS NULL AND paused_at IS NULL), '9999-12-31T00:00Z')
    WHERE case_file.subject = NEW.subject;
    RETURN NULL; END $$"""
KEPT = (
    "CREATE TRIGGER clock_due_kept AFTER INSERT OR UPDATE OF due_at, stopped_at, paused_at ON clock "
    "FOR EACH ROW EXECUTE FUNCTION clock_next_due()"
)
FILLED = """UPDATE case_file SET next_due_at = coalesce((SELECT min(due_at) FROM clock
    WHERE clock.subject = case_file.subject AND stopped_at IS NULL), '9999-12-31T00:00Z')"""
VERSIONS = (
    "UPDATE history SET area_version = case_file.area_version FROM case_file WHERE case_file.subject = history.subject"
)


def upgrade() -> None:
    """Add the columns and the tables; every clock that ran is about its case."""
    _case()
    _clock()
    for statement in (FILLED, NEXT_DUE, KEPT):
        op.execute(statement)
    op.create_index("case_file_due", "case_file", ["next_due_at", "subject"], unique=False)
    op.create_index("case_file_coordinator", "case_file", ["coordinator_id", "next_due_at", "subject"], unique=False)
    turning = sa.text("turns_18_in IS NOT NULL")
    op.create_index("case_file_turning", "case_file", ["turns_18_in"], unique=False, postgresql_where=turning)
    _add("history", "area_version", sa.Text(), "''")
    op.execute(VERSIONS)
    _obligation()
    _assessments()
    _officers()
    for table in ("obligation", "assessment", "assessment_draft", "officer", "begun_work"):
        for statement in area_policy(table):
            op.execute(statement)


def _add(table: str, name: str, kind: Any, before: str) -> None:
    """Add a column that the rows of before have a value for; new rows bring their own."""
    op.add_column(table, sa.Column(name, kind, nullable=False, server_default=sa.text(before)))
    op.alter_column(table, name, server_default=None)


def _case() -> None:
    for name in ("coordinator_id", "coordinator", "came_from", "offered_to"):
        op.add_column("case_file", sa.Column(name, sa.Text(), nullable=True))
    for name in ("decided_at", "closed_at"):
        op.add_column("case_file", sa.Column(name, MOMENT, nullable=True))
    op.add_column("case_file", sa.Column("turns_18_in", sa.Date(), nullable=True))
    _add("case_file", "district", sa.Text(), "''")
    _add("case_file", "home_force", sa.Text(), "''")
    _add("case_file", "consent", sa.Text(), "'not-asked'")
    _add("case_file", "next_due_at", MOMENT, "'9999-12-31T00:00Z'")


def _clock() -> None:
    _add("clock", "about", sa.Uuid(), f"'{NIL}'")
    _add("clock", "times_extended", sa.Integer(), "0")
    _add("clock", "escalations", sa.Integer(), "0")
    for name in ("paused_at", "escalate_at"):
        op.add_column("clock", sa.Column(name, MOMENT, nullable=True))
    op.add_column("clock", sa.Column("paused_for", sa.Text(), nullable=True))
    op.execute("UPDATE clock SET escalate_at = due_at")
    op.drop_constraint("clock_pkey", "clock", type_="primary")
    op.create_primary_key("clock_pkey", "clock", ["subject", "name", "about"])
    waiting = sa.text("stopped_at IS NULL AND paused_at IS NULL")
    op.create_index("clock_escalate", "clock", ["escalate_at"], unique=False, postgresql_where=waiting)
    op.create_index("clock_about", "clock", ["about"], unique=False, postgresql_where=sa.text(f"about <> '{NIL}'"))


def _obligation() -> None:
    op.create_table(
        "obligation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Text(), nullable=True),
        sa.Column("sealed_address", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("sealed_message", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_questions", sa.LargeBinary(), nullable=True),
        sa.Column("sealed_report", sa.LargeBinary(), nullable=True),
        sa.Column("about", sa.Uuid(), nullable=True),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("seen_at", MOMENT, nullable=True),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("obligation_subject", "obligation", ["subject"], unique=False)
    owed = sa.text("ended_at IS NULL")
    op.create_index("obligation_open", "obligation", ["due_at"], unique=False, postgresql_where=owed)
    op.create_index("obligation_owner_id", "obligation", ["owner_id"], unique=False, postgresql_where=owed)


def _assessments() -> None:
    op.create_table(
        "assessment",
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("instrument", sa.Text(), nullable=False),
        sa.Column("edition", sa.Text(), nullable=False),
        sa.Column("sealed_assessment", sa.LargeBinary(), nullable=True),
        sa.Column("completed_at", MOMENT, nullable=False),
        sa.Column("by_id", sa.Text(), nullable=False),
        sa.Column("by_name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("subject", "number"),
    )
    op.create_table(
        "assessment_draft",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("instrument", sa.Text(), nullable=False),
        sa.Column("edition", sa.Text(), nullable=False),
        sa.Column("by_id", sa.Text(), nullable=False),
        sa.Column("by_name", sa.Text(), nullable=False),
        sa.Column("begun_at", MOMENT, nullable=False),
        sa.Column("saved_at", MOMENT, nullable=False),
        sa.Column("sealed_draft", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    of_officer = ["subject", "by_id", "instrument"]
    op.create_index("assessment_draft_of_officer", "assessment_draft", of_officer, unique=True)


def _officers() -> None:
    op.create_table(
        "officer",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("seen_on", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("id", "area"),
    )
    op.create_table(
        "begun_work",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("officer_id", sa.Text(), nullable=False),
        sa.Column("officer_name", sa.Text(), nullable=False),
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("command", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("sealed_words", sa.LargeBinary(), nullable=False),
        sa.Column("begun_at", MOMENT, nullable=False),
        sa.Column("saved_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("begun_work_subject", "begun_work", ["subject"], unique=False)
    op.create_index("begun_work_of_officer", "begun_work", ["officer_id", "subject", "address"], unique=True)
