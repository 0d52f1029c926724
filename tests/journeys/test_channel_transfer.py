"""A Channel case goes to another panel: of this installation or elsewhere, refused, called back, and accepted."""

import re
from pathlib import Path
from typing import Any

import httpx2
import pytest
from playwright.sync_api import Page

from tests.journeys.channel_steps import asked_link, guest, on_page, owner, standing, vaf
from tests.journeys.channel_world import child
from tests.journeys.live import Live, signed_in, wait
from tests.journeys.looking import Look
from tests.journeys.officers import As, filled, pressed, shown
from tests.journeys.pages import answered, words
from tests.journeys.steps import COORDINATOR, NORTH_CHANNEL, REASON, risk_owner

CORA, NEIL = "Cora Coordinator (synthetic)", "Neil Northmere-Coordinator (synthetic)"
NORTH_PANEL, SOUTH_PANEL = "Northmere Channel Panel", "Southvale Channel Panel"
SOUTH = "channel-panel@southvale-council.example"
MOVED = "SYNTHETIC: the family has moved to Northmere."
NOT_HERE = "SYNTHETIC: they live with an aunt in Kent until the summer."
STAYS = "SYNTHETIC: they stay in Kent after all."
SIGNED = {"by": "Sam Southvale (synthetic)", "role": "Coordinator", "organisation": "Southvale Council"}


def history(live: Live, reference: str) -> list[dict[str, Any]]:
    """Return what happened to a case and who owned its risk from then on, oldest first."""
    told = (
        "SELECT h.command, h.risk_owner, h.to_state, h.at FROM history h JOIN case_file USING (subject)"
        " WHERE reference = $1 ORDER BY h.row_version"
    )
    return live.of("channel", told, reference)


def copies(live: Live, reference: str) -> list[str]:
    """Return the references under which the other panel of this installation has the case, oldest first."""
    there = (
        "SELECT c.reference FROM transfer_received r JOIN case_file c USING (subject) WHERE from_reference = $1"
        " ORDER BY r.received_at"
    )
    return [str(row["reference"]) for row in live.of("channel", there, reference)]


def copied(live: Live, reference: str, count: int = 1) -> str:
    """Wait until the other panel has been offered the case so many times; return its newest reference."""
    wait(lambda: len(copies(live, reference)) == count, 60, "The case at the other panel")
    return copies(live, reference)[-1]


def never_without_an_owner(live: Live, given: str, taken: str) -> None:
    """Check both histories: every line names an owner, and the giver lets go only after the taker has accepted."""
    ours, theirs = history(live, given), history(live, taken)
    assert all(line["risk_owner"].strip() for line in (*ours, *theirs)), (ours, theirs)
    assert all(CORA in line["risk_owner"] for line in ours if line["command"] == "offer-transfer")
    (came, accepted) = (line for line in theirs if line["command"] in {"receive-transfer", "accept"})
    assert CORA in came["risk_owner"], "The giver owns the risk until the taker has accepted."
    assert NEIL in accepted["risk_owner"]
    (handed,) = (line for line in ours if line["command"] == "transfer-accepted")
    assert accepted["at"] <= handed["at"], "Nobody would have owned the risk in between."
    assert handed["risk_owner"] == f"{NEIL}, {NORTH_PANEL}"
    between = [line for line in ours if line["at"] < handed["at"] and line["command"] != "open"]
    assert all(NEIL not in line["risk_owner"] for line in between)


def offer(page: Page, panel: str) -> None:
    """Offer the case that the page is of to another panel, in a browser."""
    filled(page, panel=panel, reason=MOVED)
    pressed(page, "Offer the case to another panel")
    assert "You have offered the case" in shown(page) or "offered the case" in page.content(), shown(page)


