"""Making releases: which months wait, a draft and how far it is, its figures for whoever signs, and its end."""

from dataclasses import dataclass
from datetime import date
from http import HTTPStatus

from starlette.responses import Response

from chassis.errors import Rejected
from chassis.web import FormData, FormErrors, PageRequest, blank, parse, refused
from services.stats import operations, queries
from services.stats.domain import HIDDEN, MAKE_RELEASE, AreaNotYours
from services.stats.domain.measures import TOTAL
from services.stats.domain.naming import (
    category_name,
    changed_name,
    measure_name,
    month_name,
    period_name,
    table_name,
    table_title,
)
from services.stats.domain.periods import Grain, Period, year_name
from services.stats.domain.releases import DraftAbsent, DraftOpen, DraftState, Standing, months_between, next_closing
from services.stats.domain.tables import PublishedTable, ReleaseContent, ReleaseKind, Timing
from services.stats.domain.timings import TIMED
from services.stats.domain.words import SameHand
from services.stats.queries import DraftFound
from services.stats.web.asked import LONGEST_NUMBER, area_name, areas_of, own_area, today
from services.stats.web.forms import DiscardForm, DraftReleaseForm, SignOffForm

COARSE = 10
"""Late facts are told in tens: one more on a day would say that something happened on it."""


@dataclass(frozen=True)
class AreaOffer:
    """One area of an analyst: what waits to be released, what can be corrected, and whether a draft is open."""

    id: str
    name: str
    waiting: tuple[str, ...]
    released: tuple[str, ...]
    late: int
    is_open: bool
    next_closes_on: date


@dataclass(frozen=True)
class TableLine:
    """One table of a draft: how many of its counts are shown and hidden."""

    id: str
    title: str
    shown: int
    hidden: int


async def releases(page: PageRequest) -> Response:
    """List the releases of the reader's areas; an analyst is offered the next one, and sees the drafts."""
    return await _listed(page)


async def correction(page: PageRequest) -> Response:
    """Ask which released months a correction is to state again."""
    return await _correcting(page, own_area(page, page.path["area"]), blank())


async def draft_release(page: PageRequest) -> Response:
    """Begin a draft; a job computes it."""
    sent = await page.form()
    form = parse(DraftReleaseForm, sent)
    if isinstance(form, FormErrors) or form.area not in areas_of(page):
        raise AreaNotYours("Choose one of your own areas; go back to the list of releases.")
    if form.kind is ReleaseKind.CORRECTION and not (form.first and form.last):
        return await _correcting(page, form.area, _without_months(sent, form), status=422)
    try:
        async with page.transaction() as session:
            standing = await queries.standing(session, form.area)
            months = months_between(form.first, form.last, tuple(standing.released))
            number = await operations.open_draft(session, form.area, form.kind, months, now=page.now)
    except (Rejected, DraftOpen) as wrong:
        page.flash(str(wrong))
        return page.redirect("releases")
    return page.redirect("draft", area=form.area, number=number)


def _without_months(sent: FormData, form: DraftReleaseForm) -> FormErrors:
    missing = [name for name in ("first", "last") if not getattr(form, name)]
    return refused(sent, *((name, f"Choose the {name} month that the correction states again") for name in missing))


async def draft(page: PageRequest) -> Response:
    """Show a draft: how far it is, or its figures, what is hidden, and what the audit found."""
    return await _shown(page, blank())


async def draft_table(page: PageRequest) -> Response:
    """Show one table of a draft as readers would see it."""
    found = await _found(page)
    wanted = page.query.get("table", "")
    table = next((each for each in found.content.tables if each.id == wanted), None) if found.content else None
    if table is None:
        raise DraftAbsent("The draft has no such table; go back to the draft and choose one.")
    return page.render(
        "release_draft_table",
        draft=found.draft,
        table=table,
        title_of=table_name(table.measure, table.attribute),
        year=year_name(table.year),
        area_title=area_name(page, found.draft.area),
        hidden=HIDDEN,
        category_name=category_name,
        period_name=period_name,
    )


async def sign_off(page: PageRequest) -> Response:
    """Make a draft public, as its second person."""
    sent = await page.form()
    form = parse(SignOffForm, sent)
    if isinstance(form, FormErrors):
        return await _shown(page, form, status=422)
    area, number = own_area(page, page.path["area"]), _number(page)
    try:
        async with page.transaction() as session:
            await operations.sign_off(session, area, number, form.statement, now=page.now)
    except SameHand as wrong:
        return await _shown(page, refused(sent, ("statement", str(wrong))), status=HTTPStatus.CONFLICT)
    page.flash(f"Release {number} is signed off: the board sees it now.")
    return page.redirect("release", area=area, number=number)


async def discard(page: PageRequest) -> Response:
    """End a draft without publishing it."""
    form = parse(DiscardForm, await page.form())
    if isinstance(form, FormErrors):
        return await _shown(page, form, status=422)
    area, number = own_area(page, page.path["area"]), _number(page)
    async with page.transaction() as session:
        await operations.discard(session, area, number, form.reason, now=page.now)
    page.flash(f"Draft {number} is discarded; its months wait again.")
    return page.redirect("releases")


