"""What the delivery desk looks for: notices by what is known of them, what one recipient was told, how queues age."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, func, literal, select, true, tuple_

from chassis.database import Session
from services.notify.domain import AGES, Kind, RecipientKind, State, What
from services.notify.models import attempt, concern, evidence, notice, suppression
from services.notify.queries.inboxes import PAGE_SIZE, NoticeListed, listed_notice

UNNAMED = frozenset({RecipientKind.REFERRER, RecipientKind.DUTY_OFFICER})
"""Who has no id in the area file: no history of theirs is kept together."""
FIRST_WAY = "to be chosen"
"""What stands for the way of a notice that has not been tried yet."""
_WAITING = tuple(str(state) for state in (State.DUE, State.FAILED, State.SENDING))


@dataclass(frozen=True)
class Place:
    """Where a page of notices ended: the next one begins behind it."""

    created_at: datetime
    id: UUID


@dataclass(frozen=True)
class Sought:
    """What is looked for; empty parts ask for nothing. `until` is the first moment that is too late."""

    reference: str = ""
    kind: Kind | None = None
    state: State | None = None
    way: str = ""
    recipient: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class NoticesFound:
    """A page of notices, newest first, and where the next one begins."""

    notices: tuple[NoticeListed, ...]
    more: Place | None


@dataclass(frozen=True)
class TriedOnce:
    """One attempt: by which way, how it ended, with which code, and when."""

    way: str
    result: str
    code: int | None
    ended_at: datetime


@dataclass(frozen=True)
class Told:
    """One notice in the history of its recipient: when it went out, what came back, and when people there saw it."""

    listed: NoticeListed
    sent_at: datetime | None
    seen_at: datetime | None
    came_back: int
    attempts: tuple[TriedOnce, ...]


@dataclass(frozen=True)
class Queue:
    """What waits on one way, urgent or not: how many, since when the oldest, and how many of each age."""

    way: str
    urgent: bool
    waiting: int
    oldest: datetime
    ages: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class HeldBack:
    """Somebody's wish that a notice is not sent; `confirmed_at` is None while a second word is missing."""

    reason: str
    asked_by: str
    asked_at: datetime
    confirmed_by: str
    confirmed_at: datetime | None


async def notices_sought(session: Session, sought: Sought, after: Place | None = None) -> NoticesFound:
    """Return a page of the notices that fit, newest first."""
    wanted = select(notice).where(*_conditions(sought))
    if after is not None:
        wanted = wanted.where(tuple_(notice.c.created_at, notice.c.id) < (after.created_at, after.id))
    newest_first = (notice.c.created_at.desc(), notice.c.id.desc())
    rows = await session.rows(wanted.order_by(*newest_first).limit(PAGE_SIZE + 1))
    shown = rows[:PAGE_SIZE]
    more = Place(shown[-1].created_at, shown[-1].id) if len(rows) > PAGE_SIZE else None
    return NoticesFound(tuple(listed_notice(row) for row in shown), more)


def _conditions(sought: Sought) -> list[ColumnElement[bool]]:
    same = {
        notice.c.reference: sought.reference,
        notice.c.kind: sought.kind,
        notice.c.state: sought.state,
        notice.c.way: sought.way,
    }
    found = [column == str(value) for column, value in same.items() if value]
    if sought.recipient:
        found.append(_to(sought.recipient))
    if sought.since is not None:
        found.append(notice.c.created_at >= sought.since)
    if sought.until is not None:
        found.append(notice.c.created_at < sought.until)
    return found


def _to(recipient: str) -> ColumnElement[bool]:
    """Return that a notice went to an id of the area file; never a referrer's stage, which is no id."""
    named = [str(kind) for kind in RecipientKind if kind not in UNNAMED]
    return and_(notice.c.recipient_kind.in_(named), notice.c.recipient_key == recipient)


