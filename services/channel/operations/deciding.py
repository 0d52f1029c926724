"""What the panel decides of a case in its slot: the vote, the decision with its grounds, and what it gives to whom."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID, uuid4

from sqlalchemy import update

from chassis import audit
from chassis.database import Session
from contracts.vocabulary.days import LONDON
from services.channel import models, queries
from services.channel.domain import (
    CLOSING_LABELS,
    ChangedMeanwhile,
    ClosingOutcome,
    Command,
    InPanel,
    NotRecorded,
    Obligation,
    Practice,
    Record,
)
from services.channel.domain.meetings import MeetingState, SlotState
from services.channel.domain.panel import (
    ENDED_SLOTS,
    Agreement,
    MeetingNotOpen,
    Seat,
    Verdict,
    Vote,
    VoteLost,
    agreed,
    counted,
    voters,
)
from services.channel.operations.announcing import announce
from services.channel.operations.obligations import Owing, keep_obligation
from services.channel.operations.panel import lacks_quorum, why_not_quorate
from services.channel.operations.reviewing import Looked, review_closed
from services.channel.operations.saving import Act, carry_out
from services.channel.queries import Held, SlotView

_GIVEN = {Obligation.ACTION: Command.ACTION, Obligation.SIGNPOST: Command.SIGNPOST}


@dataclass(frozen=True)
class Cast:
    """How somebody in the room votes; `words` are kept as their dissent."""

    attendee: UUID
    vote: Vote
    words: str = ""


@dataclass(frozen=True)
class Motion:
    """What the chair records as the panel's decision; no votes mean that everybody in the room agrees.

    `chairs_words` say why the chair decides where there is no majority. `reason_kind` is why a case is not adopted,
    `verdict` what comes of it, or of a review after closure (`until` is how long reviews go on). `owed` are the actions
    and signposts that follow. `seen` and `case_seen` are the row versions of the slot and the case.
    """

    command: Command
    record: Record
    seen: int
    case_seen: int
    votes: tuple[Cast, ...] = ()
    chairs_words: str = ""
    reason_kind: str = ""
    verdict: str = ""
    until: date | None = None
    owed: tuple[Owing, ...] = ()


@dataclass(frozen=True)
class _Carried:
    """How the panel agreed, and who voted how."""

    agreement: Agreement
    votes: tuple[tuple[Seat, Cast], ...]


async def decide_slot(session: Session, slot_id: UUID, motion: Motion, practice: Practice, now: datetime) -> None:
    """Record what the panel decides of a case, carry it out, and give the actions that follow to their owners.

    Raises ChangedMeanwhile, MeetingNotOpen, VoteLost, NotRecorded, and what `carry_out` refuses: without a quorum that
    is NotOffered, with the sentence that says who is missing.
    """
    slot, held = await _held(session, slot_id, motion.seen)
    lacking = await why_not_quorate(session, slot, held, practice)
    carried = None if lacking else _carried(await queries.room(session, slot_id), motion)
    if not lacking:
        _check_dates(motion, held, practice, now)
    act = Act(motion.command, now, _written(motion), motion.case_seen, InPanel(lacking))
    saved = await carry_out(session, held.subject, act, practice)
    if carried is None:  # carry_out has refused: every decision of the panel is guarded by the quorum
        raise MeetingNotOpen(" ".join(lacking))
    await _keep(session, slot, motion, (carried, practice.version), now)
    await _give(session, held, slot.meeting_id, motion.owed, practice, now)
    if motion.command is Command.REVIEW_CLOSED and motion.verdict:
        await review_closed(session, held, Looked(Verdict(motion.verdict), motion.until), practice, now)
    # Last, so that the clock of the review that it ends is counted with it.
    await announce(session, saved, practice, now)
    if motion.verdict == Verdict.REOPEN:
        await _reopen(session, held, motion.record, practice, now)


async def leave_undecided(
    session: Session, slot_id: UUID, words: str, practice: Practice, seen: int, now: datetime
) -> None:
    """Record that the panel did not decide a case, with who is missing for a quorum: the case stays as it is.

    Raises ChangedMeanwhile, MeetingNotOpen and NotRecorded (a panel that could decide says why it did not).
    """
    slot, held = await _held(session, slot_id, seen)
    meeting = await queries.meeting(session, slot.meeting_id)
    if meeting.state is not MeetingState.UNDER_WAY or slot.state in ENDED_SLOTS:
        raise MeetingNotOpen("This slot does not run: open the meeting and go on to a case first.")
    # Nobody is in the room for a case that the panel has not come to: that says nothing of a quorum.
    was_opened = slot.state is SlotState.OPEN
    quorum = " ".join(await lacks_quorum(session, slot, held, practice)) if was_opened else ""
    if not quorum and not words.strip():
        raise NotRecorded("reason", "Say why nothing was decided, so that the next meeting knows")
    why = "\n\n".join(part for part in (f"No quorum. {quorum}" if quorum else "", words.strip()) if part)
    said = Record(reason=f"Not decided in the panel’s meeting of {meeting.held_on:%-d %B %Y}. {why}")
    await carry_out(session, held.subject, Act(Command.NOTE, now, said), practice)
    await _decision(session, slot, {"sealed_words": await session.seal(slot.subject, why)}, practice.version, now)
    await _end_slot(session, slot, SlotState.NOT_DECIDED, now)


async def give_actions(
    session: Session, slot_id: UUID, owed: Sequence[Owing], practice: Practice, now: datetime
) -> None:
    """Give actions to their owners in a slot, whether it is decided or not.

    What the meeting has given already, and is still open, is not given twice: somebody pressed twice.
    """
    slot, held = await _held(session, slot_id, None)
    open_ = {
        (each.owner, each.message, each.due_at)
        for each in await queries.actions_of(session, slot)
        if each.ended_at is None
    }
    fresh = [each for each in owed if (each.owner, each.message, each.due_at) not in open_]
    await _give(session, held, slot.meeting_id, fresh, practice, now)


async def set_home_force(
    session: Session, subject: UUID, force: str, practice: Practice, expected: int, now: datetime
) -> None:
    """Record which police force has the area where the person lives: it has to be in the room (s.37)."""
    if not force.strip():
        raise NotRecorded("force", "Enter the police force of the area where the person lives")
    said = Record(reason=f"The person lives in the area of {force.strip()}.")
    await carry_out(session, subject, Act(Command.NOTE, now, said, expected), practice)
    table = models.case_file
    await session.execute(update(table).where(table.c.subject == subject).values(home_force=force.strip()))


async def _held(session: Session, slot_id: UUID, seen: int | None) -> tuple[SlotView, Held]:
    await session.lock(slot_id)
    slot = await queries.slot(session, slot_id)
    if seen is not None and seen != slot.row_version:
        raise ChangedMeanwhile("Somebody changed this slot after you opened it: look at the changes, then go on.")
    await session.lock(slot.subject)
    return slot, await queries.held(session, slot.subject)


def _carried(room: Sequence[Seat], motion: Motion) -> _Carried:
    cast = {each.attendee: each for each in motion.votes}
    votes = []
    for seat in voters(room):
        if cast and seat.id not in cast:
            raise NotRecorded("votes", f"Record how {seat.name} votes, or that they abstain")
        votes.append((seat, cast.get(seat.id, Cast(seat.id, Vote.FOR))))
    agreement = agreed([each.vote for _, each in votes])
    if agreement is Agreement.LOST:
        raise VoteLost(
            f"{counted([each.vote for _, each in votes])}: record the decision that the panel makes instead."
        )
    if agreement is Agreement.CHAIR and not motion.chairs_words.strip():
        raise NotRecorded("chairs_words", "There is no majority: say why you as the chair decide so")
    return _Carried(agreement, tuple(votes))


def _check_dates(motion: Motion, held: Held, practice: Practice, now: datetime) -> None:
    today, next_on = now.astimezone(LONDON).date(), motion.record.next_on
    if next_on is not None and next_on <= today:
        raise NotRecorded("next_on", "The date when the panel looks at it again is after today")
    if motion.verdict != Verdict.EXTEND:
        return
    latest = practice.reviews_until(held.closed_at or now).astimezone(LONDON).date()
    if motion.until is None or not today < motion.until <= latest:
        raise NotRecorded("until", f"Enter a date after today and until {latest:%-d %B %Y}: reviews go on no longer")


def _written(motion: Motion) -> Record:
    """Return the record with what the panel chose in words, so that the history says it."""
    record, chairs = motion.record, motion.chairs_words.strip()
    if motion.command is Command.PANEL_CLOSE and record.outcome and record.reason.strip():
        record = replace(record, reason=f"{CLOSING_LABELS[ClosingOutcome(record.outcome)]}.\n\n{record.reason.strip()}")
    if not chairs:
        return record
    said = f"The chair decided: {chairs}"
    if record.grounds.strip():
        return replace(record, grounds=f"{record.grounds.strip()}\n\n{said}")
    if record.summary.strip():
        return replace(record, summary=f"{record.summary.strip()}\n\n{said}")
    return replace(record, reason=f"{record.reason.strip()}\n\n{said}")


async def _keep(session: Session, slot: SlotView, motion: Motion, how: tuple[_Carried, str], now: datetime) -> None:
    carried, version = how
    values = {
        "command": motion.command,
        "agreement": carried.agreement,
        "reason_kind": motion.reason_kind,
        "verdict": motion.verdict,
        "outcome": motion.record.outcome,
        "next_on": motion.record.next_on or motion.until,
        "sealed_words": await session.seal(slot.subject, _written(motion).written()),
    }
    decision_id = await _decision(session, slot, values, version, now)
    for seat, cast in carried.votes:
        words = cast.words.strip()
        row = {
            "decision_id": decision_id,
            "attendee": seat.id,
            "subject": slot.subject,
            "area": slot.area,
            "vote": cast.vote,
            "sealed_words": await session.seal(slot.subject, words) if words else None,
        }
        await session.execute(models.vote.insert().values(row))
    await _end_slot(session, slot, SlotState.DECIDED, now)


async def _decision(
    session: Session, slot: SlotView, values: Mapping[str, object], version: str, now: datetime
) -> UUID:
    presides = await queries.presides(session, slot.meeting_id)
    decision_id = uuid4()
    plain = {"command": "", "agreement": "", "reason_kind": "", "verdict": "", "outcome": "", "next_on": None}
    row = {
        **plain,
        **values,
        "id": decision_id,
        "slot_id": slot.id,
        "meeting_id": slot.meeting_id,
        "subject": slot.subject,
        "area": slot.area,
        "area_version": version,
        "presided_by": presides[-1].name if presides else "",
        "by_id": session.actor.id,
        "by_name": session.actor.name or session.actor.id,
        "decided_at": now,
    }
    await session.execute(models.panel_decision.insert().values(row))
    return decision_id


async def _end_slot(session: Session, slot: SlotView, state: SlotState, now: datetime) -> None:
    """End the slot: from then on nobody is in the room for the case."""
    table, present = models.slot, models.presence
    ended = {"state": state, "ended_at": now, "row_version": slot.row_version + 1}
    await session.execute(update(table).where(table.c.id == slot.id).values(ended))
    inside = (present.c.slot_id == slot.id) & present.c.left_at.is_(None)
    await session.execute(update(present).where(inside).values(left_at=now))
    facts = {"state": state.value}
    await audit.record(session, "panel.slot-ended", subject=slot.subject, now=now, area=slot.area, facts=facts)


async def _give(
    session: Session, held: Held, meeting_id: UUID, owed: Sequence[Owing], practice: Practice, now: datetime
) -> None:
    for each in owed:
        said = Record(officer=each.owner, message=each.message)
        await carry_out(session, held.subject, Act(_GIVEN[each.kind], now, said), practice)
        await keep_obligation(session, held, replace(each, about=meeting_id), now)


async def _reopen(session: Session, held: Held, record: Record, practice: Practice, now: datetime) -> None:
    """Open a case again: it stays its coordinator's, who owns the risk from now on."""
    owner = held.coordinator or held.situation.risk_owner
    said = Record(reason=record.summary, risk_owner=owner)
    saved = await carry_out(session, held.subject, Act(Command.REOPEN, now, said, in_panel=InPanel()), practice)
    await announce(session, saved, practice, now)
