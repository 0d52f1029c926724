"""The tables of statistics: the log of anonymised facts, drafts, and the releases that were frozen from them."""

from sqlalchemy import (
    ARRAY,
    Boolean,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)

from chassis.database import column
from contracts.vocabulary import FieldClass

metadata = MetaData()

OPERATIONAL = FieldClass.OPERATIONAL
STATISTICAL = FieldClass.STATISTICAL

# `key` is the random statistics key. It leads nowhere from here, so it is operational and not linking: only the senders
# can say whose it was, and once they have deleted it nobody can.
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
    Index("fact_log_late", "area", "month", "generation"),
)

# That an institution of the area's list made a referral in a month: under no key, so that it leads to no other fact.
institution_fact = Table(
    "institution_fact",
    metadata,
    column("id", Uuid, OPERATIONAL, primary_key=True),
    column("area", Text, OPERATIONAL),
    column("generation", Integer, OPERATIONAL),
    column("month", Text, STATISTICAL),
    column("institution", Text, STATISTICAL),
    Index("institution_fact_month", "area", "month"),
)

# Whether all that came in on a day has reached a recipient, and nothing of how many came in or are missing.
reconciliation = Table(
    "reconciliation",
    metadata,
    column("area", Text, OPERATIONAL, primary_key=True),
    column("day", Date, OPERATIONAL, primary_key=True),
    column("recipient", Text, OPERATIONAL, primary_key=True),
    column("state", Text, OPERATIONAL),
    column("version", Integer, OPERATIONAL),
)

# A draft has its number from the moment when it is begun: facts that come from then on are of its generation and not in
# it. The people are members of staff, who sign what they publish.
drafting = Table(
    "drafting",
    metadata,
    column("id", Uuid, OPERATIONAL, primary_key=True),
    column("area", Text, OPERATIONAL),
    column("number", Integer, OPERATIONAL),
    column("kind", Text, OPERATIONAL),
    column("months", ARRAY(Text), STATISTICAL),
    column("opened_by", Text, OPERATIONAL),
    column("opened_by_name", Text, OPERATIONAL),
    column("opened_on", Date, OPERATIONAL),
    column("step", Text, OPERATIONAL),
    column("progress", Integer, OPERATIONAL),
    column("state", Text, OPERATIONAL),
    column("words", Text, OPERATIONAL),
    UniqueConstraint("area", "number"),
    Index("drafting_open", "area", unique=True, postgresql_where=text("state IN ('computing', 'ready', 'failed')")),
)

# What was computed, frozen; `verdict` is what the audit of its hidden counts found.
release = Table(
    "release",
    metadata,
    column("id", Uuid, OPERATIONAL, primary_key=True),
    column("area", Text, OPERATIONAL),
    column("number", Integer, OPERATIONAL),
    column("kind", Text, OPERATIONAL),
    column("made_on", Date, OPERATIONAL),
    column("content", Text, STATISTICAL),
    column("digest", Text, OPERATIONAL),
    column("verdict", Text, OPERATIONAL),
    UniqueConstraint("area", "number"),
)

# The months that a release brings or states again, and the release whose facts its figures are as of.
release_month = Table(
    "release_month",
    metadata,
    column("release_id", Uuid, OPERATIONAL, ForeignKey("release.id"), primary_key=True),
    column("month", Text, STATISTICAL, primary_key=True),
    column("area", Text, OPERATIONAL),
    column("as_of", Integer, OPERATIONAL),
)

# Signed off and public, or discarded: once, and never otherwise.
release_ending = Table(
    "release_ending",
    metadata,
    column("release_id", Uuid, OPERATIONAL, ForeignKey("release.id"), primary_key=True),
    column("area", Text, OPERATIONAL),
    column("ending", Text, OPERATIONAL),
    column("by_id", Text, OPERATIONAL),
    column("by_name", Text, OPERATIONAL),
    column("ended_on", Date, OPERATIONAL),
    column("words", Text, OPERATIONAL),
)

# When a release was last computed again from the log, whether that gave the same text, and whether somebody has asked
# for it to be computed again now.
release_check = Table(
    "release_check",
    metadata,
    column("release_id", Uuid, OPERATIONAL, ForeignKey("release.id"), primary_key=True),
    column("area", Text, OPERATIONAL),
    column("checked_on", Date, OPERATIONAL),
    column("same", Boolean, OPERATIONAL),
    column("asked", Boolean, OPERATIONAL),
)

# A quarterly pack as of a release: how far it is, and its files. `digest` is that of what stands in the files, so that
# a pack that was asked for once more is not made again while nothing in it has changed.
pack = Table(
    "pack",
    metadata,
    column("id", Uuid, OPERATIONAL, primary_key=True),
    column("area", Text, OPERATIONAL),
    column("release", Integer, OPERATIONAL),
    column("quarter", Text, STATISTICAL),
    column("state", Text, OPERATIONAL),
    column("step", Text, OPERATIONAL),
    column("progress", Integer, OPERATIONAL),
    column("words", Text, OPERATIONAL),
    column("asked_by", Text, OPERATIONAL),
    column("asked_by_name", Text, OPERATIONAL),
    column("asked_on", Date, OPERATIONAL),
    column("digest", Text, OPERATIONAL),
    column("pdf", LargeBinary, STATISTICAL, nullable=True),
    column("ods", LargeBinary, STATISTICAL, nullable=True),
    column("csv", LargeBinary, STATISTICAL, nullable=True),
    UniqueConstraint("area", "release", "quarter"),
)
