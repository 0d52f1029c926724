"""The queues: counts, filters and sorting that stay in the address, pages that lose no line, and what is newer."""

import re
from datetime import timedelta

import httpx2
import pytest
from sqlalchemy import text

from chassis.actor import Actor
from contracts.vocabulary import Role
from services.triage import models, queries
from services.triage.domain import Command, State
from services.triage.queries import Order, Wanted
from services.triage.web.views.queues import QUEUES, line_values
from tests.triage.builders import GATEWAY, IMU, NOW, form, officer, received, rows
from tests.triage.conftest import Console, Desk

SUPERVISOR = officer(Role.GATEWAY_SUPERVISOR, name="Sita Synthetic")


def references(page: httpx2.Response) -> list[str]:
    """Return the references of the list, in its order."""
    return re.findall(r">(KM-[0-9A-Z]{4}-[0-9A-Z]{4})</a>", page.text)


async def three(desk: Desk) -> None:
    """Receive three referrals: an old one in Thanet, one with danger in Dover, a new one nowhere."""
    old = received(reference="KM-2222-2222", received_at=NOW - timedelta(days=9), form=form(district="Thanet"))
    danger = received(reference="KM-3333-3333", immediate_danger=True, form=form(district="Dover"))
    new = received(reference="KM-4444-4444", received_at=NOW - timedelta(minutes=5), form=form(district=""))
    for event in (old, danger, new):
        await desk.open(event)


class TestFilters:
    @pytest.mark.parametrize(
        ("asked", "found"),
        [
            ({"district": "Thanet"}, ["KM-2222-2222"]),
            ({"danger": "1"}, ["KM-3333-3333"]),
            ({"officer": "nobody", "district": "Dover"}, ["KM-3333-3333"]),
            ({"officer": "mine"}, []),
            ({"restricted": "1"}, []),
            ({"state": "assessing"}, []),
            ({"area": "northmere"}, []),
            ({"state": "no such", "sort": "no such"}, ["KM-3333-3333", "KM-2222-2222", "KM-4444-4444"]),
        ],
    )
    async def test_cut_the_list(self, console: Console, asked: dict[str, str], found: list[str]) -> None:
        await three(console.desk)
        page = await (await console.signed_in(GATEWAY)).get("/gateway", params=asked)
        assert references(page) == found

    async def test_overdue_are_those_whose_next_clock_has_run_out(self, desk: Desk) -> None:
        await three(desk)
        async with desk.runtime.database.transaction(GATEWAY) as session:
            due = (await queries.queue(session, Wanted(queries.GATEWAY_STATES)))[-1].next_due_at
            for now, number in ((due, 0), (due + timedelta(seconds=1), 2)):
                lines = await queries.queue(session, Wanted(queries.GATEWAY_STATES, overdue_at=now))
                assert sum(not line.immediate_danger for line in lines) == number

    async def test_a_line_behind_whose_urgent_clock_another_has_run_out_says_so(self, desk: Desk) -> None:
        await three(desk)
        async with desk.runtime.database.transaction(Actor.service("triage")) as session:
            late = text("UPDATE clock SET due_at = :at WHERE name <> 'immediate-danger'")
            await session.execute(late, {"at": NOW - timedelta(days=1)})
            soon = text("UPDATE clock SET due_at = :at WHERE name = 'immediate-danger'")
            await session.execute(soon, {"at": NOW + timedelta(hours=1)})
        async with desk.runtime.database.transaction(GATEWAY) as session:
            danger, other, _ = await queries.queue(session, Wanted(queries.GATEWAY_STATES))
            counted = sum(each.overdue for each in await queries.queue_counts(session, queries.GATEWAY_STATES, NOW))
        shown = [line_values(line, NOW) for line in (danger, other)]
        assert [(each["overdue"], each["another"]) for each in shown] == [(True, True), (True, False)]
        assert counted == 3

    async def test_mine_is_what_i_have_taken(self, console: Console) -> None:
        await three(console.desk)
        client = await console.signed_in(GATEWAY)
        one = await client.get("/referrals/KM-2222-2222")
        fields = {name: re.search(f'name="{name}" value="([^"]*)"', one.text) for name in ("csrf_token", "row_version")}
        sent = {name: match[1] for name, match in fields.items() if match}
        # The page's first token is the sign-out form's, which is the same of one session.
        assert (await client.post("/referrals/KM-2222-2222/take", data=sent)).status_code == 303
        assert references(await client.get("/gateway", params={"officer": "mine"})) == ["KM-2222-2222"]

    async def test_stay_in_every_link(self, console: Console) -> None:
        await three(console.desk)
        client = await console.signed_in(GATEWAY)
        page = await client.get("/gateway", params={"district": "Thanet", "sort": "due"})
        sorting = re.findall(r'href="(/gateway\?[^"]*sort=[^"]*)"', page.text)
        assert sorting
        assert all("district=Thanet" in link for link in sorting)
        assert '<option value="Thanet" selected>' in page.text
        assert 'name="sort" value="due"' in page.text


