"""The tables of a referral: its row and versions, what was found and decided, who may see it, and its history."""

from sqlalchemy import ARRAY, BigInteger, Boolean, Date, Index, Integer, LargeBinary, Table, Text, Uuid, text

from chassis.database import column
from services.triage.models.columns import (
    IDENTITY,
    LINKING,
    OPERATIONAL,
    POLICE,
    SPECIAL_CATEGORY,
    STATISTICAL,
    metadata,
    moment,
)

RUNNING = text("referral.state NOT IN ('closed', 'withdrawn', 'transferred')")

referral = Table(
    "referral",
    metadata,
    column("subject", Uuid, LINKING, primary_key=True),
    column("area", Text, OPERATIONAL),
    column("area_version", Text, OPERATIONAL),
    column("reference", Text, LINKING),
    column("correlation_id", Uuid, LINKING, nullable=True),
    column("statistics_key", Uuid, LINKING),
    column("received_event_id", Uuid, LINKING),
    column("received_at", moment, LINKING),
    column("door", Text, OPERATIONAL),
    column("immediate_danger", Boolean, OPERATIONAL),
    column("version", Integer, OPERATIONAL),
    column("unread_reason", Text, OPERATIONAL),
    column("state", Text, OPERATIONAL),
    column("risk_owner", Text, POLICE),
    column("officer_id", Text, LINKING, nullable=True),
    column("officer_name", Text, POLICE, nullable=True),
    column("sealed_summary", LargeBinary, IDENTITY, nullable=True),
    column("sealed_concern", LargeBinary, POLICE, nullable=True),
    column("section_36_made", Boolean, OPERATIONAL),
    column("assessed", Boolean, OPERATIONAL),
    column("gathered", Boolean, OPERATIONAL),
    column("restricted", Boolean, OPERATIONAL),
    column("district", Text, STATISTICAL),
    column("next_due_at", moment, LINKING),
    column("decisions", Integer, OPERATIONAL),
    column("row_version", Integer, OPERATIONAL),
    column("imu_seen_at", moment, LINKING, nullable=True),
    column("gateway_seen_at", moment, LINKING, nullable=True),
    column("imu_acknowledged_at", moment, LINKING, nullable=True),
    column("gateway_acknowledged_at", moment, LINKING, nullable=True),
    column("erased_at", moment, LINKING, nullable=True),
    Index("referral_reference", "reference", unique=True),
    Index("referral_queue", "state", "immediate_danger", "received_at", "subject"),
    Index("referral_received", "received_at", "subject"),
    Index("referral_due", "next_due_at", "subject"),
    Index("referral_restricted", "received_at", "subject", postgresql_where=text("restricted")),
    Index("referral_immediate_danger", "received_at", "subject", postgresql_where=text("immediate_danger")),
    Index("referral_officer", "officer_id", "state"),
    Index(
        "referral_counted",
        *("state", "area", "district", "next_due_at"),
        postgresql_where=text("erased_at IS NULL"),
    ),
    Index("referral_practice", "area", "area_version", "received_at", "subject", postgresql_where=RUNNING),
)

referral_version = Table(
    "referral_version",
    metadata,
    column("subject", Uuid, LINKING, primary_key=True),
    column("version", Integer, OPERATIONAL, primary_key=True, autoincrement=False),
    column("area", Text, OPERATIONAL),
    column("added_at", moment, LINKING),
    column("sealed_form", LargeBinary, IDENTITY, nullable=True),
    column("unread_reason", Text, OPERATIONAL),
    column("document_ids", ARRAY(Uuid), LINKING),
    column("sealed_additions", LargeBinary, SPECIAL_CATEGORY, nullable=True),
    column("made_by", Text, OPERATIONAL),
    column("door", Text, OPERATIONAL),
    column("row_version", Integer, OPERATIONAL, nullable=True),
)

deconfliction = Table(
    "deconfliction",
    metadata,
    column("id", Uuid, LINKING, primary_key=True),
    column("subject", Uuid, LINKING),
    column("area", Text, OPERATIONAL),
    column("outcome", Text, OPERATIONAL),
    column("sealed_note", LargeBinary, POLICE, nullable=True),
    column("sealed_contact", LargeBinary, POLICE, nullable=True),
    column("by_id", Text, LINKING),
    column("by_name", Text, POLICE),
    column("recorded_at", moment, LINKING),
    Index("deconfliction_subject", "subject", "recorded_at"),
)

