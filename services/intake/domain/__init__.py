"""The rules of the front door: what is asked of an area, how far a ledger line has got, what counts as the same."""

from services.intake.domain.arrivals import NO_REFERENCE, Attachment, Original, Receipt, ReferenceTaken, ReferralUnknown
from services.intake.domain.facts import (
    AGES_MAY_DIFFER,
    LONDON,
    Anonymous,
    ages_disagree,
    anonymous_facts,
    impossible_age,
    month_of,
)
from services.intake.domain.lines import LineTimes, line_state
from services.intake.domain.permissions import CAME_IN, PERMISSIONS, WORK_THE_DESK
from services.intake.domain.practice import Localities, Practice, RequiredRecipient
from services.intake.domain.quarantine import WHOLE_MAIL, Quarantined, QuarantineReason
from services.intake.domain.readings import (
    BEING_READ,
    GIVEN_UP,
    READING_TRIES,
    Found,
    Outcome,
    Reading,
    ReferralAlreadyRead,
)
from services.intake.domain.sameness import MOST_ALIKE, ArrivalKey, KeyKind, KeyUsedForAnotherRequest, key_for, likeness

__all__ = [
    "AGES_MAY_DIFFER",
    "BEING_READ",
    "CAME_IN",
    "GIVEN_UP",
    "LONDON",
    "MOST_ALIKE",
    "NO_REFERENCE",
    "PERMISSIONS",
    "READING_TRIES",
    "WHOLE_MAIL",
    "WORK_THE_DESK",
    "Anonymous",
    "ArrivalKey",
    "Attachment",
    "Found",
    "KeyKind",
    "KeyUsedForAnotherRequest",
    "LineTimes",
    "Localities",
    "Original",
    "Outcome",
    "Practice",
    "QuarantineReason",
    "Quarantined",
    "Reading",
    "Receipt",
    "ReferenceTaken",
    "ReferralAlreadyRead",
    "ReferralUnknown",
    "RequiredRecipient",
    "ages_disagree",
    "anonymous_facts",
    "impossible_age",
    "key_for",
    "likeness",
    "line_state",
    "month_of",
]
