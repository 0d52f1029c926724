"""What readers may choose among: the newest signed figures of each financial year, and the grids made of them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cached_property

from services.stats.domain.measures import ATTRIBUTES, MEASURES, TOTAL, UNKNOWN_DISTRICT, whole_of
from services.stats.domain.naming import calendar_year_id
from services.stats.domain.periods import Grain, Period, Tree, quarters_of_calendar_year
from services.stats.domain.tables import PublishedTable, ReleaseContent, Timing, timings_id

_CALENDAR = "CY"


class Years(StrEnum):
    """Which years a reader wants: those of the Home Office's tables, or those of the calendar."""

    FINANCIAL = "financial"
    CALENDAR = "calendar"


@dataclass(frozen=True)
class SignedRelease:
    """A release that two people have made, as it was frozen, with the SHA-256 digest (hex) of its text."""

    content: ReleaseContent
    digest: str
    signed_by: str = ""
    signed_on: date | None = None


@dataclass(frozen=True)
class Choice:
    """What a reader chose: a measure, how it is split (empty for its totals), and which periods.

    `year` is the first year of a financial year, or a calendar year; with years as periods all are shown, whichever it
    names.
    """

    measure: str
    attribute: str
    year: str
    grain: Grain
    years: Years = Years.FINANCIAL


@dataclass(frozen=True)
class Line:
    """One category of a grid with a count for each of its periods; None is hidden."""

    category: str
    counts: tuple[int | None, ...]


@dataclass(frozen=True)
class Grid:
    """Published figures of one measure as a reader chose them: lines by category, columns by period.

    `totals` are the denominators and `known` those without the unknown category, None where hidden. `releases` says for
    each period which release its figures are of. `revised` are the cells (category and period) that a correction
    changed, `totals_revised` the periods whose total one changed.
    """

    choice: Choice
    periods: tuple[str, ...]
    lines: tuple[Line, ...]
    totals: tuple[int | None, ...]
    known: tuple[int | None, ...]
    releases: tuple[int, ...]
    revised: frozenset[tuple[str, str]] = frozenset()
    totals_revised: frozenset[str] = frozenset()

    @property
    def known_revised(self) -> frozenset[str]:
        """Return the periods in which a correction changed the total, or what is unknown of it."""
        return self.totals_revised | {period for category, period in self.revised if category == self.unknown}

    @property
    def unknown(self) -> str:
        """Return the category whose members are not in the known denominator; empty where there is none."""
        attribute = self.choice.attribute
        named = str(ATTRIBUTES[attribute].unknown) if attribute in ATTRIBUTES else ""
        return UNKNOWN_DISTRICT if attribute == "district" else named

    def share(self, line: Line, column: int) -> int | None:
        """Return a count in per cent of the known denominator; None where either is hidden, or the answer unknown."""
        return None if line.category == self.unknown else percentage(line.counts[column], self.known[column])


def grid_of(table: PublishedTable, content: ReleaseContent) -> Grid:
    """Return the whole of one table of a release as a grid: all its periods, and what corrections changed of it."""
    measure, attribute, category = whole_of(table.measure)
    return Grid(
        choice=Choice(table.measure, table.attribute, table.year, Grain.MONTH),
        periods=table.periods,
        lines=tuple(Line(row.category, row.counts) for row in table.rows),
        totals=table.totals,
        known=table.known,
        releases=tuple(content.number for _ in table.periods),
        revised=content.revised_in(table.id),
        totals_revised=_periods_of(content.revised_in(_named(measure, attribute, table.year)), category),
    )


def percentage(part: int | None, whole: int | None) -> int | None:
    """Return a part in whole per cent, a half rounded up; None where either is hidden or the whole is nothing."""
    return None if part is None or not whole else (200 * part + whole) // (2 * whole)


