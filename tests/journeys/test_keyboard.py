"""The public form in a real browser, filled in with the keyboard alone, and without scripts."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from samples.send import REFERENCE
from tests.journeys.live import Live
from tests.journeys.looking import WIDE, WORDS, Look, filled_without_scripts

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]


def focused(page: Page) -> dict[str, str]:
    found: dict[str, str] = page.evaluate(
        "() => { const e = document.activeElement; return {tag: e.tagName, name: e.name || '', type: e.type || '', "
        "text: e.innerText || '', main: e.closest('main') ? 'yes' : ''}; }"
    )
    return found


def filled_by_keyboard(page: Page) -> None:
    """Tab through the page's main part, type what is asked for, and press its way on with the Enter key."""
    for _ in range(120):
        page.keyboard.press("Tab")
        here = focused(page)
        if not here["main"]:
            continue
        if here["name"] in WORDS:
            page.keyboard.type(WORDS[here["name"]])
        elif here["type"] in {"checkbox", "radio"}:
            page.keyboard.press("Space")
        elif re.search(r"start|continue|check|send|accept|submit", here["text"], re.IGNORECASE) and (
            here["tag"] == "BUTTON" or here["tag"] == "A"
        ):
            with page.expect_navigation():
                page.keyboard.press("Enter")
            return
    pytest.fail(f"{page.url} cannot be finished with the keyboard.")


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_the_public_form_needs_neither_mouse_nor_scripts(
    live: Live, browser: Browser, pictures: Path | None, scripts: bool
) -> None:
    context = browser.new_context(java_script_enabled=scripts, viewport=WIDE)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(live.urls["intake"])
    look = Look(page, pictures, "form")
    for _ in range(60):
        if REFERENCE.search(page.locator("h1").inner_text() + page.locator("main").inner_text()):
            break
        before = page.url
        if scripts:
            look.shown(page.url)
            page.set_viewport_size(WIDE)  # type: ignore[arg-type]
            filled_by_keyboard(page)
        else:
            filled_without_scripts(page)
        assert page.url != before, f"{before} does not go on: {page.locator('main').inner_text()[:500]}"
    reference = REFERENCE.search(page.locator("main").inner_text())
    assert reference, page.locator("main").inner_text()
    if scripts:
        look.shown(page.url)
        look.at(f"{live.urls['intake']}/referral/copy")
        assert WORDS["person.surname"] in page.locator("main").inner_text()
    assert look.problems == []
    assert live.ledger(reference[0])["lines"]
    context.close()


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_an_empty_answer_is_met_with_an_error_summary(
    live: Live, browser: Browser, pictures: Path | None, scripts: bool
) -> None:
    context = browser.new_context(java_script_enabled=scripts)
    page = context.new_page()
    page.goto(f"{live.urls['intake']}/referral/questions/name")
    page.locator("main button").first.click()
    page.wait_for_load_state()
    summary = page.locator(".govuk-error-summary")
    assert summary.count() == 1
    assert page.title().startswith("Error: ")
    assert summary.locator("a").count() >= 1
    for link in summary.locator("a").all():
        target = str(link.get_attribute("href"))
        assert page.locator(f"[id='{target.removeprefix('#')}']").count() == 1, target
    if scripts:
        look = Look(page, pictures, "form")
        look.shown(f"{page.url}-empty")
        assert look.problems == []
        assert page.evaluate("document.activeElement.className").count("govuk-error-summary")
    context.close()
