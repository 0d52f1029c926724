"""Northmere, where the police gather the information and decide: every end that only such an area has, in a browser."""

from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.journeys.live import Live, wait
from tests.journeys.looking import Look
from tests.journeys.officers import (
    As,
    assessed_with,
    checked,
    committed,
    did,
    filled,
    offered,
    pressed,
    reloaded_until,
    shown,
    stands,
    stands_at,
)
from tests.journeys.steps import (
    CLOSURE,
    NORTH,
    NORTH_CHANNEL,
    NORTH_IMU,
    NORTH_SUPERVISOR,
    REASON,
    by_link,
    cleared,
    decided,
    gathered_here,
    mailed_link,
    referred,
    risk_owner,
    state,
)

pytestmark = pytest.mark.browser
GROUNDS = "SYNTHETIC: grounds made up for a test."
RETURNED = "SYNTHETIC: the pack does not say what the school answered."
FORCE = {"force": "kent-police", "message": "SYNTHETIC: the family has moved.", "rationale": REASON}


def arrived(live: Live) -> str:
    """Refer somebody in Northmere, about whom the intelligence unit finds nothing."""
    reference = referred(live, district="Aldmere")
    cleared(live, reference, NORTH_IMU)
    return reference


def opened(page: Page, live: Live, reference: str, service: str = "triage") -> None:
    place = "cases" if service == "channel" else "referrals"
    page.goto(f"{live.urls[service]}/{place}/{reference}")


class TestSection36:
    def test_is_gathered_for_decided_and_accepted(self, live: Live, as_: As, pictures: Path | None) -> None:
        reference = referred(live, district="Aldmere")
        with as_(NORTH_IMU, f"/referrals/{reference}/deconfliction") as page:
            filled(page, outcome="record-clear")
            pressed(page, "Record")
        with as_(NORTH, f"/referrals/{reference}") as page:
            look = Look(page, pictures, "triage")
            assert "gather the information themselves" in page.content(), "Why nothing is passed on here is not said."
            assessed_with(page, "vaf", REASON)
            did(page, "Gather information", rationale=REASON)
            self.ask(page, look)
            did(page, "Record information gathering as complete", rationale="SYNTHETIC: all have answered.")
            self.preview(page, look)
            opened(page, live, reference)
            before = risk_owner(live, reference)
            pressed(page, "Refer to the panel under section 36")
            checked(page, grounds=GROUNDS, rationale=REASON)
            look.shown(f"{page.url}-check")
            committed(page)
            assert look.problems == []
            assert risk_owner(live, reference) == before, "The giver owns the risk until the taker has accepted."
            self.accept(live, as_, reference)
            stands_at(page, "Handed over to Channel")
            assert "Neil Northmere-Coordinator" in shown(page)
        assert "Neil" in risk_owner(live, reference)

    def ask(self, page: Page, look: Look) -> None:
        """Ask a school; the gathering is not complete before its answer is recorded."""
        did(page, "Ask a partner for information", officer="Aldmere Sample School", message="SYNTHETIC: how is he?")
        assert "A request for information is open" in page.content()
        page.get_by_role("link", name="Record the answer").click()
        page.wait_for_url("**/done")
        checked(page, answer="known", rationale="SYNTHETIC: he has stopped coming.")
        look.shown(f"{page.url}-check")
        committed(page)

    def preview(self, page: Page, look: Look) -> None:
        """See the pack as Channel will: every part is there."""
        pressed(page, "Refer to the panel under section 36")
        pressed(page, "See the pack as Channel will see it")
        assert "Missing" not in shown(page)
        assert "SYNTHETIC: he has stopped coming." in shown(page)
        assert "Vulnerability assessment framework" in shown(page)
        look.shown(page.url)

    def accept(self, live: Live, as_: As, reference: str) -> None:
        with as_(NORTH_CHANNEL, "/cases", "channel") as page:
            reloaded_until(page, reference)
            pressed(page, reference)
            assert GROUNDS in shown(page)
            assert "he has stopped coming" in shown(page)
            pressed(page, "Accept the pack")
            pressed(page, "Accept the pack")
            assert "Referred to the panel under section 36" in shown(page)

    def test_comes_back_with_a_reason_and_is_offered_again(self, live: Live, as_: As) -> None:
        reference = arrived(live)
        gathered_here(live, reference)
        decided(live, reference, "refer-section-36", NORTH, grounds=GROUNDS)
        with as_(NORTH_CHANNEL, "/cases", "channel") as page:
            reloaded_until(page, reference)
            pressed(page, reference)
            pressed(page, "Return the pack")
            pressed(page, "Return the pack")
            assert page.title().startswith("Error: ")
            filled(page, reason=RETURNED)
            pressed(page, "Return the pack")
            with as_(NORTH, f"/referrals/{reference}") as officer:
                offered(officer, "Complete a Gateway assessment")
                assert RETURNED in shown(officer)
                assert state(live, reference) == "assessing"
                assessed_with(officer, "gateway", "SYNTHETIC: the school says that he is well.")
                did(officer, "Refer to the panel under section 36", grounds=GROUNDS, rationale="SYNTHETIC: mended.")
            reloaded_until(page, "the school says that he is well")
            pressed(page, "Accept the pack")
            pressed(page, "Accept the pack")
        wait(lambda: state(live, reference) == "handed-over", 60, "The acceptance")
        told = "SELECT command FROM history JOIN referral USING (subject) WHERE reference = $1 ORDER BY history.id"
        steps = [row["command"] for row in live.of("triage", told, reference)]
        offers = [step for step in steps if step in {"refer-section-36", "pack-returned", "pack-accepted"}]
        assert offers == ["refer-section-36", "pack-returned", "refer-section-36", "pack-accepted"]


