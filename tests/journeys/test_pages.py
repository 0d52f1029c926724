"""Every page of every service in a real browser: accessible, small enough for a phone, and without a script's error."""

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from chassis.policy import PUBLIC
from contracts.catalogue import SERVICES
from samples.send import REFERENCE
from services.intake.web.form.steps import STEPS
from tests.faults.canaries import Plant
from tests.faults.test_canaries import appended, envelope, parked_for
from tests.journeys.live import Live, aside, mail_aside, mailed, signed_in, wait
from tests.journeys.pages import answered
from tests.journeys.test_pathway import (
    BOARD,
    COORDINATOR,
    FRONT_DOOR,
    GATEWAY,
    IMU,
    case_of,
    cleared,
    decided,
    offered,
    referred,
)

CHROMIUM = Path("/usr/bin/chromium")
AXE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text(encoding="utf-8")
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
DESK, OPS = "dana.desk@kent-police.example", "olu.ops@throughline.example"
SUPERVISOR, CHAIR = "sam.supervisor@kent-police.example", "chidi.chair@kent-council.example"
MEDWAY, PRIVACY = "meera.medway@medway-council.example", "priya.privacy@throughline.example"
ABSENT = "/referrals/KM-0000-0000"
"""The address of a referral that does not exist: the one page that is looked at for its refusal."""
UNSAID = (
    "[...document.querySelectorAll('.throughline-scroll')].filter(place => (place.scrollWidth > place.clientWidth)"
    " !== (getComputedStyle(place, '::before').display === 'block')).length"
)
"""How many tables scroll without saying so in words, or say so and do not scroll."""
NARROW, WIDE = {"width": 320, "height": 800}, {"width": 1280, "height": 900}

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]


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


@dataclass(frozen=True)
class World:
    """What the pages show: real referrals at different stages, by the words in the pages' addresses."""

    live: Live
    fresh: str
    cleared: str
    handed: str
    unread: str
    names: dict[str, str]


@pytest.fixture(scope="module")
def world(live: Live) -> Iterator[World]:
    """Referrals at every stage, a signpost, a release, an unread original and a parked message."""
    fresh, clear, handed, signposted = (referred(live) for _ in range(4))
    for reference in (clear, handed, signposted):
        cleared(live, reference)
    decided(live, handed, "pass-on")
    case_of(live, handed, "accept")
    front_door = "kent-front-door"
    with signed_in(live, "triage", GATEWAY) as client:
        page = client.get(f"/referrals/{signposted}/decision/signpost")
        front_door = re.findall(r'<option value="([^"]+)"', page.text)[0]
    decided(live, signposted, "signpost", service=front_door, message="SYNTHETIC: please call the school.")
    sent = envelope(live, "wrong-key", Plant())
    aside(appended(live, sent))
    parked = wait(lambda: parked_for(live, sent.subject), 90, "A parked message")
    unread = mailed_without_form(live)
    released(live)
    wait(lambda: live.of("notify", "SELECT 1 FROM signpost"), 60, "The signpost")
    wait(lambda: live.of("monitor", "SELECT 1 FROM checkpoint WHERE service = 'intake'"), 120, "Intake's checkpoint")
    yield World(live, fresh, clear, handed, unread, names(live, fresh, unread) | {"parked": str(parked["id"])})
    live.command("parked", "discard", str(parked["id"]), "--reason", "made by a test")


def mailed_without_form(live: Live) -> str:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "neighbour@home.example", "police@example.test", "Worried"
    message["Message-ID"] = f"<{uuid4()}@home.example>"
    message.set_content("SYNTHETIC: I am worried, and I have no form.\n")
    code, reply = mailed(live, message)
    assert code == 250
    return str(REFERENCE.findall(reply)[0])


def released(live: Live) -> None:
    assert live.command("clock", "+2months").returncode == 0
    try:
        if live.of("stats", "SELECT 1 FROM release"):
            return
        with signed_in(live, "stats", BOARD) as client:
            answered(client, wait(lambda: offered(client), 60, "A closed month"), {}, of="releases")
    finally:
        live.command("clock", "reset")


def names(live: Live, reference: str, unread: str) -> dict[str, str]:
    """Return the ids that pages are asked for by."""
    (concern,) = live.of("notify", "SELECT subject FROM concern WHERE reference = $1", reference)
    (original,) = live.of("intake", "SELECT document_id FROM referral WHERE reference = $1", unread)
    wait(lambda: live.of("triage", "SELECT 1 FROM referral WHERE reference = $1", unread), 60, "The unread original")
    (held,) = live.of(
        "triage", "SELECT d.id FROM document d JOIN referral r USING (subject) WHERE r.reference = $1 LIMIT 1", unread
    )
    mails = [path.stem for path in live.folder.mail.glob("*.eml")]
    (release,) = live.of("stats", "SELECT area, number FROM release LIMIT 1")
    return {
        "subject": str(concern["subject"]),
        "original": str(original["document_id"]),
        "count": str(live.of("intake", "SELECT id FROM reconciliation LIMIT 1")[0]["id"]),
        "held": str(held["id"]),
        "aside": f"/desk/mails /desk/mails/{mail_aside(live)}",
        "signpost": str(live.of("notify", "SELECT id FROM signpost LIMIT 1")[0]["id"]),
        "notice": str(live.of("notify", "SELECT id FROM notice LIMIT 1")[0]["id"]),
        "mail": mails[0],
        "release": f"/releases/{release['area']}/{release['number']}",
    }


