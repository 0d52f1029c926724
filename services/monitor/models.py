"""The tables of monitor: spans, the last readings of every service, alarms, and the checkpoints it vouches for.

They describe machines, not people's cases, so they carry no area: whoever may see operations sees all of them.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    DateTime,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from chassis.database import column
from contracts.vocabulary.classes import FieldClass

LINKING = FieldClass.LINKING
OPERATIONAL = FieldClass.OPERATIONAL

metadata = MetaData()
moment = DateTime(timezone=True)

span = Table(
    "span",
    metadata,
    column("trace_id", Text, LINKING, primary_key=True),
    column("span_id", Text, LINKING, primary_key=True),
    column("parent_span_id", Text, LINKING),
    column("service", Text, OPERATIONAL),
    column("name", Text, OPERATIONAL),
    column("kind", Text, OPERATIONAL),
    column("started_at", moment, LINKING),
    column("ended_at", moment, LINKING),
    column("failed", Boolean, OPERATIONAL),
    column("correlation_id", Uuid, LINKING, nullable=True),
    column("attributes", JSONB, LINKING),
    Index("span_correlation", "correlation_id", postgresql_where=text("correlation_id IS NOT NULL")),
    Index("span_started", "started_at"),
)

service_reading = Table(
    "service_reading",
    metadata,
    column("service", Text, OPERATIONAL, primary_key=True),
    column("state", Text, OPERATIONAL),
    column("dependencies", JSONB, OPERATIONAL),
    column("unnumbered", Integer, OPERATIONAL, nullable=True),
    column("unpublished", Integer, OPERATIONAL, nullable=True),
    column("oldest_unpublished_seconds", Float, OPERATIONAL, nullable=True),
    column("unstored", Integer, OPERATIONAL, nullable=True),
    column("oldest_unstored_seconds", Float, OPERATIONAL, nullable=True),
    column("bus_id", Text, OPERATIONAL, nullable=True),
    column("epoch", Integer, OPERATIONAL, nullable=True),
    column("read_at", moment, OPERATIONAL),
)

topic_reading = Table(
    "topic_reading",
    metadata,
    column("service", Text, OPERATIONAL, primary_key=True),
    column("topic", Text, OPERATIONAL, primary_key=True),
    column("lag", Integer, OPERATIONAL, nullable=True),
    column("held", Integer, OPERATIONAL),
    column("parked", Integer, OPERATIONAL),
    column("oldest_held_seconds", Float, OPERATIONAL),
)

alarm = Table(
    "alarm",
    metadata,
    column("id", Uuid, OPERATIONAL, primary_key=True),
    column("service", Text, OPERATIONAL),
    column("reason", Text, OPERATIONAL),
    column("place", Text, OPERATIONAL),
    column("sentence", Text, OPERATIONAL),
    column("raised_at", moment, OPERATIONAL),
    column("last_seen_at", moment, OPERATIONAL),
    column("cleared_at", moment, OPERATIONAL, nullable=True),
    Index("alarm_open", "service", "reason", "place", unique=True, postgresql_where=text("cleared_at IS NULL")),
)

# Append-only, also against its owner (migration): what a service once vouched for can be held against it.
checkpoint = Table(
    "checkpoint",
    metadata,
    column("id", BigInteger, OPERATIONAL, primary_key=True, autoincrement=True),
    column("service", Text, OPERATIONAL),
    column("sequence", BigInteger, OPERATIONAL),
    column("entry_hash", LargeBinary, LINKING),
    column("signature", LargeBinary, LINKING),
    column("public_key", LargeBinary, OPERATIONAL),
    column("signed_at", moment, OPERATIONAL),
    column("signed", Boolean, OPERATIONAL),
    column("received_at", moment, OPERATIONAL),
    # Set by a trigger: another checkpoint of the same service and place was kept before this one.
    column("repeated", Boolean, OPERATIONAL),
    Index("checkpoint_doubtful", "service", "sequence", postgresql_where=text("NOT signed OR repeated")),
    Index("checkpoint_once", "service", "sequence", "entry_hash", "signature", "public_key", unique=True),
)
