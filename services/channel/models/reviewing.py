"""The tables of closure: the closing reports of a case, and the reviews that survive its closure."""

from sqlalchemy import Index, Integer, LargeBinary, Table, Text, Uuid

from chassis.database import column
from services.channel.models.columns import LINKING, OPERATIONAL, POLICE, SPECIAL_CATEGORY, metadata, moment

closing_report = Table(
    "closing_report",
    metadata,
    column("subject", Uuid, LINKING, primary_key=True),
    column("number", Integer, OPERATIONAL, primary_key=True, autoincrement=False),
    column("area", Text, OPERATIONAL),
    column("outcome", Text, OPERATIONAL),
    column("sealed_report", LargeBinary, SPECIAL_CATEGORY, nullable=True),
    column("completed_at", moment, LINKING),
    column("by_id", Text, LINKING),
    column("by_name", Text, POLICE),
    Index("closing_report_counted", "completed_at", postgresql_include=["outcome", "area"]),
)

# `closed_at` says after which closure: a case that is opened and closed again has reviews of each.
review = Table(
    "review",
    metadata,
    column("id", Uuid, LINKING, primary_key=True),
    column("subject", Uuid, LINKING),
    column("area", Text, OPERATIONAL),
    column("closed_at", moment, LINKING),
    column("due_at", moment, LINKING),
    column("reviewer", Text, OPERATIONAL),
    column("asked_at", moment, LINKING, nullable=True),
    column("obligation", Uuid, LINKING, nullable=True),
    column("sealed_findings", LargeBinary, SPECIAL_CATEGORY, nullable=True),
    column("found_by", Text, POLICE, nullable=True),
    column("found_at", moment, LINKING, nullable=True),
    column("verdict", Text, OPERATIONAL, nullable=True),
    column("decided_at", moment, LINKING, nullable=True),
    Index("review_subject", "subject", "due_at"),
    Index("review_due", "due_at", "id"),
)
