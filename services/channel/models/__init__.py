"""The tables of Channel."""

from services.channel.models.cases import (
    awareness,
    case_file,
    correction,
    history,
    pack,
    police_decision,
    same_person,
)
from services.channel.models.columns import metadata
from services.channel.models.interventions import brief, intervention, intervention_session
from services.channel.models.meetings import (
    conflict,
    invitation,
    meeting,
    meeting_change,
    pack_read,
    pack_share,
    slot,
)
from services.channel.models.minutes import (
    contribution,
    meeting_minutes,
    minute,
    minute_correction,
    panel_decision,
    presence,
    presiding,
    vote,
)
from services.channel.models.planning import consent, plan, plan_draft, plan_progress
from services.channel.models.reviewing import closing_report, review
from services.channel.models.transferring import transfer, transfer_received
from services.channel.models.work import assessment, assessment_draft, begun_work, clock, obligation, officer

__all__ = [
    "assessment",
    "assessment_draft",
    "awareness",
    "begun_work",
    "brief",
    "case_file",
    "clock",
    "closing_report",
    "conflict",
    "consent",
    "contribution",
    "correction",
    "history",
    "intervention",
    "intervention_session",
    "invitation",
    "meeting",
    "meeting_change",
    "meeting_minutes",
    "metadata",
    "minute",
    "minute_correction",
    "obligation",
    "officer",
    "pack",
    "pack_read",
    "pack_share",
    "panel_decision",
    "plan",
    "plan_draft",
    "plan_progress",
    "police_decision",
    "presence",
    "presiding",
    "review",
    "same_person",
    "slot",
    "transfer",
    "transfer_received",
    "vote",
]
