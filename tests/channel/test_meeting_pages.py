"""The pages of the panel: the calendar, the agenda, what moves, invitations, packs, and what a member has of them."""

from datetime import UTC, datetime, timedelta
from html import unescape
from uuid import UUID, uuid4

import httpx2
import pytest
from icalendar import Calendar

from chassis import clock
from chassis.actor import Actor
from contracts.vocabulary import Role
from services.channel import queries
from tests.channel.builders import CORA, NOW, coordinator, rows
from tests.channel.conftest import Console, hidden, send
from tests.channel.meetings_made import (
    BELLA,
    CHAIR,
    DAY,
    HAMID,
    KENT,
    NEXT_DAY,
    accepted,
    due,
    everybody_invited,
    heard,
    planned,
    stand,
    with_panel,
)

LATE = datetime(2026, 12, 9, 9, 0, tzinfo=UTC)


class StandsStill(clock.BusinessClock):
    """Business time before the meetings that the tests plan, whenever they run."""

    def now(self) -> datetime:
        return NOW


@pytest.fixture
def panel(console: Console, monkeypatch: pytest.MonkeyPatch) -> Console:
    monkeypatch.setattr(clock, "_clock", StandsStill())
    console.team.practices.given = with_panel(pack_opens=lambda _: NOW - timedelta(days=999))
    return console


class TestWho:
    @pytest.mark.parametrize("path", ["/meetings", "/meetings/plan", "/meetings/x", "/meetings/x/packs"])
    async def test_a_member_of_the_panel_plans_nothing(self, panel: Console, path: str) -> None:
        client = await panel.signed_in(HAMID)
        assert (await client.get(path)).status_code == 403

    @pytest.mark.parametrize("actor", [BELLA, CHAIR, CORA, coordinator(Role.CHANNEL_SUPERVISOR)])
    async def test_the_team_the_chair_and_who_supports_the_panel_do(self, panel: Console, actor: Actor) -> None:
        client = await panel.signed_in(actor)
        assert (await client.get("/meetings")).status_code == 200

    async def test_an_address_that_names_no_meeting_says_so(self, panel: Console) -> None:
        client = await panel.signed_in(BELLA)
        for path in ("/meetings/x", "/meetings/4f1c1f1e-0000-4000-8000-000000000000"):
            page = await client.get(path)
            assert page.status_code == 404
            assert "open the panel calendar" in page.text

    async def test_a_slot_of_another_meeting_is_not_opened(self, panel: Console) -> None:
        await due(panel.team, 2222)
        first, second = await planned(panel.team), await planned(panel.team, DAY + timedelta(days=7))
        (slot,) = await heard(panel.team, first, "KM-7F3K-2222")
        client = await panel.signed_in(BELLA)
        assert (await client.get(f"/meetings/{second}/cases/{slot.id}/attendees")).status_code == 404
        assert (await client.get(f"/meetings/{first}/cases/x/attendees")).status_code == 404


