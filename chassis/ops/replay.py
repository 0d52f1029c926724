"""Replay: hand a part of the outbox to the relay again, as far as the outbox still holds it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, FromClause, Select, Table, and_, distinct, exists, func, not_, or_, select, update

from chassis.database import Session
from chassis.outbox import STATISTICS
from chassis.replay_order import ReplayOutsideWindow, ReplaySubjectUnknown, ReplayUnreadable, ReplayWouldLink, Selection
from chassis.tables import dispatch, outbox
from contracts.catalogue import TOPIC_BY_NAME, published_by

CHUNK = 2000
"""So many rows are handed over in one transaction."""


@dataclass(frozen=True)
class Recipient:
    """What a recipient says, by its receipts, of the events that would be sent.

    `handled` it has stored, erased or discarded, so it refuses them as repeats; `parked` wait there for a person;
    `missing` would take effect.
    """

    recipient: str
    handled: int
    parked: int
    missing: int


@dataclass(frozen=True)
class TopicExtent:
    """What a replay would send on one topic; of statistics facts the times are nobody's business."""

    topic: str
    events: int
    subjects: int
    first_at: datetime | None
    last_at: datetime | None
    recipients: tuple[Recipient, ...]


@dataclass(frozen=True)
class Extent:
    """What a selection amounts to; `last_id` bounds the work, so that events recorded meanwhile are not chased.

    `waiting` events match too and go out by themselves. `older` have left the window and every recipient has them.
    `left_out` are statistics topics that this selection would take a part of.
    """

    topics: tuple[TopicExtent, ...]
    waiting: int
    older: int
    left_out: tuple[str, ...]
    last_id: int

    @property
    def events(self) -> int:
        """Return how many events would be sent."""
        return sum(topic.events for topic in self.topics)

    @property
    def answers(self) -> int:
        """Return how many receipts come back for them: one from each recipient that has not set the event aside."""
        return sum(each.handled + each.missing for topic in self.topics for each in topic.recipients)

    def count(self, what: str) -> int:
        """Return how many (event, recipient) pairs are `handled`, `parked` or `missing`."""
        return sum(getattr(each, what) for topic in self.topics for each in topic.recipients)


@dataclass(frozen=True)
class Progress:
    """How far a replay has got: events that the relay has still to send, and receipts that came back since."""

    waiting: int
    answered: int


async def extent(session: Session, selection: Selection, window_start: datetime) -> Extent:
    """Look what a selection amounts to, and change nothing.

    Raises ReplayUnreadable for another service's topic, ReplayWouldLink, ReplayOutsideWindow when nothing of it can be
    sent any more, and ReplaySubjectUnknown.
    """
    _refuse(selection, session.service, window_start)
    topics = await _topics(session, selection, window_start)
    waiting, last_id = await _waiting(session, selection, window_start)
    older = await _older(session, selection, window_start)
    found = Extent(topics, waiting, older, _left_out(selection, session.service, window_start), last_id)
    if not found.events and not waiting:
        if older or (selection.until is not None and selection.until <= window_start):
            raise ReplayOutsideWindow(_outside(session.service, older, window_start))
        if selection.subject is not None and not await _known(session, selection, window_start):
            message = f"{session.service} has announced nothing about this subject: check its id."
            raise ReplaySubjectUnknown(message)
    return found


async def hand_over(
    session: Session, selection: Selection, window_start: datetime, *, after: int, last_id: int
) -> Sequence[int]:
    """Mark the next chunk of matching events as unpublished and return their outbox ids, in order; empty at the end.

    They keep event id, epoch and number: a consumer that has them answers with its receipt again.
    """
    chunk = (
        select(outbox.c.id)
        .where(*_sendable(selection, window_start), outbox.c.id > after, outbox.c.id <= last_id)
        .order_by(outbox.c.id)
        .limit(CHUNK)
    )
    ids = [row.id for row in await session.rows(chunk)]
    if ids:
        await session.execute(update(outbox).where(outbox.c.id.in_(ids)).values(published_at=None))
        session.wakes_relay = True
    return ids


async def progress(
    session: Session, selection: Selection, window_start: datetime, *, ordered_at: datetime, last_id: int
) -> Progress:
    """Return how far the replay that was ordered at a (machine) time has got."""
    ordered = (*_matching(outbox, selection, window_start), outbox.c.id <= last_id)
    unsent = select(func.count()).select_from(outbox).where(*ordered, outbox.c.published_at.is_(None))
    answered = (
        select(func.count())
        .select_from(dispatch.join(outbox, outbox.c.event_id == dispatch.c.event_id))
        .where(*ordered, dispatch.c.answered_at >= ordered_at)
        .where(or_(outbox.c.published_at.is_(None), outbox.c.published_at >= ordered_at))
    )
    return Progress(int(await session.scalar(unsent)), int(await session.scalar(answered)))


def _refuse(selection: Selection, service: str, window_start: datetime) -> None:
    topic = selection.topic
    if topic is None:
        return
    if (publisher := TOPIC_BY_NAME[topic].publisher) != service:
        message = f"{service} does not publish {topic}: ask {publisher}."
        raise ReplayUnreadable(message)
    if topic in STATISTICS and selection.narrows(window_start):
        message = (
            f"{topic} is replayed whole or not at all, because a part of it would tell whose facts these are: "
            "name the topic alone, without a subject or a time."
        )
        raise ReplayWouldLink(message)


