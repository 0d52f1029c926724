"""Which referral a mail adds to: one that it names and that its sender made."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from chassis.database import Session
from services.intake.domain import Reading
from services.intake.queries.references import by_reference


@dataclass(frozen=True)
class AddedTo:
    """The referral that a mail adds to, with what its practice is found by."""

    referral_id: UUID
    area: str
    area_version: str
    district: str


async def referral_added_to(session: Session, named: Sequence[str], sender: str, area: str) -> AddedTo | None:
    """Return the first of the named referrals in this area whose referrer has this address; None where none fits.

    An address proves little by itself; only the referrer was sent the reference.
    """
    for reference in named:
        row = await by_reference(session, reference)
        if row is not None and row.area == area and await _is_referrer(session, row, sender):
            return AddedTo(row.id, row.area, row.area_version, row.district)
    return None


async def _is_referrer(session: Session, row: Any, sender: str) -> bool:
    if row.reading == Reading.ERASED or row.referrer_email is None or not sender:
        return False
    return (await session.unseal_text(row.id, row.referrer_email)).casefold() == sender.casefold()
