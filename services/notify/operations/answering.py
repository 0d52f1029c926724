"""What people at the receiving end do: they open what they were sent, and acknowledge it with what they did."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, Row, and_, func, insert, select, update

from chassis import audit
from chassis.database import Session
from contracts.vocabulary import LineState, NoLongerRung
from services.notify.domain import (
    AlreadyAcknowledged,
    ConcernAbsent,
    Kind,
    Origin,
    Reach,
    RecipientKind,
    State,
    Telling,
    What,
)
from services.notify.models import acknowledgement, concern, notice
from services.notify.operations.evidence import note_people, of_concern
from services.notify.operations.receiving import report_concerns, write_notice
from services.notify.operations.ringing import end_ringing, end_ringing_door, end_unreached_door
from services.notify.queries import within


@dataclass(frozen=True)
class Answer:
    """What a person says that their team did; `everywhere` for the desk, which answers on a service's word.

    `by` is the name and service that somebody gave who came by a link and has no account. `version` is that of the
    concern which they were shown, nought for the newest.
    """

    reach: Reach
    report: str
    everywhere: bool = False
    by: str = ""
    version: int = 0


async def open_concern(session: Session, subject: UUID, reach: Reach, *, now: datetime) -> None:
    """Record that a person reads a concern of their own front door; the first reading counts as seen.

    So does the first one after a mail of it came back: what was seen before is an older version.

    Raises ConcernAbsent when there is no such concern within reach.
    """
    row = await own_concern(session, subject, reach)
    await audit.record_read(
        session,
        subject=subject,
        now=now,
        reason="Opened in the inbox of the front door",
    )
    await note_people(session, _shown(row, row.version), What.OPENED, now=now)
    if row.seen_at is None or row.delivered_at is None:
        first = {"seen_at": row.seen_at or now}
        await session.execute(update(concern).where(concern.c.subject == subject).values(first))
        await report_concerns(session, [subject], LineState.SEEN, now=now)
        await end_unreached_door(session, subject, row.front_door, NoLongerRung.READ, now=now)


async def acknowledge_concern(session: Session, subject: UUID, answer: Answer, *, now: datetime) -> bool:
    """Record that the front door has a concern in hand as far as it was shown, with what it did.

    Returns whether that was all of it: where a newer version has come meanwhile, that one waits on, its clock runs on,
    and the front door is mailed to read it. Raises ConcernAbsent, and AlreadyAcknowledged where somebody was first.
    """
    row = await own_concern(session, subject, answer.reach)
    version = min(answer.version or row.version, row.version)
    if row.acknowledged_version is not None and row.acknowledged_version >= version:
        raise AlreadyAcknowledged("This concern has been acknowledged already; its page shows by whom.")
    values = {"acknowledged_at": now, "acknowledged_version": version, "seen_at": row.seen_at or now}
    await session.execute(update(concern).where(concern.c.subject == subject).values(values))
    await keep_answer(session, row, Answered("concern", subject, answer.report, version, by=answer.by), now=now)
    await close_notices(session, _shown(row, version), (Kind.CONCERN_RECEIVED, Kind.CONCERN_UPDATED))
    if version == row.version:
        await _end_clock(session, row, now=now)
    else:
        await _tell_newest(session, row, now=now)
    facts: dict[str, str | int] = {"version": version}
    await audit.record(session, "concern.acknowledge", subject=subject, now=now, area=row.area, facts=facts)
    return bool(version == row.version)


def _shown(row: Row[Any], version: int) -> ColumnElement[bool]:
    """Return which notices have told the front door that has a concern (its row) of it, up to a version."""
    older = func.coalesce(notice.c.concern_version, version) <= version
    return and_(of_concern(row.subject), notice.c.recipient_key == row.front_door, older)


async def _end_clock(session: Session, row: Row[Any], *, now: datetime) -> None:
    await session.execute(update(concern).where(concern.c.subject == row.subject).values(escalate_at=None))
    of_its_clock = (notice.c.subject == row.subject) & (notice.c.publisher == "intake")
    await close_notices(session, of_its_clock, (Kind.CLOCK_ESCALATED,))
    await end_ringing(session, of_its_clock & (notice.c.kind == str(Kind.CLOCK_ESCALATED)), now=now)
    await end_ringing_door(session, row, NoLongerRung.ACKNOWLEDGED, now=now)
    await report_concerns(session, [row.subject], LineState.ACKNOWLEDGED, now=now)


async def _tell_newest(session: Session, row: Row[Any], *, now: datetime) -> None:
    """Mail a front door that has answered for less than there is, unless a notice tells of the newest version."""
    if row.seen_at is None:
        await report_concerns(session, [row.subject], LineState.SEEN, now=now)
    told = of_concern(row.subject) & (notice.c.recipient_key == row.front_door)
    newest = select(notice.c.id).where(told, notice.c.concern_version == row.version)
    if await session.scalar(newest.limit(1)) is not None:
        return
    origin = Origin(
        row.subject, row.reference, row.area, row.area_version, "intake", row.event_ids[-1], None, row.received_at
    )
    telling = Telling(Kind.CONCERN_UPDATED, RecipientKind.FRONT_DOOR, row.front_door, row.immediate_danger)
    write_notice(session, origin, telling, now=now, concern_version=row.version)


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
    about = notice.c.about_id == answered.about_id
    if answered.about == "concern":
        about = _shown(row, answered.version)
    await note_people(session, about, What.ACKNOWLEDGED, now=now)


async def close_notices(session: Session, about: ColumnElement[bool], kinds: Sequence[Kind]) -> None:
    """Whoever has answered need not be mailed again: what waits is not sent, and nothing follows what is on its way."""
    waiting = (
        str(State.DUE),
        str(State.FAILED),
        str(State.SENDING),
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
        .values(state=str(State.ACKNOWLEDGED), next_attempt_at=None, lease_token=None, leased_until=None)
    )


async def take_back(session: Session, about_id: UUID, kind: Kind) -> bool:
    """Send no more of what nobody has been asked yet; say whether somebody was asked, and so must be told."""
    asked = (notice.c.about_id == about_id) & (notice.c.kind == str(kind))
    state = await session.scalar(select(notice.c.state).where(asked))
    await close_notices(session, asked, (kind,))
    return state not in (str(State.DUE), str(State.FAILED), str(State.UNDELIVERABLE))
