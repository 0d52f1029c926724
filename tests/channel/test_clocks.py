"""Clocks of cases: changed by people with a reason, told to people by name, and listed by what is due."""

import asyncio
import re
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

import areas
from chassis.actor import Actor
from chassis.deadlines import Change, Told, Wanted
from chassis.ticking import WHOLE, ClockKey
from services.channel import jobs, queries
from services.channel.domain import ChangedMeanwhile, ClockName, Command, NotOffered, NotRecorded, Practice
from services.channel.operations import Act, change_clock, erase_subject
from services.channel.settings import practice as practice_of
from tests.channel.builders import AREA, CORA, NOW, VERSION, GivenPractices, passed, practice, rows
from tests.channel.conftest import Console, Team, hidden
from tests.channel.owing_made import DUE, keep, owing

REFERENCE = "KM-7F3K-92QM"
ONE = f"/cases/{REFERENCE}"
WHY = "The school answers after half term."


def kent(now: datetime = NOW) -> Practice:
    """Return the practice that ships for Kent and Medway."""
    area = areas.load(None).version(AREA, VERSION)
    assert area
    return practice_of(area, "Thanet", now)


def told(**given: Any) -> Practice:
    """Return practice in which two people are told: at once, and two days after a clock ran out."""
    people = tuple(
        Told(name, "Sample Council", lambda ran_out, days=days: ran_out + timedelta(days=days))  # type: ignore[misc]
        for name, days in (("Sita Synthetic", 0), ("Hedda Synthetic", 2))
    )
    return practice(told=people, **given)


async def clock(team: Team, name: str = ClockName.ANSWER) -> Any:
    return (await rows(team.runtime, "SELECT * FROM clock WHERE name = :name", name=name))[0]


async def change(team: Team, subject: UUID, wanted: Wanted, now: datetime = NOW, expected: int | None = None) -> None:
    async with team.runtime.database.transaction(CORA) as session:
        act = Act(Command(wanted.command), now, expected=expected)
        await change_clock(session, ClockKey(subject, ClockName.ANSWER, WHOLE), act, wanted, kent(now))


async def escalate(team: Team, now: datetime, local: Practice) -> None:
    """Run the job with this practice."""
    await jobs.escalations(replace(team.runtime, clients=GivenPractices(local)), now)


async def telling(team: Team) -> list[int]:
    """Return the steps of everybody who was told, in the order of telling."""
    announced = (await team.announced()).get("channel.case-clock-escalated.v1", [])
    return [event.step for event in announced]  # type: ignore[attr-defined]


class TestChanging:
    async def test_more_time_is_the_areas_once_more_or_until_a_day_and_the_reason_stays(self, team: Team) -> None:
        subject = await team.open()
        before = (await clock(team))["due_at"]
        await change(team, subject, Wanted(Change.EXTEND, words=WHY))
        after = await clock(team)
        assert (after["due_at"] > before, after["times_extended"], after["alarmed_at"]) == (True, 1, None)
        await change(team, subject, Wanted(Change.EXTEND, until=date(2027, 1, 8), words=WHY))
        assert (await clock(team))["due_at"].date() == date(2027, 1, 8)
        async with team.runtime.database.transaction(CORA) as session:
            notes = [entry.note for entry in await queries.timeline(session, subject)]
        assert sum(WHY in note for note in notes) == 2

    @pytest.mark.parametrize(
        ("wanted", "field"),
        [
            (Wanted(Change.EXTEND), "rationale"),
            (Wanted(Change.EXTEND, until=date(2026, 1, 1), words=WHY), "until"),
            (Wanted(Change.PAUSE, words=WHY), "reason"),
            (Wanted(Change.PAUSE, pause="person-away"), "rationale"),
        ],
    )
    async def test_asks_for_what_is_missing(self, team: Team, wanted: Wanted, field: str) -> None:
        with pytest.raises(NotRecorded) as refusal:
            await change(team, await team.open(), wanted)
        assert refusal.value.field == field

    async def test_a_paused_clock_alarms_nobody_and_runs_out_later_by_as_long(self, team: Team) -> None:
        subject = await team.open()
        before = (await clock(team))["due_at"]
        await change(team, subject, Wanted(Change.PAUSE, pause="person-away", words=WHY))
        await jobs.deadlines(team.runtime, NOW + timedelta(days=60))
        assert (await clock(team))["alarmed_at"] is None
        with pytest.raises(NotOffered, match="paused"):
            await change(team, subject, Wanted(Change.EXTEND, words=WHY))
        # From Wednesday to Wednesday: five working days.
        await change(team, subject, Wanted(Change.RESUME), NOW + timedelta(days=7))
        assert (await clock(team))["due_at"] == before + timedelta(days=7)

    async def test_two_people_do_not_change_it_over_each_other(self, team: Team) -> None:
        subject = await team.open()
        await change(team, subject, Wanted(Change.EXTEND, words=WHY), expected=1)
        with pytest.raises(ChangedMeanwhile):
            await change(team, subject, Wanted(Change.EXTEND, words=WHY), expected=1)


