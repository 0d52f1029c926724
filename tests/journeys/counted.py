"""Years of anonymised facts, as referrals would have left them, and what two analysts release of them."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import timedelta
from uuid import uuid4

from contracts.vocabulary import Outcome
from services.stats.domain.naming import month_name
from services.stats.domain.periods import financial_year, year_name
from services.stats.operations import Fact
from tests.journeys.channel_care import moved
from tests.journeys.channel_steps import today
from tests.journeys.live import Live
from tests.journeys.releases_made import released
from tests.stats.counted_made import KENT, decided, many, received

SCHOOL, AT_THE_SCHOOL = "sample-grammar-school", 7
EDUCATION, HEALTH, POLICE, MORE = 9, 6, 2, 3
"""So many referrals of each month, those of the police too few to be shown, and so many more each month in a year."""
CLOSED, PASSED_ON = 7, 8
"""So many decisions of each month."""
AHEAD = 8
"""For so many months to come there are facts as well, which count once they have closed."""
LATE = 10


@dataclass(frozen=True)
class Counted:
    """What is released at this address; the same month of two financial years, the first and the second of three."""

    release: str
    month: str
    year: str
    before: int
    now: int


def counted(live: Live) -> Counted:
    """Lay facts down for two whole financial years and the one that runs, and release what has closed."""
    on = today(live)
    # A month closes some days after its end, and a year with it.
    running = int(financial_year(f"{on - timedelta(days=40):%Y-%m}"))
    months = [*_months(running - 2, 4, 24), *_months(running, 4, 12 + AHEAD)]
    laid(live, [fact for month in months for fact in _facts(month, MORE * (int(financial_year(month)) - running + 2))])
    _institutions(live, months)
    november = f"{running - 1}-11"
    sent = EDUCATION + HEALTH + POLICE
    return Counted(released(live), month_name(november), year_name(str(running - 1)), sent, sent + MORE)


def _months(year: int, first: int, number: int) -> Iterator[str]:
    for place in range(first - 1, first - 1 + number):
        yield f"{year + place // 12}-{place % 12 + 1:02}"


def _facts(month: str, more: int) -> list[Fact]:
    """Return the facts of a month, in which so many more health services referred."""
    sectors = {"education": EDUCATION, "health": HEALTH + more, "police": POLICE}
    outcomes = {Outcome.CLOSED: CLOSED, Outcome.INFORMATION_GATHERING: PASSED_ON}
    come = [fact for sector, number in sectors.items() for fact in many(number, received(month, sector=sector))]
    return come + [fact for outcome, number in outcomes.items() for fact in many(number, decided(outcome, month))]


def laid(live: Live, facts: Iterable[Fact]) -> None:
    """Lay facts into the log, as statistics do with each that comes."""
    begun = live.of("stats", "SELECT coalesce(max(number), 0) AS number FROM drafting WHERE area = $1", KENT)
    rows = [asdict(fact) | {"id": uuid4(), "generation": begun[0]["number"]} for fact in facts]
    into = "INSERT INTO fact_log SELECT * FROM jsonb_populate_recordset(NULL::fact_log, $1::jsonb)"
    live.of("stats", into, json.dumps(rows, default=str))


def _institutions(live: Live, months: Iterable[str]) -> None:
    into = "INSERT INTO institution_fact SELECT * FROM jsonb_populate_recordset(NULL::institution_fact, $1::jsonb)"
    fact = {"area": KENT, "generation": 0, "institution": SCHOOL}
    rows = [fact | {"id": uuid4(), "month": month} for month in months for _ in range(AT_THE_SCHOOL)]
    live.of("stats", into, json.dumps(rows, default=str))


def another_month(live: Live) -> None:
    """Let another month close."""
    moved(live, "+1months")


def too_late(live: Live) -> None:
    """Have referrals counted late, in the newest month that is released."""
    query = (
        "SELECT max(month) AS month FROM release_month JOIN release_ending USING (release_id) WHERE ending = 'signed'"
    )
    (newest,) = live.of("stats", query)
    laid(live, many(LATE, received(newest["month"], sector="education")))