async def try_again(page: PageRequest) -> Response:
    """Compute a draft once more that has failed."""
    await page.form()
    area, number = own_area(page, page.path["area"]), _number(page)
    async with page.transaction() as session:
        await operations.try_again(session, area, number, now=page.now)
    return page.redirect("draft", area=area, number=number)


async def _correcting(page: PageRequest, area: str, form: FormErrors, *, status: int = 200) -> Response:
    async with page.transaction() as session:
        standing = await queries.standing(session, area)
    months = [(month, month_name(month)) for month in sorted(standing.released, reverse=True)]
    return page.render(
        "release_correction", status=status, form=form, area=area, area_title=area_name(page, area), months=months
    )


async def _listed(page: PageRequest) -> Response:
    mine = areas_of(page)
    makes = page.may(MAKE_RELEASE)
    async with page.transaction() as session:
        signed = await queries.releases(session, mine)
        drafts = await queries.drafts(session, mine) if makes else ()
        offers = []
        for area in mine if makes else ():
            standing = await queries.standing(session, area)
            late = await queries.late_facts(session, area, standing)
            offers.append(_offer(page, area, standing, late, drafts))
    return page.render(
        "releases",
        releases=signed,
        drafts=[each for each in drafts if each.state is not DraftState.SIGNED],
        makes=makes,
        offers=offers,
        month_name=month_name,
        area_name=lambda area: area_name(page, area),
        kinds=ReleaseKind,
        states=DraftState,
    )


def _offer(page: PageRequest, area: str, standing: Standing, late: int, drafts: tuple[DraftFound, ...]) -> AreaOffer:
    waiting = standing.waiting(today(page))
    is_open = any(each.draft.area == area and each.is_open for each in drafts)
    rounded = late // COARSE * COARSE
    released = tuple(sorted(standing.released, reverse=True))
    return AreaOffer(area, area_name(page, area), waiting, released, rounded, is_open, next_closing(today(page)))


async def _shown(page: PageRequest, form: FormErrors, *, status: int = 200) -> Response:
    found = await _found(page)
    content = found.content
    wanted, offered = page.query.get("year", ""), _years(content)
    year = wanted if wanted in offered else next(iter(offered), "")
    return page.render(
        "release_draft",
        status=status,
        form=form,
        found=found,
        draft=found.draft,
        content=content,
        mine=found.opened_by == page.actor.id,
        area_title=area_name(page, found.draft.area),
        year=year,
        unknown_year=bool(wanted) and wanted != year,
        years=[(each, year_name(each)) for each in _years(content)],
        totals=_totals(content, year),
        lines=_lines(content, year),
        timings=_timings(content, year),
        changes=[(table_title(each.table), each) for each in content.changes] if content else [],
        left_out=[table_title(each) for each in content.left_out if each not in content.kept_back] if content else [],
        kept_back=[table_title(each) for each in content.kept_back] if content else [],
        hidden=HIDDEN,
        changed_name=changed_name,
        measure_name=measure_name,
        month_name=month_name,
        period_name=period_name,
        states=DraftState,
        kinds=ReleaseKind,
    )


async def _found(page: PageRequest) -> DraftFound:
    area = own_area(page, page.path["area"])
    async with page.transaction() as session:
        return await queries.draft_found(session, area, _number(page))


def _number(page: PageRequest) -> int:
    number = page.path["number"]
    if not number.isascii() or not number.isdecimal() or len(number) > LONGEST_NUMBER:
        raise DraftAbsent("There is no such draft; go back to the list and choose one.")
    return int(number)


def _years(content: ReleaseContent | None) -> list[str]:
    return sorted({table.year for table in content.tables}, reverse=True) if content else []


def _totals(content: ReleaseContent | None, year: str) -> list[tuple[str, PublishedTable, tuple[int | None, ...]]]:
    """Return the totals of a year: a measure, its table, and its counts."""
    tables = [table for table in content.tables if table.year == year and not table.attribute] if content else []
    return [(measure_name(each.measure), each, _row(each)) for each in tables]


def _timings(content: ReleaseContent | None, year: str) -> list[tuple[str, Timing]]:
    """Return how long things took in a year: in quarters and the year where there are any, as months say little."""
    found = [each for each in content.timings if Period(each.period).year == year] if content else []
    whole = [each for each in found if Period(each.period).grain is not Grain.MONTH]
    return [(TIMED[each.id], each) for each in whole or found]


def _row(table: PublishedTable) -> tuple[int | None, ...]:
    return tuple(table.count(TOTAL, period) for period in table.periods)


def _lines(content: ReleaseContent | None, year: str) -> list[TableLine]:
    tables = [table for table in content.tables if table.year == year] if content else []
    return [_line(table) for table in tables]


def _line(table: PublishedTable) -> TableLine:
    counts = [count for row in table.rows for count in row.counts]
    hidden = counts.count(None)
    return TableLine(table.id, table_name(table.measure, table.attribute), len(counts) - hidden, hidden)
