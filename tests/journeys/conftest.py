"""One running system for all journeys, and a browser for those that look at its pages."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.journeys.live import Live, started
from tests.journeys.looking import WIDE, sign_in
from tests.journeys.officers import As

CHROMIUM = Path("/usr/bin/chromium")


@pytest.fixture(scope="package")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """The whole system, shared: each journey uses referrals of its own."""
    with started(tmp_path_factory.mktemp("live")) as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        sentence = f"There is no Chromium at {CHROMIUM}, so that no page was looked at."
        if os.environ.get("CI") == "true":
            pytest.fail(sentence)
        pytest.skip(sentence)
    with sync_playwright() as playwright:
        flags = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        yield playwright.chromium.launch(executable_path=str(CHROMIUM), args=flags)


@pytest.fixture(scope="module")
def pictures() -> Path | None:
    """Where pictures of the pages go, for whoever wants to look at them."""
    folder = os.environ.get("THROUGHLINE_PICTURES")
    return Path(folder) if folder else None


@pytest.fixture
def as_(live: Live, browser: Browser) -> As:
    """Open a console as one of its staff, in a browser of their own."""

    @contextmanager
    def opened(person: str, address: str = "/", service: str = "triage") -> Iterator[Page]:
        context = browser.new_context(viewport=WIDE)  # type: ignore[arg-type]
        page = sign_in(context, live, service, person)
        page.goto(f"{live.urls[service]}{address}")
        yield page
        context.close()

    return opened
