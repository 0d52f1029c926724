"""The minutes of a meeting: drafted, written, approved, checked at the next meeting."""

import re
from datetime import date, datetime, time
from typing import Any

import pytest
from sqlalchemy import insert, update

from chassis.actor import Actor
from services.channel import models, operations, queries
from services.channel.domain import ChangedMeanwhile, Command
from services.channel.domain.meetings import MeetingState
from services.channel.domain.panel import MeetingNotOpen, MinutesApproved
from services.channel.operations import erase_subject
from tests.channel.builders import CORA, NOW, rows
from tests.channel.conftest import Console, Team, hidden
from tests.channel.panel_made import BELLA, PETRA, THEN, Made, made, planned, reference
from tests.channel.test_room import GROUNDS, press, refused
from tests.channel.test_views import text_of


async def held_meeting(team: Team, cases: int = 1, *, end: bool = True) -> Made:
    """Return a meeting that adopted its cases, each with a dissent, with its minutes to be written."""
    panel = await made(team, cases)
    await panel.begin()
    for number in range(cases):
        await panel.go_on(number)
        await panel.decide(number, Command.ADOPT, grounds=GROUNDS, against=["health"])
    if end:
        await panel.finish()
    return panel


def minutes_of(panel: Made) -> str:
    """Return the address of the minutes."""
    return f"/meetings/{panel.meeting_id}/minutes"


class TestMinutes:
    async def test_are_drafted_from_what_was_recorded(self, console: Console) -> None:
        panel = await held_meeting(console.team)
        client = await console.signed_in(CORA)
        for path in (minutes_of(panel), f"{minutes_of(panel)}/print"):
            page = await client.get(path)
            shown = text_of(page)
            for part in (
                f"1. {reference(0)} : new case",
                "Kent Police: Polly Synthetic",
                "The panel adopted the case",
                "The majority decided (11 for, 1 against)",
                "Too little is known.",
                GROUNDS,
                "Next meeting 13 January 2027",
            ):
                assert part in shown
            assert "Sample Synthetic" not in page.text
        reads = await rows(console.team.runtime, "SELECT 1 FROM audit_entry WHERE reason = 'minutes'")
        assert len(reads) == 2

    async def test_are_written_in_versions_and_approved(self, console: Console) -> None:
        panel = await held_meeting(console.team)
        client = await console.signed_in(BELLA)
        path = f"{minutes_of(panel)}/{panel.slots[0]}"
        assert GROUNDS in (await client.get(path)).text
        assert "Enter what the minutes say" in await refused(client, path, words=" ")
        for words in ("Adopted.", "Adopted; one dissent."):
            assert (await press(client, path, words=words)).status_code == 303
        assert "Version 2, Bella Synthetic" in text_of(await client.get(minutes_of(panel)))
        assert "Adopted." in text_of(await client.get(path))
        assert (await client.post(minutes_of(panel))).status_code == 403
        client = await console.signed_in(PETRA)
        assert (await press(client, minutes_of(panel))).status_code == 303
        assert "Petra Synthetic" in text_of(await client.get(minutes_of(panel)))
        assert "The chair has approved these minutes" in await refused(client, path, words="Something else.")

    async def test_two_who_write_do_not_overwrite_each_other(self, console: Console) -> None:
        panel = await held_meeting(console.team)
        client = await console.signed_in(BELLA)
        path = f"{minutes_of(panel)}/{panel.slots[0]}"
        page = await client.get(path)
        sent = {name: hidden(page, name) for name in ("csrf_token", "seen")}
        await panel.run(PETRA, lambda s: operations.write_minute(s, panel.slots[0], "Theirs.", 0, THEN))
        answer = await client.post(path, data={**sent, "words": "My own long words."})
        assert (answer.status_code, "My own long words." in answer.text) == (409, True)
        assert "Theirs." in answer.text

    async def test_are_approved_once_and_only_after_the_meeting(self, team: Team) -> None:
        panel = await held_meeting(team, end=False)
        with pytest.raises(MeetingNotOpen):
            await panel.run(PETRA, lambda s: operations.approve_minutes(s, panel.meeting_id, THEN))
        await panel.finish()
        await panel.run(PETRA, lambda s: operations.approve_minutes(s, panel.meeting_id, THEN))
        with pytest.raises(MinutesApproved):
            await panel.run(PETRA, lambda s: operations.approve_minutes(s, panel.meeting_id, THEN))

    async def test_a_version_that_was_not_seen_is_not_written_over(self, team: Team) -> None:
        panel = await held_meeting(team)
        await panel.run(BELLA, lambda s: operations.write_minute(s, panel.slots[0], "One.", 0, THEN))
        with pytest.raises(ChangedMeanwhile):
            await panel.run(BELLA, lambda s: operations.write_minute(s, panel.slots[0], "Two.", 0, THEN))


