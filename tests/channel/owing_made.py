"""Obligations of synthetic cases, and what partners answer, for the tests of channel."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from chassis.actor import Actor
from contracts.channel.notices import AskEnded, AskMade
from contracts.notify.channel import AskAnswered
from contracts.vocabulary import AskKind
from contracts.vocabulary.asking import AskAnswer
from services.channel import queries
from services.channel.domain import Obligation
from services.channel.operations import Owing, keep_obligation
from tests.channel.builders import CORA, NOW, REFERENCE
from tests.channel.conftest import Team

DUE = NOW + timedelta(days=7)


def owing(kind: Obligation = Obligation.REQUEST, **given: Any) -> Owing:
    """Return what a made-up partner of the area is asked for."""
    values: dict[str, Any] = {
        "owner": "Sample Health Trust",
        "message": "We look into a concern about this person.",
        "due_at": DUE,
        "recipient": "health-trust",
        "questions": ("Attendance?", "Health?"),
    }
    return Owing(kind, **{**values, **given})


async def keep(team: Team, subject: UUID, owed: Owing, actor: Actor = CORA) -> UUID:
    """Open an obligation as the coordinator and return its id."""
    async with team.runtime.database.transaction(actor) as session:
        return await keep_obligation(session, await queries.held(session, subject), owed, NOW)


async def asked(team: Team) -> list[AskMade]:
    """Return every asking that notify was told to send."""
    found = (await team.announced()).get("channel.ask-made.v1", [])
    return [each for each in found if isinstance(each, AskMade)]


async def ended(team: Team) -> list[AskEnded]:
    """Return every asking that notify was told to end."""
    found = (await team.announced()).get("channel.ask-ended.v1", [])
    return [each for each in found if isinstance(each, AskEnded)]


def answer(ask_id: UUID, **given: Any) -> AskAnswered:
    """Return what came back by a link: one question answered, nothing known to the other."""
    values: dict[str, Any] = {
        "reference": REFERENCE,
        "ask_id": ask_id,
        "kind": AskKind.INFORMATION,
        "answered_at": NOW + timedelta(days=1),
        "answered_by": "Hana Sample, nurse",
        "answers": (
            AskAnswer(question="Attendance?", words="He came every day."),
            AskAnswer(question="Health?", nothing_known=True),
        ),
    }
    return AskAnswered(**{**values, **given})