class TestCalendar:
    async def test_says_what_is_due_and_on_no_agenda(self, panel: Console) -> None:
        await due(panel.team, 2222)
        meeting_id = await planned(panel.team)
        client = await panel.signed_in(BELLA)
        assert "Due and on no agenda (1)" in (await client.get("/meetings")).text
        await heard(panel.team, meeting_id, "KM-7F3K-2222")
        assert "Due and on no agenda" not in (await client.get("/meetings")).text

    async def test_a_meeting_that_nobody_held_hides_no_case_that_is_due(self, panel: Console) -> None:
        review = await due(panel.team, 3333, "supported")
        for day in (NOW.date() - timedelta(days=7), DAY, NEXT_DAY):
            await planned(panel.team, day, NOW - timedelta(days=9))
        await stand(panel.team, review, "supported", NOW + timedelta(days=50))
        client = await panel.signed_in(BELLA)
        assert "Due and on no agenda (1)" in (await client.get("/meetings")).text

    async def test_proposes_the_next_day_of_the_monthly_rule(self, panel: Console) -> None:
        await planned(panel.team)
        client = await panel.signed_in(BELLA)
        page = await client.get("/meetings/plan")
        days = [_value(page, f"held_on-{part}") for part in ("day", "month", "year")]
        assert _value(page, "at") == "10:00"
        token = {"csrf_token": hidden(page, "csrf_token")}
        sent = dict(zip(("held_on-day", "held_on-month", "held_on-year"), days, strict=True))
        wrong = await client.post("/meetings/plan", data={**token, **sent, "at": "tea time", "place": "County Hall"})
        assert wrong.status_code == 422
        assert "Enter the time as hours and minutes" in wrong.text
        assert _value(wrong, "at") == "tea time"
        made = await client.post("/meetings/plan", data={**token, **sent, "at": "10:00", "place": "County Hall"})
        assert made.status_code == 303
        again = await client.post("/meetings/plan", data={**token, **sent, "at": "10:00", "place": "County Hall"})
        assert "meets on that day already" in again.text
        assert 'href="#held_on-day"' in again.text

    async def test_shows_what_moves_before_it_moves_anything(self, panel: Console) -> None:
        subject = await due(panel.team, 2222)
        meeting_id = await planned(panel.team)
        await heard(panel.team, meeting_id, "KM-7F3K-2222")
        await everybody_invited(panel.team, meeting_id)
        await rows(
            panel.team.runtime,
            "UPDATE clock SET due_at = :at WHERE subject = :subject AND stopped_at IS NULL RETURNING 1",
            at=LATE + timedelta(days=2),
            subject=subject,
        )
        client = await panel.signed_in(BELLA)
        path = f"/meetings/{meeting_id}/move"
        wanted = {"held_on-day": "16", "held_on-month": "12", "held_on-year": "2026", "at": "14:00"}
        shown = await send(client, path, **wanted, reason="Snow.", step="look")
        assert "panel decision runs out before" in shown.text
        assert "12 invitations are sent again" in shown.text
        assert "Snow." in shown.text
        assert (await _meeting(panel, meeting_id)).held_on == DAY
        kept = f"{path}?go-on=1"
        assert "Snow." in (await client.get(kept)).text
        assert (
            f"The preparation of a panel meeting, {(await _meeting(panel, meeting_id)).reference}"
            in (await client.get("/work")).text
        )
        assert (await send(client, kept, **wanted, step="move")).status_code == 422
        assert (await send(client, kept, **wanted, reason="Snow.", step="move")).status_code == 303
        assert await rows(panel.team.runtime, "SELECT 1 AS one FROM begun_work") == []
        assert (await _meeting(panel, meeting_id)).held_on == DAY + timedelta(days=7)
        assert "Snow." in (await client.get(f"/meetings/{meeting_id}")).text

    async def test_what_somebody_else_did_meanwhile_is_said_and_words_are_kept(self, panel: Console) -> None:
        meeting_id = await planned(panel.team)
        await everybody_invited(panel.team, meeting_id)
        client = await panel.signed_in(BELLA)
        late = await send(client, f"/meetings/{meeting_id}/cancel", reason="No room.", row_version="1")
        assert late.status_code == 409
        assert "The members were invited, by Bella Synthetic" in late.text
        assert "No room." in late.text
        kept = await rows(panel.team.runtime, "SELECT subject, sealed_words FROM begun_work")
        assert [(each["subject"], b"No room." in each["sealed_words"]) for each in kept] == [(meeting_id, False)]
        again = f"/meetings/{meeting_id}/cancel?go-on=1"
        assert "No room." in (await client.get(again)).text
        assert (await send(client, again, reason="No room.")).status_code == 303


