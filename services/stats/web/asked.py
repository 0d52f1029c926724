"""What a reader of figures asks for: an area of their own, a release of it, and a choice among what is published."""

from dataclasses import dataclass
from datetime import date

from chassis.clock import LONDON
from chassis.web import FormErrors, PageRequest, blank
from services.stats import queries
from services.stats.domain import AreaNotYours, ReleaseAbsent
from services.stats.domain.naming import attribute_name, measure_name
from services.stats.domain.periods import Grain
from services.stats.domain.shelf import Choice, Shelf, Years

LONGEST_NUMBER = 6
FIRST_MEASURE = "received"


@dataclass(frozen=True)
class Asked:
    """A choice that can be shown, and the form with what could not be."""

    choice: Choice
    form: FormErrors


def areas_of(page: PageRequest) -> tuple[str, ...]:
    """Return the areas of the reader, in order."""
    known = page.runtime.areas.names()
    return known if "*" in page.actor.areas else tuple(area for area in known if area in page.actor.areas)


def own_area(page: PageRequest, area: str) -> str:
    """Return an area, the reader's first where none is named; raises AreaNotYours."""
    mine = areas_of(page)
    wanted = area or (mine[0] if mine else "")
    if wanted not in mine:
        raise AreaNotYours("Choose one of your own areas; go back to the start.")
    return wanted


def today(page: PageRequest) -> date:
    """Return the date in London."""
    return page.now.astimezone(LONDON).date()


def area_name(page: PageRequest, area: str) -> str:
    """Return what an area is called."""
    return page.runtime.areas.current(area, today(page)).name


def shows_percentages(page: PageRequest, area: str) -> bool:
    """Say whether the area's file lets figures be shown in per cent."""
    return page.runtime.areas.current(area, today(page)).statistics.percentages


def release_number(text: str) -> int:
    """Return the number of a release; raises ReleaseAbsent where it is none."""
    if not text.isascii() or not text.isdecimal() or len(text) > LONGEST_NUMBER:
        raise ReleaseAbsent("There is no such release; go back to the list and choose one.")
    return int(text)


async def shelf_at(page: PageRequest) -> Shelf:
    """Return what was published as of the release in the address; raises AreaNotYours or ReleaseAbsent."""
    area = own_area(page, page.path["area"])
    async with page.transaction() as session:
        found = await queries.shelf_of(session, area, release_number(page.path["number"]))
    if found is None:
        raise ReleaseAbsent("There is no such release; go back to the list and choose one.")
    return found


def asked(page: PageRequest, shelf: Shelf) -> Asked:
    """Return what the address asks for; what is not published is said beside its field, and the nearest is shown."""
    wanted = {name: page.query.get(name, "") for name in ("measure", "by", "grain", "years", "year")}
    form = blank(wanted)
    measure = wanted["measure"] or FIRST_MEASURE
    if measure not in shelf.measures:
        measure = FIRST_MEASURE if FIRST_MEASURE in shelf.measures else next(iter(shelf.measures), FIRST_MEASURE)
        form = form.adding("measure", f"Nothing is published under that name: choose from the list. {_shown(measure)}")
    attribute = wanted["by"]
    if attribute and attribute not in shelf.measures.get(measure, ()):
        form = form.adding("by", _not_split(shelf, measure, attribute))
        attribute = ""
    years = Years.CALENDAR if wanted["years"] == Years.CALENDAR else Years.FINANCIAL
    if wanted["years"] and wanted["years"] not in set(Years):
        form = form.adding("years", "There is no such kind of year: choose from the list. Financial years are shown.")
    if wanted["grain"] and wanted["grain"] not in set(Grain):
        form = form.adding("grain", "There are no such periods: choose from the list. Quarters are shown.")
    offered = shelf.years(years)
    year = wanted["year"] or (offered[0] if offered else "")
    if year not in offered and offered:
        form = form.adding("year", "Nothing is published for that year: choose from the list. The newest is shown.")
        year = offered[0]
    grain = Grain(wanted["grain"]) if wanted["grain"] in set(Grain) else Grain.QUARTER
    choice = Choice(measure, attribute, year, grain, years)
    if not wanted["grain"] and not shelf.periods_of(choice):
        choice = Choice(measure, attribute, year, Grain.MONTH, years)
    return Asked(choice, form)


def address_of(choice: Choice) -> dict[str, str]:
    """Return the query that leads to a choice."""
    values = {
        "measure": choice.measure,
        "by": choice.attribute,
        "grain": choice.grain.value,
        "years": choice.years.value,
        "year": choice.year,
    }
    return {name: value for name, value in values.items() if value}


def _shown(measure: str) -> str:
    return f"{measure_name(measure)} are shown."


def _not_split(shelf: Shelf, measure: str, attribute: str) -> str:
    there = [attribute_name(each).lower() for each in shelf.measures.get(measure, ()) if each]
    known = any(attribute in each for each in shelf.measures.values())
    what = f"by {attribute_name(attribute).lower()}" if known else "in that way"
    can = f"; it is by {', '.join(there)}" if there else ""
    return f"“{measure_name(measure)}” is not published {what}{can}. The totals are shown."
