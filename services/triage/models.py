"""The tables of triage: referrals and versions, deconfliction, decisions, obligations, handovers, clocks, history."""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Date,
    DateTime,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    Uuid,
    text,
)

from chassis.database import column
from contracts.vocabulary import FieldClass

metadata = MetaData()

IDENTITY = FieldClass.IDENTITY
SPECIAL_CATEGORY = FieldClass.SPECIAL_CATEGORY
POLICE = FieldClass.POLICE
STATISTICAL = FieldClass.STATISTICAL
LINKING = FieldClass.LINKING
OPERATIONAL = FieldClass.OPERATIONAL

moment = DateTime(timezone=True)

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
    Index("referral_reference", "reference", unique=True),
    Index("referral_queue", "state", "immediate_danger", "received_at", "subject"),
    Index("referral_received", "received_at", "subject"),
    Index("referral_due", "next_due_at", "subject"),
    Index("referral_restricted", "received_at", "subject", postgresql_where=text("restricted")),
    Index("referral_immediate_danger", "received_at", "subject", postgresql_where=text("immediate_danger")),
    Index("referral_officer", "officer_id", "state"),
    Index("referral_counted", "state", "area", "district", "next_due_at"),
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

likeness = Table(
    "likeness",
    metadata,
    column("reference", Text, LINKING, primary_key=True),
    column("other_reference", Text, LINKING, primary_key=True),
    column("area", Text, OPERATIONAL),
    column("sealed_evidence", LargeBinary, IDENTITY, nullable=True),
    column("found_at", moment, LINKING, nullable=True),
    Index("likeness_other", "other_reference"),
)

# What the person index holds of another area's referral: that there is one, and nothing that says which.
likeness_elsewhere = Table(
    "likeness_elsewhere",
    metadata,
    column("subject", Uuid, LINKING, primary_key=True),
    column("other_subject", Uuid, LINKING, primary_key=True),
    column("area", Text, OPERATIONAL),
    column("other_area", Text, OPERATIONAL),
    column("other_area_version", Text, OPERATIONAL),
    column("found_at", moment, LINKING),
    column("answer", Text, OPERATIONAL, nullable=True),
    column("answered_at", moment, LINKING, nullable=True),
    column("by_name", Text, POLICE, nullable=True),
    column("sealed_note", LargeBinary, SPECIAL_CATEGORY, nullable=True),
    Index("likeness_elsewhere_other", "other_subject"),
)

# Whose referral it is: those with one person are confirmed to be about the same.
person_referral = Table(
    "person_referral",
    metadata,
    column("subject", Uuid, LINKING, primary_key=True),
    column("area", Text, OPERATIONAL),
    column("person", Uuid, LINKING),
    column("since", moment, LINKING),
    column("sealed_identity", LargeBinary, IDENTITY, nullable=True),
    column("waiting", Boolean, OPERATIONAL),
    Index("person_referral_person", "person"),
    Index("person_referral_waiting", "since", postgresql_where=text("waiting")),
)

# Keyed hashes of what somebody may be found by: nothing leads from one back to a name.
person_key = Table(
    "person_key",
    metadata,
    column("key", BigInteger, LINKING, primary_key=True, autoincrement=False),
    column("subject", Uuid, LINKING, primary_key=True),
    column("area", Text, OPERATIONAL),
    Index("person_key_subject", "subject"),
)

person_merge = Table(
    "person_merge",
    metadata,
    column("id", Uuid, LINKING, primary_key=True),
    column("area", Text, OPERATIONAL),
    column("person", Uuid, LINKING),
    column("joined_person", Uuid, LINKING),
    column("subject", Uuid, LINKING),
    column("other_subject", Uuid, LINKING),
    column("merged_at", moment, LINKING),
    column("by_id", Text, LINKING),
    column("by_name", Text, POLICE),
    column("sealed_note", LargeBinary, SPECIAL_CATEGORY, nullable=True),
    column("undone_at", moment, LINKING, nullable=True),
    column("undone_by", Text, POLICE, nullable=True),
    column("sealed_undone_note", LargeBinary, SPECIAL_CATEGORY, nullable=True),
    Index("person_merge_subject", "subject"),
    Index("person_merge_other", "other_subject"),
)

sameness = Table(
    "sameness",
    metadata,
    column("id", Uuid, LINKING, primary_key=True),
    column("subject", Uuid, LINKING),
    column("area", Text, OPERATIONAL),
    column("earlier_reference", Text, LINKING),
    column("later_reference", Text, LINKING),
    column("answer", Text, OPERATIONAL),
    column("answered_at", moment, LINKING),
    column("answered_in", Text, OPERATIONAL),
    column("by_name", Text, POLICE),
    column("sealed_reason", LargeBinary, SPECIAL_CATEGORY, nullable=True),
    Index("sameness_subject", "subject"),
    Index("sameness_earlier", "earlier_reference"),
    Index("sameness_later", "later_reference"),
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
    column("risk_owner", Text, POLICE),
    column("review_on", Date, LINKING, nullable=True),
    column("by_id", Text, LINKING),
    column("by_name", Text, POLICE),
    column("decided_at", moment, LINKING),
    Index("decision_subject", "subject", "decided_at"),
    Index("decision_officer", "by_id", "command", "decided_at"),
)

