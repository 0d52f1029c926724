"""The pages about clocks: changing one, and what runs out by a day."""

import re
from datetime import timedelta

import httpx2
import pytest
from sqlalchemy import text

from chassis import clock
from chassis.actor import Actor
from contracts.vocabulary import Role
from services.triage.domain import ClockName, Command, Record
from services.triage.operations import Act, decide_referral, extend_clock
from services.triage.operations.clocks import WHOLE
from services.triage.queries import ClockKey
from tests.triage.builders import CLOSURE, GATEWAY, IMU, NOW, officer, practice, received, rows
from tests.triage.conftest import Console, hidden, send

ONE = "/referrals/KM-7F3K-92QM"
ASSESSMENT = f"clock=assessment&about={WHOLE}"
WHY = "The school answers after half term."


def address(command: str, clock_of: str = ASSESSMENT) -> str:
    return f"{ONE}/clocks/{command}?{clock_of}"


def text_of(page: httpx2.Response) -> str:
    """Return the page's text without its markup."""
    return " ".join(re.sub(r"<[^>]+>", " ", page.text).split())


async def change(client: httpx2.AsyncClient, command: str, **fields: str) -> httpx2.Response:
    """Send the form as a browser does."""
    return await send(client, address(command), clock="assessment", about=str(WHOLE), **fields)


async def of_clock(console: Console, column: str) -> object:
    found = await rows(console.desk.runtime, "SELECT * FROM clock WHERE name = 'assessment'")
    return found[0][column]


async def due_tomorrow(console: Console) -> None:
    """Let every clock run out a day from now, whatever the day is."""
    async with console.desk.runtime.database.transaction(Actor.service("triage")) as session:
        await session.execute(text("UPDATE clock SET due_at = :due"), {"due": clock.now() + timedelta(days=1)})


