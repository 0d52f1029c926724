"""Keeps what a day's count found, and what a person says of a difference."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from uuid import UUID, uuid4

from sqlalchemy import Integer, case, literal_column, select, update
from sqlalchemy.dialects.postgresql import insert

from chassis import audit, outbox
from chassis.database import Session
from chassis.ids import rising_id
from contracts.envelope import Event
from contracts.intake.statistics import DayReconciled
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


VersionsOn = Callable[[date], Mapping[str, str]]
"""Gives the version of each area's file that is in force on a day."""
Told = Mapping[tuple[str, str], CountState]
"""Whether all of a day is there, by area and recipient."""
INSIDE = "intake"
"""The recipient that stands for what intake itself keeps of each referral."""


_ONE_MORE = literal_column("1", Integer)
_WORSE = (CountState.AGREES, CountState.EXPLAINED, CountState.OPEN)


async def reconciled(session: Session, day: date, recipients: Mapping[str, Sequence[str]]) -> Told:
    """Return what is known of a day at each recipient of each area, also where nothing came in on it.

    `recipients` gives the services by area.
    """
    table = models.reconciliation
    found = select(table.c.area, table.c.recipient, table.c.state).where(table.c.day == day).distinct()
    told = {
        (area, recipient): CountState.AGREES
        for area, services in recipients.items()
        for recipient in (INSIDE, *services)
    }
    for row in await session.rows(found):
        place = row.area, row.recipient or INSIDE
        told[place] = max(told.get(place, CountState.AGREES), CountState(row.state), key=_WORSE.index)
    return told


async def tell_of_day(session: Session, day: date, told: Told, versions: Mapping[str, str]) -> None:
    """Tell statistics how a day stands where they were told otherwise or nothing, and never how much came in.

    `versions` gives the version of each area's file. Each message has a key of its own, which leads nowhere.
    """
    table = models.day_told
    stands = [
        {"area": area, "day": day, "recipient": recipient, "state": str(state), "version": 1}
        for (area, recipient), state in told.items()
        if area in versions
    ]
    if not stands:
        return
    new = insert(table)
    changed = new.on_conflict_do_update(
        index_elements=["area", "day", "recipient"],
        set_={"state": new.excluded.state, "version": table.c.version + _ONE_MORE},
        where=table.c.state != new.excluded.state,
    ).returning(table)
    events: list[tuple[Event, outbox.About]] = [
        (
            DayReconciled(day=day, recipient=row.recipient, state=row.state, version=row.version),
            outbox.About(uuid4(), row.area, versions[row.area]),
        )
        for row in await session.rows(changed, stands)
    ]
    if events:
        await outbox.add_all(session, events)


async def explain(
    session: Session, line_id: UUID, reason: str, *, by: str, versions: VersionsOn, now: datetime
) -> None:
    """Record why a difference is none, or what was done about it, and tell statistics; `versions` as in `tell_of_day`.

    Raises DifferenceUnknown, NothingToExplain.
    """
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
    told = await reconciled(session, row.day, {row.area: ()})
    place = row.area, row.recipient or INSIDE
    await tell_of_day(session, row.day, {place: told[place]}, versions(row.day))
