"""Charts as pictures of their own, beside the tables that hold the same figures."""

import asyncio
from typing import cast

from starlette.responses import Response

from chassis.web import PageRequest
from services.stats.clients.charts import Charts, WorkerCharts
from services.stats.domain import ReleaseAbsent
from services.stats.domain.board import trend_of
from services.stats.domain.charting import Chart, chart_of, trend_chart
from services.stats.domain.shelf import Shelf
from services.stats.web.asked import asked, shelf_at

CHARTS = "stats.charts"
NARROW = "narrow"


async def chart(page: PageRequest) -> Response:
    """Give the chart of a published table, or of a trend of the board, as of the release in the address."""
    shelf = await shelf_at(page)
    wanted = _wanted(page, shelf, narrow=page.query.get("width") == NARROW)
    if wanted is None or wanted.instead:
        raise ReleaseAbsent("There is nothing to draw: choose another table.")
    # What a chart shows is in its own words and points: two addresses of one chart are drawn once.
    key = f"{shelf.newest.digest} {wanted!r}"
    svg = await asyncio.to_thread(charts_of(page).svg, key, wanted)
    return Response(svg, media_type="image/svg+xml")


def charts_of(page: PageRequest) -> Charts:
    """Return what draws charts for this process, made when the first is wanted."""
    return cast("Charts", page.runtime.state.setdefault(CHARTS, WorkerCharts()))


def _wanted(page: PageRequest, shelf: Shelf, *, narrow: bool) -> Chart | None:
    name = page.query.get("trend", "")
    if not name:
        return chart_of(shelf.grid(asked(page, shelf).choice), narrow=narrow)
    trend = trend_of(shelf, name)
    return trend_chart(trend, narrow=narrow) if trend else None
