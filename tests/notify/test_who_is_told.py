"""Who is told: the page says for every moment whom the sending itself would reach."""

import html
import re
from datetime import datetime
from pathlib import Path
from uuid import uuid4

import pytest

import areas
from chassis.clock import LONDON
from services.notify import jobs
from services.notify.clients import SmtpClient, SmtpServer
from tests.areas.test_reaching import BY_AGE, written
from tests.notify.conftest import MailServer, NotifyOf, Site
from tests.notify.made import DESK, KENT_WORKER, concern, duty_page, handle

MONDAY_NOON = "area=kent-and-medway&on-day=23&on-month=11&on-year=2026&at=12:00"
SUNDAY_NIGHT = "area=kent-and-medway&on-day=22&on-month=11&on-year=2026&at=23:30"


async def shown(site: Site, query: str) -> str:
    await site.sign_in(DESK)
    answer = await site.get(f"/who-is-told?{query}")
    assert answer.status_code == 200
    return " ".join(re.sub("<[^>]+>", " ", answer.text.partition("<main")[2]).split())


@pytest.mark.parametrize(
    ("query", "at"),
    [
        (MONDAY_NOON, datetime(2026, 11, 23, 12, tzinfo=LONDON)),
        (SUNDAY_NIGHT, datetime(2026, 11, 22, 23, 30, tzinfo=LONDON)),
    ],
)
async def test_says_what_the_sending_does(
    site: Site, notify_of: NotifyOf, mail_server: MailServer, query: str, at: datetime
) -> None:
    """The same moment, shown and sent: in immediate danger the front door and the duty officer."""
    notify = await notify_of(SmtpClient(SmtpServer("127.0.0.1", mail_server.port, "never")))
    text = await shown(site, query)
    for event in (concern(), concern(immediate_danger=True), duty_page()):
        await handle(notify, event, subject=uuid4())
    await jobs.send_due(notify, at)
    mailed = [str(message["To"]) for message in mail_server.messages()]
    assert len(mailed) == 3
    assert not [each for each in mailed if each not in text]
    row = text.partition("Kent Central Referral Unit")[2]
    routine, urgent = re.findall(r"(\S+@kent-council\.example)", row)[:2]
    assert {routine, urgent} == {each for each in mailed if each.endswith("@kent-council.example")}


class TestPage:
    async def test_shows_front_doors_by_place_and_age_and_who_is_on_call(self, site: Site) -> None:
        text = await shown(site, MONDAY_NOON)
        assert "Kent Central Referral Unit" in text
        assert "Medway First Response" in text
        assert "A working day." in text
        assert "duty-day@ctpse.example" in text
        night = await shown(site, SUNDAY_NIGHT)
        assert "Not a working day." in night
        assert "duty-day@ctpse.example" not in night

    async def test_says_of_each_door_for_which_ages_it_answers(self, site: Site, tmp_path: Path) -> None:
        written(tmp_path, BY_AGE)
        site.runtime.areas = areas.load(tmp_path)
        doors = (await shown(site, MONDAY_NOON)).partition("What is known of the person")[2]
        for door, ages in (
            ("Medway Adults' Front Door Medway Council", "adults"),
            ("Medway First Response Medway Council", "children"),
            ("Kent Central Referral Unit Kent County Council", "everyone"),
        ):
            assert f"{door} {ages} " in html.unescape(doors)

    async def test_names_those_told_in_turn_and_those_outside(self, site: Site) -> None:
        text = await shown(site, MONDAY_NOON)
        for each in ("gateway-supervisor@ctpse.example", "information@education-kent.example", "Not told", "Told: “"):
            assert each in text

    async def test_says_by_when_a_door_acknowledges_and_who_is_told_then_and_by_which_way(self, site: Site) -> None:
        text = await shown(site, MONDAY_NOON)
        clocks = text.partition("Then told in turn")[2]
        ordinary, _, danger = clocks.partition("Immediate danger")
        assert "by 24 November 2026 at 5:00pm" in ordinary
        assert "1. Sample Frontdoormanager" in ordinary
        assert "within 60 minutes" in danger
        first, second = re.findall(r"after (\d+) minutes, at \S+ by mail", danger)[:2]
        assert (first, second) == ("60", "120")

    async def test_says_where_it_goes_while_a_door_is_open_and_while_it_is_closed(self, site: Site) -> None:
        for moment in (MONDAY_NOON, SUNDAY_NIGHT):
            text = (await shown(site, moment)).partition("While it is")[2].partition("By when it acknowledges")[0]
            open_row, closed_row = text.partition("Kent Central Referral Unit closed")[::2]
            assert "Kent Central Referral Unit open" in open_row
            assert "out-of-hours@kent-council.example" not in open_row
            assert "out-of-hours@kent-council.example by mail" in closed_row.partition("Medway")[0]

    async def test_names_the_ways_of_each_duty_officer(self, site: Site) -> None:
        text = await shown(site, MONDAY_NOON)
        assert re.search(r"is called in the duty hours, by mail\..*is called at all other hours, by mail\.", text)

    async def test_without_a_moment_it_is_now(self, site: Site) -> None:
        assert "Kent Central Referral Unit" in await shown(site, "")
        assert re.search(r'name="at"[^>]*value="[0-9]{2}:[0-9]{2}"', (await site.get("/who-is-told")).text)

    @pytest.mark.parametrize(
        ("query", "sentence"),
        [
            ("on-day=31&on-month=2&on-year=2026", "Day must be a real date, such as 27 3 2026"),
            ("at=25:99", "Enter the time as hours and minutes, such as 17:30"),
        ],
    )
    async def test_says_what_is_wrong_and_keeps_what_was_typed(self, site: Site, query: str, sentence: str) -> None:
        await site.sign_in(DESK)
        answer = await site.get(f"/who-is-told?{query}")
        assert answer.status_code == 422
        assert sentence in answer.text
        assert f'value="{query.partition("=")[2].partition("&")[0]}"' in answer.text

    async def test_is_not_for_a_front_door(self, site: Site) -> None:
        await site.sign_in(KENT_WORKER)
        assert (await site.get("/who-is-told")).status_code == 403
