"""What people at the receiving end do: they open what they were sent, and acknowledge it with what they did."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, Row, insert, select, update

from chassis import audit
from chassis.database import Session
from contracts.vocabulary import LineState
from services.notify.domain import (
    AlreadyAcknowledged,
    ConcernAbsent,
    Kind,
    Reach,
    State,
    What,
)
from services.notify.models import acknowledgement, concern, notice
from services.notify.operations.evidence import note_people, of_concern
from services.notify.operations.receiving import report_concerns
from services.notify.queries import within


@dataclass(frozen=True)
class Answer:
    """What a person says that their team did; `everywhere` for the desk, which answers on a service's word.

    `by` is the name and service that somebody gave who came by a link and has no account.
    """

    reach: Reach
    report: str
    everywhere: bool = False
    by: str = ""


async def open_concern(session: Session, subject: UUID, reach: Reach, *, now: datetime) -> None:
    """Record that a person reads a concern of their own front door; the first reading counts as seen.

    Raises ConcernAbsent when there is no such concern within reach.
    """
    row = await own_concern(session, subject, reach)
    await audit.record_read(
        session,
        subject=subject,
        now=now,
        reason="Opened in the inbox of the front door",
    )
    await note_people(session, of_concern(subject), What.OPENED, now=now)
    if row.seen_at is None:
        await session.execute(update(concern).where(concern.c.subject == subject).values(seen_at=now))
        await report_concerns(session, [subject], LineState.SEEN, now=now)


async def acknowledge_concern(session: Session, subject: UUID, answer: Answer, *, now: datetime) -> None:
    """Record that the front door has a concern in hand, with what it did.

    Raises ConcernAbsent, and AlreadyAcknowledged unless a newer version has come since.
    """
    row = await own_concern(session, subject, answer.reach)
    if row.acknowledged_version is not None and row.acknowledged_version >= row.version:
        raise AlreadyAcknowledged("This concern has been acknowledged already; its page shows by whom.")
    await session.execute(
        update(concern)
        .where(concern.c.subject == subject)
        .values(
            acknowledged_at=now,
            acknowledged_version=row.version,
            escalate_at=None,
            seen_at=row.seen_at or now,
        )
    )
    await keep_answer(session, row, Answered("concern", subject, answer.report, row.version, by=answer.by), now=now)
    await close_notices(
        session,
        notice.c.subject == subject,
        (Kind.CONCERN_RECEIVED, Kind.CONCERN_UPDATED),
    )
    of_its_clock = (notice.c.subject == subject) & (notice.c.publisher == "intake")
    await close_notices(session, of_its_clock, (Kind.CLOCK_ESCALATED,))
    await report_concerns(session, [subject], LineState.ACKNOWLEDGED, now=now)
    await audit.record(session, "concern.acknowledge", subject=subject, now=now, area=row.area)


async def own_concern(session: Session, subject: UUID, reach: Reach) -> Row[Any]:
    """Return a concern of one's own front door, its subject held; raises ConcernAbsent."""
    await session.lock(subject)
    row = await session.first(
        select(concern).where(
            concern.c.subject == subject,
            within(concern, concern.c.front_door, reach.doors),
        )
    )
    if row is None:
        raise ConcernAbsent
    return row


@dataclass(frozen=True)
class Answered:
    """What was answered to: `concern`, `signpost` or `transfer`, its id, in which words, about which version."""

    about: str
    about_id: UUID
    report: str
    version: int = 1
    by: str = ""
    done: str = ""


async def keep_answer(session: Session, row: Row[Any], answered: Answered, *, now: datetime) -> None:
    """Keep who answered what; whoever came by a link is known by the name that they gave."""
    values = {
        "id": uuid4(),
        "subject": row.subject,
        "area": row.area,
        "about": answered.about,
        "about_id": answered.about_id,
        "version": answered.version,
        "actor_id": session.actor.id,
        "organisation": session.actor.organisation,
        "by_sealed": await session.seal(row.subject, answered.by or session.actor.name),
        "report_sealed": await session.seal(row.subject, answered.report) if answered.report else None,
        "done_sealed": await session.seal(row.subject, answered.done) if answered.done else None,
        "at": now,
    }
    await session.execute(insert(acknowledgement).values(values))
    about = of_concern(row.subject) if answered.about == "concern" else notice.c.about_id == answered.about_id
    await note_people(session, about, What.ACKNOWLEDGED, now=now)


async def close_notices(session: Session, about: ColumnElement[bool], kinds: Sequence[Kind]) -> None:
    """Whoever has answered need not be mailed again: what still waits is not sent."""
    waiting = (
        str(State.DUE),
        str(State.FAILED),
        str(State.SENT),
        str(State.UNDELIVERABLE),
    )
    await session.execute(
        update(notice)
        .where(
            about,
            notice.c.kind.in_([str(kind) for kind in kinds]),
            notice.c.state.in_(waiting),
        )
        .values(state=str(State.ACKNOWLEDGED), next_attempt_at=None)
    )


async def take_back(session: Session, about_id: UUID, kind: Kind) -> bool:
    """Send no more of what nobody has been asked yet; say whether somebody was asked, and so must be told."""
    asked = (notice.c.about_id == about_id) & (notice.c.kind == str(kind))
    state = await session.scalar(select(notice.c.state).where(asked))
    await close_notices(session, asked, (kind,))
    return state not in (str(State.DUE), str(State.FAILED), str(State.UNDELIVERABLE))
