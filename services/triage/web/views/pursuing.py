"""The risk is offered to the investigation, which accepts or refuses it, as the unit or a supervisor records."""

from uuid import UUID

from chassis.database import Session
from chassis.web import PageRequest, Response
from services.triage import operations
from services.triage.domain import Command, Practice
from services.triage.operations import Act
from services.triage.web.forms import PursueForm, SafeguardForm
from services.triage.web.views.asked import Opened
from services.triage.web.views.safeguards import Question, Task, handled

_UNIT_ONLY = "Only officers of the intelligence unit ever read these words, not the Gateway."


async def offer_pursuit(page: PageRequest) -> Response:
    """Offer a referral in conflict to a named investigating officer, who owns the risk only from an acceptance on."""
    return await handled(page, _OFFER)


async def pursue(page: PageRequest) -> Response:
    """Record that the investigation has accepted: from here on the officer named there owns the risk."""
    return await handled(page, _ACCEPTED)


async def refuse_pursuit(page: PageRequest) -> Response:
    """Record that the investigation does not take it: the conflict stands, and the risk stays where it is."""
    return await handled(page, _REFUSED)


async def call_pursuit_back(page: PageRequest) -> Response:
    """Take the offer back before anybody has accepted it."""
    return await handled(page, _CALLED_BACK)


async def _carry(session: Session, subject: UUID, act: Act, practice: Practice, _: SafeguardForm) -> None:
    await operations.record_deconfliction(session, subject, act, practice)


def _of_offer(_: Opened) -> tuple[Question, ...]:
    return (
        Question(
            "officer",
            "line",
            "Which investigating officer is it offered to?",
            "Name, rank and unit. The Gateway sees this name, and that an answer is waited for.",
        ),
        Question("rationale", "words", "Why should the investigation take it?", _UNIT_ONLY),
    )


def _of_acceptance(_: Opened) -> tuple[Question, ...]:
    return (
        Question(
            "risk_owner",
            "line",
            "Which investigating officer has accepted the risk?",
            "Name, rank and unit. The Gateway sees this name as risk owner.",
        ),
        Question("rationale", "words", "When did they accept, and how did they tell you?", _UNIT_ONLY),
    )


def _of_refusal(_: Opened) -> tuple[Question, ...]:
    return (Question("rationale", "words", "Who refused, when, and why?", _UNIT_ONLY),)


def _of_calling_back(_: Opened) -> tuple[Question, ...]:
    return (Question("rationale", "words", "Why is the offer called back?", _UNIT_ONLY),)


def _offered_to(found: Opened) -> dict[str, str]:
    return {"risk_owner": found.held.situation.offered_to}


_OFFER = Task(
    Command.OFFER_PURSUIT,
    "The risk owner stays the same until the officer whom you name has accepted, and you have recorded it. The conflict"
    " stands meanwhile. Nobody outside the police is told.",
    _of_offer,
    _carry,
    form=PursueForm,
)
_ACCEPTED = Task(
    Command.PURSUE,
    "From then on the officer named owns the risk. The referral rests with the investigation until the intelligence"
    " unit records “clear to proceed”. Nobody outside the police is told.",
    _of_acceptance,
    _carry,
    form=PursueForm,
    filled=_offered_to,
)
_REFUSED = Task(
    Command.PURSUIT_REFUSED,
    "The conflict stands, the risk owner stays the same, and the time to review the conflict begins anew.",
    _of_refusal,
    _carry,
    form=PursueForm,
)
_CALLED_BACK = Task(
    Command.PURSUIT_CALLED_BACK,
    "The conflict stands, the risk owner stays the same. Tell the officer to whom it was offered.",
    _of_calling_back,
    _carry,
    form=PursueForm,
)
