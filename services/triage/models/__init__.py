"""The tables of triage."""

from services.triage.models.columns import metadata
from services.triage.models.people import (
    likeness,
    likeness_elsewhere,
    person_key,
    person_merge,
    person_referral,
    sameness,
)
from services.triage.models.referrals import (
    RUNNING,
    access,
    channel_gathered,
    correction,
    decision,
    deconfliction,
    given_back,
    handover,
    history,
    referral,
    referral_version,
    transfer,
)
from services.triage.models.work import assessment, assessment_draft, begun_work, clock, obligation, officer

__all__ = [
    "RUNNING",
    "access",
    "assessment",
    "assessment_draft",
    "begun_work",
    "channel_gathered",
    "clock",
    "correction",
    "decision",
    "deconfliction",
    "given_back",
    "handover",
    "history",
    "likeness",
    "likeness_elsewhere",
    "metadata",
    "obligation",
    "officer",
    "person_key",
    "person_merge",
    "person_referral",
    "referral",
    "referral_version",
    "sameness",
    "transfer",
]
