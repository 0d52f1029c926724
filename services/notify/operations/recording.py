"""What became of attempts is recorded, with what follows: another attempt, the next way, or a person who looks."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Row, bindparam, insert, null, select, update

from chassis import audit
from chassis.database import Session
from contracts.vocabulary import Unreached
from services.notify.domain import (
    FINAL,
    MOST_UNRECORDED,
    UNANSWERED,
    Kind,
    Next,
    NoticeAbsent,
    NoticeUnderWay,
    Result,
    State,
    after_attempt,
    on_next_way,
)
from services.notify.models import attempt, notice
from services.notify.operations.ask_answering import TOLD_BY, note_ask_mailed
from services.notify.operations.delivery import Claimed, Sent, tried_of
from services.notify.operations.keeping import keep_earlier_words, own_words
from services.notify.operations.moving import ConcernElsewhere, is_elsewhere
from services.notify.operations.receiving import mark_delivered
from services.notify.operations.unreached import tell_reached, tell_undelivered

_CLOSED = {State.ACKNOWLEDGED: State.ACKNOWLEDGED, State.SUPPRESSED: State.SENT}
_LINKED = frozenset({Kind.CONCERN_RECEIVED, Kind.CONCERN_UPDATED})
_THIS = notice.c.id == bindparam("this")
_ATTEMPT = insert(attempt)
_SETTLE = (
    update(notice)
    .where(_THIS)
    .values(
        {"lease_token": null(), "leased_until": null()}
        | {
            name: bindparam(name)
            for name in (
                "state",
                "next_attempt_at",
                "unrecorded",
                "last_result",
                "last_code",
                "template",
                "subject_line",
                "body",
                "sent_at",
                "link_sealed",
                "way",
                "way_attempts",
                "way_began_at",
                "provider_id",
                "receipt_due_at",
            )
        }
    )
)


async def record_attempts(
    session: Session, ended: Sequence[tuple[Claimed, Sent]], *, now: datetime, machine_now: datetime
) -> list[State | None]:
    """Record how attempts ended and what follows; return each notice's new state, in the same order.

    A sender that lost its lease changes the state only when its mail was accepted, because that spares the recipient a
    repeat; otherwise, and where the notice was settled or erased meanwhile, None. A notice that was closed while it
    was on its way keeps what was sent; one that was held back meanwhile is called sent.
    """
    await session.lock_all(claimed.subject for claimed, _ in ended)
    ids = [claimed.id for claimed, _ in ended]
    found = {row.id: row for row in await session.rows(select(notice).where(notice.c.id.in_(ids)).with_for_update())}
    states: list[State | None] = []
    delivered: list[UUID] = []
    for claimed, sent in ended:
        row = found.get(claimed.id)
        following = None if row is None else _following(row, claimed, sent, machine_now)
        states.append(following.state if following else None)
        if row is not None:
            on_notice = following is not None and sent.result == Result.ACCEPTED
            await _note(session, row, (claimed, sent), machine_now, on_notice=on_notice)
        if row is None or following is None:
            continue
        await _settle(session, row, sent, following, now=now)
        if sent.result == Result.ACCEPTED and Kind(row.kind) in _LINKED:
            delivered.append(row.id)
    if delivered:
        await mark_delivered(session, delivered, now=now)
    return states


def _following(row: Row[Any], claimed: Claimed, sent: Sent, machine_now: datetime) -> Next | None:
    accepted = sent.result == Result.ACCEPTED
    if accepted and row.state in _CLOSED:
        # Closed while it was on its way: what went out is kept, and one that was held back has gone out all the same.
        return Next(_CLOSED[row.state], claimed.way)
    if row.lease_token != claimed.token and not (accepted and row.state not in FINAL):
        return None
    tried = tried_of(row, _unrecorded(row, sent), sent.not_before)
    # An answer that came late was given on the way of its own attempt, whichever is under way by now.
    return after_attempt(sent.result, replace(tried, way=claimed.way) if accepted else tried, machine_now)


def _unrecorded(row: Row[Any], sent: Sent) -> int:
    """Return how many attempts on this way count as without an answer; the claim of this one has counted it already.

    An answer takes back its own attempt and no other: what may have arrived before stays counted.
    """
    return int(row.unrecorded) if sent.result in UNANSWERED else max(int(row.unrecorded) - 1, 0)


async def _note(
    session: Session, row: Row[Any], ended: tuple[Claimed, Sent], machine_now: datetime, *, on_notice: bool
) -> None:
    claimed, sent = ended
    if on_notice:
        await keep_earlier_words(session, row, sent)
    values = own_words(claimed, sent, on_notice=on_notice) | {
        "id": uuid4(),
        "notice_id": row.id,
        "area": row.area,
        "number": claimed.number,
        "way": str(claimed.way),
        "address": sent.address,
        "digest": sent.digest,
        "result": str(sent.result),
        "code": sent.code,
        "provider_id": sent.provider_id,
        "form": sent.form,
        "area_version": sent.area_version,
        "size": sent.size,
        "ended_at": machine_now,
    }
    session.write(_ATTEMPT, values)


async def _settle(session: Session, row: Row[Any], sent: Sent, following: Next, *, now: datetime) -> None:
    accepted = sent.result == Result.ACCEPTED
    values: dict[str, object] = _on_way(row, following) | {
        "this": row.id,
        "state": str(following.state),
        "next_attempt_at": following.at,
        "unrecorded": 0 if following.state == State.DUE else _unrecorded(row, sent),
        "last_result": str(sent.result),
        "last_code": sent.code,
        "template": sent.template if accepted else row.template,
        "subject_line": sent.subject_line if accepted else row.subject_line,
        "body": sent.body if accepted else row.body,
        "sent_at": now if accepted else row.sent_at,
        "link_sealed": None if following.state in FINAL else row.link_sealed,
        "provider_id": sent.provider_id if accepted else row.provider_id,
        "receipt_due_at": sent.receipt_due_at if accepted else None,
    }
    session.write(_SETTLE, values)
    if following.state in {State.SENT, State.UNDELIVERABLE, State.SUPPRESSED}:
        await _audit_end(session, row, following.state, sent.result, now=now)
        await _tell_of_end(session, row, following.state, sent.result, now=now)


def _on_way(row: Row[Any], following: Next) -> dict[str, object]:
    """Return the columns of the way that a notice is on from now: where a new one begins, its attempts do too."""
    if following.state != State.DUE:
        return {"way": str(following.way), "way_attempts": row.way_attempts, "way_began_at": row.way_began_at}
    return {"way": str(following.way), "way_attempts": 0, "way_began_at": None}


async def _tell_of_end(session: Session, row: Row[Any], state: State, result: Result, *, now: datetime) -> None:
    """Tell whoever relied on a notice where it was given up or came back, and where it has gone out after all."""
    if state == State.UNDELIVERABLE:
        why = Unreached.BOUNCED if result == Result.BOUNCED else Unreached.GIVEN_UP
        await tell_undelivered(session, row, why, now=now)
    elif state == State.SENT:
        await tell_reached(session, row, now=now)
        if Kind(row.kind) in TOLD_BY and row.about_id is not None:
            await note_ask_mailed(session, row.about_id)


async def _audit_end(session: Session, row: Row[Any], state: State, result: Result, *, now: datetime) -> None:
    facts = {"kind": row.kind, "attempts": row.attempts, "result": str(result)}
    await audit.record(session, f"notice.{state}", subject=row.subject, now=now, area=row.area, facts=facts)


async def set_aside_interrupted(session: Session, *, now: datetime, machine_now: datetime) -> int:
    """Take notices whose sender vanished too often from that way; return how many a person must look at."""
    abandoned = (
        notice.c.state == str(State.SENDING),
        notice.c.leased_until <= machine_now,
        notice.c.unrecorded >= MOST_UNRECORDED,
    )
    # Subjects are held before rows everywhere else: the other way round two transactions would wait for each other.
    await session.lock_all(row.subject for row in await session.rows(select(notice.c.subject).where(*abandoned)))
    left = await session.rows(select(notice).where(*abandoned).with_for_update())
    ends = [await _leave_way(session, row, Result.UNKNOWN, now=now) for row in left]
    return ends.count(State.UNDELIVERABLE)


async def begin_next_way(session: Session, notice_id: UUID, result: Result, *, now: datetime) -> State:
    """Take back what was thought sent, because it came back: the next way begins, or a person must look.

    Returns the new state; a notice that is settled or under way otherwise keeps its own. Raises NoticeAbsent.
    """
    row = await session.first(select(notice).where(notice.c.id == notice_id).with_for_update())
    if row is None:
        raise NoticeAbsent
    return State(row.state) if row.state != State.SENT else await _leave_way(session, row, result, now=now)


async def _leave_way(session: Session, row: Row[Any], result: Result, *, now: datetime) -> State:
    following: Next = on_next_way(tried_of(row, int(row.unrecorded)))
    values = _on_way(row, following) | {
        "state": str(following.state),
        "next_attempt_at": None,
        "unrecorded": 0 if following.state == State.DUE else row.unrecorded,
        "last_result": str(result),
        "last_code": None if result == Result.BOUNCED else row.last_code,
        "lease_token": None,
        "leased_until": None,
        "receipt_due_at": None,
    }
    await session.execute(update(notice).where(notice.c.id == row.id).values(values))
    if following.state == State.UNDELIVERABLE:
        await _audit_end(session, row, following.state, result, now=now)
        await _tell_of_end(session, row, following.state, result, now=now)
    return following.state


async def send_again(session: Session, notice_id: UUID, reason: str, *, now: datetime) -> None:
    """Make a notice due again because a person says so, with the reason; its Message-ID stays the same.

    It begins with the first way that the area file names now.

    Raises NoticeAbsent, NoticeUnderWay and ConcernElsewhere.
    """
    row = await session.first(select(notice).where(notice.c.id == notice_id).with_for_update())
    if row is None:
        raise NoticeAbsent
    if row.state in {State.DUE, State.SENDING, State.FAILED}:
        raise NoticeUnderWay("This notice is on its way already; wait for the attempt to end.")
    if await is_elsewhere(session, row):
        raise ConcernElsewhere
    await session.execute(
        update(notice)
        .where(notice.c.id == notice_id)
        .values(
            state=str(State.DUE),
            next_attempt_at=None,
            unrecorded=0,
            first_attempt_at=None,
            way=None,
            ways=None,
            way_attempts=0,
            way_began_at=None,
            receipt_due_at=None,
        )
    )
    await audit.record(
        session,
        "notice.send-again",
        subject=row.subject,
        now=now,
        reason=reason,
        area=row.area,
    )
