"""How a notice is sent: claimed under a lease, tried outside any transaction, and the result recorded."""

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID, uuid4

from sqlalchemy import Row, Select, and_, bindparam, or_, select, text, update

from chassis import telemetry
from chassis.database import Session, is_world_down
from chassis.errors import SubjectErased
from contracts.vocabulary import AskKind
from services.notify.domain import (
    LEASE,
    MOST_UNRECORDED,
    Kind,
    RecipientKind,
    Result,
    State,
    Tried,
    Way,
    read_ask_stage,
)
from services.notify.models import ask, notice

NO_TOKEN = UUID(int=0)
AFTER_SLOW = timedelta(seconds=15)
"""So much later a notice is looked at again whose recipient's host is slow: others go before it meanwhile."""
log = telemetry.logger(__name__)
Answer = TypeVar("Answer")
_INVITING = frozenset({Kind.ASK_MADE, Kind.ASK_ENDED})
_THIS = notice.c.id == bindparam("this")
_HOLD = (
    update(notice)
    .where(_THIS)
    .values(
        {"state": text("'sending'")}
        | {
            name: bindparam(name)
            for name in (
                "lease_token",
                "leased_until",
                "first_attempt_at",
                "attempts",
                "unrecorded",
                "message_id",
                "way",
                "ways",
                "way_attempts",
                "way_began_at",
            )
        }
    )
)


@dataclass(frozen=True)
class Claimed:
    """A notice that this sender holds until its lease ends, with the token that proves it.

    `number` counts its attempts, by whatever way. `way` is the one that it goes by now, `repeated` whether it has been
    tried by it before. `meets_at` is when the
    meeting is to which it invites, or which it calls off. `with_form` says that the form goes with this attempt. `host`
    is where it is to arrive, empty where that is no host of its recipient.
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
    number: int = 0
    way: Way = Way.SMTP
    repeated: bool = False
    created_at: datetime | None = None
    way_began_at: datetime | None = None
    meets_at: datetime | None = None
    with_form: bool = False
    host: str = ""


@dataclass(frozen=True)
class Addressee:
    """Whom a notice is for, as far as the area file needs it to say how they are reached; `typed` where it does not."""

    area: str
    area_version: str
    kind: Kind
    recipient_kind: RecipientKind
    recipient_key: str
    urgent: bool
    typed: bool


WaysOf = Callable[[Addressee], tuple[Way, ...]]
HostOf = Callable[[Claimed], str]


def _by_mail(_: Addressee) -> tuple[Way, ...]:
    return (Way.SMTP,)


def _no_host(_: Claimed) -> str:
    return ""


@dataclass(frozen=True)
class Sent:
    """One attempt as it ended: the result, the server's code, and what was sent to which organisational address.

    `provider_id` is what GOV.UK Notify calls it, `receipt_due_at` (machine time) when it is asked what became of it,
    `not_before` when the receiver asked to be tried again, `acknowledged_by` the name in a webhook's answer, `form`
    whether the form went with it, or why not; `size` counts the bytes of which there is a digest;
    `without_form` that the same mail is to go at once without it; `area_version` is that of the area's file by which it
    went.
    """

    result: Result
    code: int | None = None
    address: str | None = None
    template: str | None = None
    subject_line: str | None = None
    body: str | None = None
    digest: str | None = None
    provider_id: str | None = None
    receipt_due_at: datetime | None = None
    not_before: datetime | None = None
    acknowledged_by: str = ""
    form: str | None = None
    area_version: str | None = None
    size: int | None = None
    without_form: bool = False


@dataclass(frozen=True)
class Sender:
    """What a sender claims with: its own mail domain, how and where the area file says that somebody is reached.

    On a busy way, and to a host that is slow, so many sendings are slow that no more are begun for now.
    """

    mail_domain: str
    ways_of: WaysOf = _by_mail
    host_of: HostOf = _no_host
    busy: AbstractSet[Way] = frozenset()
    slow: AbstractSet[str] = frozenset()


async def claim_due(session: Session, sender: Sender, *, limit: int, machine_now: datetime) -> tuple[Claimed, ...]:
    """Take up to `limit` notices that are due, most urgent and oldest first, for the length of a lease.

    Attempts are counted here, before the sending, so that a crash can never hide one. Notices that another sender
    holds are skipped, those whose lease ran out are taken over. A notice keeps the ways that its recipient had when it
    was first claimed; one that is to go by a busy way keeps its place, and is not claimed. One whose recipient's host
    is slow is put off a little, however many there are: what goes elsewhere is looked for behind them.
    """
    claimed: tuple[Claimed, ...] = ()
    while not claimed and (rows := await session.rows(_free(sender, limit, machine_now))):
        # Each row is claimed, or changed so that it is not found again in this turn.
        held = [await _hold(session, row, sender, machine_now) for row in rows]
        claimed = tuple(each for each in held if each is not None)
    return claimed


def _free(sender: Sender, limit: int, machine_now: datetime) -> Select[Any]:
    free = or_(notice.c.way.is_(None), notice.c.way.not_in([str(way) for way in sender.busy]))
    return (
        select(notice)
        .where(free, or_(_ready(machine_now), _abandoned(machine_now)))
        .order_by(notice.c.urgent.desc(), notice.c.created_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )


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


async def _hold(session: Session, row: Row[Any], sender: Sender, machine_now: datetime) -> Claimed | None:
    try:
        sealed = (row.recipient_sealed, row.in_reply_to_sealed, row.link_sealed)
        recipient, in_reply_to, link = [await _opened(session, row.subject, each) for each in sealed]
    except SubjectErased:
        await session.execute(update(notice).where(notice.c.id == row.id).values(state=str(State.SUPPRESSED)))
        return None
    ways = _ways_of(row) if row.ways else _asked_ways(sender, row)
    way = Way(row.way) if row.way else (ways or (Way.SMTP,))[0]
    chosen = {"way": str(way), "ways": [str(each) for each in ways] or None}
    if way in sender.busy:
        await session.execute(update(notice).where(notice.c.id == row.id).values(chosen))
        return None
    claimed = replace(
        as_it_stands(row),
        recipient=recipient,
        in_reply_to=in_reply_to,
        link=link,
        message_id=row.message_id or _message_id(row, sender.mail_domain),
        token=uuid4(),
        number=row.attempts + 1,
        way=way,
        meets_at=await _meets_at(session, row),
    )
    claimed = replace(claimed, host=_asked_host(sender, claimed))
    if claimed.host in sender.slow:
        await _put_off(session, row, chosen, machine_now)
        return None
    session.write(_HOLD, chosen | _held(row, claimed, machine_now))
    return claimed


async def _put_off(session: Session, row: Row[Any], chosen: Mapping[str, object], machine_now: datetime) -> None:
    later = "leased_until" if row.state == State.SENDING else "next_attempt_at"
    values = {**chosen, later: machine_now + AFTER_SLOW}
    await session.execute(update(notice).where(notice.c.id == row.id).values(values))


def _held(row: Row[Any], claimed: Claimed, machine_now: datetime) -> dict[str, object]:
    return {
        "this": row.id,
        "lease_token": claimed.token,
        "leased_until": machine_now + LEASE,
        "first_attempt_at": row.first_attempt_at or machine_now,
        "attempts": claimed.number,
        "unrecorded": row.unrecorded + 1,
        "message_id": claimed.message_id,
        "way_attempts": (row.way_attempts or 0) + 1,
        "way_began_at": row.way_began_at or machine_now,
    }


def _asked_ways(sender: Sender, row: Row[Any]) -> tuple[Way, ...]:
    """Return the ways to whom a notice is for; none where that cannot be told: its attempt says so, and no other's."""
    return _asked(lambda: sender.ways_of(_addressee(row)), (), row.reference)


