"""The tables of intake: referrals and their versions, signs of sameness, ledger lines, progress."""

from sqlalchemy import (
    ARRAY,
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
    UniqueConstraint,
    Uuid,
    text,
)

from chassis.database import column
from contracts.vocabulary import FieldClass

IDENTITY = FieldClass.IDENTITY
LINKING = FieldClass.LINKING
OPERATIONAL = FieldClass.OPERATIONAL
POLICE = FieldClass.POLICE
SPECIAL_CATEGORY = FieldClass.SPECIAL_CATEGORY

metadata = MetaData()
moment = DateTime(timezone=True)

referral = Table(
    "referral",
    metadata,
    column("id", Uuid, LINKING, primary_key=True),
    column("area", Text, OPERATIONAL),
    column("area_version", Text, OPERATIONAL),
    column("reference", Text, LINKING, unique=True),
    column("correlation_id", Uuid, LINKING),
    column("statistics_key", Uuid, LINKING, unique=True),
    column("door", Text, OPERATIONAL),
    column("received_at", moment, LINKING),
    column("version", Integer, OPERATIONAL),
    column("reading", Text, OPERATIONAL),
    column("reading_tries", Integer, OPERATIONAL),
    column("unread_reason", Text, OPERATIONAL),
    column("district", Text, OPERATIONAL),
    column("immediate_danger", Boolean, OPERATIONAL),
    column("document_id", Uuid, LINKING),
    column("referrer_email", LargeBinary, IDENTITY, nullable=True),
    column("language", Text, OPERATIONAL),
    column("tells", ARRAY(Text), OPERATIONAL),
    column("complete_by", moment, LINKING, nullable=True),
    Index("referral_received", "received_at"),
    Index("referral_to_read", "received_at", postgresql_where=text("reading IN ('being-read', 'unread')")),
    Index("referral_to_complete", "complete_by", postgresql_where=text("reading IN ('being-read', 'unread')")),
)

referral_version = Table(
    "referral_version",
    metadata,
    column("referral_id", Uuid, LINKING, ForeignKey("referral.id"), primary_key=True),
    column("version", Integer, OPERATIONAL, primary_key=True, autoincrement=False),
    column("area", Text, OPERATIONAL),
    column("added_at", moment, LINKING),
    column("made_by", Text, OPERATIONAL),
    column("unread_reason", Text, OPERATIONAL),
    column("form", LargeBinary, SPECIAL_CATEGORY, nullable=True),
    column("found", LargeBinary, SPECIAL_CATEGORY, nullable=True),
    column("addition", LargeBinary, SPECIAL_CATEGORY, nullable=True),
    Index("referral_version_added", "added_at", postgresql_using="brin"),
)

arrival_key = Table(
    "arrival_key",
    metadata,
    column("digest", LargeBinary, LINKING, primary_key=True),
    column("kind", Text, OPERATIONAL),
    column("area", Text, OPERATIONAL),
    column("request_digest", LargeBinary, LINKING),
    column("referral_id", Uuid, LINKING),
    column("seen_at", moment, LINKING),
    Index("arrival_key_referral", "referral_id"),
    Index("arrival_key_seen", "seen_at"),
)

