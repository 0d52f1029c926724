"""One signed release: what it brings, what it changed, whether the log still gives it, its tables and its files."""

import asyncio
from collections import OrderedDict

from starlette.responses import Response

from chassis.web import PageRequest
from services.stats import operations, queries
from services.stats.domain import HIDDEN, PROVE_RELEASE
from services.stats.domain.naming import (
    attribute_name,
    changed_name,
    measure_name,
    month_name,
    period_name,
    table_title,
)
from services.stats.domain.periods import year_name
from services.stats.domain.shelf import Shelf, grid_of
from services.stats.domain.words import WHY_NOTHING
from services.stats.web.asked import area_name, shelf_at
from services.stats.web.views.figures import csv_answer
from services.stats.writers.tidy import release_csv as csv_of_release

MOST_FILES = 4
_files: OrderedDict[tuple[str, str], bytes] = OrderedDict()
"""The files of the releases that were asked for last, by their area and digest: a release never changes."""


async def release(page: PageRequest) -> Response:
    """Show a signed release: its months, its rules, what a correction changed, and the way to each of its tables."""
    shelf = await shelf_at(page)
    content = shelf.newest.content
    async with page.transaction() as session:
        check = await queries.check_of(session, shelf.area, content.number)
    years = sorted({table.year for table in content.tables}, reverse=True)
    return page.render(
        "release",
        area=shelf.area,
        area_title=area_name(page, shelf.area),
        signed=shelf.newest,
        release=content,
        years=[(year, year_name(year), _tables(shelf, year)) for year in years],
        changes=[(table_title(each.table), each) for each in content.changes],
        left_out=[table_title(each) for each in content.left_out if each not in content.kept_back],
        kept_back=[table_title(each) for each in content.kept_back],
        check=check,
        proves=page.may(PROVE_RELEASE),
        hidden=HIDDEN,
        why_nothing=WHY_NOTHING,
        month_name=month_name,
        period_name=period_name,
        changed_name=changed_name,
    )


async def prove_release(page: PageRequest) -> Response:
    """Ask that a signed release be computed again from the log now: a job does it, its page says what came of it."""
    await page.form()
    shelf = await shelf_at(page)
    async with page.transaction() as session:
        check = await queries.check_of(session, shelf.area, shelf.number)
        await operations.ask_for_proof(session, check, now=page.now)
    return page.redirect("release", area=shelf.area, number=shelf.number)


async def release_csv(page: PageRequest) -> Response:
    """Give every table that a release states as one file, a line a figure."""
    shelf = await shelf_at(page)
    return csv_answer(await _file_of(shelf), f"{shelf.area}-release-{shelf.newest.content.number}")


async def _file_of(shelf: Shelf) -> bytes:
    """Return the file of a shelf's newest release, written once; whoever asks has been let see the shelf."""
    content, key = shelf.newest.content, (shelf.area, shelf.newest.digest)
    if key not in _files:
        # A file of some megabytes: nobody else waits for it.
        grids = (grid_of(table, content) for table in content.tables)
        _files[key] = (await asyncio.to_thread(csv_of_release, shelf, grids)).encode()
    _files.move_to_end(key)
    file = _files[key]
    while len(_files) > MOST_FILES:
        _files.popitem(last=False)
    return file


def _tables(shelf: Shelf, year: str) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """Return the measures that a release has tables of in a year: id, title, and how each is split."""
    there = [(table.measure, table.attribute) for table in shelf.newest.content.tables if table.year == year]
    return [
        (
            measure,
            measure_name(measure),
            [(each, attribute_name(each) or "Totals") for of, each in there if of == measure],
        )
        for measure in dict.fromkeys(measure for measure, _ in there)
    ]
