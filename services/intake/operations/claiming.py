"""Gives the work on an original that software could not read to one officer, whose name everybody sees."""

from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, text

from chassis import audit
from chassis.database import Session
from chassis.ids import rising_id
from services.intake import models
from services.intake.domain import (
    STILL_OPEN,
    ClaimedBySomebody,
    ReferralAlreadyRead,
    ReferralUnknown,
)

_CLAIM = insert(models.desk_claim)
_CURRENT = text(
    """SELECT officer_id, officer_name FROM desk_claim WHERE referral_id = :referral_id AND ended_at IS NULL"""
)
_END = text("UPDATE desk_claim SET ended_at = :now WHERE referral_id = :referral_id AND ended_at IS NULL")


async def claim(session: Session, reference: str, *, reason: str = "", now: datetime) -> None:
    """Make the acting officer the owner of a referral at the desk; taking it over from another one needs a reason.

    Raises ReferralUnknown, ReferralAlreadyRead, or ClaimedBySomebody where a reason is missing. A claim that the
    officer has already stays; who completes what nobody has claimed claims it by that.
    """
    row = await _open(session, reference)
    current = await session.first(_CURRENT, {"referral_id": row.id})
    if current is not None and current.officer_id == session.actor.id:
        return
    if current is not None and not reason.strip():
        raise ClaimedBySomebody(f"{current.officer_name} is completing this referral: give a reason to take it over.")
    await _give(session, row, reason.strip() if current else "", now)
    facts = {"from": current.officer_id if current else ""}
    await audit.record(session, "referral.claimed", subject=row.id, now=now, area=row.area, facts=facts)


async def _open(session: Session, reference: str) -> Any:
    referral = models.referral
    found = await session.first(select(referral.c.id).where(referral.c.reference == reference))
    if found is None:
        raise ReferralUnknown("There is no referral with that reference here: check each character.")
    await session.lock(found.id)
    row = await session.first(select(referral).where(referral.c.id == found.id))
    if row is None or row.reading not in STILL_OPEN:
        raise ReferralAlreadyRead("This referral has been read or completed meanwhile: open it again to see its form.")
    return row


async def _give(session: Session, row: Any, reason: str, now: datetime) -> None:
    await session.run(_END, {"referral_id": row.id, "now": now})
    values = {
        "id": rising_id(),
        "referral_id": row.id,
        "area": row.area,
        "officer_id": session.actor.id,
        "officer_name": session.actor.name or session.actor.id,
        "claimed_at": now,
        "ended_at": None,
        "sealed_reason": await session.seal(row.id, reason) if reason else None,
    }
    session.write(_CLAIM, values)
