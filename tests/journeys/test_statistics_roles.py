"""Two analysts make a release, and a board member reads it, in a real browser."""

import csv
import io
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page

from tests.journeys.counted import EDUCATION, LATE, Counted, another_month, counted, too_late
from tests.journeys.live import Live, started, wait
from tests.journeys.looking import NARROW, Look
from tests.journeys.officers import As, By, Keys, filled, pressed, reloaded_until, shown
from tests.journeys.releases_made import ANNA, ARNO, COMPUTED_SECONDS
from tests.journeys.test_pathway import BOARD

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]

READ = "SYNTHETIC: I have read every table."
WHY = "SYNTHETIC: a month is missing, so it is drafted again."
THRESHOLD = 5
COMPUTED = "It waits for a second person"


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A system of its own, whose time moves on."""
    with started(tmp_path_factory.mktemp("statistics")) as running:
        yield running


@pytest.fixture(scope="module")
def figures(live: Live) -> Counted:
    """Figures of two years, released."""
    return counted(live)


def downloaded(page: Page, name: str) -> list[dict[str, str]]:
    """Follow a link to a file of figures; return its lines."""
    with page.expect_download() as download:
        page.get_by_role("link", name=name).first.click()
    return list(csv.DictReader(io.StringIO(download.value.path().read_text("utf-8-sig"))))


def drafted(keys: Keys, look: Look) -> str:
    """Begin a draft from the list of releases, and wait until it is computed; return its address."""
    keys.enter(r"\sDraft the release\s*$")
    assert "/drafts/" in keys.page.url, shown(keys.page)
    assert "Drafted by" in shown(keys.page)
    look.shown("//x/draft-begun")
    reloaded_until(keys.page, COMPUTED, COMPUTED_SECONDS)
    return keys.page.url


@pytest.mark.usefixtures("figures")
def test_one_analyst_drafts_and_discards_and_drafts_again_and_another_one_signs(
    live: Live, as_: As, by: By, pictures: Path | None
) -> None:
    another_month(live)
    with by(ANNA, "stats") as keys:
        page = keys.page
        look = Look(page, pictures, "analyst")
        keys.enter(r"^\s*Releases\s*$")
        look.shown("//x/releases")
        draft = drafted(keys, look)
        assert "You drafted this release, so somebody else must sign it off" in shown(page)
        assert page.get_by_role("button", name="Sign off and publish").count() == 0
        look.shown("//x/draft")
        keys.enter(r"^\s*Referrals received, by sector of the referrer")
        assert page.get_by_text("[c]", exact=True).count() > 1
        assert "hidden so that it gives nobody away" in str(page.locator("abbr").first.get_attribute("title"))
        look.shown("//x/draft-table")
        keys.enter(r"^\s*The draft\s*$")
        signs_own(page, draft)
        keys.refused(r"\sDiscard the draft\s*$")
        look.shown("//x/discard-refused")
        page.keyboard.press("Shift+Tab")
        keys.typed("reason", WHY)
        keys.enter(r"\sDiscard the draft\s*$")
        assert "its months wait again" in page.locator("body").inner_text()
        again = drafted(keys, look)
        assert again != draft
        assert look.problems == []
    with as_(ARNO, again.removeprefix(live.urls["stats"]), "stats") as page:
        look = Look(page, pictures, "analyst")
        pressed(page, "Sign off and publish")
        assert "Say in a sentence what you have looked at before you sign" in shown(page)
        look.shown("//x/sign-refused")
        filled(page, statement=READ)
        pressed(page, "Sign off and publish")
        assert "is signed off: the board sees it now" in page.locator("body").inner_text()
        look.shown("//x/release")
        lines = downloaded(page, "Download all its tables")
        assert {line["value"] for line in lines if line["marker"] == "[c]"} == {""}
        assert all(int(line["value"]) >= THRESHOLD for line in lines if line["value"].isdecimal())
        assert look.problems == []


def signs_own(page: Page, draft: str) -> None:
    """Send a signature under one's own draft, as a page that was open too long would; it is refused in words."""
    token = page.locator("main input[name=csrf_token]").first.get_attribute("value")
    answer = page.request.post(f"{draft}/sign-off", form={"csrf_token": str(token), "statement": READ})
    assert answer.status == 409
    assert "somebody else" in re.sub(r"\s+", " ", answer.text())


@pytest.mark.usefixtures("figures")
def test_released_months_are_stated_again_by_a_correction(live: Live, as_: As, pictures: Path | None) -> None:
    too_late(live)
    with as_(ANNA, "/releases", "stats") as page:
        look = Look(page, pictures, "analyst")
        assert f"At least {LATE} facts about released months have come since" in shown(page)
        page.get_by_role("link", name="Correct released months").click()
        pressed(page, "Draft the correction")
        assert "Choose the first month that the correction states again" in shown(page)
        look.shown("//x/correct-refused")
        for field in ("first", "last"):
            page.locator(f"main [name={field}]").select_option(index=1)
        pressed(page, "Draft the correction")
        assert "Draft of correction" in page.locator("h1").inner_text()
        reloaded_until(page, COMPUTED, COMPUTED_SECONDS)
        changes = page.get_by_role("table", name="What this correction changes")
        row = changes.get_by_role("row").filter(has_text="Referrals received").first
        *_, before, after = row.get_by_role("cell").all_inner_texts()
        assert int(after) == int(before) + LATE
        look.shown("//x/correction")
        draft = page.url.removeprefix(live.urls["stats"])
        assert look.problems == []
    with as_(ARNO, draft, "stats") as page:
        filled(page, statement=READ)
        pressed(page, "Sign off and publish")
        assert "A correction: it states released months again" in shown(page)
        Look(page, pictures, "analyst").shown("//x/correction-released")


