"""The tables that the consoles have alike: a service makes them on its own metadata, and its migrations keep them."""

from sqlalchemy import Boolean, Date, Index, Integer, LargeBinary, MetaData, Table, Text, Uuid, text

from chassis.tables import LINKING, OPERATIONAL, column, moment
from contracts.vocabulary.classes import FieldClass

POLICE = FieldClass.POLICE
SPECIAL_CATEGORY = FieldClass.SPECIAL_CATEGORY
RUNS = "stopped_at IS NULL"


def assessment_tables(metadata: MetaData) -> tuple[Table, Table]:
    """Return where `chassis.assessing` keeps what is complete, and a draft for each officer and instrument."""
    complete = Table(
        "assessment",
        metadata,
        column("subject", Uuid, LINKING, primary_key=True),
        column("number", Integer, OPERATIONAL, primary_key=True, autoincrement=False),
        column("area", Text, OPERATIONAL),
        column("instrument", Text, OPERATIONAL),
        column("edition", Text, OPERATIONAL),
        column("sealed_assessment", LargeBinary, SPECIAL_CATEGORY, nullable=True),
        column("completed_at", moment, LINKING),
        column("by_id", Text, LINKING),
        column("by_name", Text, POLICE),
    )
    draft = Table(
        "assessment_draft",
        metadata,
        column("id", Uuid, LINKING, primary_key=True),
        column("subject", Uuid, LINKING),
        column("area", Text, OPERATIONAL),
        column("instrument", Text, OPERATIONAL),
        column("edition", Text, OPERATIONAL),
        column("by_id", Text, LINKING),
        column("by_name", Text, POLICE),
        column("begun_at", moment, LINKING),
        column("saved_at", moment, LINKING),
        column("sealed_draft", LargeBinary, SPECIAL_CATEGORY, nullable=True),
        Index("assessment_draft_of_officer", "subject", "by_id", "instrument", unique=True),
    )
    return complete, draft


def clock_table(metadata: MetaData, *indexes: Index) -> Table:
    """Return where `chassis.ticking` keeps clocks, with the indexes that the service's own lists need besides.

    `met` and `missed` count how often one ended, in time and late, before it was started afresh. `dropped` is true of
    one that was stopped with nothing done: called off, or the matter went elsewhere.
    """
    return Table(
        "clock",
        metadata,
        column("subject", Uuid, LINKING, primary_key=True),
        column("name", Text, OPERATIONAL, primary_key=True),
        column("about", Uuid, LINKING, primary_key=True),
        column("area", Text, OPERATIONAL),
        column("started_at", moment, LINKING),
        column("due_at", moment, LINKING),
        column("stopped_at", moment, LINKING, nullable=True),
        column("paused_at", moment, LINKING, nullable=True),
        column("paused_for", Text, OPERATIONAL, nullable=True),
        column("times_extended", Integer, OPERATIONAL),
        column("alarmed_at", moment, LINKING, nullable=True),
        column("escalations", Integer, OPERATIONAL),
        column("escalate_at", moment, LINKING, nullable=True),
        column("met", Integer, OPERATIONAL, nullable=True),
        column("missed", Integer, OPERATIONAL, nullable=True),
        column("dropped", Boolean, OPERATIONAL, nullable=True),
        Index("clock_due", "due_at", postgresql_where=text(RUNS)),
        Index("clock_escalate", "escalate_at", postgresql_where=text(f"{RUNS} AND paused_at IS NULL")),
        *indexes,
    )


def officer_table(metadata: MetaData) -> Table:
    """Return where a console keeps which officers it has seen, in which area, and on which day last."""
    return Table(
        "officer",
        metadata,
        column("id", Text, LINKING, primary_key=True),
        column("area", Text, OPERATIONAL, primary_key=True),
        column("name", Text, POLICE),
        column("seen_on", Date, LINKING),
    )


def begun_table(metadata: MetaData) -> Table:
    """Return where `chassis.begun` keeps what somebody has begun to write on a page."""
    return Table(
        "begun_work",
        metadata,
        column("id", Uuid, LINKING, primary_key=True),
        column("officer_id", Text, LINKING),
        column("officer_name", Text, POLICE),
        column("subject", Uuid, LINKING),
        column("area", Text, OPERATIONAL),
        column("command", Text, OPERATIONAL),
        column("address", Text, LINKING),
        column("sealed_words", LargeBinary, SPECIAL_CATEGORY),
        column("begun_at", moment, LINKING),
        column("saved_at", moment, LINKING),
        Index("begun_work_subject", "subject"),
        Index("begun_work_of_officer", "officer_id", "subject", "address", unique=True),
    )
