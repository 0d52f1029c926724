"""The lines of all ledgers, newest referral first, by team and by how far they have got."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text

from chassis.database import Session
from contracts.vocabulary import LineState, Team
from services.intake.queries.ledgers import Line, _line

LinePlace = tuple[datetime, str, str]
"""Received at, reference, team."""
MOST_LOOKED_AT = 5_000
"""So many referrals are looked through for one page, however few lines of them fit."""

_NEWER = "CAST(:at AS timestamptz) IS NULL OR (received_at, reference) <= (CAST(:at AS timestamptz), :reference)"
_LINES = text(
    f"""WITH looked AS (
        SELECT id, reference, received_at, statistics_key FROM referral WHERE {_NEWER}
        ORDER BY received_at DESC, reference DESC LIMIT :most
    ), placed AS (
        SELECT looked.reference, looked.received_at, line.*, coalesce(line.sent_at, (
            SELECT min(sent.published_at) FROM dispatch AS sent
            WHERE sent.topic = line.topic AND sent.recipient = line.service
                AND sent.subject = CASE WHEN line.team = 'statistics' THEN looked.statistics_key ELSE looked.id END
        )) AS published_at
        FROM looked JOIN ledger_line AS line ON line.referral_id = looked.id
        WHERE (:team = '' OR line.team = :team)
            AND NOT (looked.reference = :reference AND line.team <= :seen)
    )
    SELECT * FROM placed WHERE :state = '' OR :state = CASE
        WHEN waived_at IS NOT NULL THEN 'waived'
        WHEN erased_at IS NOT NULL THEN 'erased'
        WHEN parked_at IS NOT NULL AND stored_at IS NULL THEN 'parked'
        WHEN undelivered_at > coalesce(greatest(seen_at, acknowledged_at), '-infinity') THEN 'undelivered'
        WHEN acknowledged_at IS NOT NULL THEN 'acknowledged'
        WHEN seen_at IS NOT NULL THEN 'seen'
        WHEN delivered_at IS NOT NULL THEN 'delivered'
        WHEN stored_at IS NOT NULL THEN 'stored'
        WHEN published_at IS NOT NULL THEN 'sent'
        ELSE 'waiting' END
    ORDER BY received_at DESC, reference DESC, team LIMIT :limit"""  # noqa: S608  a condition of our own
)
_LAST_LOOKED_AT = text(
    f"""SELECT received_at, reference FROM referral WHERE {_NEWER}
    ORDER BY received_at DESC, reference DESC OFFSET :most LIMIT 1"""  # noqa: S608  as above
)


@dataclass(frozen=True)
class PlacedLine:
    """One line with the referral that it belongs to."""

    reference: str
    received_at: datetime
    line: Line


@dataclass(frozen=True)
class LineList:
    """Lines in order, and the place from which to go on, None at the end."""

    lines: tuple[PlacedLine, ...]
    after: LinePlace | None


async def ledger_lines(
    session: Session,
    *,
    team: Team | None = None,
    state: LineState | None = None,
    limit: int,
    after: LinePlace | None = None,
) -> LineList:
    """Return lines of the newest referrals, those after a place, of one team, in one state.

    A rare state may lie far back: the list ends with what `MOST_LOOKED_AT` referrals hold, and says where to go on.
    """
    at, reference, seen = after or (None, "", "")
    asked = {"at": at, "reference": reference, "seen": seen, "most": MOST_LOOKED_AT}
    wanted = {"team": team or "", "state": state or "", "limit": limit + 1}
    rows = await session.rows(_LINES, {**asked, **wanted})
    lines = tuple(_placed(row) for row in rows[:limit])
    if len(rows) > limit:
        last = lines[-1]
        return LineList(lines, (last.received_at, last.reference, last.line.team))
    further = await session.first(_LAST_LOOKED_AT, {"at": at, "reference": reference, "most": MOST_LOOKED_AT})
    return LineList(lines, (further.received_at, further.reference, "") if further else None)


def _placed(row: Row[Any]) -> PlacedLine:
    return PlacedLine(row.reference, row.received_at, _line(row))
