"""What a member of staff does in a real browser, told by what the page calls it."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from playwright.sync_api import Locator, Page

from tests.journeys.live import wait

As = Callable[..., AbstractContextManager[Page]]
"""Opens a service's pages as one of its staff: the person, the address, and the service (triage unless named)."""

CALLED = "e => [e.name, e.value, e.getAttribute('aria-label'), e.innerText, e.labels?.[0]?.innerText].join(' ')"
RING = """e => {
  const ringed = s => (s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) > 0) || s.boxShadow !== 'none';
  const label = e.labels?.[0];
  return ringed(getComputedStyle(e)) || Boolean(label && ringed(getComputedStyle(label, '::before')));
}"""
"""Whether somebody sees that the focus is here; a radio button's ring is drawn by its label."""
IN_SIGHT = """e => {
  const box = (e.labels?.[0] ?? e).getBoundingClientRect();
  return box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
}"""
ORDER = """() => {
  const ends = 'input:not([type=hidden]), select, textarea, button';
  const tops = [...document.querySelectorAll('main form')].at(-1).querySelectorAll(ends);
  const at = [...tops].filter(e => e.checkVisibility()).map(e => (e.labels?.[0] ?? e).getBoundingClientRect().top);
  return at.every((top, i) => i === 0 || top >= at[i - 1] - 40)
    && document.querySelector('[tabindex]:not([tabindex="0"]):not([tabindex="-1"])') === null;
}"""
"""Whether the fields follow one another down the page as Tab comes to them: a line of day, month and year is one.

What is folded away has no place on it.
"""
TABS = 150


class Keys:
    """A page that is worked with the keyboard alone, by somebody who sees where the focus is."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.unseen: list[str] = []

    def to(self, pattern: str) -> None:
        """Tab to what is called so; fails where Tab does not come to it."""
        for _ in range(TABS):
            self.page.keyboard.press("Tab")
            called = self.focused()
            self._look(called)
            if re.search(pattern, called):
                return
        pytest.fail(f"{self.page.url} has nothing called {pattern} that Tab comes to.")

    def focused(self) -> str:
        """Return what has the focus, in all the words that it is called by."""
        return str(self.page.evaluate(f"({CALLED})(document.activeElement)"))

    def _look(self, called: str) -> None:
        for what, asked in (("no ring", RING), ("out of sight", IN_SIGHT)):
            if self.page.evaluate("document.activeElement !== document.body") and not self.page.evaluate(
                f"({asked})(document.activeElement)"
            ):
                self.unseen.append(f"{self.page.url}: {what}: {called[:80]}")

    def enter(self, pattern: str) -> None:
        """Tab to a button or a link, and press it; returns when the next page is there."""
        self.to(pattern)
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")

    def typed(self, name: str, text: str) -> None:
        """Tab to a field, and write into it."""
        self.to(rf"^{re.escape(name)} ")
        self.page.keyboard.type(text)

    def chosen(self, name: str, value: str) -> None:
        """Tab to a group of radio buttons, and choose with the arrows."""
        self.to(rf"^{re.escape(name)} ")
        self.page.keyboard.press("Space")
        for _ in range(20):
            if self.page.evaluate("document.activeElement.value") == value:
                return
            self.page.keyboard.press("ArrowDown")
        pytest.fail(f"{self.page.url}: the arrows do not come to {value} of {name}.")

    def refused(self, button: str) -> None:
        """Press a form's button, see the focus land on the error summary, and come from there to the first field."""
        page = self.page
        self.enter(button)
        assert page.title().startswith("Error: "), shown(page)
        page.locator(".govuk-error-summary:focus").wait_for()
        self.to(".")
        assert page.evaluate("document.activeElement.closest('.govuk-error-summary') !== null")
        aim = page.evaluate("document.activeElement.hash.slice(1)")
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == aim
        assert page.evaluate(ORDER), f"{page.url}: the fields do not follow one another."


By = Callable[..., AbstractContextManager[Keys]]
"""Signs somebody in with the keyboard: the person, and the service (triage unless named)."""


def pressed(page: Page, name: str) -> None:
    """Press a button of the page, or follow a link, by its name."""
    found = page.get_by_role("button", name=name, exact=True).or_(page.get_by_role("link", name=name, exact=True))
    with page.expect_navigation():
        found.first.click()


def shown(page: Page) -> str:
    """Return the words of the page's main part, with single spaces."""
    return " ".join(page.locator("main").inner_text().split())


def stands(page: Page) -> str:
    """Return where the referral's page says that it stands; the words alone stand in the picture of the pathway too."""
    return page.locator("main dt:text-is('State') + dd").first.inner_text()


def stands_at(page: Page, state: str, seconds: float = 60) -> None:
    """Load the page again until the referral stands there: what another service does arrives on its own."""

    def there() -> bool:
        page.reload()
        return stands(page) == state

    wait(there, seconds, f"“{state}”")


def filled(page: Page, **answers: str) -> None:
    """Fill in fields of the page by their names, and choose."""
    for name, answer in answers.items():
        field: Locator = page.locator(f"main [name='{name}']").first
        kind = field.evaluate("e => e.tagName === 'SELECT' ? 'select' : e.type")
        if kind in {"radio", "checkbox"}:
            page.locator(f"main [name='{name}'][value='{answer}']").check()
        elif kind == "select":
            field.select_option(answer)
        else:
            field.fill(answer)


def of_what_type(page: Page) -> None:
    """Choose the type of concern where a page asks for it and nobody has chosen."""
    if page.locator("main [name=concern]").count() and not page.locator("main [name=concern]:checked").count():
        page.locator("main [name=concern][value=no-ideology-identified]").check()


def checked(page: Page, **answers: str) -> None:
    """Fill a page in and bring it to its check page."""
    filled(page, **answers)
    of_what_type(page)
    pressed(page, "Continue")
    assert "Check before you record this" in shown(page), shown(page)


def committed(page: Page) -> None:
    """Record what the check page shows; returns on the referral's page."""
    with page.expect_navigation():
        page.locator("main button[value=commit]").click()
    assert re.fullmatch(r".*/(referrals|cases)/[A-Z0-9-]+", page.url), f"{page.url}: {shown(page)}"


def did(page: Page, what: str, **answers: str) -> None:
    """From the referral's page: follow what is offered, fill it in, check it and record it."""
    pressed(page, what)
    checked(page, **answers)
    committed(page)


def assessed_with(page: Page, instrument: str, words: str) -> None:
    """From the referral's page: begin an assessment, answer every question of every part, and complete it."""
    pressed(page, "Complete a Gateway assessment")
    filled(page, instrument=instrument)
    pressed(page, "Continue")
    with page.expect_navigation():
        page.locator("main a[href*='/assess/']").first.click()
    while not page.url.endswith("/check"):
        for group in page.locator("main fieldset").all():
            group.locator("input[type=radio]").last.check()
        for area in page.locator("main textarea").all():
            area.fill(words)
        pressed(page, "Save and continue")
    pressed(page, "Complete the assessment")
    assert "Gateway assessment completed" in shown(page)


def reloaded_until(page: Page, words: str, seconds: float = 60) -> None:
    """Load the page again until it says so: what another service does arrives on its own."""

    def told() -> bool:
        page.reload()
        return words in shown(page)

    wait(told, seconds, f"“{words}”")


def offered(page: Page, what: str, seconds: float = 60) -> None:
    """Load the page again until it offers this."""

    def there() -> bool:
        page.reload()
        return page.get_by_role("link", name=what, exact=True).count() > 0

    wait(there, seconds, f"The offer “{what}”")
