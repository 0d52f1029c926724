"""Every anonymised fact is kept in the log, once."""

from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import bindparam, func, select, text
from sqlalchemy.dialects.postgresql import insert as upsert

from chassis import audit
from chassis.database import Session
from contracts.vocabulary import Stage
from services.stats.domain import month_of
from services.stats.models import drafting, fact_log, institution_fact

_BEGUN = select(func.coalesce(func.max(drafting.c.number), text("0"))).where(drafting.c.area == bindparam("of_area"))
_LOG = upsert(fact_log).values(generation=_BEGUN.scalar_subquery()).on_conflict_do_nothing()
_LOG_INSTITUTION = upsert(institution_fact).values(generation=_BEGUN.scalar_subquery()).on_conflict_do_nothing()
_MIX = text("SELECT mix_facts()")


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
    """Keep a fact; of a key and stage the highest version counts, whichever comes first.

    The audit row names no key: it says that a fact was counted, not which.

    Raises MonthMalformed when the month says more, or less, than a month.
    """
    values = asdict(counted) | {
        "month": month_of(counted.month),
        "stage": str(counted.stage),
    }
    session.write(_LOG, values | {"id": uuid4(), "of_area": counted.area})
    await audit.record(session, "fact.count", subject=None, now=now, area=counted.area)


async def count_institution(session: Session, area: str, month: str, institution: str, *, now: datetime) -> None:
    """Keep that an institution made a referral in a month; raises MonthMalformed as `count` does."""
    values = {"id": uuid4(), "area": area, "month": month_of(month), "institution": institution}
    session.write(_LOG_INSTITUTION, values | {"of_area": area})
    await audit.record(session, "institution.count", subject=None, now=now, area=area)


async def mix_facts(session: Session, *, now: datetime) -> None:
    """Lay the facts on the disk in the order of their random keys, so that the order in which they came is gone.

    Whoever has a copy of this database and a list of what came when could else match one with the other.
    """
    await session.execute(_MIX)
    await audit.record(session, "facts.mix", subject=None, now=now, area="")
