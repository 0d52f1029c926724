"""What Channel can answer, in frozen values."""

from services.channel.queries.assessments import (
    assessed_factors,
    assessments,
    brought_assessments,
    newest_assessment,
)
from services.channel.queries.awareness import (
    Apart,
    AwarenessLine,
    SamePerson,
    awareness,
    awareness_received_at,
    same_person,
)
from services.channel.queries.cases import (
    OPEN_STATES,
    CaseLine,
    CaseView,
    ClockView,
    TimelineEntry,
    case_view,
    cases,
    changes_since,
    timeline,
)
from services.channel.queries.holding import NEVER, Held, Summary, exists, held, held_by_reference
from services.channel.queries.obligations import (
    Answers,
    ObligationView,
    Owed,
    Questions,
    gathered,
    missing,
    obligation,
    obligations,
    open_obligations,
)
from services.channel.queries.packs import CorrectionView, PackParts, PackView, corrections, offer_id
from services.channel.queries.paging import PAGE

__all__ = [
    "NEVER",
    "OPEN_STATES",
    "PAGE",
    "Answers",
    "Apart",
    "AwarenessLine",
    "CaseLine",
    "CaseView",
    "ClockView",
    "CorrectionView",
    "Held",
    "ObligationView",
    "Owed",
    "PackParts",
    "PackView",
    "Questions",
    "SamePerson",
    "Summary",
    "TimelineEntry",
    "assessed_factors",
    "assessments",
    "awareness",
    "awareness_received_at",
    "brought_assessments",
    "case_view",
    "cases",
    "changes_since",
    "corrections",
    "exists",
    "gathered",
    "held",
    "held_by_reference",
    "missing",
    "newest_assessment",
    "obligation",
    "obligations",
    "offer_id",
    "open_obligations",
    "same_person",
    "timeline",
]
