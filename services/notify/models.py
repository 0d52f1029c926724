"""The tables of notify: notices, concerns, signposts, transfers, asks by link, answers, and who is the same person."""

from sqlalchemy import (
    Boolean,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from chassis.database import column
from contracts.vocabulary import FieldClass

metadata = MetaData()

IDENTITY = FieldClass.IDENTITY
SPECIAL_CATEGORY = FieldClass.SPECIAL_CATEGORY
LINKING = FieldClass.LINKING
OPERATIONAL = FieldClass.OPERATIONAL

moment = DateTime(timezone=True)

# `unreached_at` is when whoever relied on a notice was told that it reached nobody, until it has.
# `created_at` and `sent_at` are business time; the times of leases and retries are machine time. `way` is the one that
# a notice is on, `ways` those of its recipient as they were when it was first tried; attempts of the way are counted.
notice = Table(
    "notice",
    metadata,
    column("id", Uuid, LINKING, primary_key=True),
    column("subject", Uuid, LINKING),
    column("reference", Text, LINKING),
    column("area", Text, OPERATIONAL),
    column("area_version", Text, OPERATIONAL),
    column("kind", Text, OPERATIONAL),
    column("recipient_kind", Text, OPERATIONAL),
    column("recipient_key", Text, OPERATIONAL),
    column("recipient_sealed", LargeBinary, IDENTITY, nullable=True),
    column("urgent", Boolean, OPERATIONAL),
    column("stage", Text, OPERATIONAL, nullable=True),
    column("language", Text, OPERATIONAL),
    column("in_reply_to_sealed", LargeBinary, IDENTITY, nullable=True),
    column("link_sealed", LargeBinary, IDENTITY, nullable=True),
    column("publisher", Text, OPERATIONAL),
    column("event_id", Uuid, LINKING),
    column("correlation_id", Uuid, LINKING, nullable=True),
    column("about_id", Uuid, LINKING, nullable=True),
    column("concern_version", Integer, OPERATIONAL, nullable=True),
    column("state", Text, OPERATIONAL),
    column("created_at", moment, LINKING),
    column("next_attempt_at", moment, LINKING, nullable=True),
    column("attempts", Integer, OPERATIONAL),
    column("unrecorded", Integer, OPERATIONAL),
    column("lease_token", Uuid, LINKING, nullable=True),
    column("leased_until", moment, LINKING, nullable=True),
    column("first_attempt_at", moment, LINKING, nullable=True),
    column("last_result", Text, OPERATIONAL, nullable=True),
    column("last_code", Integer, OPERATIONAL, nullable=True),
    column("message_id", Text, LINKING, nullable=True),
    column("way", Text, OPERATIONAL, nullable=True),
    column("ways", ARRAY(Text), OPERATIONAL, nullable=True),
    column("way_attempts", Integer, OPERATIONAL, nullable=True),
    column("way_began_at", moment, LINKING, nullable=True),
    column("provider_id", Text, LINKING, nullable=True),
    column("receipt_due_at", moment, LINKING, nullable=True),
    column("template", Text, OPERATIONAL, nullable=True),
    column("subject_line", Text, LINKING, nullable=True),
    column("body", Text, LINKING, nullable=True),
    column("sent_at", moment, LINKING, nullable=True),
    column("answer_by", moment, LINKING, nullable=True),
    column("silent_at", moment, LINKING, nullable=True),
    column("unreached_at", moment, LINKING, nullable=True),
    Index(
        "notice_open",
        text("urgent DESC"),
        "created_at",
        postgresql_where=text("state IN ('due','failed','sending')"),
    ),
    Index("notice_subject", "subject"),
    Index("notice_state", "state", "created_at"),
    Index("notice_newest", "created_at", "id"),
    Index("notice_reference", "reference"),
    Index("notice_recipient", "recipient_kind", "recipient_key", "created_at"),
    Index(
        "notice_unanswered",
        "answer_by",
        postgresql_where=text("state = 'sent' AND silent_at IS NULL AND kind IN ('signpost-made', 'transfer-offered')"),
    ),
    Index("notice_receipt", "receipt_due_at", postgresql_where=text("receipt_due_at IS NOT NULL")),
)

# What an attempt said stands here where it may have gone out and is not what its notice keeps.
attempt = Table(
    "attempt",
    metadata,
    column("id", Uuid, LINKING, primary_key=True),
    column("notice_id", Uuid, LINKING, ForeignKey("notice.id", ondelete="CASCADE")),
    column("area", Text, OPERATIONAL),
    column("number", Integer, OPERATIONAL),
    column("way", Text, OPERATIONAL),
    column("address", Text, OPERATIONAL, nullable=True),
    column("digest", Text, LINKING, nullable=True),
    column("result", Text, OPERATIONAL),
    column("code", Integer, OPERATIONAL, nullable=True),
    column("provider_id", Text, LINKING, nullable=True),
    column("form", Text, OPERATIONAL, nullable=True),
    column("size", Integer, OPERATIONAL, nullable=True),
    column("area_version", Text, OPERATIONAL, nullable=True),
    column("template", Text, OPERATIONAL, nullable=True),
    column("subject_line", Text, LINKING, nullable=True),
    column("body", Text, LINKING, nullable=True),
    column("ended_at", moment, LINKING),
    Index("attempt_notice", "notice_id", "number"),
)

# What came back of a notice, beside the answers of the attempts: receipts, bounces, looks, answers, and silence. `at`
# is business time; the report is kept as it came. `attempt` is the number of the sending that it is about.
evidence = Table(
    "evidence",
    metadata,
    column("id", Uuid, LINKING, primary_key=True),
    column("notice_id", Uuid, LINKING, ForeignKey("notice.id", ondelete="CASCADE")),
    column("area", Text, OPERATIONAL),
    column("what", Text, OPERATIONAL),
    column("way", Text, OPERATIONAL),
    column("status", Text, OPERATIONAL, nullable=True),
    column("attempt", Integer, OPERATIONAL, nullable=True),
    column("digest", Text, LINKING, nullable=True),
    column("report_sealed", LargeBinary, IDENTITY, nullable=True),
    column("at", moment, LINKING),
    Index("evidence_notice", "notice_id", "at"),
    Index("evidence_unreadable", "at", postgresql_where=text("what = 'unreadable'")),
    Index("evidence_once", "notice_id", "digest", unique=True, postgresql_where=text("digest IS NOT NULL")),
)

# That a notice is not to be sent, as people at the delivery desk decided it; where somebody is in immediate danger
# nothing changes until a second person has confirmed it.
suppression = Table(
    "suppression",
    metadata,
    column("id", Uuid, LINKING, primary_key=True),
    column("notice_id", Uuid, LINKING, ForeignKey("notice.id", ondelete="CASCADE")),
    column("area", Text, OPERATIONAL),
    column("reason", Text, OPERATIONAL),
    column("asked_by", Text, OPERATIONAL),
    column("asked_at", moment, LINKING),
    column("confirmed_by", Text, OPERATIONAL, nullable=True),
    column("confirmed_at", moment, LINKING, nullable=True),
    Index("suppression_notice", "notice_id", "asked_at"),
)

concern = Table(
    "concern",
    metadata,
    column("subject", Uuid, LINKING, primary_key=True),
    column("reference", Text, LINKING),
    column("area", Text, OPERATIONAL),
    column("area_version", Text, OPERATIONAL),
    column("front_door", Text, OPERATIONAL),
    column("received_at", moment, LINKING),
    column("immediate_danger", Boolean, OPERATIONAL),
    column("version", Integer, OPERATIONAL),
    column("read", Boolean, OPERATIONAL),
    column("facts_sealed", LargeBinary, SPECIAL_CATEGORY, nullable=True),
    column("event_ids", ARRAY(Uuid), LINKING),
    column("delivered_at", moment, LINKING, nullable=True),
    column("seen_at", moment, LINKING, nullable=True),
    column("acknowledged_at", moment, LINKING, nullable=True),
    column("acknowledged_version", Integer, OPERATIONAL, nullable=True),
    column("channel_answer", Text, OPERATIONAL, nullable=True),
    column("channel_answered_at", moment, LINKING, nullable=True),
    column("clock_began_at", moment, LINKING, nullable=True),
    column("escalated", Integer, OPERATIONAL),
    column("escalate_at", moment, LINKING, nullable=True),
    column("escalation_ended_at", moment, LINKING, nullable=True),
    column("silence_told_at", moment, LINKING, nullable=True),
    Index("concern_reference", "reference"),
    Index("concern_waiting", "area", "front_door", "acknowledged_at", "received_at"),
    Index(
        "concern_open",
        "area",
        "front_door",
        postgresql_where=text("acknowledged_version IS NULL OR acknowledged_version < version"),
    ),
    Index(
        "concern_escalating",
        "escalate_at",
        postgresql_where=text(
            "escalation_ended_at IS NULL AND (acknowledged_version IS NULL OR acknowledged_version < version)"
        ),
    ),
)

signpost = Table(
    "signpost",
    metadata,
    column("id", Uuid, LINKING, primary_key=True),
    column("subject", Uuid, LINKING),
    column("reference", Text, LINKING),
    column("area", Text, OPERATIONAL),
    column("area_version", Text, OPERATIONAL),
    column("service", Text, OPERATIONAL),
    column("made_at", moment, LINKING),
    column("message_sealed", LargeBinary, SPECIAL_CATEGORY, nullable=True),
    column("event_id", Uuid, LINKING),
    column("correlation_id", Uuid, LINKING, nullable=True),
    column("acknowledged_at", moment, LINKING, nullable=True),
    column("reported_at", moment, LINKING, nullable=True),
    column("ended_at", moment, LINKING, nullable=True),
    Index("signpost_reported", "reported_at"),
    Index("signpost_open", "made_at", postgresql_where=text("reported_at IS NULL AND ended_at IS NULL")),
    Index("signpost_subject", "subject"),
)

transfer = Table(
    "transfer",
    metadata,
    column("id", Uuid, LINKING, primary_key=True),
    column("subject", Uuid, LINKING),
    column("reference", Text, LINKING),
    column("area", Text, OPERATIONAL),
    column("area_version", Text, OPERATIONAL),
    column("force", Text, OPERATIONAL),
    column("offered_at", moment, LINKING),
    column("message_sealed", LargeBinary, SPECIAL_CATEGORY, nullable=True),
    column("event_id", Uuid, LINKING),
    column("correlation_id", Uuid, LINKING, nullable=True),
    column("answered_at", moment, LINKING, nullable=True),
    column("accepted", Boolean, OPERATIONAL, nullable=True),
    column("called_back_at", moment, LINKING, nullable=True),
    Index("transfer_open", "offered_at", postgresql_where=text("answered_at IS NULL AND called_back_at IS NULL")),
    Index("transfer_subject", "subject"),
)

# What the police said of who is the same person: a row for each reference of a person, with what was shared in error.
same_person = Table(
    "same_person",
    metadata,
    column("person", Uuid, LINKING, primary_key=True),
    column("reference", Text, LINKING, primary_key=True),
    column("area", Text, OPERATIONAL),
    column("changed_at", moment, LINKING),
    column("until", moment, LINKING, nullable=True),
    column("shared", ARRAY(Text), LINKING),
    Index("same_person_reference", "reference"),
)

acknowledgement = Table(
    "acknowledgement",
    metadata,
    column("id", Uuid, LINKING, primary_key=True),
    column("subject", Uuid, LINKING),
    column("area", Text, OPERATIONAL),
    column("about", Text, OPERATIONAL),
    column("about_id", Uuid, LINKING),
    column("version", Integer, OPERATIONAL),
    column("actor_id", Text, OPERATIONAL),
    column("organisation", Text, OPERATIONAL),
    column("by_sealed", LargeBinary, IDENTITY, nullable=True),
    column("report_sealed", LargeBinary, SPECIAL_CATEGORY, nullable=True),
    column("done_sealed", LargeBinary, SPECIAL_CATEGORY, nullable=True),
    column("at", moment, LINKING),
    Index("acknowledgement_about", "about_id", "at"),
)

# What people outside are asked by Channel, by a link with a one-time code. `remind_at` and `chase_at` are when a mail
# reminds of it, empty where that has been done or is not to be.
ask = Table(
    "ask",
    metadata,
    column("id", Uuid, LINKING, primary_key=True),
    column("subject", Uuid, LINKING),
    column("reference", Text, LINKING),
    column("area", Text, OPERATIONAL),
    column("area_version", Text, OPERATIONAL),
    column("kind", Text, OPERATIONAL),
    column("recipient", Text, OPERATIONAL),
    column("title", Text, OPERATIONAL),
    column("asked_sealed", LargeBinary, IDENTITY, nullable=True),
    column("content_sealed", LargeBinary, SPECIAL_CATEGORY, nullable=True),
    column("draft_sealed", LargeBinary, SPECIAL_CATEGORY, nullable=True),
    column("event_id", Uuid, LINKING),
    column("correlation_id", Uuid, LINKING, nullable=True),
    column("made_at", moment, LINKING),
    column("opens_at", moment, LINKING, nullable=True),
    column("due_at", moment, LINKING),
    column("due_on", Date, LINKING),
    column("expires_at", moment, LINKING),
    column("remind_at", moment, LINKING, nullable=True),
    column("chase_at", moment, LINKING, nullable=True),
    column("undelivered_at", moment, LINKING, nullable=True),
    column("seen_at", moment, LINKING, nullable=True),
    column("acknowledged_at", moment, LINKING, nullable=True),
    column("answered_at", moment, LINKING, nullable=True),
    column("ended_at", moment, LINKING, nullable=True),
    Index("ask_open", "due_at", postgresql_where=text("answered_at IS NULL AND ended_at IS NULL")),
    Index("ask_remind", "remind_at", postgresql_where=text("remind_at IS NOT NULL")),
    Index("ask_chase", "chase_at", postgresql_where=text("chase_at IS NOT NULL")),
    Index("ask_subject", "subject"),
)

ask_code = Table(
    "ask_code",
    metadata,
    column("id", Uuid, LINKING, primary_key=True),
    column("ask_id", Uuid, LINKING, ForeignKey("ask.id", ondelete="CASCADE")),
    column("area", Text, OPERATIONAL),
    column("digest", Text, LINKING),
    column("made_at", moment, LINKING),
    column("tries", Integer, OPERATIONAL),
    column("used_at", moment, LINKING, nullable=True),
    Index("ask_code_ask", "ask_id", "made_at"),
)

ask_look = Table(
    "ask_look",
    metadata,
    column("id", Uuid, LINKING, primary_key=True),
    column("ask_id", Uuid, LINKING, ForeignKey("ask.id", ondelete="CASCADE")),
    column("area", Text, OPERATIONAL),
    column("at", moment, LINKING),
    column("refused", Boolean, OPERATIONAL),
    Index("ask_look_ask", "ask_id", "at"),
)

ask_answer = Table(
    "ask_answer",
    metadata,
    column("id", Uuid, LINKING, primary_key=True),
    column("ask_id", Uuid, LINKING, ForeignKey("ask.id", ondelete="CASCADE")),
    column("subject", Uuid, LINKING),
    column("area", Text, OPERATIONAL),
    column("at", moment, LINKING),
    column("accepted", Boolean, OPERATIONAL, nullable=True),
    column("by_sealed", LargeBinary, IDENTITY, nullable=True),
    column("words_sealed", LargeBinary, SPECIAL_CATEGORY, nullable=True),
    Index("ask_answer_ask", "ask_id", "at"),
    Index("ask_answer_subject", "subject"),
)
