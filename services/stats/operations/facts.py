"""Every anonymised fact is kept in the log, once, and the newest of each beside it."""

from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import bindparam, func, select, text
from sqlalchemy.dialects.postgresql import insert as upsert

from chassis import audit
from chassis.database import Session
from contracts.vocabulary import Outcome, Stage
from services.stats.domain import month_of
from services.stats.models import drafting, fact, fact_log

_COUNTED = upsert(fact)
_COUNT = _COUNTED.on_conflict_do_update(
    index_elements=["key", "stage"],
    set_={name: _COUNTED.excluded[name] for name in fact.c.keys() if name not in {"key", "stage"}},  # noqa: SIM118
    where=fact.c.version < _COUNTED.excluded.version,
)
_BEGUN = select(func.coalesce(func.max(drafting.c.number), text("0"))).where(drafting.c.area == bindparam("of_area"))
_LOG = upsert(fact_log).values(generation=_BEGUN.scalar_subquery()).on_conflict_do_nothing()


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
    ethnicity: str | None = None
    concern: str | None = None
    met: int | None = None
    missed: int | None = None
    on_time: int | None = None
    late: int | None = None


async def count(session: Session, counted: Fact, *, now: datetime) -> None:
    """Keep a fact; a higher version replaces a lower one of the same key and stage, whichever comes first.

    The audit row names no key: it says that a fact was counted, not which.

    Raises MonthMalformed when the month says more, or less, than a month.
    """
    values = asdict(counted) | {
        "month": month_of(counted.month),
        "stage": str(counted.stage),
    }
    if counted.outcome != Outcome.REVIEWED:
        session.write(_COUNT, {name: value for name, value in values.items() if name in fact.c})
    session.write(_LOG, values | {"id": uuid4(), "of_area": counted.area})
    await audit.record(session, "fact.count", subject=None, now=now, area=counted.area)
