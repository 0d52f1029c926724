"""What of an area is released: for each financial year the newest release that two people have made."""

from collections import OrderedDict

from sqlalchemy import select

from chassis.database import Session
from services.stats.domain import ReleaseAbsent
from services.stats.domain.periods import financial_year
from services.stats.domain.shelf import Shelf, SignedRelease
from services.stats.models import release, release_ending, release_month
from services.stats.queries.contents import frozen_content, remembered

SIGNED = "signed"
_shelves: OrderedDict[tuple[str, ...], Shelf] = OrderedDict()
"""Shelves by the digests of what stands on them, so that they are put in order once."""


async def shelf_of(session: Session, area: str, number: int | None = None) -> Shelf | None:
    """Return what is released of an area as of one of its releases, the newest where none is named.

    None where nothing is released yet. Raises ReleaseAbsent where no signed release has that number.
    """
    newest = await _newest_by_year(session, area, number)
    if not newest:
        return None
    if number is not None and number not in newest.values():
        raise ReleaseAbsent("There is no such release; go back to the list and choose one.")
    found = {each: await _signed(session, area, each) for each in set(newest.values())}
    key = (area, *(f"{year} {found[each].digest}" for year, each in sorted(newest.items())))
    shelf = _shelves.get(key) or Shelf(area, max(found), {year: found[each] for year, each in newest.items()})
    return remembered(_shelves, key, shelf)


async def _newest_by_year(session: Session, area: str, number: int | None) -> dict[str, int]:
    statement = (
        select(release.c.number, release_month.c.month)
        .join(release_month, release_month.c.release_id == release.c.id)
        .join(release_ending, release_ending.c.release_id == release.c.id)
        .where(release.c.area == area, release_ending.c.ending == SIGNED)
        .order_by(release.c.number)
    )
    if number is not None:
        statement = statement.where(release.c.number <= number)
    return {financial_year(row.month): row.number for row in await session.rows(statement)}


async def _signed(session: Session, area: str, number: int) -> SignedRelease:
    statement = (
        select(release.c.id, release.c.digest, release_ending.c.by_name, release_ending.c.ended_on)
        .join(release_ending, release_ending.c.release_id == release.c.id)
        .where(release.c.area == area, release.c.number == number)
    )
    (found,) = await session.rows(statement)
    content = await frozen_content(session, found.id, found.digest)
    return SignedRelease(content, found.digest, found.by_name, found.ended_on)
