"""The tables of the quarterly pack, each made of published figures alone: for the document, or a line a figure."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from services.stats.domain.board import TREND_PERIODS, TRENDS, KeyFigure, Trend, Value, key_figures, trend_over
from services.stats.domain.measures import MEASURES, PUNCTUAL, PUNCTUALITY
from services.stats.domain.naming import (
    NOT_AVAILABLE,
    REVISED,
    attribute_name,
    brief_period_name,
    category_name,
    measure_name,
    short_period_name,
    table_name,
)
from services.stats.domain.national import National
from services.stats.domain.pack import Cell, PackTable
from services.stats.domain.periods import Grain, Period
from services.stats.domain.shelf import Choice, Grid, Line, Shelf, year_before
from services.stats.domain.timings import TIMED
from services.stats.domain.words import HIDDEN

NOT_APPLICABLE = "[z]"
FIGURE_HEADINGS = ("Figure", "Count", "Of", "Of what", "Per cent", "Unit", "A year before: count", "A year before: of",
                   "A year before: per cent")  # fmt: skip
BREAKDOWN_HEADINGS = ("Measure", "Breakdown", "Category", "Count", "Marker", "Known denominator", "Total", "Per cent",
                      "A year before", "A year before: marker")  # fmt: skip


@dataclass(frozen=True)
class Told:
    """What tables are made of: everything published as of a release, the quarter, and the area's rule of per cents."""

    shelf: Shelf
    quarter: str
    percentages: bool
    nation: National

    @property
    def before(self) -> str:
        """Return the same quarter of the year before."""
        return year_before(self.quarter)

    @property
    def headings(self) -> tuple[str, str]:
        """Return what the quarter and the one a year before are called over columns."""
        return brief_period_name(self.quarter), brief_period_name(self.before)

    @cached_property
    def figures(self) -> tuple[KeyFigure, ...]:
        """Return the few figures of the quarter."""
        return key_figures(self.shelf, self.quarter)


@dataclass(frozen=True)
class _Column:
    """One period of a published table; nothing is released of it where `place` is None."""

    grid: Grid
    period: str
    place: int | None

    def count(self, category: str) -> Cell:
        if self.place is None:
            return NOT_AVAILABLE
        line = self._line(category)
        return said(line.counts[self.place] if line else None, revised=(category, self.period) in self.grid.revised)

    def share(self, category: str) -> Cell:
        if category == self.grid.unknown:
            return NOT_APPLICABLE
        if self.place is None:
            return NOT_AVAILABLE
        line = self._line(category)
        share = self.grid.share(line, self.place) if line else None
        return HIDDEN if share is None else f"{share}%"

    def beside(self, *, known: bool) -> Cell:
        values = self.grid.known if known else self.grid.totals
        revised = self.grid.known_revised if known else self.grid.totals_revised
        return NOT_AVAILABLE if self.place is None else said(values[self.place], revised=self.period in revised)

    @property
    def shows(self) -> bool:
        place = self.place
        return place is not None and any(line.counts[place] is not None for line in self.grid.lines)

    def _line(self, category: str) -> Line | None:
        return next((line for line in self.grid.lines if line.category == category), None)


def said(count: int | None, *, revised: bool = False) -> Cell:
    """Return a count, or the marker in its place or beside it."""
    if count is None:
        return HIDDEN
    return f"{count:,} {REVISED}" if revised else count


def figures_table(told: Told) -> PackTable:
    """Return the few figures, in words, beside those of a year before and of the nation."""
    rows = tuple(
        (figure.title, _value(figure, figure.now, told), _value(figure, figure.before, told)) for figure in told.figures
    )
    return PackTable("figures-shown", "This quarter and a year before", ("Figure", *told.headings), rows)


def nation_table(told: Told) -> PackTable:
    """Return what the Home Office published of the measures that stand among the few figures."""
    rows = tuple(
        (measure_name(each), found.count, _nation_share(told.nation, each), short_period_name(found.year))
        for each in ("received", "discussed", "adopted")
        for found in (told.nation.latest(each),)
        if found is not None
    )
    headings = ("Figure", told.nation.coverage, "Of referrals", "Year")
    return PackTable("nation", f"{told.nation.coverage}, as the Home Office published it", headings, rows)


