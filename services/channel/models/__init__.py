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
from services.channel.models.work import assessment, assessment_draft, begun_work, clock, obligation, officer

__all__ = [
    "assessment",
    "assessment_draft",
    "awareness",
    "begun_work",
    "case_file",
    "clock",
    "correction",
    "history",
    "metadata",
    "obligation",
    "officer",
    "pack",
    "police_decision",
    "same_person",
]