class TestEscalating:
    async def test_tells_the_named_people_in_order_and_once_each(self, team: Team) -> None:
        await team.open()
        due_at = (await clock(team))["due_at"]
        for after in (timedelta(minutes=-1), timedelta(minutes=1), timedelta(minutes=2)):
            await escalate(team, due_at + after, told())
        assert await telling(team) == [1]
        await escalate(team, due_at + timedelta(days=60), told())
        assert await telling(team) == [1, 2]
        assert (await clock(team))["escalate_at"] is None

    async def test_names_whose_answer_ran_out_and_no_name_that_was_typed(self, team: Team) -> None:
        subject = await team.open()
        typed = owing(owner="Hawthorn School", recipient="", address="head@school.example")
        for each in (owing(), typed):
            await keep(team, subject, each)
        await escalate(team, DUE + timedelta(hours=1), told())
        async with team.runtime.database.transaction(CORA) as session:
            notes = [each.note for each in await queries.timeline(session, subject)]
        ran_out = sorted(note.partition(" ran out on ")[0] for note in notes if "Information request" in note)
        assert ran_out == [
            "Information request (Sample Health Trust)",
            "Information request (Somebody named in the case)",
        ]

    async def test_catches_up_after_skipped_days_and_tells_once_where_two_jobs_run(self, team: Team) -> None:
        await team.open()
        late = (await clock(team))["due_at"] + timedelta(days=5)
        await asyncio.gather(*(escalate(team, late, told()) for _ in range(4)))
        assert sorted(await telling(team)) == [1, 2]

    async def test_tells_nobody_of_a_clock_that_was_stopped(self, team: Team) -> None:
        subject = await team.open()
        await team.act(subject, Command.RETURN, reason="No chronology.")
        await escalate(team, NOW + timedelta(days=60), told())
        assert await telling(team) == []


