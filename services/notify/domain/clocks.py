"""What mails call the clocks of the police: nothing that says what the intelligence unit found."""

from collections.abc import Mapping

CLOCKS: Mapping[str, str] = {
    "deconfliction": "deconfliction",
    "assessment": "the Gateway assessment",
    "information-gathering": "the gathering of information",
    "section-36-decision": "the decision about a section 36 referral",
    "closure-sign-off": "the sign-off of a closure",
    "acceptance": "the acceptance of a handover",
    "transfer-answer": "the answer of another force",
    "signpost": "the answer to a signpost",
    "information-request": "the answer to a request for information",
    "partnership-action": "an action of a partnership",
    "partnership-review": "the review of a partnership",
    "closure-review": "the review of a closure",
    "immediate-danger": "the taking of a referral that tells of immediate danger",
}
ANY_CLOCK = "a review"
"""What a clock is called that is not listed: reviews of conflicts and investigations among them."""


def clock_in_words(name: str) -> str:
    """Return what a mail calls a clock."""
    return CLOCKS.get(name, ANY_CLOCK)
