"""Whether all that came in has reached everybody, day by day."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from starlette.responses import Response

from chassis.web import PageRequest
from services.stats import queries
from services.stats.queries import DayStands
from services.stats.web.asked import area_name, areas_of, own_area, today

DAYS = 31
_NAMES = {
    "intake": "intake itself",
    "triage": "the police",
    "notify": "social care",
    "channel": "the Channel team",
    "stats": "statistics",
}


async def reconciliation(page: PageRequest) -> Response:
    """Show how each of the last 31 days stands in one of the reader's areas; never how much came in."""
    area, until = own_area(page, page.query.get("area", "")), today(page)
    async with page.transaction() as session:
        found = await queries.days_reconciled(session, (area,), until - timedelta(days=DAYS))
    return page.render(
        "reconciliation",
        area=area,
        area_name=area_name(page, area),
        areas=[(each, area_name(page, each)) for each in areas_of(page)],
        days=list(_days(found, until)),
        number=DAYS,
    )


def _days(found: Sequence[DayStands], until: date) -> Iterator[dict[str, object]]:
    """Yield each day that is over, the newest first, with what is said of it."""
    for back in range(1, DAYS + 1):
        day = until - timedelta(days=back)
        lines = [each for each in found if each.day == day]
        lacking = [each for each in lines if each.state != "agrees"]
        yield {
            "day": day,
            "counted": bool(lines),
            "lacking": [(_NAMES.get(each.recipient, each.recipient), each.state) for each in lacking],
        }