class TestChanging:
    async def test_is_for_the_two_police_teams(self, console: Console) -> None:
        await console.desk.open()
        for path in (address("extend-clock"), "/forecast"):
            assert (await console.client.get(path)).status_code == 303
        board = await console.signed_in(officer(Role.BOARD_MEMBER))
        for path in (address("extend-clock"), "/forecast"):
            assert (await board.get(path)).status_code == 403
        for actor in (GATEWAY, IMU, officer(Role.GATEWAY_SUPERVISOR)):
            client = await console.signed_in(actor)
            for path in (address("extend-clock"), address("pause-clock"), "/forecast"):
                page = await client.get(path)
                assert (page.status_code, page.text.count("<h1"), " style=" in page.text) == (200, 1, False)

    async def test_a_clock_is_extended_from_the_referrals_page(self, console: Console) -> None:
        await console.desk.open()
        client = await console.signed_in(GATEWAY)
        page = await client.get(ONE)
        assert f'href="{ONE}/clocks/extend-clock?clock=assessment&amp;about={WHOLE}"' in page.text
        done = await change(client, "extend-clock", rationale=WHY)
        assert (done.status_code, done.headers["location"]) == (303, ONE)
        shown = text_of(await client.get(ONE))
        assert "A clock was extended: assessment." in shown
        assert ", extended once" in shown
        assert WHY in shown

    async def test_says_what_is_missing_and_keeps_what_was_typed(self, console: Console) -> None:
        await console.desk.open()
        client = await console.signed_in(GATEWAY)
        empty = await change(client, "extend-clock")
        assert (empty.status_code, "Say why the clock is extended" in text_of(empty)) == (422, True)
        past = {"until-day": "1", "until-month": "2", "until-year": "2020"}
        wrong = await change(client, "extend-clock", rationale=WHY, **past)
        assert wrong.status_code == 422
        assert "The day must be later than when the clock runs out now, and in the future" in text_of(wrong)
        assert 'href="#until-day"' in wrong.text
        assert WHY in wrong.text
        assert 'value="2020"' in wrong.text
        unreal = await change(client, "extend-clock", rationale=WHY, **{**past, "until-month": "13"})
        assert (unreal.status_code, "Day must be a real date" in text_of(unreal)) == (422, True)
        why = await change(client, "pause-clock", rationale=WHY)
        assert (why.status_code, "Choose why it stands still" in text_of(why), WHY in why.text) == (422, True, True)
        assert await of_clock(console, "times_extended") == 0

    async def test_a_clock_is_paused_and_runs_on(self, console: Console) -> None:
        await console.desk.open()
        client = await console.signed_in(IMU)
        done = await change(client, "pause-clock", reason="waiting-for-a-partner", rationale=WHY)
        assert done.status_code == 303
        shown = text_of(await client.get(ONE))
        assert "(waiting for a partner)" in shown
        assert "Waiting for a partner or another authority. " + WHY in shown
        again = await client.get(address("extend-clock"))
        assert "This clock is paused: let it run on first, then extend it." in text_of(again)
        assert "Extend the clock" not in text_of(again)
        done = await change(client, "resume-clock")
        assert done.status_code == 303
        assert "A clock runs on: assessment." in text_of(await client.get(ONE))
        assert await of_clock(console, "paused_at") is None

    async def test_says_why_immediate_danger_is_not_put_off(self, console: Console) -> None:
        await console.desk.open(received(immediate_danger=True))
        client = await console.signed_in(GATEWAY)
        assert "It can be neither extended nor paused" in text_of(await client.get(ONE))
        for command in ("extend-clock", "pause-clock"):
            page = await client.get(address(command, f"clock=immediate-danger&about={WHOLE}"))
            assert "cannot be extended or paused: a Gateway officer takes the referral" in text_of(page)
            assert "<textarea" not in page.text

    @pytest.mark.parametrize("which", ["clock=closure-review&about=x", "clock=x", "", f"clock=sign-off&about={WHOLE}"])
    async def test_a_clock_that_never_ran_is_not_there(self, console: Console, which: str) -> None:
        await console.desk.open()
        client = await console.signed_in(GATEWAY)
        page = await client.get(address("extend-clock", which))
        assert (page.status_code, "There is no such clock" in text_of(page)) == (404, True)

    async def test_a_clock_that_has_stopped_is_refused_with_a_sentence(self, console: Console) -> None:
        await console.desk.clear(await console.desk.open())
        client = await console.signed_in(GATEWAY)
        page = await client.get(address("extend-clock", f"clock=deconfliction&about={WHOLE}"))
        assert (page.status_code, "does not run any more" in text_of(page)) == (409, True)

    async def test_another_command_is_not_there(self, console: Console) -> None:
        await console.desk.open()
        client = await console.signed_in(GATEWAY)
        assert (await client.get(address("clock-escalated"))).status_code == 404

    async def test_what_changed_meanwhile_is_shown_and_the_words_are_kept(self, console: Console) -> None:
        subject = await console.desk.open()
        client = await console.signed_in(GATEWAY)
        page = await client.get(address("extend-clock"))
        sent = {name: hidden(page, name) for name in ("csrf_token", "row_version", "clock", "about")}
        other = officer(Role.GATEWAY_OFFICER, name="Olga Synthetic")
        async with console.desk.runtime.database.transaction(other) as session:
            key = ClockKey(subject, ClockName(sent["clock"]), WHOLE)
            await extend_clock(session, key, Act(Command.EXTEND, NOW, Record(rationale="First.")), practice())
        late = await client.post(address("extend-clock"), data={**sent, "rationale": WHY})
        assert late.status_code == 409
        assert "A clock was extended, by Olga Synthetic" in text_of(late)
        assert WHY in late.text
        assert await of_clock(console, "times_extended") == 1

    async def test_a_clock_that_stopped_meanwhile_keeps_the_words(self, console: Console) -> None:
        subject = await console.desk.open()
        await console.desk.clear(subject)
        client = await console.signed_in(GATEWAY)
        page = await client.get(address("extend-clock"))
        sent = {name: hidden(page, name) for name in ("csrf_token", "row_version", "clock", "about")}
        async with console.desk.runtime.database.transaction(GATEWAY) as session:
            await decide_referral(session, subject, Act(Command.CLOSE, NOW, Record(**CLOSURE)), practice())
        late = await client.post(address("extend-clock"), data={**sent, "rationale": WHY})
        assert late.status_code == 409
        assert "This clock does not run any more." in text_of(late)
        assert WHY in late.text


