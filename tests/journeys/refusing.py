"""Sending a page's form empty in a browser, and seeing how it is refused."""

import re
from collections.abc import Iterator

from playwright.sync_api import Page

from chassis.web import Page as Route
from tests.journeys.looking import Look

ASKING = "main form[method=post]:has(textarea, input[type=text], input[type=radio], select)"
"""A form that asks for something: sent empty, it records nothing."""
FOCUSED = "document.activeElement.classList.contains('govuk-error-summary')"


def refused_at(look: Look, address: str) -> bool:
    """Send the page's form empty; note what is wrong with the refusal, and say whether there was one."""
    page = look.page
    page.goto(address)
    form = page.locator(ASKING)
    if not form.count() or not (button := form.last.locator("button")).count():
        return False
    with page.expect_navigation():
        button.first.click()
    if not page.title().startswith("Error: "):
        return False
    look.narrow(f"{address}-refused")
    look.problems += told(page, address)
    return True


def told(page: Page, address: str) -> Iterator[str]:
    """Yield what is wrong: the focus is not on the summary, or one of its links leads nowhere."""
    if not page.evaluate(FOCUSED):
        yield f"{address}: the focus does not land on the error summary."
    for link in page.locator(".govuk-error-summary a").all():
        if not page.locator(f"[id='{str(link.get_attribute('href')).removeprefix('#')}']").count():
            yield f"{address}: {link.inner_text()} leads nowhere."


def unsent(routes: tuple[Route, ...], sent: set[str]) -> set[str]:
    """Return the addresses of forms of which none was sent."""
    posts = {page.path for page in routes if page.method == "POST"}
    return {path for path in posts if not any(re.fullmatch(re.sub(r"\{[^}]+\}", "[^/]+", path), each) for each in sent)}
