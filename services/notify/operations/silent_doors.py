"""A front door that does not answer: the intake desk is told to ring it, and told again once it has answered."""

from datetime import datetime
from typing import Any

from sqlalchemy import Row

from chassis import outbox
from chassis.database import Session
from chassis.outbox import About
from contracts.notify.intake import MessageUnreached
from contracts.vocabulary import Unreached, WhomToReach


async def tell_silence(session: Session, row: Row[Any], *, reached: bool, now: datetime) -> None:
    """Tell the intake desk that a front door does not answer, so that somebody rings it; `reached` that it has now."""
    event = MessageUnreached(
        reference=row.reference, whom=WhomToReach.FRONT_DOOR, why=Unreached.SILENT, noted_at=now, reached=reached
    )
    await outbox.add(session, event, about=About(row.subject, row.area, row.area_version, None, row.event_ids[-1]))
