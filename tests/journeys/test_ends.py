"""Every end that a referral can come to with the police, reached through the pages by those whose work it is."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import httpx2
import pytest

from tests.journeys.live import Live, signed_in, wait
from tests.journeys.pages import answered, words
from tests.journeys.steps import (
    GATEWAY,
    IMU,
    REASON,
    SUPERVISOR,
    assessed,
    case_of,
    cleared,
    closed,
    decided,
    of_what_type,
    ready,
    referred,
    risk_owner,
    state,
)

SECOND = "gavin.gateway@kent-police.example"


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

    def test_partnership_gives_actions_to_owners(self, live: Live) -> None:
        reference = referred(live)
        ready(live, reference)
        decided(live, reference, "lead-partnership", risk_owner="Gwen Gateway (synthetic)")
        assert risk_owner(live, reference) == "Gwen Gateway (synthetic)"
        assert "action" in page_of(live, reference).lower()

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
            said = {
                **of_what_type(first),
                "rationale": REASON,
                "risk_owner": "Gwen Gateway (synthetic)",
                "step": "check",
            }
            done = answered(one, answered(one, first, said), {"step": "commit"})
            assert done.url.path == f"/referrals/{reference}"
            refused = answered(other, second, {**own, "step": "check"})
            assert refused.status_code == 409
            assert "Taken into police-led partnership, by Gwen Gateway" in words(refused)
            assert "my own long words" in refused.text


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