class TestSorting:
    @pytest.mark.parametrize(
        ("sort", "found"),
        [
            ("", ["KM-3333-3333", "KM-2222-2222", "KM-4444-4444"]),
            ("received", ["KM-2222-2222", "KM-3333-3333", "KM-4444-4444"]),
            ("-received", ["KM-4444-4444", "KM-3333-3333", "KM-2222-2222"]),
        ],
    )
    async def test_by_the_address(self, console: Console, sort: str, found: list[str]) -> None:
        await three(console.desk)
        page = await (await console.signed_in(GATEWAY)).get("/gateway", params={"sort": sort})
        assert references(page) == found

    async def test_says_how_it_is_sorted(self, console: Console) -> None:
        await three(console.desk)
        client = await console.signed_in(GATEWAY)
        assert "aria-sort" not in (await client.get("/gateway")).text
        for sort, said in (("due", "ascending"), ("-due", "descending"), ("received", "descending")):
            page = await client.get("/gateway", params={"sort": sort})
            assert re.findall(r'aria-sort="(\w+)"', page.text) == [said]

    @pytest.mark.parametrize("order", list(Order))
    async def test_pages_lose_and_repeat_nothing(
        self, desk: Desk, monkeypatch: pytest.MonkeyPatch, order: Order
    ) -> None:
        monkeypatch.setattr("services.triage.queries.queues.QUEUE_PAGE", 2)
        same = NOW - timedelta(hours=1)
        for number in range(2, 9):
            event = received(reference=f"KM-{number}222-2222", received_at=same, immediate_danger=number % 3 == 0)
            await desk.open(event)
        found: list[str] = []
        async with desk.runtime.database.transaction(GATEWAY) as session:
            after = None
            while lines := await queries.queue(session, Wanted(queries.GATEWAY_STATES, order), after):
                found += [line.reference for line in lines[:2]]
                last = lines[:2][-1]
                at = last.next_due_at if order in (Order.DUE, Order.DUE_LAST) else last.received_at
                after = (last.immediate_danger, at, last.subject)
        assert sorted(found) == [f"KM-{number}222-2222" for number in range(2, 9)]


class TestNextDeadline:
    async def test_follows_every_clock(self, desk: Desk) -> None:
        subject = await desk.open()
        first = (await rows(desk.runtime, "SELECT next_due_at FROM referral"))[0]["next_due_at"]
        clocks = "SELECT min(due_at) AS due FROM clock WHERE stopped_at IS NULL AND paused_at IS NULL"
        assert first == (await rows(desk.runtime, clocks))[0]["due"]
        await desk.clear(subject)
        then = (await rows(desk.runtime, "SELECT next_due_at FROM referral"))[0]["next_due_at"]
        assert then == (await rows(desk.runtime, clocks))[0]["due"]
        assert then > first

    async def test_is_never_where_every_clock_stands_still(self, desk: Desk) -> None:
        await desk.open()
        async with desk.runtime.database.transaction(IMU) as session:
            await session.execute(models.clock.update().values(paused_at=NOW))
        assert (await rows(desk.runtime, "SELECT next_due_at FROM referral"))[0]["next_due_at"].year == 9999


class TestRestricted:
    async def test_is_left_out_for_those_who_may_not_see_it(self, console: Console) -> None:
        await console.desk.open(received(immediate_danger=True))
        async with console.desk.runtime.database.transaction(Actor.service("triage")) as session:
            await session.execute(text("UPDATE referral SET restricted = true"))
        page = await (await console.signed_in(GATEWAY)).get("/gateway")
        assert references(page) == []
        assert "<strong>0</strong> in this queue" in page.text
        page = await (await console.signed_in(SUPERVISOR)).get("/gateway")
        assert references(page) == ["KM-7F3K-92QM"]
        assert "Sample Dutyofficer" in page.text