async def following(console: Console, panel: Made) -> str:
    """Let the meeting after this one begin, and return its id."""
    async with console.team.runtime.database.transaction(Actor.service("channel")) as session:
        table = models.meeting
        later = await queries.meeting_after(session, await queries.meeting(session, panel.meeting_id))
        assert later
        under_way = {"state": MeetingState.UNDER_WAY}
        await session.execute(update(table).where(table.c.id == later.id).values(under_way))
        third = await session.new_subject()
        await session.execute(insert(table).values(planned(third, date(2027, 2, 10))))
        slot: dict[str, Any] = {
            "id": third,
            "meeting_id": later.id,
            "subject": panel.subjects[0],
            "area": later.area,
            "kind": "review",
            "position": 1,
            "starts_at": datetime.combine(later.held_on, time(10), NOW.tzinfo),
            "minutes": 20,
            "state": "waiting",
            "not_asked": [],
            "row_version": 1,
            "added_at": NOW,
            "added_by": BELLA.name,
        }
        await session.execute(insert(models.slot).values(slot))
        panel.slots.append(third)
        return str(later.id)


class TestCheck:
    async def test_is_made_before_the_first_case_of_the_next_meeting(self, console: Console) -> None:
        panel = await held_meeting(console.team)
        later = await following(console, panel)
        slot = panel.slots[1]
        with pytest.raises(MeetingNotOpen, match="Check the minutes of the last meeting first"):
            await panel.run(BELLA, lambda s: operations.open_slot(s, slot, 1, THEN))
        client = await console.signed_in(BELLA)
        path = f"/meetings/{later}/last-minutes"
        assert "let the chair approve them first" in await refused(client, path)
        await panel.run(PETRA, lambda s: operations.approve_minutes(s, panel.meeting_id, THEN))
        correction = {f"correction-{panel.slots[0]}": "Health abstained."}
        assert (await press(client, path, **correction)).status_code == 303
        shown = text_of(await client.get(minutes_of(panel)))
        assert "Health abstained." in shown
        assert re.search("Checked Bella Synthetic, [^,]+, in the meeting of 13 January 2027", shown)
        assert "by Bella Synthetic, in the meeting of 13 January 2027: Health abstained." in shown
        await panel.run(BELLA, lambda s: operations.open_slot(s, slot, 1, THEN))

    async def test_keeps_what_is_written_of_each_case_under_its_own_key(self, console: Console) -> None:
        panel = await held_meeting(console.team, 2)
        path = f"/meetings/{await following(console, panel)}/last-minutes"
        await panel.run(PETRA, lambda s: operations.approve_minutes(s, panel.meeting_id, THEN))
        client = await console.signed_in(BELLA)
        page = await client.get(path)
        assert f'data-kept="{path}?keep=1"' in page.text
        first, second = (f"correction-{each}" for each in panel.slots[:2])
        sent = {"csrf_token": hidden(page, "csrf_token"), first: "Health abstained.", second: "The date is wrong."}
        assert (await client.post(f"{path}?keep=1", data=sent)).status_code == 200
        kept = "SELECT subject, sealed_words FROM begun_work"
        found = await rows(console.team.runtime, kept)
        assert {each["subject"] for each in found} == set(panel.subjects[:2])
        both = (await client.get(f"{path}?go-on=1")).text
        assert all(words in both for words in ("Health abstained.", "The date is wrong."))
        assert (await client.post(f"{path}?keep=1", data={**sent, second: ""})).status_code == 200
        async with console.team.runtime.database.transaction(BELLA) as session:
            words = await session.unseal_text(
                panel.subjects[0], (await rows(console.team.runtime, kept))[0]["sealed_words"]
            )
        assert "Health" in words
        assert "date" not in words
        assert "You began this on" in (await client.get(path)).text
        answer = await client.post(path, data={**sent, second: ""})
        assert answer.status_code == 303
        assert not await rows(console.team.runtime, kept)

    async def test_what_was_begun_is_discarded_for_all_cases(self, console: Console) -> None:
        panel = await held_meeting(console.team, 2)
        path = f"/meetings/{await following(console, panel)}/last-minutes"
        client = await console.signed_in(BELLA)
        sent = {"csrf_token": hidden(await client.get(path), "csrf_token")}
        words = {f"correction-{each}": "Half a sentence" for each in panel.slots[:2]}
        await client.post(f"{path}?keep=1", data={**sent, **words})
        assert (await client.post(f"{path}?discard=1", data=sent)).headers["location"] == path
        assert not await rows(console.team.runtime, "SELECT 1 FROM begun_work")

    async def test_asks_nothing_of_a_case_that_was_erased(self, console: Console) -> None:
        panel = await held_meeting(console.team, 2)
        path = f"/meetings/{await following(console, panel)}/last-minutes"
        async with console.team.runtime.database.transaction(Actor.service("channel")) as session:
            await session.keys.erase(panel.subjects[1])
            await erase_subject(session, panel.subjects[1])
        client = await console.signed_in(BELLA)
        page = await client.get(path)
        assert f"correction-{panel.slots[0]}" in page.text
        assert f"correction-{panel.slots[1]}" not in page.text

    async def test_there_is_nothing_to_check_before_the_first_meeting(self, console: Console) -> None:
        panel = await made(console.team)
        client = await console.signed_in(BELLA)
        assert (await client.get(f"/meetings/{panel.meeting_id}/last-minutes")).status_code == 404