@dataclass(frozen=True)
class Shelf:
    """Everything that is released of one area as of one release: for each financial year the newest that has it."""

    area: str
    number: int
    by_year: Mapping[str, SignedRelease]

    @cached_property
    def _tables(self) -> Mapping[tuple[str, str, str], PublishedTable]:
        return {
            (table.measure, table.attribute, year): table
            for year, signed in self.by_year.items()
            for table in signed.content.tables
            if table.year == year
        }

    @cached_property
    def _timings(self) -> Mapping[tuple[str, str], Timing]:
        return {
            (timing.id, timing.period): timing
            for year, signed in self.by_year.items()
            for timing in signed.content.timings
            if Period(timing.period).year == year
        }

    @property
    def newest(self) -> SignedRelease:
        """Return the release that the shelf is as of."""
        return max(self.by_year.values(), key=lambda signed: signed.content.number)

    def table(self, measure: str, attribute: str, year: str) -> PublishedTable | None:
        """Return the newest table of a financial year; None where there is none."""
        return self._tables.get((measure, attribute, year))

    def timing(self, name: str, period: str) -> Timing | None:
        """Return how long something took in a period; None where nothing was released for it."""
        return self._timings.get((name, period))

    @cached_property
    def timing_names(self) -> tuple[str, ...]:
        """Return what has been timed."""
        return tuple(dict.fromkeys(name for name, _ in self._timings))

    @cached_property
    def periods(self) -> tuple[str, ...]:
        """Return every period whose months are released, though all of it is hidden, by grain and in order."""
        stated = {month for signed in self.by_year.values() for month in signed.content.as_of}
        months = ([each for each in _months_of(year) if each in stated] for year in self.by_year)
        found = {period for known in months for period in Tree(tuple(known)).periods}
        return tuple(each.id for each in sorted(found, key=lambda each: (_GRAINS.index(each.grain), each.months[0])))

    @cached_property
    def measures(self) -> Mapping[str, tuple[str, ...]]:
        """Return the measures that have tables, in the order of their definitions, each with its breakdowns."""
        there = {(measure, attribute) for measure, attribute, _ in self._tables}
        found = {
            measure.id: tuple(each for each in ("", *measure.attributes) if (measure.id, each) in there)
            for measure in MEASURES.values()
        }
        return {measure: attributes for measure, attributes in found.items() if attributes}

    def years(self, kind: Years) -> tuple[str, ...]:
        """Return the years of that kind that have a figure, the newest first."""
        months = [period for period in self.periods if Period(period).grain is Grain.MONTH]
        if kind is Years.CALENDAR:
            return tuple(sorted({month[:4] for month in months}, reverse=True))
        return tuple(sorted(self.by_year, reverse=True))

    def periods_of(self, choice: Choice) -> tuple[str, ...]:
        """Return the released periods that a choice is about, in order."""
        if choice.years is Years.CALENDAR and choice.grain is Grain.YEAR:
            whole = [
                int(year)
                for year in self.years(Years.CALENDAR)
                if all(each.id in self.periods for each in quarters_of_calendar_year(int(year)))
            ]
            return tuple(calendar_year_id(year) for year in sorted(whole))
        found = [period for period in self.periods if Period(period).grain is choice.grain]
        return tuple(period for period in found if choice.grain is Grain.YEAR or _within(period, choice))

    def count(self, measure: str, attribute: str, category: str, period: str) -> int | None:
        """Return one released figure, of a calendar year too; None where it is hidden or nothing was released."""
        return _added(period, lambda each: self._count(measure, attribute, category, each))

    def total(self, measure: str, period: str) -> int | None:
        """Return the total of a measure in a period; None where it is hidden or nothing was released."""
        return self.count(measure, "", TOTAL, period)

    def covers(self, period: str) -> bool:
        """Say whether every month of a period is released, if only to say that its figures are hidden."""
        months = {month for part in _parts(period) for month in part.months}
        return months <= {month for signed in self.by_year.values() for month in signed.content.as_of}

    def is_revised(self, measure: str, attribute: str, category: str, period: str) -> bool:
        """Say whether a correction changed a figure, or one of those that it is the sum of."""
        return (category, period) in self._revised(measure, attribute, (period,))

    def revised_days(self, name: str, period: str) -> frozenset[str]:
        """Return what of a timing a correction changed: "cases", "median", "percentile_90"."""
        found = self.release_of(period).content.revised_in(timings_id(name, Period(period).year))
        return frozenset(each for each, of in found if of == period)

    def release_of(self, period: str) -> SignedRelease:
        """Return the release that the figures of a period are of; the newest of those whose quarters are added."""
        found = [self.by_year.get(part.year) for part in _parts(period)]
        return max((each for each in found if each), key=lambda each: each.content.number, default=self.newest)

    def releases_of(self, periods: Iterable[str]) -> tuple[SignedRelease, ...]:
        """Return the releases that the figures of some periods are of, each once, oldest first."""
        found = {signed.content.number: signed for signed in map(self.release_of, periods)}
        return tuple(found[number] for number in sorted(found))

    def grid(self, choice: Choice) -> Grid:
        """Return the figures of a choice; a calendar year is the sum of its four quarters where all are shown."""
        periods = self.periods_of(choice)
        categories = self._categories(choice, periods)
        measure, attribute = choice.measure, choice.attribute
        whole, split, category = whole_of(measure)
        return Grid(
            choice=choice,
            periods=periods,
            lines=tuple(
                Line(each, tuple(self.count(measure, attribute, each, period) for period in periods))
                for each in categories
            ),
            totals=tuple(_added(period, lambda each: self._beside(choice, each, known=False)) for period in periods),
            known=tuple(_added(period, lambda each: self._beside(choice, each, known=True)) for period in periods),
            releases=tuple(self.release_of(period).content.number for period in periods),
            revised=self._revised(measure, attribute, periods),
            totals_revised=_periods_of(self._revised(whole, split, periods), category),
        )

    def _count(self, measure: str, attribute: str, category: str, period: Period) -> int | None:
        table = self.table(measure, attribute, period.year)
        return None if table is None else table.count(category, period.id)

    def _beside(self, choice: Choice, period: Period, *, known: bool) -> int | None:
        table = self.table(choice.measure, choice.attribute, period.year)
        if table is None:
            return self._count(choice.measure, "", TOTAL, period) if not known else None
        values = table.known if known else table.totals
        return values[table.periods.index(period.id)] if period.id in table.periods else None

    def _categories(self, choice: Choice, periods: Sequence[str]) -> tuple[str, ...]:
        years = {part.year for period in periods for part in _parts(period)}
        tables = (self.table(choice.measure, choice.attribute, year) for year in sorted(years))
        return tuple(dict.fromkeys(row.category for table in tables if table for row in table.rows))

    def _revised(self, measure: str, attribute: str, periods: Iterable[str]) -> frozenset[tuple[str, str]]:
        found = {
            year: signed.content.revised_in(_named(measure, attribute, year)) for year, signed in self.by_year.items()
        }
        parts = [(period, part) for period in periods for part in _parts(period)]
        return frozenset(
            (category, period) for period, part in parts for category, of in found.get(part.year, ()) if of == part.id
        )


