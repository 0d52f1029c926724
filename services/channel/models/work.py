"""The tables of the work on a case: obligations, assessments, clocks, officers, and what is begun."""

from sqlalchemy import Date, Index, Integer, LargeBinary, Table, Text, Uuid, text

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

assessment = Table(
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

assessment_draft = Table(
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

_OF_ONE = "about <> '00000000-0000-0000-0000-000000000000'"
"""Of clocks: that of a single obligation, session or review, and not of its case."""
clock = Table(
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
    Index("clock_due", "due_at", postgresql_where=text("stopped_at IS NULL")),
    Index("clock_escalate", "escalate_at", postgresql_where=text("stopped_at IS NULL AND paused_at IS NULL")),
    Index("clock_about", "about", postgresql_where=text(_OF_ONE)),
    Index("clock_owed", "due_at", "about", postgresql_where=text(f"stopped_at IS NULL AND {_OF_ONE}")),
)

officer = Table(
    "officer",
    metadata,
    column("id", Text, LINKING, primary_key=True),
    column("area", Text, OPERATIONAL, primary_key=True),
    column("name", Text, POLICE),
    column("seen_on", Date, LINKING),
)

begun_work = Table(
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