def visits(world: World) -> dict[str, list[tuple[str, Sequence[str]]]]:
    """Return which addresses each member of staff opens at each service; the empty person is the public."""
    fresh, clear, handed, ids = world.fresh, world.cleared, world.handed, world.names
    decisions = ("close", "signpost", "lead-partnership", "pass-on", "refer-section-36")
    return {
        "intake": [
            ("", ["/", "/referral", "/referral/call-999", "/progress", "/progress/asked", "/progress/a-link"]),
            ("", [f"/referral/questions/{step.key}" for step in STEPS]),
            (DESK, ["/desk", f"/desk/referrals/{world.unread}", "/desk/ledger", f"/desk/ledger/{fresh}"]),
            (DESK, ["/desk/ledger?which=all", "/desk/routing", f"/desk/routing/{fresh}"]),
            (DESK, ["/desk/reconciliation", f"/desk/reconciliation/{ids['count']}", *ids["aside"].split()]),
        ],
        "triage": [
            (IMU, ["/", "/imu", f"/referrals/{fresh}", f"/referrals/{fresh}/deconfliction"]),
            (GATEWAY, ["/gateway", f"/find?reference={fresh}", f"/referrals/{handed}", f"/referrals/{clear}/decision"]),
            (GATEWAY, [f"/referrals/{clear}/decision/{command}" for command in decisions]),
            (SUPERVISOR, ["/gateway", "/imu", ABSENT]),
        ],
        "channel": [
            (COORDINATOR, ["/", "/awareness", "/cases", f"/find?reference={handed}", f"/cases/{handed}"]),
            (COORDINATOR, [f"/cases/{handed}/actions/give-back", f"/cases/{handed}/actions/accept"]),
            (CHAIR, ["/cases", "/awareness"]),
        ],
        "notify": [
            (FRONT_DOOR, ["/", "/inbox", f"/concerns/{ids['subject']}", f"/signposts/{ids['signpost']}"]),
            (MEDWAY, ["/inbox"]),
            (OPS, ["/desk", f"/notices/{ids['notice']}", "/mail", f"/mail/{ids['mail']}"]),
        ],
        "stats": [(BOARD, ["/", ids["release"]])],
        "monitor": [
            (OPS, ["/", "/services/triage", "/way", f"/way?reference={handed}", "/parked"]),
            (OPS, [f"/parked/triage/{ids['parked']}", "/checkpoints", "/checkpoints/intake"]),
            (PRIVACY, ["/"]),
        ],
    }


def downloads(world: World) -> dict[str, list[tuple[str, str]]]:
    """Return which files are fetched where, by whom."""
    ids = world.names
    return {
        "intake": [
            (DESK, f"/desk/documents/{ids['original']}"),
            ("", "/blank-form.docx"),
            ("", "/blank-form.pdf"),
        ],
        "triage": [(GATEWAY, f"/referrals/{world.unread}/documents/{ids['held']}")],
        "stats": [(BOARD, f"{ids['release']}/tables.csv")],
    }


def sign_in(context: BrowserContext, live: Live, service: str, person: str) -> Page:
    page = context.new_page()
    if person:
        page.goto(f"{live.urls[service]}/sign-in")
        page.locator(f"button[value='{person}']").click()
        page.wait_for_url(f"{live.urls[service]}/**")
    return page


