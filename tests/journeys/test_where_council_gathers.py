"""Kent and Medway, where the local authority gathers: what comes back from Channel, until two people close it."""

import pytest

from tests.journeys.live import Live, wait
from tests.journeys.officers import As, did, filled, offered, pressed, shown
from tests.journeys.steps import (
    ACTION,
    CLOSURE,
    COORDINATOR,
    GATEWAY,
    REASON,
    SUPERVISOR,
    gathered,
    ready,
    referred,
    risk_owner,
    state,
)

pytestmark = pytest.mark.browser
BACK = "SYNTHETIC: consent refused, risk present."


class TestGivenBack:
    def test_is_led_by_the_police_until_two_people_close_it(self, live: Live, as_: As) -> None:
        reference = referred(live)
        ready(live, reference)
        gathered(live, reference)
        with as_(COORDINATOR, f"/cases/{reference}", "channel") as page:
            pressed(page, "Give the case back to the police")
            filled(page, reason=BACK)
            pressed(page, "Give the case back to the police")
        with as_(GATEWAY, f"/referrals/{reference}") as page:
            offered(page, "Take back from Channel")
            assert BACK in shown(page)
            assert "Cora" in risk_owner(live, reference)
            did(page, "Take back from Channel", rationale=REASON)
            assert risk_owner(live, reference) == "Gwen Gateway (synthetic)"
            did(page, "Add an action", **ACTION, message="SYNTHETIC: visit him every month.")
            assert "Propose to close" not in shown(page)
            assert "Still open: an action" in page.content()
            page.get_by_role("link", name="Record what was done").click()
            page.wait_for_url("**/done")
            filled(page, rationale="SYNTHETIC: visited, and he is well.")
            pressed(page, "Continue")
            pressed(page, "Record this")
            did(page, "Review the partnership", rationale="SYNTHETIC: nothing is left to do.")
            closure = {**CLOSURE, "reason": "work-done", "risk_owner": "Gwen Gateway (synthetic)"}
            did(page, "Propose to close", **closure, rationale=REASON)
            assert page.get_by_role("link", name="Sign the closure off").count() == 0
        with as_(SUPERVISOR, f"/referrals/{reference}") as page:
            did(page, "Sign the closure off", rationale="SYNTHETIC: read, and agreed.")
            assert "visited, and he is well" in shown(page)
        assert state(live, reference) == "closed"
        wait(lambda: "Taken back" in self.case(as_, reference), 60, "What the case says")

    def case(self, as_: As, reference: str) -> str:
        with as_(COORDINATOR, f"/cases/{reference}", "channel") as page:
            return shown(page)
