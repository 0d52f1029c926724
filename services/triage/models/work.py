"""The tables of the work on a referral: obligations, assessments, clocks, officers, and what is begun."""

from sqlalchemy import Index, LargeBinary, Table, Text, Uuid, text

from chassis.console_tables import assessment_tables, begun_table, clock_table, officer_table
from chassis.database import column
from services.triage.models.columns import LINKING, OPERATIONAL, POLICE, SPECIAL_CATEGORY, metadata, moment

obligation = Table(
    "obligation",
    metadata,
    column("id", Uuid, LINKING, primary_key=True),
    column("subject", Uuid, LINKING),
    column("area", Text, OPERATIONAL),
    column("kind", Text, OPERATIONAL),
    column("service", Text, OPERATIONAL),
    column("owner", Text, POLICE),
    column("owner_id", Text, LINKING, nullable=True),
    column("state", Text, OPERATIONAL),
    column("sealed_message", LargeBinary, SPECIAL_CATEGORY),
    column("sealed_report", LargeBinary, SPECIAL_CATEGORY, nullable=True),
    column("made_at", moment, LINKING),
    column("made_by", Text, POLICE),
    column("due_at", moment, LINKING),
    column("acknowledged_at", moment, LINKING, nullable=True),
    column("ended_at", moment, LINKING, nullable=True),
    column("ended_by", Text, POLICE, nullable=True),
    column("unreached", Text, OPERATIONAL, nullable=True),
    column("unreached_at", moment, LINKING, nullable=True),
    Index("obligation_subject", "subject"),
    Index("obligation_open", "made_at", postgresql_where=text("ended_at IS NULL")),
    Index("obligation_owner", "owner", postgresql_where=text("ended_at IS NULL")),
    Index("obligation_owner_id", "owner_id", postgresql_where=text("ended_at IS NULL")),
)

assessment, assessment_draft = assessment_tables(metadata)
officer = officer_table(metadata)
begun_work = begun_table(metadata)

clock = clock_table(
    metadata,
    Index("clock_paused", "paused_at", postgresql_where=text("stopped_at IS NULL AND paused_at IS NOT NULL")),
    Index("clock_conflict", "due_at", postgresql_where=text("stopped_at IS NULL AND name = 'conflict-review'")),
    Index("clock_about", "about", postgresql_where=text("about <> '00000000-0000-0000-0000-000000000000'")),
    Index("clock_urgent", "due_at", postgresql_where=text("stopped_at IS NULL AND name = 'immediate-danger'")),
)