_GRAINS = (Grain.MONTH, Grain.QUARTER, Grain.YEAR)


def year_before(period: str) -> str:
    """Return the same period of the year before: "2025-Q1" for "2026-Q1"."""
    start = len(_CALENDAR) if period.startswith(_CALENDAR) else 0
    return f"{period[:start]}{int(period[start : start + 4]) - 1}{period[start + 4 :]}"


def latest_period(periods: Sequence[str]) -> str:
    """Return what a board looks at first: the latest quarter, or month before the first quarter; empty for none."""
    for grain in (Grain.QUARTER, Grain.MONTH):
        found = [period for period in periods if Period(period).grain is grain]
        if found:
            return max(found, key=lambda each: Period(each).months[-1])
    return ""


def _parts(period: str) -> tuple[Period, ...]:
    return quarters_of_calendar_year(int(period[2:])) if period.startswith(_CALENDAR) else (Period(period),)


def _added(period: str, count: Callable[[Period], int | None]) -> int | None:
    found = [count(each) for each in _parts(period)]
    shown = [each for each in found if each is not None]
    return sum(shown) if len(shown) == len(found) else None


def _named(measure: str, attribute: str, year: str) -> str:
    return "/".join(filter(None, (measure, attribute, year)))


def _periods_of(revised: Iterable[tuple[str, str]], category: str) -> frozenset[str]:
    return frozenset(period for each, period in revised if each == category)


def _months_of(year: str) -> tuple[str, ...]:
    return Period(year).months


def _within(period: str, choice: Choice) -> bool:
    if choice.years is Years.CALENDAR:
        return Period(period).months[0][:4] == choice.year
    return Period(period).year == choice.year
