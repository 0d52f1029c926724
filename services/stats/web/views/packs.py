"""The quarterly pack: asked for with one click, watched while it is made, and fetched as PDF, ODS or CSV."""

from collections.abc import Mapping

from starlette.responses import Response

from chassis.web import FormErrors, PageRequest, parse
from services.stats import queries
from services.stats.domain.naming import period_name
from services.stats.domain.pack import (
    PackAbsent,
    PackKind,
    PackOf,
    PackState,
    QuarterNotReleased,
    check_quarter,
    quarters_of,
)
from services.stats.operations.packs import ask_pack, note_fetched
from services.stats.queries.packs import pack_file as file_of
from services.stats.queries.packs import pack_found
from services.stats.queries.packs import packs as packs_of
from services.stats.web.asked import area_name, areas_of, own_area, release_number
from services.stats.web.forms import MakePackForm

TYPES: Mapping[PackKind, tuple[str, str]] = {
    PackKind.PDF: ("application/pdf", "pdf"),
    PackKind.ODS: ("application/vnd.oasis.opendocument.spreadsheet", "ods"),
    PackKind.CSV: ("application/zip", "zip"),
}
"""The media type of each file and how its name ends."""


async def packs(page: PageRequest) -> Response:
    """List the quarters that a pack can be made of, and the packs that were made."""
    area = own_area(page, page.query.get("area", ""))
    async with page.transaction() as session:
        shelf = await queries.shelf_of(session, area)
        made = await packs_of(session, area)
    quarters = quarters_of(shelf) if shelf else ()
    return page.render(
        "packs",
        area=area,
        area_title=area_name(page, area),
        areas=[(each, area_name(page, each)) for each in areas_of(page)],
        quarters=[(each, period_name(each)) for each in quarters],
        packs=[(each, period_name(each.of.quarter)) for each in made],
        states=PackState,
    )


async def make_pack(page: PageRequest) -> Response:
    """Ask for the pack of a quarter as of the newest release; the job makes it."""
    form = parse(MakePackForm, await page.form())
    if isinstance(form, FormErrors):
        raise QuarterNotReleased("Choose one of the quarters of the list; go back to the quarterly packs.")
    area = own_area(page, form.area)
    async with page.transaction() as session:
        shelf = check_quarter(await queries.shelf_of(session, area), form.quarter)
        await ask_pack(session, PackOf(area, shelf.number, form.quarter), now=page.now)
    return page.redirect("pack", area=area, number=shelf.number, quarter=form.quarter)


async def pack(page: PageRequest) -> Response:
    """Show a pack: how far it is, or its files, or why it could not be made."""
    of = _wanted(page)
    async with page.transaction() as session:
        found = await pack_found(session, of)
        newest = await queries.shelf_of(session, of.area)
    return page.render(
        "pack",
        found=found,
        of=of,
        area_title=area_name(page, of.area),
        quarter_name=period_name(of.quarter),
        states=PackState,
        newest=newest.number if newest else of.release,
    )


async def pack_file(page: PageRequest) -> Response:
    """Give one file of a pack, and note who has fetched it."""
    of, kind = _wanted(page), page.path["kind"]
    if kind not in set(PackKind):
        raise PackAbsent("A pack has a PDF, an ODS and a CSV file; go back to the pack and choose one.")
    wanted = PackKind(kind)
    async with page.transaction() as session:
        content = await file_of(session, of, wanted)
        await note_fetched(session, of, wanted, now=page.now)
    media, ending = TYPES[wanted]
    name = f"throughline-{of.area}-{of.quarter}-release-{of.release}-pack.{ending}"
    return Response(content, media_type=media, headers={"content-disposition": f'attachment; filename="{name}"'})


def _wanted(page: PageRequest) -> PackOf:
    return PackOf(own_area(page, page.path["area"]), release_number(page.path["number"]), page.path["quarter"])
