"""The tables of interventions: what a provider was commissioned for, the written brief, and each session."""

from sqlalchemy import Date, Index, Integer, LargeBinary, Table, Text, Uuid, text

from chassis.database import column
from services.channel.models.columns import LINKING, OPERATIONAL, POLICE, SPECIAL_CATEGORY, metadata, moment

# `short` counts the sessions that are missing by date, nought where none are; `raised_at` is when the coordinator was
# last told, and `explained` up to how many a person has said why. Both fall back to nought once sessions catch up.
intervention = Table(
    "intervention",
    metadata,
    column("id", Uuid, LINKING, primary_key=True),
    column("subject", Uuid, LINKING),
    column("area", Text, OPERATIONAL),
    column("provider_id", Text, OPERATIONAL),
    column("provider", Text, POLICE),
    column("sessions", Integer, OPERATIONAL),
    column("sealed_purpose", LargeBinary, SPECIAL_CATEGORY),
    column("commissioned_at", moment, LINKING),
    column("commissioned_by", Text, POLICE),
    column("finish_on", Date, LINKING),
    column("briefs", Integer, OPERATIONAL),
    column("short", Integer, OPERATIONAL),
    column("raised_at", moment, LINKING, nullable=True),
    column("explained", Integer, OPERATIONAL),
    column("sealed_explanation", LargeBinary, SPECIAL_CATEGORY, nullable=True),
    column("explained_by", Text, POLICE, nullable=True),
    column("explained_at", moment, LINKING, nullable=True),
    column("ended_at", moment, LINKING, nullable=True),
    column("ended_by", Text, POLICE, nullable=True),
    column("sealed_ending", LargeBinary, SPECIAL_CATEGORY, nullable=True),
    Index("intervention_subject", "subject"),
    Index("intervention_open", "id", postgresql_where=text("ended_at IS NULL")),
    Index("intervention_short", "raised_at", "id", postgresql_where=text("ended_at IS NULL AND short > explained")),
)

brief = Table(
    "brief",
    metadata,
    column("intervention", Uuid, LINKING, primary_key=True),
    column("number", Integer, OPERATIONAL, primary_key=True, autoincrement=False),
    column("subject", Uuid, LINKING),
    column("area", Text, OPERATIONAL),
    column("sealed_brief", LargeBinary, SPECIAL_CATEGORY),
    column("written_by", Text, POLICE),
    column("written_at", moment, LINKING),
    column("read_at", moment, LINKING, nullable=True),
    Index("brief_subject", "subject"),
)

# `ask_id` is what the provider's link is known by; it is another one when the session is asked about again.
intervention_session = Table(
    "intervention_session",
    metadata,
    column("id", Uuid, LINKING, primary_key=True),
    column("intervention", Uuid, LINKING),
    column("subject", Uuid, LINKING),
    column("area", Text, OPERATIONAL),
    column("number", Integer, OPERATIONAL),
    column("ask_id", Uuid, LINKING),
    column("brief", Integer, OPERATIONAL),
    column("held_on", Date, LINKING),
    column("due_at", moment, LINKING),
    column("state", Text, OPERATIONAL),
    column("planned_by", Text, POLICE),
    column("planned_at", moment, LINKING),
    column("sealed_report", LargeBinary, SPECIAL_CATEGORY, nullable=True),
    column("reported_by", Text, POLICE, nullable=True),
    column("reported_at", moment, LINKING, nullable=True),
    Index("intervention_session_of", "intervention", "held_on", "number"),
    Index("intervention_session_subject", "subject"),
    Index("intervention_session_ask", "ask_id"),
)
