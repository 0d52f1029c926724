"""What statistics knows of quarterly packs: how far each is, and its files."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select

from chassis.database import Session
from services.stats.domain.pack import PackAbsent, PackKind, PackOf, PackState
from services.stats.models import pack

_PLAIN = tuple(each for each in pack.c if each.name not in set(PackKind))


@dataclass(frozen=True)
class PackFound:
    """A pack without its files; `words` say why it could not be made, `digest` is empty until it was made once."""

    id: UUID
    of: PackOf
    state: PackState
    step: str
    progress: int
    words: str
    asked_by_name: str
    asked_on: date
    digest: str


async def packs(session: Session, area: str) -> tuple[PackFound, ...]:
    """Return the packs of an area, the newest release and quarter first."""
    statement = select(*_PLAIN).where(pack.c.area == area).order_by(pack.c.release.desc(), pack.c.quarter.desc())
    return tuple(map(_found, await session.rows(statement)))


async def pack_found(session: Session, of: PackOf) -> PackFound:
    """Return one pack; raises PackAbsent."""
    row = await session.first(select(*_PLAIN).where(*_is(of)))
    if row is None:
        raise PackAbsent("There is no such pack; go back to the list and make it.")
    return _found(row)


async def pack_to_make(session: Session) -> PackFound | None:
    """Return the pack that has waited longest, whichever area it is of."""
    waiting = pack.c.state == str(PackState.MAKING)
    row = await session.first(select(*_PLAIN).where(waiting).order_by(pack.c.asked_on, pack.c.id).limit(1))
    return None if row is None else _found(row)


async def pack_file(session: Session, of: PackOf, kind: PackKind) -> bytes:
    """Return one file of a pack that is made; raises PackAbsent."""
    ready = pack.c.state == str(PackState.READY)
    found = await session.scalar(select(pack.c[kind.value]).where(*_is(of), ready))
    if found is None:
        raise PackAbsent("There is no such pack, or it is not made yet; go back to the list and make it.")
    return bytes(found)


def _is(of: PackOf) -> Sequence[Any]:
    return pack.c.area == of.area, pack.c.release == of.release, pack.c.quarter == of.quarter


def _found(row: Row[Any]) -> PackFound:
    return PackFound(
        id=row.id,
        of=PackOf(row.area, row.release, row.quarter),
        state=PackState(row.state),
        step=row.step,
        progress=row.progress,
        words=row.words,
        asked_by_name=row.asked_by_name,
        asked_on=row.asked_on,
        digest=row.digest,
    )
