"""Sessions that are missing: what came by links, the alarm that is raised once and again when it worsens, and why."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import update

from chassis import audit
from chassis.database import Session
from contracts.vocabulary.days import LONDON
from services.channel import models, queries
from services.channel.domain import (
    ClockName,
    Command,
    NotOffered,
    NotRecorded,
    Practice,
    Practices,
    Record,
    SessionState,
    counted,
    missing_count,
    shortfall_words,
    shortfalls,
)
from services.channel.operations.asking import Look, Reply
from services.channel.operations.clocks import Deadline, start_clock, stop_clock
from services.channel.operations.interventions import change_intervention, keep_report
from services.channel.operations.saving import Act, carry_out
from services.channel.queries import Held, InterventionView, SessionView, Watched

AT_ONCE = 500
NIL = UUID(int=0)
_STATES = {True: SessionState.DELIVERED, False: SessionState.MISSED, None: SessionState.PLANNED}
"""What a provider says became of a session; one that says neither leaves it open."""


@dataclass(frozen=True)
class Raised:
    """An alarm that was raised: in which case, and how many sessions are missing; `reason` names its runbook."""

    reason: ClassVar[str] = "sessions-missing"
    reference: str
    count: int


async def session_answered(session: Session, held: Held, reply: Reply, practice: Practice, now: datetime) -> None:
    """Keep a provider's report: delivered, or missed; what comes after the session was recorded is history only.

    Whoever reports says with it that they have read the brief which stood above the form.
    """
    found = await queries.session_of_ask(session, held.subject, reply.ask_id)
    state = _STATES[reply.accepted]
    said = "did not say whether the session took place" if reply.accepted is None else state.value
    which = f"Session {found.number}" if found else "A session that was asked about again since"
    record = Record(reason=f"{which}, {reply.by}: {said}. {reply.words()}".strip())
    await carry_out(session, held.subject, Act(Command.ANSWERED, now, record), practice)
    if found is None or found.state is not SessionState.PLANNED:
        return
    # Whoever reports writes their name themselves: the history keeps it sealed, and here stands the provider.
    provider = (await queries.intervention(session, held.subject, found.intervention)).provider
    await keep_report(session, held, found, (state, reply.words(), provider, reply.at))
    await _acknowledge(session, held, found, reply.at, now)
    await ease(session, held, found.intervention, now)


async def session_seen(session: Session, held: Held, look: Look, _: Practice, now: datetime) -> None:
    """Note that a provider says that they have read the brief, once: to open the link alone says nothing."""
    found = await queries.session_of_ask(session, held.subject, look.ask_id)
    if look.acknowledged and found is not None:
        await _acknowledge(session, held, found, look.at, now)


async def _acknowledge(session: Session, held: Held, found: SessionView, at: datetime, now: datetime) -> None:
    table = models.brief
    this = (table.c.intervention == found.intervention) & (table.c.number == found.brief) & table.c.read_at.is_(None)
    if not await session.first(update(table).where(this).values(read_at=at).returning(table.c.number)):
        return
    facts = {"brief": found.brief}
    await audit.record(session, "brief.read", subject=held.subject, now=now, area=held.area, facts=facts)


async def changed_shortfalls(session: Session, now: datetime) -> tuple[Watched, ...]:
    """Return the interventions for which more sessions are missing than anybody was told, or fewer."""
    changed: list[Watched] = []
    after, today = NIL, now.astimezone(LONDON).date()
    while batch := await queries.interventions_watched(session, after, AT_ONCE):
        after = batch[-1].id
        for each in batch:
            missing = missing_count(shortfalls(counted(each.commission, each.sittings, today)))
            if missing > max(each.short, each.explained) or missing < each.short:
                changed.append(each)
    return tuple(changed)


async def raise_shortfall(
    session: Session, subject: UUID, intervention_id: UUID, local: Practices, now: datetime
) -> Raised | None:
    """Tell the coordinator that sessions are missing, once, and again when more are; None where there is nothing new.

    The alarm stands with a clock of its own, so that it goes to the next person whom the area names if nobody acts.
    """
    await session.lock(subject)
    here = await queries.held(session, subject)
    practice = local.under(here.area, here.area_version, "", now)
    found = await queries.intervention(session, subject, intervention_id)
    missing, sentences = _missing(found, now)
    if found.ended_at is not None or missing <= max(found.short, found.explained):
        await ease(session, here, intervention_id, now)
        return None
    record = Record(reason=f"{found.provider}: {' '.join(sentences)}")
    await carry_out(session, subject, Act(Command.SHORTFALL, now, record), practice)
    await change_intervention(session, found.id, short=missing, raised_at=now)
    due_at = practice.later(ClockName.SESSION, now)
    start_clock(session, here, Deadline(ClockName.SESSION, due_at, found.id), now)
    return Raised(here.reference, missing)


async def ease(session: Session, held: Held, intervention_id: UUID, now: datetime) -> None:
    """Let the alarm end where sessions have caught up, and know of fewer where some have."""
    found = await queries.intervention(session, held.subject, intervention_id)
    missing, _ = _missing(found, now)
    if missing >= found.short and (missing or not found.explained):
        return
    if missing:
        await change_intervention(session, found.id, short=missing)
        return
    await stop_clock(session, held, found.id, now)
    none = {"short": 0, "raised_at": None, "explained": 0, "sealed_explanation": None}
    await change_intervention(session, found.id, **none, explained_by=None, explained_at=None)
    facts = {"was": found.short}
    await audit.record(session, "intervention.caught-up", subject=held.subject, now=now, area=held.area, facts=facts)


async def explain_shortfall(
    session: Session, subject: UUID, intervention_id: UUID, act: Act, practice: Practice
) -> None:
    """Record why sessions are missing: the alarm ends until more are.

    Raises NotRecorded(reason), NotOffered where none are missing, and whatever `carry_out` refuses.
    """
    await session.lock(subject)
    found = await queries.intervention(session, subject, intervention_id)
    words = act.record.reason.strip()
    if not words:
        raise NotRecorded("reason", "Say why sessions are missing, and what is done about it")
    missing = max(found.short, _missing(found, act.now)[0])
    if found.ended_at is not None or not missing:
        raise NotOffered("No session of this intervention is missing.")
    record = Record(reason=f"{found.provider}, why sessions are missing: {words}")
    held = (await carry_out(session, subject, Act(Command.NOTE, act.now, record, act.expected), practice)).before
    sealed, by = await session.seal(subject, words), session.actor.name or session.actor.id
    why = {"explained": missing, "sealed_explanation": sealed, "explained_by": by, "explained_at": act.now}
    await change_intervention(session, found.id, short=missing, **why)
    await stop_clock(session, held, found.id, act.now)


def _missing(found: InterventionView, now: datetime) -> tuple[int, tuple[str, ...]]:
    delivery = counted(found.commission, found.sittings, now.astimezone(LONDON).date())
    short = shortfalls(delivery)
    return missing_count(short), tuple(shortfall_words(delivery, each) for each in short)
