"""Every end that a referral can come to with the police, reached through the pages by those whose work it is."""

import os
import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import httpx2
import pytest

from tests.journeys.live import Live, signed_in, wait
from tests.journeys.pages import answered, links, words
from tests.journeys.steps import (
    CLOSURE,
    GATEWAY,
    IMU,
    REASON,
    SUPERVISOR,
    assessed,
    case_of,
    cleared,
    closed,
    decided,
    gathered,
    mailed_link,
    ready,
    referred,
    risk_owner,
    state,
)

SECOND = "gavin.gateway@kent-police.example"
PERSON = {
    "date_of_birth": "2008-03-14",
    "addresses": [{"lines": "4 Sample Close", "postcode": "CT20 9ZZ", "current": True}],
}
SAME = {"answer": "linked", "reason": "SYNTHETIC: the same school, birthday and telephone."}


@contextmanager
def later(live: Live, *shifts: str) -> Iterator[None]:
    """Let business time pass, and put it back."""
    for shift in shifts:
        assert live.command("clock", shift).returncode == 0
    try:
        yield
    finally:
        assert live.command("clock", "reset").returncode == 0


def page_of(live: Live, reference: str, rest: str = "", officer: str = GATEWAY) -> str:
    """Return the words of a referral's page as an officer sees it."""
    with signed_in(live, "triage", officer) as browser:
        return words(browser.get(f"/referrals/{reference}{rest}"))


@pytest.mark.timeout(600)
class TestEnds:
    def test_a_closure_is_proposed_by_one_and_signed_off_by_another(self, live: Live) -> None:
        reference = referred(live)
        ready(live, reference)
        closed(live, reference)
        running = "SELECT name FROM clock JOIN referral USING (subject) WHERE reference = $1 AND stopped_at IS NULL"
        assert [row["name"] for row in live.of("triage", running, reference)] == ["closure-review"]

    def test_a_signpost_stays_open_until_the_service_has_said_what_it_did(self, live: Live) -> None:
        reference = referred(live)
        ready(live, reference)
        decided(live, reference, "signpost", service="kent-early-help", message="SYNTHETIC: please offer a visit.")
        owner = risk_owner(live, reference)
        with signed_in(live, "triage", GATEWAY) as browser:
            page = browser.get(f"/referrals/{reference}/decision/propose-closure")
            assert "Still open: a signpost" in words(page)
        link = wait(lambda: mailed_link(live, reference, "signpost-links"), 60, "The mail with the link")
        with httpx2.Client(timeout=60, trust_env=False, follow_redirects=True) as service:
            page = answered(service, service.get(link), {})
            assert "please offer a visit" in words(page)
            page = answered(
                service, page, {"by": "Ann Example (synthetic)", "service": "Early Help", "step": "acknowledge"}
            )
            known = "SELECT o.state FROM obligation o JOIN referral USING (subject) WHERE reference = $1"
            wait(lambda: live.of("triage", known, reference)[0]["state"] == "acknowledged", 60, "Acknowledged")
            answered(service, service.get(link), {"report": REASON, "step": "report"})
        wait(lambda: live.of("triage", known, reference)[0]["state"] == "done", 60, "The report")
        closed(live, reference, reason="work-done", risk_owner=owner)

    def test_partnership_gives_actions_to_owners(self, live: Live) -> None:
        reference = referred(live)
        ready(live, reference)
        decided(live, reference, "lead-partnership", risk_owner="Gwen Gateway (synthetic)")
        assert risk_owner(live, reference) == "Gwen Gateway (synthetic)"
        assert "action" in page_of(live, reference).lower()

    def test_another_force_takes_the_risk_by_accepting(self, live: Live) -> None:
        reference = referred(live)
        ready(live, reference)
        before = risk_owner(live, reference)
        decided(live, reference, "offer-transfer", force="southvale-police", message="SYNTHETIC: he has moved.")
        assert risk_owner(live, reference) == before
        link = wait(lambda: mailed_link(live, reference, "transfer-links"), 60, "The mail with the link")
        with httpx2.Client(timeout=60, trust_env=False, follow_redirects=True) as force:
            page = answered(force, force.get(link), {})
            answered(
                force,
                page,
                {"answer": "accept", "officer": "Nora Example (synthetic)", "rank": "Inspector", "step": "answer"},
            )
        wait(lambda: state(live, reference) == "transferred", 60, "The acceptance")
        assert "Nora Example" in risk_owner(live, reference)

    def test_what_channel_gives_back_is_channels_until_it_is_taken(self, live: Live) -> None:
        reference = referred(live)
        ready(live, reference)
        gathered(live, reference)
        assert "Cora" in risk_owner(live, reference)
        case_of(live, reference, "give-back", reason="SYNTHETIC: consent refused, risk present.")
        wait(lambda: state(live, reference) == "given-back", 60, "The case given back")
        assert "Cora" in risk_owner(live, reference)
        decided(live, reference, "take-back")
        assert (state(live, reference), risk_owner(live, reference)) == ("plp", "Gwen Gateway (synthetic)")

    def test_a_conflict_stops_everything_and_shows_nobody_why(self, live: Live) -> None:
        reference = referred(live)
        with signed_in(live, "triage", IMU) as browser:
            page = browser.get(f"/referrals/{reference}/deconfliction")
            said = {
                "outcome": "record-conflict",
                "rationale": "SYNTHETIC: only for the unit.",
                "contact": "Imran, 3105",
            }
            page = answered(browser, page, said)
            assert "only for the unit" in words(page)
        for officer in (GATEWAY, SUPERVISOR):
            shown = page_of(live, reference, officer=officer)
            assert "only for the unit" not in shown
            assert "Imran" in shown
        assert "cannot be decided now" in page_of(live, reference, "/decision/propose-closure")

    def test_two_officers_on_one_referral_lose_nothing(self, live: Live) -> None:
        reference = referred(live)
        ready(live, reference)
        with signed_in(live, "triage", GATEWAY) as one, signed_in(live, "triage", SECOND) as other:
            address = f"/referrals/{reference}/decision/lead-partnership"
            first, second = one.get(address), other.get(address)
            own = {"rationale": "SYNTHETIC: my own long words.", "risk_owner": "Gavin Gateway (synthetic)"}
            said = {"rationale": REASON, "risk_owner": "Gwen Gateway (synthetic)", "step": "check"}
            done = answered(one, answered(one, first, said), {"step": "commit"})
            assert done.url.path == f"/referrals/{reference}"
            refused = answered(other, second, {**own, "step": "check"})
            assert refused.status_code == 409
            assert "Taken into police-led partnership, by Gwen Gateway" in words(refused)
            assert "my own long words" in refused.text


