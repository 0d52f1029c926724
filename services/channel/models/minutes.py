"""The tables of what happens in a meeting: who is in the room, what is said, decided and voted, and the minutes."""

from sqlalchemy import BigInteger, Boolean, Date, Index, Integer, LargeBinary, Table, Text, Uuid, text

from chassis.database import column
from services.channel.models.columns import (
    IDENTITY,
    LINKING,
    OPERATIONAL,
    POLICE,
    SPECIAL_CATEGORY,
    metadata,
    moment,
)

# Who presides from when on: written when the meeting begins and when a co-chair takes over; the newest row counts.
presiding = Table(
    "presiding",
    metadata,
    column("id", BigInteger, OPERATIONAL, primary_key=True, autoincrement=True),
    column("meeting_id", Uuid, LINKING),
    column("area", Text, OPERATIONAL),
    column("member_id", Text, OPERATIONAL),
    column("name", Text, POLICE),
    column("by_id", Text, LINKING),
    column("by_name", Text, POLICE),
    column("at", moment, LINKING),
    Index("presiding_meeting", "meeting_id", "id"),
)

# One row for each time that somebody is in the room for a case; `attendee` is the id of the invitation, if any.
# The name of a guest is sealed: it may lead to the person.
presence = Table(
    "presence",
    metadata,
    column("id", Uuid, LINKING, primary_key=True),
    column("slot_id", Uuid, LINKING),
    column("meeting_id", Uuid, LINKING),
    column("subject", Uuid, LINKING),
    column("area", Text, OPERATIONAL),
    column("attendee", Uuid, LINKING),
    column("member_id", Text, OPERATIONAL),
    column("account", Text, LINKING),
    column("name", Text, POLICE),
    column("organisation", Text, OPERATIONAL),
    column("sealed_details", LargeBinary, IDENTITY, nullable=True),
    column("sector", Text, OPERATIONAL),
    column("force", Text, OPERATIONAL),
    column("is_member", Boolean, OPERATIONAL),
    column("chairs", Boolean, OPERATIONAL),
    column("admitted_at", moment, LINKING),
    column("left_at", moment, LINKING, nullable=True),
    column("by_name", Text, POLICE),
    Index("presence_slot", "slot_id", "admitted_at"),
    Index("presence_subject", "subject"),
    Index("presence_now", "slot_id", "attendee", unique=True, postgresql_where=text("left_at IS NULL")),
)

contribution = Table(
    "contribution",
    metadata,
    column("id", BigInteger, OPERATIONAL, primary_key=True, autoincrement=True),
    column("slot_id", Uuid, LINKING),
    column("subject", Uuid, LINKING),
    column("area", Text, OPERATIONAL),
    column("attendee", Uuid, LINKING),
    column("sealed_words", LargeBinary, SPECIAL_CATEGORY, nullable=True),
    column("at", moment, LINKING),
    column("by_name", Text, POLICE),
    Index("contribution_slot", "slot_id", "id"),
    Index("contribution_subject", "subject"),
)

# What the panel decided in a slot, or that it did not (`command` is empty then). `reason_kind` is why a case was not
# adopted, `verdict` what came of it or of a review after closure, `outcome` how a case is closed.
panel_decision = Table(
    "panel_decision",
    metadata,
    column("id", Uuid, LINKING, primary_key=True),
    column("slot_id", Uuid, LINKING),
    column("meeting_id", Uuid, LINKING),
    column("subject", Uuid, LINKING),
    column("area", Text, OPERATIONAL),
    column("area_version", Text, OPERATIONAL),
    column("command", Text, OPERATIONAL),
    column("agreement", Text, OPERATIONAL),
    column("reason_kind", Text, OPERATIONAL),
    column("verdict", Text, OPERATIONAL),
    column("outcome", Text, OPERATIONAL),
    column("next_on", Date, OPERATIONAL, nullable=True),
    column("sealed_words", LargeBinary, SPECIAL_CATEGORY, nullable=True),
    column("presided_by", Text, POLICE),
    column("by_id", Text, LINKING),
    column("by_name", Text, POLICE),
    column("decided_at", moment, LINKING),
    Index("panel_decision_slot", "slot_id"),
    Index("panel_decision_subject", "subject", "decided_at"),
    Index("panel_decision_counted", "command", "decided_at", postgresql_include=["reason_kind", "area"]),
)

# Who voted is said by their presence in the slot: the name of a stand-in is sealed there, and stands nowhere else.
vote = Table(
    "vote",
    metadata,
    column("decision_id", Uuid, LINKING, primary_key=True),
    column("attendee", Uuid, LINKING, primary_key=True),
    column("subject", Uuid, LINKING),
    column("area", Text, OPERATIONAL),
    column("vote", Text, OPERATIONAL),
    column("sealed_words", LargeBinary, SPECIAL_CATEGORY, nullable=True),
    Index("vote_subject", "subject"),
)

# The minutes of a meeting: drafted, approved by the chair, checked at the beginning of a later meeting.
meeting_minutes = Table(
    "meeting_minutes",
    metadata,
    column("meeting_id", Uuid, LINKING, primary_key=True),
    column("area", Text, OPERATIONAL),
    column("row_version", Integer, OPERATIONAL),
    column("approved_at", moment, LINKING, nullable=True),
    column("approved_by", Text, POLICE, nullable=True),
    column("checked_in", Uuid, LINKING, nullable=True),
    column("checked_at", moment, LINKING, nullable=True),
    column("checked_by", Text, POLICE, nullable=True),
)

# What the minutes say of one case; every saving is a version and none is changed.
minute = Table(
    "minute",
    metadata,
    column("slot_id", Uuid, LINKING, primary_key=True),
    column("number", Integer, OPERATIONAL, primary_key=True, autoincrement=False),
    column("meeting_id", Uuid, LINKING),
    column("subject", Uuid, LINKING),
    column("area", Text, OPERATIONAL),
    column("sealed_summary", LargeBinary, SPECIAL_CATEGORY, nullable=True),
    column("by_id", Text, LINKING),
    column("by_name", Text, POLICE),
    column("at", moment, LINKING),
    Index("minute_meeting", "meeting_id"),
    Index("minute_subject", "subject"),
)

minute_correction = Table(
    "minute_correction",
    metadata,
    column("id", BigInteger, OPERATIONAL, primary_key=True, autoincrement=True),
    column("meeting_id", Uuid, LINKING),
    column("slot_id", Uuid, LINKING),
    column("subject", Uuid, LINKING),
    column("area", Text, OPERATIONAL),
    column("made_in", Uuid, LINKING),
    column("sealed_words", LargeBinary, SPECIAL_CATEGORY, nullable=True),
    column("by_id", Text, LINKING),
    column("by_name", Text, POLICE),
    column("at", moment, LINKING),
    Index("minute_correction_meeting", "meeting_id", "id"),
    Index("minute_correction_subject", "subject"),
)
