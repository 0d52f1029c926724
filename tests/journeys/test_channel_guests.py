"""Whom a Channel team asks by a link, on a phone: a partner who is asked for information, a provider who reports."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.journeys.channel_officers import WHY_NOW, Stage, mended
from tests.journeys.channel_steps import asked_link, code_mailed, on_page
from tests.journeys.live import Live, signed_in, wait
from tests.journeys.looking import NARROW, Look
from tests.journeys.officers import filled, pressed, shown
from tests.journeys.pages import words
from tests.journeys.steps import COORDINATOR, REASON

# Whichever test comes first waits until the cases have come to their stages.
pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]
GP, PROVIDER = "safeguarding-gp@health-trust.example", "provider-one@interventions.example"
MYSELF = {"by": "Ann Example (synthetic)", "role": "Nurse", "organisation": "A surgery"}
KNOWN = "SYNTHETIC: registered since spring, and well."


@pytest.fixture
def live(stage: Stage) -> Live:
    return stage.live


@contextmanager
def on_a_phone(browser: Browser, pictures: Path | None) -> Iterator[Look]:
    """Open a browser as narrow as a phone; nothing may be wrong with the pages that it shows."""
    context = browser.new_context(viewport=NARROW)  # type: ignore[arg-type]
    look = Look(context.new_page(), pictures, "notify")
    yield look
    assert look.problems == []
    context.close()


def came_in(live: Live, look: Look, reference: str, to: str) -> Page:
    """Open the link that was mailed, with the code that is mailed after it; nothing is shown before."""
    page = look.page
    link: str = wait(lambda: asked_link(live, reference, to), 60, "The mail with the link")
    page.goto(link)
    assert WHY_NOW not in page.content()
    look.narrow(f"{link}-closed")
    page.set_viewport_size(NARROW)  # type: ignore[arg-type]
    before = set(live.folder.mail.glob("*.eml"))
    pressed(page, "Mail me a code")
    code = wait(lambda: code_mailed(live, to, before), 60, "The mail with the code")
    filled(page, code="000000" if code != "000000" else "111111")
    mended(page, "Open")
    filled(page, code=code)
    pressed(page, "Open")
    look.narrow(f"{link}-open")
    page.set_viewport_size(NARROW)  # type: ignore[arg-type]
    return page


class TestAPartner:
    def test_answers_its_own_questions_and_says_nothing_known(
        self, live: Live, browser: Browser, stage: Stage, pictures: Path | None
    ) -> None:
        ask = f"/cases/{stage.ready}/information/request"
        on_page(live, COORDINATOR, ask, partners="gp", message=WHY_NOW)
        with on_a_phone(browser, pictures) as look:
            page = came_in(live, look, stage.ready, GP)
            assert WHY_NOW in shown(page)
            boxes = page.get_by_label("Nothing known")
            count = boxes.count()
            assert count > 1
            mended(page, "Send the answer")
            for box in boxes.all()[1:]:
                box.check()
            page.locator("main textarea").first.fill(KNOWN)
            filled(page, **MYSELF)
            pressed(page, "Keep it and come back later")
            page.reload()
            assert page.locator("main textarea").first.input_value() == KNOWN
            pressed(page, "Send the answer")
            assert "The answer was given" in shown(page)
            look.narrow(f"{page.url}-answered")
        told = wait(lambda: self.told(live, stage.ready), 60, "The answer")
        assert told.count("Nothing known") == count - 1
        assert "Ann Example (synthetic)" in told

    def told(self, live: Live, reference: str) -> str:
        """Return what the case says of its requests, once the answer is there."""
        with signed_in(live, "channel", COORDINATOR) as browser:
            said = words(browser.get(f"/cases/{reference}/information"))
        return said if KNOWN in said else ""


class TestAProvider:
    def test_reads_the_brief_and_reports_a_session(
        self, live: Live, browser: Browser, stage: Stage, pictures: Path | None
    ) -> None:
        with on_a_phone(browser, pictures) as look:
            page = came_in(live, look, stage.supported, PROVIDER)
            assert REASON in shown(page), "The brief does not stand above."
            pressed(page, "I have read the brief")
            filled(page, answer="yes", **MYSELF)
            mended(page, "Send the answer")
            assert page.locator("main [name=by]").input_value() == MYSELF["by"]
            for area in page.locator("main textarea").all():
                area.fill("SYNTHETIC: talked about school.")
            pressed(page, "Send the answer")
            assert "The answer was given" in shown(page)
        wait(lambda: "Delivered" in self.told(live, stage.supported), 60, "The report")

    def told(self, live: Live, reference: str) -> str:
        """Return what the case says of the sessions, one by one."""
        with signed_in(live, "channel", COORDINATOR) as browser:
            return words(browser.get(f"/cases/{reference}/interventions")).partition("one by one")[2]
