"""One referral from receipt to the Channel case, to the front door's acknowledgement and to the board's figures."""

import csv
import io

import httpx2

from tests.journeys.live import Live, signed_in, wait
from tests.journeys.pages import answered, links, tree, words
from tests.journeys.releases_made import released
from tests.journeys.steps import (
    GATEWAY,
    case_of,
    decided,
    gathered,
    ready,
    referred,
    risk_owner,
    state,
)

FRONT_DOOR = "frances.frontdoor@kent-council.example"
BOARD = "beatrice.board@kent-council.example"


class TestThePathway:
    def test_a_referral_passed_on_becomes_a_channel_case_with_a_new_risk_owner(self, live: Live) -> None:
        reference = referred(live)
        before = risk_owner(live, reference)
        assert before
        ready(live, reference)
        decided(live, reference, "pass-on")
        assert risk_owner(live, reference) == before, "The giver owns the risk until the taker has accepted."
        case_of(live, reference, "accept")
        wait(lambda: "Cora" in risk_owner(live, reference), 60, "The change of the risk owner")
        assert state(live, reference) == "handed-over"
        wait(lambda: self.line(live, reference, "dovetail")["seen_at"], 60, "Seen by the Dovetail team")

    def test_a_section_36_referral_waits_for_what_channel_gathers(self, live: Live) -> None:
        reference = referred(live)
        ready(live, reference)
        with signed_in(live, "triage", GATEWAY) as browser:
            page = browser.get(f"/referrals/{reference}/decision/refer-section-36")
            assert "cannot be decided now" in words(page)
        gathered(live, reference)
        decided(live, reference, "refer-section-36", grounds="SYNTHETIC: grounds made up for a test.")
        with signed_in(live, "channel", "cora.coordinator@kent-council.example") as browser:
            case = f"/cases/{reference}"
            wait(lambda: "grounds made up for a test" in words(browser.get(case)), 60, "The grounds")

    def test_a_pack_may_come_back_with_a_reason(self, live: Live) -> None:
        reference = referred(live)
        ready(live, reference)
        decided(live, reference, "pass-on")
        case_of(live, reference, "return", reason="SYNTHETIC: the pack lacks a page.")
        wait(lambda: state(live, reference) == "assessing", 60, "The return of the pack")
        with signed_in(live, "triage", GATEWAY) as browser:
            assert "the pack lacks a page" in words(browser.get(f"/referrals/{reference}"))

    def test_nobody_decides_before_the_intelligence_unit_has(self, live: Live) -> None:
        reference = referred(live)
        with signed_in(live, "triage", GATEWAY) as browser:
            page = browser.get(f"/referrals/{reference}/decision/close")
            assert "cannot be decided now" in words(page)
            assert browser.get("/imu").status_code == 403
            refused = browser.get(f"/referrals/{reference}/deconfliction")
            assert refused.status_code == 403

    def test_the_front_door_acknowledges(self, live: Live) -> None:
        reference = referred(live)
        with signed_in(live, "notify", FRONT_DOOR) as browser:
            inbox = browser.get("/inbox")
            (link,) = {link for link in links(inbox) if reference in row_of(inbox, link)}
            page = browser.get(link)
            assert reference in words(page)
            wait(lambda: self.line(live, reference)["seen_at"], 60, "Seen")
            answered(browser, page, {"report": "SYNTHETIC: a strategy discussion is booked."}, of="acknowledge")
        wait(lambda: self.line(live, reference)["acknowledged_at"], 60, "The front door's acknowledgement")

    def line(self, live: Live, reference: str, team: str = "front-door") -> dict[str, object]:
        found: dict[str, object] = next(line for line in live.ledger(reference)["lines"] if line["team"] == team)
        return found

    def test_months_later_the_board_releases_what_closed(self, live: Live) -> None:
        referred(live)
        try:
            # Beyond the months that the test of the pages releases, which may have come first.
            moved = live.command("clock", "+4months")
            assert moved.returncode == 0, moved.stderr
            address = released(live)
            with signed_in(live, "stats", BOARD) as browser:
                page = browser.get(address)
                assert "Referrals received" in words(page), words(page)
                assert "Draft the release" not in words(browser.get("/releases")), "The board reads and does not make."
                tables = browser.get(f"{address}/tables.csv")
                assert tables.headers["content-type"].startswith("text/csv")
                for line in csv.DictReader(io.StringIO(tables.text)):
                    value = line["value"]
                    assert not value.isdecimal() or int(value) >= 5, f"A small count is published: {line}"
        finally:
            assert live.command("clock", "reset").returncode == 0


def row_of(page: httpx2.Response, link: str) -> str:
    """Return the words of the list's row that a link stands in, or the link's own."""
    (anchor, *_) = tree(page).xpath(".//a[@href=$link]", link=link)
    rows = anchor.xpath("ancestor::tr[1]") or anchor.xpath("ancestor::li[1]") or [anchor]
    return " ".join(rows[0].itertext())
