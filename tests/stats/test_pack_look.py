"""The pages of the quarterly pack in a real browser: accessible, and fit for a phone."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Page, Route, async_playwright

from services.stats.domain.pack import PackKind, PackState
from services.stats.jobs.packs import PACKER
from services.stats.operations.packs import ask_pack
from services.stats.queries.packs import pack_found
from tests.conftest import RunningOf, eventually
from tests.journeys.looking import AXE, NARROW, WCAG, WIDE
from tests.needed import CHROMIUM, needed_chromium
from tests.stats.packed import NoPacker, released
from tests.stats.published_made import publish
from tests.stats.reading import BOARD, Site, opened
from tests.stats.test_pack_pages import NOW, OF, PACK

pytestmark = pytest.mark.browser


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    """A browser."""
    needed_chromium()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        )
        yield await browser.new_page()
        await browser.close()


async def problems(page: Page, site: Site, path: str, name: str) -> list[str]:
    """Show a page at both widths; return what is wrong with it."""

    async def answer(route: Route) -> None:
        found = await site.get(route.request.url)
        kind = found.headers.get("content-type", "")
        await route.fulfill(status=found.status_code, body=found.content, content_type=kind)

    await page.route("http://stats.test/**", answer)
    await page.goto(f"http://stats.test{path}")
    await page.evaluate(AXE)
    wrong = [] if await page.locator("h1").count() == 1 else [f"{name}: not one h1"]
    for size in (WIDE, NARROW):
        await page.set_viewport_size(size)  # type: ignore[arg-type]
        found = await page.evaluate(
            "tags => axe.run(document, {runOnly: {type: 'tag', values: tags}}).then(r => r.violations.map(v => v.id))",
            WCAG,
        )
        wrong += [f"{name} at {size['width']}: {each}" for each in found]
        if await page.evaluate("document.documentElement.scrollWidth") > size["width"]:
            wrong.append(f"{name}: wider than {size['width']} px")
        if folder := os.environ.get("THROUGHLINE_PICTURES"):
            await page.screenshot(path=Path(folder) / f"{name}-{size['width']}.png", full_page=True)
    await page.unroute("http://stats.test/**")
    return wrong


async def test_the_pages_are_well_made(running_of: RunningOf, page: Page) -> None:
    site = await opened(running_of)
    runtime = site.running.runtime
    runtime.state[PACKER] = NoPacker(fails=True)
    wrong = await problems(page, site, "/packs", "packs-none")
    for each in released():
        await publish(runtime, each)
    async with runtime.database.transaction(BOARD) as session:
        await ask_pack(session, OF, now=NOW)
    wrong += await problems(page, site, PACK, "pack-asked")

    async def is_failed() -> bool:
        async with runtime.database.transaction(BOARD) as session:
            return (await pack_found(session, OF)).state is PackState.FAILED

    await eventually(is_failed, 60)
    wrong += await problems(page, site, PACK, "pack-failed")
    runtime.state[PACKER] = NoPacker()
    async with runtime.database.transaction(BOARD) as session:
        await ask_pack(session, OF, now=NOW)

    async def is_ready() -> bool:
        return (await site.get(f"{PACK}/{PackKind.PDF}")).status_code == 200

    await eventually(is_ready, 60)
    for path, name in ((PACK, "pack-ready"), ("/packs", "packs"), ("/", "board")):
        wrong += await problems(page, site, path, name)
    assert wrong == []
