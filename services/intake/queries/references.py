"""Finds a referral by any reference that was ever given for it."""

from typing import Any

from sqlalchemy import Row, select

from chassis.database import Session
from services.intake import models
from services.intake.domain import KeyKind, is_set_aside, key_for


def sign_of(reference: str) -> bytes:
    """Return the sign under which `arrival_key` holds a reference that an outage gave."""
    return key_for(KeyKind.REFERENCE, reference).digest


async def by_reference(session: Session, reference: str) -> Row[Any] | None:
    """Return the row of the referral that has this reference, or for which an outage gave it; None for neither."""
    referral, key = models.referral, models.arrival_key
    row = await session.first(select(referral).where(referral.c.reference == reference))
    if row is not None or not is_set_aside(reference):
        return row
    leads_to = select(key.c.referral_id).where(key.c.digest == sign_of(reference)).scalar_subquery()
    return await session.first(select(referral).where(referral.c.id == leads_to))
