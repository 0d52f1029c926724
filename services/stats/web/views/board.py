"""The board's first page: the few figures that matter of one area, over signed releases only."""

from collections.abc import Sequence
from typing import Any

from starlette.responses import Response

from chassis.web import PageRequest
from services.stats import queries
from services.stats.domain import HIDDEN
from services.stats.domain.board import TRENDS, key_figures, trend_of
from services.stats.domain.charting import trend_chart
from services.stats.domain.naming import NOT_AVAILABLE, brief_period_name, period_name
from services.stats.domain.periods import Grain, Period, year_name
from services.stats.domain.shelf import latest_period, year_before
from services.stats.domain.words import WHY_NOTHING
from services.stats.readers import national
from services.stats.web.asked import area_name, areas_of, own_area, shows_percentages


async def board(page: PageRequest) -> Response:
    """Show the few figures of an area for a period that is published, with the year before and the nation beside."""
    area = own_area(page, page.query.get("area", ""))
    async with page.transaction() as session:
        shelf = await queries.shelf_of(session, area)
    values: dict[str, Any] = {
        "area": area,
        "area_title": area_name(page, area),
        "areas": [(each, area_name(page, each)) for each in areas_of(page)],
        "hidden": HIDDEN,
        "not_available": NOT_AVAILABLE,
        "period_name": period_name,
        "brief": brief_period_name,
        "shelf": shelf,
        "why_nothing": WHY_NOTHING,
    }
    if shelf is None or not shelf.measures:
        return page.render("board", **values, nothing_shown=shelf is not None)
    wanted, nation = page.query.get("period", ""), national()
    period = wanted if wanted in shelf.periods else latest_period(shelf.periods)
    return page.render(
        "board",
        **values,
        figures=[
            (figure, None if figure.attribute or figure.unit else nation.latest(figure.measure))
            for figure in key_figures(shelf, period)
        ],
        nation=nation,
        year_name=year_name,
        period=period,
        unknown_period=bool(wanted) and wanted != period,
        before=year_before(period),
        release=shelf.release_of(period).content,
        release_before=shelf.release_of(year_before(period)).content if shelf.covers(year_before(period)) else None,
        periods=_newest_first(shelf.periods),
        trends=[(trend, trend_chart(trend)) for trend in (trend_of(shelf, name) for name in TRENDS) if trend],
        percentages=shows_percentages(page, area),
    )


def _newest_first(periods: Sequence[str]) -> list[tuple[str, str]]:
    """Return the periods to choose among, years first, then quarters, then months."""
    grains = (Grain.YEAR, Grain.QUARTER, Grain.MONTH)
    found = [each for grain in grains for each in reversed(periods) if Period(each).grain is grain]
    return [(each, period_name(each)) for each in found]