def test_a_board_member_reads_the_figures_with_the_keyboard_alone(
    figures: Counted, by: By, pictures: Path | None
) -> None:
    with by(BOARD, "stats") as keys:
        page = keys.page
        look = Look(page, pictures, "board")
        look.shown("//x/board")
        keys.to("^period ")
        page.keyboard.type(figures.month)
        keys.enter(r"\sShow\s*$")
        assert page.locator("h2").first.inner_text() == figures.month
        received = page.locator(".throughline-figure").first
        assert received.locator(".throughline-figure__value").inner_text() == str(figures.now)
        assert f"A year before: {figures.before}" in received.inner_text()
        assert re.search(r"England and Wales, \d{4} to \d{4}: [\d,]+", received.inner_text())
        assert "[c] stands for a figure that is hidden" in shown(page)
        keys.to("What this counts")
        page.keyboard.press("Enter")
        look.shown("//x/board-month")
        keys.enter(r"^\s*Tables\s+of Referrals received")
        keys.to("^by ")
        page.keyboard.type("Sector of the referrer")
        keys.to("^grain ")
        page.keyboard.type("Months")
        keys.to("^year ")
        page.keyboard.type(figures.year)
        keys.enter(r"\sShow the table\s*$")
        row = page.get_by_role("row").filter(has_text="Education")
        # Beneath the count of a month stand its share and the count of a year before; the last column is the nation's.
        *months, _nation = (each.split()[0] for each in row.get_by_role("cell").all_inner_texts())
        assert str(EDUCATION) in months
        assert set(months) <= {str(EDUCATION), "[c]"}
        assert "confidential" in str(page.get_by_text("[c]", exact=True).first.get_attribute("title"))
        look.shown("//x/board-table")
    assert look.problems == []


def charted(trend: Locator) -> None:
    """See that a trend has its drawing, or says instead that all of it is hidden."""
    if set(trend.get_by_role("cell").all_inner_texts()) == {"[c]"}:
        assert "Every figure that this chart would show is hidden" in trend.inner_text()
        assert trend.locator("img").count() == 0
        return
    image = trend.locator("img")
    wait(partial(image.evaluate, "e => e.complete && e.naturalWidth > 0"), 30, "The chart")
    assert image.get_attribute("alt")


def test_every_chart_has_its_table_and_file_and_institutions_are_shares_alone(
    figures: Counted, as_: As, pictures: Path | None
) -> None:
    with as_(BOARD, "/", "stats") as page:
        look = Look(page, pictures, "board")
        trends = page.locator(".throughline-trend")
        assert trends.count() >= 1
        for trend in trends.all():
            charted(trend)
            assert trend.get_by_role("row").count() > 1
            assert trend.get_by_role("link", name="Download this table (CSV)").count() == 1
        assert page.locator(".throughline-chart").count() >= 1
        first = trends.first
        told = [cell.inner_text() for cell in first.get_by_role("cell").all()]
        lines = downloaded(page, "Download this table (CSV)")
        assert [line["value"] or line["marker"] for line in lines] == told
        for page_name in ("How long the pathway takes", "Institutions: shares", "National figures and their sources"):
            page.get_by_role("link", name=page_name).click()
            look.shown(f"//x/{page_name}")
            if "Institutions" in page_name:
                shares = (
                    page.get_by_role("row")
                    .filter(has_text="Sample Grammar School")
                    .get_by_role("cell")
                    .all_inner_texts()
                )
                assert any(re.fullmatch(r"\d+%", share) for share in shares)
                assert all(re.fullmatch(r"\d+%|\[c\]", share) for share in shares), shares
            if "National" in page_name:
                assert page.get_by_role("heading", name="Sources").count() == 1
            page.go_back()
        page.get_by_role("link", name="Releases", exact=True).click()
        assert page.get_by_role("button", name="Draft the release").count() == 0
        page.set_viewport_size(NARROW)  # type: ignore[arg-type]
        assert page.evaluate("[...document.querySelectorAll('main table')].every(t => t.offsetWidth <= innerWidth)")
        assert page.request.get(page.url.replace("/releases", "/drafts/kent-and-medway/1")).status == 403
        look.shown("//x/releases")
        page.goto(page.url.replace("/releases", figures.release))
        look.shown("//x/release")
    assert look.problems == []


@pytest.mark.usefixtures("figures")
def test_a_board_member_makes_the_pack_of_a_quarter_and_takes_its_files(as_: As, pictures: Path | None) -> None:
    with as_(BOARD, "/packs", "stats") as page:
        look = Look(page, pictures, "board")
        look.shown("//x/packs")
        with page.expect_navigation():
            page.get_by_role("button", name="Make the pack for").first.click()
        reloaded_until(page, "The document (PDF)", COMPUTED_SECONDS)
        assert "may be copied into the minutes" in shown(page)
        look.shown("//x/pack")
        for name, begins in (("The document (PDF)", b"%PDF"), ("spreadsheet (ODS)", b"PK"), ("CSV files (ZIP)", b"PK")):
            with page.expect_download() as download:
                page.get_by_role("link", name=name).click()
            assert download.value.path().read_bytes().startswith(begins)
    assert look.problems == []
