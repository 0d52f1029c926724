"""What others owe in a case: requests, actions, signposts, acknowledgements; what is missing, what was gathered."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Row, Select, and_, func, select

from chassis.database import Session
from contracts.vocabulary import ChangeTaken
from contracts.vocabulary.asking import AskAnswer
from contracts.vocabulary.pack import GatheredInformation
from services.channel import models
from services.channel.domain import NOTHING_KNOWN, Consent, Obligation, ObligationNotFound
from services.channel.domain.consenting import STOPS
from services.channel.queries.reading import text_of


class Questions(BaseModel):
    """What a partner is asked, question by question, and who it is where a name was typed; sealed in the row."""

    model_config = ConfigDict(frozen=True)

    asked: tuple[str, ...] = ()
    owner: str = ""


class Answers(BaseModel):
    """What a partner said, question by question, and who answered; sealed in the obligation's row.

    `taken` is what they made of a change of consent, where they chose it.
    """

    model_config = ConfigDict(frozen=True)

    said: tuple[AskAnswer, ...] = ()
    by: str = ""
    taken: ChangeTaken | None = None


@dataclass(frozen=True)
class Owed:
    """One thing that is owed and not ended: by whom, of which kind, by when, and what became of the asking.

    `recipient` is the id of a body of the area file or of a panel elsewhere, empty where the owner was typed.
    """

    id: UUID
    kind: Obligation
    owner: str
    due_at: datetime
    made_at: datetime
    seen_at: datetime | None = None
    undelivered_at: datetime | None = None
    paused: bool = False
    recipient: str = ""


@dataclass(frozen=True)
class ObligationView:
    """One obligation with its words; `answers` are to its questions, `report` is what was said besides.

    `due_at` is that of its clock, which may have been given more time, and stands still while `paused`. `address` is
    what was typed where the recipient is not in the area file, `taken` what was made of a change of consent.
    """

    id: UUID
    kind: Obligation
    recipient: str
    owner: str
    owner_id: str
    address: str
    state: str
    message: str
    questions: tuple[str, ...]
    report: str
    answers: tuple[AskAnswer, ...]
    made_at: datetime
    made_by: str
    due_at: datetime
    paused: bool
    seen_at: datetime | None
    undelivered_at: datetime | None
    reminded_at: datetime | None
    ended_at: datetime | None
    ended_by: str
    taken: ChangeTaken | None = None


async def open_obligations(session: Session, subject: UUID, kind: Obligation | None = None) -> tuple[Owed, ...]:
    """Return what is owed in a case and not ended, the soonest due first; of one kind where it is given."""
    table = models.obligation
    wanted = _with_clock().where(table.c.subject == subject, table.c.ended_at.is_(None))
    if kind is not None:
        wanted = wanted.where(table.c.kind == kind)
    owed = [
        Owed(
            id=row.id,
            kind=Obligation(row.kind),
            owner=await owner_of(session, row),
            due_at=row.runs_out,
            made_at=row.made_at,
            seen_at=row.seen_at,
            undelivered_at=row.undelivered_at,
            paused=row.paused_at is not None,
            recipient=row.recipient,
        )
        for row in await session.rows(wanted.order_by(RUNS_OUT, table.c.id))
    ]
    return tuple(owed)


async def obligation_owner(session: Session, subject: UUID, obligation_id: UUID) -> str:
    """Return who owes something, nothing where there is no such thing."""
    table = models.obligation
    found = await session.first(select(table).where(table.c.id == obligation_id, table.c.subject == subject))
    return "" if found is None else await owner_of(session, found)


async def owner_of(session: Session, row: Row[Any]) -> str:
    """Return who owes what a row is of: the name that was typed, which is sealed, or the one in the clear."""
    return (await _questions(session, row)).owner or str(row.owner)


async def is_asked_by_link(session: Session, subject: UUID, obligation_id: UUID) -> bool:
    """Say whether somebody outside is asked for it by a link and has not answered; an officer finds it here."""
    table = models.obligation
    this = (table.c.id == obligation_id) & (table.c.subject == subject) & table.c.ended_at.is_(None)
    outside = table.c.owner_id.is_(None) & ((table.c.recipient != "") | table.c.sealed_address.is_not(None))
    return await session.scalar(select(table.c.id).where(this, outside)) is not None


async def missing(session: Session, subject: UUID) -> tuple[Owed, ...]:
    """Return the requests for information that nobody has answered yet, the soonest due first."""
    return await open_obligations(session, subject, Obligation.REQUEST)


async def obligations(session: Session, subject: UUID) -> tuple[ObligationView, ...]:
    """Return everything that was ever owed in a case: what is open first, by its date, then the newest."""
    table = models.obligation
    order = (table.c.ended_at.is_not(None), table.c.ended_at.desc(), RUNS_OUT, table.c.id)
    rows = await session.rows(_with_clock().where(table.c.subject == subject).order_by(*order))
    return tuple([await _view(session, row) for row in rows])


async def obligation(session: Session, subject: UUID, obligation_id: UUID) -> ObligationView:
    """Return one obligation of a case; ObligationNotFound where it is not there."""
    table = models.obligation
    found = await session.first(_with_clock().where(table.c.id == obligation_id, table.c.subject == subject))
    if found is None:
        raise ObligationNotFound("The case has no such request or action: open the case and choose one there.")
    return await _view(session, found)


async def change_stops(session: Session, obligation_id: UUID) -> bool | None:
    """Say whether what somebody is told of is that consent ended; None where it is no change of consent."""
    told, changed = models.obligation, models.consent
    joined = select(changed.c.consent).join(told, told.c.about == changed.c.id)
    found = await session.scalar(joined.where(told.c.id == obligation_id, told.c.kind == Obligation.CHANGE))
    return None if found is None else Consent(found) in STOPS


async def gathered(session: Session, subject: UUID) -> tuple[GatheredInformation, ...]:
    """Return what every body answered here when it was asked for information, question by question, oldest first."""
    table = models.obligation
    wanted = (table.c.subject == subject) & (table.c.kind == Obligation.REQUEST) & (table.c.state == "done")
    rows = await session.rows(_with_clock().where(wanted).order_by(table.c.ended_at, table.c.id))
    return tuple([each for row in rows for each in _said(await _view(session, row))])


def _said(found: ObligationView) -> tuple[GatheredInformation, ...]:
    at = found.ended_at or found.made_at
    if not found.answers:
        asked = "\n".join(found.questions) or found.message
        return (GatheredInformation(body=found.owner, asked=asked, answer=found.report, at=at),)
    answered = tuple(
        GatheredInformation(
            body=found.owner,
            asked=each.question,
            answer=f"{NOTHING_KNOWN} {each.words}".strip() if each.nothing_known else each.words,
            at=at,
        )
        for each in found.answers
    )
    if not found.report:
        return answered
    return (*answered, GatheredInformation(body=found.owner, asked="Anything else", answer=found.report, at=at))


RUNS_OUT = func.coalesce(models.clock.c.due_at, models.obligation.c.due_at)
"""When an obligation is due: its clock says so, which may have been given more time."""


def _with_clock() -> Select[Any]:
    return with_clock(select(models.obligation, RUNS_OUT.label("runs_out"), models.clock.c.paused_at))


def with_clock(wanted: Select[Any]) -> Select[Any]:
    """Return the same rows of obligations with the clock of each beside it."""
    table, clock = models.obligation, models.clock
    its = and_(clock.c.subject == table.c.subject, clock.c.about == table.c.id)
    return wanted.select_from(table).outerjoin(clock, its)


async def _questions(session: Session, row: Row[Any]) -> Questions:
    if row.sealed_questions is None:
        return Questions()
    return await session.unseal_model(row.subject, row.sealed_questions, Questions)


async def _view(session: Session, row: Row[Any]) -> ObligationView:
    questions, answers = await _questions(session, row), Answers()
    if row.sealed_answers is not None:
        answers = await session.unseal_model(row.subject, row.sealed_answers, Answers)
    return ObligationView(
        id=row.id,
        kind=Obligation(row.kind),
        recipient=row.recipient,
        owner=questions.owner or row.owner,
        owner_id=row.owner_id or "",
        address=await text_of(session, row.subject, row.sealed_address),
        state=row.state,
        message=await text_of(session, row.subject, row.sealed_message),
        questions=questions.asked,
        report=await text_of(session, row.subject, row.sealed_report),
        answers=answers.said,
        made_at=row.made_at,
        made_by=row.made_by,
        due_at=row.runs_out,
        paused=row.paused_at is not None,
        seen_at=row.seen_at,
        undelivered_at=row.undelivered_at,
        reminded_at=row.reminded_at,
        ended_at=row.ended_at,
        ended_by=answers.by or row.ended_by or "",
        taken=answers.taken,
    )
