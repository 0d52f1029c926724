"""What a meeting takes from the area file: which panel it is of, who may chair it, whose police have to be there."""

from dataclasses import replace
from datetime import datetime, time, timedelta

import pytest

from contracts.vocabulary import Role
from services.channel.domain import Member, NotRecorded, Practice
from services.channel.operations.meetings import NewMeeting, make_meeting
from tests.channel.builders import AREA, NOW, coordinator, rows
from tests.channel.conftest import Console, Team, hidden
from tests.channel.meetings_made import BELLA, DAY, KENT, due, heard, panel, planned, with_panel

SOUTHVALE = "southvale"
BOTH = coordinator(Role.BUSINESS_SUPPORT_OFFICER, name="Bella Synthetic", areas=frozenset({AREA, SOUTHVALE}))
POLICE_CHAIR = Member("police-chair", "Sample Chair (synthetic)", "Kent Police", "police", force=KENT, chairs=True)
DAY_TYPED = {"held_on-day": "9", "held_on-month": "12", "held_on-year": "2026", "at": "10:00", "place": "County Hall"}


def _two_panels(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the console know two panels, each with a place of its own."""
    both = {
        AREA: with_panel(),
        SOUTHVALE: replace(with_panel(name="Southvale panel (synthetic)", place="Southvale Hall"), area=SOUTHVALE),
    }

    def current(area: str, _: datetime) -> Practice:
        return both[area]

    monkeypatch.setattr(console.team.practices, "current", current)


class TestWhichPanel:
    async def test_is_asked_of_whoever_works_for_two(self, console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
        _two_panels(console, monkeypatch)
        client = await console.signed_in(BOTH)
        asked = await client.get("/meetings/plan")
        assert (asked.status_code, "Which panel meets?" in asked.text) == (200, True)
        assert "Southvale panel (synthetic)" in asked.text
        assert 'name="held_on-day"' not in asked.text
        unanswered = await client.get("/meetings/plan", params={"area": ""})
        assert (unanswered.status_code, "Choose the panel that meets" in unanswered.text) == (422, True)
        elsewhere = await client.get("/meetings/plan", params={"area": "northmere"})
        assert elsewhere.status_code == 422
        form = await client.get("/meetings/plan", params={"area": SOUTHVALE})
        assert "Southvale Hall" in form.text
        sent = {**DAY_TYPED, "csrf_token": hidden(form, "csrf_token")}
        assert (await client.post("/meetings/plan", data=sent)).status_code == 422
        made = await client.post("/meetings/plan", params={"area": SOUTHVALE}, data=sent)
        assert made.status_code == 303
        found = await rows(console.team.runtime, "SELECT area FROM meeting")
        assert [each["area"] for each in found] == [SOUTHVALE]

    async def test_is_not_asked_of_whoever_works_for_one(self, console: Console) -> None:
        console.team.practices.given = with_panel()
        client = await console.signed_in(BELLA)
        page = await client.get("/meetings/plan")
        assert "Which panel meets?" not in page.text
        assert 'name="held_on-day"' in page.text


class TestWhoChairs:
    async def test_only_the_local_authority_chairs_whatever_the_file_says(self, team: Team) -> None:
        local = with_panel(members=(POLICE_CHAIR, *panel().members))
        async with team.runtime.database.transaction(BELLA) as session:
            made = await make_meeting(session, NewMeeting(DAY, time(10), "County Hall"), local, NOW)
            named = NewMeeting(DAY + timedelta(days=1), time(10), "County Hall", "police-chair")
            with pytest.raises(NotRecorded, match="Choose who chairs"):
                await make_meeting(session, named, local, NOW)
        found = await rows(team.runtime, "SELECT chair_id, cochair_id FROM meeting WHERE id = :id", id=made)
        assert found == [{"chair_id": "member-0", "cochair_id": "member-1"}]

    async def test_the_form_offers_nobody_else(self, console: Console) -> None:
        console.team.practices.given = with_panel(members=(POLICE_CHAIR, *panel().members))
        page = await (await console.signed_in(BELLA)).get("/meetings/plan")
        assert "Sample Member0 (synthetic)" in page.text
        assert "Sample Chair (synthetic)" not in page.text


class TestHomeForce:
    async def test_whoever_is_not_of_the_police_does_not_stand_for_a_force(self, console: Console) -> None:
        liaison = Member("liaison", "Sample Liaison (synthetic)", "Sample Trust", "health", force="Southvale Police")
        console.team.practices.given = with_panel(members=(*panel().members, liaison))
        subject = await due(console.team, 2222)
        meeting_id = await planned(console.team)
        await heard(console.team, meeting_id, "KM-7F3K-2222")
        moved = "UPDATE case_file SET home_force = 'Southvale Police' WHERE subject = :subject RETURNING 1"
        await rows(console.team.runtime, moved, subject=subject)
        client = await console.signed_in(BELLA)
        assert "Nobody from Southvale Police" in (await client.get(f"/meetings/{meeting_id}")).text

    async def test_the_agenda_says_for_whom_it_is_assumed(self, console: Console) -> None:
        console.team.practices.given = replace(with_panel(), force=KENT)
        subject = await due(console.team, 2222)
        meeting_id = await planned(console.team)
        await heard(console.team, meeting_id, "KM-7F3K-2222")
        client = await console.signed_in(BELLA)
        page = await client.get(f"/meetings/{meeting_id}")
        assert f"taken to live in the area of {KENT}" in page.text
        assert "/cases/KM-7F3K-2222/panel/force" in page.text
        recorded = "UPDATE case_file SET home_force = :force WHERE subject = :subject RETURNING 1"
        await rows(console.team.runtime, recorded, force=KENT, subject=subject)
        assert "taken to live" not in (await client.get(f"/meetings/{meeting_id}")).text