_UNDELIVERED = (
    "undelivered_at IS NOT NULL AND (seen_at IS NULL OR seen_at < undelivered_at) "
    "AND (acknowledged_at IS NULL OR acknowledged_at < undelivered_at) AND waived_at IS NULL AND erased_at IS NULL"
)
ledger_line = Table(
    "ledger_line",
    metadata,
    column("referral_id", Uuid, LINKING, ForeignKey("referral.id"), primary_key=True),
    column("team", Text, OPERATIONAL, primary_key=True),
    column("area", Text, OPERATIONAL),
    column("service", Text, OPERATIONAL),
    column("topic", Text, OPERATIONAL),
    column("required", Boolean, OPERATIONAL),
    column("announced", Boolean, OPERATIONAL),
    column("due_at", moment, LINKING),
    column("acknowledge_by", moment, LINKING, nullable=True),
    column("sent_at", moment, LINKING, nullable=True),
    column("stored_at", moment, LINKING, nullable=True),
    column("delivered_at", moment, LINKING, nullable=True),
    column("undelivered_at", moment, LINKING, nullable=True),
    column("seen_at", moment, LINKING, nullable=True),
    column("acknowledged_at", moment, LINKING, nullable=True),
    column("parked_at", moment, LINKING, nullable=True),
    column("waived_at", moment, LINKING, nullable=True),
    column("erased_at", moment, LINKING, nullable=True),
    Index(
        "ledger_line_late",
        "due_at",
        postgresql_where=text("stored_at IS NULL AND waived_at IS NULL AND erased_at IS NULL AND required"),
    ),
    Index(
        "ledger_line_unacknowledged",
        "acknowledge_by",
        postgresql_where=text("acknowledged_at IS NULL AND waived_at IS NULL AND erased_at IS NULL AND required"),
    ),
    Index("ledger_line_undelivered", "undelivered_at", postgresql_where=text(_UNDELIVERED)),
)
UNDELIVERED = text(_UNDELIVERED)
"""Of ledger lines: the team's mail came back, and nobody there has seen the referral since."""

# A referrer or a duty officer whom notify could not reach, until somebody at the desk has told them.
unreached = Table(
    "unreached",
    metadata,
    column("id", Uuid, LINKING, primary_key=True),
    column("referral_id", Uuid, LINKING, ForeignKey("referral.id")),
    column("about_id", Uuid, LINKING, nullable=True),
    column("area", Text, OPERATIONAL),
    column("whom", Text, OPERATIONAL),
    column("stage", Text, OPERATIONAL, nullable=True),
    column("why", Text, OPERATIONAL),
    column("noted_at", moment, LINKING),
    column("told_at", moment, LINKING, nullable=True),
    Index("unreached_referral", "referral_id"),
    Index("unreached_open", "noted_at", "id", postgresql_where=text("told_at IS NULL")),
)

progress = Table(
    "progress",
    metadata,
    column("referral_id", Uuid, LINKING, ForeignKey("referral.id"), primary_key=True),
    column("publisher", Text, OPERATIONAL, primary_key=True),
    column("stage", Text, OPERATIONAL, primary_key=True),
    column("area", Text, OPERATIONAL),
    column("reached_at", moment, LINKING),
    column("told", Boolean, OPERATIONAL),
)

partner = Table(
    "partner",
    metadata,
    column("id", Uuid, LINKING, primary_key=True),
    column("client_id", Text, LINKING, unique=True),
    column("organisation", Text, OPERATIONAL),
    column("sector", Text, OPERATIONAL),
    column("areas", ARRAY(Text), OPERATIONAL),
    column("scopes", ARRAY(Text), OPERATIONAL),
    column("requests_per_minute", Integer, OPERATIONAL),
    column("secret_salt", LargeBinary, LINKING),
    column("secret_digest", LargeBinary, LINKING),
    column("generation", Integer, OPERATIONAL),
    column("added_at", moment, LINKING),
    column("revoked_at", moment, LINKING, nullable=True),
)

partner_referral = Table(
    "partner_referral",
    metadata,
    column("partner_id", Uuid, LINKING, primary_key=True),
    column("referral_id", Uuid, LINKING, ForeignKey("referral.id"), primary_key=True),
    column("area", Text, OPERATIONAL),
    column("sent_at", moment, LINKING),
    Index("partner_referral_referral", "referral_id"),
)

