"""The pages of what Channel asks in a real browser: accessible, fit for a phone, and packs marked in print too."""

import os
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, Route, async_playwright

from chassis import clock
from contracts.vocabulary import AskKind
from contracts.vocabulary.asking import AskSection
from tests.journeys.looking import AXE, NARROW, WCAG, WIDE
from tests.needed import CHROMIUM, needed_chromium
from tests.notify.asks_made import WHO, asked, later, opened, send
from tests.notify.conftest import Site
from tests.notify.made import DESK

pytestmark = pytest.mark.browser
SECTIONS = (
    AskSection(heading="Who this is about", words="Sasha Sample (synthetic), born 3 May 2010, Swale"),
    AskSection(heading="What we ask", words="A synthetic paragraph of some length. " * 9 + "\n\nAnd a second one."),
)


@pytest.fixture
async def page(site: Site) -> AsyncIterator[Page]:
    """A browser that is shown what the site answered, with the site's own style."""
    needed_chromium()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        )
        page = await browser.new_page()

        async def answer(route: Route) -> None:
            found = await site.client.get(route.request.url)
            await route.fulfill(
                status=found.status_code, body=found.content, content_type=found.headers.get("content-type", "")
            )

        await page.route("**/assets/**", answer)
        yield page
        await browser.close()


async def problems(page: Page, name: str, html: str) -> list[str]:
    """Show a page at both widths; return what is wrong with it."""

    async def answer(route: Route) -> None:
        await route.fulfill(body=html, content_type="text/html")

    await page.route("http://notify.test/shown", answer)
    await page.goto("http://notify.test/shown")
    await page.unroute("http://notify.test/shown")
    await page.evaluate(AXE)
    wrong = [] if await page.locator("h1").count() == 1 else [f"{name}: not one h1"]
    folder = os.environ.get("THROUGHLINE_PICTURES")
    for size in (WIDE, NARROW):
        await page.set_viewport_size(size)  # type: ignore[arg-type]
        found: Any = await page.evaluate(
            "tags => axe.run(document, {runOnly: {type: 'tag', values: tags}})"
            ".then(r => r.violations.map(v => v.id + ': ' + v.nodes.map(n => n.html.slice(0, 150)).join(' | ')))",
            WCAG,
        )
        wrong += [f"{name} at {size['width']}: {each}" for each in found]
        if await page.evaluate("document.documentElement.scrollWidth") > size["width"]:
            wrong.append(f"{name}: wider than {size['width']} px")
        if folder:
            await page.screenshot(path=Path(folder) / f"ask-{name}-{size['width']}.png", full_page=True)
    return wrong


@pytest.mark.parametrize("kind", AskKind)
async def test_every_kind_is_well_made(site: Site, page: Page, kind: AskKind) -> None:
    path, made, _ = await asked(site, kind, shown=SECTIONS)
    wrong = await problems(page, f"{kind}-closed", (await site.get(path)).text)
    await send(site, path, "code")
    wrong += await problems(page, f"{kind}-code", (await site.get(path)).text)
    wrong += await problems(page, f"{kind}-wrong-code", (await send(site, path, "enter", code="1")).text)
    wrong += await problems(page, f"{kind}-open", (await opened(site, path)).text)
    if kind is not AskKind.PACK:
        wrong += await problems(page, f"{kind}-refused", (await send(site, path, "answer")).text)
    await later(site, made, timedelta(days=31))
    wrong += await problems(page, f"{kind}-over", (await site.get(path)).text)
    assert wrong == []


async def test_what_is_closed_is_well_made(site: Site, page: Page) -> None:
    path, _, _ = await asked(site, AskKind.ACTION)
    await opened(site, path)
    wrong = await problems(page, "answered", (await send(site, path, "answer", **WHO, report="Visited.")).text)
    soon, _, _ = await asked(site, AskKind.PACK, opens_at=clock.now() + timedelta(days=1))
    wrong += await problems(page, "not-yet", (await site.get(soon)).text)
    site.client.cookies.clear()
    await site.sign_in(DESK)
    wrong += await problems(page, "desk", (await site.get("/desk")).text)
    assert wrong == []


async def test_a_pack_is_marked_on_paper(site: Site, page: Page) -> None:
    path, _, _ = await asked(site, AskKind.PACK, shown=SECTIONS)
    assert await problems(page, "pack", (await opened(site, path)).text) == []
    printed = page.locator(".throughline-watermark-printed")
    assert not await printed.is_visible()
    await page.emulate_media(media="print")
    assert await printed.is_visible()
    assert re.search(
        r"Sample Recipient \(synthetic\), NHS Kent and Medway, .+ at .+ Do not copy\.", await printed.inner_text()
    )
    assert await printed.evaluate("one => getComputedStyle(one).position") == "fixed", (
        "it stands on the first page alone"
    )
    assert await page.locator(".throughline-watermark").count() == len(SECTIONS)
