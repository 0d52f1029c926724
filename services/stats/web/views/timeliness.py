"""How long the pathway took, from receipt to each stage: medians and 90th percentiles of signed releases."""

from starlette.responses import Response

from chassis.web import PageRequest
from services.stats import queries
from services.stats.domain import HIDDEN, ReleaseAbsent
from services.stats.domain.naming import period_name
from services.stats.domain.periods import Grain, Period, year_name
from services.stats.domain.shelf import Shelf
from services.stats.domain.tables import Timing
from services.stats.domain.timings import TIMED, least_cases
from services.stats.web.asked import area_name, own_area, shelf_at
from services.stats.web.views.figures import csv_answer
from services.stats.writers.tidy import timings_csv


async def timeliness(page: PageRequest) -> Response:
    """Show how long everything took, by the periods chosen."""
    area = own_area(page, page.path["area"])
    async with page.transaction() as session:
        shelf = await queries.shelf_of(session, area)
    if shelf is None:
        raise ReleaseAbsent("Nothing is published for this area yet; go back to the start.")
    grain = Grain(page.query["grain"]) if page.query.get("grain") in set(Grain) else Grain.QUARTER
    content = shelf.newest.content
    return page.render(
        "timeliness",
        area=area,
        area_title=area_name(page, area),
        shelf=shelf,
        release=content,
        grain=grain,
        unknown_grain=page.query.get("grain", "") not in {"", *Grain},
        least=least_cases(content.suppress_below),
        stages=[(TIMED[name], _timings(shelf, name, grain)) for name in shelf.timing_names],
        hidden=HIDDEN,
        period_name=period_name,
        years=", ".join(year_name(year) for year in sorted(shelf.by_year)),
    )


async def timeliness_csv(page: PageRequest) -> Response:
    """Give all timings as a file, as of the release in the address."""
    shelf = await shelf_at(page)
    return csv_answer(timings_csv(shelf), f"{shelf.area}-release-{shelf.number}-timeliness")


def _timings(shelf: Shelf, name: str, grain: Grain) -> list[Timing]:
    """Return the timings of the latest periods of a kind, the newest first."""
    periods = [period for period in reversed(shelf.periods) if Period(period).grain is grain]
    found = (shelf.timing(name, period) for period in periods)
    return [each for each in found if each is not None]