class TestOtherEnds:
    def test_one_officer_closes_and_the_supervisor_withdraws_what_was_reopened(self, live: Live, as_: As) -> None:
        reference = arrived(live)
        owner = risk_owner(live, reference)
        with as_(NORTH, f"/referrals/{reference}") as page:
            assessed_with(page, "gateway", REASON)
            did(page, "Close: no further action", **{**CLOSURE, "risk_owner": owner, "rationale": REASON})
            assert state(live, reference) == "closed"
            did(page, "Reopen", rationale="SYNTHETIC: the school has rung again.")
            assert stands(page) == "Received, waiting for deconfliction"
            cleared(live, reference, NORTH_IMU)
            page.reload()
            assert page.get_by_role("link", name="Record as withdrawn").count() == 0
        with as_(NORTH_SUPERVISOR, f"/referrals/{reference}") as page:
            did(page, "Record as withdrawn", reason="sent-in-error", rationale=REASON, risk_owner=owner)
            assert stands(page) == "Withdrawn"
        assert state(live, reference) == "withdrawn"

    def test_a_transfer_is_called_back_refused_and_accepted(self, live: Live, as_: As) -> None:
        reference = arrived(live)
        before = risk_owner(live, reference)
        with as_(NORTH, f"/referrals/{reference}") as page:
            did(page, "Offer to another force", **FORCE)
            wait(lambda: mailed_link(live, reference, "transfer-links"), 60, "The mail with the offer")
            did(page, "Call the transfer back", rationale="SYNTHETIC: he has not moved after all.")
            assert (state(live, reference), risk_owner(live, reference)) == ("assessing", before)
            self.offer_again(live, page, reference)
            no = {"answer": "refuse", "officer": "Kay Example (synthetic)", "rank": "Sergeant"}
            by_link(live, reference, "transfer-links", {**no, "reason": "SYNTHETIC: unknown here.", "step": "answer"})
            offered(page, "Offer to another force")
            assert "SYNTHETIC: unknown here." in shown(page)
            assert (state(live, reference), risk_owner(live, reference)) == ("assessing", before)
            self.offer_again(live, page, reference)
            yes = {"answer": "accept", "officer": "Kit Example (synthetic)", "rank": "Inspector"}
            by_link(live, reference, "transfer-links", {**yes, "step": "answer"})
            stands_at(page, "Transferred to another force")
            assert "Kit Example (synthetic)" in shown(page)
        assert "Kit Example" in risk_owner(live, reference)

    def offer_again(self, live: Live, page: Page, reference: str) -> None:
        """Offer once more, and wait until its own mail has gone."""
        last = mailed_link(live, reference, "transfer-links")
        did(page, "Offer to another force", **FORCE)
        wait(lambda: mailed_link(live, reference, "transfer-links") != last, 60, "The mail with the new offer")

    def test_a_signpost_is_answered_and_then_looked_at(self, live: Live, as_: As) -> None:
        reference = arrived(live)
        with as_(NORTH, f"/referrals/{reference}") as page:
            assessed_with(page, "gateway", REASON)
            asked = {"service": "northmere-early-help", "message": "SYNTHETIC: please offer a visit."}
            did(page, "Signpost to another service", **asked, rationale=REASON)
            assert "Still open: a signpost" in page.content()
            who = {"by": "Ann Example (synthetic)", "service": "Early Help"}
            by_link(live, reference, "signpost-links", {**who, "step": "acknowledge"})
            reloaded_until(page, "Acknowledged")
            did_it = {"report": "SYNTHETIC: visited on Monday.", "step": "report"}
            by_link(live, reference, "signpost-links", {**who, **did_it})
            offered(page, "Close: no further action")
            assert "SYNTHETIC: visited on Monday." in shown(page)
            owner = risk_owner(live, reference)
            closure = {**CLOSURE, "reason": "work-done", "risk_owner": owner, "rationale": REASON}
            did(page, "Close: no further action", **closure)
        assert state(live, reference) == "closed"
