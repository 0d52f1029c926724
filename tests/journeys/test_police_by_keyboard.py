"""The police console worked with the keyboard alone, from signing in to a recorded decision, by each of its roles."""

import pytest
from playwright.sync_api import Browser

from tests.journeys.live import Live
from tests.journeys.officers import By, Keys, shown, stands
from tests.journeys.steps import (
    CLOSURE,
    GATEWAY,
    IMU,
    REASON,
    SUPERVISOR,
    decided,
    ready,
    referred,
    risk_owner,
    state,
)

pytestmark = pytest.mark.browser


def found(keys: Keys, reference: str) -> None:
    """From the queue, with its skip link: find a referral by its reference."""
    page = keys.page
    page.keyboard.press("Tab")
    assert "Skip to main content" in keys.focused()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main-content"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('main') !== null"), "The link skips nothing."
    page.reload()
    keys.typed("reference", reference)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.url.endswith(f"/referrals/{reference}")


class TestByKeyboard:
    def test_a_focus_that_nobody_sees_is_noted(self, browser: Browser) -> None:
        page = browser.new_page()
        page.set_content(
            "<a href='#' style='outline: none'>no ring</a> <a href='#' style='position: fixed; top: -99px'>far</a>"
        )
        keys = Keys(page)
        keys.to("far")
        assert [each.partition(": ")[2] for each in keys.unseen] == ["no ring:    no ring ", "out of sight:    far "]
        page.close()

    def test_the_intelligence_unit_clears(self, live: Live, by: By) -> None:
        reference = referred(live)
        with by(IMU) as keys:
            found(keys, reference)
            keys.enter("Record: clear to proceed")
            keys.refused(r"\sRecord\s*$")
            keys.page.keyboard.press("Shift+Tab")
            keys.chosen("outcome", "record-clear")
            keys.enter(r"\sRecord\s*$")
            assert stands(keys.page) == "In Gateway assessment"
        assert state(live, reference) == "assessing"

    def test_the_gateway_takes_and_proposes_a_closure(self, live: Live, by: By) -> None:
        reference = referred(live)
        ready(live, reference)
        owner = risk_owner(live, reference)
        with by(GATEWAY) as keys:
            found(keys, reference)
            keys.enter("Take this referral")
            keys.enter("Propose to close")
            keys.refused(r"\sContinue\s*$")
            keys.page.keyboard.press("Shift+Tab")
            keys.chosen("reason", CLOSURE["reason"])
            for name, text in {**CLOSURE, "rationale": REASON}.items():
                if name != "reason" and not name.startswith("review_on"):
                    keys.typed(name, text)
            keys.chosen("concern", "no-ideology-identified")
            keys.chosen("risk_owner", owner)
            for part in ("day", "month", "year"):
                keys.typed(f"review_on-{part}", CLOSURE[f"review_on-{part}"])
            keys.enter(r"\sContinue\s*$")
            assert "Check before you record this" in shown(keys.page)
            keys.enter("Record this decision")
            assert stands(keys.page) == "Closure proposed, waiting for sign-off"
        assert state(live, reference) == "closing"

    def test_the_supervisor_allocates_and_signs_off(self, live: Live, by: By) -> None:
        reference = referred(live)
        ready(live, reference)
        decided(live, reference, "propose-closure", **{**CLOSURE, "risk_owner": risk_owner(live, reference)})
        with by(SUPERVISOR) as keys:
            found(keys, reference)
            keys.enter("Allocate to an officer")
            keys.refused(r"\sAllocate\s*$")
            keys.page.keyboard.press("Shift+Tab")
            keys.chosen("officer", GATEWAY)
            keys.enter(r"\sAllocate\s*$")
            keys.page.goto(f"{live.urls['triage']}/referrals/{reference}")
            keys.enter("Sign the closure off")
            keys.refused(r"\sContinue\s*$")
            keys.page.keyboard.press("Shift+Tab")
            keys.typed("rationale", REASON)
            keys.enter(r"\sContinue\s*$")
            keys.enter("Record this decision")
        assert state(live, reference) == "closed"