class TestPage:
    async def test_extends_a_clock_and_shows_it_on_the_case(self, console: Console) -> None:
        console.team.practices.given = kent()
        await console.team.open()
        client = await console.signed_in(CORA)
        path = f"{ONE}/clocks/extend-clock?clock=answer&about={WHOLE}"
        page = await client.get(path)
        assert "area’s time once more" in page.text
        sent = {name: hidden(page, name) for name in ("csrf_token", "row_version", "clock", "about")}
        refused = await client.post(path, data=sent)
        assert (refused.status_code, "Say why the clock is extended" in refused.text) == (422, True)
        done = await client.post(path, data={**sent, "rationale": WHY})
        assert (done.status_code, done.headers["location"]) == (303, ONE)
        assert "extended once" in (await client.get(ONE)).text

    async def test_of_what_is_owed_stands_once_where_its_owner_does(self, console: Console) -> None:
        subject = await console.team.open()
        kept = await keep(console.team, subject, owing())
        client = await console.signed_in(CORA)
        for command, words in (("pause-clock", "Clock paused"), ("resume-clock", "Asked")):
            page = (await client.get(ONE)).text
            (way,) = re.findall(rf'href="([^"]+{command}[^"]+about={kept})"', page)
            part = page.partition('id="owed"')[2].partition('id="clocks"')[0]
            assert way in part
            assert part.count("Sample Health Trust</strong>") == page.count("Sample Health Trust</strong>") == 1
            assert "Information request" not in page.partition('id="clocks"')[2].partition('id="standing"')[0]
            opened = await client.get(way.replace("&amp;", "&"))
            sent = {name: hidden(opened, name) for name in ("csrf_token", "row_version", "clock", "about")}
            why = {"reason": "waiting-for-a-partner", "rationale": WHY}
            assert (await client.post(way.replace("&amp;", "&"), data={**sent, **why})).status_code == 303
            shown = (await client.get(ONE)).text.partition('id="owed"')[2].partition('id="clocks"')[0]
            assert words in shown

    @pytest.mark.parametrize("query", ["clock=answer", f"clock=nonsense&about={WHOLE}", f"clock=panel&about={WHOLE}"])
    async def test_an_address_that_was_typed_by_hand_names_no_clock(self, console: Console, query: str) -> None:
        await console.team.open()
        page = await (await console.signed_in(CORA)).get(f"{ONE}/clocks/extend-clock?{query}")
        assert page.status_code == 404

    async def test_what_was_written_is_kept_and_offered_again(self, console: Console) -> None:
        console.team.practices.given = kent()
        await console.team.open()
        client = await console.signed_in(CORA)
        path = f"{ONE}/clocks/pause-clock?clock=answer&about={WHOLE}"
        page = await client.get(path)
        sent = {name: hidden(page, name) for name in ("csrf_token", "row_version", "clock", "about")}
        assert (await client.post(path, data={**sent, "rationale": "An hour's words."})).status_code == 422
        nothing = (await client.post(path, data=sent)).text
        assert ('href="#reason"' in nothing, 'href="#rationale"' in nothing) == (True, True)
        kept = await rows(console.team.runtime, "SELECT sealed_words FROM begun_work")
        assert b"hour" not in kept[0]["sealed_words"]
        assert "An hour&#39;s words." in (await client.get(f"{path}&go-on=1")).text
        assert "Let a clock stand still, KM-7F3K-92QM" in (await client.get("/work")).text
        await client.post(path, data={**sent, "reason": "person-away", "rationale": "An hour's words."})
        assert await rows(console.team.runtime, "SELECT 1 AS one FROM begun_work") == []

    async def test_words_begun_go_with_the_person(self, console: Console) -> None:
        subject = await console.team.open()
        client = await console.signed_in(CORA)
        page = await client.get(f"{ONE}/actions/return")
        sent = {name: hidden(page, name) for name in ("csrf_token", "row_version")}
        await client.post(f"{ONE}/actions/return?keep=1", data={**sent, "reason": "Half a sentence"})
        assert await rows(console.team.runtime, "SELECT 1 AS one FROM begun_work")
        async with console.team.runtime.database.transaction(Actor.service("channel")) as session:
            await erase_subject(session, subject)
        assert await rows(console.team.runtime, "SELECT 1 AS one FROM begun_work") == []


class TestDue:
    async def test_lists_what_is_overdue_and_what_runs_out_soon(self, console: Console) -> None:
        await console.team.open(passed(reference="KM-8G4M-23RN"))
        soon = (await clock(console.team))["due_at"]
        async with console.team.runtime.database.transaction(CORA) as session:
            assert [line.name for line in await queries.clocks_until(session, soon + timedelta(seconds=1))] == [
                "answer"
            ]
            assert await queries.clocks_until(session, soon - timedelta(seconds=1)) == ()
        client = await console.signed_in(CORA)
        for query in ("", "?within=3", "?within=10", "?within=nonsense", "?after=nonsense"):
            assert (await client.get(f"/due{query}")).status_code == 200