# What somebody owes: a service that was signposted to, a partner that was asked, an officer with an action.
obligation = Table(
    "obligation",
    metadata,
    column("id", Uuid, LINKING, primary_key=True),
    column("subject", Uuid, LINKING),
    column("area", Text, OPERATIONAL),
    column("kind", Text, OPERATIONAL),
    column("service", Text, OPERATIONAL),
    column("owner", Text, POLICE),
    column("state", Text, OPERATIONAL),
    column("sealed_message", LargeBinary, SPECIAL_CATEGORY),
    column("sealed_report", LargeBinary, SPECIAL_CATEGORY, nullable=True),
    column("made_at", moment, LINKING),
    column("made_by", Text, POLICE),
    column("due_at", moment, LINKING),
    column("acknowledged_at", moment, LINKING, nullable=True),
    column("ended_at", moment, LINKING, nullable=True),
    column("ended_by", Text, POLICE, nullable=True),
    Index("obligation_subject", "subject"),
    Index("obligation_open", "made_at", postgresql_where=text("ended_at IS NULL")),
    Index("obligation_owner", "owner", postgresql_where=text("ended_at IS NULL")),
)

assessment = Table(
    "assessment",
    metadata,
    column("subject", Uuid, LINKING, primary_key=True),
    column("number", Integer, OPERATIONAL, primary_key=True, autoincrement=False),
    column("area", Text, OPERATIONAL),
    column("instrument", Text, OPERATIONAL),
    column("edition", Text, OPERATIONAL),
    column("sealed_assessment", LargeBinary, SPECIAL_CATEGORY, nullable=True),
    column("completed_at", moment, LINKING),
    column("by_id", Text, LINKING),
    column("by_name", Text, POLICE),
)

# What an officer has written and not completed; nobody else reads it.
assessment_draft = Table(
    "assessment_draft",
    metadata,
    column("id", Uuid, LINKING, primary_key=True),
    column("subject", Uuid, LINKING),
    column("area", Text, OPERATIONAL),
    column("instrument", Text, OPERATIONAL),
    column("edition", Text, OPERATIONAL),
    column("by_id", Text, LINKING),
    column("by_name", Text, POLICE),
    column("begun_at", moment, LINKING),
    column("saved_at", moment, LINKING),
    column("sealed_draft", LargeBinary, SPECIAL_CATEGORY, nullable=True),
    Index("assessment_draft_of_officer", "subject", "by_id", "instrument", unique=True),
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

# `about` is the obligation that a clock is of, and the nil id where it is of the referral itself; `escalate_at` is when
# the next person is told unless somebody acts, null where nobody is left to tell.
clock = Table(
    "clock",
    metadata,
    column("subject", Uuid, LINKING, primary_key=True),
    column("name", Text, OPERATIONAL, primary_key=True),
    column("about", Uuid, LINKING, primary_key=True),
    column("area", Text, OPERATIONAL),
    column("started_at", moment, LINKING),
    column("due_at", moment, LINKING),
    column("stopped_at", moment, LINKING, nullable=True),
    column("paused_at", moment, LINKING, nullable=True),
    column("times_extended", Integer, OPERATIONAL),
    column("alarmed_at", moment, LINKING, nullable=True),
    column("escalations", Integer, OPERATIONAL),
    column("escalate_at", moment, LINKING, nullable=True),
    column("paused_for", Text, OPERATIONAL, nullable=True),
    Index("clock_escalate", "escalate_at", postgresql_where=text("stopped_at IS NULL AND paused_at IS NULL")),
    Index("clock_paused", "paused_at", postgresql_where=text("stopped_at IS NULL AND paused_at IS NOT NULL")),
    Index("clock_due", "due_at", postgresql_where=text("stopped_at IS NULL")),
    Index("clock_urgent", "due_at", postgresql_where=text("stopped_at IS NULL AND name = 'immediate-danger'")),
)

history = Table(
    "history",
    metadata,
    column("id", BigInteger, OPERATIONAL, primary_key=True, autoincrement=True),
    column("subject", Uuid, LINKING),
    column("area", Text, OPERATIONAL),
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

# The Gateway's officers as the console has seen them, area by area: whom a supervisor can allocate to.
officer = Table(
    "officer",
    metadata,
    column("id", Text, LINKING, primary_key=True),
    column("area", Text, OPERATIONAL, primary_key=True),
    column("name", Text, POLICE),
    column("seen_on", Date, LINKING),
)

# What an officer has begun to write and not recorded yet; nobody else is shown it.
begun_work = Table(
    "begun_work",
    metadata,
    column("officer_id", Text, LINKING, primary_key=True),
    column("subject", Uuid, LINKING, primary_key=True),
    column("command", Text, OPERATIONAL, primary_key=True),
    column("area", Text, OPERATIONAL),
    column("sealed_words", LargeBinary, SPECIAL_CATEGORY),
    column("begun_at", moment, LINKING),
    column("saved_at", moment, LINKING),
    Index("begun_work_subject", "subject"),
)

# Who may see a restricted referral beside supervisors and the intelligence unit; a row that has ended admits nobody.
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
    Index("transfer_subject", "subject", "offered_at"),
)
