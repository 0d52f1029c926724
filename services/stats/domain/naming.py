"""How figures are named on pages and in files: periods, categories, measures and the markers of statistics."""

from collections.abc import Mapping
from datetime import date

from contracts.vocabulary import ConcernType, Ethnicity, Gender
from services.stats.domain.measures import ATTRIBUTES, DECIDED, LEFT, MEASURES
from services.stats.domain.periods import Grain, Period
from services.stats.domain.tables import TIMELINESS, Change
from services.stats.domain.timings import TIMED, TIMED_FIGURES

NOT_AVAILABLE = "[x]"
REVISED = "[r]"
MARKERS: Mapping[str, str] = {
    "[c]": "confidential: the figure is small, or another small figure could be worked out from it",
    "[x]": "not available: nothing was released for it",
    "[r]": "revised: a correction stated it differently from the release before it",
}
"""The markers of the Government Statistical Service that these figures use."""

NAMED: Mapping[str, str] = {
    **DECIDED,
    **LEFT,
    ConcernType.EXTREME_RIGHT_WING: "Extreme right-wing",
    ConcernType.ISLAMIST: "Islamist extremism",
    ConcernType.NO_IDEOLOGY: "No ideology identified",
    ConcernType.OTHER_SUSCEPTIBILITY: "No ideology, other susceptibility to radicalisation identified",
    ConcernType.VIOLENCE: "Fascination with extreme violence or mass casualty attacks",
    ConcernType.CONFLICTED: "Conflicted or multiple ideologies",
    ConcernType.INCEL: "Incel",
    ConcernType.OTHER: "Other",
    Ethnicity.NOT_RECORDED: "Not recorded",
    Gender.NOT_KNOWN: "Not known",
}
_BY_MEASURE: Mapping[str, str] = {
    "outcome": "Decision",
    "closing": "How it was closed",
    "punctuality": "In time or late",
}


def category_name(category: str, attribute: str = "") -> str:
    """Return a category the way people write it: "11 to 15", "Friends and family"."""
    if attribute == "district":
        return category if category != "unknown" else "Unknown"
    if attribute == "concern" and category == ConcernType.OTHER:
        return "Other ideology"
    if category in NAMED:
        return NAMED[category]
    first, _, last = category.partition("-")
    spoken = f"{first} to {last}" if first.isdecimal() and last.isdecimal() else category.replace("-", " ")
    return spoken[:1].upper() + spoken[1:]


def attribute_name(attribute: str) -> str:
    """Return what a breakdown is called: "Sector of the referrer"; what a measure is split by where it has its own."""
    if attribute in ATTRIBUTES:
        return ATTRIBUTES[attribute].title
    return _BY_MEASURE.get(attribute, category_name(attribute))


def measure_name(measure: str) -> str:
    """Return what a measure is called."""
    return MEASURES[measure].title if measure in MEASURES else category_name(measure)


def table_name(measure: str, attribute: str) -> str:
    """Return what a table is called: "Referrals received, by age"."""
    name = attribute_name(attribute)
    return f"{measure_name(measure)}, by {name[:1].lower()}{name[1:]}" if attribute else measure_name(measure)


def table_title(table: str) -> str:
    """Return what a table is called that a release names by its id; the words themselves where they name no table."""
    measure, _, rest = table.partition("/")
    attribute, _, year = rest.rpartition("/")
    if measure == TIMELINESS:
        return f"{TIMED[attribute]}, {year}"
    return f"{table_name(measure, attribute)}, {year}" if year else table


def changed_name(change: Change) -> str:
    """Return what of a table a correction changed: a category, or one of the figures of a timing."""
    if change.table.startswith(f"{TIMELINESS}/"):
        return TIMED_FIGURES[change.category]
    attribute = change.table.split("/")[1] if change.table.count("/") > 1 else ""
    return category_name(change.category, attribute)


def month_name(month: str) -> str:
    """Return a month the way people write it: "November 2026"."""
    return f"{date.fromisoformat(f'{month}-01'):%B %Y}"


def calendar_year_id(year: int) -> str:
    """Return the id of a calendar year, told from the financial year of the same number."""
    return f"CY{year}"


def period_name(period: str) -> str:
    """Return a period the way people write it: "April to June 2026", "April 2026 to March 2027", "2026"."""
    if period.startswith("CY"):
        return period[2:]
    if Period(period).grain is Grain.MONTH:
        return month_name(period)
    first, last = Period(period).months[0], Period(period).months[-1]
    if first[:4] == last[:4]:
        return f"{date.fromisoformat(f'{first}-01'):%B} to {month_name(last)}"
    return f"{month_name(first)} to {month_name(last)}"


def brief_period_name(period: str) -> str:
    """Return a period in few letters that are still read out as words: "Apr to Jun 2026"."""
    if period.startswith("CY") or Period(period).grain is Grain.YEAR:
        return period_name(period)
    ends = [date.fromisoformat(f"{month}-01") for month in Period(period).months]
    return f"{ends[-1]:%b %Y}" if len(ends) == 1 else f"{ends[0]:%b} to {ends[-1]:%b %Y}"


def short_period_name(period: str) -> str:
    """Return a period in as few letters as an axis has room for: "Apr 26" for a month."""
    if period.startswith("CY"):
        return period[2:]
    if Period(period).grain is Grain.YEAR:
        return f"{period}–{(int(period) + 1) % 100:02}"
    months = [date.fromisoformat(f"{each}-01") for each in Period(period).months]
    ends = f"{months[-1]:%b %y}"
    return ends if len(months) == 1 else f"{months[0]:%b}–{ends}"
