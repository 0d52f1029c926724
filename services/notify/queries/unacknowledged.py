"""Everything that nobody has acknowledged: concerns, signposts, transfers and asks, the oldest first."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Table, func, select

from chassis.database import Session
from contracts.vocabulary import AskKind
from services.notify.domain import Kind, Owner, Reach, Result, State, owner_of
from services.notify.models import ask, concern, notice, signpost, transfer
from services.notify.queries.inboxes import concern_waits, within

MOST_WAITING = 200
"""So many of each sort are shown, the oldest of them."""


class Waits(StrEnum):
    """What waits for an acknowledgement."""

    CONCERN = "concern"
    SIGNPOST = "signpost"
    TRANSFER = "transfer"
    ASK = "ask"


@dataclass(frozen=True)
class Waiting:
    """One thing that nobody has acknowledged; no identity. `owner` is an id of the area file, "" for a typed address.

    `since` is when its clock began, `due_at` by when an ask is due (for all others the area file says it); `told` how
    many of the persons named in turn have been told, `is_over` that all of them were. `state` is that of the newest
    notice that told of it to whom it is with, `result` the end of its last attempt; None before there is one.
    """

    what: Waits
    id: UUID
    subject: UUID
    reference: str
    area: str
    area_version: str
    owner: str
    since: datetime
    immediate_danger: bool = False
    seen: bool = False
    due_at: datetime | None = None
    told: int = 0
    is_over: bool = False
    state: State | None = None
    result: Result | None = None


_TOLD_BY: Mapping[Kind, Waits] = {
    Kind.CONCERN_RECEIVED: Waits.CONCERN,
    Kind.CONCERN_UPDATED: Waits.CONCERN,
    Kind.SIGNPOST_MADE: Waits.SIGNPOST,
    Kind.TRANSFER_OFFERED: Waits.TRANSFER,
    Kind.ASK_MADE: Waits.ASK,
    Kind.ASK_REMINDED: Waits.ASK,
    Kind.ASK_OVERDUE: Waits.ASK,
}
"""The notices that tell of what waits."""


async def unacknowledged(session: Session, *, now: datetime, reach: Reach | None = None) -> tuple[Waiting, ...]:
    """Return what waits within reach (in the reader's areas for None), immediate danger first, then the oldest."""
    found = [*await _concerns(session, reach), *await _signposts(session, reach)]
    if reach is None:
        found += [*await _transfers(session), *await _asks(session, now)]
    found = await _with_sending(session, found)
    return tuple(sorted(found, key=lambda one: (not one.immediate_danger, one.since, one.reference)))


async def count_silent(session: Session) -> int:
    """Count the concerns that nobody has acknowledged although everybody whom the area names was told."""
    silent = select(func.count()).where(concern_waits(), concern.c.escalation_ended_at.is_not(None))
    return int(await session.scalar(silent) or 0)


@dataclass(frozen=True)
class Undelivered:
    """How many notices reached nobody and wait for the delivery desk: of all that only it can see to, and of calls."""

    desk: int
    duty_officer: int


async def count_undelivered(session: Session) -> Undelivered:
    """Count the notices that could not be delivered and of which nobody else is told, and the calls to duty officers.

    They count until the desk sends them again or holds them back because somebody was told in another way.
    """
    waits = notice.c.state == str(State.UNDELIVERABLE)
    rows = await session.rows(
        select(notice.c.kind, notice.c.publisher, func.count().label("how_many"))
        .where(waits)
        .group_by(notice.c.kind, notice.c.publisher)
    )
    desk = sum(row.how_many for row in rows if owner_of(Kind(row.kind), row.publisher) is Owner.DESK)
    return Undelivered(desk, sum(row.how_many for row in rows if row.kind == Kind.DUTY_PAGED))


async def _concerns(session: Session, reach: Reach | None) -> list[Waiting]:
    mine = [] if reach is None else [within(concern, concern.c.front_door, reach.doors)]
    urgent_first = (concern.c.immediate_danger.desc(), concern.c.received_at)
    wanted = select(concern).where(concern_waits(), *mine).order_by(*urgent_first).limit(MOST_WAITING)
    return [
        Waiting(
            what=Waits.CONCERN,
            id=row.subject,
            subject=row.subject,
            reference=row.reference,
            area=row.area,
            area_version=row.area_version,
            owner=row.front_door,
            since=row.clock_began_at or row.received_at,
            immediate_danger=row.immediate_danger,
            seen=row.seen_at is not None,
            told=row.escalated,
            is_over=row.escalation_ended_at is not None,
        )
        for row in await session.rows(wanted)
    ]


async def _signposts(session: Session, reach: Reach | None) -> list[Waiting]:
    waits = signpost.c.acknowledged_at.is_(None) & signpost.c.ended_at.is_(None)
    waits &= signpost.c.message_sealed.is_not(None)
    mine = [] if reach is None else [within(signpost, signpost.c.service, reach.services)]
    rows = await _oldest(session, signpost, waits, *mine, by=signpost.c.made_at)
    return [_asked_by_police(Waits.SIGNPOST, row, row.service, row.made_at) for row in rows]


async def _transfers(session: Session) -> list[Waiting]:
    waits = transfer.c.answered_at.is_(None) & transfer.c.called_back_at.is_(None)
    waits &= transfer.c.message_sealed.is_not(None)
    rows = await _oldest(session, transfer, waits, by=transfer.c.offered_at)
    return [_asked_by_police(Waits.TRANSFER, row, row.force, row.offered_at) for row in rows]


async def _asks(session: Session, now: datetime) -> list[Waiting]:
    waits = ask.c.answered_at.is_(None) & ask.c.ended_at.is_(None) & ask.c.acknowledged_at.is_(None)
    # Of a pack no answer is asked: whoever has opened it has read it. Of what was erased nothing waits.
    waits &= (ask.c.kind != str(AskKind.PACK)) | ask.c.seen_at.is_(None)
    waits &= ask.c.content_sealed.is_not(None)
    rows = await _oldest(session, ask, waits & (ask.c.expires_at > now), by=ask.c.made_at)
    return [
        Waiting(
            what=Waits.ASK,
            id=row.id,
            subject=row.subject,
            reference=row.reference,
            area=row.area,
            area_version=row.area_version,
            owner=row.recipient,
            since=row.made_at,
            seen=row.seen_at is not None,
            due_at=row.due_at,
            is_over=row.undelivered_at is not None,
        )
        for row in rows
    ]


async def _oldest(
    session: Session, table: Table, *waits: ColumnElement[bool], by: ColumnElement[Any]
) -> list[Row[Any]]:
    return list(await session.rows(select(table).where(*waits).order_by(by).limit(MOST_WAITING)))


def _asked_by_police(what: Waits, row: Row[Any], owner: str, since: datetime) -> Waiting:
    return Waiting(what, row.id, row.subject, row.reference, row.area, row.area_version, owner, since)


async def _with_sending(session: Session, found: Sequence[Waiting]) -> list[Waiting]:
    """Return what waits, each with how the newest notice stands that told of it."""
    names = ("subject", "about_id", "kind", "recipient_key", "state", "last_result")
    telling = notice.c.kind.in_([str(kind) for kind in _TOLD_BY])
    wanted = (
        select(*(notice.c[name] for name in names))
        .where(notice.c.subject.in_({one.subject for one in found}), telling)
        .order_by(notice.c.created_at, notice.c.concern_version, notice.c.id)
    )
    newest = _newest(await session.rows(wanted)) if found else {}
    return [
        replace(one, state=State(row.state), result=Result(row.last_result) if row.last_result else None)
        if (row := newest.get((one.what, one.id, one.owner if one.what is Waits.CONCERN else ""))) is not None
        else one
        for one in found
    ]


def _newest(rows: Iterable[Row[Any]]) -> dict[tuple[Waits, UUID, str], Row[Any]]:
    """Return the last notice of each thing that waits; those to a front door that had a concern before do not count."""
    found = {}
    for row in rows:
        what = _TOLD_BY[Kind(row.kind)]
        of_concern = what is Waits.CONCERN
        key = what, row.subject if of_concern else row.about_id, row.recipient_key if of_concern else ""
        found[key] = row
    return found