@pytest.mark.browser
@pytest.mark.timeout(900)
class TestBetweenTwoAreas:
    def test_refused_with_a_reason_offered_again_and_accepted(self, live: Live, as_: As, pictures: Path | None) -> None:
        reference = self.held_here(live)
        case = f"/cases/{reference}"
        with as_(COORDINATOR, f"{case}/transfer", "channel") as kent, as_(NORTH_CHANNEL, "/", "channel") as north:
            look, there = Look(kent, pictures, "transfer-given"), Look(north, pictures, "transfer-taken")
            offer(kent, "northmere")
            first = copied(live, reference)
            kent.goto(f"{live.urls['channel']}{case}/transfer")
            assert f"{NORTH_PANEL} has been offered the case and has not answered yet" in shown(kent)
            assert f"{CORA} stays risk owner until then" in shown(kent)
            look.shown(kent.url)
            self.refused(live, north, there, first)
            wait(lambda: standing(live, reference) == "accepted", 60, "The refusal")
            kent.reload()
            assert NOT_HERE in shown(kent)
            assert owner(live, reference) == CORA
            offer(kent, "northmere")
            second = copied(live, reference, 2)
            self.accepted(live, north, there, second)
            wait(lambda: standing(live, reference) == "transferred", 60, "The acceptance")
            self.kept_to_be_read(live, kent, look, reference)
            assert not look.problems + there.problems, "\n".join(look.problems + there.problems)
        never_without_an_owner(live, reference, second)
        wait(lambda: NEIL in risk_owner(live, reference), 60, "The police know who answers for the risk")
        self.each_sees_its_own(live, reference, second)
        self.goes_on_there(live, second)
        self.erased_in_both(live, reference)

    def held_here(self, live: Live) -> str:
        """Accept a case, ask a school about it, and assess it."""
        reference = child(live)
        ask = f"/cases/{reference}/information/request"
        on_page(live, COORDINATOR, ask, partners="school", message=REASON, questions="How is his attendance?")
        vaf(live, reference)
        return reference

    def refused(self, live: Live, page: Page, look: Look, reference: str) -> None:
        """The other coordinator reads the pack and returns it with a reason."""
        page.goto(f"{live.urls['channel']}/cases")
        assert reference in shown(page).replace("‑", "-")
        page.goto(f"{live.urls['channel']}/cases/{reference}")
        assert MOVED in shown(page)
        look.shown(page.url)
        pressed(page, "Return the pack")
        filled(page, reason=NOT_HERE)
        pressed(page, "Return the pack")
        assert standing(live, reference) == "returned"
        assert owner(live, reference) == CORA

    def accepted(self, live: Live, page: Page, look: Look, reference: str) -> None:
        """The other coordinator sees everything that came, accepts, and owns the risk in that moment."""
        page.goto(f"{live.urls['channel']}/cases/{reference}")
        said = shown(page)
        for each in (MOVED, "Consent as it stood", "Still owed when the case was offered", REASON):
            assert each in said, f"{each} is not in {said}"
        assert owner(live, reference) == CORA
        look.shown(page.url)
        pressed(page, "Accept the pack")
        with page.expect_navigation():
            page.locator("main form[method=post] button").first.click()
        assert standing(live, reference) == "accepted"
        assert owner(live, reference) == NEIL
        look.shown(page.url)

    def kept_to_be_read(self, live: Live, page: Page, look: Look, reference: str) -> None:
        """What the first area keeps is read only: nothing is offered any more, and nobody owes it anything."""
        page.goto(f"{live.urls['channel']}/cases/{reference}/transfer")
        until = re.search(r"kept, to be read only, until (\d+ \w+ \d{4})", shown(page))
        assert until, shown(page)
        assert page.locator("main form[method=post]").count() == 0
        page.goto(f"{live.urls['channel']}/cases/{reference}")
        assert f"{NEIL}, {NORTH_PANEL}" in shown(page)
        look.shown(page.url)
        page.goto(f"{live.urls['channel']}/cases/{reference}/chronology")
        assert NOT_HERE in shown(page)
        open_ = "SELECT FROM obligation JOIN case_file USING (subject) WHERE reference = $1 AND ended_at IS NULL"
        assert not live.of("channel", open_, reference)

    def each_sees_its_own(self, live: Live, given: str, taken: str) -> None:
        """Neither area opens the other's case."""
        for person, own, other in ((COORDINATOR, given, taken), (NORTH_CHANNEL, taken, given)):
            with signed_in(live, "channel", person) as browser:
                assert browser.get(f"/cases/{own}").is_success
                assert browser.get(f"/cases/{other}").status_code == 404

    def goes_on_there(self, live: Live, reference: str) -> None:
        """The case is worked on at the other panel: the assessments came too, and the next is a further one."""
        with signed_in(live, "channel", NORTH_CHANNEL) as browser:
            assert "Cora Coordinator" in words(browser.get(f"/cases/{reference}/assessments"))
        vaf(live, reference, "not-known", NORTH_CHANNEL)
        made = "SELECT FROM assessment JOIN case_file USING (subject) WHERE reference = $1"
        assert len(live.of("channel", made, reference)) == 2

    def erased_in_both(self, live: Live, reference: str) -> None:
        """Whoever erases the person reaches the copies too, the refused one and the accepted one."""
        name = live.of("channel", "SELECT sealed_summary FROM case_file WHERE reference = $1", reference)
        assert name[0]["sealed_summary"], "Nothing would be shown by what follows."
        done = live.command("erase", reference, "--reason", "SYNTHETIC: a rights request of a test.")
        assert done.returncode == 0, done.stdout + done.stderr
        for copy in copies(live, reference):
            assert copy in done.stdout, done.stdout
            kept = "SELECT sealed_summary AS words FROM case_file WHERE reference = $1"
            packs = "SELECT sealed_parts AS words FROM pack JOIN case_file USING (subject) WHERE reference = $1"
            assert all(row["words"] is None for query in (kept, packs) for row in live.of("channel", query, copy))
            with signed_in(live, "channel", NORTH_CHANNEL) as browser:
                page = browser.get(f"/cases/{copy}")
                assert page.status_code < 500
                assert MOVED not in page.text


