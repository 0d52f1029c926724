"""Gives the work on an original that software could not read to one officer, whose name everybody sees."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, select, text

from chassis import audit
from chassis.database import Session
from chassis.ids import rising_id
from services.intake import models
from services.intake.domain import (
    OFFICER_DAYS,
    STILL_OPEN,
    Claim,
    ClaimedBySomebody,
    OfficerNotHere,
    ReasonMissing,
    ReferralAlreadyRead,
    ReferralUnknown,
)
from services.intake.queries import officers_of

_CLAIM = insert(models.desk_claim)
_CURRENT = text(
    """SELECT officer_id, officer_name FROM desk_claim WHERE referral_id = :referral_id AND ended_at IS NULL"""
)
_END = text("UPDATE desk_claim SET ended_at = :now WHERE referral_id = :referral_id AND ended_at IS NULL")
_SEEN = text(
    """INSERT INTO desk_officer (area, officer_id, officer_name, seen_at)
    SELECT area, :id, :name, :now FROM unnest(CAST(:areas AS text[])) AS given (area)
    ON CONFLICT (area, officer_id) DO UPDATE SET officer_name = EXCLUDED.officer_name, seen_at = EXCLUDED.seen_at"""
)
_GONE = text("DELETE FROM desk_officer WHERE seen_at < :since")


async def come_to_desk(session: Session, areas: Iterable[str], *, now: datetime) -> None:
    """Note that the acting officer works at the desks of these areas; forget who has not been there for long."""
    officer = session.actor
    values = {"areas": sorted(areas), "id": officer.id, "name": officer.name or officer.id, "now": now}
    await session.run(_SEEN, values)
    await session.run(_GONE, {"since": now - timedelta(days=OFFICER_DAYS)})


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
    officer = session.actor
    owner = Claim(officer.id, officer.name or officer.id, now, reason=reason.strip() if current else "")
    await _give(session, row, owner)
    facts = {"from": current.officer_id if current else ""}
    await audit.record(session, "referral.claimed", subject=row.id, now=now, area=row.area, facts=facts)


async def allocate(session: Session, reference: str, officer_id: str, *, reason: str, now: datetime) -> Claim:
    """Give a referral to a colleague at the desk of its area, whoever has it now; return the claim that they hold.

    A colleague who has it already keeps it as it is. Raises ReasonMissing, ReferralUnknown, ReferralAlreadyRead, or
    OfficerNotHere where the colleague has not been there lately.
    """
    if not reason.strip():
        raise ReasonMissing("Say why you allocate this referral to a colleague.")
    row = await _open(session, reference)
    known = {each.id: each.name for each in await officers_of(session, row.area, now=now)}
    if officer_id not in known:
        message = f"Nobody of that name has been at this desk in the last {OFFICER_DAYS} days: choose somebody else."
        raise OfficerNotHere(message)
    owner = Claim(officer_id, known[officer_id], now, session.actor.name or session.actor.id, reason.strip())
    current = await session.first(_CURRENT, {"referral_id": row.id})
    if current is None or current.officer_id != officer_id:
        await _give(session, row, owner)
        facts = {"from": current.officer_id if current else "", "to": officer_id}
        await audit.record(session, "referral.allocated", subject=row.id, now=now, area=row.area, facts=facts)
    return owner


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


async def _give(session: Session, row: Any, owner: Claim) -> None:
    await session.run(_END, {"referral_id": row.id, "now": owner.claimed_at})
    values = {
        "id": rising_id(),
        "referral_id": row.id,
        "area": row.area,
        "officer_id": owner.officer_id,
        "officer_name": owner.officer_name,
        "claimed_at": owner.claimed_at,
        "ended_at": None,
        "sealed_reason": await session.seal(row.id, owner.reason) if owner.reason else None,
        "allocated_by": owner.allocated_by,
    }
    session.write(_CLAIM, values)
