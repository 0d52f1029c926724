"""A published national year rebuilt from synthetic referrals: counted anew, every published figure comes out exactly.

The source gives some figures rounded, or not at all: gender is “about 90%”, the two types of “no ideology” are one
exact sum, and nothing is known here of districts, of the ages of adults, or of how many a panel discussed.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from sqlalchemy import insert

from chassis.actor import Actor
from chassis.app import Runtime
from services.stats import queries
from services.stats.domain.measures import ATTRIBUTES, TOTAL, Counted
from services.stats.domain.national import NationalFigure
from services.stats.domain.people import Stated
from services.stats.domain.periods import Period
from services.stats.domain.shelf import percentage
from services.stats.domain.tables import PublishedTable, ReleaseContent
from services.stats.models import fact_log
from services.stats.readers import national
from tests.stats.counted_made import DISTRICTS, JOB, KENT
from tests.stats.drafted import computed
from tests.stats.nation_made import LAST_QUARTER, NO_IDEOLOGY, YEAR, facts

NOW = datetime(2026, 1, 10, 9, tzinfo=UTC)
THRESHOLD = 5
NATION = national()
PUBLISHED = [each for each in NATION.figures if each.year == YEAR]
PORTION = 1000
SHARES = {
    "education": 36, "police": 30, "11-15": 36, "16-17": 13, "10-and-under": 4, "extreme-right-wing": 21,
    "islamist": 10,
}  # fmt: skip
"""As the Home Office gave them, in whole per cent of those known."""


@pytest.fixture
async def year(stats: Runtime) -> Runtime:
    """Return statistics with the whole year in its log."""
    rows = [asdict(fact) | {"id": uuid4(), "stage": str(fact.stage), "generation": 0} for fact in facts(NATION)]
    async with stats.database.transaction(Actor.service("stats")) as session:
        for start in range(0, len(rows), PORTION):
            await session.execute(insert(fact_log), rows[start : start + PORTION])
    return stats


def of_year(counts: Mapping[tuple[str, str], int], category: str, period: str = YEAR) -> int:
    """Return how many were counted in a category in a period."""
    return sum(counts.get((category, month), 0) for month in Period(period).months)


def named(figure: NationalFigure) -> str:
    """Return the row that a figure stands in."""
    return figure.category or TOTAL


class TestNationalYear:
    async def test_every_published_figure_is_counted_exactly_and_shown_as_it_is(self, year: Runtime) -> None:
        months = Period(YEAR).months
        async with year.database.transaction(JOB) as session:
            stated = {1: Stated(frozenset(months), DISTRICTS)}
            figures = (await queries.counted(session, KENT, stated, dict.fromkeys(months, 1))).figures
        self.check_counts(figures)
        # One log serves both, because filling it takes long.
        content = (await computed(year, now=NOW)).content
        assert content is not None
        self.check_release(content, figures)

    def check_counts(self, figures: Counted) -> None:
        """Before anything is hidden every published figure is there."""
        assert PUBLISHED
        for figure in PUBLISHED:
            assert of_year(figures[figure.measure, figure.attribute], named(figure)) == figure.count, figure
            if figure.known is not None:
                unknown = of_year(figures["received", figure.attribute], str(ATTRIBUTES[figure.attribute].unknown))
                assert of_year(figures["received", ""], TOTAL) - unknown == figure.known
        concerns = figures["received", "concern"]
        both = ("no-ideology-identified", "no-ideology-other-susceptibility")
        assert sum(of_year(concerns, each) for each in both) == NO_IDEOLOGY
        assert of_year(figures["received", ""], TOTAL, f"{YEAR}-Q4") == LAST_QUARTER

    def check_release(self, content: ReleaseContent, figures: Counted) -> None:
        """What is shown is what was counted; every published figure is shown, and what is small is hidden."""
        for figure in PUBLISHED:
            table = content.table(figure.measure, figure.attribute, YEAR)
            assert table is not None, figure
            assert table.count(named(figure), YEAR) == figure.count
            if figure.known is not None:
                assert table.known[table.periods.index(YEAR)] == figure.known
            if figure.category in SHARES:
                assert percentage(figure.count, figure.known or table.total(YEAR)) == SHARES[figure.category]
        hidden = Counter[str]()
        for table in (each for each in content.tables if each.year == YEAR and each.measure == "received"):
            hidden += self.check_table(table, figures)
        assert hidden["small"] > 0
        # What is not small is hidden for another's sake alone; of a whole nation that is little.
        assert hidden["for another"] * 5 < hidden["shown"], hidden

    def check_table(self, table: PublishedTable, figures: Counted) -> Counter[str]:
        """Compare a table with what was counted; return how many of its figures are shown, or hidden, and why."""
        counts, found = figures.get((table.measure, table.attribute), {}), Counter[str]()
        for row in table.rows:
            for period, shown in zip(table.periods, row.counts, strict=True):
                true = of_year(counts, row.category, period)
                assert shown in {None, true}, (table.id, row.category, period)
                assert shown is None or true >= THRESHOLD, (table.id, row.category, period)
                found["small" if true < THRESHOLD else "for another" if shown is None else "shown"] += 1
        return found