class TestAgenda:
    async def test_is_filled_from_what_is_due_put_in_order_and_names_nobody(self, panel: Console) -> None:
        for number in (2222, 3333):
            await due(panel.team, number)
        meeting_id = await planned(panel.team)
        client = await panel.signed_in(BELLA)
        path = f"/meetings/{meeting_id}"
        assert "Due for this meeting and on no agenda: 2" in (await client.get(path)).text
        assert (await send(client, path)).status_code == 422
        assert (await send(client, path, reference="KM-2222-9999")).status_code == 422
        page = await client.get(path)
        both = {"csrf_token": hidden(page, "csrf_token"), "row_version": hidden(page, "row_version")}
        sent = {**both, "case": ["KM-7F3K-2222", "KM-7F3K-3333"]}
        assert (await client.post(path, data=sent)).status_code == 303
        page = await client.get(path)
        assert "on no agenda" not in page.text
        assert page.text.index("KM-7F3K-2222") < page.text.index("KM-7F3K-3333")
        assert "Sample Synthetic" not in page.text
        slot = hidden(page, "slot")
        order = {"csrf_token": hidden(page, "csrf_token"), "row_version": hidden(page, "row_version"), "slot": slot}
        assert (await client.post(f"{path}/order", data={**order, "do": "down"})).status_code == 303
        page = await client.get(path)
        assert page.text.index("KM-7F3K-3333") < page.text.index("KM-7F3K-2222")
        stale = await client.post(f"{path}/order", data={**order, "do": "up"})
        assert stale.status_code == 409
        assert "The order of the agenda was changed" in stale.text
        assert (await client.post(f"{path}/order", data={**order, "do": "burn"})).status_code == 422

    async def test_calendar_file_holds_references_and_times_and_no_name(self, panel: Console) -> None:
        await due(panel.team, 2222)
        meeting_id = await planned(panel.team)
        await heard(panel.team, meeting_id, "KM-7F3K-2222")
        client = await panel.signed_in(BELLA)
        answer = await client.get(f"/meetings/{meeting_id}/calendar")
        assert answer.headers["content-type"].startswith("text/calendar")
        (entry,) = Calendar.from_ical(answer.content).walk("VEVENT")
        assert entry.decoded("DTSTART") == datetime(2026, 12, 9, 10, 0, tzinfo=UTC)
        assert entry.decoded("DTEND") == datetime(2026, 12, 9, 11, 0, tzinfo=UTC)
        assert str(entry["UID"]).startswith(str(meeting_id))
        assert "10:00 KM-7F3K-2222" in str(entry["DESCRIPTION"])
        assert str(entry["STATUS"]) == "CONFIRMED"
        assert "Synthetic" not in answer.text

    async def test_a_case_without_the_police_of_the_home_force_says_so(self, panel: Console) -> None:
        subject = await due(panel.team, 2222)
        meeting_id = await planned(panel.team)
        (slot,) = await heard(panel.team, meeting_id, "KM-7F3K-2222")
        moved = "UPDATE case_file SET home_force = :force WHERE subject = :subject RETURNING 1"
        await rows(panel.team.runtime, moved, force=KENT, subject=subject)
        client = await panel.signed_in(BELLA)
        assert "Nobody from" not in (await client.get(f"/meetings/{meeting_id}")).text
        await rows(panel.team.runtime, moved, force="Southvale Police", subject=subject)
        assert "Nobody from Southvale Police" in (await client.get(f"/meetings/{meeting_id}")).text
        path = f"/meetings/{meeting_id}/cases/{slot.id}"
        page = await client.get(f"{path}/attendees")
        assert "Nobody from Southvale Police is asked" in page.text
        both = {"csrf_token": hidden(page, "csrf_token"), "row_version": hidden(page, "row_version")}
        guest = {"name": "Sample Southvale (synthetic)", "organisation": "Southvale Police", "sector": "police"}
        lacking = await client.post(f"{path}/guests", data={**both, **guest})
        assert lacking.status_code == 422
        assert "Enter the mail address" in lacking.text
        assert "Sample Southvale (synthetic)" in lacking.text
        whole = {**both, **guest, "force": "Southvale Police", "address": "panel@southvale.example"}
        assert (await client.post(f"{path}/guests", data=whole)).status_code == 303
        assert "Nobody from" not in (await client.get(f"/meetings/{meeting_id}")).text

    async def test_members_are_invited_by_a_press_and_whom_a_case_does_not_concern_is_left_out(
        self, panel: Console
    ) -> None:
        await due(panel.team, 2222)
        meeting_id = await planned(panel.team)
        (slot,) = await heard(panel.team, meeting_id, "KM-7F3K-2222")
        client = await panel.signed_in(BELLA)
        path = f"/meetings/{meeting_id}"
        page = await client.get(path)
        assert "Invite the 12 members" in page.text
        both = {"csrf_token": hidden(page, "csrf_token"), "row_version": hidden(page, "row_version")}
        assert (await client.post(f"{path}/invitations", data=both)).status_code == 303
        assert "0 of 12 have accepted" in (await client.get(path)).text
        chosen = await send(client, f"{path}/cases/{slot.id}/attendees", member="member-2")
        assert chosen.status_code == 303
        async with panel.team.runtime.database.transaction(BELLA) as session:
            assert [each.member_id for each in await queries.invited(session, slot.id)] == ["member-2"]


