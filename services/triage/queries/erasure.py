"""When and under which order a person was erased, as the register of erasures says."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from chassis.database import Session
from chassis.erasing import REGISTER
from services.triage.queries.holding import Held


@dataclass(frozen=True)
class Erasure:
    """An erasure: when it was, and the reason that its order gave; empty where the register has none."""

    at: datetime
    reason: str


async def erasure_of(session: Session, held: Held) -> Erasure | None:
    """Return the erasure of a referral's person, None where they were not erased."""
    if held.erased_at is None:
        return None
    row = await session.first(select(REGISTER).where(REGISTER.c.subject == held.subject))
    return Erasure(held.erased_at, "") if row is None else Erasure(row.erased_at, row.reason)
