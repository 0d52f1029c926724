"""What statistics knows of releases: what can be released, which drafts there are, and releases as they were frozen."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, func, select, text

from chassis.database import Session
from contracts.vocabulary import Stage
from services.stats.domain import ReleaseAbsent
from services.stats.domain.releases import OPEN, Draft, DraftAbsent, DraftState, Standing
from services.stats.domain.tables import ReleaseContent, ReleaseKind
from services.stats.models import drafting, fact_log, release, release_check, release_ending, release_month
from services.stats.queries.contents import CONTENT, frozen_content

# A lateral for each month: the index then reads the late ones alone, which are few, however long the log.
_LATE = text("""
SELECT sum(late.number) FROM unnest(CAST(:months AS text[]), CAST(:as_of AS integer[])) AS released (month, as_of)
CROSS JOIN LATERAL (
    SELECT count(*) AS number FROM fact_log
    WHERE area = :area AND month = released.month AND generation >= released.as_of
) AS late
""")
SIGNED = str(DraftState.SIGNED)


@dataclass(frozen=True)
class ReleaseListed:
    """One line of the list of releases: all of them are signed."""

    area: str
    number: int
    kind: ReleaseKind
    made_on: date
    months: tuple[str, ...]
    digest: str
    drafted_by: str
    signed_by: str
    signed_on: date


@dataclass(frozen=True)
class ReleaseFound:
    """A signed release with the SHA-256 digest (hex) of its frozen text."""

    content: ReleaseContent
    digest: str
    drafted_by: str
    signed_by: str
    signed_on: date
    statement: str


@dataclass(frozen=True)
class DraftFound:
    """A draft and how far it has got; `content` is None until it is computed, and again once it is discarded.

    `words` say why it failed or was discarded, or with which statement it was signed off by `ended_by`.
    """

    id: UUID
    draft: Draft
    state: DraftState
    opened_by: str
    opened_by_name: str
    step: str
    progress: int
    words: str
    ended_by: str = ""
    content: ReleaseContent | None = None
    digest: str = ""
    verdict: str = ""

    @property
    def is_open(self) -> bool:
        """Say whether it has not ended."""
        return self.state in OPEN


@dataclass(frozen=True)
class Checked:
    """A frozen release and when it was last computed again, None if never; `asked` says that it is to be now.

    `since` is the day from which it waits for its next proof: that of the last one, or of its sign-off.
    """

    id: UUID
    area: str
    number: int
    digest: str
    checked_on: date | None
    same: bool | None
    since: date
    asked: bool = False

    @property
    def is_awaited(self) -> bool:
        """Say whether its proof is under way: it was never computed again, or somebody has asked for it."""
        return self.asked or self.checked_on is None


async def standing(session: Session, area: str) -> Standing:
    """Return what of an area can be released."""
    # Stage by stage, because the index then gives the first row at once however many facts there are.
    firsts = (
        select(func.min(fact_log.c.month)).where(fact_log.c.area == area, fact_log.c.stage == str(stage))
        for stage in Stage
    )
    first = await session.scalar(select(func.least(*(each.scalar_subquery() for each in firsts))))
    statement = (
        select(release_month.c.month, func.max(release_month.c.as_of).label("as_of"))
        .join(release_ending, release_ending.c.release_id == release_month.c.release_id)
        .where(release_month.c.area == area, release_ending.c.ending == SIGNED)
        .group_by(release_month.c.month)
        .order_by(release_month.c.month)
    )
    released = {str(row.month): int(row.as_of) for row in await session.rows(statement)}
    return Standing(None if first is None else str(first), released)


async def late_facts(session: Session, area: str, released: Standing) -> int:
    """Return how many facts speak of a released month and came after the release that it was last stated in."""
    asked = {
        "area": area,
        "months": list(released.released),
        "as_of": list(released.released.values()),
    }
    return int(await session.scalar(_LATE, asked) or 0)


async def last_number(session: Session, area: str) -> int:
    """Return the number of the newest draft of an area, whatever became of it; 0 before the first."""
    return int(await session.scalar(select(func.max(drafting.c.number)).where(drafting.c.area == area)) or 0)


async def releases(session: Session, areas: Sequence[str]) -> tuple[ReleaseListed, ...]:
    """Return the signed releases of some areas, newest first."""
    statement = (
        select(
            *(release.c.area, release.c.number, release.c.kind, release.c.made_on, release.c.digest),
            *(drafting.c.months, drafting.c.opened_by_name, release_ending.c.by_name, release_ending.c.ended_on),
        )
        .join(drafting, (drafting.c.area == release.c.area) & (drafting.c.number == release.c.number))
        .join(release_ending, release_ending.c.release_id == release.c.id)
        .where(release.c.area.in_(areas), release_ending.c.ending == SIGNED)
        .order_by(release.c.made_on.desc(), release.c.area, release.c.number.desc())
    )
    return tuple(
        ReleaseListed(
            area=row.area,
            number=row.number,
            kind=ReleaseKind(row.kind),
            made_on=row.made_on,
            months=tuple(row.months),
            digest=row.digest,
            drafted_by=row.opened_by_name,
            signed_by=row.by_name,
            signed_on=row.ended_on,
        )
        for row in await session.rows(statement)
    )


async def release_found(session: Session, area: str, number: int) -> ReleaseFound:
    """Return one signed release as it was frozen; raises ReleaseAbsent."""
    row = await session.first(
        select(
            *(release.c.content, release.c.digest, drafting.c.opened_by_name),
            *(release_ending.c.by_name, release_ending.c.ended_on, release_ending.c.words),
        )
        .join(drafting, (drafting.c.area == release.c.area) & (drafting.c.number == release.c.number))
        .join(release_ending, release_ending.c.release_id == release.c.id)
        .where(release.c.area == area, release.c.number == number, release_ending.c.ending == SIGNED)
    )
    if row is None:
        raise ReleaseAbsent("There is no such release; go back to the list and choose one.")
    content = CONTENT.validate_json(row.content)
    return ReleaseFound(content, row.digest, row.opened_by_name, row.by_name, row.ended_on, row.words)


async def earlier_releases(session: Session, area: str, number: int) -> tuple[ReleaseContent, ...]:
    """Return the contents of an area's signed releases before a number, oldest first."""
    statement = (
        select(release.c.content)
        .join(release_ending, release_ending.c.release_id == release.c.id)
        .where(release.c.area == area, release.c.number < number, release_ending.c.ending == SIGNED)
        .order_by(release.c.number)
    )
    return tuple(CONTENT.validate_json(row.content) for row in await session.rows(statement))


