"""The tables of the support plan and of consent: versions, the draft, how items stand, what was said on which day."""

from sqlalchemy import BigInteger, Date, Index, Integer, LargeBinary, Table, Text, Uuid

from chassis.database import column
from services.channel.models.columns import LINKING, OPERATIONAL, POLICE, SPECIAL_CATEGORY, metadata, moment

# Each version is kept whole, so that it reads as it was completed.
plan = Table(
    "plan",
    metadata,
    column("subject", Uuid, LINKING, primary_key=True),
    column("number", Integer, OPERATIONAL, primary_key=True, autoincrement=False),
    column("area", Text, OPERATIONAL),
    column("sealed_plan", LargeBinary, SPECIAL_CATEGORY, nullable=True),
    column("completed_at", moment, LINKING),
    column("by_id", Text, LINKING),
    column("by_name", Text, POLICE),
)

# One draft for a case, which the whole team writes.
plan_draft = Table(
    "plan_draft",
    metadata,
    column("subject", Uuid, LINKING, primary_key=True),
    column("area", Text, OPERATIONAL),
    column("sealed_plan", LargeBinary, SPECIAL_CATEGORY),
    column("begun_at", moment, LINKING),
    column("saved_at", moment, LINKING),
    column("by_id", Text, LINKING),
    column("by_name", Text, POLICE),
)

# How the items of the plan stood, each change a row: the newest of an item counts.
plan_progress = Table(
    "plan_progress",
    metadata,
    column("id", BigInteger, OPERATIONAL, primary_key=True, autoincrement=True),
    column("subject", Uuid, LINKING),
    column("area", Text, OPERATIONAL),
    column("item_id", Uuid, LINKING),
    column("state", Text, OPERATIONAL),
    column("sealed_words", LargeBinary, SPECIAL_CATEGORY, nullable=True),
    column("at", moment, LINKING),
    column("by_id", Text, LINKING),
    column("by_name", Text, POLICE),
    Index("plan_progress_subject", "subject", "id"),
)

# What was said on consent: `consent` is where it stood from then on, `on_day` the day on which somebody said it.
consent = Table(
    "consent",
    metadata,
    column("id", Uuid, LINKING, primary_key=True),
    column("subject", Uuid, LINKING),
    column("number", Integer, OPERATIONAL),
    column("area", Text, OPERATIONAL),
    column("consent", Text, OPERATIONAL),
    column("on_day", Date, LINKING),
    column("sealed_said", LargeBinary, SPECIAL_CATEGORY, nullable=True),
    column("recorded_at", moment, LINKING),
    column("by_id", Text, LINKING),
    column("by_name", Text, POLICE),
    Index("consent_subject", "subject", "number", unique=True),
)