def _asked_host(sender: Sender, claimed: Claimed) -> str:
    """Return where a notice is to arrive; nowhere where that cannot be told, as above."""
    return _asked(lambda: sender.host_of(claimed), "", claimed.reference)


def _asked(question: Callable[[], Answer], unknown: Answer, reference: str) -> Answer:
    try:
        return question()
    except Exception as error:
        if is_world_down(error):
            raise
        log.exception("It cannot be told how somebody is reached.", extra={"facts": {"reference": reference}})
        return unknown


def as_it_stands(row: Row[Any]) -> Claimed:
    """Return what a row says of a notice as it is; what was sealed, and what the claim adds, is still empty."""
    return Claimed(
        id=row.id,
        subject=row.subject,
        reference=row.reference,
        area=row.area,
        area_version=row.area_version,
        kind=Kind(row.kind),
        recipient_kind=RecipientKind(row.recipient_kind),
        recipient_key=row.recipient_key,
        recipient="",
        urgent=row.urgent,
        stage=row.stage or "",
        language=row.language,
        in_reply_to="",
        link="",
        about_id=row.about_id,
        correlation_id=row.correlation_id,
        message_id=row.message_id or "",
        token=NO_TOKEN,
        number=row.attempts,
        repeated=bool(row.way_attempts),
        created_at=row.created_at,
        way_began_at=row.way_began_at,
    )


def _addressee(row: Row[Any]) -> Addressee:
    return Addressee(
        row.area,
        row.area_version,
        Kind(row.kind),
        RecipientKind(row.recipient_kind),
        row.recipient_key,
        row.urgent,
        typed=row.recipient_sealed is not None,
    )


def _ways_of(row: Row[Any]) -> tuple[Way, ...]:
    return tuple(Way(each) for each in row.ways or (Way.SMTP,))


def tried_of(row: Row[Any], unrecorded: int, not_before: datetime | None = None) -> Tried:
    """Return how a notice has fared on the way that it is on."""
    return Tried(
        attempts=row.way_attempts or row.attempts,
        unrecorded=unrecorded,
        first_at=row.way_began_at or row.first_attempt_at,
        urgent=row.urgent,
        way=Way(row.way or Way.SMTP),
        ways=_ways_of(row),
        not_before=not_before,
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
