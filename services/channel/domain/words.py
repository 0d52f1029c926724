"""The words of Channel: states, commands, clocks, obligations, and the refusals that carry them."""

from collections.abc import Mapping
from enum import StrEnum
from typing import ClassVar

from chassis.errors import Conflict, Missing, NotYet


class State(StrEnum):
    """Where a case stands with the Dovetail team."""

    OFFERED = "offered"
    ACCEPTED = "accepted"
    GATHERED = "gathered"
    RETURNED = "returned"
    REFERRED = "referred-to-panel"
    NOT_ADOPTED = "not-adopted"
    ADOPTED = "adopted"
    PLANNED = "plan-made"
    SUPPORTED = "supported"
    NO_CONSENT = "no-consent"
    CLOSING = "closing"
    CLOSED = "closed"
    ENDED = "ended"
    GIVEN_BACK = "given-back"
    TAKEN_BACK = "taken-back"
    TRANSFER_OFFERED = "transfer-offered"
    TRANSFERRED = "transferred"
    WITHDRAWN = "withdrawn"
    STOPPED = "stopped"


class Command(StrEnum):
    """What people, partners, the police and the clock may do to a case."""

    OPEN = "open"
    OFFER_AGAIN = "offer-again"
    RECEIVE_SECTION_36 = "receive-section-36"
    ACCEPT = "accept"
    TO_PANEL = "to-panel"
    RETURN = "return"
    TAKE = "take"
    ALLOCATE = "allocate"
    DISCARD = "discard-draft"
    NOTE = "add-note"
    REQUEST = "request-information"
    ACTION = "add-action"
    SIGNPOST = "signpost"
    SEEN = "obligation-seen"
    ANSWERED = "obligation-answered"
    UNDELIVERED = "link-undelivered"
    MAILED_AFTER_ALL = "link-mailed-after-all"
    SOCIAL_CARE_SAID = "social-care-said"
    FULFIL = "fulfil-obligation"
    CANCEL = "cancel-obligation"
    REMIND = "remind"
    GATHERED = "record-gathered"
    ASSESS = "assess"
    REFER = "refer-section-36"
    DEFER = "panel-defer"
    ADOPT = "panel-adopt"
    NOT_ADOPT = "panel-not-adopt"
    CONTINUE = "panel-continue"
    PANEL_CLOSE = "panel-close"
    REVIEW_CLOSED = "panel-review-closed"
    REOPEN = "reopen"
    MAKE_PLAN = "make-plan"
    REVISE_PLAN = "revise-plan"
    PLAN_ITEM = "record-plan-item"
    CONSENT_ASKED = "consent-asked"
    CONSENT_GIVEN = "consent-given"
    CONSENT_REFUSED = "consent-refused"
    CONSENT_WITHDRAWN = "consent-withdrawn"
    TURNED_18 = "turned-18"
    REASSESSED = "panel-reassessed"
    COMMISSION = "commission-intervention"
    BRIEF = "write-brief"
    SESSION = "record-session"
    INTERVENTION_ENDED = "end-intervention"
    SHORTFALL = "sessions-short"
    CLOSING_REPORT = "complete-closing-report"
    END = "end-case"
    GIVE_BACK = "give-back"
    TAKEN_BACK = "taken-back"
    RETURNED_BACK = "give-back-refused"
    TRANSFER = "offer-transfer"
    TRANSFER_ACCEPTED = "transfer-accepted"
    TRANSFER_REFUSED = "transfer-refused"
    CALL_BACK = "call-transfer-back"
    RECEIVE_TRANSFER = "receive-transfer"
    EXTEND = "extend-clock"
    PAUSE = "pause-clock"
    RESUME = "resume-clock"
    ESCALATED = "clock-escalated"
    WITHDRAW = "withdraw"
    CONFIRM = "confirm-withdrawal"
    HALT = "halt"
    GO_ON = "go-on"


class ClockName(StrEnum):
    """The clocks that run in Channel; how long each has is the area's. Those of obligations run once for each."""

    ANSWER = "answer"
    INFORMATION_GATHERING = "information-gathering"
    DECISION = "section-36-decision"
    REQUEST = "information-request"
    ACTION = "action"
    SIGNPOST = "signpost"
    CHANGE = "change-acknowledged"
    SESSION = "session-report"
    PANEL = "panel-decision"
    PLAN = "plan"
    CONSENT = "consent"
    CONSENT_AT_18 = "consent-at-18"
    PLAN_REVIEW = "plan-review"
    REASSESSMENT = "reassessment"
    CLOSING_REPORT = "closing-report"
    AFTER_CLOSURE = "review-after-closure"
    TRANSFER = "transfer-answer"
    GIVEN_BACK = "given-back-answer"


class Obligation(StrEnum):
    """What somebody owes that stays open until it is reported done, or cancelled with a reason."""

    REQUEST = "information-request"
    ACTION = "action"
    SIGNPOST = "signpost"
    CHANGE = "consent-change"


REVIEWS = frozenset({ClockName.PLAN_REVIEW, ClockName.AFTER_CLOSURE})
"""The clocks within which the panel reviews: the support plan, and what has become of a closed case."""

CLOCK_OF: Mapping[Obligation, ClockName] = {
    Obligation.REQUEST: ClockName.REQUEST,
    Obligation.ACTION: ClockName.ACTION,
    Obligation.SIGNPOST: ClockName.SIGNPOST,
    Obligation.CHANGE: ClockName.CHANGE,
}
"""The clock that runs for each kind of what is owed."""


class Consent(StrEnum):
    """Where the consent to support stands: nobody was asked, an answer is awaited, or what the answer was.

    `LAPSED` means that it was given by a parent or guardian for somebody who has turned 18 since: the person is asked.
    """

    NOT_ASKED = "not-asked"
    AWAITED = "awaited"
    GIVEN = "given"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed-at-18"


class ClosingOutcome(StrEnum):
    """How a case leaves Channel (domain page, section 2.4)."""

    CONCERNS_REDUCED = "concerns-reduced"
    CONSENT_REFUSED = "consent-refused"
    CONSENT_WITHDRAWN = "consent-withdrawn"
    OTHER_SERVICE = "managed-by-another-service"
    POLICE_LED = "police-led-partnership"
    CRIMINAL_JUSTICE = "criminal-justice"
    LOST_CONTACT = "lost-contact"
    LEFT_COUNTRY = "left-the-country"
    DIED = "died"


class Body(StrEnum):
    """The two bodies that may decide under s.36(3)."""

    POLICE = "police"
    LOCAL_AUTHORITY = "local-authority"


class CaseNotFound(Missing):
    """No such case is here, or none that this person's areas let them see."""

    reason: ClassVar[str] = "case-not-found"


class ObligationNotFound(Missing):
    """An answer or an address names an obligation that was never made here."""

    reason: ClassVar[str] = "obligation-not-found"


class ObligationEnded(Conflict):
    """Somebody reported an obligation done, or cancelled it, before."""

    reason: ClassVar[str] = "obligation-ended"


class ClockNotRunning(Conflict):
    """The clock that is to be changed was never started, or has been stopped meanwhile."""

    reason: ClassVar[str] = "clock-not-running"


class ClockNotFound(Missing):
    """The address of a page names a clock that there is not, or one that never ran for the case."""

    reason: ClassVar[str] = "clock-not-found"


class AreaVersionUnknown(NotYet):
    """The version of the area's practice that a case is under is not here yet."""

    reason: ClassVar[str] = "area-version-unknown"
