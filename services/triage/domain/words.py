"""The words of police triage: states, commands, clocks, obligations, reasons, and the refusals that carry them."""

from enum import StrEnum
from typing import ClassVar

from chassis.errors import Conflict, Missing, NotYet
from chassis.transitions import NotRecorded


class State(StrEnum):
    """Where a referral stands in police triage."""

    RECEIVED = "received"
    DECONFLICTING = "deconflicting"
    CONFLICT = "conflict"
    PURSUE_OFFERED = "offered-to-investigation"
    PURSUE = "pursue"
    ASSESSING = "assessing"
    GATHERING = "gathering"
    DECIDING = "deciding"
    PASSED_ON = "passed-on"
    SECTION_36 = "section-36"
    HANDED_OVER = "handed-over"
    GIVEN_BACK = "given-back"
    SIGNPOSTED = "signposted"
    PLP = "plp"
    TRANSFERRING = "transferring"
    CLOSING = "closing"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"
    TRANSFERRED = "transferred"


class Command(StrEnum):
    """What people, other services and the clock may do to a referral."""

    RECEIVE = "receive"
    VERSION_ADDED = "version-added"
    TAKE = "take"
    ALLOCATE = "allocate"
    NOTE = "add-note"
    CLEAR = "record-clear"
    CONFLICT = "record-conflict"
    MORE_TIME = "need-more-time"
    OFFER_PURSUIT = "offer-to-investigation"
    PURSUE = "hand-to-investigation"
    PURSUIT_REFUSED = "investigation-refused"
    PURSUIT_CALLED_BACK = "call-investigation-back"
    ASSESS = "assess"
    GATHER = "gather-information"
    REQUEST = "request-information"
    GATHERED = "information-gathered"
    CLOSE = "close"
    PROPOSE = "propose-closure"
    SIGN_OFF = "sign-closure-off"
    SEND_BACK = "send-closure-back"
    REVIEW = "review-closure"
    SIGNPOST = "signpost"
    ACKNOWLEDGED = "signpost-acknowledged"
    UNREACHED = "not-reached"
    REACHED = "reached-after-all"
    SOCIAL_CARE_SAID = "social-care-said"
    REPORTED = "signpost-reported"
    FULFIL = "fulfil-obligation"
    CANCEL = "cancel-obligation"
    PLP = "lead-partnership"
    ADD_ACTION = "add-action"
    REVIEW_PLP = "review-partnership"
    PASS_ON = "pass-on"  # noqa: S105
    SECTION_36 = "refer-section-36"
    PACK_ACCEPTED = "pack-accepted"
    PACK_RETURNED = "pack-returned"
    CHANNEL_GATHERED = "channel-gathered"
    CHANNEL_REFERRED = "channel-referred"
    GIVEN_BACK = "given-back"
    TAKE_BACK = "take-back"
    DECLINE_BACK = "decline-give-back"
    CHANNEL_OWNER = "channel-risk-owner"
    TAKE_RISK = "take-risk"
    TRANSFER = "offer-transfer"
    TRANSFER_ACCEPTED = "transfer-accepted"
    TRANSFER_REFUSED = "transfer-refused"
    CALL_BACK = "call-transfer-back"
    WITHDRAW = "withdraw"
    CORRECT = "correct"
    REOPEN = "reopen"
    ANSWER_EARLIER = "answer-earlier"
    EXTEND = "extend-clock"
    PAUSE = "pause-clock"
    RESUME = "resume-clock"
    ESCALATED = "clock-escalated"
    RESTRICT = "restrict"
    UNRESTRICT = "end-restriction"
    ADMIT = "admit-officer"
    EXCLUDE = "exclude-officer"
    DISCARD = "discard-draft"
    MOVE = "move-to-practice"


class ClockName(StrEnum):
    """The clocks that run in triage; how long each has is the area's.

    The urgent one runs from when a referrer tells of immediate danger until a Gateway officer takes or decides. Those
    of obligations run once for each.
    """

    DECONFLICTION = "deconfliction"
    CONFLICT = "conflict-review"
    PURSUE = "investigation-review"
    ASSESSMENT = "assessment"
    GATHERING = "information-gathering"
    DECISION = "section-36-decision"
    SIGN_OFF = "closure-sign-off"
    ACCEPTANCE = "acceptance"
    TRANSFER = "transfer-answer"
    SIGNPOST = "signpost"
    REQUEST = "information-request"
    ACTION = "partnership-action"
    PLP_REVIEW = "partnership-review"
    CLOSURE_REVIEW = "closure-review"
    URGENT = "immediate-danger"


class Obligation(StrEnum):
    """What somebody owes that stays open until it is reported done, or cancelled with a reason."""

    SIGNPOST = "signpost"
    REQUEST = "information-request"
    ACTION = "partnership-action"


class Body(StrEnum):
    """The two bodies that may gather information or decide under s.36(3)."""

    POLICE = "police"
    LOCAL_AUTHORITY = "local-authority"


class ClosureReason(StrEnum):
    """Why a referral may be closed (Home Office e-learning on Prevent referrals, the three Ms)."""

    MISTAKEN = "mistaken"
    MISGUIDED = "misguided"
    MALICIOUS = "malicious"
    NOT_RADICALISATION = "not-radicalisation"
    WORK_DONE = "work-done"


class Finding(StrEnum):
    """What a Gateway assessment concludes (Home Office e-learning on Prevent referrals, module 6)."""

    CLEAR_EVIDENCE = "clear-evidence"
    LIMITED_INFORMATION = "limited-information"
    NOT_APPROPRIATE = "not-appropriate"


class NoIdeologyAlone(NotRecorded):
    """The absence of an ideology was given as the whole reason to close."""

    reason: ClassVar[str] = "no-ideology-alone"


class ReferralNotFound(Missing):
    """No such referral is here, or none that this person's areas let them see."""

    reason: ClassVar[str] = "referral-not-found"


class ClockNotRunning(Conflict):
    """The clock that is to be changed was never started, or has been stopped meanwhile."""

    reason: ClassVar[str] = "clock-not-running"


class ClockNotFound(Missing):
    """The address of a page names a clock that there is not, or one that never ran for the referral."""

    reason: ClassVar[str] = "clock-not-found"


class PersonNotFound(Missing):
    """No such person is in the index, or none with a referral in this officer's areas."""

    reason: ClassVar[str] = "person-not-found"


class ObligationNotFound(Missing):
    """An answer names an obligation (a signpost, say) that was never made here."""

    reason: ClassVar[str] = "obligation-not-found"


class ObligationEnded(Conflict):
    """Somebody reported an obligation done, or cancelled it, before."""

    reason: ClassVar[str] = "obligation-ended"


class AreaVersionUnknown(NotYet):
    """The version of the area's practice that a referral is under is not here yet."""

    reason: ClassVar[str] = "area-version-unknown"
