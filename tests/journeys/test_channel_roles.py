"""The Channel console in a real browser, by the team that works cases, from its first page to something done."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.journeys.channel_officers import WHY_NOW, Stage, bar, dated, found, mended, tab
from tests.journeys.channel_steps import slot_of, standing, today
from tests.journeys.channel_world import BY_PARENT, TEAM_SUPERVISOR
from tests.journeys.live import Live, wait
from tests.journeys.looking import Look
from tests.journeys.officers import As, filled, pressed, shown
from tests.journeys.steps import COORDINATOR, REASON, risk_owner, state

# Whichever test comes first waits until the cases have come to their stages.
pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]
CARL = "carl.coordinator@medway-council.example"
CORA = "Cora Coordinator (synthetic)"
OWN = "SYNTHETIC: the words of a coordinator who was called away."


@pytest.fixture
def live(stage: Stage) -> Live:
    return stage.live


class TestTheCoordinator:
    def test_accepts_a_pack_and_asks_for_information(
        self, live: Live, as_: As, stage: Stage, pictures: Path | None
    ) -> None:
        with as_(COORDINATOR, "/", "channel") as page:
            look = Look(page, pictures, "channel")
            found(page, stage.new)
            assert stage.surname in page.locator(".throughline-identity-bar").inner_text()
            pressed(page, "Accept the pack")
            assert f"By accepting you, {CORA}, become the named risk owner" in shown(page)
            pressed(page, "Accept the pack")
            wait(lambda: state(live, stage.new) == "handed-over", 60, "The acceptance")
            found(page, stage.new)
            look.shown(page.url)
            assert (bar(page, "Risk owner"), bar(page, "Consent")) == (CORA, "Not asked for yet")
            assert re.fullmatch(r"\d+ \w+ \d{4}", bar(page, "Next date"))
            self.ask(page)
            look.shown(page.url)
            pressed(page, "My work")
            assert stage.new in shown(page)
            assert look.problems == []

    def ask(self, page: Page) -> None:
        """Send a request to nobody, see what is wrong with it, and mend it."""
        tab(page, "Information")
        pressed(page, "Ask for information")
        page.get_by_label("Why do you ask?").fill(WHY_NOW)
        mended(page, "Ask")
        assert page.get_by_label("Why do you ask?").input_value() == WHY_NOW
        filled(page, partners="school")
        pressed(page, "Ask")
        assert "Education Safeguarding" in shown(page)

    def test_goes_on_with_an_assessment_after_the_window_was_closed(self, as_: As, stage: Stage) -> None:
        with as_(COORDINATOR, f"/cases/{stage.ready}", "channel") as page:
            tab(page, "Assessments")
            pressed(page, "Assess")
            filled(page, instrument="vaf")
            pressed(page, "Continue")
            self.first_part(page)
            page.locator("main textarea").first.fill(OWN)
            page.get_by_text("Saved as you write").wait_for()
        with as_(COORDINATOR, "/work", "channel") as page:
            with page.expect_navigation():
                page.locator("main li", has_text=stage.ready).get_by_role("link").click()
            self.first_part(page)
            assert page.locator("main textarea").first.input_value() == OWN
            while not page.url.endswith("/check"):
                for group in page.locator("main fieldset").all():
                    group.locator("input[type=radio]").first.check()
                for area in page.locator("main textarea").all():
                    area.fill(area.input_value() or REASON)
                pressed(page, "Save and continue")
            pressed(page, "Complete the assessment")
            page.locator("main a", has_text="Assessment 2:").click()
            page.wait_for_url("**/assessments/2")
            assert OWN in shown(page)

    def first_part(self, page: Page) -> None:
        with page.expect_navigation():
            page.locator("main a.govuk-task-list__link").first.click()

    def test_plans_the_support_and_asks_a_parent(self, live: Live, as_: As, stage: Stage) -> None:
        with as_(COORDINATOR, "/", "channel") as page:
            found(page, stage.adopted)
            tab(page, "Plan")
            page.locator("main form button").first.click()
            pressed(page, "Complete this version")
            assert "Still to do" in shown(page)
            self.plan(page, live)
            pressed(page, "Complete this version")
            assert standing(live, stage.adopted) == "plan-made"
            tab(page, "Consent")
            pressed(page, "Record that consent was given")
            self.consent(page)
            assert (bar(page, "Risk owner"), bar(page, "Consent")) == (CORA, "Given")
        assert standing(live, stage.adopted) == "supported"

    def plan(self, page: Page, live: Live) -> None:
        """Write how consent is asked for, one item, and why the other factors have none."""
        pressed(page, "Change how consent is asked for")
        filled(page, how=REASON, by_whom=CORA)
        dated(page, "on", today(live) + timedelta(days=7))
        pressed(page, "Save in the draft")
        pressed(page, "Add an item")
        filled(page, support="SYNTHETIC: a mentor at school.", provided="SYNTHETIC: every week.", measure=REASON)
        page.locator("main input[name=factors]").first.check()
        page.locator("main select[name=owner]").select_option(index=1)
        dated(page, "due_on", today(live) + timedelta(days=60))
        pressed(page, "Save in the draft")
        pressed(page, "Say why there is no item")
        for area in page.locator("main textarea").all():
            area.fill(REASON)
        pressed(page, "Save in the draft")

    def consent(self, page: Page) -> None:
        """Record it as the boy's own, learn who decides for him, and record what his mother said."""
        filled(page, **{**BY_PARENT, "by": "self"})
        mended(page, "Record that consent was given")
        assert page.locator("main [name=how]").input_value() == REASON
        filled(page, by="parent")
        pressed(page, "Record that consent was given")


class TestTheSupervisor:
    def test_sees_who_waits_and_gives_the_case_to_somebody(self, live: Live, as_: As, stage: Stage) -> None:
        with as_(CARL, "/", "channel"):
            pass  # Whoever has signed in once can be given a case.
        with as_(TEAM_SUPERVISOR, "/", "channel") as page:
            pressed(page, "More")
            pressed(page, "Referrals in your area")
            assert stage.late in shown(page)
            assert stage.surname not in page.content(), "That a referral exists says nothing of who it is about."
            pressed(page, "What is due")
            row = page.locator("main tr", has_text=stage.late)
            assert "Overdue" in row.inner_text()
            row.get_by_role("link").click()
            page.wait_for_url(f"**/cases/{stage.late}")
            assert "Answer" in shown(page)
            found(page, stage.late)
            pressed(page, "Accept the pack")
            pressed(page, "Accept the pack")
            wait(lambda: state(live, stage.late) == "handed-over", 60, "The acceptance")
            found(page, stage.late)
            pressed(page, "Give the case to a coordinator")
            assert re.search(r"Has \d+", shown(page)), "How much each has to do is not said."
            mended(page, "Give the case")
            page.get_by_label("Carl Coordinator (synthetic)").check()
            pressed(page, "Give the case")
            assert bar(page, "Risk owner") == "Carl Coordinator (synthetic)"
        wait(lambda: risk_owner(live, stage.late) == "Carl Coordinator (synthetic)", 60, "The police's record")

    def test_decides_nothing_for_the_panel(self, live: Live, as_: As, stage: Stage) -> None:
        with as_(TEAM_SUPERVISOR, f"/cases/{stage.supported}", "channel") as page:
            tab(page, "Panel")
            assert "Panel: close the case" not in [link.inner_text() for link in page.locator("main a").all()]
            slot = slot_of(live, stage.meeting, stage.supported)
            answer = page.goto(f"{live.urls['channel']}{slot}/decisions/panel-close")
            assert answer
            assert answer.status == 403
            assert page.locator("h1").count() == 1
