"""The pages of a meeting while it runs, and of its cases."""

import re
from datetime import date
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from sqlalchemy import insert, update

from contracts.vocabulary import Role
from services.channel import models, operations, queries
from services.channel.domain import HAPPENED, Command, State, sector_label
from services.channel.domain.meetings import MeetingState, SlotState
from tests.channel.builders import AREA, CORA, coordinator, passed, referred, rows
from tests.channel.conftest import Console, hidden
from tests.channel.panel_made import AWAY, BELLA, OTTO, PETRA, POLLY, THEN, Made, into, made, reference
from tests.channel.test_views import text_of

GROUNDS = "The assessment shows grievance and contact with a recruiter."
BY = {"by-0-day": "1", "by-0-month": "2", "by-0-year": "2099"}


def slot_of(panel: Made, number: int = 0) -> str:
    """Return the address of a case in its slot."""
    return f"/cases/{reference(number)}/slots/{panel.slots[number]}"


def room_of(panel: Made) -> str:
    """Return the address of the meeting's page."""
    return f"/meetings/{panel.meeting_id}/room"


async def on_day(panel: Made, day: date) -> None:
    """Put the meeting on a day, as if it had been planned for it."""
    table = models.meeting
    doing = update(table).where(table.c.id == panel.meeting_id).values(held_on=day)
    await panel.run(BELLA, lambda s: s.execute(doing))


async def press(client: httpx2.AsyncClient, path: str, **fields: Any) -> httpx2.Response:
    """Open a page and send its form as a browser does; fields given win over the form's hidden ones."""
    page = await client.get(path)
    assert page.status_code == 200, (path, text_of(page)[-600:])
    if "You began this on" in page.text:
        page = await client.get(f"{path}?go-on=1")
    main = page.text.partition("<main")[2]
    sent = {name: hidden(page, name) for name in ("csrf_token", "seen", "row_version") if f'name="{name}"' in main}
    return await client.post(path, data={**sent, **fields})


async def refused(client: httpx2.AsyncClient, path: str, **fields: Any) -> str:
    """Send a form that is refused and return what the page says."""
    answer = await press(client, path, **fields)
    assert answer.status_code in (409, 422), (answer.status_code, answer.headers.get("location"))
    return text_of(answer)


@pytest.fixture
async def panel(console: Console) -> Made:
    """Return a meeting under way whose first case is open with all twelve members in the room."""
    found = await made(console.team)
    await found.begin()
    await found.go_on(0)
    return found


PAGES = ("", "/room", "/guest", "/conflict", "/said", "/actions", "/undecided", "/decisions/panel-adopt")


class TestPermissions:
    async def test_every_page_has_one_heading_and_is_the_chairs(self, panel: Made, console: Console) -> None:
        client = await console.signed_in(PETRA)
        own = (room_of(panel), f"/cases/{reference(0)}/panel", f"/cases/{reference(0)}/panel/force")
        minutes = f"/meetings/{panel.meeting_id}/minutes"
        others = (minutes, f"{minutes}/print", f"{minutes}/{panel.slots[0]}")
        decisions = (f"{slot_of(panel)}/decisions/{each}" for each in ("panel-not-adopt", "panel-defer"))
        for path in (*own, *others, *decisions, *(f"{slot_of(panel)}{each}" for each in PAGES)):
            page = await client.get(path)
            assert (path, page.status_code, page.text.count("<h1")) == (path, 200, 1)
            assert "synthetic@" not in page.text

    async def test_members_of_the_panel_neither_see_nor_decide(self, panel: Made, console: Console) -> None:
        client = await console.signed_in(POLLY)
        for path in (room_of(panel), *(f"{slot_of(panel)}{each}" for each in PAGES)):
            assert (path, (await client.get(path)).status_code) == (path, 403)

    async def test_only_chairs_decide_and_coordinators_read(self, panel: Made, console: Console) -> None:
        client = await console.signed_in(BELLA)
        assert (await client.get(f"{slot_of(panel)}/decisions/panel-adopt")).status_code == 403
        assert (await client.get(f"{slot_of(panel)}/room")).status_code == 200
        client = await console.signed_in(CORA)
        assert (await client.get(slot_of(panel))).status_code == 200
        for path in ("/room", "/said", "/decisions/panel-adopt"):
            assert (await client.get(f"{slot_of(panel)}{path}")).status_code == 403

    async def test_nobody_of_another_area_finds_it(self, panel: Made, console: Console) -> None:
        client = await console.signed_in(coordinator(Role.PANEL_CHAIR, name="Nadia", areas=frozenset({"northmere"})))
        assert (await client.get(room_of(panel))).status_code == 404
        assert (await client.get(slot_of(panel))).status_code == 404

    async def test_a_slot_of_another_case_is_not_shown(self, console: Console) -> None:
        panel = await made(console.team, 2)
        client = await console.signed_in(PETRA)
        assert (await client.get(f"/cases/{reference(0)}/slots/{panel.slots[1]}")).status_code == 404
        assert (await client.get(f"/cases/{reference(0)}/slots/nothing")).status_code == 404


