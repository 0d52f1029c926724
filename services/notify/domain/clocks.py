"""What mails call the clocks of the police and of Channel: nothing that says what the intelligence unit found."""

from collections.abc import Mapping

CLOCKS: Mapping[str, str] = {
    "deconfliction": "deconfliction",
    "assessment": "the Gateway assessment",
    "information-gathering": "the gathering of information",
    "section-36-decision": "the decision about a section 36 referral",
    "closure-sign-off": "the sign-off of a closure",
    "acceptance": "the acceptance of a handover",
    "transfer-answer": "the answer to a transfer",
    "signpost": "the answer to a signpost",
    "information-request": "the answer to a request for information",
    "partnership-action": "an action of a partnership",
    "partnership-review": "the review of a partnership",
    "closure-review": "the review of a closure",
    "immediate-danger": "the taking of a referral that tells of immediate danger",
    "answer": "the answer to a pack",
    "action": "an action of a case",
    "change-acknowledged": "the answer to a change of consent",
    "session-report": "the report of a session",
    "panel-decision": "the decision of a panel",
    "plan": "the plan of a case",
    "consent": "the answer about consent",
    "consent-at-18": "consent at eighteen",
    "plan-review": "the review of a plan",
    "reassessment": "a new assessment",
    "closing-report": "the closing report",
    "review-after-closure": "the review after a closure",
    "concern-acknowledgement": "the acknowledgement of a safeguarding concern by a front door",
    "given-back-answer": "the answer of the police to a case given back",
}
ANY_CLOCK = "a review"
"""What a clock is called that is not listed: reviews of conflicts and investigations among them."""


def clock_in_words(name: str) -> str:
    """Return what a mail calls a clock."""
    return CLOCKS.get(name, ANY_CLOCK)
