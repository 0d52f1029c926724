"""Inboxes, concerns, signposts, and how the sending stands."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, Row, Select, Table, func, select, tuple_

from chassis.database import Session
from chassis.errors import SubjectErased
from services.notify.domain import (
    ConcernAbsent,
    NoticeAbsent,
    Reach,
    RecipientKind,
    SafeguardingFacts,
    SignpostAbsent,
    State,
)
from services.notify.models import acknowledgement, attempt, concern, notice, signpost

_FACTS = TypeAdapter(SafeguardingFacts)
PAGE_SIZE = 50
MOST_SIGNPOSTS = 200
MOST_COUNTED = 1_000
"""Notices are counted up to so many: a page must not take longer as the years go by."""


@dataclass(frozen=True)
class ConcernListed:
    """One line of the inbox; no identity."""

    subject: UUID
    reference: str
    area: str
    front_door: str
    received_at: datetime
    immediate_danger: bool
    read: bool
    seen: bool
    acknowledged_at: datetime | None
    newer_since: bool
    version: int = 1


@dataclass(frozen=True)
class Acknowledged:
    """What somebody answered: who, for which organisation, when, and what was done."""

    by: str
    organisation: str
    at: datetime
    report: str
    done: str = ""


@dataclass(frozen=True)
class ConcernFound:
    """A concern as its front door may read it; `facts` is None once it has been erased."""

    listed: ConcernListed
    facts: SafeguardingFacts | None
    channel_answer: str
    channel_answered_at: datetime | None
    acknowledgements: tuple[Acknowledged, ...]


@dataclass(frozen=True)
class SignpostListed:
    """One signpost in the inbox; no identity. `ended_at` is when the police said that they need no answer any more."""

    id: UUID
    reference: str
    area: str
    service: str
    made_at: datetime
    acknowledged_at: datetime | None
    reported_at: datetime | None
    ended_at: datetime | None = None


@dataclass(frozen=True)
class SignpostFound:
    """A signpost as its receiver may read it."""

    listed: SignpostListed
    message: str
    acknowledgements: tuple[Acknowledged, ...]


@dataclass(frozen=True)
class NoticeListed:
    """One line of the delivery desk; a referrer's address is never shown."""

    id: UUID
    reference: str
    area: str
    kind: str
    recipient_kind: str
    recipient_key: str
    urgent: bool
    state: str
    created_at: datetime
    attempts: int
    last_result: str
    last_code: int | None
    way: str = ""


@dataclass(frozen=True)
class AttemptMade:
    """One attempt at sending a notice; with its words where it may have gone out and the notice keeps other words."""

    number: int
    address: str
    result: str
    code: int | None
    ended_at: datetime
    form: str = ""
    way: str = ""
    provider_id: str = ""
    area_version: str = ""
    digest: str = ""
    size: int | None = None
    is_keyed: bool = False
    template: str = ""
    subject_line: str = ""
    body: str = ""


@dataclass(frozen=True)
class NoticeFound:
    """A notice with what was sent and every attempt."""

    listed: NoticeListed
    message_id: str
    template: str
    subject_line: str
    body: str
    sent_at: datetime | None
    attempts: tuple[AttemptMade, ...]
    area_version: str = ""
    publisher: str = ""


def within(table: Table, key: ColumnElement[str], reach: frozenset[tuple[str, str]]) -> ColumnElement[bool]:
    """Return the condition that a row's (area, key) is one of those within reach."""
    return tuple_(table.c.area, key).in_(sorted(reach))


def concern_waits() -> ColumnElement[bool]:
    """Return the condition that a concern waits for its acknowledgement: nothing waits of one that was erased."""
    is_open = concern.c.acknowledged_version.is_(None) | (concern.c.acknowledged_version < concern.c.version)
    return is_open & concern.c.facts_sealed.is_not(None)


