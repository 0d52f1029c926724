"""What the log of facts says: every measure by month and attribute, as of any release, and how long things took."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from sqlalchemy import Row, text

from chassis.database import Session
from contracts.vocabulary import Outcome
from services.stats.domain.measures import (
    ATTRIBUTES,
    CLOSING,
    DECIDED,
    MEASURES,
    OUTCOME,
    PUNCTUALITY,
    TOTAL,
    Counted,
    categories,
    unknown_category,
)
from services.stats.domain.periods import financial_year
from services.stats.domain.timings import TIMED, Days

_SPLIT = {"decided": OUTCOME, "left": CLOSING}
_FIRSTS = tuple(
    (each.id, outcome)
    for each in MEASURES.values()
    for outcome in sorted(each.outcomes)
    if not each.latest and each.outcomes
)
_FIXED: Mapping[str, object] = {
    "decided": [str(outcome) for outcome in DECIDED],
    "closed": str(Outcome.CASE_CLOSED),
    "measures": [measure for measure, _ in _FIRSTS],
    "outcomes": [str(outcome) for _, outcome in _FIRSTS],
}

# Only what has a row in these months is looked at, so that counting month after month costs what counting all at once
# does. A referral counts by its newest row of a stage as of the release, or by its first of an outcome.
_SEEN = """
WITH wanted AS MATERIALIZED (
    SELECT DISTINCT key FROM fact_log
    WHERE area = :area AND generation < :as_of AND month = ANY (CAST(:months AS text[]))
), seen AS MATERIALIZED (
    SELECT f.* FROM fact_log f JOIN wanted USING (key) WHERE f.area = :area AND f.generation < :as_of
)"""
_COUNTED = text(
    _SEEN  # noqa: S608  both parts are written here
    + """, newest AS MATERIALIZED (
    SELECT DISTINCT ON (key, stage) * FROM seen WHERE outcome IS DISTINCT FROM 'reviewed'
    ORDER BY key, stage, version DESC
), about AS MATERIALIZED (
    SELECT key, max(sector) FILTER (WHERE stage = 'intake') AS sector,
        max(age_band) FILTER (WHERE stage = 'intake') AS age_band,
        max(gender) FILTER (WHERE stage = 'intake') AS gender,
        max(ethnicity) FILTER (WHERE stage = 'intake') AS ethnicity,
        max(district) FILTER (WHERE stage = 'intake') AS district,
        max(concern) FILTER (WHERE stage = 'triage') AS concern
    FROM newest GROUP BY key
), first AS (
    SELECT DISTINCT ON (asked.measure, s.key) asked.measure, s.key, s.month, s.days_since_receipt
    FROM seen s JOIN unnest(CAST(:measures AS text[]), CAST(:outcomes AS text[])) AS asked (measure, outcome)
        ON s.outcome = asked.outcome
    WHERE s.stage = 'channel' ORDER BY asked.measure, s.key, s.version
), counted AS (
    SELECT 'received' AS measure, '' AS split, key, month, NULL::integer AS days FROM newest WHERE stage = 'intake'
    UNION ALL SELECT 'decided', outcome, key, month, days_since_receipt FROM newest
        WHERE stage = 'triage' AND outcome = ANY (CAST(:decided AS text[]))
    UNION ALL SELECT 'left', coalesce(closing, ''), key, month, days_since_receipt FROM newest
        WHERE stage = 'channel' AND outcome = :closed
    UNION ALL SELECT measure, '', key, month, days_since_receipt FROM first
)
SELECT measure, split, month, sector, age_band, gender, ethnicity, district, concern, days,
    grouping(sector, age_band, gender, ethnicity, district, concern, days) AS level, count(*) AS number
FROM counted JOIN about USING (key) WHERE month = ANY (CAST(:months AS text[]))
GROUP BY GROUPING SETS ((measure, split, month), (measure, split, month, sector), (measure, split, month, age_band),
    (measure, split, month, gender), (measure, split, month, ethnicity), (measure, split, month, district),
    (measure, split, month, concern), (measure, split, month, days))
