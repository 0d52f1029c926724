"""How a notice is sent: claimed under a lease, tried outside any transaction, and the result recorded."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Row, and_, bindparam, insert, null, or_, select, text, update

from chassis import audit
from chassis.database import Session
from chassis.errors import SubjectErased
from contracts.vocabulary import AskKind
from services.notify.domain import (
    FINAL,
    LEASE,
    MOST_UNRECORDED,
    Kind,
    Next,
    NoticeAbsent,
    NoticeUnderWay,
    RecipientKind,
    Result,
    State,
    Tried,
    after_attempt,
    read_ask_stage,
)
from services.notify.models import ask, attempt, notice
from services.notify.operations.ask_answering import TOLD_BY, give_up_ask, note_ask_mailed
from services.notify.operations.receiving import mark_delivered

_LINKED = frozenset({Kind.CONCERN_RECEIVED, Kind.CONCERN_UPDATED})
_INVITING = frozenset({Kind.ASK_MADE, Kind.ASK_ENDED})
_THIS = notice.c.id == bindparam("this")
_ATTEMPT = insert(attempt)
_HOLD = (
    update(notice)
    .where(_THIS)
    .values(
        {"state": text("'sending'")}
        | {
            name: bindparam(name)
            for name in ("lease_token", "leased_until", "first_attempt_at", "attempts", "unrecorded", "message_id")
        }
    )
)
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
            )
        }
    )
)


@dataclass(frozen=True)
class Claimed:
    """A notice that this sender holds until its lease ends, with the token that proves it.

    `meets_at` is when the meeting is to which it invites, or which it calls off.
    """

    id: UUID
    subject: UUID
    reference: str
    area: str
    area_version: str
    kind: Kind
    recipient_kind: RecipientKind
    recipient_key: str
    recipient: str
    urgent: bool
    stage: str
    language: str
    in_reply_to: str
    link: str
    about_id: UUID | None
    correlation_id: UUID | None
    message_id: str
    token: UUID
    meets_at: datetime | None = None


@dataclass(frozen=True)
class Sent:
    """One attempt as it ended: the result, the server's code, and what was sent to which organisational address."""

    result: Result
    code: int | None = None
    address: str | None = None
    template: str | None = None
    subject_line: str | None = None
    body: str | None = None
    digest: str | None = None


