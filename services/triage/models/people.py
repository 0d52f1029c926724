"""The tables of earlier referrals: what is alike, who is the same person, what leads from one to another."""

from sqlalchemy import BigInteger, Boolean, Index, Integer, LargeBinary, Table, Text, Uuid, text

from chassis.database import column
from services.triage.models.columns import IDENTITY, LINKING, OPERATIONAL, POLICE, SPECIAL_CATEGORY, metadata, moment

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

person_referral = Table(
    "person_referral",
    metadata,
    column("subject", Uuid, LINKING, primary_key=True),
    column("area", Text, OPERATIONAL),
    column("person", Uuid, LINKING),
    column("since", moment, LINKING),
    column("sealed_identity", LargeBinary, IDENTITY, nullable=True),
    column("waiting", Boolean, OPERATIONAL),
    column("failed_looks", Integer, OPERATIONAL, nullable=True),
    column("next_look_at", moment, OPERATIONAL, nullable=True),
    Index("person_referral_person", "person"),
    Index("person_referral_waiting", "since", postgresql_where=text("waiting")),
)

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
