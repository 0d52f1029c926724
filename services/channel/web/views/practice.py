"""One version of the area's practice, as a team reads it: who decides, how long each clock gives, who takes part."""

from datetime import datetime

from chassis.clock import LONDON
from chassis.deadlines import clock_words
from chassis.errors import Missing
from chassis.web import PageRequest, Response
from contracts.vocabulary import day_in_words
from services.channel.domain import AreaVersionUnknown, Body, ClockName, Practice, Practices

DECIDES = {Body.LOCAL_AUTHORITY: "The local authority", Body.POLICE: "The police"}


class PracticeUnknown(Missing):
    """There is no such version, or it is of an area that the person does not work for."""

    reason = "area-version-unknown"


async def practice(page: PageRequest) -> Response:
    """Show one version of local practice, under which cases were begun and decisions made."""
    local: Practices = page.runtime.clients
    area, version = page.path["area"], page.path["version"]
    absent = PracticeUnknown("There is no such version of an area of yours: open the case and choose one there.")
    if not page.actor.areas & {area, "*"}:
        raise absent
    try:
        found = local.under(area, version, "", page.now)
    except AreaVersionUnknown:
        raise absent from None
    return page.render(
        "practice",
        title=f"The area’s practice, version {version}",
        area=area,
        decides=DECIDES[found.decides],
        reviewer=DECIDES[found.reviewer],
        clocks=[(clock_words(name), _day(found.due[name])) for name in ClockName if name in found.due],
        after_closure=[_day(each) for each in found.after_closure],
        told=[f"{each.name}, {each.organisation}" for each in found.told],
        panel=found.panel,
        bodies=_bodies(found),
        providers=[(each.name, day_in_words(each.approved_until, "en")) for each in found.providers.values()],
        instruments=[each.name for each in found.instruments.values()],
    )


def _day(at: datetime) -> str:
    return day_in_words(at.astimezone(LONDON).date(), "en")


def _bodies(found: Practice) -> list[tuple[str, list[str]]]:
    """Return who takes part besides the providers, under the words for what they do."""
    return [
        ("Asked for information", [each.name for each in found.partners.values()]),
        ("Signposted to", [each.name for each in found.services.values()]),
        ("Other panels", [each.name for each in found.elsewhere.values()]),
    ]
