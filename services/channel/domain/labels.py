"""How states, outcomes and what is missing are said to people."""

from collections.abc import Mapping

from contracts.vocabulary import Outcome
from services.channel.domain.words import ClosingOutcome, Consent, Obligation, State

STATE_LABELS: Mapping[State, str] = {
    State.OFFERED: "Pack offered, waiting for an answer",
    State.ACCEPTED: "Accepted, information being gathered",
    State.GATHERED: "Information gathered, waiting for the section 36 decision",
    State.RETURNED: "Returned",
    State.REFERRED: "Referred to the panel under section 36",
    State.NOT_ADOPTED: "Not adopted, other help being arranged",
    State.ADOPTED: "Adopted, the support plan is being made",
    State.PLANNED: "Plan made, waiting for consent",
    State.SUPPORTED: "Support is being given",
    State.NO_CONSENT: "No consent, to be assessed again",
    State.CLOSING: "To be closed, the closing report is being written",
    State.CLOSED: "Closed, reviews after closure to come",
    State.ENDED: "Ended",
    State.GIVEN_BACK: "Given back, waiting for the police to take it",
    State.TAKEN_BACK: "Taken back by the police",
    State.TRANSFER_OFFERED: "Offered to another panel, waiting for an answer",
    State.TRANSFERRED: "Transferred to another panel",
    State.WITHDRAWN: "Pack taken back: do not act",
    State.STOPPED: "Pack taken back, nobody here acts",
}

CONSENT_LABELS: Mapping[Consent, str] = {
    Consent.NOT_ASKED: "Not asked for yet",
    Consent.AWAITED: "Asked for, no answer yet",
    Consent.GIVEN: "Given",
    Consent.REFUSED: "Refused",
    Consent.WITHDRAWN: "Withdrawn",
    Consent.LAPSED: "Lapsed at 18: to be asked for again",
}

CLOSING_LABELS: Mapping[ClosingOutcome, str] = {
    ClosingOutcome.CONCERNS_REDUCED: "The concerns are reduced",
    ClosingOutcome.CONSENT_REFUSED: "Consent was refused",
    ClosingOutcome.CONSENT_WITHDRAWN: "Consent was withdrawn",
    ClosingOutcome.OTHER_SERVICE: "Another service manages the concerns",
    ClosingOutcome.POLICE_LED: "Police-led partnership",
    ClosingOutcome.CRIMINAL_JUSTICE: "Criminal justice",
    ClosingOutcome.LOST_CONTACT: "Contact was lost",
    ClosingOutcome.LEFT_COUNTRY: "Left the country",
    ClosingOutcome.DIED: "Died",
}

OBLIGATION_LABELS: Mapping[Obligation, str] = {
    Obligation.REQUEST: "Request for information",
    Obligation.ACTION: "Action",
    Obligation.SIGNPOST: "Signpost",
    Obligation.CHANGE: "Consent changed: acknowledgement",
}

_SECTOR_LABELS: Mapping[str, str] = {
    "childrens-social-care": "Children’s social care",
    "adults-social-care": "Adults’ social care",
    "voluntary": "Voluntary sector",
    "guest": "A guest, for no sector",
}

NOTHING_KNOWN = "Nothing known."
"""What a body answers that has nothing: an answer like any other."""

ASKED_FOR: Mapping[str, str] = {
    "reason": "Enter the reason, so that others know what to do next",
    "grounds": "Enter the reasonable grounds to believe that the person is vulnerable to being drawn into terrorism",
    "risk_owner": "Name who owns the risk",
    "summary": "Say what was found, or that nothing was",
    "speak_to": "Name whom to speak to",
    "gathered_by": "Name who gathered the information, for example the team and the officer",
    "officer": "Choose or enter who it is",
    "message": "Say what is asked, in words that the other side understands",
    "next_on": "Enter the date when the panel looks at it again",
    "considered": "Say which health or social care was considered, and what came of it (section 36(6))",
    "outcome": "Choose how the case is closed",
    "plan": "Complete the plan first: how, when and by whom consent is asked for, and what answers each factor that "
    "was assessed as present (section 36(5))",
    "decided_by": "Say who decided: the person, a parent or a guardian",
    "clock": "Name the clock",
}

OUTCOME_LABELS: Mapping[str, str] = {
    Outcome.RECEIVED: "Opened again, not decided yet",
    Outcome.CLOSED: "Closed: no further action",
    Outcome.SIGNPOSTED: "Signposted to another service",
    Outcome.PLP: "Police-led partnership",
    Outcome.INFORMATION_GATHERING: "Passed on for information gathering",
    Outcome.SECTION_36_REFERRAL: "Referred to the panel under section 36",
    Outcome.WITHDRAWN: "Withdrawn",
    Outcome.TRANSFERRED: "Transferred to another force",
}
"""What the police decided, as the awareness list says it."""


def sector_label(sector: str) -> str:
    """Return what people read of a sector that an area file names."""
    return _SECTOR_LABELS.get(sector) or sector.replace("-", " ").capitalize()