class Look:
    """Looks at pages and notes everything that is wrong with them."""

    def __init__(self, page: Page, folder: Path, service: str) -> None:
        self.page, self.folder, self.service = page, folder, service
        self.problems: list[str] = []
        page.on("console", lambda message: self._noted(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self._noted(str(error)))

    def _noted(self, words: str) -> None:
        # A page that is refused on purpose answers 403, 404 or 422, which the console says as well.
        if not re.search(r"status of (403|404|409|422)", words):
            self.problems.append(f"{self.page.url}: {words}")

    def at(self, address: str) -> None:
        self.page.set_viewport_size(WIDE)  # type: ignore[arg-type]
        answer = self.page.goto(address)
        assert answer is not None
        policy = answer.headers.get("content-security-policy", "")
        expected = 404 if address.endswith(ABSENT) else 200
        if answer.status != expected or not re.search(r"default-src '(none|self)'", policy):
            self.problems.append(f"{address}: status {answer.status}, policy {policy!r}")
        if "unsafe-inline" in policy or "unsafe-eval" in policy:
            self.problems.append(f"{address}: its policy allows inline code: {policy}")
        self.shown(address)

    def shown(self, name: str) -> None:
        """Check what the browser shows now, at both widths."""
        page = self.page
        if page.locator("h1").count() != 1 or not re.fullmatch(r".+ - Throughline", page.title()):
            self.problems.append(f"{name}: {page.locator('h1').count()} h1, title {page.title()!r}")
        file = re.sub(r"[^A-Za-z0-9]+", "-", name.partition("//")[2].partition("/")[2] or "start")[:60].strip("-")
        for size in (WIDE, NARROW):
            page.set_viewport_size(size)  # type: ignore[arg-type]
            page.evaluate(AXE)
            found: Any = page.evaluate(
                "tags => axe.run(document, {runOnly: {type: 'tag', values: tags}})"
                ".then(r => r.violations.map(v => v.id + ': ' + v.nodes.map(n => n.html.slice(0, 150)).join(' | ')))",
                WCAG,
            )
            self.problems += [f"{name} at {size['width']}: {each}" for each in found]
            page.screenshot(path=self.folder / f"{self.service}-{file}-{size['width']}.png", full_page=True)
            wide = page.evaluate("document.documentElement.scrollWidth")
            if wide > size["width"]:
                self.problems.append(f"{name}: {wide} px wide at {size['width']} px")
            if page.evaluate(UNSAID):
                self.problems.append(f"{name}: a table does not say rightly whether it scrolls at {size['width']} px")


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(os.environ.get("THROUGHLINE_PICTURES", "") or tmp_path_factory.mktemp("pictures"))


@pytest.mark.parametrize("service", SERVICES)
def test_every_page_is_well_made(world: World, browser: Browser, pictures: Path, service: str) -> None:
    problems = []
    for person, addresses in visits(world)[service]:
        context = browser.new_context()
        look = Look(sign_in(context, world.live, service, person), pictures, service)
        for address in addresses:
            look.at(f"{world.live.urls[service]}{address}")
        problems += look.problems
        for who, address in downloads(world).get(service, []):
            if who == person:
                answer = context.request.get(f"{world.live.urls[service]}{address}")
                assert answer.ok, f"{address}: {answer.status}"
                assert answer.headers["content-disposition"].startswith("attachment")
        context.close()
    assert problems == []


@pytest.mark.parametrize("service", SERVICES)
def test_every_page_of_the_site_map_is_looked_at(world: World, service: str) -> None:
    addresses = [each.partition("?")[0] for _, group in visits(world)[service] for each in group]
    addresses += [address for _, address in downloads(world).get(service, [])]
    form = {"/referral/check", "/referral/declaration", "/referral/receipt", "/referral/copy"}
    walked = addresses + sorted(form)
    left = []
    for page in import_module(f"services.{service}.web.routes").PAGES:
        pattern = re.sub(r"\{[^}]+\}", "[^/]+", page.path)
        if page.method == "GET" and not any(re.fullmatch(pattern, each) for each in walked):
            left.append(page.path)
    # A referral by API has no document; the services' own tests fetch these.
    with_document = {"/concerns/{subject}/documents/{document}", "/cases/{reference}/documents/{document_id}"}
    # The journey of the web form looks at these, a mailed link leads there; what fills in a list is no page.
    by_link = {"/saved", "/saved/{token}", "/referral/save", "/referral/saved", "/autocomplete/{kind}.json"}
    by_link |= {"/progress/referral", "/referral/copy.docx", "/referral/copy.pdf"}
    assert set(left) <= with_document | by_link
    public = {page.path for page in import_module(f"services.{service}.web.routes").PAGES if page.permission == PUBLIC}
    assert service == "intake" or not public


WORDS = {
    "person.forenames": "Sasha", "person.surname": "Keyboardson", "person.approximate_age": "15",
    "concerns.narrative": "SYNTHETIC: typed by a test that uses no mouse.",
    "referrer.forename": "Terry", "referrer.surname": "Testreferrer",
}  # fmt: skip


ON = re.compile("start|continue|check|send|dechrau|parhau|gwirio|anfon", re.IGNORECASE)
"""The words of the buttons and links that lead on, in either language."""


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
    live: Live, browser: Browser, pictures: Path, scripts: bool
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


def filled_without_scripts(page: Page) -> None:
    for name, value in WORDS.items():
        for field in page.locator(f"main [name='{name}']").all():
            field.fill(value)
    for box in page.locator("main input[type=checkbox], main input[type=radio]").all():
        box.check()
    with page.expect_navigation():
        page.locator("main .govuk-button").filter(has_text=ON).first.click()


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_an_empty_answer_is_met_with_an_error_summary(
    live: Live, browser: Browser, pictures: Path, scripts: bool
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
