"""The chassis's own tables, the same in every service's database; migrated by chassis/migrations."""

from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from contracts.vocabulary.classes import FieldClass

metadata = MetaData()

OPERATIONAL = FieldClass.OPERATIONAL
LINKING = FieldClass.LINKING
IDENTITY = FieldClass.IDENTITY


def column(name: str, kind: Any, field_class: FieldClass, *args: Any, **options: Any) -> Column[Any]:
    """Return a column that carries its field class in `info`; not nullable unless said otherwise."""
    options.setdefault("nullable", False)
    return Column(name, kind, *args, info={"class": field_class}, **options)


moment = DateTime(timezone=True)

service_state = Table(
    "service_state",
    metadata,
    column("id", SmallInteger, OPERATIONAL, primary_key=True, autoincrement=False),
    column("epoch", Integer, OPERATIONAL),
    column("bus_id", Text, OPERATIONAL, nullable=True),
)

FACTS = "topic IN ('channel.statistics.v1', 'intake.statistics.v1', 'triage.statistics.v1')"
"""The events that statistics count, as their indexes name them: another topic of theirs needs a migration."""

outbox = Table(
    "outbox",
    metadata,
    column("id", BigInteger, OPERATIONAL, primary_key=True, autoincrement=True),
    column("event_id", Uuid, LINKING),
    column("topic", Text, OPERATIONAL),
    column("subject", Uuid, LINKING),
    column("type", Text, OPERATIONAL),
    column("area", Text, OPERATIONAL),
    column("area_version", Text, OPERATIONAL),
    column("correlation_id", Uuid, LINKING, nullable=True),
    column("causation_id", Uuid, LINKING, nullable=True),
    column("traceparent", Text, LINKING),
    column("key_id", Text, OPERATIONAL),
    column("sealed", LargeBinary, IDENTITY),
    column("recorded_at", moment, LINKING),
    column("epoch", Integer, OPERATIONAL, nullable=True),
    column("sequence", BigInteger, OPERATIONAL, nullable=True),
    column("published_at", moment, LINKING, nullable=True),
    column("tombstone", Boolean, OPERATIONAL),
    Index("outbox_unpublished", "id", postgresql_where=text("published_at IS NULL")),
    Index("outbox_number", "subject", "topic", "epoch", "sequence", unique=True),
    Index("outbox_fact_moment", "recorded_at", postgresql_where=text(FACTS)),
)

outbox_intent = Table(
    "outbox_intent",
    metadata,
    column("id", BigInteger, OPERATIONAL, primary_key=True, autoincrement=True),
    column("epoch", Integer, OPERATIONAL),
    column("ids", ARRAY(BigInteger), OPERATIONAL),
    column("sequences", ARRAY(BigInteger), OPERATIONAL),
)

outbox_position = Table(
    "outbox_position",
    metadata,
    column("topic", Text, OPERATIONAL, primary_key=True),
    column("subject", Uuid, LINKING, primary_key=True),
    column("epoch", Integer, OPERATIONAL),
    column("sequence", BigInteger, OPERATIONAL),
)

dispatch = Table(
    "dispatch",
    metadata,
    column("event_id", Uuid, LINKING, primary_key=True),
    column("recipient", Text, OPERATIONAL, primary_key=True),
    column("topic", Text, OPERATIONAL),
    column("subject", Uuid, LINKING),
    column("type", Text, OPERATIONAL, nullable=True),
    column("digest", LargeBinary, LINKING, nullable=True),
    column("recorded_at", moment, LINKING),
    column("published_at", moment, LINKING, nullable=True),
    column("stored_at", moment, LINKING, nullable=True),
    column("parked_at", moment, LINKING, nullable=True),
    column("erased_at", moment, LINKING, nullable=True),
    column("waived_at", moment, LINKING, nullable=True),
    column("waived_reason", Text, OPERATIONAL, nullable=True),
    column("answered_at", moment, LINKING, nullable=True),
    Index("dispatch_subject", "subject"),
    Index(
        "dispatch_open",
        "recorded_at",
        postgresql_where=text("stored_at IS NULL AND waived_at IS NULL AND erased_at IS NULL"),
    ),
    Index("dispatch_fact_moment", "recorded_at", postgresql_where=text(FACTS)),
)

receipt_out = Table(
    "receipt_out",
    metadata,
    column("id", BigInteger, OPERATIONAL, primary_key=True, autoincrement=True),
    column("publisher", Text, OPERATIONAL),
    column("body", LargeBinary, LINKING),
    column("lasting", Boolean, OPERATIONAL),
    column("published_at", moment, OPERATIONAL, nullable=True),
    Index("receipt_out_unpublished", "id", postgresql_where=text("published_at IS NULL")),
)

inbox_position = Table(
    "inbox_position",
    metadata,
    column("topic", Text, OPERATIONAL, primary_key=True),
    column("subject", Uuid, LINKING, primary_key=True),
    column("epoch", Integer, OPERATIONAL),
    column("sequence", BigInteger, OPERATIONAL),
)

inbox_event = Table(
    "inbox_event",
    metadata,
    column("topic", Text, OPERATIONAL, primary_key=True),
    column("subject", Uuid, LINKING, primary_key=True),
    column("epoch", Integer, OPERATIONAL, primary_key=True, autoincrement=False),
    column("sequence", BigInteger, OPERATIONAL, primary_key=True, autoincrement=False),
    column("event_id", Uuid, LINKING),
    column("state", Text, OPERATIONAL),
    column("handled_at", moment, LINKING),
)