class TestTheWholeWay:
    async def test_from_the_beginning_to_the_end(self, console: Console) -> None:
        panel = await made(console.team)
        await on_day(panel, date(2020, 1, 8))
        client = await console.signed_in(BELLA)
        assert (await press(client, room_of(panel), do="begin")).status_code == 303
        assert "The meeting has begun." in (await client.get(room_of(panel))).text
        assert (await press(client, slot_of(panel), do="open")).status_code == 303
        inside = [str(each.id) for each in (await panel.seats(0)).values()]
        assert (await press(client, f"{slot_of(panel)}/room", inside=inside)).status_code == 303
        assert "You have recorded who is in the room." in (await client.get(slot_of(panel))).text
        assert "this form was not complete" in await refused(client, room_of(panel), do="")
        assert "Not dealt with yet" in await refused(client, room_of(panel), do="end")
        client = await console.signed_in(PETRA)
        assert "The panel can decide" in text_of(await client.get(slot_of(panel)))
        answer = await press(client, f"{slot_of(panel)}/decisions/panel-adopt", grounds=GROUNDS, agreed="all")
        assert answer.headers["location"] == slot_of(panel)
        assert (await panel.held(0)).situation.state is State.ADOPTED
        shown = text_of(await client.get(slot_of(panel)))
        assert "Everybody agreed (12 for, 0 against)" in shown
        assert GROUNDS in shown
        shown = text_of(await client.get(f"/cases/{reference(0)}/panel"))
        assert GROUNDS in shown
        assert "Put on the agenda by Bella Synthetic, " in shown
        assert (await press(client, room_of(panel), do="end")).status_code == 303
        assert (await panel.meeting()).state is MeetingState.HELD

    async def test_a_meeting_is_not_begun_before_its_day(self, console: Console) -> None:
        panel = await made(console.team)
        await on_day(panel, date(2020, 1, 8))
        client = await console.signed_in(BELLA)
        page = await client.get(room_of(panel))
        assert "Begin the meeting" in page.text
        await on_day(panel, date(2099, 1, 7))
        assert "Begin the meeting" not in (await client.get(room_of(panel))).text
        sent = {name: hidden(page, name) for name in ("csrf_token", "seen")}
        answer = await client.post(room_of(panel), data={**sent, "do": "begin"})
        assert answer.status_code == 422
        assert "The meeting is on 7 January 2099: begin it on that day, or move it" in text_of(answer)
        assert (await panel.meeting()).state is MeetingState.PLANNED

    async def test_the_meetings_page_names_cases_by_reference_only(self, panel: Made, console: Console) -> None:
        client = await console.signed_in(PETRA)
        page = await client.get(room_of(panel))
        assert reference(0) in page.text
        assert "Sample Synthetic" not in page.text
        assert "13 January 2027" in page.text