desk_claim = Table(
    "desk_claim",
    metadata,
    column("id", Uuid, LINKING, primary_key=True),
    column("referral_id", Uuid, LINKING),
    column("area", Text, OPERATIONAL),
    column("officer_id", Text, LINKING),
    column("officer_name", Text, POLICE),
    column("claimed_at", moment, LINKING),
    column("ended_at", moment, LINKING, nullable=True),
    column("sealed_reason", LargeBinary, SPECIAL_CATEGORY, nullable=True),
    column("allocated_by", Text, POLICE),
    Index("desk_claim_current", "referral_id", unique=True, postgresql_where=text("ended_at IS NULL")),
    Index("desk_claim_referral", "referral_id", "claimed_at"),
)

desk_officer = Table(
    "desk_officer",
    metadata,
    column("area", Text, OPERATIONAL, primary_key=True),
    column("officer_id", Text, LINKING, primary_key=True),
    column("officer_name", Text, POLICE),
    column("seen_at", moment, LINKING),
)

likeness_mark = Table(
    "likeness_mark",
    metadata,
    column("mark", LargeBinary, LINKING, primary_key=True),
    column("referral_id", Uuid, LINKING, primary_key=True),
    column("area", Text, OPERATIONAL),
    Index("likeness_mark_referral", "referral_id"),
)

referral_pair = Table(
    "referral_pair",
    metadata,
    column("earlier_id", Uuid, LINKING, primary_key=True),
    column("later_id", Uuid, LINKING, primary_key=True),
    column("area", Text, OPERATIONAL),
    column("found_at", moment, LINKING),
    column("answer", Text, OPERATIONAL),
    column("answered_at", moment, LINKING, nullable=True),
    column("answered_in", Text, OPERATIONAL),
    Index("referral_pair_later", "later_id"),
    Index("referral_pair_waiting", "found_at", "later_id", "earlier_id", postgresql_where=text("answer = 'waiting'")),
)

pair_answer = Table(
    "pair_answer",
    metadata,
    column("id", Uuid, LINKING, primary_key=True),
    column("earlier_id", Uuid, LINKING),
    column("later_id", Uuid, LINKING),
    column("area", Text, OPERATIONAL),
    column("answer", Text, OPERATIONAL),
    column("answered_at", moment, LINKING),
    column("answered_in", Text, OPERATIONAL),
    column("by_name", Text, POLICE),
    column("sealed_reason", LargeBinary, SPECIAL_CATEGORY, nullable=True),
    Index("pair_answer_pair", "later_id", "earlier_id", "answered_at"),
)

quarantined = Table(
    "quarantined",
    metadata,
    column("referral_id", Uuid, LINKING, ForeignKey("referral.id"), primary_key=True),
    column("place", Integer, OPERATIONAL, primary_key=True, autoincrement=False),
    column("area", Text, OPERATIONAL),
    column("reason", Text, OPERATIONAL),
    column("signature", Text, OPERATIONAL),
    column("name", LargeBinary, IDENTITY, nullable=True),
    column("size", Integer, OPERATIONAL),
    column("digest", Text, LINKING),
    column("found_at", moment, LINKING),
    Index("quarantined_not_scanned", "referral_id", postgresql_where=text("reason = 'not-scanned'")),
    Index("quarantined_being_examined", "referral_id", postgresql_where=text("reason = 'being-examined'")),
)

sender_evidence = Table(
    "sender_evidence",
    metadata,
    column("referral_id", Uuid, LINKING, ForeignKey("referral.id"), primary_key=True),
    column("area", Text, OPERATIONAL),
    column("checked_at", moment, LINKING),
    column("source", Text, OPERATIONAL),
    column("spf", Text, OPERATIONAL),
    column("dkim", Text, OPERATIONAL),
    column("dmarc", Text, OPERATIONAL),
    column("replies_elsewhere", Boolean, OPERATIONAL),
    column("no_receipt", Text, OPERATIONAL),
    column("domains", LargeBinary, IDENTITY, nullable=True),
)

