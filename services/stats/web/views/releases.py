"""The pages of statistics: the list of releases, one release, and its file."""

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

from starlette.responses import Response

from chassis.clock import LONDON
from chassis.web import FormErrors, PageRequest, parse
from contracts.vocabulary import Outcome
from services.stats import operations, queries
from services.stats.domain import (
    HIDDEN,
    MAKE_RELEASE,
    AreaNotYours,
    NothingToRelease,
    PublishedTable,
    ReleaseAbsent,
    closes_on,
    months_to_release,
)
from services.stats.queries import ReleaseFound
from services.stats.web.forms import MakeReleaseForm

_NAMED = {
    Outcome.PLP.value: "Police-led partnership",
    Outcome.INFORMATION_GATHERING.value: "Passed on for information gathering",
    Outcome.SECTION_36_REFERRAL.value: "Section 36 referral",
    Outcome.SIGNPOSTED.value: "Signposted to another service",
    Outcome.TRANSFERRED.value: "Transferred to another force or panel",
    Outcome.PACK_ACCEPTED.value: "Accepted, not decided by the panel yet",
    Outcome.PACK_RETURNED.value: "Returned to whoever offered it",
    Outcome.ADOPTED.value: "Adopted, support not begun yet",
    Outcome.NOT_ADOPTED.value: "Not adopted",
    Outcome.SUPPORTED.value: "Support being given",
    Outcome.CONSENT_REFUSED.value: "Consent refused or withdrawn",
    Outcome.CASE_CLOSED.value: "Closed, otherwise",
    Outcome.REOPENED.value: "Opened again",
}

_CLOSED = f"{Outcome.CASE_CLOSED.value}-"


@dataclass(frozen=True)
class AreaOffer:
    """One area of the reader: the months that may be released now, and when the running month closes."""

    id: str
    name: str
    months: tuple[str, ...]
    next_closes_on: date


async def releases(page: PageRequest) -> Response:
    """List the releases of the reader's areas, with the button that makes the next one."""
    async with page.transaction() as session:
        listed = await queries.releases(session, _areas(page))
        offers = [
            await _offer(
                page,
                area,
                await queries.first_month(session, area),
                await queries.released_months(session, area),
            )
            for area in (_areas(page) if page.may(MAKE_RELEASE) else ())
        ]
    return page.render(
        "releases",
        releases=listed,
        offers=offers,
        month_name=month_name,
        area_name=_namer(page),
    )


async def make_release(page: PageRequest) -> Response:
    """Freeze the closed months of an area and show the release."""
    form = parse(MakeReleaseForm, await page.form())
    if isinstance(form, FormErrors) or form.area not in _areas(page):
        raise AreaNotYours("Choose one of your own areas; go back to the list of releases.")
    area = page.runtime.areas.current(form.area, _today(page))
    rules = operations.Disclosure(area.statistics.suppress_below, area.statistics.round_to)
    try:
        async with page.transaction() as session:
            number = await operations.make_release(session, form.area, rules, now=page.now)
    except NothingToRelease as nothing:
        page.flash(str(nothing))
        return page.redirect("releases")
    return page.redirect("release", area=form.area, number=number)


async def release(page: PageRequest) -> Response:
    """Show a release: its tables with numerators, denominators, totals and definitions."""
    found = await _found(page)
    return page.render(
        "release",
        release=found.content,
        digest=found.digest,
        hidden=HIDDEN,
        category_name=category_name,
        month_name=month_name,
        area_name=_namer(page),
    )


async def release_csv(page: PageRequest) -> Response:
    """Give a release as a file: one line a count."""
    found = await _found(page)
    name = f"throughline-{found.content.area}-release-{found.content.number}.csv"
    return Response(
        csv_text(found),
        media_type="text/csv; charset=utf-8",
        headers={"content-disposition": f'attachment; filename="{name}"'},
    )


def csv_text(found: ReleaseFound) -> str:
    """Return the tables of a release as CSV: a line a count, hidden ones with the marker of confidentiality."""
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\r\n")
    writer.writerow(
        (
            "area",
            "release",
            "table",
            "category",
            "month",
            "count",
            "known_denominator",
            "total",
        )
    )
    for table in found.content.tables:
        known, total = (_shown(table.known), str(table.total)) if table.months else (HIDDEN, HIDDEN)
        for category, month, number in _lines(table):
            writer.writerow(
                (
                    found.content.area,
                    found.content.number,
                    table.id,
                    category,
                    month,
                    number,
                    known,
                    total,
                )
            )
    return written.getvalue()


def category_name(category: str) -> str:
    """Return a category the way people write it: "11 to 15", "Friends and family"."""
    if category in _NAMED:
        return _NAMED[category]
    if category.startswith(_CLOSED):
        return f"Closed: {category.removeprefix(_CLOSED).replace('-', ' ')}"
    first, _, last = category.partition("-")
    spoken = f"{first} to {last}" if first.isdecimal() and last.isdecimal() else category.replace("-", " ")
    return spoken[:1].upper() + spoken[1:]


def month_name(month: str) -> str:
    """Return a month the way people write it: "November 2026"."""
    return f"{date.fromisoformat(f'{month}-01'):%B %Y}"


def _lines(table: PublishedTable) -> Iterator[tuple[str, str, str]]:
    for row in table.rows:
        for month, number in zip(table.months, row.counts, strict=True):
            yield row.category, month, _shown(number)
        yield row.category, "all", _shown(row.total)
    for month, number in zip(table.months, table.month_totals, strict=True):
        yield "all", month, _shown(number)
    for month in table.withheld:
        yield "all", month, HIDDEN


def _shown(number: int | None) -> str:
    return HIDDEN if number is None else str(number)


def _areas(page: PageRequest) -> tuple[str, ...]:
    known = page.runtime.areas.names()
    return known if "*" in page.actor.areas else tuple(area for area in known if area in page.actor.areas)


def _today(page: PageRequest) -> date:
    return page.now.astimezone(LONDON).date()


async def _offer(page: PageRequest, area: str, first: str | None, released: tuple[str, ...]) -> AreaOffer:
    today = _today(page)
    months = months_to_release(first, released, today)
    return AreaOffer(area, _namer(page)(area), months, closes_on(f"{today:%Y-%m}"))


async def _found(page: PageRequest) -> ReleaseFound:
    number = page.path["number"]
    if not number.isascii() or not number.isdecimal() or len(number) > 6:  # noqa: PLR2004
        raise ReleaseAbsent("There is no such release; go back to the list and choose one.")
    async with page.transaction() as session:
        return await queries.release_found(session, page.path["area"], int(number))


def _namer(page: PageRequest) -> Callable[[str], str]:
    today = _today(page)
    return lambda area: page.runtime.areas.current(area, today).name
