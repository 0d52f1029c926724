"""The ledger of a referral, and the lines that are late."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, and_, case, func, or_, select, text, tuple_

from chassis.database import Session
from contracts.vocabulary import LineState, Team, is_reference
from services.intake import models
from services.intake.domain import (
    NO_REFERENCE,
    LineTimes,
    ReferralUnknown,
    line_state,
)
from services.intake.queries.references import by_reference

TEAM_ORDER = {team: place for place, team in enumerate(Team)}

_LINES = text(
    """SELECT line.*, coalesce(line.sent_at, (
            SELECT min(sent.published_at) FROM dispatch AS sent
            WHERE sent.topic = line.topic AND sent.recipient = line.service
                AND sent.subject = CASE WHEN line.team = 'statistics' THEN referral.statistics_key ELSE referral.id END
        )) AS published_at
    FROM ledger_line AS line JOIN referral ON referral.id = line.referral_id
    WHERE line.referral_id = ANY (CAST(:ids AS uuid[]))"""
)


@dataclass(frozen=True)
class Line:
    """One line of a ledger: a team, the service that acts for it, and the moments that it has passed."""

    team: Team
    service: str
    required: bool
    due_at: datetime
    acknowledge_by: datetime | None
    times: LineTimes

    @property
    def state(self) -> LineState:
        """How far the line has got."""
        return line_state(self.times)

    def overdue(self, now: datetime) -> bool:
        """Say whether a required team has not stored, or nobody there has acknowledged, by the time for it."""
        times = self.times
        if not self.required or times.waived_at or times.erased_at:
            return False
        unacknowledged = self.acknowledge_by and self.acknowledge_by < now and not times.acknowledged_at
        return bool(unacknowledged or (self.due_at < now and not times.stored_at))


@dataclass(frozen=True)
class Ledger:
    """Every team that must act on a referral, and how far it got."""

    referral_id: UUID
    reference: str
    correlation_id: UUID
    received_at: datetime
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class LateLine:
    """A required team that has not stored a referral by the time that the area gives it, or not acknowledged it.

    `due_at` is the time that has passed: to store where `stored` is false, to acknowledge where it is true.
    """

    reference: str
    team: Team
    due_at: datetime
    parked: bool
    stored: bool

    @property
    def place(self) -> "LatePlace":
        """Where the line stands among the late ones."""
        return self.stored, self.due_at, self.reference, self.team


LatePlace = tuple[bool, datetime, str, Team]


@dataclass(frozen=True)
class LateCount:
    """How many required lines are over their time to store, and how many only over that to acknowledge.

    `undelivered` are those, late or not, of which the team was told by a mail that came back, and that nobody has seen.
    """

    unstored: int
    unacknowledged: int
    undelivered: int = 0


async def ledger(session: Session, reference: str) -> Ledger:
    """Return the ledger of a referral; raises ReferralUnknown."""
    return (await _ledgers(session, [await _referral(session, reference)]))[0]


async def _referral(session: Session, reference: str) -> Row[Any]:
    if not is_reference(reference):
        raise ReferralUnknown(NO_REFERENCE)
    row = await by_reference(session, reference)
    if row is None:
        raise ReferralUnknown("There is no referral with that reference here: check each character.")
    return row


async def newest_ledgers(session: Session, *, limit: int) -> tuple[Ledger, ...]:
    """Return the ledgers of the newest referrals, newest first."""
    referral = models.referral
    rows = await session.rows(select(referral).order_by(referral.c.received_at.desc()).limit(limit))
    return await _ledgers(session, rows)


async def _ledgers(session: Session, referrals: Sequence[Row[Any]]) -> tuple[Ledger, ...]:
    by_referral: dict[UUID, list[Line]] = defaultdict(list)
    for row in await session.rows(_LINES, {"ids": [referral.id for referral in referrals]}):
        by_referral[row.referral_id].append(_line(row))
    return tuple(
        Ledger(
            referral.id,
            referral.reference,
            referral.correlation_id,
            referral.received_at,
            tuple(sorted(by_referral[referral.id], key=lambda line: TEAM_ORDER[line.team])),
        )
        for referral in referrals
    )


def _line(row: Row[Any]) -> Line:
    times = LineTimes(
        sent_at=row.published_at,
        stored_at=row.stored_at,
        delivered_at=row.delivered_at,
        undelivered_at=row.undelivered_at,
        seen_at=row.seen_at,
        acknowledged_at=row.acknowledged_at,
        parked_at=row.parked_at,
        waived_at=row.waived_at,
        erased_at=row.erased_at,
    )
    return Line(Team(row.team), row.service, row.required, row.due_at, row.acknowledge_by, times)


async def late_lines(
    session: Session, *, now: datetime, limit: int, after: LatePlace | None = None, team: Team | None = None
) -> tuple[LateLine, ...]:
    """Return the required lines that are over their time, those that nobody stored first, then longest first.

    `after` is the place of the last line seen; with a `team`, only its lines.
    """
    line, referral = models.ledger_line, models.referral
    place = tuple_(line.c.stored_at.is_not(None), _passed(), referral.c.reference, line.c.team)
    statement = (
        select(line, referral.c.reference, _passed().label("passed_at"))
        .join(referral, referral.c.id == line.c.referral_id)
        .where(*_late(now))
        .order_by(*place.clauses)
        .limit(limit)
    )
    if after is not None:
        statement = statement.where(place > tuple_(*after))
    if team is not None:
        statement = statement.where(line.c.team == team)
    return tuple(
        LateLine(
            reference=row.reference,
            team=Team(row.team),
            due_at=row.passed_at,
            parked=row.parked_at is not None,
            stored=row.stored_at is not None,
        )
        for row in await session.rows(statement)
    )


async def count_late_lines(session: Session, *, now: datetime) -> LateCount:
    """Return how many required lines are over their time."""
    stored = models.ledger_line.c.stored_at
    counts = select(
        func.count().filter(stored.is_(None)).label("unstored"), func.count(stored).label("unacknowledged")
    ).where(*_late(now))
    [row] = await session.rows(counts)
    line = models.ledger_line
    lost = await session.scalar(select(func.count()).select_from(line).where(models.UNDELIVERED))
    return LateCount(row.unstored, row.unacknowledged, lost or 0)


def _late(now: datetime) -> tuple[Any, ...]:
    line = models.ledger_line
    unstored = and_(line.c.stored_at.is_(None), line.c.due_at < now)
    unacknowledged = and_(line.c.acknowledged_at.is_(None), line.c.acknowledge_by < now)
    return line.c.waived_at.is_(None), line.c.erased_at.is_(None), line.c.required, or_(unstored, unacknowledged)


def _passed() -> Any:
    line = models.ledger_line
    return case((line.c.stored_at.is_(None), line.c.due_at), else_=line.c.acknowledge_by)
