"""One running system for all journeys, and a browser for those that look at its pages."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.journeys.channel_officers import Stage, prepared
from tests.journeys.live import Live, started
from tests.journeys.looking import WIDE, sign_in
from tests.journeys.officers import As, By, Keys
from tests.needed import CHROMIUM, needed_chromium


@pytest.fixture(scope="package")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """The whole system, shared: each journey uses referrals of its own."""
    with started(tmp_path_factory.mktemp("live")) as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    needed_chromium()
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


@pytest.fixture
def by(live: Live, browser: Browser) -> By:
    """Sign somebody in with the keyboard; whoever works sees the focus everywhere."""

    @contextmanager
    def signed_in_by_keyboard(person: str, service: str = "triage") -> Iterator[Keys]:
        context = browser.new_context(viewport=WIDE)  # type: ignore[arg-type]
        page = context.new_page()
        page.goto(f"{live.urls[service]}/sign-in")
        Keys(page).enter(re.escape(person))
        page.wait_for_url(f"{live.urls[service]}/**")
        keys = Keys(page)
        yield keys
        assert keys.unseen == []
        context.close()

    return signed_in_by_keyboard


@pytest.fixture(scope="package")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A day of a Channel team, in a system of its own because its clock is moved."""
    with started(tmp_path_factory.mktemp("stage")) as running:
        yield prepared(running)
