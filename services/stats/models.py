"""The tables of statistics: anonymised facts, and the releases that were frozen from them."""

from sqlalchemy import (
    Date,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)

from chassis.database import column
from contracts.vocabulary import FieldClass

metadata = MetaData()

OPERATIONAL = FieldClass.OPERATIONAL
STATISTICAL = FieldClass.STATISTICAL

# `key` is the random statistics key. It leads nowhere from here, so it is operational and not linking: only the senders
# can say whose it was, and once they have deleted it nobody can.
fact = Table(
    "fact",
    metadata,
    column("key", Uuid, OPERATIONAL, primary_key=True),
    column("stage", Text, OPERATIONAL, primary_key=True),
    column("area", Text, OPERATIONAL),
    column("version", Integer, OPERATIONAL),
    column("month", Text, STATISTICAL),
    column("door", Text, STATISTICAL, nullable=True),
    column("sector", Text, STATISTICAL, nullable=True),
    column("age_band", Text, STATISTICAL, nullable=True),
    column("gender", Text, STATISTICAL, nullable=True),
    column("district", Text, STATISTICAL, nullable=True),
    column("outcome", Text, STATISTICAL, nullable=True),
    column("days_since_receipt", Integer, STATISTICAL, nullable=True),
    column("closing", Text, STATISTICAL, nullable=True),
    Index("fact_area_stage_month", "area", "stage", "month"),
)

# The permanent log: every fact that ever came, none changed. `generation` is how many releases of the area had been
# begun when it came: enough to compute any release again, and less than a day would say. Nothing orders the rows.
fact_log = Table(
    "fact_log",
    metadata,
    column("id", Uuid, OPERATIONAL, primary_key=True),
    column("key", Uuid, OPERATIONAL),
    column("stage", Text, OPERATIONAL),
    column("version", Integer, OPERATIONAL),
    column("area", Text, OPERATIONAL),
    column("generation", Integer, OPERATIONAL),
    column("month", Text, STATISTICAL),
    column("door", Text, STATISTICAL, nullable=True),
    column("sector", Text, STATISTICAL, nullable=True),
    column("age_band", Text, STATISTICAL, nullable=True),
    column("gender", Text, STATISTICAL, nullable=True),
    column("ethnicity", Text, STATISTICAL, nullable=True),
    column("district", Text, STATISTICAL, nullable=True),
    column("concern", Text, STATISTICAL, nullable=True),
    column("outcome", Text, STATISTICAL, nullable=True),
    column("days_since_receipt", Integer, STATISTICAL, nullable=True),
    column("closing", Text, STATISTICAL, nullable=True),
    column("met", Integer, STATISTICAL, nullable=True),
    column("missed", Integer, STATISTICAL, nullable=True),
    column("on_time", Integer, STATISTICAL, nullable=True),
    column("late", Integer, STATISTICAL, nullable=True),
    UniqueConstraint("key", "stage", "version"),
    Index("fact_log_month", "area", "stage", "month"),
)

release = Table(
    "release",
    metadata,
    column("id", Uuid, OPERATIONAL, primary_key=True),
    column("area", Text, OPERATIONAL),
    column("number", Integer, OPERATIONAL),
    column("made_on", Date, OPERATIONAL),
    column("content", Text, STATISTICAL),
    column("digest", Text, OPERATIONAL),
    UniqueConstraint("area", "number"),
)

release_month = Table(
    "release_month",
    metadata,
    column("area", Text, OPERATIONAL, primary_key=True),
    column("month", Text, STATISTICAL, primary_key=True),
    column("release_id", Uuid, OPERATIONAL, ForeignKey("release.id")),
)
