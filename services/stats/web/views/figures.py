"""Any published table, as a reader chooses it: its page and its file."""

from typing import Any

from starlette.responses import Response

from chassis.web import PageRequest
from services.stats import queries
from services.stats.domain import HIDDEN, ReleaseAbsent
from services.stats.domain.board import trend_of
from services.stats.domain.charting import chart_of
from services.stats.domain.measures import ATTRIBUTES, MEASURES
from services.stats.domain.naming import (
    MARKERS,
    attribute_name,
    category_name,
    measure_name,
    period_name,
    table_name,
)
from services.stats.domain.national import NationalFigure
from services.stats.domain.periods import year_name
from services.stats.domain.shelf import Choice, Grid, Shelf, Years, year_before
from services.stats.domain.words import WHY_NOTHING
from services.stats.readers import national
from services.stats.web.asked import address_of, area_name, asked, own_area, release_number, shelf_at, shows_percentages
from services.stats.writers.tidy import cover_csv, grid_csv
from services.stats.writers.tidy import trend_csv as trend_text


async def figures(page: PageRequest) -> Response:
    """Show one published table; the filters choose among published tables only."""
    area = own_area(page, page.path["area"])
    number = page.query.get("release", "")
    async with page.transaction() as session:
        shelf = await queries.shelf_of(session, area, release_number(number) if number else None)
    if shelf is None or not shelf.measures:
        raise ReleaseAbsent("Nothing is published for this area yet; go back to the start.")
    wanted = asked(page, shelf)
    choice = wanted.choice
    grid = shelf.grid(choice)
    return page.render(
        "figures",
        form=wanted.form,
        status=422 if wanted.form.errors else 200,
        area=area,
        area_title=area_name(page, area),
        shelf=shelf,
        choice=choice,
        grid=grid,
        releases=[each.content for each in shelf.releases_of(grid.periods)] or [shelf.newest.content],
        before=[shelf.total(choice.measure, year_before(period)) for period in grid.periods],
        year_before=_year_before(shelf, grid),
        before_there=[shelf.covers(year_before(period)) for period in grid.periods],
        address=address_of(choice),
        at=number,
        table_title=table_name(choice.measure, choice.attribute),
        definitions=_definitions(choice.measure, choice.attribute),
        percentages=shows_percentages(page, area),
        chart=chart_of(grid),
        nation=_national(choice, grid),
        nation_of=national(),
        year_name=year_name,
        hidden=HIDDEN,
        why_nothing=WHY_NOTHING,
        markers=MARKERS,
        category_name=category_name,
        period_name=period_name,
        **_offered(shelf, choice),
    )


async def table_csv(page: PageRequest) -> Response:
    """Give one published table as a file, as of the release in the address."""
    shelf = await shelf_at(page)
    wanted = asked(page, shelf)
    if wanted.form.errors:
        raise ReleaseAbsent("Nothing is published for that choice: go back to the tables and choose from the lists.")
    choice = wanted.choice
    name = "-".join(filter(None, (choice.measure, choice.attribute, choice.grain, choice.years, choice.year)))
    text = grid_csv(shelf.area, shelf.grid(choice), percentages=shows_percentages(page, shelf.area))
    return csv_answer(text, f"{shelf.area}-release-{shelf.number}-{name}")


async def trend_csv(page: PageRequest) -> Response:
    """Give the figures of a trend of the board as a file, as of the release in the address."""
    shelf = await shelf_at(page)
    trend = trend_of(shelf, page.query.get("trend", ""))
    if trend is None:
        raise ReleaseAbsent("There is no such trend; go back to the start and choose one.")
    return csv_answer(trend_text(shelf, trend), f"{shelf.area}-release-{shelf.number}-{trend.id}")


async def release_cover(page: PageRequest) -> Response:
    """Give what the figures of a release mean as a file, to keep beside the tables."""
    shelf = await shelf_at(page)
    return csv_answer(cover_csv(shelf, area_name(page, shelf.area)), f"{shelf.area}-release-{shelf.number}-definitions")


def csv_answer(text: str | bytes, name: str) -> Response:
    """Return a file that browsers keep rather than show."""
    headers = {"content-disposition": f'attachment; filename="throughline-{name}.csv"'}
    return Response(text, media_type="text/csv; charset=utf-8", headers=headers)


def _offered(shelf: Shelf, choice: Choice) -> dict[str, Any]:
    """Return what can be chosen, for the fields of the page."""
    calendar = choice.years is Years.CALENDAR
    return {
        "measures": [(each, measure_name(each)) for each in shelf.measures],
        "attributes": _attributes(shelf),
        "year_items": [(each, each if calendar else year_name(each)) for each in shelf.years(choice.years)],
    }


def _year_before(shelf: Shelf, grid: Grid) -> list[list[int | None]]:
    """Return each figure a year before, line by line, where both are shown; nothing where the table is of totals."""
    choice = grid.choice
    return [
        [
            None if now is None else shelf.count(choice.measure, choice.attribute, line.category, year_before(period))
            for period, now in zip(grid.periods, line.counts, strict=True)
        ]
        for line in grid.lines
        if choice.attribute
    ]


def _national(choice: Choice, grid: Grid) -> list[NationalFigure | None]:
    """Return for each line the newest national figure; nothing where no line has one."""
    found = [national().latest(choice.measure, choice.attribute, line.category) for line in grid.lines]
    return found if choice.attribute and any(found) else []


def _attributes(shelf: Shelf) -> list[tuple[str, str]]:
    found = dict.fromkeys(each for attributes in shelf.measures.values() for each in attributes if each)
    return [("", "Nothing: totals"), *((each, attribute_name(each)) for each in found)]


def _definitions(measure: str, attribute: str) -> list[tuple[str, str]]:
    found = [(MEASURES[measure].title, MEASURES[measure].meaning)] if measure in MEASURES else []
    if attribute in ATTRIBUTES:
        found.append((ATTRIBUTES[attribute].title, ATTRIBUTES[attribute].meaning))
    return found
