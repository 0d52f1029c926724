"""Synthetic providers, supported cases and interventions for the tests of channel."""

from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import update

from chassis.actor import Actor
from chassis.app import Runtime
from chassis.database import Session
from contracts.envelope import Event
from contracts.notify.channel import AskAnswered
from contracts.vocabulary import AskKind
from contracts.vocabulary.asking import AskAnswer
from services.channel import models, operations, queries
from services.channel.domain import ClockName, Command, Consent, Practice, Provider, Record, SessionState, State
from services.channel.operations import Act, Commissioning, Sat
from services.channel.queries import InterventionView
from tests.channel.builders import CORA, NOW, REFERENCE, practice
from tests.channel.conftest import Team

TODAY = NOW.date()
PROVIDERS = {
    "provider-one": Provider("provider-one", "Sample Provider One (synthetic)", date(2999, 12, 31)),
    "provider-two": Provider("provider-two", "Sample Provider Two (synthetic)", date(2026, 3, 31)),
    "provider-three": Provider("provider-three", "Sample Provider Three (synthetic)", TODAY + timedelta(days=20)),
}


def later(_: ClockName, start: datetime) -> datetime:
    """Return when a report is due: five days after."""
    return start + timedelta(days=5)


def providing(**given: Any) -> Practice:
    """Return local practice with intervention providers."""
    close_of: Callable[[date], datetime] = lambda day: datetime.combine(day, time(17), UTC)  # noqa: E731
    return practice(**{"providers": PROVIDERS, "later": later, "close_of": close_of, **given})


async def into(runtime: Runtime, subject: UUID, state: State, **values: Any) -> None:
    """Let a case stand in a state, where the way there is not what a test is about."""
    async with runtime.database.transaction(Actor.service("channel")) as session:
        table = models.case_file
        changed = {"state": state, **values}
        await session.execute(update(table).where(table.c.subject == subject).values(changed))


async def supported(team: Team, event: Event | None = None) -> UUID:
    """Return a case in which support is given, with consent."""
    team.practices.given = providing(version=team.practices.given.version)
    subject = await team.open(event)
    await team.act(subject, Command.ACCEPT)
    await into(team.runtime, subject, State.SUPPORTED, consent=Consent.GIVEN)
    return subject


def act(command: Command, now: datetime = NOW, **record: Any) -> Act:
    """Return what a coordinator does."""
    return Act(command, now, Record(**record))


async def done(team: Team, work: Callable[[Session], Awaitable[Any]], actor: Actor = CORA) -> Any:
    """Do something in a transaction of its own, as the coordinator unless given."""
    async with team.runtime.database.transaction(actor) as session:
        return await work(session)


async def commissioned(team: Team, subject: UUID, *, sessions: int = 7, brief: bool = True, **given: Any) -> UUID:
    """Commission a provider for ten weeks, with a brief unless said otherwise."""
    values: dict[str, Any] = {
        "provider_id": "provider-one",
        "finish_on": TODAY + timedelta(days=69),
        "purpose": "To talk about belonging.",
        "cites": ("Need for identity, meaning and belonging",),
        **given,
    }
    said, local = Commissioning(sessions=sessions, **values), team.practices.given

    async def work(session: Session) -> UUID:
        made = await operations.commission(session, subject, said, act(Command.COMMISSION), local)
        if brief:
            words = (made, "Meet weekly at the youth centre.")
            await operations.write_brief(session, subject, words, act(Command.BRIEF), local)
        return made

    made: UUID = await done(team, work)
    return made


async def planned(team: Team, subject: UUID, intervention: UUID, *days: int) -> None:
    """Plan sessions so many days from now."""
    on = tuple(TODAY + timedelta(days=each) for each in days)
    local = team.practices.given
    await done(
        team,
        lambda session: operations.plan_sessions(session, subject, (intervention, on), act(Command.SESSION), local),
    )


async def seen(team: Team, subject: UUID, intervention: UUID) -> InterventionView:
    """Return an intervention as it stands."""
    found: InterventionView = await done(team, lambda session: queries.intervention(session, subject, intervention))
    return found


async def answered(team: Team, subject: UUID, session_id: UUID, *, accepted: bool | None) -> None:
    """Let a provider report by the link."""
    said = (AskAnswer(question="What was done?", words="We talked."),)
    told = AskAnswered(
        reference=REFERENCE,
        ask_id=session_id,
        kind=AskKind.SESSION,
        answered_at=NOW,
        answered_by="Sam Provider (synthetic)",
        answers=said,
        accepted=accepted,
    )
    await team.hear(told, subject)


async def recorded(team: Team, subject: UUID, session_id: UUID, state: SessionState, words: str) -> None:
    """Record what became of a session as the coordinator."""
    sat, local = Sat(session_id, state, words), team.practices.given
    await done(team, lambda s: operations.record_session(s, subject, sat, act(Command.SESSION), local))