class TestMembers:
    async def test_somebody_who_is_not_invited_sees_nothing_of_the_meeting(self, panel: Console) -> None:
        meeting_id = await planned(panel.team)
        client = await panel.signed_in(HAMID)
        assert "You are not invited to a meeting" in (await client.get("/panel")).text
        assert (await client.get(f"/panel/{meeting_id}")).status_code == 404
        assert (await client.get(f"/panel/{meeting_id}/calendar")).status_code == 404

    async def test_whoever_does_not_come_gets_no_pack(self, panel: Console) -> None:
        meeting_id, _ = await _prepared(panel)
        client = await panel.signed_in(HAMID)
        path = f"/panel/{meeting_id}"
        token = {"csrf_token": hidden(await client.get(path), "csrf_token")}
        await client.post(path, data={**token, "answer": "no", "reason": "On leave."})
        bella = await panel.signed_in(BELLA)
        assert "They do not come, so they get no pack." in (await bella.get(f"/meetings/{meeting_id}/packs")).text

    async def test_accepts_reads_the_pack_and_that_is_seen_by_who_prepares_the_meeting(self, panel: Console) -> None:
        meeting_id, slot_id = await _prepared(panel)
        client = await panel.signed_in(HAMID)
        path = f"/panel/{meeting_id}"
        assert f'href="{path}"' in (await client.get("/panel")).text
        pack = f"{path}/cases/{slot_id}/pack"
        refused = await client.get(pack)
        assert refused.status_code == 403
        assert "Accept the invitation first" in refused.text
        token = {"csrf_token": hidden(await client.get(path), "csrf_token")}
        assert (await client.post(path, data=token)).status_code == 422
        without = await client.post(path, data={**token, "answer": "no"})
        assert without.status_code == 422
        assert "Say why" in without.text
        assert (await client.post(path, data={**token, "answer": "yes"})).status_code == 303
        assert "have not been shared" in (await client.get(pack)).text
        await _press_share(panel, meeting_id)
        client = await panel.signed_in(HAMID)
        page = await client.get(pack)
        assert page.status_code == 200
        assert "A synthetic concern." in page.text
        assert page.text.count("For Sample Member4 (synthetic), Sample health 4. Opened") > 8
        assert "What the police decided" not in page.text
        assert (await client.get("/cases")).status_code == 403
        bella = await panel.signed_in(BELLA)
        reads = unescape((await bella.get(f"/meetings/{meeting_id}/packs")).text)
        assert "Accept the invitation first" in reads
        assert reads.split("Who has read them")[1].count(": Sample Member4 (synthetic), Sample health 4, ") == 3

    async def test_a_conflict_of_interest_closes_the_pack_and_is_shown_to_who_prepares(self, panel: Console) -> None:
        meeting_id, slot_id = await _prepared(panel)
        async with panel.team.runtime.database.transaction(BELLA) as session:
            mine = await queries.invitation_to(session, meeting_id, HAMID.id)
        await accepted(panel.team, mine)
        await _press_share(panel, meeting_id)
        client = await panel.signed_in(HAMID)
        path = f"/panel/{meeting_id}/cases/{slot_id}"
        assert (await client.get(f"{path}/pack")).status_code == 200
        page = await client.get(f"{path}/conflict")
        words = {"csrf_token": hidden(page, "csrf_token"), "words": "A neighbour."}
        assert (await client.post(f"{path}/conflict", data=words)).status_code == 303
        assert (await client.get(f"{path}/pack")).status_code == 403
        assert "Conflict of interest" in (await client.get(f"/panel/{meeting_id}")).text
        bella = await panel.signed_in(BELLA)
        assert "Conflict of interest" in (await bella.get(f"/meetings/{meeting_id}/packs")).text

    async def test_a_calendar_file_of_a_member_holds_their_own_cases(self, panel: Console) -> None:
        meeting_id, slot_id = await _prepared(panel)
        client = await panel.signed_in(HAMID)
        assert "KM-7F3K-2222" in (await client.get(f"/panel/{meeting_id}/calendar")).text
        bella = await panel.signed_in(BELLA)
        path = f"/meetings/{meeting_id}/cases/{slot_id}/attendees"
        assert (await send(bella, path, member="member-2")).status_code == 303
        client = await panel.signed_in(HAMID)
        assert "KM-7F3K-2222" not in (await client.get(f"/panel/{meeting_id}/calendar")).text
        assert (await client.get(f"/panel/{meeting_id}/cases/{slot_id}/pack")).status_code == 404

    async def test_a_case_somebody_is_not_asked_to_is_answered_as_one_that_there_is_not(self, panel: Console) -> None:
        meeting_id, slot_id = await _prepared(panel)
        bella = await panel.signed_in(BELLA)
        chosen = f"/meetings/{meeting_id}/cases/{slot_id}/attendees"
        assert (await send(bella, chosen, member="member-2")).status_code == 303
        client = await panel.signed_in(HAMID)
        token = {"csrf_token": hidden(await client.get(f"/panel/{meeting_id}"), "csrf_token"), "words": "A neighbour."}
        answers = [
            [
                await client.get(f"/panel/{meeting_id}/cases/{each}/pack"),
                await client.get(f"/panel/{meeting_id}/cases/{each}/conflict"),
                await client.post(f"/panel/{meeting_id}/cases/{each}/conflict", data=token),
                await client.post(f"/panel/{meeting_id}/cases/{each}/conflict?keep=1", data=token),
            ]
            for each in (slot_id, uuid4())
        ]
        theirs, unknown = ([(each.status_code, each.content) for each in of] for of in answers)
        assert theirs == unknown
        assert {status for status, _ in theirs} == {404}
        runtime = panel.team.runtime
        assert not await rows(runtime, "SELECT 1 FROM conflict UNION ALL SELECT 1 FROM begun_work")
        kept = await rows(runtime, "SELECT why FROM pack_read WHERE is_refused")
        assert [each["why"] for each in kept] == ["not-invited"] * 4
        audited = await rows(runtime, "SELECT facts FROM audit_entry WHERE action = 'pack.refused'")
        assert [each["facts"]["why"] for each in audited] == ["not-invited"] * 4
        bella = await panel.signed_in(BELLA)
        reads = unescape((await bella.get(f"/meetings/{meeting_id}/packs")).text)
        assert reads.count("Refused") == 4


async def _prepared(console: Console) -> tuple[UUID, UUID]:
    """Return a meeting with one case to which the members are invited, and its slot."""
    await due(console.team, 2222)
    meeting_id = await planned(console.team)
    (slot,) = await heard(console.team, meeting_id, "KM-7F3K-2222")
    await everybody_invited(console.team, meeting_id)
    return meeting_id, slot.id


async def _press_share(console: Console, meeting_id: UUID) -> None:
    client = await console.signed_in(BELLA)
    assert (await send(client, f"/meetings/{meeting_id}/packs")).status_code == 303


async def _meeting(console: Console, meeting_id: UUID) -> queries.MeetingView:
    async with console.team.runtime.database.transaction(BELLA) as session:
        return await queries.meeting(session, meeting_id)


def _value(page: httpx2.Response, name: str) -> str:
    """Return what a field holds."""
    tag = page.text.split(f'name="{name}"', 1)[1].split(">", 1)[0]
    return unescape(tag.split('value="', 1)[1].split('"', 1)[0])