same_mail = Table(
    "same_mail",
    metadata,
    column("first_id", Uuid, LINKING, ForeignKey("referral.id"), primary_key=True),
    column("place", Integer, OPERATIONAL, primary_key=True, autoincrement=False),
    column("area", Text, OPERATIONAL),
    column("referral_id", Uuid, LINKING, ForeignKey("referral.id"), unique=True),
    column("made_at", moment, LINKING, nullable=True),
    column("made_by", Text, POLICE),
)

set_aside = Table(
    "set_aside",
    metadata,
    column("id", Uuid, LINKING, primary_key=True),
    column("area", Text, OPERATIONAL),
    column("area_version", Text, OPERATIONAL),
    column("received_at", moment, LINKING),
    column("why", Text, OPERATIONAL),
    column("state", Text, OPERATIONAL),
    column("digest", LargeBinary, LINKING, unique=True, nullable=True),
    column("document_id", Uuid, LINKING),
    column("addresses", LargeBinary, IDENTITY, nullable=True),
    column("decided_at", moment, LINKING, nullable=True),
    column("referral_id", Uuid, LINKING, ForeignKey("referral.id"), nullable=True),
    Index("set_aside_open", "received_at", postgresql_where=text("state IN ('being-read', 'waiting', 'wanted')")),
)

reconciliation = Table(
    "reconciliation",
    metadata,
    column("id", Uuid, OPERATIONAL, primary_key=True),
    column("day", Date, OPERATIONAL),
    column("area", Text, OPERATIONAL),
    column("measure", Text, OPERATIONAL),
    column("recipient", Text, OPERATIONAL),
    column("expected", Integer, OPERATIONAL),
    column("published", Integer, OPERATIONAL, nullable=True),
    column("receipted", Integer, OPERATIONAL, nullable=True),
    column("held", Integer, OPERATIONAL, nullable=True),
    column("pending", Integer, OPERATIONAL),
    column("excused", Integer, OPERATIONAL),
    column("silent", Boolean, OPERATIONAL),
    column("lacking", Integer, OPERATIONAL),
    column("missing", ARRAY(Uuid), LINKING),
    column("state", Text, OPERATIONAL),
    column("counted_at", moment, OPERATIONAL),
    column("reason", Text, OPERATIONAL),
    column("explained_by", Text, LINKING),
    column("explained_at", moment, OPERATIONAL, nullable=True),
    UniqueConstraint("day", "area", "measure", "recipient"),
    Index("reconciliation_open", "day", postgresql_where=text("state = 'open'")),
)

# What statistics were told last of a day at a recipient, and how often that has changed.
day_told = Table(
    "day_told",
    metadata,
    column("area", Text, OPERATIONAL, primary_key=True),
    column("day", Date, OPERATIONAL, primary_key=True),
    column("recipient", Text, OPERATIONAL, primary_key=True),
    column("state", Text, OPERATIONAL),
    column("version", Integer, OPERATIONAL),
)

saved_form = Table(
    "saved_form",
    metadata,
    column("id", Uuid, LINKING, primary_key=True),
    column("area", Text, OPERATIONAL),
    column("token_digest", LargeBinary, LINKING, unique=True),
    column("draft", LargeBinary, SPECIAL_CATEGORY),
    column("saved_at", moment, LINKING),
    column("expires_at", moment, LINKING),
    Index("saved_form_expires", "expires_at"),
)

progress_access = Table(
    "progress_access",
    metadata,
    column("token_digest", LargeBinary, LINKING, primary_key=True),
    column("referral_id", Uuid, LINKING, ForeignKey("referral.id")),
    column("area", Text, OPERATIONAL),
    column("asked_at", moment, LINKING),
    column("expires_at", moment, LINKING),
    column("used_at", moment, LINKING, nullable=True),
    Index("progress_access_referral", "referral_id", "asked_at"),
    Index("progress_access_expires", "expires_at"),
)

TABLES = ("referral", "referral_version", "arrival_key", "ledger_line", "progress")
