"""The public form in a real browser beyond the straight way: saved and returned to, in Welsh, with suggestions."""

import json
import re
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from playwright.sync_api import Browser, Page

from samples.send import REFERENCE, send_by_form
from tests.journeys.live import REPOSITORY, Live, wait
from tests.journeys.looking import WIDE, Look, filled_without_scripts

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]


def link_in_the_mail(live: Live, to: str, words: str) -> str:
    """Return the newest link that was mailed to an address and holds these words."""

    def found() -> str | None:
        for path in sorted(live.folder.mail.glob("*.eml"), key=lambda each: each.stat().st_mtime_ns, reverse=True):
            mail = message_from_bytes(path.read_bytes(), policy=policy.default)
            assert isinstance(mail, EmailMessage)
            body = mail.get_body(("plain",))
            link = re.search(rf"https?://\S*{words}\S+", body.get_content() if body else "")
            if mail["To"] == to and link:
                return link[0]
        return None

    return str(wait(found, 30, "The mail with the link"))


def fresh(browser: Browser, live: Live, *, scripts: bool = True) -> Page:
    """Return a page of a browser that has not been here before."""
    context = browser.new_context(java_script_enabled=scripts, viewport=WIDE)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"{live.urls['intake']}/referral/questions/name")
    return page


def name(page: Page, surname: str) -> None:
    """Answer the name page."""
    page.get_by_label("First names").fill("Sasha")
    page.get_by_label("Last name").fill(surname)
    page.get_by_role("button", name="Continue", exact=True).click()


def save(page: Page, address: str) -> None:
    """Answer the name page, and save."""
    name(page, "Savedson")
    page.get_by_role("link", name="Save and come back later").click()
    page.get_by_label("Your email address").fill(address)
    page.get_by_role("button", name="Save and send the link").click()


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_saved_form_comes_back_by_the_link_in_the_mail(
    live: Live, browser: Browser, pictures: Path | None, scripts: bool
) -> None:
    address = f"writer-{scripts}@sample.example".lower()
    page = fresh(browser, live, scripts=scripts)
    save(page, address)
    assert page.locator("h1").inner_text() == "Your referral is saved"
    other = fresh(browser, live, scripts=scripts)
    name(other, "Besideson")
    look = Look(other, pictures, "saved")
    link = link_in_the_mail(live, address, "/saved/")
    other.goto(link)
    assert "Savedson" not in other.content()
    if scripts:
        look.shown(re.sub(r"/saved/.*", "/saved/link", link))
        other.set_viewport_size(WIDE)  # type: ignore[arg-type]
    other.get_by_role("button", name="Continue with this referral").click()
    other.goto(f"{live.urls['intake']}/referral/questions/name")
    assert other.get_by_label("Last name").input_value() == "Savedson"
    if scripts:
        for path in ("/referral", "/referral/save", "/referral/saved"):
            look.at(f"{live.urls['intake']}{path}")
    other.goto(f"{live.urls['intake']}/referral")
    other.get_by_role("button", name="Go on with that referral").click()
    other.goto(f"{live.urls['intake']}/referral/questions/name")
    assert other.get_by_label("Last name").input_value() == "Besideson"
    assert look.problems == []


def test_the_form_speaks_welsh_to_its_receipt_and_in_the_mail(
    live: Live, browser: Browser, pictures: Path | None
) -> None:
    context = browser.new_context(java_script_enabled=False, viewport=WIDE)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(live.urls["intake"])
    page.get_by_role("link", name="Cymraeg").click()
    for _ in range(60):
        if REFERENCE.search(page.locator("main").inner_text()):
            break
        assert page.locator("html").get_attribute("lang") == "cy"
        for field in page.locator("main [name='referrer.email']").all():
            field.fill("cymraeg@sample.example")
        filled_without_scripts(page)
    assert page.locator("h1").inner_text().startswith("Atgyfeiriad wedi’i dderbyn")

    def receipt() -> bool:
        mails = [path.read_bytes() for path in live.folder.mail.glob("*.eml")]
        return any(b"cymraeg@sample.example" in mail and b"Eich atgyfeiriad" in mail for mail in mails)

    wait(receipt, 30, "The receipt in Welsh")
    scripted = browser.new_context(viewport=WIDE).new_page()  # type: ignore[arg-type]
    look = Look(scripted, pictures, "welsh")
    scripted.goto(f"{live.urls['intake']}/?lang=cy")
    for path in ("/", "/referral", "/referral/questions/disability", "/referral/questions/addresses"):
        look.at(f"{live.urls['intake']}{path}")
    assert look.problems == []