def _left_out(selection: Selection, service: str, window_start: datetime) -> tuple[str, ...]:
    if selection.topic is not None or not selection.narrows(window_start):
        return ()
    return tuple(topic.name for topic in published_by(service) if topic.statistics)


def _outside(service: str, older: int, window_start: datetime) -> str:
    those = f"the {older} events of this order are older, and every recipient has had them" if older else ""
    nothing = "nothing of this order is as young"
    return f"{service} can rebuild what it announced from {window_start:%Y-%m-%d %H:%M} UTC on; {those or nothing}."


async def _topics(session: Session, selection: Selection, window_start: datetime) -> tuple[TopicExtent, ...]:
    sendable = _sendable(selection, window_start)
    recipients: dict[str, list[Recipient]] = {}
    for row in await session.rows(_by_recipient(sendable)):
        recipients.setdefault(row.topic, []).append(Recipient(row.recipient, row.handled, row.parked, row.missing))
    rows = await session.rows(
        select(
            outbox.c.topic,
            func.count().label("events"),
            func.count(distinct(outbox.c.subject)).label("subjects"),
            func.min(outbox.c.recorded_at).label("first_at"),
            func.max(outbox.c.recorded_at).label("last_at"),
        )
        .where(*sendable)
        .group_by(outbox.c.topic)
        .order_by(outbox.c.topic)
    )
    return tuple(
        TopicExtent(
            row.topic,
            row.events,
            row.subjects,
            None if row.topic in STATISTICS else row.first_at,
            None if row.topic in STATISTICS else row.last_at,
            tuple(recipients.get(row.topic, ())),
        )
        for row in rows
    )


def _by_recipient(sendable: Sequence[ColumnElement[bool]]) -> Select[tuple[str, str, int, int, int]]:
    open_line, parked = _open(), dispatch.c.parked_at.is_not(None)
    return (
        select(
            outbox.c.topic,
            dispatch.c.recipient,
            func.count().filter(not_(open_line)).label("handled"),
            func.count().filter(and_(open_line, parked)).label("parked"),
            func.count().filter(and_(open_line, not_(parked))).label("missing"),
        )
        .select_from(outbox.join(dispatch, outbox.c.event_id == dispatch.c.event_id))
        .where(*sendable)
        .group_by(outbox.c.topic, dispatch.c.recipient)
        .order_by(outbox.c.topic, dispatch.c.recipient)
    )


async def _waiting(session: Session, selection: Selection, window_start: datetime) -> tuple[int, int]:
    """Return how many matching events the relay still has to send anyway, and the highest outbox id of all."""
    unsent = outbox.c.published_at.is_(None)
    row = await session.first(
        select(func.count().filter(unsent).label("unsent"), func.coalesce(func.max(outbox.c.id), 0).label("last"))
        .select_from(outbox)
        .where(*_matching(outbox, selection, window_start))
    )
    return (row.unsent, row.last) if row else (0, 0)


async def _older(session: Session, selection: Selection, window_start: datetime) -> int:
    """Count what can no longer be sent, by the dispatch rows: they stay when the outbox is purged.

    An order by topic alone means all that is there, so nothing is missed.
    """
    if selection == Selection(topic=selection.topic):
        return 0
    conditions = (
        *_matching(dispatch, selection, window_start),
        dispatch.c.recorded_at < window_start,
        not_(_lacking(dispatch)),
    )
    return int(await session.scalar(select(func.count(distinct(dispatch.c.event_id))).where(*conditions)))


async def _known(session: Session, selection: Selection, window_start: datetime) -> bool:
    """Say whether anything was ever announced about the subject; a statistics key is nobody's subject."""
    conditions = _matching(dispatch, Selection(subject=selection.subject), window_start)
    return bool(await session.scalar(select(exists().where(*conditions))))


def _open(line: FromClause = dispatch) -> ColumnElement[bool]:
    return and_(line.c.stored_at.is_(None), line.c.erased_at.is_(None), line.c.waived_at.is_(None))


def _lacking(events: Table) -> ColumnElement[bool]:
    line = dispatch.alias()
    return exists().where(line.c.event_id == events.c.event_id, _open(line))


def _sendable(selection: Selection, window_start: datetime) -> tuple[ColumnElement[bool], ...]:
    """Select what the relay may send again: published, and young, or lacking at a recipient however old."""
    return (
        *_matching(outbox, selection, window_start),
        outbox.c.sequence.is_not(None),
        outbox.c.published_at.is_not(None),
        or_(outbox.c.recorded_at >= window_start, _lacking(outbox)),
    )


def _matching(table: Table, selection: Selection, window_start: datetime) -> tuple[ColumnElement[bool], ...]:
    given = (
        None if selection.topic is None else table.c.topic == selection.topic,
        None if selection.subject is None else table.c.subject == selection.subject,
        None if selection.since is None else table.c.recorded_at >= selection.since,
        None if selection.until is None else table.c.recorded_at < selection.until,
        table.c.topic.not_in(STATISTICS) if selection.narrows(window_start) else None,
    )
    return tuple(condition for condition in given if condition is not None)