def figures_sheet(told: Told) -> PackTable:
    """Return the few figures, a number a cell."""
    rows = tuple(
        (
            figure.title, *_numbers(figure, figure.now, told), figure.unit,
            *_numbers(figure, figure.before, told, before=True),
        )
        for figure in told.figures
    )  # fmt: skip
    return PackTable("figures", "The quarter in a few figures", FIGURE_HEADINGS, rows)


def trends(told: Told) -> tuple[Trend, ...]:
    """Return the board's trends over the quarters up to this one."""
    shown = [each for each in told.shelf.periods if Period(each).grain is Grain.QUARTER and each <= told.quarter]
    return tuple(trend_over(told.shelf, name, Grain.QUARTER, shown[-TREND_PERIODS:]) for name in TRENDS)


def trend_table(trend: Trend) -> PackTable:
    """Return the figures of a trend, a line a quarter."""
    rows = tuple(
        (
            brief_period_name(period),
            *(
                said(count, revised=trend.is_revised(each, period))
                for each, count in zip(trend.measures, counts, strict=True)
            ),
        )
        for period, counts in trend.lines
    )
    return PackTable(f"trend-{trend.id}", trend.title, ("Period", *trend.headings), rows)


def breakdown(told: Told, measure: str, attribute: str) -> PackTable | None:
    """Return a measure by an attribute; None where nothing of it can be shown for the quarter."""
    now, before = _column(told, measure, attribute, told.quarter), _column(told, measure, attribute, told.before)
    if not now.shows:
        return None
    national = {line.category: _national(told.nation, measure, attribute, line.category) for line in now.grid.lines}
    with_nation = any(national.values())
    headings = [attribute_name(attribute), told.headings[0]]
    headings += ["Of known"] if told.percentages else []
    headings += [told.headings[1], *([told.nation.coverage] if with_nation else [])]

    def row(name: str, *cells: Cell, share: Cell = NOT_APPLICABLE, nation: str = NOT_APPLICABLE) -> tuple[Cell, ...]:
        shares = (share,) if told.percentages else ()
        return (name, cells[0], *shares, *cells[1:], *((nation,) if with_nation else ()))

    rows = [
        row(
            category_name(each, attribute), now.count(each), before.count(each),
            share=now.share(each), nation=national[each] or NOT_AVAILABLE,
        )
        for each in (line.category for line in now.grid.lines)
    ]  # fmt: skip
    if now.grid.unknown:
        rows.append(row("Known", now.beside(known=True), before.beside(known=True)))
    rows.append(row("Total", now.beside(known=False), before.beside(known=False)))
    return PackTable(f"{measure}-{attribute}", table_name(measure, attribute), tuple(headings), tuple(rows))


def breakdowns_sheet(told: Told) -> PackTable:
    """Return every published figure of the quarter, a line a figure, totals among them."""
    rows = tuple(
        row
        for measure, attributes in told.shelf.measures.items()
        for attribute in attributes
        for row in _lines(told, measure, attribute)
    )
    return PackTable("tables", "Every published figure of the quarter", BREAKDOWN_HEADINGS, rows, numeric=3)


def unshown(told: Told) -> tuple[tuple[str, str], ...]:
    """Return the measures and attributes whose published table shows nothing of the quarter."""
    return tuple(
        (measure, attribute)
        for measure, attributes in told.shelf.measures.items()
        for attribute in attributes
        if attribute and not _column(told, measure, attribute, told.quarter).shows
    )


def timeliness_table(told: Told) -> PackTable:
    """Return how long it took from receipt to each stage, in whole days."""
    names = [name for name in TIMED if name in told.shelf.timing_names]
    periods = tuple(zip((told.quarter, told.before), told.headings, strict=True))
    rows = tuple((TIMED[name], said_as, *_timed(told, name, period)) for name in names for period, said_as in periods)
    headings = ("Stage", "Period", "Cases", "Median days", "90% within, days")
    return PackTable("timeliness", "How long it took, in calendar days", headings, rows, numeric=2)


