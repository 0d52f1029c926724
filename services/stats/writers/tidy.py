"""Figures as CSV, one line a figure, with the markers of statistics where there is no number; UTF-8."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

from services.stats.domain import HIDDEN
from services.stats.domain.board import TIMED_TREND, Trend
from services.stats.domain.measures import ATTRIBUTES, MEASURES, TOTAL
from services.stats.domain.naming import (
    MARKERS,
    NOT_AVAILABLE,
    REVISED,
    attribute_name,
    category_name,
    measure_name,
    period_name,
)
from services.stats.domain.shelf import Grid, Line, Shelf
from services.stats.domain.timings import TIMED
from services.stats.domain.words import WHY_NOTHING

FORMULA = ("=", "+", "-", "@", "\t", "\r")
HEADINGS = ("area", "release", "measure", "breakdown", "category", "period", "period_name", "value", "marker",
            "known_denominator", "total")  # fmt: skip
Row = Sequence[str | int]
_LEFT_OUT = f"Nothing of this table can be shown: {WHY_NOTHING}."
_KEPT_BACK = "In this table a hidden figure had no other list of people, so it was taken out, or shows less."
_TIMED = {"cases": "cases", "median": "median_days", "percentile_90": "days_of_90_per_cent"}


def grid_csv(area: str, grid: Grid, *, percentages: bool) -> str:
    """Return one table: a line a figure, its denominators beside it, and percentages where the area lets them be.

    Each line names the release that its figure is of, which need not be the newest.
    """
    headings = (*HEADINGS, "percentage_of_known") if percentages else HEADINGS
    return text_of(headings, _lines(area, grid, percentages=percentages))


def release_csv(shelf: Shelf, grids: Iterable[Grid]) -> str:
    """Return all tables of a release in one file, a line a figure."""
    return text_of(HEADINGS, (row for grid in grids for row in _lines(shelf.area, grid)))


def trend_csv(shelf: Shelf, trend: Trend) -> str:
    """Return the figures of a trend of the board, a line a figure: totals, their own denominators, or median days."""
    what, beside = ("Median days", False) if trend.id == TIMED_TREND else ("Total", True)
    rows = (
        (shelf.area, shelf.release_of(period).content.number, name, what, "All", period, period_name(period),
         _number(count), _marker(count, revised=trend.is_revised(measure, period)),
         *((_or_hidden(count),) * 2 if beside else ("", "")))
        for period, counts in trend.lines
        for measure, name, count in zip(trend.measures, trend.headings, counts, strict=True)
    )  # fmt: skip
    return text_of(HEADINGS, rows)


def timings_csv(shelf: Shelf) -> str:
    """Return how long everything took: a line a number, for every period that is published."""
    rows = (
        (shelf.area, shelf.release_of(period).content.number, TIMED[name], period, period_name(period), _TIMED[what],
         _number(value), _marker(value, revised=what in shelf.revised_days(name, period)))
        for name in shelf.timing_names
        for period in shelf.periods
        for found in (shelf.timing(name, period),)
        if found is not None
        for what, value in found.values.items()
    )  # fmt: skip
    return text_of(("area", "release", "stage", "period", "period_name", "what", "value", "marker"), rows)


def cover_csv(shelf: Shelf, area: str) -> str:
    """Return what the figures of a release mean: its rules, the markers, and a definition of every measure."""
    content = shelf.newest.content
    rows: list[Row] = [
        ("title", "", f"Prevent and Channel statistics: {area}, release {content.number}"),
        ("made_on", "", f"{content.made_on:%Y-%m-%d}"),
        ("months", "", ", ".join(content.months)),
        ("digest_sha256", "", shelf.newest.digest),
        ("rule", "suppress_below", _rule(content.suppress_below)),
        ("rule", "round_to", str(content.round_to)),
    ]
    rows += [("left_out", each, _LEFT_OUT) for each in content.left_out if each not in content.kept_back]
    rows += [("kept_back", each, _KEPT_BACK) for each in content.kept_back]
    rows += [("marker", marker, meaning) for marker, meaning in MARKERS.items()]
    rows += [("measure", each, f"{measure_name(each)}. {MEASURES[each].meaning}") for each in shelf.measures]
    rows += [("breakdown", each.id, f"{each.title}. {each.meaning}") for each in ATTRIBUTES.values()]
    return text_of(("kind", "name", "text"), rows)


def text_of(headings: Row, rows: Iterable[Row]) -> str:
    """Return a file with a mark that makes spreadsheets read it as UTF-8, and no cell that they would compute."""
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\r\n")
    writer.writerow(headings)
    writer.writerows([_plain(value) for value in row] for row in rows)
    return f"\ufeff{written.getvalue()}"


def _rule(suppress_below: int) -> str:
    return f"Counts below {suppress_below} are hidden, nought included, and as many others as it takes to protect them."


def _plain(value: str | int) -> str:
    text = str(value)
    return f"'{text}" if text.startswith(FORMULA) else text


def _lines(area: str, grid: Grid, *, percentages: bool = False) -> Iterator[Row]:
    attribute = grid.choice.attribute
    for line in grid.lines:
        for column, period in enumerate(grid.periods):
            name = "All" if line.category == TOTAL and not attribute else category_name(line.category, attribute)
            row = (
                area,
                grid.releases[column],
                measure_name(grid.choice.measure),
                attribute_name(attribute) if attribute else "Total",
                name,
                period,
                period_name(period),
                _number(line.counts[column]),
                _marker(line.counts[column], revised=(line.category, period) in grid.revised),
                _or_hidden(grid.known[column]),
                _or_hidden(grid.totals[column]),
            )
            yield (*row, _share(grid, line, column)) if percentages else row


def _number(count: int | None) -> str:
    return "" if count is None else str(count)


def _marker(count: int | None, *, revised: bool) -> str:
    return HIDDEN if count is None else REVISED if revised else ""


def _or_hidden(count: int | None) -> str:
    return HIDDEN if count is None else str(count)


def _share(grid: Grid, line: Line, column: int) -> str:
    """Return a per cent, the marker of what is hidden, or that of the unknown, of whom there is none."""
    return NOT_AVAILABLE if line.category == grid.unknown else _or_hidden(grid.share(line, column))
