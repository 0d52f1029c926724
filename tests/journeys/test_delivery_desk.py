"""The delivery desk's day in a real browser: a server refuses, a mail comes back late, and some is not to be sent."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.journeys.channel_care import moved
from tests.journeys.live import Live, wait
from tests.journeys.looking import Look
from tests.journeys.mail_server import MailServer, started_with_mail_server
from tests.journeys.mails import link_in
from tests.journeys.officers import As, By, filled, pressed, reloaded_until, shown
from tests.journeys.steps import referred
from tests.journeys.world import DESK

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

SECOND_AT_DESK = "devi.desk@kent-police.example"
MEDWAY_TEAM, OUT_OF_HOURS = (f"{who}@medway-council.example" for who in ("first-response", "out-of-hours"))
KENT_TEAM, KENT_AT_NIGHT = (f"{who}@kent-council.example" for who in ("central-referral-unit", "out-of-hours"))
NO_MAILBOX, NOT_NOW = "550 5.1.1 No such mailbox", "451 4.3.0 Try again later"
IN_DANGER = {"concerns": {"immediate_danger": True}}


class Post(NamedTuple):
    """A system and the mail server that its notices leave by."""

    live: Live
    server: MailServer


@pytest.fixture(scope="module")
def post(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Post]:
    """A system of its own, whose mails go to a server that refuses what it is told to."""
    with started_with_mail_server(tmp_path_factory.mktemp("desk")) as (live, server):
        yield Post(live, server)


@pytest.fixture(scope="module")
def live(post: Post) -> Live:
    """The system whose mails these are."""
    return post.live


def concern_notice(live: Live, reference: str, state: str) -> str:
    """Return the page of the notice that tells a front door of a concern, once it stands there."""
    query = "SELECT id FROM notice WHERE reference = $1 AND kind = 'concern-received' AND state = $2"
    (row,) = wait(lambda: live.of("notify", query, reference, state), 60, f"A notice that is {state}")
    return f"/notices/{row['id']}"


def test_what_a_server_refused_is_sent_again_with_a_reason_and_what_comes_back_late_is_told(
    post: Post, by: By, pictures: Path | None
) -> None:
    live, server = post
    server.refuses[MEDWAY_TEAM] = NO_MAILBOX
    reference = referred(live, district="Medway")
    notice = concern_notice(live, reference, "undeliverable")
    with by(DESK, "notify") as keys:
        page = keys.page
        look = Look(page, pictures, "desk")
        keys.page.goto(f"{live.urls['notify']}/desk")
        assert "could not be delivered" in shown(page)
        look.shown("//x/desk")
        keys.to("Search")
        page.keyboard.press("Enter")
        keys.typed("reference", reference.lower())
        keys.enter(r"\sSearch\s*$")
        assert reference in shown(page)
        look.shown("//x/desk-search")
        keys.enter(rf"^\s*{reference}\s*: Safeguarding concern")
        assert page.url.endswith(notice)
        assert "Could not be delivered" in shown(page)
        assert "550" in shown(page)
        look.shown("//x/notice-refused")
        keys.enter("Everything that Medway First Response was told")
        assert "Could not be delivered" in shown(page)
        look.shown("//x/recipient")
        page.goto(f"{live.urls['notify']}{notice}")
        del server.refuses[MEDWAY_TEAM]
        keys.refused(r"\sSend again\s*$")
        page.keyboard.press("Shift+Tab")
        keys.chosen("reason", "server-mended")
        keys.enter(r"\sSend again\s*$")
        envelope, text = server.newest(MEDWAY_TEAM, reference)
        reloaded_until(page, "Exactly what was sent")
        assert link_in(text, "/concern-links/") not in shown(page)
        assert "(the link, which is kept nowhere)" in shown(page)
        look.shown("//x/notice-sent")

        server.sends_back(envelope)
        reloaded_until(page, "It was called sent and came back")
        assert "Could not be delivered" in shown(page)
        assert "SHA-256" in shown(page)
        look.shown("//x/notice-came-back")
    assert look.problems == []


def test_in_immediate_danger_two_people_agree_that_a_notice_is_held_back(
    post: Post, as_: As, pictures: Path | None
) -> None:
    live, server = post
    server.refuses |= dict.fromkeys((KENT_TEAM, KENT_AT_NIGHT), NOT_NOW)
    reference = referred(live, district="Ashford", of=IN_DANGER)
    notice = concern_notice(live, reference, "failed")
    with as_(DESK, notice, "notify") as page:
        look = Look(page, pictures, "desk")
        look.shown("//x/notice-failed")
        pressed(page, "Ask to hold it back")
        assert "Select why it is not to be sent" in shown(page)
        stale = page.context.new_page()
        stale.goto(f"{live.urls['notify']}{notice}")
        filled(page, why_not="told-otherwise")
        pressed(page, "Ask to hold it back")
        assert "it is sent until another person confirms" in shown(page)
        assert page.get_by_role("button", name="Confirm").count() == 0, "Nobody confirms their own wish."
        filled(stale, why_not="told-otherwise")
        pressed(stale, "Ask to hold it back")
        assert "another person of the desk must confirm. It is still sent." in shown(stale)
        assert stale.locator("h1").inner_text() == "Notice: Safeguarding concern", "Who is refused stays on the page."
        Look(stale, pictures, "desk").shown("//x/second-word-needed")
        with as_(SECOND_AT_DESK, notice, "notify") as other:
            filled(other, why_not="told-otherwise")
            pressed(other, "Confirm")
            assert "Two people of the desk agreed" in shown(other)
            Look(other, pictures, "desk").shown("//x/notice-held")
        page.goto(f"{live.urls['notify']}{notice}")
        assert "Not to be sent" in shown(page)
        assert look.problems == []
    for address in (KENT_TEAM, KENT_AT_NIGHT):
        del server.refuses[address]
    later = referred(live, district="Ashford")
    server.newest(KENT_TEAM, later)
    assert server.mails(KENT_TEAM, reference) == server.mails(KENT_AT_NIGHT, reference) == []


def test_what_waits_and_what_nobody_acknowledges_is_seen_by_its_age(post: Post, as_: As, pictures: Path | None) -> None:
    live, server = post
    server.refuses |= dict.fromkeys((MEDWAY_TEAM, OUT_OF_HOURS), NOT_NOW)
    elsewhere = referred(live, district="Ashford")
    server.newest(KENT_TEAM, elsewhere)
    older = referred(live, district="Medway")
    urgent = referred(live, district="Medway", of=IN_DANGER)
    for reference in (older, urgent):
        concern_notice(live, reference, "failed")
    moved(live, "+3hours")
    with as_(DESK, "/desk/queue", "notify") as page:
        look = Look(page, pictures, "desk")
        wait(lambda: page.reload() and "3 hours" in shown(page), 60, "The age of what waits")
        assert page.get_by_role("row").filter(has_text="mail").count() == 2, shown(page)
        look.shown("//x/queue")
        page.goto(f"{live.urls['notify']}/unacknowledged")
        row = page.get_by_role("row").filter(has_text=urgent)
        wait(lambda: page.reload() and "Nobody answers: ring them" in row.inner_text(), 60, "The red line")
        lines = [row.inner_text() for row in page.get_by_role("row").all()]
        places = [next(at for at, line in enumerate(lines) if each in line) for each in (urgent, older)]
        assert places == sorted(places), lines
        look.shown("//x/unacknowledged")
        filled(page, team="medway-front-door")
        pressed(page, "Show")
        assert urgent in shown(page)
        assert "Kent Central Referral Unit" not in page.get_by_role("table").inner_text()
        assert look.problems == []
    for address in (MEDWAY_TEAM, OUT_OF_HOURS):
        del server.refuses[address]