class TestSlot:
    async def test_begins_with_why_the_person_is_in_channel_and_what_changed(self, console: Console) -> None:
        panel = await made(console.team, 0)
        subject = await console.team.open(referred(reference=reference(0)))
        await console.team.act(subject, Command.ACCEPT)
        await panel.add(subject)
        await panel.begin()
        await panel.go_on(0)
        client = await console.signed_in(PETRA)
        shown = text_of(await client.get(slot_of(panel)))
        assert "Reasonable grounds (section 36(3)), The police, with the pack Contact with a recruiter." in shown
        assert "Pack accepted, by Cora Synthetic" in shown
        assert "No assessment has been completed: complete one first" in shown

    async def test_shows_grounds_that_came_later_and_stand_in_the_history_too_once(self, console: Console) -> None:
        panel = await made(console.team, 0)
        subject = await console.team.open(passed(reference=reference(0)))
        await console.team.act(subject, Command.ACCEPT)
        await console.team.hear(referred(reference=reference(0)), subject)
        await panel.add(subject)
        client = await console.signed_in(PETRA)
        shown = text_of(await client.get(slot_of(panel)))
        assert shown.count("Contact with a recruiter.") == 1
        assert HAPPENED[Command.RECEIVE_SECTION_36] in shown

    async def test_tells_the_minute_taker_who_records_the_decision(self, panel: Made, console: Console) -> None:
        client = await console.signed_in(BELLA)
        shown = text_of(await client.get(slot_of(panel)))
        assert f"is in the room. {PETRA.name} records what it decides" in shown
        assert "The panel cannot decide this case now" not in shown

    async def test_asks_for_the_panels_own_grounds(self, panel: Made, console: Console) -> None:
        client = await console.signed_in(PETRA)
        shown = await refused(client, f"{slot_of(panel)}/decisions/panel-adopt", agreed="all")
        assert "Enter the grounds on which the panel adopts the case" in shown

    async def test_says_beside_the_case_that_somebody_went_on_meanwhile(self, console: Console) -> None:
        panel = await made(console.team)
        await panel.begin()
        client = await console.signed_in(BELLA)
        page = await client.get(slot_of(panel))
        sent = {name: hidden(page, name) for name in ("csrf_token", "seen")}
        await panel.go_on(0)
        answer = await client.post(slot_of(panel), data={**sent, "do": "open"})
        assert (answer.status_code, "Somebody changed this slot" in answer.text) == (409, True)
        assert "Who is in the room for this case" in answer.text