@pytest.mark.timeout(900)
class TestThreeReferralsInSixteenMonths:
    """The pattern of a published review: each referral looked at alone, the name misspelt on the second and third."""

    def test_the_third_closure_is_stopped_and_says_why(self, live: Live) -> None:
        first = referred(live, "Maddocks-Synthetic", forenames="Alun Rhys", **PERSON)
        ready(live, first)
        closed(live, first)
        with later(live, "+13months"):
            second = referred(live, "Madox-Synthetic", forenames="Alan Reece", **PERSON)
            ready(live, second)
            self.stopped(live, second, first)
            self.answer(live, second, first)
            assert "referred twice" in page_of(live, second)
            closed(live, second)
        with later(live, "+16months"):
            third = referred(live, "Mattocks-Synthetic", forenames="Allun", **PERSON)
            ready(live, third)
            self.stopped(live, third, first)
            for earlier in self.unanswered(live, third):
                self.answer(live, third, earlier)
            shown = page_of(live, third)
            assert "referred 3 times" in shown
            alone = page_of(live, third, "/decision/close")
            assert "This person has been referred 3 times" in alone
            owner = risk_owner(live, third)
            decided(live, third, "propose-closure", **{**CLOSURE, "risk_owner": owner})
            with signed_in(live, "triage", GATEWAY) as browser:
                assert browser.get(f"/referrals/{third}/decision/sign-closure-off").status_code == 403

    def stopped(self, live: Live, reference: str, earlier: str) -> None:
        """See that the closure is refused because of the earlier referral, which the page names."""
        shown = page_of(live, reference)
        assert earlier in shown
        assert "possibly the same as" in shown
        assert "nobody has answered" in page_of(live, reference, "/decision/propose-closure")

    def unanswered(self, live: Live, reference: str) -> list[str]:
        """Return the references that the page asks about."""
        with signed_in(live, "triage", GATEWAY) as browser:
            found = links(browser.get(f"/referrals/{reference}"))
        asked = [re.search(rf"/referrals/{reference}/same\?other=(.+)", link) for link in found]
        return list(dict.fromkeys(match[1] for match in asked if match))

    def answer(self, live: Live, reference: str, earlier: str) -> None:
        """Say that both are the same person, after looking at what agrees and differs."""
        with signed_in(live, "triage", GATEWAY) as browser:
            page = browser.get(f"/referrals/{reference}/same?other={earlier}")
            assert "birth" in words(page).lower()
            page = answered(browser, page, SAME)
            assert page.url.path == f"/referrals/{reference}", words(page)


@pytest.mark.timeout(600)
class TestKilled:
    def test_a_journey_goes_on_after_each_service_was_killed(self, live: Live) -> None:
        reference = referred(live)
        cleared(live, reference)
        killed(live, "triage")
        assessed(live, reference)
        decided(live, reference, "pass-on")
        killed(live, "triage")
        case_of(live, reference, "accept")
        killed(live, "channel")
        wait(lambda: state(live, reference) == "handed-over", 90, "The acceptance")
        (row,) = live.of("triage", "SELECT subject FROM referral WHERE reference = $1", reference)
        again = live.command("replay", "--subject", str(row["subject"]))
        assert again.returncode == 0, again.stderr
        case_of(live, reference, "record-gathered", summary=REASON, gathered_by="Cora Coordinator (synthetic)")
        known = "SELECT gathered FROM referral WHERE reference = $1"
        wait(lambda: live.of("triage", known, reference)[0]["gathered"], 60, "What was gathered")
        for service in ("triage", "channel", "notify"):
            parked = live.of(service, "SELECT 1 FROM inbox_parked WHERE subject = $1", row["subject"])
            assert not parked, f"{service} has parked what came again."
        assert len(live.of("channel", "SELECT 1 FROM case_file WHERE reference = $1", reference)) == 1
        history = live.of("triage", "SELECT command FROM history WHERE subject = $1 ORDER BY id", row["subject"])
        commands = [line["command"] for line in history]
        assert len(commands) == len(set(commands)), f"A step was taken twice: {commands}"


def killed(live: Live, service: str) -> None:
    """Kill a service at once, and wait until the supervisor has it running again."""
    before = live.processes()[service]
    os.kill(before, signal.SIGKILL)
    wait(lambda: live.processes().get(service, before) != before and up(live, service), 90, f"{service} again")


def up(live: Live, service: str) -> bool:
    """Say whether a service answers that it is ready."""
    try:
        return httpx2.get(f"{live.urls[service]}/health/ready", timeout=5).status_code == 200
    except httpx2.TransportError:
        return False
