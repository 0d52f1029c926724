"""The tables of panel meetings: days, slots of the agenda, who is invited to which, and the packs that were shared."""

from sqlalchemy import ARRAY, BigInteger, Boolean, Date, Index, Integer, LargeBinary, Table, Text, Uuid, text

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

# A meeting has a key of its own: its id is the subject under which words about the meeting itself are sealed; whatever
# speaks of a person is sealed under the subject of that person's case. `chair_id` and `cochair_id` are members' ids.
meeting = Table(
    "meeting",
    metadata,
    column("id", Uuid, LINKING, primary_key=True),
    column("area", Text, OPERATIONAL),
    column("area_version", Text, OPERATIONAL),
    column("held_on", Date, OPERATIONAL),
    column("starts_at", moment, OPERATIONAL),
    column("place", Text, OPERATIONAL),
    column("state", Text, OPERATIONAL),
    column("chair_id", Text, OPERATIONAL),
    column("cochair_id", Text, OPERATIONAL, nullable=True),
    column("row_version", Integer, OPERATIONAL),
    column("made_at", moment, OPERATIONAL),
    column("made_by", Text, POLICE),
    Index("meeting_calendar", "area", "starts_at"),
    Index("meeting_of_day", "area", "held_on", unique=True, postgresql_where=text("state <> 'cancelled'")),
)

meeting_change = Table(
    "meeting_change",
    metadata,
    column("id", BigInteger, OPERATIONAL, primary_key=True, autoincrement=True),
    column("meeting_id", Uuid, LINKING),
    column("area", Text, OPERATIONAL),
    column("row_version", Integer, OPERATIONAL),
    column("what", Text, OPERATIONAL),
    column("sealed_words", LargeBinary, SPECIAL_CATEGORY, nullable=True),
    column("by_id", Text, LINKING),
    column("by_name", Text, POLICE),
    column("at", moment, LINKING),
    Index("meeting_change_meeting", "meeting_id", "id"),
)

# `not_asked` are the standing members (ids) whom a case does not concern: they get no pack of it and are not admitted.
slot = Table(
    "slot",
    metadata,
    column("id", Uuid, LINKING, primary_key=True),
    column("meeting_id", Uuid, LINKING),
    column("subject", Uuid, LINKING),
    column("area", Text, OPERATIONAL),
    column("kind", Text, OPERATIONAL),
    column("position", Integer, OPERATIONAL),
    column("starts_at", moment, OPERATIONAL),
    column("minutes", Integer, OPERATIONAL),
    column("state", Text, OPERATIONAL),
    column("not_asked", ARRAY(Text), OPERATIONAL),
    column("opened_at", moment, LINKING, nullable=True),
    column("ended_at", moment, LINKING, nullable=True),
    column("row_version", Integer, OPERATIONAL),
    column("added_at", moment, LINKING),
    column("added_by", Text, POLICE),
    Index("slot_agenda", "meeting_id", "position"),
    Index("slot_of_case", "subject", "meeting_id", unique=True),
)

# A standing member has `member_id` and is invited to the whole meeting; somebody invited to one slot has `slot_id` and
# its `subject`, and a name that is sealed under it: it may lead to the person. `ask_id` is the link of the last mail.
invitation = Table(
    "invitation",
    metadata,
    column("id", Uuid, LINKING, primary_key=True),
    column("meeting_id", Uuid, LINKING),
    column("slot_id", Uuid, LINKING, nullable=True),
    column("subject", Uuid, LINKING, nullable=True),
    column("area", Text, OPERATIONAL),
    column("member_id", Text, OPERATIONAL),
    column("name", Text, POLICE),
    column("organisation", Text, OPERATIONAL),
    column("sector", Text, OPERATIONAL),
    column("force", Text, OPERATIONAL),
    column("account", Text, LINKING),
    column("sealed_details", LargeBinary, IDENTITY, nullable=True),
    column("state", Text, OPERATIONAL),
    column("ask_id", Uuid, LINKING, nullable=True),
    column("statement", Text, OPERATIONAL),
    column("invited_at", moment, LINKING),
    column("answered_at", moment, LINKING, nullable=True),
    column("answered_by", Text, POLICE, nullable=True),
    column("sealed_reason", LargeBinary, SPECIAL_CATEGORY, nullable=True),
    Index("invitation_meeting", "meeting_id"),
    Index("invitation_of_member", "meeting_id", "member_id", unique=True, postgresql_where=text("member_id <> ''")),
    Index("invitation_ask", "ask_id", postgresql_where=text("ask_id IS NOT NULL")),
    Index("invitation_account", "account", postgresql_where=text("account <> ''")),
    Index("invitation_subject", "subject", postgresql_where=text("subject IS NOT NULL")),
)

# Who has a conflict of interest in a case: declared beforehand, or in the room. It stands until `ended_at`.
conflict = Table(
    "conflict",
    metadata,
    column("slot_id", Uuid, LINKING, primary_key=True),
    column("invitation_id", Uuid, LINKING, primary_key=True),
    column("subject", Uuid, LINKING),
    column("area", Text, OPERATIONAL),
    column("sealed_words", LargeBinary, SPECIAL_CATEGORY, nullable=True),
    column("declared_at", moment, LINKING),
    column("declared_by", Text, POLICE),
    column("ended_at", moment, LINKING, nullable=True),
    Index("conflict_subject", "subject"),
)

pack_share = Table(
    "pack_share",
    metadata,
    column("id", Uuid, LINKING, primary_key=True),
    column("meeting_id", Uuid, LINKING),
    column("slot_id", Uuid, LINKING),
    column("invitation_id", Uuid, LINKING),
    column("subject", Uuid, LINKING),
    column("area", Text, OPERATIONAL),
    column("how", Text, OPERATIONAL),
    column("parts", ARRAY(Text), OPERATIONAL),
    column("opens_at", moment, LINKING),
    column("closes_at", moment, LINKING),
    column("made_at", moment, LINKING),
    column("made_by", Text, POLICE),
    column("ended_at", moment, LINKING, nullable=True),
    Index("pack_share_slot", "slot_id"),
    Index("pack_share_meeting", "meeting_id"),
    Index("pack_share_invitation", "invitation_id"),
    Index("pack_share_subject", "subject"),
)

pack_read = Table(
    "pack_read",
    metadata,
    column("id", BigInteger, OPERATIONAL, primary_key=True, autoincrement=True),
    column("meeting_id", Uuid, LINKING),
    column("slot_id", Uuid, LINKING),
    column("invitation_id", Uuid, LINKING),
    column("subject", Uuid, LINKING),
    column("area", Text, OPERATIONAL),
    column("how", Text, OPERATIONAL),
    column("is_refused", Boolean, OPERATIONAL),
    column("why", Text, OPERATIONAL),
    column("by_name", Text, POLICE),
    column("at", moment, LINKING),
    Index("pack_read_slot", "slot_id", "id"),
    Index("pack_read_meeting", "meeting_id", "id"),
    Index("pack_read_subject", "subject"),
)
