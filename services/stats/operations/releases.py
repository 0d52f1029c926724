"""Releases are made: the closed months are frozen."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import NAMESPACE_URL, uuid4, uuid5

from sqlalchemy import insert

from chassis import audit
from chassis.database import Session
from contracts.vocabulary.days import LONDON
from services.stats import queries
from services.stats.domain import (
    DEFINITIONS,
    NothingToRelease,
    ReleaseContent,
    months_to_release,
    publish,
)
from services.stats.models import release, release_month


@dataclass(frozen=True)
class Disclosure:
    """The area's rules of disclosure control: hide counts below `suppress_below`, round to multiples of `round_to`."""

    suppress_below: int
    round_to: int = 1


async def make_release(session: Session, area: str, rules: Disclosure, *, now: datetime) -> int:
    """Freeze every closed month that no release holds yet; return the number of the new release in its area.

    Raises NothingToRelease when no closed month is waiting.
    """
    await session.lock(uuid5(NAMESPACE_URL, f"release:{area}"))
    today = now.astimezone(LONDON).date()
    months = months_to_release(
        await queries.first_month(session, area),
        await queries.released_months(session, area),
        today,
    )
    if not months:
        raise NothingToRelease("No closed month is waiting for its release; try again when a month has closed.")
    content = ReleaseContent(
        area=area,
        number=await queries.last_number(session, area) + 1,
        made_on=today,
        months=months,
        suppress_below=rules.suppress_below,
        round_to=rules.round_to,
        tables=tuple(
            [
                publish(
                    definition,
                    await queries.grid(session, area, definition, months),
                    suppress_below=rules.suppress_below,
                    round_to=rules.round_to,
                )
                for definition in DEFINITIONS
            ]
        ),
    )
    await _freeze(session, content, now=now)
    return content.number


async def _freeze(session: Session, content: ReleaseContent, *, now: datetime) -> None:
    text = json.dumps(asdict(content), default=str, sort_keys=True, separators=(",", ":"))
    release_id = uuid4()
    row: Mapping[str, object] = {
        "id": release_id,
        "area": content.area,
        "number": content.number,
        "made_on": content.made_on,
        "content": text,
        "digest": hashlib.sha256(text.encode()).hexdigest(),
    }
    await session.execute(insert(release).values(row))
    await session.execute(
        insert(release_month),
        [{"area": content.area, "month": month, "release_id": release_id} for month in content.months],
    )
    await audit.record(
        session,
        "release.make",
        subject=None,
        now=now,
        area=content.area,
        facts={"number": content.number, "months": len(content.months)},
    )