def test_names_are_suggested_and_what_follows_a_yes_appears(
    live: Live, browser: Browser, pictures: Path | None
) -> None:
    page = fresh(browser, live)
    look = Look(page, pictures, "suggested")
    page.goto(f"{live.urls['intake']}/referral/questions/education")
    field = page.get_by_label("Current school, college or university")
    field.press_sequentially("Sample")
    option = page.get_by_role("option", name="Sample Grammar School")
    option.wait_for()
    look.shown(page.url)
    page.set_viewport_size(WIDE)  # type: ignore[arg-type]
    for _ in range(2):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    chosen = field.input_value()
    assert chosen.startswith("Sample")
    page.get_by_label("Previous school, college or university").fill("A school of no list")
    page.get_by_role("button", name="Continue", exact=True).click()
    page.goto(f"{live.urls['intake']}/referral/questions/education")
    assert field.input_value() == chosen
    assert page.get_by_label("Previous school, college or university").input_value() == "A school of no list"
    page.goto(f"{live.urls['intake']}/referral/questions/disability")
    assert not page.get_by_label("Describe the disability").is_visible()
    page.get_by_label("Yes", exact=True).first.check()
    assert page.get_by_label("Describe the disability").is_visible()
    look.shown(page.url)
    page.goto(f"{live.urls['intake']}/referral/questions/district")
    page.get_by_label("In which district").fill("Chatham")
    page.get_by_role("button", name="Continue", exact=True).click()
    page.goto(f"{live.urls['intake']}/referral/questions/district")
    assert page.get_by_label("In which district").input_value() == "Chatham"
    assert look.problems == []


def test_a_referrer_sees_how_far_it_has_got_by_the_link_in_the_mail(
    live: Live, browser: Browser, pictures: Path | None
) -> None:
    address = "asking@sample.example"
    reference = referred(live, address)
    page = fresh(browser, live)
    look = Look(page, pictures, "progress")
    page.goto(f"{live.urls['intake']}/progress")
    page.get_by_label("Reference of the referral").fill(reference)
    page.get_by_label("Email address that you gave").fill(address)
    page.get_by_role("button", name="Send me the link").click()
    page.goto(link_in_the_mail(live, address, "/progress/"))
    page.get_by_role("button", name="Show the progress").click()
    assert "We have received your referral" in page.locator("main").inner_text()
    look.shown(page.url)
    page.set_viewport_size(WIDE)  # type: ignore[arg-type]
    page.get_by_label("What do you want to add").fill("SYNTHETIC: I was told more today.")
    page.get_by_role("radio", name="No").check()
    page.get_by_role("button", name="Send what I have added").click()
    assert "has been sent to everybody" in page.locator("main").inner_text()
    held = "SELECT 1 FROM referral WHERE reference = $1 AND version = 2"
    wait(lambda: live.of("intake", held, reference), 30, "The addition")
    assert look.problems == []


def referred(live: Live, address: str) -> str:
    """Make a referral without scripts as somebody with this address; return its reference."""
    fields = json.loads((REPOSITORY / "samples" / "web" / "girl-of-twelve-medway.json").read_text())["fields"]
    with TemporaryDirectory() as folder:
        path = Path(folder) / "sample.json"
        path.write_text(json.dumps({"fields": fields | {"referrer.email": address}}))
        return send_by_form(path, live.doors).reference