class TestForecast:
    async def test_names_the_day_counts_and_links(self, console: Console) -> None:
        await console.desk.open()
        await due_tomorrow(console)
        client = await console.signed_in(GATEWAY)
        day = clock.today() + timedelta(days=7)
        asked = {"until-day": day.day, "until-month": day.month, "until-year": day.year}
        page = await client.get("/forecast", params=asked)
        assert page.status_code == 200
        assert re.search(rf"<h1[^>]*>\s*2 clocks run out by {day:%A} {day.day} {day:%B %Y} if nothing moves", page.text)
        shown = text_of(page)
        assert "Deconfliction" in shown
        assert "Nobody yet" in shown
        assert f'href="{ONE}"' in page.text
        only = await client.get("/forecast", params={**asked, "clock": "assessment", "officer": "nobody"})
        assert "Only: Assessment, Nobody yet." in text_of(only)
        assert only.text.count(f'href="{ONE}"') == 1

    async def test_says_where_it_stopped_counting(self, console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
        for reference in ("KM-7F3K-92QM", "KM-8G4M-23RN"):
            await console.desk.open(received(reference=reference))
        await due_tomorrow(console)
        monkeypatch.setattr("services.triage.queries.clocks.MOST_COUNTED", 2)
        monkeypatch.setattr("services.triage.queries.MOST_COUNTED", 2)
        page = await (await console.signed_in(GATEWAY)).get("/forecast")
        assert "2 clocks or more run out by" in text_of(page)

    async def test_lists_what_is_paused_apart_with_since_when_and_why(self, console: Console) -> None:
        await console.desk.open()
        client = await console.signed_in(GATEWAY)
        await change(client, "pause-clock", reason="investigation-or-court", rationale=WHY)
        shown = text_of(await client.get("/forecast"))
        assert "The longest paused first" in shown
        assert "An investigation or a court asked us to wait." in shown
        assert WHY not in shown

    @pytest.mark.parametrize(
        ("parts", "sentence"),
        [
            (("31", "2", "2027"), "Day must be a real date"),
            (("1", "2", "2020"), "The day must be today or later, and within a year"),
            (("1", "", "2027"), "Day must include a month"),
            (("<b>", "2", "2027"), "Day must be a real date"),
        ],
    )
    async def test_says_what_is_wrong_with_a_day(
        self, console: Console, parts: tuple[str, str, str], sentence: str
    ) -> None:
        client = await console.signed_in(GATEWAY)
        names = ("until-day", "until-month", "until-year")
        page = await client.get("/forecast", params=dict(zip(names, parts, strict=True)))
        assert (page.status_code, sentence in text_of(page)) == (422, True)
        assert "No clock runs out by" in text_of(page)
        assert "<b>" not in page.text

    async def test_a_changed_mark_begins_at_the_top(self, console: Console) -> None:
        await console.desk.open()
        await due_tomorrow(console)
        client = await console.signed_in(GATEWAY)
        day = clock.today() + timedelta(days=7)
        asked = {"until-day": day.day, "until-month": day.month, "until-year": day.year}
        for mark in ("x", "2026-01-01~x~assessment~x", f"2000-01-01T00:00:00~{WHOLE}~assessment~{WHOLE}"):
            page = await client.get("/forecast", params={**asked, "after": mark})
            assert (page.status_code, "KM-7F3K-92QM" in page.text) == (200, True)
        far = f"{(clock.now() + timedelta(days=3)).isoformat()}~{WHOLE}~assessment~{WHOLE}"
        assert "KM-7F3K-92QM" not in (await client.get("/forecast", params={**asked, "after": far})).text

    async def test_stands_in_the_navigation(self, console: Console) -> None:
        client = await console.signed_in(GATEWAY)
        assert re.search(r'href="/forecast"[^>]*>\s*(<strong[^>]*>)?\s*Clocks', (await client.get("/gateway")).text)
