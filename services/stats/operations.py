"""What changes in statistics: facts are counted, and releases are made."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import NAMESPACE_URL, UUID, uuid4, uuid5

from sqlalchemy import insert
from sqlalchemy.dialects.postgresql import insert as upsert

from chassis import audit
from chassis.database import Session
from contracts.vocabulary import Stage
from contracts.vocabulary.days import LONDON
from services.stats import queries
from services.stats.domain import (
    DEFINITIONS,
    NothingToRelease,
    ReleaseContent,
    month_of,
    months_to_release,
    publish,
)
from services.stats.models import fact, release, release_month

_COUNTED = upsert(fact)
_COUNT = _COUNTED.on_conflict_do_update(
    index_elements=["key", "stage"],
    set_={name: _COUNTED.excluded[name] for name in fact.c.keys() if name not in {"key", "stage"}},  # noqa: SIM118
    where=fact.c.version < _COUNTED.excluded.version,
)


@dataclass(frozen=True)
class Fact:
    """One anonymised fact about one referral at one stage; columns that the stage does not know stay None."""

    key: UUID
    stage: Stage
    area: str
    version: int
    month: str
    door: str | None = None
    sector: str | None = None
    age_band: str | None = None
    gender: str | None = None
    district: str | None = None
    outcome: str | None = None
    days_since_receipt: int | None = None
    closing: str | None = None


@dataclass(frozen=True)
class Disclosure:
    """The area's rules of disclosure control: hide counts below `suppress_below`, round to multiples of `round_to`."""

    suppress_below: int
    round_to: int = 1


async def count(session: Session, counted: Fact, *, now: datetime) -> None:
    """Keep a fact; a higher version replaces a lower one of the same key and stage, whichever comes first.

    The audit row names no key: it says that a fact was counted, not which.

    Raises MonthMalformed when the month says more, or less, than a month.
    """
    values = asdict(counted) | {
        "month": month_of(counted.month),
        "stage": str(counted.stage),
    }
    session.write(_COUNT, values)
    await audit.record(session, "fact.count", subject=None, now=now, area=counted.area)


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