async def claim_due(session: Session, *, limit: int, mail_domain: str, machine_now: datetime) -> tuple[Claimed, ...]:
    """Take up to `limit` notices that are due, most urgent and oldest first, for the length of a lease.

    Attempts are counted here, before the sending, so that a crash can never hide one. Notices that another sender
    holds are skipped, those whose lease ran out are taken over.
    """
    rows = await session.rows(
        select(notice)
        .where(or_(_ready(machine_now), _abandoned(machine_now)))
        .order_by(notice.c.urgent.desc(), notice.c.created_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    held = [await _hold(session, row, mail_domain, machine_now) for row in rows]
    return tuple(claimed for claimed in held if claimed is not None)


def _ready(machine_now: datetime) -> Any:
    waiting = notice.c.state.in_([str(State.DUE), str(State.FAILED)])
    return and_(
        waiting,
        or_(notice.c.next_attempt_at.is_(None), notice.c.next_attempt_at <= machine_now),
    )


def _abandoned(machine_now: datetime) -> Any:
    return and_(
        notice.c.state == str(State.SENDING),
        notice.c.leased_until <= machine_now,
        notice.c.unrecorded < MOST_UNRECORDED,
    )


async def _hold(session: Session, row: Row[Any], mail_domain: str, machine_now: datetime) -> Claimed | None:
    try:
        sealed = (row.recipient_sealed, row.in_reply_to_sealed, row.link_sealed)
        recipient, in_reply_to, link = [await _opened(session, row.subject, each) for each in sealed]
    except SubjectErased:
        await session.execute(update(notice).where(notice.c.id == row.id).values(state=str(State.SUPPRESSED)))
        return None
    token = uuid4()
    message_id = row.message_id or _message_id(row, mail_domain)
    values = {
        "this": row.id,
        "lease_token": token,
        "leased_until": machine_now + LEASE,
        "first_attempt_at": row.first_attempt_at or machine_now,
        "attempts": row.attempts + 1,
        "unrecorded": row.unrecorded + 1,
        "message_id": message_id,
    }
    session.write(_HOLD, values)
    return Claimed(
        id=row.id,
        subject=row.subject,
        reference=row.reference,
        area=row.area,
        area_version=row.area_version,
        kind=Kind(row.kind),
        recipient_kind=RecipientKind(row.recipient_kind),
        recipient_key=row.recipient_key,
        recipient=recipient,
        urgent=row.urgent,
        stage=row.stage or "",
        language=row.language,
        in_reply_to=in_reply_to,
        link=link,
        about_id=row.about_id,
        correlation_id=row.correlation_id,
        message_id=message_id,
        token=token,
        meets_at=await _meets_at(session, row),
    )


async def _meets_at(session: Session, row: Row[Any]) -> datetime | None:
    if row.kind not in _INVITING or read_ask_stage(row.stage)[0] is not AskKind.INVITATION:
        return None
    found: datetime | None = await session.scalar(select(ask.c.due_at).where(ask.c.id == row.about_id))
    return found


def _message_id(row: Row[Any], mail_domain: str) -> str:
    """Return a Message-ID of our own; a referrer's names the referral, so that an answer tells it whatever its subject.

    Mail programs answer with the Message-ID, and people change subjects. Of two references the first counts.
    """
    own = row.reference.partition(" ")[0] if row.recipient_kind == RecipientKind.REFERRER else ""
    named = f"{own}." if own else ""
    return f"<{named}{row.id}@{mail_domain}>"


async def _opened(session: Session, subject: UUID, sealed: bytes | None) -> str:
    return "" if sealed is None else await session.unseal_text(subject, sealed)


async def record_attempts(
    session: Session, ended: Sequence[tuple[Claimed, Sent]], *, now: datetime, machine_now: datetime
) -> list[State | None]:
    """Record how attempts ended and what follows; return each notice's new state, in the same order.

    A sender that lost its lease changes the state only when its mail was accepted, because that spares the recipient a
    repeat; otherwise, and where the notice was settled or erased meanwhile, None.
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
            _note(session, row, sent, machine_now)
        if row is None or following is None:
            continue
        await _settle(session, row, sent, following, now=now)
        if sent.result == Result.ACCEPTED and Kind(row.kind) in _LINKED:
            delivered.append(row.subject)
    if delivered:
        await mark_delivered(session, delivered, now=now)
    return states


def _following(row: Row[Any], claimed: Claimed, sent: Sent, machine_now: datetime) -> Next | None:
    accepted = sent.result == Result.ACCEPTED
    if row.lease_token != claimed.token and not (accepted and row.state not in FINAL):
        return None
    tried = Tried(row.attempts, _unrecorded(row, sent), row.first_attempt_at, row.urgent)
    return after_attempt(sent.result, tried, machine_now)


def _unrecorded(row: Row[Any], sent: Sent) -> int:
    return int(row.unrecorded) if sent.result == Result.UNKNOWN else 0


def _note(session: Session, row: Row[Any], sent: Sent, machine_now: datetime) -> None:
    values = {
        "id": uuid4(),
        "notice_id": row.id,
        "area": row.area,
        "number": row.attempts,
        "way": "smtp",
        "address": sent.address,
        "digest": sent.digest,
        "result": str(sent.result),
        "code": sent.code,
        "ended_at": machine_now,
    }
    session.write(_ATTEMPT, values)


async def _settle(session: Session, row: Row[Any], sent: Sent, following: Next, *, now: datetime) -> None:
    accepted = sent.result == Result.ACCEPTED
    values: dict[str, object] = {
        "this": row.id,
        "state": str(following.state),
        "next_attempt_at": following.at,
        "unrecorded": _unrecorded(row, sent),
        "last_result": str(sent.result),
        "last_code": sent.code,
        "template": sent.template if accepted else row.template,
        "subject_line": sent.subject_line if accepted else row.subject_line,
        "body": sent.body if accepted else row.body,
        "sent_at": now if accepted else row.sent_at,
        "link_sealed": None if following.state in FINAL else row.link_sealed,
    }
    session.write(_SETTLE, values)
    if following.state in {State.SENT, State.UNDELIVERABLE, State.SUPPRESSED}:
        await _audit_end(session, row, following.state, sent.result, now=now)
        await _tell_of_ask(session, row, following.state, now=now)


async def _tell_of_ask(session: Session, row: Row[Any], state: State, *, now: datetime) -> None:
    """Keep for an ask whether its mails arrive: whoever asked is told of one that was given up."""
    if Kind(row.kind) not in TOLD_BY or row.about_id is None:
        return
    if state == State.SENT:
        await note_ask_mailed(session, row.about_id)
    elif state == State.UNDELIVERABLE:
        await give_up_ask(session, row.about_id, now=now)


async def _audit_end(session: Session, row: Row[Any], state: State, result: Result, *, now: datetime) -> None:
    facts = {"kind": row.kind, "attempts": row.attempts, "result": str(result)}
    await audit.record(session, f"notice.{state}", subject=row.subject, now=now, area=row.area, facts=facts)


async def set_aside_interrupted(session: Session, *, now: datetime, machine_now: datetime) -> int:
    """Give notices whose sender vanished too often to a person; return how many those were."""
    abandoned = (
        notice.c.state == str(State.SENDING),
        notice.c.leased_until <= machine_now,
        notice.c.unrecorded >= MOST_UNRECORDED,
    )
    # Subjects are held before rows everywhere else: the other way round two transactions would wait for each other.
    await session.lock_all(row.subject for row in await session.rows(select(notice.c.subject).where(*abandoned)))
    done = await session.rows(
        update(notice)
        .where(*abandoned)
        .values(
            state=str(State.UNDELIVERABLE),
            last_result=str(Result.UNKNOWN),
            lease_token=None,
            leased_until=None,
        )
        .returning(notice)
    )
    for row in done:
        await _audit_end(session, row, State.UNDELIVERABLE, Result.UNKNOWN, now=now)
        await _tell_of_ask(session, row, State.UNDELIVERABLE, now=now)
    return len(done)


async def send_again(session: Session, notice_id: UUID, reason: str, *, now: datetime) -> None:
    """Make a notice due again because a person says so, with the reason; its Message-ID stays the same.

    Raises NoticeAbsent and NoticeUnderWay.
    """
    row = await session.first(select(notice).where(notice.c.id == notice_id).with_for_update())
    if row is None:
        raise NoticeAbsent
    if row.state in {State.DUE, State.SENDING, State.FAILED}:
        raise NoticeUnderWay("This notice is on its way already; wait for the attempt to end.")
    await session.execute(
        update(notice)
        .where(notice.c.id == notice_id)
        .values(
            state=str(State.DUE),
            next_attempt_at=None,
            unrecorded=0,
            first_attempt_at=None,
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
