"""The tables of cases: awareness without identity, the cases that packs opened, and what the police said since."""

from sqlalchemy import ARRAY, BigInteger, Boolean, Date, Index, Integer, LargeBinary, Table, Text, Uuid, text

from chassis.database import column
from services.channel.models.columns import (
    IDENTITY,
    LINKING,
    OPERATIONAL,
    POLICE,
    SPECIAL_CATEGORY,
    STATISTICAL,
    metadata,
    moment,
)

awareness = Table(
    "awareness",
    metadata,
    column("subject", Uuid, LINKING, primary_key=True),
    column("area", Text, OPERATIONAL),
    column("reference", Text, LINKING),
    column("received_at", moment, LINKING),
    column("version", Integer, OPERATIONAL),
    column("age_band", Text, STATISTICAL),
    column("district", Text, STATISTICAL),
    column("event_id", Uuid, LINKING),
    column("seen_at", moment, LINKING, nullable=True),
    Index("awareness_list", "received_at", "subject"),
    Index("awareness_unseen", "subject", postgresql_where=text("seen_at IS NULL")),
)

police_decision = Table(
    "police_decision",
    metadata,
    column("event_id", Uuid, LINKING, primary_key=True),
    column("subject", Uuid, LINKING),
    column("area", Text, OPERATIONAL),
    column("reference", Text, LINKING),
    column("outcome", Text, STATISTICAL),
    column("decided_at", moment, LINKING),
    Index("police_decision_subject", "subject", "decided_at"),
)

case_file = Table(
    "case_file",
    metadata,
    column("subject", Uuid, LINKING, primary_key=True),
    column("area", Text, OPERATIONAL),
    column("area_version", Text, OPERATIONAL),
    column("reference", Text, LINKING),
    column("correlation_id", Uuid, LINKING, nullable=True),
    column("statistics_key", Uuid, LINKING),
    column("opened_at", moment, LINKING),
    column("immediate_danger", Boolean, OPERATIONAL),
    column("state", Text, OPERATIONAL),
    column("risk_owner", Text, POLICE),
    column("sealed_summary", LargeBinary, IDENTITY, nullable=True),
    column("section_36_made", Boolean, OPERATIONAL),
    column("answers", Integer, OPERATIONAL),
    column("row_version", Integer, OPERATIONAL),
    column("halted_at", moment, LINKING, nullable=True),
    column("sealed_speak_to", LargeBinary, POLICE, nullable=True),
    column("coordinator_id", Text, LINKING, nullable=True),
    column("coordinator", Text, POLICE, nullable=True),
    column("district", Text, STATISTICAL),
    column("home_force", Text, OPERATIONAL),
    column("consent", Text, OPERATIONAL),
    column("decided_at", moment, LINKING, nullable=True),
    column("closed_at", moment, LINKING, nullable=True),
    column("came_from", Text, OPERATIONAL, nullable=True),
    column("offered_to", Text, OPERATIONAL, nullable=True),
    column("from_panel", Text, OPERATIONAL, nullable=True),
    column("turns_18_in", Date, LINKING, nullable=True),
    column("next_due_at", moment, LINKING),
    Index("case_file_due", "next_due_at", "subject"),
    Index("case_file_coordinator", "coordinator_id", "next_due_at", "subject"),
    Index("case_file_turning", "turns_18_in", postgresql_where=text("turns_18_in IS NOT NULL")),
    Index("case_file_reference", "reference", unique=True),
    Index("case_file_queue", "state", "immediate_danger", "opened_at", "subject"),
)

pack = Table(
    "pack",
    metadata,
    column("event_id", Uuid, LINKING, primary_key=True),
    column("subject", Uuid, LINKING),
    column("area", Text, OPERATIONAL),
    column("kind", Text, OPERATIONAL),
    column("offered_at", moment, LINKING),
    column("sealed_form", LargeBinary, IDENTITY),
    column("sealed_rationale", LargeBinary, SPECIAL_CATEGORY),
    column("sealed_grounds", LargeBinary, SPECIAL_CATEGORY, nullable=True),
    column("decided_by", Text, POLICE),
    column("risk_owner", Text, POLICE),
    column("document_ids", ARRAY(Uuid), LINKING),
    column("sealed_parts", LargeBinary, SPECIAL_CATEGORY, nullable=True),
    column("offer_id", Uuid, LINKING, nullable=True),
    Index("pack_subject", "subject", "offered_at"),
)

correction = Table(
    "correction",
    metadata,
    column("event_id", Uuid, LINKING, primary_key=True),
    column("subject", Uuid, LINKING),
    column("area", Text, OPERATIONAL),
    column("kind", Text, OPERATIONAL),
    column("corrected_at", moment, LINKING),
    column("corrected_by", Text, POLICE),
    column("sealed_correction", LargeBinary, SPECIAL_CATEGORY, nullable=True),
    Index("correction_subject", "subject", "corrected_at"),
)

# Which references the police hold for one person's; nothing is joined here, and a separation leaves its row.
same_person = Table(
    "same_person",
    metadata,
    column("person", Uuid, LINKING, primary_key=True),
    column("reference", Text, LINKING, primary_key=True),
    column("area", Text, OPERATIONAL, primary_key=True),
    column("since", moment, LINKING),
    column("separated_at", moment, LINKING, nullable=True),
    column("shared", ARRAY(Text), LINKING),
    Index("same_person_reference", "reference"),
)

# `since` is when the case had come into the state that a move leaves: how long stages take is read from that alone.
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
    column("since", moment, LINKING, nullable=True),
    Index("history_subject", "subject", "id"),
    Index(
        "history_moves",
        "at",
        postgresql_include=["command", "from_state", "to_state", "since", "area"],
        postgresql_where=text("from_state IS DISTINCT FROM to_state"),
    ),
)
