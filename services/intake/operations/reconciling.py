"""Keeps what a day's count found, and what a person says of a difference."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import case, select, update
from sqlalchemy.dialects.postgresql import insert

from chassis import audit
from chassis.database import Session
from chassis.ids import rising_id
from services.intake import models
from services.intake.domain.reconciliation import (
    MOST_NAMED,
    Count,
    CountState,
    DifferenceUnknown,
    NothingToExplain,
)

NUMBERS = ("expected", "published", "receipted", "held", "pending", "excused", "silent", "lacking", "missing")


async def keep_counts(session: Session, counts: Sequence[Count], *, now: datetime) -> int:
    """Keep the lines of a day's count over those of an earlier count of that day; return how many are open.

    A line that agrees by now is settled by itself. An explanation stands for as long as the same referrals are
    missing; if others are, the line is open again.
    """
    table = models.reconciliation
    if not counts:
        return 0
    new = insert(table)
    same = (table.c.missing == new.excluded.missing) & (table.c.lacking == new.excluded.lacking) & ~new.excluded.silent
    explained = (table.c.state == CountState.EXPLAINED) & (new.excluded.state == CountState.OPEN) & same
    changed = {name: new.excluded[name] for name in (*NUMBERS, "counted_at")}
    kept = await session.rows(
        new.on_conflict_do_update(
            index_elements=["day", "area", "measure", "recipient"],
            set_=changed | {"state": case((explained, table.c.state), else_=new.excluded.state)},
        ).returning(table.c.state),
        [_values(count, now) for count in counts],
    )
    opened = len([row for row in kept if row.state == CountState.OPEN])
    facts: dict[str, str | int] = {"day": counts[0].day.isoformat(), "lines": len(counts), "open": opened}
    await audit.record(session, "reconciliation.counted", subject=None, now=now, facts=facts)
    return opened


def _values(count: Count, now: datetime) -> dict[str, object]:
    return {
        "id": rising_id(),
        "day": count.day,
        "area": count.area,
        "measure": count.measure,
        "recipient": count.recipient,
        "expected": count.expected,
        "published": count.published,
        "receipted": count.receipted,
        "held": count.held,
        "pending": count.pending,
        "excused": count.excused,
        "silent": count.silent,
        "lacking": len(count.missing),
        "missing": sorted(count.missing)[:MOST_NAMED],
        "state": str(count.state),
        "counted_at": now,
        "reason": "",
        "explained_by": "",
    }


async def explain(session: Session, line_id: UUID, reason: str, *, by: str, now: datetime) -> None:
    """Record why a difference is none, or what was done about it; raises DifferenceUnknown, NothingToExplain."""
    table = models.reconciliation
    row = await session.first(select(table).where(table.c.id == line_id).with_for_update())
    if row is None:
        raise DifferenceUnknown("There is no such line in any day's count: open the list again.")
    if row.state != CountState.OPEN:
        raise NothingToExplain("This difference is settled or explained meanwhile: open the list again.")
    said = {"state": str(CountState.EXPLAINED), "reason": reason, "explained_by": by, "explained_at": now}
    await session.execute(update(table).where(table.c.id == line_id).values(said))
    facts: dict[str, str | int] = {
        "day": row.day.isoformat(),
        "measure": row.measure,
        "recipient": row.recipient,
        "lacking": row.lacking,
    }
    await audit.record(
        session, "reconciliation.explained", subject=None, now=now, area=row.area, reason=reason, facts=facts
    )
