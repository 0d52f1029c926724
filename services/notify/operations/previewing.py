"""What the messages of a real case would say now: read for a preview, with nothing opened that is sealed."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select

from areas import Area
from chassis import audit
from chassis.database import Session
from services.notify.domain import LINKS, CaseAbsent, Kind, RecipientKind
from services.notify.models import concern, notice
from services.notify.operations.delivery import Addressee, Claimed, as_it_stands
from services.notify.operations.samples import to_door

MOST_PREVIEWED = 50
_OF_A_CONCERN = (Kind.CONCERN_RECEIVED, Kind.CONCERN_UPDATED, Kind.CONCERN_MOVED, Kind.PACK_ANSWERED)
_SECRET = LINKS | {Kind.ASK_CODE}
"""What these say cannot be shown: the link or the code in them is kept nowhere once it has gone."""


@dataclass(frozen=True)
class Preview:
    """A message of a case: the notice as it stands, or what would be written; `id` names it among those of the case."""

    id: str
    claimed: Claimed
    is_written: bool

    @property
    def is_secret(self) -> bool:
        """Say whether what it says is kept nowhere, so that no preview could be true."""
        return self.claimed.kind in _SECRET


AreaOf = Callable[[str, str], Area]
"""Returns an area's practice by its id and version."""


async def messages_of_case(session: Session, reference: str, area_of: AreaOf, *, now: datetime) -> tuple[Preview, ...]:
    """Return the messages of a case, those that were written first; the look is audited for everyone it is about.

    Addresses that are sealed stay so: whoever previews sees that there is one, never which. Raises CaseAbsent.
    """
    concerns = await session.rows(select(concern).where(concern.c.reference == reference))
    named = await session.rows(select(notice.c.subject).where(notice.c.reference == reference).distinct())
    subjects = sorted({row.subject for row in (*concerns, *named)})
    if not subjects:
        raise CaseAbsent
    for subject in subjects:
        await audit.record_read(session, subject=subject, now=now, reason="Previewed the messages of the case")
    of_case = select(notice).where(notice.c.subject.in_(subjects)).order_by(notice.c.created_at, notice.c.id)
    rows = await session.rows(of_case.limit(MOST_PREVIEWED))
    written = [Preview(str(row.id), as_it_stands(row), is_written=True) for row in rows]
    known = {each.claimed.kind for each in written}
    unwritten = [
        Preview(str(kind), _of_concern(row, area_of(row.area, row.area_version), kind), is_written=False)
        for row in concerns
        for kind in _OF_A_CONCERN
        if kind not in known
    ]
    return (*written, *unwritten)


def is_sealed(claimed: Claimed) -> bool:
    """Say whether the address of a notice is kept sealed: a referrer's, and one that was typed for an ask."""
    typed = claimed.recipient_kind is RecipientKind.ASKED and not claimed.recipient_key
    return typed or claimed.recipient_kind is RecipientKind.REFERRER


def addressee_of(claimed: Claimed) -> Addressee:
    """Return whom a notice is for, as far as the ways to them depend on it."""
    return Addressee(
        claimed.area,
        claimed.area_version,
        claimed.kind,
        claimed.recipient_kind,
        claimed.recipient_key,
        claimed.urgent,
        typed=is_sealed(claimed),
    )


def _of_concern(row: Row[Any], area: Area, kind: Kind) -> Claimed:
    """Return what would be written to the front door of a concern, of that kind."""
    return replace(
        to_door(area, row.front_door, kind, urgent=row.immediate_danger),
        subject=row.subject,
        reference=row.reference,
        about_id=None,
    )
