"""One running system for all journeys, and a browser for those that look at its pages."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.journeys.live import Live, started

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
