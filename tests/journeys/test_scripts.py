"""Small scripts in a real browser: what is newer is said and moves nothing, words are kept, pictures come again."""

import mimetypes
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlparse

import pytest
from playwright.sync_api import Browser, Page, Route

pytestmark = pytest.mark.browser
STATIC = Path(__file__).parents[2] / "chassis" / "static"
POLICY = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'"
NEWER = """<!DOCTYPE html><title>Queue</title><h1>Queue</h1><div aria-live="polite" data-newer="/newer?since=1"
data-here="/gateway?sort=due" data-signed-out="You have been signed out."></div><p id="line">The first line</p>
<script type="module" src="/assets/newer.js"></script>"""
KEPT = """<!DOCTYPE html><title>Close</title><h1>Close</h1><form method="post" data-kept="/begun">
<input type="hidden" name="csrf_token" value="t"><textarea name="rationale" id="rationale"></textarea>
<p data-kept-words aria-live="polite">Kept at each Continue.</p></form>
<script type="module" src="/assets/kept.js"></script>"""

PICTURE = """<!DOCTYPE html><title>Figures</title><h1>Figures</h1><picture>
<source media="(max-width: 1px)" srcset="/narrow.svg">
<img src="/chart.svg" alt="Words" data-failed="It could not be drawn." data-again="Try again"></picture>
<script type="module" src="/assets/pictures.js"></script>"""
DRAWN = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'


class Served:
    """A page without a service behind it: what it was asked, and what it answers."""

    def __init__(self, page: Page, body: str) -> None:
        self.page, self.body = page, body
        self.words, self.signed_out, self.kept, self.answer = "", False, list[str](), {"words": "Kept as you write"}
        self.drawn = False
        page.route("**/*", self._serve)
        page.clock.install()
        page.goto("http://triage.test/page")

    def after(self, seconds: int) -> None:
        self.page.clock.fast_forward(seconds * 1000)

    def _serve(self, route: Route) -> None:
        path = urlparse(route.request.url).path
        if path.startswith("/assets/"):
            file = STATIC / path.removeprefix("/assets/")
            route.fulfill(body=file.read_bytes(), content_type=mimetypes.guess_type(file.name)[0] or "text/plain")
        elif path == "/page":
            route.fulfill(body=self.body, content_type="text/html", headers={"content-security-policy": POLICY})
        elif path == "/chart.svg":
            drawn = {"status": 200, "body": DRAWN, "content_type": "image/svg+xml"}
            route.fulfill(**drawn if self.drawn else {"status": 503, "body": "<h1>Not now</h1>"})  # type: ignore[arg-type]
        elif self.signed_out:
            route.fulfill(status=303, headers={"location": "/sign-in"})
        elif path == "/newer":
            route.fulfill(json={"words": self.words})
        elif path == "/begun":
            self.kept.append(route.request.post_data or "")
            route.fulfill(json=self.answer)
        else:
            route.fulfill(status=404)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context()
    yield context.new_page()
    context.close()


class TestNewer:
    def test_says_what_is_new_and_leads_to_the_same_list(self, page: Page) -> None:
        served = Served(page, NEWER)
        served.words = "3 new referrals"
        served.after(21)
        link = page.locator("[data-newer] a")
        link.wait_for()
        assert (link.inner_text(), link.get_attribute("href")) == ("3 new referrals: show", "/gateway?sort=due")
        assert page.locator("#line").inner_text() == "The first line"

    def test_says_when_nobody_is_signed_in_any_more(self, page: Page) -> None:
        served = Served(page, NEWER)
        served.signed_out = True
        served.after(21)
        page.get_by_text("You have been signed out.").wait_for()


class TestKept:
    def test_sends_what_was_typed_and_says_so(self, page: Page) -> None:
        served = Served(page, KEPT)
        page.fill("#rationale", "My words")
        served.after(21)
        page.get_by_text("Kept as you write.").wait_for()
        assert served.kept == ["csrf_token=t&rationale=My+words"]
        served.after(21)
        assert len(served.kept) == 1

    def test_sends_soon_after_the_writer_pauses(self, page: Page) -> None:
        served = Served(page, KEPT)
        page.fill("#rationale", "My words")
        served.after(3)
        page.get_by_text("Kept as you write.").wait_for()
        assert served.kept == ["csrf_token=t&rationale=My+words"]

    def test_sends_at_once_when_the_page_is_left(self, page: Page) -> None:
        served = Served(page, KEPT)
        page.fill("#rationale", "My words")
        page.evaluate("Object.defineProperty(document, 'hidden', { get: () => true })")
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        page.get_by_text("Kept as you write.").wait_for()
        assert served.kept == ["csrf_token=t&rationale=My+words"]

    def test_says_when_it_could_not_be_kept(self, page: Page) -> None:
        served = Served(page, KEPT)
        served.signed_out = True
        page.fill("#rationale", "My words")
        served.after(21)
        page.get_by_text("could not be kept").wait_for()

    def test_sends_nothing_beside_what_is_submitted(self, page: Page) -> None:
        served = Served(page, KEPT)
        page.fill("#rationale", "My words")
        page.evaluate("document.querySelector('form').addEventListener('submit', each => each.preventDefault())")
        page.evaluate("document.querySelector('form').requestSubmit()")
        page.evaluate("Object.defineProperty(document, 'hidden', { get: () => true })")
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        served.after(21)
        page.evaluate("fetch('/newer').then(answer => answer.text())")
        assert served.kept == [], "What is recorded already would be offered again as work begun."

    def test_sends_back_the_mark_of_what_was_saved_last(self, page: Page) -> None:
        served = Served(page, KEPT.replace("<textarea", '<input type="hidden" name="seen" value="1"><textarea'))
        served.answer["seen"] = "2"
        page.fill("#rationale", "My words")
        served.after(3)
        page.get_by_text("Kept as you write.").wait_for()
        assert page.locator("[name=seen]").input_value() == "2"
        served.after(21)
        assert served.kept == ["csrf_token=t&seen=1&rationale=My+words"]
        page.fill("#rationale", "More words")
        served.after(3)
        page.evaluate("fetch('/newer').then(answer => answer.text())")
        assert served.kept[1:] == ["csrf_token=t&seen=2&rationale=More+words"]


class TestPictures:
    def test_one_that_fails_is_offered_again_until_it_comes(self, page: Page) -> None:
        served = Served(page, PICTURE)
        again = page.get_by_role("link", name="Try again")
        again.wait_for()
        page.get_by_text("It could not be drawn.").wait_for()
        with page.expect_response("**/chart.svg"):
            again.click()
        again.wait_for()
        served.drawn = True
        again.click()
        again.wait_for(state="detached")
        assert page.locator("img").evaluate("image => image.naturalWidth") == 9
        assert page.get_by_text("It could not be drawn.").count() == 0

    def test_one_that_comes_at_once_is_left_alone(self, page: Page) -> None:
        Served(page, PICTURE.replace("/chart.svg", "/assets/favicon.svg"))
        page.wait_for_function("document.querySelector('img').complete")
        assert page.get_by_role("link", name="Try again").count() == 0
