"""The police console in a real browser, by each of its roles and for the services that answer by a link."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.journeys.live import Live, wait
from tests.journeys.looking import NARROW, Look
from tests.journeys.officers import As, did, pressed, shown, stands
from tests.journeys.steps import (
    CLOSURE,
    GATEWAY,
    IMU,
    REASON,
    SUPERVISOR,
    cleared,
    decided,
    mailed_link,
    new_day,
    new_name,
    ready,
    referred,
    risk_owner,
    state,
)

pytestmark = pytest.mark.browser
OWN = "SYNTHETIC: the words of an officer who was called away."
UNIT_ONLY = "SYNTHETIC: also only for the unit."


class TestTheIntelligenceUnit:
    def test_stops_a_referral_and_hands_it_to_the_investigation(self, live: Live, as_: As) -> None:
        reference = referred(live)
        with as_(IMU, f"/referrals/{reference}/deconfliction") as page:
            page.get_by_label("Conflict").check()
            page.get_by_label("Whom is the Gateway to speak to?").fill("Imran, extension 3105")
            pressed(page, "Record")
            summary = page.locator(".govuk-error-summary")
            assert "Enter a note" in summary.inner_text()
            assert page.get_by_label("Whom is the Gateway").input_value() == "Imran, extension 3105"
            page.get_by_label("Note for the intelligence unit").fill("SYNTHETIC: only for the unit.")
            pressed(page, "Record")
            before = risk_owner(live, reference)
            offered = {"officer": "Detective Inspector Ines Sample (synthetic)", "rationale": UNIT_ONLY}
            did(page, "Offer to the investigation", **offered)
            assert risk_owner(live, reference) == before, "The giver owns the risk until the taker has accepted."
            did(page, "Record that the investigation accepts", rationale=UNIT_ONLY)
            assert stands(page) == "With the investigation"
        with as_(GATEWAY, f"/referrals/{reference}") as page:
            assert "Ines Sample" in shown(page)
            assert "Imran, extension 3105" in shown(page)
            assert "only for the unit" not in page.content()


class TestTheGateway:
    def test_brings_a_second_referral_to_a_proposed_closure(self, live: Live, as_: As) -> None:
        surname = new_name()
        person: dict[str, Any] = {"forenames": new_name(), "date_of_birth": new_day()}
        earlier, reference = (referred(live, spelt, **person) for spelt in (surname, surname[:-1]))
        cleared(live, reference)
        with as_(GATEWAY, f"/referrals/{reference}") as page:
            pressed(page, "Take this referral")
            assert "Gwen Gateway" in shown(page)
            self.answer(page, earlier)
            pressed(page, "Complete a Gateway assessment")
            self.begin(page)
        with as_(GATEWAY, f"/referrals/{reference}/assess") as page:
            self.assess(page)
            page.goto(f"{live.urls['triage']}/referrals/{reference}/decision/propose-closure")
            self.propose(page, risk_owner(live, reference))
        assert state(live, reference) == "closing"

    def answer(self, page: Page, earlier: str) -> None:
        page.locator(f"a[href*='same?other={earlier}']").first.click()
        page.wait_for_url("**/same?other=*")
        assert "Surname" in shown(page)
        page.get_by_label("Yes, the same person").check()
        page.get_by_label("How do you know?").fill(REASON)
        pressed(page, "Record")
        assert "referred twice" in shown(page)

    def begin(self, page: Page) -> None:
        """Write the first words of an assessment, and be called away."""
        page.locator("main input[type=radio]").first.check()
        pressed(page, page.locator("main button.govuk-button").first.inner_text())
        pressed(page, "The concern")
        page.locator("main textarea").first.fill(OWN)
        pressed(page, "Save and come back later")

    def assess(self, page: Page) -> None:
        """Go on with the draft, which holds what was written, and complete it."""
        with page.expect_navigation():
            page.locator("main a[href*='/assess/']").first.click()
        draft = page.url
        pressed(page, "The concern")
        assert page.locator("main textarea").first.input_value() == OWN
        page.goto(draft)
        pressed(page, "Checks made")
        while not page.url.endswith("/check"):
            for group in page.locator("main fieldset").all():
                group.locator("input[type=radio]").last.check()
            for area in page.locator("main textarea").all():
                area.fill(REASON)
            pressed(page, "Save and continue")
        pressed(page, page.locator("main button.govuk-button").first.inner_text())
        assert "Gateway assessment completed" in shown(page)

    def propose(self, page: Page, owner: str) -> None:
        page.get_by_label("Rationale").fill(OWN)
        pressed(page, "Continue")
        errors = page.locator(".govuk-error-summary a")
        assert errors.count() >= 4
        assert page.get_by_label("Rationale").input_value() == OWN
        errors.first.click()
        assert page.evaluate("document.activeElement.closest('form') !== null")
        page.locator(f"main input[name=reason][value={CLOSURE['reason']}]").check()
        for name in ("finding", "alternatives", "earlier", "review_on-day", "review_on-month", "review_on-year"):
            page.locator(f"main [name='{name}']").fill(CLOSURE[name])
        page.locator(f"main input[name=risk_owner][value='{owner}']").check()
        page.get_by_label("Not known").check()
        pressed(page, "Continue")
        assert OWN in shown(page)
        page.locator("main button[value=commit]").click()
        page.wait_for_url("**/referrals/*")
        assert stands(page) == "Closure proposed, waiting for sign-off"


class TestTheSupervisor:
    def test_allocates_sends_back_and_signs_off(self, live: Live, as_: As) -> None:
        reference = referred(live)
        ready(live, reference)
        with as_(SUPERVISOR, f"/referrals/{reference}/allocate") as page:
            page.get_by_label("Gwen Gateway (synthetic)").check()
            pressed(page, "Allocate")
            page.goto(f"{live.urls['triage']}/workload")
            assert "Gwen Gateway (synthetic)" in shown(page)
        self.proposed(live, reference)
        with as_(SUPERVISOR, f"/referrals/{reference}/decision/send-closure-back") as page:
            self.record(page, "SYNTHETIC: the school was not asked.")
            assert stands(page) == "In Gateway assessment"
            assert "the school was not asked" in shown(page)
        self.proposed(live, reference)
        with as_(SUPERVISOR, f"/referrals/{reference}/decision/sign-closure-off") as page:
            self.record(page, REASON)
        assert state(live, reference) == "closed"

    def proposed(self, live: Live, reference: str) -> None:
        decided(live, reference, "propose-closure", **{**CLOSURE, "risk_owner": risk_owner(live, reference)})

    def record(self, page: Page, why: str) -> None:
        page.get_by_label("Rationale").fill(why)
        pressed(page, "Continue")
        page.locator("main button[value=commit]").click()
        page.locator("h1", has_text="Referral").wait_for()


class TestAServiceWithoutAnAccount:
    def test_answers_a_signpost_on_a_phone(self, live: Live, browser: Browser, pictures: Path | None) -> None:
        reference = referred(live)
        ready(live, reference)
        decided(live, reference, "signpost", service="kent-early-help", message="SYNTHETIC: please offer a visit.")
        link = wait(lambda: mailed_link(live, reference, "signpost-links"), 60, "The mail with the link")
        context = browser.new_context(viewport=NARROW)  # type: ignore[arg-type]
        page = context.new_page()
        look = Look(page, pictures, "notify")
        page.goto(link)
        assert "offer a visit" not in page.content(), "A scanner of mails reads what was asked."
        look.shown(link + "-closed")
        pressed(page, "Open the message")
        assert "please offer a visit" in shown(page)
        page.get_by_label("Your name").fill("Ann Example (synthetic)")
        page.get_by_label("Your service").fill("Early Help")
        look.shown(link + "-open")
        pressed(page, "We have it")
        page.get_by_label("What did you do?").fill("SYNTHETIC: visited on Monday.")
        look.shown(link + "-report")
        pressed(page, "Report")
        look.shown(link + "-done")
        assert look.problems == []
        context.close()
        known = "SELECT o.state FROM obligation o JOIN referral USING (subject) WHERE reference = $1"
        wait(lambda: live.of("triage", known, reference)[0]["state"] == "done", 60, "The report")
