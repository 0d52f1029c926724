"""The pattern of a published review in a browser: referred three times in sixteen months, misspelt, and stopped."""

from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.journeys.live import Live, signed_in
from tests.journeys.looking import Look
from tests.journeys.officers import As, filled, pressed, shown, stands
from tests.journeys.pages import words
from tests.journeys.steps import (
    CLOSURE,
    GATEWAY,
    SUPERVISOR,
    closed,
    new_day,
    new_name,
    ready,
    recorded,
    referred,
    risk_owner,
    state,
)
from tests.journeys.test_ends import later

pytestmark = pytest.mark.browser
SAME = {"answer": "linked", "reason": "SYNTHETIC: the same birthday and street."}


class TestTheThirdClosure:
    def test_is_stopped_and_says_why(self, live: Live, as_: As, pictures: Path | None) -> None:
        surname, forename, born = new_name(), new_name(), new_day()
        spelt = (surname, surname[:-2] + surname[-1], surname + "h")
        first = referred(live, spelt[0], forenames=forename, date_of_birth=born)
        ready(live, first)
        closed(live, first)
        with later(live, "+9months"):
            second = referred(live, spelt[1], forenames=forename, date_of_birth=born)
            ready(live, second)
            with signed_in(live, "triage", GATEWAY) as client:
                refused = words(client.get(f"/referrals/{second}/decision/propose-closure"))
            assert "nobody has answered: look and answer first" in refused
            recorded(live, second, f"same?other={first}", **SAME)
            closed(live, second)
        with later(live, "+16months"):
            third = referred(live, spelt[2], forenames=forename[:-1], date_of_birth=born)
            ready(live, third)
            with as_(GATEWAY, f"/referrals/{third}") as page:
                look = Look(page, pictures, "triage")
                self.stopped(page, third, (first, second))
                look.shown(page.url)
                self.answered(live, page, third, (first, second))
                self.not_alone(live, page, look, third)
                assert look.problems == []
            with as_(SUPERVISOR, f"/referrals/{third}/decision/sign-closure-off") as page:
                assert "What was found about the concern itself" in shown(page)
        assert state(live, third) == "closing"

    def stopped(self, page: Page, third: str, earlier: tuple[str, ...]) -> None:
        """The page lists what may be earlier referrals, with the evidence in words, and offers no closure."""
        said = shown(page)
        assert f"This referral is possibly the same as {earlier[0]}" in said or earlier[1] in said
        assert "Nobody closes a referral of this person until each of these is answered" in said
        assert page.get_by_role("link", name="Propose to close").count() == 0
        page.goto(f"{page.url}/decision/propose-closure")
        assert "This cannot be decided now. There" in shown(page)
        assert "that nobody has answered: look and answer first" in shown(page)
        assert page.get_by_role("button", name="Continue").count() == 0
        page.goto(page.url.partition("/decision")[0])

    def answered(self, live: Live, page: Page, third: str, earlier: tuple[str, ...]) -> None:
        """Each is answered after a look at what agrees and what differs."""
        here = f"{live.urls['triage']}/referrals/{third}"
        while (asked := page.locator(f"a[href*='/{third}/same?other=']", has_text="Look and answer")).count():
            with page.expect_navigation():
                asked.first.click()
            assert "Date of birth" in shown(page)
            filled(page, **SAME)
            pressed(page, "Record")
            page.goto(here)
        assert "This person has been referred 3 times" in shown(page)
        assert all(each in shown(page) for each in earlier)

    def not_alone(self, live: Live, page: Page, look: Look, third: str) -> None:
        """What one officer writes goes to a second person, and the page says why."""
        here = f"{live.urls['triage']}/referrals/{third}"
        page.goto(f"{here}/decision/close")
        assert "This person has been referred 3 times: propose the closure" in shown(page)
        page.goto(f"{here}/decision/propose-closure")
        concern = {"concern": "no-ideology-identified"}
        answers = {**CLOSURE, **concern, "finding": "No ideology.", "risk_owner": risk_owner(live, third)}
        filled(page, **answers, rationale="SYNTHETIC: no ideology was found.")
        pressed(page, "Continue")
        assert page.title().startswith("Error: "), "The absence of an ideology is taken for a reason."
        look.shown(f"{here}/decision/propose-closure-refused")
        filled(page, finding=CLOSURE["finding"], rationale="SYNTHETIC: the essay was set by the school.")
        pressed(page, "Continue")
        with page.expect_navigation():
            page.locator("main button[value=commit]").click()
        assert stands(page) == "Closure proposed, waiting for sign-off"
        answer = page.goto(f"{here}/decision/sign-closure-off")
        assert answer is not None
        assert answer.status == 403, "Whoever proposed it signs it off."
