"""Closing a case with a report, and its reviews after closure: asked for, made, decided on, extended."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID, uuid4

from sqlalchemy import insert, update

from chassis.database import Session
from contracts.vocabulary import day_in_words
from contracts.vocabulary.days import LONDON
from services.channel import models, queries
from services.channel.domain import ClockName, Command, NotRecorded, Obligation, Practice, Practices, Record, State
from services.channel.domain.panel import Verdict
from services.channel.domain.reviewing import ReviewDecided, has_reviews, to_be_asked, why_not_until
from services.channel.operations.announcing import announce
from services.channel.operations.clocks import Deadline, start_clock, stop_clock
from services.channel.operations.obligations import Owing, keep_obligation
from services.channel.operations.saving import Act, carry_out, change
from services.channel.queries import ClosingWords, Held, ReviewToAsk, ReviewView

QUESTIONS = (
    "What has become known about the person since the case was closed?",
    "Is there a new concern about radicalisation?",
    "What do you advise the Channel panel: no concern, reviews that go on, or opening the case again?",
)
_SAID = {
    "changed": "Say what changed since the first assessment",
    "remains": "Say what remains, or that nothing does",
    "holders": "Say who holds which risk from now on, by name and body",
    "summary": "Say in short how the case went and why it is closed",
}


@dataclass(frozen=True)
class Looked:
    """What the panel makes of a review after closure; `until` is given where the reviews go on."""

    verdict: Verdict
    until: date | None = None


async def close_case(session: Session, subject: UUID, words: ClosingWords, act: Act, practice: Practice) -> None:
    """Complete the closing report: the case is closed, and a clock runs for each review after closure.

    Raises NotRecorded (changed, remains, holders, summary), and whatever `carry_out` refuses.
    """
    await session.lock(subject)
    for name, sentence in _SAID.items():
        if not getattr(words, name).strip():
            raise NotRecorded(name, sentence)
    record = Record(summary=words.summary)
    saved = await carry_out(session, subject, Act(Command.CLOSING_REPORT, act.now, record, act.expected), practice)
    await announce(session, saved, practice, act.now)
    held, outcome = saved.before, await queries.closing_outcome(session, subject)
    await change(session, subject, {"closed_at": act.now})
    row = {
        "subject": subject,
        "number": await queries.reports_made(session, subject) + 1,
        "area": held.area,
        "outcome": outcome,
        "sealed_report": await session.seal_model(subject, words),
        "completed_at": act.now,
        "by_id": session.actor.id,
        "by_name": session.actor.name or session.actor.id,
    }
    await session.execute(insert(models.closing_report).values(row))
    for due_at in practice.after_closure if has_reviews(outcome) else ():
        await _add_review(session, held, (act.now, due_at), practice, act.now)


async def _add_review(
    session: Session, held: Held, when: tuple[datetime, datetime], practice: Practice, now: datetime
) -> None:
    review_id, (closed_at, due_at) = uuid4(), when
    row = {
        "id": review_id,
        "subject": held.subject,
        "area": held.area,
        "closed_at": closed_at,
        "due_at": due_at,
        "reviewer": practice.reviewer,
    }
    await session.execute(insert(models.review).values(row))
    start_clock(session, held, Deadline(ClockName.AFTER_CLOSURE, due_at, review_id), now)


async def ask_for_review(session: Session, wanted: ReviewToAsk, local: Practices, now: datetime) -> str | None:
    """Ask the police for a review that they carry out; returns the reference, empty where there is nobody to ask.

    None where it is not to be asked for any more: the case was opened again, or it was asked for or made, meanwhile.
    The answer comes by a link, or in the console, as that of any request for information.
    """
    await session.lock(wanted.subject)
    held = await queries.held(session, wanted.subject)
    found = await queries.review(session, wanted.subject, wanted.id)
    if not _is_to_be_asked(held, found):
        return None
    practice = local.under(wanted.area, wanted.area_version, "", now)
    member = to_be_asked(practice.panel.members, held.home_force or practice.force)
    if member is None:
        return ""
    due = day_in_words(found.due_at.astimezone(LONDON).date(), "en")
    message = f"The review after closure is due on {due}. The Channel panel decides on what you find."
    asked = Record(officer=member.name, message=message)
    await carry_out(session, held.subject, Act(Command.REQUEST, now, asked), practice)
    owing = Owing(
        kind=Obligation.REQUEST,
        owner=f"{member.name}, {member.organisation}",
        message=message,
        due_at=found.due_at,
        recipient=member.id,
        questions=QUESTIONS,
        about=found.id,
    )
    obligation = await keep_obligation(session, held, owing, now)
    await _change(session, found.id, asked_at=now, obligation=obligation)
    return held.reference


def _is_to_be_asked(held: Held, found: ReviewView) -> bool:
    """Say whether a review is still to come: whoever opened the case again may have been first."""
    stands = held.situation.state is State.CLOSED and held.closed_at == found.closed_at
    return stands and found.asked_at is None and found.found_at is None and found.decided_at is None


async def record_findings(
    session: Session, subject: UUID, given: tuple[UUID, str], act: Act, practice: Practice
) -> None:
    """Keep what a review found, for the panel to decide on; the clock runs on until it has.

    `given` is the review and the words. Raises NotRecorded(findings), ReviewNotFound, ReviewDecided.
    """
    review_id, words = given[0], given[1].strip()
    await session.lock(subject)
    found = await queries.review(session, subject, review_id)
    held = await queries.held(session, subject)
    if found.decided_at is not None or held.closed_at != found.closed_at:
        raise ReviewDecided("The panel has decided on this review, or the case was opened again: open its reviews.")
    if not words:
        raise NotRecorded("findings", "Say what the review found, or that there is nothing new")
    due = day_in_words(found.due_at.astimezone(LONDON).date(), "en")
    record = Record(reason=f"Review after closure, due on {due}: {words}")
    await carry_out(session, subject, Act(Command.NOTE, act.now, record, act.expected), practice)
    sealed, by = await session.seal(subject, words), session.actor.name or session.actor.id
    await _change(session, found.id, sealed_findings=sealed, found_by=by, found_at=act.now)


async def review_closed(session: Session, held: Held, looked: Looked, practice: Practice, now: datetime) -> None:
    """Keep what the panel made of the review that was next; called once it has decided, in its transaction.

    Reviews that go on get one more, due on the day that the panel names. Raises NotRecorded (verdict) before the
    review is made, and (until) for a day beyond what the area allows. Does nothing where no review was to come.
    """
    found = await queries.next_review(session, held.subject)
    if found is None:
        return
    if found.found_at is None:
        raise NotRecorded("verdict", "The review has not been made: record what it found first, on the case’s reviews")
    until = _checked(looked, found, practice, now)
    await _change(session, found.id, verdict=looked.verdict, decided_at=now)
    await stop_clock(session, held, found.id, now)
    if until is not None:
        await _add_review(session, held, (found.closed_at, practice.close_of(until)), practice, now)


def _checked(looked: Looked, found: ReviewView, practice: Practice, now: datetime) -> date | None:
    if looked.verdict is not Verdict.EXTEND:
        return None
    latest = practice.reviews_until(found.closed_at).astimezone(LONDON).date()
    if refusal := why_not_until(looked.until, latest, now.astimezone(LONDON).date()):
        raise NotRecorded("until", refusal)
    return looked.until


async def _change(session: Session, review_id: UUID, **values: object) -> None:
    table = models.review
    await session.execute(update(table).where(table.c.id == review_id).values(**values))