class TestRoom:
    async def test_the_page_says_who_is_missing_and_offers_no_decision(self, panel: Made, console: Console) -> None:
        await into(console.team, panel.subjects[0], State.REFERRED, home_force=AWAY)
        client = await console.signed_in(PETRA)
        shown = text_of(await client.get(slot_of(panel)))
        assert f"The person lives in the area of {AWAY}, and nobody of that force is in the room" in shown
        assert "No decision can be recorded now" in shown
        answer = await press(client, f"{slot_of(panel)}/undecided")
        assert answer.headers["location"] == room_of(panel)
        assert (await panel.slot(0)).state is SlotState.NOT_DECIDED
        assert "Not decided in the panel" in text_of(await client.get(f"/cases/{reference(0)}"))

    async def test_a_deputy_from_the_other_force_makes_it_quorate(self, panel: Made, console: Console) -> None:
        client = await console.signed_in(BELLA)
        force = f"/cases/{reference(0)}/panel/force"
        assert (await press(client, force, force=AWAY)).status_code == 303
        fields = {"name": "Nils Synthetic", "organisation": AWAY, "sector": "police", "force": AWAY}
        assert (await press(client, f"{slot_of(panel)}/guest", **fields)).status_code == 303
        assert "nobody of that force is in the room" in text_of(await client.get(slot_of(panel)))
        assert (await press(client, f"{slot_of(panel)}/guest", **fields, stands_in="true")).status_code == 303
        client = await console.signed_in(PETRA)
        assert "The panel can decide" in text_of(await client.get(slot_of(panel)))

    async def test_a_guests_name_is_sealed(self, panel: Made, console: Console) -> None:
        client = await console.signed_in(BELLA)
        fields = {"name": "Gil Guest", "organisation": "Example School", "sector": "guest"}
        await press(client, f"{slot_of(panel)}/guest", **fields)
        assert "Gil Guest" in text_of(await client.get(slot_of(panel)))
        kept = await rows(console.team.runtime, "SELECT name, organisation FROM presence WHERE member_id = ''")
        assert kept == [{"name": "", "organisation": ""}]

    async def test_members_stand_before_guests_by_their_organisations(self, panel: Made, console: Console) -> None:
        guest, slot = operations.AtTheDoor("Aaron Guest", "A School", "guest"), await panel.slot(0)
        await panel.run(BELLA, lambda s: operations.let_guest_in(s, slot.id, guest, slot.row_version, THEN))
        client = await console.signed_in(BELLA)
        shown = text_of(await client.get(slot_of(panel)))
        assert shown.index("Sample probation: ") < shown.index("A School: Aaron Guest (guest, no vote)")

    async def test_keeps_what_was_written_of_a_guest(self, panel: Made, console: Console) -> None:
        client = await console.signed_in(BELLA)
        path = f"{slot_of(panel)}/guest"
        page = await client.get(path)
        sent = {"csrf_token": hidden(page, "csrf_token"), "seen": hidden(page, "seen"), "organisation": "Half a school"}
        assert (await client.post(f"{path}?keep=1", data=sent)).status_code == 200
        assert "You began this on" in (await client.get(path)).text
        assert "Half a school" in (await client.get(f"{path}?go-on=1")).text

    async def test_a_guest_comes_for_a_sector_in_words(self, panel: Made, console: Console) -> None:
        page = await (await console.signed_in(BELLA)).get(f"{slot_of(panel)}/guest")
        offered = re.findall(r'<option value="([a-z-]+)"[^>]*>([^<]+)</option>', page.text)
        assert ("local-authority", "Local authority") in offered
        assert offered[-1] == ("guest", "A guest, for no sector")
        assert sector_label("childrens-social-care") == "Children’s social care"

    async def test_asks_who_a_guest_is(self, panel: Made, console: Console) -> None:
        client = await console.signed_in(BELLA)
        shown = await refused(client, f"{slot_of(panel)}/guest", organisation="Example School")
        assert "Enter the name of whom you let in" in shown

    async def test_those_of_the_last_case_are_ticked_for_the_next(self, console: Console) -> None:
        panel = await made(console.team, 2)
        await panel.begin()
        await panel.go_on(0, "chair", "police")
        client = await console.signed_in(BELLA)
        page = await client.get(f"{slot_of(panel, 1)}/room")
        assert page.text.count(" checked") == 2

    async def test_what_was_said_stays_beside_what_somebody_else_wrote(self, panel: Made, console: Console) -> None:
        client = await console.signed_in(BELLA)
        seats = await panel.seats(0)
        for member, words in (("health", "Seen twice."), ("police", "Nothing new.")):
            answer = await press(client, f"{slot_of(panel)}/said", **{f"said-{seats[member].id}": words})
            assert answer.status_code == 303
        shown = text_of(await client.get(slot_of(panel)))
        assert "Sample health: Health Synthetic Seen twice." in shown
        assert "Nothing new." in shown

    async def test_a_change_meanwhile_keeps_the_words(self, panel: Made, console: Console) -> None:
        client = await console.signed_in(BELLA)
        seats = await panel.seats(0)
        path = f"{slot_of(panel)}/conflict"
        page = await client.get(path)
        sent = {name: hidden(page, name) for name in ("csrf_token", "seen")}
        await panel.let_in(0, "chair", "police")
        fields = {"who": str(seats["health"].id), "words": "Treats a relative."}
        answer = await client.post(path, data={**sent, **fields})
        assert (answer.status_code, "Treats a relative." in answer.text) == (409, True)
        assert "Somebody changed this slot" in answer.text


