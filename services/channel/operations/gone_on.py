"""Where a case has gone on to: panels of this installation that have it, and those elsewhere that are told by links."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, select, update

from chassis.database import Session
from services.channel import models, queries
from services.channel.domain import ClockName, Command, Obligation, Practices, Record, State
from services.channel.domain.transferring import Answer, apart_words, told_words
from services.channel.operations.following import People
from services.channel.operations.giving_way import give_way
from services.channel.operations.obligations import Owing, keep_obligation
from services.channel.operations.saving import Act, carry_out
from services.channel.queries import Held

_GONE = (State.TRANSFER_OFFERED, State.TRANSFERRED)


async def takers(session: Session, given: UUID) -> AsyncIterator[Held]:
    """Yield the case of each panel of this installation that a case has gone on to, nearest first, each once and held.

    A case that came back is another case of the panel that had it first, so this ends.
    """
    known, at = {given}, given
    while (taken := await queries.taken_over(session, at)) is not None and taken not in known:
        await give_way(session)
        # Held before it is asked where it went on to: an offer that is being carried there is seen then.
        await session.lock(taken)
        known.add(taken)
        if await session.knows(taken):  # a case that was erased is nobody's to act in
            yield await queries.held(session, taken)
        at = taken


async def came_first(session: Session, subject: UUID) -> UUID:
    """Return the case that the police offered, where this one came from it by way of other panels; else itself."""
    offer, received = models.transfer, models.transfer_received
    given = select(offer.c.subject).join(received, received.c.id == offer.c.id)
    first = subject
    while (before := await session.scalar(given.where(received.c.subject == first))) is not None:
        first = before
    return first


@dataclass(frozen=True)
class ToTell:
    """What a panel elsewhere is to be told; only one that was offered the case from `since` on, where that is given."""

    message: str
    now: datetime
    since: datetime | None = None


async def tell_elsewhere(session: Session, given: UUID, told: ToTell, practices: Practices) -> None:
    """Tell every panel elsewhere that has a case by a link what the police say of it since, and wait for its report.

    It is asked as an action of the case that was offered to it, also where that is a copy that went on from here.
    """
    for subject in (given, *[case.subject async for case in takers(session, given)]):
        for panel, name in await _by_link(session, subject, told.since):
            owing = Owing(Obligation.ACTION, name, told.message, told.now, panel)
            await _tell(session, subject, owing, practices, told.now)


async def tell_referred(session: Session, given: UUID, grounds: str, practices: Practices, now: datetime) -> None:
    """Tell the panel elsewhere that a case waits for, or that has it, of a section 36 referral with its grounds."""
    for subject in (given, *[case.subject async for case in takers(session, given)]):
        found = await _by_link(session, subject)
        if found and (await queries.held(session, subject)).situation.state in _GONE:
            panel, name = found[0]
            message = told_words(Command.RECEIVE_SECTION_36, grounds)
            await _tell(session, subject, Owing(Obligation.ACTION, name, message, now, panel), practices, now)


async def tell_apart(session: Session, said: People, practices: Practices, now: datetime) -> None:
    """Tell every panel elsewhere that was offered a case by a link since the police held the person for another's too.

    Called before `note_people`, which forgets since when they did. Whoever has the case from before has nothing of
    somebody else.
    """
    case, same = models.case_file, models.same_person
    held_since = (same.c.person == said.person) & (same.c.area == said.area) & (same.c.reference == case.c.reference)
    found = select(case.c.subject, same.c.since).select_from(case.outerjoin(same, held_since))
    found = found.where(case.c.reference.in_((*said.same, *said.separated)), case.c.area == said.area)
    for row in await session.rows(found.order_by(case.c.subject)):
        await give_way(session)
        await session.lock(row.subject)
        if await session.knows(row.subject):
            told = ToTell(apart_words(said.at, said.shared), now, row.since)
            await tell_elsewhere(session, row.subject, told, practices)


async def wait_on(session: Session, subject: UUID, panel: str) -> None:
    """Let the clocks run on of what a panel elsewhere was told: the step that ended the case here stopped them all."""
    owed, clock = models.obligation, models.clock
    theirs = select(owed.c.id).where(owed.c.subject == subject, owed.c.recipient == panel, owed.c.ended_at.is_(None))
    stopped = (clock.c.subject == subject) & clock.c.about.in_(theirs)
    await session.execute(update(clock).where(stopped).values(stopped_at=None))


async def _by_link(session: Session, subject: UUID, since: datetime | None = None) -> Sequence[tuple[str, str]]:
    """Return the id and name of each panel that was offered a case by a link and has not said no, newest first."""
    table = models.transfer
    stands = or_(table.c.answer.is_(None), table.c.answer == Answer.ACCEPTED)
    wanted = select(table.c.panel, table.c.panel_name).where(table.c.subject == subject, table.c.to_area == "", stands)
    if since is not None:
        wanted = wanted.where(table.c.offered_at >= since)
    rows = await session.rows(wanted.order_by(table.c.offered_at.desc(), table.c.id.desc()))
    return tuple(dict.fromkeys((row.panel, row.panel_name) for row in rows))


async def _tell(session: Session, subject: UUID, owing: Owing, practices: Practices, now: datetime) -> None:
    held = await queries.held(session, subject)
    practice = practices.under(held.area, held.area_version, "", now)
    note = Record(reason=f"{owing.owner}, which has the case by a link, is told: {owing.message}")
    await carry_out(session, subject, Act(Command.NOTE, now, note), practice)
    await wait_on(session, subject, owing.recipient)
    due = Owing(owing.kind, owing.owner, owing.message, practice.due[ClockName.ACTION], owing.recipient)
    await keep_obligation(session, held, due, now)
