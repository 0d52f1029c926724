"""The tables of the work on a case: obligations, assessments, clocks, officers, and what is begun."""

from sqlalchemy import Index, LargeBinary, Table, Text, Uuid, text

from chassis.console_tables import assessment_tables, begun_table, clock_table, officer_table
from chassis.database import column
from services.channel.models.columns import IDENTITY, LINKING, OPERATIONAL, POLICE, SPECIAL_CATEGORY, metadata, moment

# `recipient` is the id of a partner, member, provider or service in the area file; else an address was typed.
obligation = Table(
    "obligation",
    metadata,
    column("id", Uuid, LINKING, primary_key=True),
    column("subject", Uuid, LINKING),
    column("area", Text, OPERATIONAL),
    column("kind", Text, OPERATIONAL),
    column("recipient", Text, OPERATIONAL),
    column("owner", Text, POLICE),
    column("owner_id", Text, LINKING, nullable=True),
    column("sealed_address", LargeBinary, IDENTITY, nullable=True),
    column("state", Text, OPERATIONAL),
    column("sealed_message", LargeBinary, SPECIAL_CATEGORY),
    column("sealed_questions", LargeBinary, SPECIAL_CATEGORY, nullable=True),
    column("sealed_report", LargeBinary, SPECIAL_CATEGORY, nullable=True),
    column("sealed_answers", LargeBinary, SPECIAL_CATEGORY, nullable=True),
    column("about", Uuid, LINKING, nullable=True),
    column("made_at", moment, LINKING),
    column("made_by", Text, POLICE),
    column("due_at", moment, LINKING),
    column("seen_at", moment, LINKING, nullable=True),
    column("undelivered_at", moment, LINKING, nullable=True),
    column("reminded_at", moment, LINKING, nullable=True),
    column("ended_at", moment, LINKING, nullable=True),
    column("ended_by", Text, POLICE, nullable=True),
    Index("obligation_subject", "subject"),
    Index("obligation_open", "due_at", postgresql_where=text("ended_at IS NULL")),
    Index("obligation_owner_id", "owner_id", postgresql_where=text("ended_at IS NULL")),
    Index("obligation_recipient", "recipient", postgresql_where=text("ended_at IS NULL")),
)

assessment, assessment_draft = assessment_tables(metadata)
officer = officer_table(metadata)
begun_work = begun_table(metadata)

_OF_ONE = "about <> '00000000-0000-0000-0000-000000000000'"
"""Of clocks: that of a single obligation, session or review, and not of its case."""
clock = clock_table(
    metadata,
    Index("clock_about", "about", postgresql_where=text(_OF_ONE)),
    Index("clock_owed", "due_at", "about", postgresql_where=text(f"stopped_at IS NULL AND {_OF_ONE}")),
)
