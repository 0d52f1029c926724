"""What comes back of notices is kept: each thing once, a report of a server sealed as it came."""

import hashlib
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4, uuid5

from sqlalchemy import ColumnElement, Row, func, select
from sqlalchemy.dialects.postgresql import insert

from chassis.actor import ActorKind
from chassis.database import Session
from services.notify.domain import MOST_REPORTS, REPORT_KEPT, Evidence, Kind, State, What
from services.notify.models import evidence, notice

PAGE, LINK = "page", "link"
"""The ways of what people do here: signed in, or by the link in a mail."""
_KEEP = insert(evidence).on_conflict_do_nothing().returning(evidence.c.id)
_ONCE = frozenset({What.OPENED, What.ACKNOWLEDGED, What.SILENT})
"""What is kept once of a notice, whoever does it how often."""
_OUT = (str(State.SENT), str(State.ACKNOWLEDGED), str(State.UNDELIVERABLE))


async def keep_evidence(session: Session, row: Row[Any], found: Evidence) -> bool:
    """Keep what came back of a notice; say whether it was new. The subject is held by the caller; SubjectErased."""
    digest = hashlib.sha256(found.raw).hexdigest() if found.raw else None
    if digest and await _is_full(session, row.id):
        return False
    values = {
        "id": _id(row.id, found) if digest is None else uuid4(),
        "notice_id": row.id,
        "area": row.area,
        "what": str(found.what),
        "way": found.way,
        "status": found.status or None,
        "attempt": found.attempt or None,
        "digest": digest,
        "report_sealed": await session.seal(row.subject, found.raw[:REPORT_KEPT]) if found.raw else None,
        "at": found.at,
    }
    return await session.first(_KEEP.values(values)) is not None


def _id(notice_id: UUID, found: Evidence) -> UUID:
    once = "" if found.what in _ONCE else f" {found.way} {found.status} {found.at.isoformat()}"
    return uuid5(notice_id, f"{found.what}{once}")


async def _is_full(session: Session, notice_id: UUID) -> bool:
    kept = select(func.count()).where(evidence.c.notice_id == notice_id, evidence.c.digest.is_not(None))
    return (await session.scalar(kept) or 0) >= MOST_REPORTS


async def note_people(session: Session, about: ColumnElement[bool], what: What, *, now: datetime) -> None:
    """Note of every notice about something that has gone out that people opened it, or acknowledged it.

    Whoever has no account has come by the link, and a machine by the way of the notice. The subject is held by the
    caller.
    """
    ways = {ActorKind.PUBLIC: LINK, ActorKind.PERSON: PAGE}
    asked = about & notice.c.state.in_(_OUT) & (notice.c.kind != str(Kind.ASK_CODE))
    for row in await session.rows(select(notice).where(asked)):
        way = ways.get(session.actor.kind, row.way or PAGE)
        await keep_evidence(session, row, Evidence(what, way, now))


def of_concern(subject: UUID) -> ColumnElement[bool]:
    """Return which notices have told a front door of a concern."""
    return (notice.c.subject == subject) & notice.c.kind.in_([str(Kind.CONCERN_RECEIVED), str(Kind.CONCERN_UPDATED)])