async def drafts(session: Session, areas: Sequence[str]) -> tuple[DraftFound, ...]:
    """Return the drafts of some areas without their contents, newest first."""
    statement = (
        select(drafting, release_ending.c.by_name.label("ended_by"))
        .outerjoin(release, (release.c.area == drafting.c.area) & (release.c.number == drafting.c.number))
        .outerjoin(release_ending, release_ending.c.release_id == release.c.id)
        .where(drafting.c.area.in_(areas))
        .order_by(drafting.c.opened_on.desc(), drafting.c.area, drafting.c.number.desc())
    )
    return tuple(_draft(row) for row in await session.rows(statement))


async def draft_found(session: Session, area: str, number: int) -> DraftFound:
    """Return one draft with what was computed; raises DraftAbsent.

    Of a discarded one nobody reads what was computed: beside the release that came instead it could be subtracted.
    """
    row = await session.first(_whole().where(drafting.c.area == area, drafting.c.number == number))
    if row is None:
        raise DraftAbsent("There is no such draft; go back to the list and choose one.")
    if row.release_id is None or row.state == str(DraftState.DISCARDED):
        return _draft(row)
    content = await frozen_content(session, row.release_id, row.digest)
    return _draft(row, content, row.digest, row.verdict)


async def draft_to_compute(session: Session) -> DraftFound | None:
    """Return the draft that has waited longest for its computation, whichever area it is of."""
    waiting = drafting.c.state == str(DraftState.COMPUTING)
    row = await session.first(_whole().where(waiting).order_by(drafting.c.opened_on, drafting.c.id).limit(1))
    return None if row is None else _draft(row)


async def has_open_draft(session: Session, area: str) -> bool:
    """Say whether an area has a draft that has not ended."""
    open_ones = drafting.c.state.in_([str(state) for state in OPEN])
    return bool(await session.scalar(select(func.count()).where(drafting.c.area == area, open_ones)))


async def checks(session: Session, areas: Sequence[str] | None = None) -> tuple[Checked, ...]:
    """Return the signed releases with their last check, the one that waits longest first; of every area for None."""
    statement = (
        select(
            *(release.c.id, release.c.area, release.c.number, release.c.digest),
            *(release_check.c.checked_on, release_check.c.same, release_check.c.asked, release_ending.c.ended_on),
        )
        .join(release_ending, release_ending.c.release_id == release.c.id)
        .outerjoin(release_check, release_check.c.release_id == release.c.id)
        .where(release_ending.c.ending == SIGNED)
        .order_by(release_check.c.checked_on.asc().nulls_first(), release.c.area, release.c.number)
    )
    if areas is not None:
        statement = statement.where(release.c.area.in_(areas))
    rows = await session.rows(statement)
    return tuple(
        Checked(
            id=row.id,
            area=row.area,
            number=row.number,
            digest=row.digest,
            checked_on=row.checked_on,
            same=row.same,
            since=row.checked_on or row.ended_on,
            asked=bool(row.asked),
        )
        for row in rows
    )


async def check_of(session: Session, area: str, number: int) -> Checked:
    """Return one signed release with its last check; raises ReleaseAbsent."""
    found = next((each for each in await checks(session, (area,)) if each.number == number), None)
    if found is None:
        raise ReleaseAbsent("There is no such release; go back to the list and choose one.")
    return found


def _whole() -> Select[Any]:
    return (
        select(
            *(drafting, release.c.id.label("release_id"), release.c.digest, release.c.verdict),
            release_ending.c.by_name.label("ended_by"),
        )
        .outerjoin(release, (release.c.area == drafting.c.area) & (release.c.number == drafting.c.number))
        .outerjoin(release_ending, release_ending.c.release_id == release.c.id)
    )


def _draft(row: Row[Any], content: ReleaseContent | None = None, digest: str = "", verdict: str = "") -> DraftFound:
    draft = Draft(row.area, row.number, ReleaseKind(row.kind), tuple(row.months), row.opened_on)
    return DraftFound(
        id=row.id,
        draft=draft,
        state=DraftState(row.state),
        opened_by=row.opened_by,
        opened_by_name=row.opened_by_name,
        step=row.step,
        progress=row.progress,
        words=row.words,
        ended_by=row.ended_by or "",
        content=content,
        digest=digest,
        verdict=verdict,
    )
