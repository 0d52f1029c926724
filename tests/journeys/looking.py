"""Looking at a page in a real browser: what is wrong with it for those who see, hear or type, at two widths."""

import re
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Page

from tests.journeys.live import Live

AXE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text(encoding="utf-8")
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
ABSENT, ENDED, LOST = "/referrals/KM-0000-0000", "/progress/a-link", "/signpost-links/nobody-was-sent-this"
NEVER_ASKED = "/asks/nobody-was-sent-this"
NO_OLDER = "/practice/kent-and-medway/2020-01"
"""A referral that does not exist, a link that is over and one that never was: looked at for what they refuse."""
UNSAID = (
    "[...document.querySelectorAll('.throughline-scroll')].filter(place => (place.scrollWidth > place.clientWidth)"
    " !== (getComputedStyle(place, '::before').display === 'block')).length"
)
"""How many tables scroll without saying so in words, or say so and do not scroll."""
NARROW, WIDE = {"width": 320, "height": 800}, {"width": 1280, "height": 900}

WORDS = {
    "person.forenames": "Sasha", "person.surname": "Keyboardson", "person.approximate_age": "15",
    "concerns.narrative": "SYNTHETIC: typed by a test that uses no mouse.",
    "referrer.forename": "Terry", "referrer.surname": "Testreferrer",
}  # fmt: skip


ON = re.compile("start|continue|check|send|dechrau|parhau|gwirio|anfon", re.IGNORECASE)
"""The words of the buttons and links that lead on, in either language."""


def sign_in(context: BrowserContext, live: Live, service: str, person: str) -> Page:
    page = context.new_page()
    if person:
        page.goto(f"{live.urls[service]}/sign-in")
        page.locator(f"button[value='{person}']").click()
        page.wait_for_url(f"{live.urls[service]}/**")
    return page


class Look:
    """Looks at pages and notes everything that is wrong with them; keeps pictures of them if given a folder."""

    def __init__(self, page: Page, folder: Path | None, service: str) -> None:
        self.page, self.folder, self.service = page, folder, service
        self.problems: list[str] = []
        page.on("console", lambda message: self._noted(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self._noted(str(error)))

    def _noted(self, words: str) -> None:
        # A page that is refused on purpose answers 403, 404 or 422, which the console says as well.
        if not re.search(r"status of (403|404|409|422)", words):
            self.problems.append(f"{self.page.url}: {words}")

    def at(self, address: str) -> None:
        self.page.set_viewport_size(WIDE)  # type: ignore[arg-type]
        answer = self.page.goto(address)
        assert answer is not None
        policy = answer.headers.get("content-security-policy", "")
        expected = 404 if address.endswith((ABSENT, ENDED, LOST, NEVER_ASKED, NO_OLDER)) else 200
        if answer.status != expected or not re.search(r"default-src '(none|self)'", policy):
            self.problems.append(f"{address}: status {answer.status}, policy {policy!r}")
        if "unsafe-inline" in policy or "unsafe-eval" in policy:
            self.problems.append(f"{address}: its policy allows inline code: {policy}")
        self.shown(address)

    def narrow(self, name: str) -> None:
        """Check what the browser shows now, at the width of a phone."""
        self.shown(name, (NARROW,))

    def shown(self, name: str, sizes: tuple[dict[str, int], ...] = (WIDE, NARROW)) -> None:
        """Check what the browser shows now, at each width; leaves it wide."""
        page = self.page
        if page.locator("h1").count() != 1 or not re.fullmatch(r".+ - Throughline", page.title()):
            self.problems.append(f"{name}: {page.locator('h1').count()} h1, title {page.title()!r}")
        file = re.sub(r"[^A-Za-z0-9]+", "-", name.partition("//")[2].partition("/")[2] or "start")[:60].strip("-")
        page.evaluate(AXE)
        for size in sizes:
            page.set_viewport_size(size)  # type: ignore[arg-type]
            found: Any = page.evaluate(
                "tags => axe.run(document, {runOnly: {type: 'tag', values: tags}})"
                ".then(r => r.violations.map(v => v.id + ': ' + v.nodes.map(n => n.html.slice(0, 150)).join(' | ')))",
                WCAG,
            )
            self.problems += [f"{name} at {size['width']}: {each}" for each in found]
            if self.folder:
                page.screenshot(path=self.folder / f"{self.service}-{file}-{size['width']}.png", full_page=True)
            wide = page.evaluate("document.documentElement.scrollWidth")
            if wide > size["width"]:
                self.problems.append(f"{name}: {wide} px wide at {size['width']} px")
            if page.evaluate(UNSAID):
                self.problems.append(f"{name}: a table does not say rightly whether it scrolls at {size['width']} px")
        page.set_viewport_size(WIDE)  # type: ignore[arg-type]


def filled_without_scripts(page: Page) -> None:
    for name, value in WORDS.items():
        for field in page.locator(f"main [name='{name}']").all():
            field.fill(value)
    for box in page.locator("main input[type=checkbox], main input[type=radio]").all():
        box.check()
    with page.expect_navigation():
        page.locator("main .govuk-button").filter(has_text=ON).first.click()
