"""A concern goes to another front door: what was to tell the earlier one is not sent any more, and marks begin anew."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar
from uuid import uuid4

from sqlalchemy import ColumnElement, Row, and_, insert, or_, select, update

from chassis.database import Session
from chassis.errors import Conflict
from services.notify.domain import Kind, State
from services.notify.models import concern, notice, suppression
from services.notify.operations.ringing import end_ringing

MOVED = "moved"
"""Why a notice was not sent, beside what people at the delivery desk choose."""
AT_A_NEW_DOOR: Mapping[str, None] = dict.fromkeys(
    ("delivered_at", "seen_at", "acknowledged_at", "acknowledged_version")
)
"""What is not known yet of a front door that has just been given a concern."""
_OF_A_CONCERN = frozenset({Kind.CONCERN_RECEIVED, Kind.CONCERN_UPDATED})
_NOT_SENT_YET = [str(state) for state in (State.DUE, State.SENDING, State.FAILED, State.UNDELIVERABLE)]


class ConcernElsewhere(Conflict):
    """The concern of which a notice tells is with another front door by now."""

    reason: ClassVar[str] = "concern-elsewhere"

    def __init__(self) -> None:
        """Say why nothing is sent."""
        super().__init__("This concern has moved to another front door since: this notice is not sent again.")


async def leave_door(session: Session, row: Row[Any], to: str, *, now: datetime) -> None:
    """Hold back what was to tell the front door that has a concern (its row) of it, and `to` that it had moved away.

    Nobody need be rung for it either. A sending that is under way ends, and nothing follows it; what has gone out stays
    as it is. The subject is held by the caller.
    """
    told = notice.c.kind.in_([str(kind) for kind in _OF_A_CONCERN]) & (notice.c.recipient_key != to)
    above = (notice.c.kind == str(Kind.CLOCK_ESCALATED)) & (notice.c.publisher == "intake")
    moved = (notice.c.kind == str(Kind.CONCERN_MOVED)) & (notice.c.recipient_key == to)
    over = and_(notice.c.subject == row.subject, or_(told, above, moved))
    await end_ringing(session, over, now=now)
    wanted = over & notice.c.state.in_(_NOT_SENT_YET)
    left = {"state": str(State.SUPPRESSED), "next_attempt_at": None, "lease_token": None, "leased_until": None}
    held = await session.rows(update(notice).where(wanted).values(left).returning(notice.c.id, notice.c.area))
    actor = session.actor.id
    reasons = [
        {
            "id": uuid4(),
            "notice_id": each.id,
            "area": each.area,
            "reason": MOVED,
            "asked_by": actor,
            "asked_at": now,
            "confirmed_by": actor,
            "confirmed_at": now,
        }
        for each in held
    ]
    if reasons:
        await session.execute(insert(suppression).values(reasons))


def unsent_of(row: Row[Any]) -> ColumnElement[bool]:
    """Return which notices of a concern (its row) have not gone out: whoever gets them finds its newest version."""
    waiting = [str(State.DUE), str(State.FAILED), str(State.UNDELIVERABLE)]
    return _to_its_door(row) & notice.c.state.in_(waiting)


def told_of(row: Row[Any]) -> ColumnElement[bool]:
    """Return which notices tell a concern's front door (its row) of it, or wait to: those that nobody held back."""
    return _to_its_door(row) & (notice.c.state != str(State.SUPPRESSED))


def _to_its_door(row: Row[Any]) -> ColumnElement[bool]:
    return and_(
        notice.c.subject == row.subject,
        notice.c.recipient_key == row.front_door,
        notice.c.kind.in_([str(kind) for kind in _OF_A_CONCERN]),
    )


async def is_elsewhere(session: Session, row: Row[Any]) -> bool:
    """Say whether a notice (its row) tells a front door of a concern that is with another one by now."""
    if Kind(row.kind) not in _OF_A_CONCERN:
        return False
    door = await session.scalar(select(concern.c.front_door).where(concern.c.subject == row.subject))
    return door is not None and bool(door != row.recipient_key)