class TestCounts:
    async def test_are_of_the_whole_queue(self, console: Console) -> None:
        await three(console.desk)
        page = await (await console.signed_in(GATEWAY)).get("/gateway", params={"district": "Thanet"})
        assert "<strong>3</strong> in this queue" in page.text
        assert "Received, waiting for deconfliction</a>: 3" in page.text

    async def test_say_how_many_answer_to_the_filters(self, console: Console) -> None:
        await three(console.desk)
        client = await console.signed_in(GATEWAY)
        assert "<strong>1</strong> answers to the filters" in (await client.get("/gateway?district=Thanet")).text
        assert "<strong>3</strong> answer to the filters" in (await client.get("/gateway?officer=nobody")).text
        assert "to the filters</p>" not in (await client.get("/gateway?sort=due")).text

    async def test_count_what_answers_beyond_the_first_page(
        self, console: Console, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("services.triage.queries.queues.QUEUE_PAGE", 1)
        monkeypatch.setattr("services.triage.queries.QUEUE_PAGE", 1)
        await three(console.desk)
        client = await console.signed_in(GATEWAY)
        assert "<strong>3</strong> answer to the filters" in (await client.get("/gateway?officer=nobody")).text


class TestViews:
    async def test_everything_that_the_gateway_answers_for_is_in_one(self, console: Console) -> None:
        subject = await console.desk.open()
        await console.desk.open(received(reference="KM-2222-2222"))
        await console.desk.clear(subject)
        await console.desk.decide(subject, Command.PLP)
        client = await console.signed_in(GATEWAY)
        first = await client.get("/gateway")
        assert references(first) == ["KM-2222-2222"]
        assert "Signposted, or led by the police</a>: 1" in first.text
        assert references(await client.get("/gateway?view=led")) == ["KM-7F3K-92QM"]
        assert sorted(references(await client.get("/gateway?view=open"))) == ["KM-2222-2222", "KM-7F3K-92QM"]
        assert references(await client.get("/gateway?view=open&officer=mine")) == ["KM-7F3K-92QM"]
        # A state leads to the view that it is in.
        led = await client.get("/gateway?state=plp")
        assert references(led) == ["KM-7F3K-92QM"]
        assert 'href="/gateway?view=led" aria-current="page"' in led.text

    def test_hold_every_state_between_them(self) -> None:
        shown = [state for _, states in QUEUES["gateway_queue"].values() for state in states]
        assert set(shown) == set(State)

    async def test_of_what_has_ended_shows_the_newest_first(self, console: Console) -> None:
        for number, days in ((2, 9), (3, 1), (4, 5)):
            at = NOW - timedelta(days=days)
            await console.desk.open(received(reference=f"KM-{number}222-2222", received_at=at))
        async with console.desk.runtime.database.transaction(Actor.service("triage")) as session:
            await session.execute(text("UPDATE referral SET state = 'closed'"))
        client = await console.signed_in(GATEWAY)
        first = await client.get("/gateway")
        assert (references(first), "Ended</a>:" in first.text) == ([], False)
        page = await client.get("/gateway?view=ended")
        assert references(page) == ["KM-3222-2222", "KM-4222-2222", "KM-2222-2222"]
        assert re.search(r"Ended</a></strong>: 3", page.text)
        for link in re.findall(r'href="(/gateway\?[^"]*sort=[^"]*)"', page.text):
            assert "view=ended" in link


class TestUnknown:
    async def test_is_said_and_not_ignored(self, console: Console) -> None:
        await three(console.desk)
        client = await console.signed_in(GATEWAY)
        asked = {"state": "no such", "sort": "up", "view": "x", "district": "Thanet"}
        page = await client.get("/gateway", params=asked)
        assert "does not know the view “x” or the state “no such” or the order “up”" in page.text
        assert references(page) == ["KM-2222-2222"]
        assert "does not know" not in (await client.get("/gateway")).text

    async def test_keeps_in_the_form_what_is_in_force(self, console: Console) -> None:
        await three(console.desk)
        page = await (await console.signed_in(GATEWAY)).get("/gateway?district=Elsewhere&officer=who-left")
        assert references(page) == []
        assert '<option value="Elsewhere" selected>' in page.text
        assert '<option value="who-left" selected>Signs in as who-left</option>' in page.text


class TestConflict:
    async def test_is_said_once_in_a_line(self, console: Console) -> None:
        subject = await console.desk.open()
        await console.desk.hold(subject, Command.CONFLICT, "Synthetic.")
        page = await (await console.signed_in(GATEWAY)).get("/gateway")
        assert "Stopped: the intelligence unit recorded a conflict</td>" in page.text
        assert "Conflict recorded" not in page.text


class TestNewer:
    async def test_says_what_is_new_and_what_others_changed(self, console: Console) -> None:
        subject = await console.desk.open()
        client = await console.signed_in(GATEWAY)
        page = await client.get("/gateway")
        address = re.search(r'data-newer="([^"]+)"', page.text)
        assert address
        link = address[1].replace("&amp;", "&")
        assert (await client.get(link)).json() == {"words": ""}
        await console.desk.open(received(reference="KM-5555-5555"))
        assert (await client.get(link)).json() == {"words": "1 new referral"}
        await console.desk.hold(subject, Command.MORE_TIME, "Another force is asked.")
        assert (await client.get(link)).json() == {"words": "1 new referral and 1 changed by others"}

    async def test_does_not_understand_what_was_changed_by_hand(self, console: Console) -> None:
        client = await console.signed_in(GATEWAY)
        for since in ("", "x", "-1", "9" * 30, "²"):
            answer = await client.get("/newer", params={"queue": "gateway_queue", "since": since})
            assert (answer.status_code, answer.json()) == (200, {"words": ""})

    @pytest.mark.parametrize(("path", "lengthened"), [("/newer?queue=gateway_queue&since=1", False), ("/work", True)])
    async def test_keeps_nobody_signed_in(self, console: Console, path: str, *, lengthened: bool) -> None:
        client = await console.signed_in(GATEWAY)
        ends = "SELECT expires_at FROM web_session"
        async with console.desk.runtime.database.transaction(Actor.service("triage")) as session:
            await session.execute(text("UPDATE web_session SET expires_at = expires_at - interval '10 minutes'"))
        before = await rows(console.desk.runtime, ends)
        assert (await client.get(path)).status_code == 200
        assert (await rows(console.desk.runtime, ends) != before) is lengthened