inbox_held = Table(
    "inbox_held",
    metadata,
    column("topic", Text, OPERATIONAL, primary_key=True),
    column("subject", Uuid, LINKING, primary_key=True),
    column("epoch", Integer, OPERATIONAL, primary_key=True, autoincrement=False),
    column("sequence", BigInteger, OPERATIONAL, primary_key=True, autoincrement=False),
    column("event_id", Uuid, LINKING),
    column("envelope", LargeBinary, IDENTITY),
    column("why", Text, OPERATIONAL),
    column("sentence", Text, OPERATIONAL),
    column("tries", Integer, OPERATIONAL),
    column("held_at", moment, LINKING),
    column("next_try_at", moment, LINKING),
    column("asked_at", moment, LINKING, nullable=True),
    Index("inbox_held_due", "next_try_at"),
    Index("inbox_held_subject", "subject"),
)

inbox_parked = Table(
    "inbox_parked",
    metadata,
    column("id", Uuid, LINKING, primary_key=True),
    column("topic", Text, OPERATIONAL),
    column("subject", Uuid, LINKING),
    column("epoch", Integer, OPERATIONAL),
    column("sequence", BigInteger, OPERATIONAL),
    column("event_id", Uuid, LINKING),
    column("type", Text, OPERATIONAL),
    column("envelope", LargeBinary, IDENTITY),
    column("cause", Text, OPERATIONAL),
    column("sentence", Text, OPERATIONAL),
    column("tries", Integer, OPERATIONAL),
    column("parked_at", moment, LINKING),
    column("state", Text, OPERATIONAL),
    column("resolved_at", moment, LINKING, nullable=True),
    column("resolved_by", Text, OPERATIONAL, nullable=True),
    column("resolved_reason", Text, OPERATIONAL, nullable=True),
    Index("inbox_parked_waiting", "topic", "subject", postgresql_where=text("state = 'waiting'")),
)

audit_entry = Table(
    "audit_entry",
    metadata,
    column("id", BigInteger, OPERATIONAL, primary_key=True, autoincrement=True),
    column("at", moment, LINKING),
    column("actor_kind", Text, OPERATIONAL),
    column("actor_id", Text, LINKING),
    column("action", Text, OPERATIONAL),
    column("subject", Uuid, LINKING, nullable=True),
    column("area", Text, OPERATIONAL),
    column("reason", Text, OPERATIONAL),
    column("trace_id", Text, LINKING),
    column("facts", JSONB, LINKING),
    column("sequence", BigInteger, OPERATIONAL, nullable=True),
    column("previous_hash", LargeBinary, LINKING, nullable=True),
    column("entry_hash", LargeBinary, LINKING, nullable=True),
    Index("audit_entry_unsealed", "id", postgresql_where=text("sequence IS NULL")),
    Index("audit_entry_sequence", "sequence", unique=True),
    Index("audit_entry_subject", "subject"),
)

audit_checkpoint = Table(
    "audit_checkpoint",
    metadata,
    column("sequence", BigInteger, OPERATIONAL, primary_key=True, autoincrement=False),
    column("entry_hash", LargeBinary, LINKING),
    column("signature", LargeBinary, LINKING),
    column("signed_at", moment, LINKING),
)

document = Table(
    "document",
    metadata,
    column("id", Uuid, LINKING, primary_key=True),
    column("subject", Uuid, LINKING),
    column("area", Text, OPERATIONAL),
    column("name", LargeBinary, IDENTITY),
    column("media_type", Text, OPERATIONAL),
    column("size", BigInteger, OPERATIONAL),
    column("digest", Text, LINKING),
    column("body", LargeBinary, IDENTITY),
    column("received_at", moment, LINKING),
    Index("document_subject", "subject"),
)

document_grant = Table(
    "document_grant",
    metadata,
    column("document_id", Uuid, LINKING, primary_key=True),
    column("service", Text, OPERATIONAL, primary_key=True),
)

erased_subject = Table(
    "erased_subject",
    metadata,
    column("subject", Uuid, LINKING, primary_key=True),
    column("erased_at", moment, LINKING),
    column("reason", Text, OPERATIONAL),
)

web_session = Table(
    "web_session",
    metadata,
    column("id", Text, LINKING, primary_key=True),
    column("data", LargeBinary, IDENTITY),
    column("expires_at", moment, LINKING),
    column("subject", Text, LINKING),
    Index("web_session_expires", "expires_at"),
    Index("web_session_subject", "subject"),
)

job_run = Table(
    "job_run",
    metadata,
    column("name", Text, OPERATIONAL, primary_key=True),
    column("day", Date, OPERATIONAL, primary_key=True),
    column("ran_at", moment, OPERATIONAL),
)

area_version = Table(
    "area_version",
    metadata,
    column("area", Text, OPERATIONAL, primary_key=True),
    column("version", Text, OPERATIONAL, primary_key=True),
    column("body", Text, OPERATIONAL),
    column("met_at", moment, OPERATIONAL),
)


def area_policy(table: str) -> list[str]:
    """Return the SQL that lets a transaction see only rows of its actor's areas, even for the table's owner."""
    visible = (
        "current_setting('throughline.areas', true) = '*' "
        "OR area = ANY (string_to_array(current_setting('throughline.areas', true), ','))"
    )
    return [
        f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY',
        f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY',
        f'CREATE POLICY area_of_actor ON "{table}" USING ({visible}) WITH CHECK ({visible})',
    ]
