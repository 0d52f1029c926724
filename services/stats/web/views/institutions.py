"""Which share of the referrals the institutions of an area made: percentages only, and not for the minutes."""

from starlette.responses import Response

from chassis.web import PageRequest
from services.stats import queries
from services.stats.domain import HIDDEN, ReleaseAbsent
from services.stats.domain.periods import year_name
from services.stats.web.asked import area_name, own_area, today


async def institutions(page: PageRequest) -> Response:
    """Show the shares of whole years for the institutions that the area's file lists."""
    area = own_area(page, page.path["area"])
    async with page.transaction() as session:
        shelf = await queries.shelf_of(session, area)
    if shelf is None:
        raise ReleaseAbsent("Nothing is published for this area yet; go back to the start.")
    listed = page.runtime.areas.current(area, today(page)).statistics.institutions
    shares = {
        (share.institution, share.year): share.percent
        for year, signed in shelf.by_year.items()
        for share in signed.content.shares
        if share.year == year
    }
    years = [year for year in sorted(shelf.by_year, reverse=True) if year in shelf.periods]
    return page.render(
        "institutions",
        area=area,
        area_title=area_name(page, area),
        release=shelf.newest.content,
        years=[year_name(year) for year in years],
        rows=[(each.name, [shares.get((each.id, year)) for year in years]) for each in listed],
        hidden=HIDDEN,
    )
