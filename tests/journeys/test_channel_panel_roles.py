"""The panel in a real browser, by each of its roles: support officer, member, chair and co-chair."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.journeys.channel_officers import WHY_NOW, Stage, dated, mended
from tests.journeys.channel_steps import CHAIR, COCHAIR, POLICE, SUPPORT, on_page, standing, today
from tests.journeys.live import Live
from tests.journeys.looking import Look
from tests.journeys.officers import As, By, Keys, filled, pressed, shown
from tests.journeys.steps import COORDINATOR, REASON

# Whichever test comes first waits until the cases have come to their stages.
pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]
PETRA, OTTO = "Petra Panelchair (synthetic)", "Otto Cochair (synthetic)"


@pytest.fixture
def live(stage: Stage) -> Live:
    return stage.live


class TestTheMeetingIsPrepared:
    def test_by_the_support_officer_and_read_by_a_member(
        self, live: Live, as_: As, stage: Stage, pictures: Path | None
    ) -> None:
        with as_(SUPPORT, "/", "channel") as page:
            meeting = self.plan(page, live)
            self.agenda(page, stage.ready)
            page.get_by_role("button", name=re.compile("^Invite the ")).click()
            page.get_by_text("have accepted").wait_for()
        with as_(POLICE, "/", "channel") as page:
            look = Look(page, pictures, "channel")
            self.accept(page, meeting)
            assert "Open the pack" not in shown(page)
            look.shown(page.url)
            with as_(SUPPORT, f"{meeting}/packs", "channel") as desk:
                pressed(desk, "Share with everybody who has accepted")
            page.reload()
            page.get_by_role("link", name="Open the pack").click()
            page.wait_for_url("**/pack")
            assert "Polly Panelpolice (synthetic)" in shown(page)
            look.shown(page.url)
            assert look.problems == []
        with as_(SUPPORT, f"{meeting}/packs", "channel") as page:
            read = shown(page).partition("Who has read them")[2]
            assert "Polly Panelpolice (synthetic)" in read
            assert stage.ready in read

    def plan(self, page: Page, live: Live) -> str:
        """Put one more meeting into the calendar; returns its address."""
        pressed(page, "Panel")
        pressed(page, "Plan a meeting")
        filled(page, at="at ten")
        mended(page, "Put it into the calendar")
        dated(page, "held_on", today(live) + timedelta(days=2))
        filled(page, at="10:00", place="County Hall, room 2")
        pressed(page, "Put it into the calendar")
        assert "County Hall, room 2" in page.content()
        return page.url.removeprefix(live.urls["channel"])

    def agenda(self, page: Page, reference: str) -> None:
        """Put a case on the agenda, and leave out a member whom it does not concern."""
        filled(page, reference="KM-0000-0000")
        mended(page, "Put on the agenda")
        filled(page, reference=reference)
        pressed(page, "Put on the agenda")
        page.get_by_role("link", name="Who is asked").click()
        page.get_by_label("Kent Housing Group").uncheck()
        pressed(page, "Save")
        page.goto(page.url.partition("/cases/")[0])

    def accept(self, page: Page, meeting: str) -> None:
        """Find the invitation, say no without a reason, and then yes."""
        page.locator(f"main a[href='{meeting.replace('/meetings/', '/panel/')}']").click()
        assert "Confidentiality statement" in shown(page)
        filled(page, answer="no")
        mended(page, "Send the answer")
        filled(page, answer="yes")
        pressed(page, "Send the answer")
        assert "You have accepted" in shown(page)


class TestTheMember:
    def test_does_what_the_panel_asked_and_opens_no_case(self, live: Live, as_: As, stage: Stage) -> None:
        on_page(live, COORDINATOR, f"/cases/{stage.ready}/information/action", owner="police-kent", message=WHY_NOW)
        with as_(POLICE, "/", "channel") as page:
            pressed(page, "My requests")
            page.locator("main tr", has_text=stage.ready).get_by_role("link").click()
            page.wait_for_url("**/mine/*")
            assert WHY_NOW in shown(page)
            mended(page, "Send your answer")
            filled(page, reason="SYNTHETIC: visited the family on Monday.")
            pressed(page, "Send your answer")
            assert "Nothing is asked of you" in shown(page)
            answer = page.goto(f"{live.urls['channel']}/cases/{stage.ready}")
            assert answer
            assert answer.status == 403
            assert page.get_by_role("link", name="My meetings").count() > 0, "There is no way on from the refusal."
        with as_(COORDINATOR, f"/cases/{stage.ready}/information", "channel") as page:
            assert "visited the family on Monday" in shown(page)


class TestTheMeeting:
    def test_is_chaired_by_keyboard_handed_over_and_minuted(
        self, live: Live, as_: As, by: By, stage: Stage, pictures: Path | None
    ) -> None:
        first, second = stage.heard
        with by(CHAIR, "channel") as keys:
            keys.enter(r"^\s*Panel\s*$")
            keys.enter(r"^\s*\d+ \w+ \d{4} at 11:30pm\s*$")
            keys.enter("Run the meeting")
            self.open(keys, first, (PETRA, OTTO, "Polly Panelpolice", "Hamid Health"))
            keys.enter("Panel: adopt the case")
            keys.refused("Record the decision")
            keys.page.keyboard.press("Shift+Tab")
            keys.typed("grounds", REASON)
            keys.chosen("agreed", "all")
            keys.enter("Record the decision")
            assert standing(live, first) == "adopted"
            keys.page.goto(f"{live.urls['channel']}{stage.meeting}/room")
            keys.enter(f"{re.escape(OTTO)} takes over the chair")
            assert f"Presides {OTTO}" in shown(keys.page)
        with as_(COCHAIR, f"{stage.meeting}/room", "channel") as page:
            look = Look(page, pictures, "channel")
            self.defer(page, second)
            look.shown(page.url)
            assert OTTO in shown(page)
            assert look.problems == []
        assert standing(live, second) == "referred-to-panel"
        self.minuted(live, as_, stage)

    def open(self, keys: Keys, reference: str, people: tuple[str, ...]) -> None:
        """Go on to a case, and let people in."""
        keys.enter(rf"^\s*{reference}\s*$")
        keys.enter("Go on to this case")
        assert "Who is in the room for this case now?" in shown(keys.page)
        for each in people:
            keys.to(re.escape(each))
            keys.page.keyboard.press("Space")
        keys.enter(r"\sSave\s*$")
        assert "The panel can decide" in shown(keys.page)

    def defer(self, page: Page, reference: str) -> None:
        """The co-chair has another case discussed without the chair, and nothing decided before more is known."""
        pressed(page, reference)
        pressed(page, "Go on to this case")
        for each in (OTTO, "Polly Panelpolice", "Hamid Health"):
            page.get_by_label(each).check()
        pressed(page, "Save")
        pressed(page, "What each agency says")
        page.get_by_label("Kent Police").fill("SYNTHETIC: nothing new is known.")
        pressed(page, "Save")
        pressed(page, "Panel: more information is needed")
        filled(page, agreed="all")
        mended(page, "Record the decision")
        filled(page, reason="SYNTHETIC: the school has not answered.")
        pressed(page, "Record the decision")
        assert "the school has not answered" in shown(page)

    def minuted(self, live: Live, as_: As, stage: Stage) -> None:
        """The support officer ends the meeting and writes a summary, and the chair approves the minutes."""
        with as_(SUPPORT, f"{stage.meeting}/room", "channel") as page:
            pressed(page, "End the meeting")
            pressed(page, "Minutes of this meeting")
            page.get_by_role("link", name=f"Write the summary of {stage.heard[0]}").click()
            page.wait_for_url("**/minutes/*")
            filled(page, words="SYNTHETIC: adopted; the school is asked again.")
            pressed(page, "Save")
            assert "the school is asked again" in shown(page)
        with as_(CHAIR, f"{stage.meeting}/minutes", "channel") as page:
            pressed(page, "Approve the minutes")
            assert f"Approved {PETRA}" in shown(page)
            assert f"Presided {OTTO}" in shown(page)
