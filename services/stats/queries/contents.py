"""What stands in releases and drafts: frozen by its digest, so that each is fetched and taken apart once."""

from collections import OrderedDict
from typing import TypeVar
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import select

from chassis.database import Session
from services.stats.domain.tables import ReleaseContent
from services.stats.models import release

CONTENT = TypeAdapter(ReleaseContent)
MOST_KEPT = 64
_kept: OrderedDict[str, ReleaseContent] = OrderedDict()
"""Contents by the digest of their text, which never changes; a draft that is signed off is the board's at once."""
Key = TypeVar("Key")
Value = TypeVar("Value")


async def frozen_content(session: Session, release_id: UUID, digest: str) -> ReleaseContent:
    """Return what was frozen under a digest that the caller has just read: who may read that may read this."""
    if digest not in _kept:
        text = await session.scalar(select(release.c.content).where(release.c.id == release_id))
        _kept[digest] = CONTENT.validate_json(str(text))
    return remembered(_kept, digest, _kept[digest])


def remembered(kept: OrderedDict[Key, Value], key: Key, value: Value) -> Value:
    """Keep a value as the one used last, and let go of the one that was not used for longest."""
    kept[key] = value
    kept.move_to_end(key)
    while len(kept) > MOST_KEPT:
        kept.popitem(last=False)
    return value
