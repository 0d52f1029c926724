"""The tables of transfers between panels: what was offered to another panel, and what another panel offered here."""

from sqlalchemy import Index, LargeBinary, Table, Text, Uuid, text

from chassis.database import column
from services.channel.models.columns import LINKING, OPERATIONAL, POLICE, SPECIAL_CATEGORY, metadata, moment

# `to_area` is empty where the other panel is reached by a link; else `delivered_at` is when its case was opened there.
transfer = Table(
    "transfer",
    metadata,
    column("id", Uuid, LINKING, primary_key=True),
    column("subject", Uuid, LINKING),
    column("area", Text, OPERATIONAL),
    column("panel", Text, OPERATIONAL),
    column("panel_name", Text, OPERATIONAL),
    column("to_area", Text, OPERATIONAL),
    column("sealed_reason", LargeBinary, SPECIAL_CATEGORY, nullable=True),
    column("offered_at", moment, LINKING),
    column("offered_by", Text, POLICE),
    column("delivered_at", moment, LINKING, nullable=True),
    column("seen_at", moment, LINKING, nullable=True),
    column("answer", Text, OPERATIONAL, nullable=True),
    column("answered_at", moment, LINKING, nullable=True),
    column("answered_by", Text, POLICE, nullable=True),
    column("sealed_answer", LargeBinary, SPECIAL_CATEGORY, nullable=True),
    column("settled_at", moment, LINKING, nullable=True),
    Index("transfer_subject", "subject", "offered_at"),
    Index("transfer_unsettled", "offered_at", postgresql_where=text("to_area <> '' AND settled_at IS NULL")),
)

# The same offer as the panel has it that it was made to; `id` is the offer's, `subject` the case that it opened there.
transfer_received = Table(
    "transfer_received",
    metadata,
    column("id", Uuid, LINKING, primary_key=True),
    column("subject", Uuid, LINKING),
    column("area", Text, OPERATIONAL),
    column("from_area", Text, OPERATIONAL),
    column("from_panel", Text, OPERATIONAL),
    column("from_reference", Text, LINKING),
    column("received_at", moment, LINKING),
    column("answer", Text, OPERATIONAL, nullable=True),
    column("answered_at", moment, LINKING, nullable=True),
    column("answered_by", Text, POLICE, nullable=True),
    column("sealed_answer", LargeBinary, SPECIAL_CATEGORY, nullable=True),
    Index("transfer_received_subject", "subject"),
)