async def history_of(
    session: Session, area: str, key: str, after: Place | None = None
) -> tuple[tuple[Told, ...], Place | None]:
    """Return a page of what one recipient of an area was told, newest first, and where the next page begins."""
    wanted: Select[Any] = select(notice, _seen_at(), _came_back()).where(notice.c.area == area, _to(key))
    if after is not None:
        wanted = wanted.where(tuple_(notice.c.created_at, notice.c.id) < (after.created_at, after.id))
    newest_first = (notice.c.created_at.desc(), notice.c.id.desc())
    rows = await session.rows(wanted.order_by(*newest_first).limit(PAGE_SIZE + 1))
    shown = rows[:PAGE_SIZE]
    made = await _attempts(session, [row.id for row in shown])
    told = tuple(
        Told(listed_notice(row), row.sent_at, row.people_at, row.came_back, made.get(row.id, ())) for row in shown
    )
    return told, Place(shown[-1].created_at, shown[-1].id) if len(rows) > PAGE_SIZE else None


def _seen_at() -> ColumnElement[Any]:
    """Return when people first opened what a notice told of: by what came back of it, or by the concern's own page."""
    people = [str(What.OPENED), str(What.ACKNOWLEDGED)]
    noted = select(func.min(evidence.c.at)).where(evidence.c.notice_id == notice.c.id, evidence.c.what.in_(people))
    opened = select(concern.c.seen_at).where(
        concern.c.subject == notice.c.subject,
        concern.c.seen_at >= notice.c.created_at,
        notice.c.kind.in_([str(Kind.CONCERN_RECEIVED), str(Kind.CONCERN_UPDATED)]),
    )
    either = (noted.correlate(notice).scalar_subquery(), opened.correlate(notice).scalar_subquery())
    return func.coalesce(*either).label("people_at")


def _came_back() -> ColumnElement[Any]:
    bounced = select(func.count()).where(evidence.c.notice_id == notice.c.id, evidence.c.what == str(What.BOUNCED))
    return bounced.correlate(notice).scalar_subquery().label("came_back")


async def _attempts(session: Session, ids: list[UUID]) -> dict[UUID, tuple[TriedOnce, ...]]:
    rows = await session.rows(
        select(attempt).where(attempt.c.notice_id.in_(ids)).order_by(attempt.c.notice_id, attempt.c.ended_at)
    )
    made: dict[UUID, list[TriedOnce]] = {}
    for row in rows:
        made.setdefault(row.notice_id, []).append(TriedOnce(row.way, row.result, row.code, row.ended_at))
    return {notice_id: tuple(each) for notice_id, each in made.items()}


async def queue_ages(session: Session, *, now: datetime) -> tuple[Queue, ...]:
    """Return what waits to be sent, by way and urgency, the urgent first; ages are counted from when it was written."""
    waited = func.extract("epoch", literal(now) - notice.c.created_at)
    banded = [func.count().filter(_within(waited, *band)).label(f"band_{at}") for at, band in enumerate(AGES.values())]
    way = func.coalesce(notice.c.way, FIRST_WAY).label("on")
    rows = await session.rows(
        select(
            way, notice.c.urgent, func.count().label("waiting"), func.min(notice.c.created_at).label("oldest"), *banded
        )
        .where(notice.c.state.in_(_WAITING))
        .group_by(way, notice.c.urgent)
        .order_by(notice.c.urgent.desc(), way)
    )
    return tuple(_queue(row) for row in rows)


def _within(waited: Any, least: int, most: int | None) -> ColumnElement[bool]:
    over: ColumnElement[bool] = waited >= least if least else true()
    return over if most is None else and_(over, waited < most)


def _queue(row: Row[Any]) -> Queue:
    ages = {words: int(getattr(row, f"band_{at}")) for at, words in enumerate(AGES)}
    return Queue(row.on, row.urgent, int(row.waiting), row.oldest, ages)


async def held_back(session: Session, notice_id: UUID) -> HeldBack | None:
    """Return the newest wish that a notice is not sent, None where there was none."""
    row = await session.first(
        select(suppression).where(suppression.c.notice_id == notice_id).order_by(suppression.c.asked_at.desc()).limit(1)
    )
    return (
        None
        if row is None
        else HeldBack(row.reason, row.asked_by, row.asked_at, row.confirmed_by or "", row.confirmed_at)
    )
