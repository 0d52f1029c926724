"""A service that is killed while a browser is open on its page: what was typed is recorded, or given back."""

import os
import signal

import pytest
from playwright.sync_api import Error, Page

from tests.journeys.live import Live, wait
from tests.journeys.officers import As, checked, committed, filled, pressed, shown
from tests.journeys.steps import GATEWAY, ready, referred, state
from tests.journeys.test_ends import killed, up

pytestmark = pytest.mark.browser
OWN = "SYNTHETIC: long words of an officer whose machine was switched off."
PLP = "Taken into police-led partnership"


class TestKilledWhileABrowserIsOpen:
    def test_a_page_that_was_open_is_sent_after_the_restart(self, live: Live, as_: As) -> None:
        reference = referred(live)
        ready(live, reference)
        with as_(GATEWAY, f"/referrals/{reference}/decision/lead-partnership") as page:
            filled(page, rationale=OWN, risk_owner="Gwen Gateway (synthetic)")
            killed(live, "triage")
            checked(page)
            assert OWN in shown(page)
            killed(live, "triage")
            self.replayed(live, reference)
            committed(page)
            assert PLP in shown(page)
        told = "SELECT command FROM history JOIN referral USING (subject) WHERE reference = $1"
        steps = [row["command"] for row in live.of("triage", told, reference)]
        assert steps.count("lead-partnership") == 1
        assert state(live, reference) == "plp"

    def replayed(self, live: Live, reference: str) -> None:
        """Send every event about the person once more, as an operator does after a fault."""
        (row,) = live.of("triage", "SELECT subject FROM referral WHERE reference = $1", reference)
        again = live.command("replay", "--subject", str(row["subject"]))
        assert again.returncode == 0, again.stderr

    def test_what_was_sent_into_nothing_is_offered_again(self, live: Live, as_: As) -> None:
        reference = referred(live)
        ready(live, reference)
        with as_(GATEWAY, f"/referrals/{reference}/decision/lead-partnership") as page:
            address = page.url
            filled(page, rationale=OWN)
            page.get_by_text("Kept as you write").wait_for()
            self.lost(live, page)
            page.goto(address)
            pressed(page, "Go on with it")
            assert page.locator("main [name=rationale]").input_value() == OWN
            checked(page, risk_owner="Gwen Gateway (synthetic)")
            committed(page)
        assert state(live, reference) == "plp"

    def lost(self, live: Live, page: Page) -> None:
        """Press Continue in the moment in which nobody is there; return once somebody is again."""
        before = live.processes()["triage"]
        os.kill(before, signal.SIGKILL)
        try:
            page.get_by_role("button", name="Continue").click(timeout=5000)
            page.wait_for_load_state()
        except Error:  # What a browser says of a page that does not answer is not ours.
            page.wait_for_timeout(100)
        wait(lambda: live.processes().get("triage", before) != before and up(live, "triage"), 90, "triage again")