@pytest.mark.timeout(900)
class TestCalledBack:
    def test_the_case_stands_where_it_stood_and_the_other_panel_acts_no_more(self, live: Live) -> None:
        reference = child(live)
        case = f"/cases/{reference}"
        on_page(live, COORDINATOR, f"{case}/transfer", panel="northmere", reason=MOVED)
        taken = copied(live, reference)
        on_page(live, COORDINATOR, f"{case}/transfer/back", reason=STAYS)
        assert (standing(live, reference), owner(live, reference)) == ("accepted", CORA)
        wait(lambda: standing(live, taken) == "withdrawn", 60, "The stop at the other panel")
        assert owner(live, taken) == CORA
        with signed_in(live, "channel", NORTH_CHANNEL) as browser:
            said = words(browser.get(f"/cases/{taken}"))
            assert f"took this pack back: do not act. Speak to {CORA}" in said, said
            late = browser.get(f"/cases/{taken}/actions/accept")
            assert "cannot be" in words(late), words(late)
        self.by_link(live, reference)

    def by_link(self, live: Live, reference: str) -> None:
        """The same case is offered elsewhere and called back: its link says so."""
        on_page(live, COORDINATOR, f"/cases/{reference}/transfer", panel="southvale", reason=MOVED)
        link: str = wait(lambda: asked_link(live, reference, SOUTH), 60, "The mail with the link")
        on_page(live, COORDINATOR, f"/cases/{reference}/transfer/back", reason=STAYS)

        def told() -> bool:
            page = httpx2.get(link, follow_redirects=True, timeout=60)
            return "Nothing is needed from you any more" in words(page)

        wait(told, 60, "The end of the link")
        assert (standing(live, reference), owner(live, reference)) == ("accepted", CORA)


@pytest.mark.timeout(900)
class TestByALink:
    def test_a_panel_elsewhere_refuses_and_then_accepts_by_a_link_with_a_code(self, live: Live) -> None:
        reference = child(live)
        self.asked(live, reference, answer="refuse", report=NOT_HERE)
        wait(lambda: standing(live, reference) == "accepted", 60, "The refusal")
        assert owner(live, reference) == CORA
        with signed_in(live, "channel", COORDINATOR) as browser:
            assert NOT_HERE in words(browser.get(f"/cases/{reference}/transfer"))
        self.asked(live, reference, answer="accept", taker="Sally Southvale (synthetic), team manager")
        wait(lambda: standing(live, reference) == "transferred", 60, "The acceptance")
        taker = f"Sally Southvale (synthetic), team manager, {SOUTH_PANEL}"
        assert owner(live, reference) == taker
        wait(lambda: risk_owner(live, reference) == taker, 60, "The police know who answers for the risk")
        assert all(line["risk_owner"].strip() for line in history(live, reference))

    def asked(self, live: Live, reference: str, **answer: str) -> None:
        """Offer the case by a link, and answer it with the code that comes to the same mailbox."""
        before = asked_link(live, reference, SOUTH)
        on_page(live, COORDINATOR, f"/cases/{reference}/transfer", panel="southvale", reason=MOVED)
        assert owner(live, reference) == CORA
        wait(lambda: asked_link(live, reference, SOUTH) not in ("", before), 60, "The mail with the link")
        with guest(live, reference, SOUTH) as (browser, page):
            assert MOVED in words(page)
            assert "essay" in words(page) or REASON in words(page), words(page)
            done = answered(browser, page, {**SIGNED, **answer, "step": "answer"})
            assert done.is_success, words(done)