def punctuality_table(told: Told) -> PackTable:
    """Return what was owed and the reviews held, in time and late."""
    measures = [each.id for each in MEASURES.values() if PUNCTUALITY in each.attributes]
    columns = {
        each: [_column(told, each, PUNCTUALITY, period) for period in (told.quarter, told.before)] for each in measures
    }
    rows = [
        (_owed(each), word, *(column.count(category) for column in columns[each]))
        for each in measures
        for category, word in PUNCTUAL.items()
    ]
    rows += [(_owed(each), "Total", *(column.beside(known=False) for column in columns[each])) for each in measures]
    ordered = sorted(rows, key=lambda row: [_owed(each) for each in measures].index(str(row[0])))
    return PackTable(
        "punctuality", "In time and late", ("What", "When", *told.headings), tuple(ordered), numeric=2,
    )  # fmt: skip


def _owed(measure: str) -> str:
    return {"obligations": "Referrals with something owed that ended", "reviews": "Cases with a review held"}.get(
        measure, MEASURES[measure].title
    )


def _column(told: Told, measure: str, attribute: str, period: str) -> _Column:
    grid = told.shelf.grid(Choice(measure, attribute, period[:4], Grain.QUARTER))
    return _Column(grid, period, grid.periods.index(period) if period in grid.periods else None)


def _value(figure: KeyFigure, value: Value, told: Told) -> Cell:
    """Return a figure as the board's page says it: a count, what it is a part of, days."""
    if not value.released:
        return NOT_AVAILABLE
    count = said(value.count, revised=value.revised)
    shown = f"{count:,}" if isinstance(count, int) else count
    if figure.part_of:
        share = f" ({value.share}%)" if told.percentages and value.share is not None else ""
        whole = said(value.of, revised=value.of_revised)
        return f"{shown} of {f'{whole:,}' if isinstance(whole, int) else whole} {figure.part_of}{share}"
    return f"{shown} {figure.unit}" if figure.unit and value.count is not None else count


def _numbers(figure: KeyFigure, value: Value, told: Told, *, before: bool = False) -> tuple[Cell, ...]:
    whole: Cell = NOT_APPLICABLE
    share: Cell = NOT_APPLICABLE
    if figure.part_of:
        whole = _marked(value, value.of, revised=value.of_revised)
        share = _marked(value, value.share, revised=False) if told.percentages else NOT_APPLICABLE
    count = _marked(value, value.count, revised=value.revised)
    return (count, whole, share) if before else (count, whole, figure.part_of, share)


def _marked(value: Value, count: int | None, *, revised: bool) -> Cell:
    return said(count, revised=revised) if value.released else NOT_AVAILABLE


def _nation_share(nation: National, measure: str) -> Cell:
    found = nation.latest(measure)
    share = nation.share(found) if found else None
    return NOT_APPLICABLE if share is None else f"{share}%"


def _national(nation: National, measure: str, attribute: str, category: str) -> str:
    found = nation.latest(measure, attribute, category)
    if found is None:
        return ""
    share = nation.share(found)
    count = f"{found.count:,}" if share is None else f"{share}%"
    return f"{count} ({short_period_name(found.year)})"


def _lines(told: Told, measure: str, attribute: str) -> Iterator[tuple[Cell, ...]]:
    now, before = _column(told, measure, attribute, told.quarter), _column(told, measure, attribute, told.before)
    for line in now.grid.lines:
        category = line.category
        yield (
            measure_name(measure),
            attribute_name(attribute) if attribute else "Total",
            category_name(category, attribute) if attribute else "All",
            *_apart(now.count(category)),
            now.beside(known=True),
            now.beside(known=False),
            now.share(category) if told.percentages else NOT_APPLICABLE,
            *_apart(before.count(category)),
        )


def _apart(cell: Cell) -> tuple[Cell, Cell]:
    """Return a number and its marker in two cells."""
    if isinstance(cell, int):
        return cell, ""
    number, _, marker = cell.rpartition(" ")
    return (int(number.replace(",", "")), marker) if number else ("", marker)


def _timed(told: Told, name: str, period: str) -> tuple[Cell, ...]:
    found = told.shelf.timing(name, period)
    if found is None:
        return (HIDDEN if told.shelf.covers(period) else NOT_AVAILABLE,) * 3
    revised = told.shelf.revised_days(name, period)
    return tuple(said(value, revised=each in revised) for each, value in found.values.items())
