"""A front door's day in a real browser: a mail comes, somebody has it, says what was done, and the police read it."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.journeys.channel_care import moved
from tests.journeys.channel_steps import today
from tests.journeys.live import Live, signed_in, started, wait
from tests.journeys.looking import NARROW, WIDE, Look
from tests.journeys.mails import link_in, mail_to, mails_to
from tests.journeys.officers import As, By, Keys, filled, pressed, reloaded_until, shown
from tests.journeys.pages import words
from tests.journeys.steps import GATEWAY, new_name, referred
from tests.journeys.test_pathway import FRONT_DOOR
from tests.journeys.world import MEDWAY

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

TEAM, MANAGER, HEAD = (
    f"{who}@kent-council.example" for who in ("central-referral-unit", "front-door-manager", "head-of-safeguarding")
)
MEDWAY_TEAM = "first-response@medway-council.example"
ON_OUR_WAY = "SYNTHETIC: a visit is planned for tomorrow."
DONE = "SYNTHETIC: a social worker has been allocated."
A_FORTNIGHT = "+14days"
"""Whatever the day, all that a concern's clock brings about has come by then, and the link of its mail is over."""


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A system of its own, whose time one of these tests moves on."""
    with started(tmp_path_factory.mktemp("front-door")) as running:
        yield running


def somebody(live: Live, years: int, district: str) -> tuple[str, str]:
    """Refer somebody so old from a district; return the surname and the reference."""
    surname = new_name()
    born = today(live).replace(day=1) - timedelta(days=366 * years)
    return surname, referred(live, surname, date_of_birth=born.isoformat(), district=district)


def without_account(browser: Browser, address: str) -> Page:
    """Open an address in a browser in which nobody is signed in."""
    page = browser.new_context(viewport=WIDE).new_page()  # type: ignore[arg-type]
    page.goto(address)
    return page


def ledger_says(live: Live, reference: str, what: str) -> None:
    """Wait until the ledger of a referral has this of its front door."""

    def line() -> object:
        return next(each for each in live.ledger(reference)["lines"] if each["team"] == "front-door")[what]

    wait(line, 60, f"{what} of the front door")


def police_read(live: Live, reference: str, *said: str) -> None:
    """Wait until the page of the referral says all of this to a Gateway officer."""
    with signed_in(live, "triage", GATEWAY) as browser:
        page = f"/referrals/{reference}"
        wait(lambda: all(each in words(browser.get(page)) for each in said), 60, f"{said} on the police's page")


def test_who_has_no_account_at_hand_says_once_that_the_team_has_it(
    live: Live, browser: Browser, as_: As, pictures: Path | None
) -> None:
    surname, reference = somebody(live, 12, "Medway")
    mail = mail_to(live, MEDWAY_TEAM, reference)
    assert surname not in mail
    link = link_in(mail, "/concern-links/")
    page = without_account(browser, link)
    look = Look(page, pictures, "front-door")
    assert surname not in page.content()
    look.shown("//x/have-it")
    keys = Keys(page)
    keys.refused("We have it")
    page.keyboard.press("Shift+Tab")
    look.shown("//x/have-it-refused")
    keys.typed("by", "Bea Byphone (synthetic)")
    keys.typed("report", ON_OUR_WAY)
    keys.enter("We have it")
    assert "this link is used up" in shown(page), shown(page)
    ledger_says(live, reference, "acknowledged_at")
    assert keys.unseen == []

    again = without_account(browser, link)
    assert "Your team has this concern" in again.locator("h1").inner_text()
    assert again.locator("main form").count() == 0
    assert surname not in again.content()
    look.page.goto(link)
    look.shown("//x/have-it-again")
    look.page.goto(f"{link[:-3]}abc")
    assert "This link does not work" in page.locator("h1").inner_text()
    look.shown("//x/have-it-broken")

    with as_(MEDWAY, "/inbox", "notify") as own:
        own_look = Look(own, pictures, "front-door")
        own_look.shown("//x/inbox-medway")
        pressed(own, reference)
        assert "Bea Byphone (synthetic), Medway First Response" in shown(own)
        assert ON_OUR_WAY in shown(own)
        assert surname in shown(own)
        filled(own, done="already-open", told=DONE)
        pressed(own, "Report")
        assert "The police have been told" in own.locator("body").inner_text()
        own_look.shown("//x/reported-medway")
        assert own_look.problems == []
    police_read(live, reference, "Already open to social care", DONE, "Meera Medway (synthetic)")
    assert look.problems == []


def test_a_worker_acknowledges_and_reports_with_the_keyboard_alone(live: Live, by: By, pictures: Path | None) -> None:
    surname, reference = somebody(live, 40, "Thanet")
    with by(FRONT_DOOR, "notify") as keys:
        page = keys.page
        look = Look(page, pictures, "front-door")
        wait(lambda: page.reload() and reference in shown(page), 60, "The concern in the inbox")
        look.shown("//x/inbox-kent")
        page.set_viewport_size(NARROW)  # type: ignore[arg-type]
        assert page.evaluate("[...document.querySelectorAll('main table')].every(t => t.offsetWidth <= innerWidth)")
        page.set_viewport_size(WIDE)  # type: ignore[arg-type]
        keys.enter(rf"^\s*{reference}\s*$")
        assert surname in shown(page)
        assert "Waiting for" in shown(page)
        look.shown("//x/concern")
        ledger_says(live, reference, "seen_at")
        keys.refused(r"\sAcknowledge\s*$")
        look.shown("//x/concern-refused")
        page.keyboard.press("Shift+Tab")
        keys.typed("report", ON_OUR_WAY)
        keys.enter(r"\sAcknowledge\s*$")
        assert "Acknowledged. The intake desk can see that you have it." in page.locator("body").inner_text()
        assert "Waiting for" not in shown(page), "It waits no more."
        look.shown("//x/acknowledged")
        keys.refused(r"\sReport\s*$")
        page.keyboard.press("Shift+Tab")
        keys.chosen("done", "assessed")
        keys.typed("told", DONE)
        keys.enter(r"\sReport\s*$")
        assert "The police have been told" in page.locator("body").inner_text()
        look.shown("//x/reported")
    ledger_says(live, reference, "acknowledged_at")
    police_read(live, reference, "Assessed", DONE, "Frances Frontdoor (synthetic)")
    assert look.problems == []


def test_where_nobody_has_it_those_named_above_are_told_in_turn(
    live: Live, browser: Browser, as_: As, pictures: Path | None
) -> None:
    surname, reference = somebody(live, 30, "Ashford")
    link = link_in(mail_to(live, TEAM, reference), "/concern-links/")
    moved(live, A_FORTNIGHT)
    for above in (MANAGER, HEAD):
        mail = mail_to(live, above, reference)
        assert surname not in mail
    with as_(FRONT_DOOR, "/unacknowledged", "notify") as page:
        look = Look(page, pictures, "front-door")
        row = page.get_by_role("row").filter(has_text=reference)
        wait(lambda: page.reload() and "Nobody answers: ring them" in row.inner_text(), 60, "The red line")
        look.shown("//x/unacknowledged")
        with page.expect_navigation():
            row.get_by_role("link").click()
        filled(page, report=ON_OUR_WAY)

        late = without_account(browser, link)
        assert "The time of this link is over" in late.locator("h1").inner_text()
        assert reference in shown(late)
        late_look = Look(late, pictures, "front-door")
        late_look.shown("//x/have-it-over")

        pressed(page, "Acknowledge")
        page.goto(f"{live.urls['notify']}/unacknowledged")
        assert reference not in shown(page)
        look.shown("//x/unacknowledged-after")
        assert look.problems == late_look.problems == []
    ledger_says(live, reference, "acknowledged_at")
    reloaded_until(late, "Your team has this concern")
    assert [len(mails_to(live, above, reference)) for above in (MANAGER, HEAD)] == [1, 1]
