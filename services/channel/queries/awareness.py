"""What the local authority knows before it has a pack, and which references the police hold for one person's."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, select, true, tuple_

from chassis.database import Session
from services.channel import models
from services.channel.queries.paging import PAGE


@dataclass(frozen=True)
class Apart:
    """A reference that was held for the same person's until the police separated them; `shared` is what went wrong."""

    reference: str
    at: datetime
    shared: tuple[str, ...]


@dataclass(frozen=True)
class SamePerson:
    """Which other references the police hold for the same person's, and which they no longer do."""

    others: tuple[str, ...] = ()
    apart: tuple[Apart, ...] = ()


@dataclass(frozen=True)
class AwarenessLine:
    """A referral as the local authority may know of it before it has a pack: no identity."""

    subject: UUID
    reference: str
    received_at: datetime
    age_band: str
    district: str
    outcome: str
    decided_at: datetime | None
    has_case: bool


async def awareness(session: Session, after: tuple[datetime, UUID] | None = None) -> tuple[AwarenessLine, ...]:
    """Return one page of referrals and one more, if any, after the last seen: newest first, with the last decision."""
    table, decided, case = models.awareness, models.police_decision, models.case_file
    place = tuple_(table.c.received_at, table.c.subject)
    newest = (
        select(decided.c.outcome, decided.c.decided_at)
        .where(decided.c.subject == table.c.subject)
        .order_by(decided.c.decided_at.desc())
        .limit(1)
        .lateral()
    )
    statement = (
        select(table, newest.c.outcome, newest.c.decided_at, case.c.subject.label("case_subject"))
        .select_from(table.outerjoin(newest, true()).outerjoin(case, case.c.subject == table.c.subject))
        .order_by(table.c.received_at.desc(), table.c.subject.desc())
    )
    if after is not None:
        statement = statement.where(place < tuple_(*after))
    rows = await session.rows(statement.limit(PAGE + 1))
    return tuple(
        AwarenessLine(
            subject=row.subject,
            reference=row.reference,
            received_at=row.received_at,
            age_band=row.age_band,
            district=row.district,
            outcome=row.outcome or "",
            decided_at=row.decided_at,
            has_case=row.case_subject is not None,
        )
        for row in rows
    )


async def awareness_received_at(session: Session, subject: UUID) -> datetime | None:
    """Return when intake received the referral, None where the awareness of it has not come yet."""
    table = models.awareness
    received_at: datetime | None = await session.scalar(
        select(func.min(table.c.received_at)).where(table.c.subject == subject)
    )
    return received_at


async def same_person(session: Session, references: Sequence[str]) -> Mapping[str, SamePerson]:
    """Return, for those of the references of which anything was said, whose they are held for."""
    table = models.same_person
    concerned = select(table.c.person).where(table.c.reference.in_(references))
    rows = await session.rows(select(table).where(table.c.person.in_(concerned)).order_by(table.c.reference))
    return {reference: found for reference in references if (found := _same(reference, rows)) != SamePerson()}


def _same(reference: str, rows: Sequence[Row[Any]]) -> SamePerson:
    mine = {row.person: row for row in rows if row.reference == reference}
    others: list[str] = []
    apart: list[Apart] = []
    for row in rows:
        if row.person not in mine or row.reference == reference:
            continue
        own = mine[row.person]
        if row.separated_at is None and own.separated_at is None:
            others.append(row.reference)
        elif row.separated_at is None or own.separated_at is None:
            ended = row if own.separated_at is None else own
            apart.append(Apart(row.reference, ended.separated_at, tuple(ended.shared)))
    # Who sees several areas finds what was said in each.
    return SamePerson(tuple(dict.fromkeys(others)), tuple(dict.fromkeys(apart)))
