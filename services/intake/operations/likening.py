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
        SELECT known.referral_id AS other_id, sum(known.worth) AS shared
        FROM given CROSS JOIN LATERAL (
            SELECT referral_id, 1.0 / count(*) OVER () AS worth FROM (
                SELECT earlier.referral_id FROM likeness_mark AS earlier
                WHERE earlier.mark = given.mark AND earlier.referral_id <> CAST(:id AS uuid)
                ORDER BY earlier.referral_id DESC LIMIT :most_alike
            ) AS latest
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

# Two that came in at the same moment do not see each other. Who has as many pairs as are suggested is left alone: else
# each of a thousand that are all alike would be paired anew with whoever came last.
_MISSED = text(
    """WITH recent AS (
        SELECT DISTINCT referral_id AS id FROM referral_version AS version WHERE added_at > :since AND
            (SELECT count(*) FROM referral_pair WHERE earlier_id = version.referral_id)
            + (SELECT count(*) FROM referral_pair WHERE later_id = version.referral_id) < :most_alike
    ), alike AS (
        SELECT mark.referral_id AS id, mark.area, known.referral_id AS other_id, sum(known.worth) AS shared
        FROM recent JOIN likeness_mark AS mark ON mark.referral_id = recent.id
        CROSS JOIN LATERAL (
            SELECT referral_id, 1.0 / count(*) OVER () AS worth FROM (
                SELECT other.referral_id FROM likeness_mark AS other
                WHERE other.mark = mark.mark AND other.referral_id <> mark.referral_id
                ORDER BY other.referral_id DESC LIMIT :most_alike
            ) AS latest
        ) AS known
        GROUP BY mark.referral_id, mark.area, known.referral_id
    ), placed AS (
        SELECT *, row_number() OVER (PARTITION BY id ORDER BY shared DESC, other_id DESC) AS place FROM alike
    )
    SELECT DISTINCT least(id, other_id) AS earlier_id, greatest(id, other_id) AS later_id FROM placed
    WHERE place <= :most_alike AND NOT EXISTS (
        SELECT 1 FROM referral_pair AS pair
        WHERE pair.earlier_id = least(id, other_id) AND pair.later_id = greatest(id, other_id)
    )"""
)
_PAIR = text(
    """INSERT INTO referral_pair (earlier_id, later_id, area, found_at, answer, answered_at, answered_in)
    SELECT earlier_id, later_id, later.area, CAST(:now AS timestamptz), 'waiting', NULL, ''
    FROM unnest(CAST(:earlier AS uuid[]), CAST(:later AS uuid[])) AS missed (earlier_id, later_id)
    JOIN referral AS earlier ON earlier.id = earlier_id AND earlier.reading <> 'erased'
    JOIN referral AS later ON later.id = later_id AND later.reading <> 'erased'
    ON CONFLICT DO NOTHING"""
)


async def liken(
    session: Session, referral_id: UUID, marks: Sequence[bytes], *, area: str, now: datetime
) -> tuple[str, ...]:
    """Keep a referral's marks instead of those that it had; return the references of those most like it, best first.

    A pair that a person has separated is not suggested again.
    """
    values = {"id": referral_id, "marks": list(marks), "area": area, "now": now, "most_alike": MOST_ALIKE}
    return tuple(row.reference for row in await session.rows(_LIKEN, values))


async def liken_again(session: Session, *, since: datetime, now: datetime) -> int:
    """Pair what came in or was read since a time with what it is like and could not see then; return how many pairs."""
    missed = await session.rows(_MISSED, {"since": since, "most_alike": MOST_ALIKE})
    if not missed:
        return 0
    earlier, later = [row.earlier_id for row in missed], [row.later_id for row in missed]
    # An erasure that runs meanwhile is over then, and its referral is left out.
    await session.lock_all({*earlier, *later})
    return await session.run(_PAIR, {"earlier": earlier, "later": later, "now": now})


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