async def inbox(session: Session, reach: Reach, *, before: datetime | None = None) -> tuple[ConcernListed, ...]:
    """Return the concerns within reach: unacknowledged first and oldest first among them, then the newest answered.

    `before` continues the answered ones from an earlier page.
    """
    open_first = concern_waits()
    mine = select(concern).where(within(concern, concern.c.front_door, reach.doors))
    waiting = mine.where(open_first).order_by(concern.c.immediate_danger.desc(), concern.c.received_at)
    rows = list(await session.rows(waiting.limit(500))) if before is None else []
    # Door by door, each along its index: over several at once every answer ever given would be sorted.
    answered = [row for door in sorted(reach.doors) for row in await _answered(session, door, ~open_first, before)]
    answered.sort(key=lambda row: row.acknowledged_at, reverse=True)
    return tuple(_listed(row) for row in (*rows, *answered[:PAGE_SIZE]))


async def _answered(
    session: Session, door: tuple[str, str], closed: ColumnElement[bool], before: datetime | None
) -> Sequence[Row[Any]]:
    area, front_door = door
    at = concern.c.acknowledged_at
    chosen = select(concern).where(concern.c.area == area, concern.c.front_door == front_door, closed)
    chosen = chosen.where(at.is_not(None) if before is None else at < before)
    return await session.rows(chosen.order_by(at.desc()).limit(PAGE_SIZE))


async def concern_found(session: Session, subject: UUID, reach: Reach) -> ConcernFound:
    """Return one concern, opened; raises ConcernAbsent when it is not within reach."""
    row = await session.first(
        select(concern).where(
            concern.c.subject == subject,
            within(concern, concern.c.front_door, reach.doors),
        )
    )
    if row is None:
        raise ConcernAbsent
    return ConcernFound(
        _listed(row),
        await _facts(session, row),
        row.channel_answer or "",
        row.channel_answered_at,
        await answers_about(session, "concern", subject),
    )


async def _facts(session: Session, row: Row[Any]) -> SafeguardingFacts | None:
    try:
        return (
            None
            if row.facts_sealed is None
            else _FACTS.validate_json(await session.unseal(row.subject, row.facts_sealed))
        )
    except SubjectErased:
        return None


def _listed(row: Row[Any]) -> ConcernListed:
    answered = row.acknowledged_version
    return ConcernListed(
        subject=row.subject,
        reference=row.reference,
        area=row.area,
        front_door=row.front_door,
        received_at=row.received_at,
        immediate_danger=row.immediate_danger,
        read=row.read,
        seen=row.seen_at is not None,
        acknowledged_at=row.acknowledged_at if answered is not None and answered >= row.version else None,
        newer_since=answered is not None and answered < row.version,
        version=row.version,
    )


async def signposts(session: Session, reach: Reach) -> tuple[SignpostListed, ...]:
    """Return the signposts within reach, those without a report and oldest first, then the newest reported."""
    waiting = await signposts_waiting(session, reach)
    answered = select(signpost).where(
        signpost.c.reported_at.is_not(None), within(signpost, signpost.c.service, reach.services)
    )
    rows = await session.rows(answered.order_by(signpost.c.reported_at.desc()).limit(PAGE_SIZE))
    return (*waiting, *(_signpost(row) for row in rows))


async def signposts_waiting(session: Session, reach: Reach | None = None) -> tuple[SignpostListed, ...]:
    """Return the signposts that wait for a report within reach (in the reader's areas for None), oldest first."""
    waiting = signpost.c.reported_at.is_(None) & signpost.c.ended_at.is_(None)
    wanted: Select[Any] = select(signpost).where(waiting).order_by(signpost.c.made_at)
    if reach is not None:
        wanted = wanted.where(within(signpost, signpost.c.service, reach.services))
    return tuple(_signpost(row) for row in await session.rows(wanted.limit(MOST_SIGNPOSTS)))