decision = Table(
    "decision",
    metadata,
    column("id", Uuid, LINKING, primary_key=True),
    column("subject", Uuid, LINKING),
    column("area", Text, OPERATIONAL),
    column("command", Text, OPERATIONAL),
    column("reason", Text, OPERATIONAL),
    column("sealed_rationale", LargeBinary, SPECIAL_CATEGORY),
    column("sealed_grounds", LargeBinary, SPECIAL_CATEGORY, nullable=True),
    column("sealed_concern", LargeBinary, POLICE, nullable=True),
    column("risk_owner", Text, POLICE),
    column("review_on", Date, LINKING, nullable=True),
    column("by_id", Text, LINKING),
    column("by_name", Text, POLICE),
    column("decided_at", moment, LINKING),
    Index("decision_subject", "subject", "decided_at"),
    Index("decision_officer", "by_id", "command", "decided_at"),
)

handover = Table(
    "handover",
    metadata,
    column("id", Uuid, LINKING, primary_key=True),
    column("subject", Uuid, LINKING),
    column("area", Text, OPERATIONAL),
    column("kind", Text, OPERATIONAL),
    column("offered_at", moment, LINKING),
    column("answer", Text, OPERATIONAL, nullable=True),
    column("answered_at", moment, LINKING, nullable=True),
    Index("handover_subject", "subject", "offered_at"),
)

# What each body answered that Channel asked: Channel's summary of it stands in the history.
channel_gathered = Table(
    "channel_gathered",
    metadata,
    column("id", Uuid, LINKING, primary_key=True),
    column("subject", Uuid, LINKING),
    column("area", Text, OPERATIONAL),
    column("gathered_at", moment, LINKING),
    column("sealed_gathered", LargeBinary, SPECIAL_CATEGORY, nullable=True),
    Index("channel_gathered_subject", "subject", "gathered_at"),
)

given_back = Table(
    "given_back",
    metadata,
    column("id", Uuid, LINKING, primary_key=True),
    column("subject", Uuid, LINKING),
    column("area", Text, OPERATIONAL),
    column("given_back_at", moment, LINKING),
    column("offered_for", Text, OPERATIONAL),
    column("sealed_case", LargeBinary, SPECIAL_CATEGORY, nullable=True),
    column("answer", Text, OPERATIONAL, nullable=True),
    column("answered_at", moment, LINKING, nullable=True),
    column("answered_by", Text, POLICE, nullable=True),
    Index("given_back_subject", "subject", "given_back_at"),
)

access = Table(
    "access",
    metadata,
    column("id", Uuid, LINKING, primary_key=True),
    column("subject", Uuid, LINKING),
    column("area", Text, OPERATIONAL),
    column("officer_id", Text, LINKING),
    column("officer_name", Text, POLICE),
    column("given_at", moment, LINKING),
    column("given_by", Text, POLICE),
    column("ended_at", moment, LINKING, nullable=True),
    column("ended_by", Text, POLICE, nullable=True),
    Index("access_officer", "subject", "officer_id", unique=True, postgresql_where=text("ended_at IS NULL")),
)

correction = Table(
    "correction",
    metadata,
    column("id", Uuid, LINKING, primary_key=True),
    column("subject", Uuid, LINKING),
    column("area", Text, OPERATIONAL),
    column("kind", Text, OPERATIONAL),
    column("sealed_words", LargeBinary, SPECIAL_CATEGORY, nullable=True),
    column("corrected_at", moment, LINKING),
    column("by_name", Text, POLICE),
    column("told_channel", Boolean, OPERATIONAL),
    Index("correction_subject", "subject", "corrected_at"),
)

transfer = Table(
    "transfer",
    metadata,
    column("id", Uuid, LINKING, primary_key=True),
    column("subject", Uuid, LINKING),
    column("area", Text, OPERATIONAL),
    column("force", Text, OPERATIONAL),
    column("sealed_message", LargeBinary, SPECIAL_CATEGORY, nullable=True),
    column("offered_at", moment, LINKING),
    column("offered_by", Text, POLICE),
    column("answer", Text, OPERATIONAL, nullable=True),
    column("answered_at", moment, LINKING, nullable=True),
    column("answered_by", Text, POLICE, nullable=True),
    column("sealed_reason", LargeBinary, SPECIAL_CATEGORY, nullable=True),
    column("unreached", Text, OPERATIONAL, nullable=True),
    column("unreached_at", moment, LINKING, nullable=True),
    Index("transfer_subject", "subject", "offered_at"),
)

history = Table(
    "history",
    metadata,
    column("id", BigInteger, OPERATIONAL, primary_key=True, autoincrement=True),
    column("subject", Uuid, LINKING),
    column("area", Text, OPERATIONAL),
    column("area_version", Text, OPERATIONAL),
    column("row_version", Integer, OPERATIONAL),
    column("command", Text, OPERATIONAL),
    column("from_state", Text, OPERATIONAL, nullable=True),
    column("to_state", Text, OPERATIONAL),
    column("risk_owner", Text, POLICE),
    column("by_id", Text, LINKING),
    column("by_name", Text, POLICE),
    column("sealed_note", LargeBinary, SPECIAL_CATEGORY, nullable=True),
    column("at", moment, LINKING),
    Index("history_subject", "subject", "id"),
)