"""
)
# What had ended by a row and not by the one before it ended between the two, and counts in the month of the later.
_PUNCTUAL = text(
    _SEEN  # noqa: S608  both parts are written here
    + """, ended AS (
    SELECT month, coalesce(met, 0) - coalesce(max(met) OVER before, 0) AS met,
        coalesce(missed, 0) - coalesce(max(missed) OVER before, 0) AS missed,
        coalesce(on_time, 0) - coalesce(max(on_time) OVER before, 0) AS on_time,
        coalesce(late, 0) - coalesce(max(late) OVER before, 0) AS late
    FROM seen WHERE stage <> 'intake'
    WINDOW before AS (PARTITION BY key, stage ORDER BY version ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
)
SELECT month, sum(greatest(met, 0)) AS met, sum(greatest(missed, 0)) AS missed,
    sum(greatest(on_time, 0)) AS on_time, sum(greatest(late, 0)) AS late
FROM ended WHERE month = ANY (CAST(:months AS text[])) GROUP BY month
"""
)
_LEVELS = ("sector", "age_band", "gender", "ethnicity", "district", "concern", "days")


@dataclass(frozen=True)
class Found:
    """What was counted: `figures` by measure, attribute, category and month, and `days` by timing and month."""

    figures: Counted
    days: Days


async def counted(session: Session, area: str, as_of: Mapping[str, int], districts: Sequence[str]) -> Found:
    """Return the counts of some months, each from the facts that had come before its release was begun.

    `as_of` gives for each month the number of that release. A value that a table has no category for counts as unknown.
    """
    tally = _Tally(districts)
    # Year by year, so that no statement takes long, however many years are asked for.
    by_release = sorted((number, financial_year(month), month) for month, number in as_of.items())
    for (number, _), held in groupby(by_release, key=lambda one: one[:2]):
        asked = {"area": area, "as_of": number, "months": [month for *_, month in held]}
        for row in await session.rows(_COUNTED, {**asked, **_FIXED}):
            tally.add(row)
        for row in await session.rows(_PUNCTUAL, asked):
            tally.add_punctual(row)
    return tally.found()


class _Tally:
    """Counts as they come from the log, sorted into the categories that tables have."""

    def __init__(self, districts: Sequence[str]) -> None:
        self._figures: dict[tuple[str, str], dict[tuple[str, str], int]] = defaultdict(lambda: defaultdict(int))
        self._days: dict[tuple[str, str], dict[int, int]] = defaultdict(lambda: defaultdict(int))
        named = (*ATTRIBUTES, *_SPLIT.values())
        self._categories = {each: frozenset(categories(each, districts)) for each in named}

    def add(self, row: Row[Any]) -> None:
        """Take one group of referrals: of a month and measure, by one attribute or by how long it took."""
        by = _level(int(row.level))
        if by == "days":
            if row.measure in TIMED and row.days is not None:
                self._days[row.measure, row.month][int(row.days)] += int(row.number)
            return
        split = self._category(_SPLIT[row.measure], row.split) if row.measure in _SPLIT else ""
        category = self._category(by, getattr(row, by)) if by else TOTAL
        for measure, attribute, place in self._places(row.measure, split, by, category):
            self._figures[measure, attribute][place, row.month] += int(row.number)

    def add_punctual(self, row: Row[Any]) -> None:
        """Take what was owed and ended in a month."""
        given = {"obligations": (row.met, row.missed), "reviews": (row.on_time, row.late)}
        for measure, numbers in given.items():
            for category, number in zip(categories(PUNCTUALITY), numbers, strict=True):
                self._figures[measure, PUNCTUALITY][category, row.month] += int(number)
                self._figures[measure, ""][TOTAL, row.month] += int(number)

    def found(self) -> Found:
        """Return all of it."""
        figures = {name: dict(values) for name, values in self._figures.items()}
        return Found(figures, {name: dict(values) for name, values in self._days.items()})

    def _places(self, measure: str, split: str, by: str, category: str) -> Iterator[tuple[str, str, str]]:
        if not split:
            yield measure, by, category
            return
        if not by:
            yield measure, "", TOTAL
            yield measure, _SPLIT[measure], split
        yield f"{measure}-{split}", by, category

    def _category(self, attribute: str, value: str | None) -> str:
        return value if value in self._categories[attribute] and value is not None else unknown_category(attribute)


def _level(grouped: int) -> str:
    """Return by which column a group was made: PostgreSQL sets a bit for each that was not."""
    bits = reversed(range(len(_LEVELS)))
    return next((name for name, bit in zip(_LEVELS, bits, strict=True) if not grouped >> bit & 1), "")
