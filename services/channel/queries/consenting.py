"""Consent in a case: what was said on which day, whose data went to whom, and who has acknowledged a change."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Row, select

from chassis.database import Session
from services.channel import models
from services.channel.domain import Command, Consent, State
from services.channel.domain.consenting import STOPS, Capacity, Decider
from services.channel.domain.table import HELD


class Said(BaseModel):
    """What was said on consent, by whom and how it was found out; sealed in its row."""

    model_config = ConfigDict(frozen=True)

    by: Decider | None = None
    name: str = ""
    relationship: str = ""
    asked_by: str = ""
    how: str = ""
    capacity: Capacity | None = None
    best_interests: str = ""
    told_age: bool | None = None
    reason: str = ""
    risk: bool | None = None


@dataclass(frozen=True)
class ConsentLine:
    """One thing that was said or happened; `consent` is where it stood from then on, `said` is empty once erased."""

    id: UUID
    number: int
    consent: Consent
    on: date
    recorded_at: datetime
    recorded_by: str
    said: Said


@dataclass(frozen=True)
class Turning:
    """A case in which somebody may turn 18 now, and the local practice that it is under."""

    subject: UUID
    area: str
    area_version: str


async def consents(session: Session, subject: UUID) -> tuple[ConsentLine, ...]:
    """Return everything about consent in a case, newest first."""
    table = models.consent
    rows = await session.rows(select(table).where(table.c.subject == subject).order_by(table.c.number.desc()))
    return tuple([await _line(session, row) for row in rows])


async def turning_18(session: Session, today: date) -> tuple[Turning, ...]:
    """Return the cases with the team in which somebody turns 18 in the month of a day, or did before."""
    table = models.case_file
    due = table.c.turns_18_in.is_not(None) & (table.c.turns_18_in <= today)
    columns = (table.c.subject, table.c.area, table.c.area_version)
    wanted = select(*columns).where(due, table.c.state.in_([state.value for state in State if state in HELD]))
    rows = await session.rows(wanted.order_by(table.c.turns_18_in, table.c.subject))
    return tuple(Turning(row.subject, row.area, row.area_version) for row in rows)


def offers_police(lines: tuple[ConsentLine, ...]) -> Command | None:
    """Return which decision leaves a risk without support, so that the police are offered the case; None otherwise."""
    newest = lines[0] if lines else None
    if newest is None or newest.consent not in STOPS or not newest.said.risk:
        return None
    return Command.CONSENT_WITHDRAWN if newest.consent is Consent.WITHDRAWN else Command.CONSENT_REFUSED


async def _line(session: Session, row: Row[Any]) -> ConsentLine:
    said = await session.unseal_model(row.subject, row.sealed_said, Said) if row.sealed_said else Said()
    return ConsentLine(
        id=row.id,
        number=row.number,
        consent=Consent(row.consent),
        on=row.on_day,
        recorded_at=row.recorded_at,
        recorded_by=row.by_name,
        said=said,
    )
