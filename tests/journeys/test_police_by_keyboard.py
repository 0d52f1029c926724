"""The police console worked with the keyboard alone, from signing in to a recorded decision, by each of its roles."""

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
from playwright.sync_api import Browser

from tests.journeys.live import Live
from tests.journeys.looking import WIDE
from tests.journeys.officers import Keys, shown, stands
from tests.journeys.steps import (
    CLOSURE,
    GATEWAY,
    IMU,
    REASON,
    SUPERVISOR,
    decided,
    ready,
    referred,
    risk_owner,
    state,
)

pytestmark = pytest.mark.browser
By = Callable[[str], AbstractContextManager[Keys]]
ORDER = """() => {
  const ends = 'input:not([type=hidden]), select, textarea, button';
  const tops = [...document.querySelectorAll('main form')].at(-1).querySelectorAll(ends);
  const at = [...tops].map(e => (e.labels?.[0] ?? e).getBoundingClientRect().top);
  return at.every((top, i) => i === 0 || top >= at[i - 1] - 40)
    && document.querySelector('[tabindex]:not([tabindex="0"]):not([tabindex="-1"])') === null;
}"""
"""Whether the fields follow one another down the page as Tab comes to them: a line of day, month and year is one."""


@pytest.fixture
def by(live: Live, browser: Browser) -> By:
    """Sign somebody in with the keyboard; whoever works sees the focus everywhere."""

    @contextmanager
    def signed_in_by_keyboard(person: str) -> Iterator[Keys]:
        context = browser.new_context(viewport=WIDE)  # type: ignore[arg-type]
        page = context.new_page()
        page.goto(f"{live.urls['triage']}/sign-in")
        Keys(page).enter(re.escape(person))
        page.wait_for_url(f"{live.urls['triage']}/**")
        keys = Keys(page)
        yield keys
        assert keys.unseen == []
        context.close()

    return signed_in_by_keyboard


def found(keys: Keys, reference: str) -> None:
    """From the queue, with its skip link: find a referral by its reference."""
    page = keys.page
    page.keyboard.press("Tab")
    assert "Skip to main content" in keys.focused()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main-content"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('main') !== null"), "The link skips nothing."
    page.reload()
    keys.typed("reference", reference)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.url.endswith(f"/referrals/{reference}")


def refused(keys: Keys, button: str) -> None:
    """Press a form's button, see the focus land on the error summary, and come from there to the first field."""
    page = keys.page
    keys.enter(button)
    assert page.title().startswith("Error: "), shown(page)
    page.locator(".govuk-error-summary:focus").wait_for()
    keys.to(".")
    assert page.evaluate("document.activeElement.closest('.govuk-error-summary') !== null")
    aim = page.evaluate("document.activeElement.hash.slice(1)")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == aim
    assert page.evaluate(ORDER), f"{page.url}: the fields do not follow one another."


class TestByKeyboard:
    def test_a_focus_that_nobody_sees_is_noted(self, browser: Browser) -> None:
        page = browser.new_page()
        page.set_content(
            "<a href='#' style='outline: none'>no ring</a> <a href='#' style='position: fixed; top: -99px'>far</a>"
        )
        keys = Keys(page)
        keys.to("far")
        assert [each.partition(": ")[2] for each in keys.unseen] == ["no ring:    no ring ", "out of sight:    far "]
        page.close()

    def test_the_intelligence_unit_clears(self, live: Live, by: By) -> None:
        reference = referred(live)
        with by(IMU) as keys:
            found(keys, reference)
            keys.enter("Record: clear to proceed")
            refused(keys, r"\sRecord\s*$")
            keys.page.keyboard.press("Shift+Tab")
            keys.chosen("outcome", "record-clear")
            keys.enter(r"\sRecord\s*$")
            assert stands(keys.page) == "In Gateway assessment"
        assert state(live, reference) == "assessing"

    def test_the_gateway_takes_and_proposes_a_closure(self, live: Live, by: By) -> None:
        reference = referred(live)
        ready(live, reference)
        owner = risk_owner(live, reference)
        with by(GATEWAY) as keys:
            found(keys, reference)
            keys.enter("Take this referral")
            keys.enter("Propose to close")
            refused(keys, r"\sContinue\s*$")
            keys.page.keyboard.press("Shift+Tab")
            keys.chosen("reason", CLOSURE["reason"])
            for name, text in {**CLOSURE, "rationale": REASON}.items():
                if name != "reason" and not name.startswith("review_on"):
                    keys.typed(name, text)
            keys.chosen("risk_owner", owner)
            for part in ("day", "month", "year"):
                keys.typed(f"review_on-{part}", CLOSURE[f"review_on-{part}"])
            keys.enter(r"\sContinue\s*$")
            assert "Check before you record this" in shown(keys.page)
            keys.enter("Record this decision")
            assert stands(keys.page) == "Closure proposed, waiting for sign-off"
        assert state(live, reference) == "closing"

    def test_the_supervisor_allocates_and_signs_off(self, live: Live, by: By) -> None:
        reference = referred(live)
        ready(live, reference)
        decided(live, reference, "propose-closure", **{**CLOSURE, "risk_owner": risk_owner(live, reference)})
        with by(SUPERVISOR) as keys:
            found(keys, reference)
            keys.enter("Allocate to an officer")
            refused(keys, r"\sAllocate\s*$")
            keys.page.keyboard.press("Shift+Tab")
            keys.chosen("officer", GATEWAY)
            keys.enter(r"\sAllocate\s*$")
            keys.page.goto(f"{live.urls['triage']}/referrals/{reference}")
            keys.enter("Sign the closure off")
            refused(keys, r"\sContinue\s*$")
            keys.page.keyboard.press("Shift+Tab")
            keys.typed("rationale", REASON)
            keys.enter(r"\sContinue\s*$")
            keys.enter("Record this decision")
        assert state(live, reference) == "closed"
