"""What the log of facts says: every referral as of each release that stated a month of it, and how long things took."""

import asyncio
import contextlib
import gc
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import Row as Fetched
from sqlalchemy import text

from chassis.database import Session
from services.stats.domain.measures import Counted
from services.stats.domain.people import Census, People, Row, Stated, figures_of
from services.stats.domain.periods import financial_year
from services.stats.domain.timings import Days

# Only who has a fact in these months is looked at, so that counting month after month costs what counting all at once
# does; of them everything, because the newest or first fact of a stage says where a referral counts.
_FACTS = text("""
WITH wanted AS MATERIALIZED (
    SELECT DISTINCT key FROM fact_log
    WHERE area = :area AND generation < :as_of AND month = ANY (CAST(:months AS text[]))
)
SELECT f.key, f.stage, f.version, f.month, f.sector, f.concern, f.age_band, f.gender, f.ethnicity, f.district,
    f.outcome, f.closing, f.days_since_receipt, coalesce(f.met, 0), coalesce(f.missed, 0), coalesce(f.on_time, 0),
    coalesce(f.late, 0)
FROM fact_log f JOIN wanted USING (key) WHERE f.area = :area AND f.generation < :as_of
ORDER BY f.key
""")


@dataclass(frozen=True)
class Found:
    """Every referral, and `days` by timing and month; `figures` count the months of `as_of`, each as of its release."""

    people: People
    days: Days
    as_of: Mapping[str, int]

    @cached_property
    def figures(self) -> Counted:
        """Return what was counted by measure, attribute, category and month."""
        return figures_of(self.people, self.as_of)


async def counted(session: Session, area: str, stated: Mapping[int, Stated], as_of: Mapping[str, int]) -> Found:
    """Return the referrals that count in any month that a release stated, by number of the release.

    Each is counted from the facts that had come before that release was begun. A value that a table has no category
    for counts as unknown.
    """
    census, part = Census(as_of), _Part(0, (), Stated(frozenset()))
    with _uncollected():
        for number, one in sorted(stated.items()):
            # Year by year, so that no statement takes long, however many years are asked for.
            for _, held in groupby(sorted(one.months), key=financial_year):
                months = list(held)
                asked = {"area": area, "as_of": number, "months": months}
                # While a year is read the one before it is taken, which takes seconds: pages are answered too.
                taking = asyncio.create_task(asyncio.to_thread(_take, census, part))
                try:
                    rows = await session.rows(_FACTS, asked)
                except BaseException:
                    # Nothing is taken any more once this is left; why the statement failed is what is told.
                    with contextlib.suppress(Exception):
                        await taking
                    raise
                await taking
                part = _Part(number, rows, Stated(frozenset(months), one.districts))
        await asyncio.to_thread(_take, census, part)
        return Found(await asyncio.to_thread(census.people), census.days(), as_of)


@contextlib.contextmanager
def _uncollected() -> Iterator[None]:
    """Search for no garbage: all that is counted is kept, and each search would go through it."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


class _Part(NamedTuple):
    """Facts of a year by key, as of a release, and what that states of it."""

    number: int
    rows: Sequence[Fetched[Any]]
    stated: Stated


def _take(census: Census, part: _Part) -> None:
    for key, held in groupby(part.rows, key=itemgetter(0)):
        census.add(key, part.number, [_row(each) for each in held], part.stated)


def _row(row: Sequence[Any]) -> Row:
    """Take a row of `_FACTS`; of the concern the Gateway speaks, of everything else intake."""
    stage, version, month, sector, concern, age_band, gender, ethnicity, district, *rest = row[1:]
    outcome, closing, days, *ended = rest
    about: tuple[str | None, ...] = ()
    if stage == "intake":
        about = sector, None, age_band, gender, ethnicity, district
    elif stage == "triage":
        about = None, concern
    return Row(stage, version, month, about, outcome, closing, days, tuple(ended))