class TestErasing:
    async def test_a_case_that_is_erased_while_the_meeting_runs_does_not_keep_it_open(self, team: Team) -> None:
        panel = await made(team)
        await panel.begin()
        await panel.go_on(0)
        with pytest.raises(MeetingNotOpen, match="Not dealt with yet"):
            await panel.finish()
        async with team.runtime.database.transaction(Actor.service("channel")) as session:
            await session.keys.erase(panel.subjects[0])
            await erase_subject(session, panel.subjects[0])
        await panel.finish()
        assert (await panel.meeting()).state is MeetingState.HELD

    async def test_leaves_no_words_about_the_person(self, team: Team) -> None:
        panel = await held_meeting(team)
        await panel.run(BELLA, lambda s: operations.write_minute(s, panel.slots[0], "Adopted.", 0, THEN))
        async with team.runtime.database.transaction(Actor.service("channel")) as session:
            # As if a guest had been in the room: nobody who is asked to one case only takes part in this meeting.
            await session.execute(update(models.presence).values(sealed_details=b"sealed"))
            await erase_subject(session, panel.subjects[0])
        said = (
            "SELECT sealed_words FROM panel_decision UNION ALL SELECT sealed_words FROM vote "
            "UNION ALL SELECT sealed_words FROM contribution UNION ALL SELECT sealed_summary FROM minute "
            "UNION ALL SELECT sealed_details FROM presence"
        )
        assert {row["sealed_words"] for row in await rows(team.runtime, said)} == {None}