async def signpost_found(session: Session, signpost_id: UUID, reach: Reach | None) -> SignpostFound:
    """Return one signpost, opened; raises SignpostAbsent when it is not within reach."""
    wanted = select(signpost).where(signpost.c.id == signpost_id)
    if reach is not None:
        wanted = wanted.where(within(signpost, signpost.c.service, reach.services))
    row = await session.first(wanted)
    if row is None:
        raise SignpostAbsent
    message = await text_of(session, row.subject, row.message_sealed)
    return SignpostFound(_signpost(row), message, await answers_about(session, "signpost", signpost_id))


def _signpost(row: Row[Any]) -> SignpostListed:
    return SignpostListed(
        row.id,
        row.reference,
        row.area,
        row.service,
        row.made_at,
        row.acknowledged_at,
        row.reported_at,
        row.ended_at,
    )


async def answers_about(session: Session, about: str, about_id: UUID) -> tuple[Acknowledged, ...]:
    """Return what was answered to a concern, a signpost or a transfer, newest first."""
    rows = await session.rows(
        select(acknowledgement)
        .where(acknowledgement.c.about == about, acknowledgement.c.about_id == about_id)
        .order_by(acknowledgement.c.at.desc())
    )
    return tuple(
        [
            Acknowledged(
                await text_of(session, row.subject, row.by_sealed),
                row.organisation,
                row.at,
                await text_of(session, row.subject, row.report_sealed),
                await text_of(session, row.subject, row.done_sealed),
            )
            for row in rows
        ]
    )


async def text_of(session: Session, subject: UUID, sealed: bytes | None) -> str:
    """Return what was sealed, nothing where it was not or has been erased."""
    try:
        return "" if sealed is None else await session.unseal_text(subject, sealed)
    except SubjectErased:
        return ""


async def counts_by_state(session: Session) -> dict[State, int]:
    """Return how many notices of the reader's areas stand in each state, counted up to MOST_COUNTED."""
    return {state: await _counted(session, state) for state in State}


async def _counted(session: Session, state: State) -> int:
    some = select(notice.c.state).where(notice.c.state == str(state)).limit(MOST_COUNTED).subquery()
    return int(await session.scalar(select(func.count()).select_from(some)) or 0)


async def notice_found(session: Session, notice_id: UUID) -> NoticeFound:
    """Return a notice with its attempts, newest first; raises NoticeAbsent."""
    row = await session.first(select(notice).where(notice.c.id == notice_id))
    if row is None:
        raise NoticeAbsent
    made = await session.rows(
        select(attempt).where(attempt.c.notice_id == notice_id).order_by(attempt.c.ended_at.desc())
    )
    attempts = tuple(
        AttemptMade(
            one.number,
            one.address or "",
            one.result,
            one.code,
            one.ended_at,
            one.form or "",
            one.way,
            one.provider_id or "",
            one.area_version or "",
            one.digest or "",
            one.size,
            row.recipient_sealed is not None,
            one.template or "",
            one.subject_line or "",
            one.body or "",
        )
        for one in made
    )
    return NoticeFound(
        listed_notice(row),
        row.message_id or "",
        row.template or "",
        row.subject_line or "",
        row.body or "",
        row.sent_at,
        attempts,
        row.area_version,
        row.publisher,
    )


def listed_notice(row: Row[Any]) -> NoticeListed:
    """Return one line of the delivery desk."""
    return NoticeListed(
        id=row.id,
        reference=row.reference,
        area=row.area,
        kind=row.kind,
        recipient_kind=row.recipient_kind,
        # A referrer's key is the stage, which says nothing of who they are.
        recipient_key=row.recipient_key if row.recipient_kind != RecipientKind.REFERRER else "",
        urgent=row.urgent,
        state=row.state,
        created_at=row.created_at,
        attempts=row.attempts,
        last_result=row.last_result or "",
        last_code=row.last_code,
        way=row.way or "",
    )


async def notices_known(session: Session, ids: Sequence[UUID]) -> frozenset[UUID]:
    """Return which of these notices there still are."""
    return frozenset(row.id for row in await session.rows(select(notice.c.id).where(notice.c.id.in_(ids))))
