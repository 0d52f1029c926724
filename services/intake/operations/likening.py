"""Keeps the marks by which referrals are likened, and the pairs that they bring together; a hint, never a verdict."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, or_, text

from chassis.database import Session
from services.intake import models
from services.intake.domain import MOST_ALIKE

_LIKEN = text(
    """WITH given AS (
        SELECT unnest(CAST(:marks AS bytea[])) AS mark
    ), gone AS (
        DELETE FROM likeness_mark WHERE referral_id = CAST(:id AS uuid) AND mark <> ALL (CAST(:marks AS bytea[]))
    ), kept AS (
        INSERT INTO likeness_mark (mark, referral_id, area)
        SELECT mark, CAST(:id AS uuid), CAST(:area AS text) FROM given
        ON CONFLICT DO NOTHING
    ), alike AS (
        SELECT known.referral_id AS other_id, count(*) AS shared
        FROM given CROSS JOIN LATERAL (
            SELECT earlier.referral_id FROM likeness_mark AS earlier
            WHERE earlier.mark = given.mark AND earlier.referral_id <> CAST(:id AS uuid)
            ORDER BY earlier.referral_id DESC LIMIT :most_alike
        ) AS known
        GROUP BY known.referral_id
    ), best AS (
        SELECT other_id, shared, least(other_id, CAST(:id AS uuid)) AS earlier_id,
            greatest(other_id, CAST(:id AS uuid)) AS later_id
        FROM alike
        WHERE NOT EXISTS (
            SELECT 1 FROM referral_pair AS pair
            WHERE pair.earlier_id = least(alike.other_id, CAST(:id AS uuid))
                AND pair.later_id = greatest(alike.other_id, CAST(:id AS uuid)) AND pair.answer = 'separate'
        )
        ORDER BY shared DESC, other_id DESC LIMIT :most_alike
    ), paired AS (
        INSERT INTO referral_pair (earlier_id, later_id, area, found_at, answer, answered_at, answered_in)
        SELECT earlier_id, later_id, CAST(:area AS text), CAST(:now AS timestamptz), 'waiting', NULL, '' FROM best
        ON CONFLICT DO NOTHING
    )
    SELECT referral.reference FROM best JOIN referral ON referral.id = best.other_id
    ORDER BY best.shared DESC, best.other_id DESC"""
)

_NAMED = text(
    """WITH other AS (
        SELECT referral.id, referral.reference, least(referral.id, CAST(:id AS uuid)) AS earlier_id,
            greatest(referral.id, CAST(:id AS uuid)) AS later_id
        FROM referral
        WHERE referral.reference = ANY (CAST(:named AS text[])) AND referral.area = CAST(:area AS text)
            AND referral.id <> CAST(:id AS uuid) AND referral.reading <> 'erased'
            AND NOT EXISTS (
                SELECT 1 FROM referral_pair AS pair
                WHERE pair.earlier_id = least(referral.id, CAST(:id AS uuid))
                    AND pair.later_id = greatest(referral.id, CAST(:id AS uuid)) AND pair.answer = 'separate'
            )
    ), paired AS (
        INSERT INTO referral_pair (earlier_id, later_id, area, found_at, answer, answered_at, answered_in)
        SELECT earlier_id, later_id, CAST(:area AS text), CAST(:now AS timestamptz), 'waiting', NULL, '' FROM other
        ON CONFLICT DO NOTHING
    )
    SELECT reference FROM other ORDER BY reference"""
)


async def liken(
    session: Session, referral_id: UUID, marks: Sequence[bytes], *, area: str, now: datetime
) -> tuple[str, ...]:
    """Keep a referral's marks instead of those that it had; return the references of those most like it, best first.

    A pair that a person has separated is not suggested again.
    """
    values = {"id": referral_id, "marks": list(marks), "area": area, "now": now, "most_alike": MOST_ALIKE}
    return tuple(row.reference for row in await session.rows(_LIKEN, values))


async def note_named(
    session: Session, referral_id: UUID, named: Sequence[str], *, area: str, now: datetime
) -> tuple[str, ...]:
    """Pair a referral with those that its mail names, for a person to say more; return the references of these.

    One that a person has separated is not suggested again; a reference that is nobody's here leads nowhere.
    """
    values = {"id": referral_id, "named": list(named), "area": area, "now": now}
    return tuple(row.reference for row in await session.rows(_NAMED, values))


async def forget_likeness(session: Session, referral_id: UUID) -> None:
    """Delete the marks of a referral and every pair that it is part of."""
    mark = models.likeness_mark
    await session.execute(delete(mark).where(mark.c.referral_id == referral_id))
    for table in (models.referral_pair, models.pair_answer):
        await session.execute(
            delete(table).where(or_(table.c.earlier_id == referral_id, table.c.later_id == referral_id))
        )