class TestConflictOfInterest:
    async def test_steps_out_and_finds_the_case_closed(self, panel: Made, console: Console) -> None:
        seats = await panel.seats(0)
        client = await console.signed_in(BELLA)
        path = f"{slot_of(panel)}/conflict"
        assert "Choose who has" in await refused(client, path, words="Taught the family.")
        assert "Say in a few words" in await refused(client, path, who=str(seats["chair"].id))
        fields = {"who": str(seats["chair"].id), "words": "Taught the family."}
        assert (await press(client, path, **fields)).status_code == 303
        assert "have a conflict of interest" in text_of(
            await press(client, f"{slot_of(panel)}/room", inside=[str(seats["chair"].id)])
        ).replace("has a conflict", "have a conflict")
        client = await console.signed_in(PETRA)
        minute = f"/meetings/{panel.meeting_id}/minutes/{panel.slots[0]}"
        for closed in (slot_of(panel), f"/cases/{reference(0)}", f"/cases/{reference(0)}/panel", minute):
            assert (closed, (await client.get(closed)).status_code) == (closed, 403)
        tries = await rows(console.team.runtime, "SELECT actor_id FROM audit_entry WHERE action = 'case.refused'")
        assert [each["actor_id"] for each in tries] == [PETRA.id] * 4
        minutes = await client.get(f"/meetings/{panel.meeting_id}/minutes")
        assert "You have a conflict of interest in this case" in minutes.text
        minutes = await (await console.signed_in(BELLA)).get(f"/meetings/{panel.meeting_id}/minutes")
        assert f"Not there because of a conflict of interest: {PETRA.name}." in minutes.text
        # The co-chair takes over with one press and decides without the chair.
        client = await console.signed_in(OTTO)
        assert (await press(client, room_of(panel), do="preside", who="cochair")).status_code == 303
        answer = await press(client, f"{slot_of(panel)}/decisions/panel-adopt", grounds=GROUNDS, agreed="all")
        assert answer.status_code == 303
        assert "Everybody agreed (11 for, 0 against)" in text_of(await client.get(slot_of(panel)))

    async def test_closes_the_case_to_a_member_who_was_neither_invited_nor_in_the_room(self, console: Console) -> None:
        panel = await made(console.team)
        seat, slot = (await panel.seats(0))["chair"].id, await panel.slot(0)
        await panel.run(BELLA, lambda s: operations.step_out(s, slot.id, seat, "Kin.", slot.row_version, THEN))
        client = await console.signed_in(PETRA)
        assert (await client.get(slot_of(panel))).status_code == 403
        minutes = await client.get(f"/meetings/{panel.meeting_id}/minutes")
        assert "You have a conflict of interest in this case" in minutes.text
        client = await console.signed_in(OTTO)
        assert (await client.get(slot_of(panel))).status_code == 200

    async def test_who_declares_it_themselves_leaves_the_room_and_counts_no_longer(
        self, panel: Made, console: Console
    ) -> None:
        row = {"id": uuid4(), "meeting_id": panel.meeting_id, "area": AREA, "state": "accepted", "invited_at": THEN}
        empty = dict.fromkeys(("name", "organisation", "sector", "force", "statement"), "")
        row |= {**empty, "member_id": "police", "account": POLLY.id}
        await panel.run(BELLA, lambda s: s.execute(insert(models.invitation).values(row)))
        await panel.let_in(0, "chair", "cochair", "health")
        await panel.let_in(0, "chair", "cochair", "police")
        client = await console.signed_in(PETRA)
        sent = f"{slot_of(panel)}/decisions/panel-adopt"
        page = await client.get(sent)
        fields = {name: hidden(page, name) for name in ("csrf_token", "seen", "row_version")}
        mine = await console.signed_in(POLLY)
        answer = await press(mine, f"/panel/{panel.meeting_id}/cases/{panel.slots[0]}/conflict", words="Kin.")
        assert answer.status_code == 303
        inside = await panel.run(BELLA, lambda s: queries.room(s, panel.slots[0]))
        assert {each.member_id for each in inside} == {"chair", "cochair"}
        client = await console.signed_in(PETRA)
        fields["csrf_token"] = hidden(await client.get(f"{slot_of(panel)}/room"), "csrf_token")
        answer = await client.post(sent, data={**fields, "grounds": GROUNDS, "agreed": "all"})
        assert answer.status_code == 409
        assert (await panel.held(0)).situation.state is State.REFERRED

    async def test_ends_when_somebody_else_says_so(self, panel: Made, console: Console) -> None:
        seat, slot = (await panel.seats(0))["chair"].id, await panel.slot(0)
        await panel.run(BELLA, lambda s: operations.step_out(s, slot.id, seat, "Kin.", slot.row_version, THEN))
        client = await console.signed_in(BELLA)
        assert (await press(client, slot_of(panel), do="back", who=str(seat))).status_code == 303
        client = await console.signed_in(PETRA)
        assert (await client.get(slot_of(panel))).status_code == 200

    async def test_only_those_who_may_preside_take_over(self, panel: Made, console: Console) -> None:
        client = await console.signed_in(BELLA)
        assert "Only a chair or co-chair" in await refused(client, room_of(panel), do="preside", who="police")
