"""A day of a Channel team in one area, on which each of its roles finds something of its own to do."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, timedelta

from playwright.sync_api import Page

from tests.journeys.channel_steps import (
    CHAIR,
    COCHAIR,
    SUPPORT,
    begun,
    commissioned,
    consent,
    day,
    in_the_room,
    on_page,
    panel_decides,
    planned,
    planned_on,
    slot_of,
    to_the_panel,
    today,
)
from tests.journeys.channel_world import BY_PARENT, child
from tests.journeys.live import Live, signed_in, wait
from tests.journeys.officers import pressed, shown
from tests.journeys.pages import answered, words
from tests.journeys.steps import REASON, decided, new_name, ready, referred

LATE_BY = 20
"""So many days at least a pack has waited that nobody answered."""
AHEAD = 4
"""On so many days from the day of the stage on, the panel does not meet by its monthly rule."""
WEDNESDAY, SECOND_WEEK = 2, range(8, 15)
WHY_NOW = "SYNTHETIC: he stopped coming to school in spring."


@dataclass(frozen=True)
class Stage:
    """The cases of the day, each at another stage, the meeting that has begun, and the system that has them."""

    live: Live
    late: str
    new: str
    surname: str
    ready: str
    heard: tuple[str, str]
    adopted: str
    supported: str
    meeting: str


def offered_pack(live: Live, surname: str) -> str:
    """Refer a boy of twelve of that name, and have the police offer the pack; returns the reference."""
    born = today(live).replace(day=1) - timedelta(days=12 * 365)
    reference = referred(live, surname, date_of_birth=born.isoformat(), district="Thanet")
    ready(live, reference)
    decided(live, reference, "pass-on")
    known = "SELECT 1 FROM case_file WHERE reference = $1"
    wait(lambda: live.of("channel", known, reference), 60, "The pack")
    return reference


def prepared(live: Live) -> Stage:
    """Bring the cases of a day to their stages; a pack that nobody answers has waited for weeks by then."""
    late, surname = offered_pack(live, new_name()), new_name()
    assert live.command("clock", f"+{quiet_in(today(live))}days").returncode == 0
    new = offered_pack(live, surname)
    with ThreadPoolExecutor(2) as hands:
        cases = list(hands.map(lambda _: referred_on(live), range(5)))
    waiting, first, second, adopted, supported = cases
    meeting = planned_on(live, today(live), at="23:30")
    on_agenda(live, meeting, cases[1:])
    begun(live, meeting)
    for reference in (adopted, supported):
        slot = slot_of(live, meeting, reference)
        in_the_room(live, slot)
        panel_decides(live, slot, "panel-adopt", grounds=REASON)
    planned(live, supported)
    consent(live, supported, "consent-given", **BY_PARENT)
    commissioned(live, supported, sessions=1, first_in=0)
    return Stage(live, late, new, surname, waiting, (first, second), adopted, supported, meeting)


def quiet_in(begins: date) -> int:
    """Return in how many days some days begin on which no meeting stands in the calendar by itself."""

    def quiet(day: date) -> bool:
        return not (day.weekday() == WEDNESDAY and day.day in SECOND_WEEK)

    waits = range(LATE_BY, LATE_BY + 31)
    return next(each for each in waits if all(quiet(begins + timedelta(days=each + number)) for number in range(AHEAD)))


def referred_on(live: Live) -> str:
    """Bring a child's case to the panel; returns the reference."""
    reference = child(live)
    to_the_panel(live, reference)
    return reference


def on_agenda(live: Live, meeting: str, references: Sequence[str]) -> None:
    """The support officer puts cases on the agenda of a meeting, and invites whoever has an account to it."""
    with signed_in(live, "channel", SUPPORT) as browser:
        for reference in references:
            page = answered(browser, browser.get(meeting), {"reference": reference})
            assert reference in words(page), words(page)
        answered(browser, browser.get(meeting), {}, of="invitations")
    for person in (CHAIR, COCHAIR):
        on_page(live, person, meeting.replace("/meetings/", "/panel/"), answer="yes")


def dated(page: Page, name: str, on: date) -> None:
    """Fill in the three fields of a date."""
    for part, value in day(name, on).items():
        page.locator(f"main [name='{part}']").fill(value)


def bar(page: Page, name: str) -> str:
    """Return one of the facts that stand at the top of every page of a case."""
    return page.locator(f".throughline-identity-bar dt:text-is('{name}') + dd").inner_text()


def found(page: Page, reference: str) -> None:
    """From any page: find a case by its reference in the list of cases."""
    pressed(page, "Cases")
    page.get_by_label("Find a case by its reference").fill(reference)
    pressed(page, "Find")
    assert page.url.endswith(f"/cases/{reference}"), page.url


def tab(page: Page, name: str) -> None:
    """Go to another page of the same case."""
    with page.expect_navigation():
        page.locator(".throughline-sub-navigation").get_by_role("link", name=name, exact=True).click()


def mended(page: Page, button: str) -> str:
    """Press a button too early, and come by what the page says is missing to the field; returns what it says."""
    pressed(page, button)
    assert page.title().startswith("Error: "), shown(page)
    summary = page.locator(".govuk-error-summary")
    summary.locator("a").first.click()
    assert page.evaluate("document.activeElement.closest('form') !== null"), summary.inner_text()
    return summary.inner_text()
