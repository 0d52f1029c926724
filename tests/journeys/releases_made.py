"""A release as two analysts make it: one drafts, the system computes, the other reads and signs."""

import httpx2

from tests.journeys.live import Live, signed_in, wait
from tests.journeys.pages import answered, tree, words

ANNA = "anna.analyst@kent-council.example"
ARNO = "arno.analyst@medway-council.example"
COMPUTED_SECONDS = 180


def released(live: Live) -> str:
    """Release what has closed; return the address of the release."""
    with signed_in(live, "stats", ANNA) as browser:
        page = wait(lambda: offered(browser), 60, "A closed month")
        page = answered(browser, page, {"area": "kent-and-medway", "kind": "regular"}, of="releases")
        draft = page.url.path
        assert draft.startswith("/drafts/"), words(page)
        wait(lambda: ready(browser, draft), COMPUTED_SECONDS, "The computation of the draft")
        page = browser.get(draft)
        assert "somebody else must sign it off" in words(page), words(page)
    with signed_in(live, "stats", ARNO) as browser:
        page = browser.get(draft)
        page = answered(browser, page, {"statement": "SYNTHETIC: I have read every table."}, of="sign-off")
        assert page.url.path.startswith("/releases/"), words(page)
        return page.url.path


def offered(browser: httpx2.Client) -> httpx2.Response | None:
    """Return the list of releases once it offers one."""
    page = browser.get("/releases")
    return page if tree(page).xpath(".//form[@method='post']") else None


def ready(browser: httpx2.Client, draft: str) -> bool:
    """Say whether a draft waits for its second person; fails where it could not be computed."""
    page = browser.get(draft)
    assert "It could not be computed" not in words(page), words(page)
    return "It waits for a second person" in words(page)
