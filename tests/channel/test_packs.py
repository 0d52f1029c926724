"""Packs: which sector sees which part, from when until when, by console and by link; every opening is kept."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update

from chassis.actor import Actor
from contracts.notify.channel import AskAnswered, AskSeen
from contracts.vocabulary import AskKind, day_in_words
from services.channel import models, queries
from services.channel.domain import HAPPENED, Command
from services.channel.domain.meetings import InvitationState, Shift
from services.channel.domain.sharing import (
    PART_LABELS,
    PackPart,
    PackRefusal,
    Reader,
    Window,
    parts_for,
    why_closed,
)
from services.channel.operations import come_back
from services.channel.operations.agenda import choose_members, shift_slot
from services.channel.operations.convening import MeetingAct
from services.channel.operations.inviting import NewGuest, invite_guest
from services.channel.operations.meetings import cancel_meeting
from services.channel.operations.packs import PackOpened, declare_own_conflict, open_pack, share_packs
from services.channel.queries import Attendee, SlotView
from services.channel.queries.holders import holders
from services.channel.queries.sharing import NOTHING, pack_reads, pack_sections, shares
from tests.channel.builders import NOW, passed, referred, rows
from tests.channel.conftest import Team
from tests.channel.interventions_made import commissioned, supported
from tests.channel.meetings_made import (
    BELLA,
    DAY,
    HAMID,
    NEXT_DAY,
    POLLY,
    SECTORS,
    accepted,
    due,
    everybody_invited,
    heard,
    midnight,
    planned,
    version,
    with_panel,
)

OPEN = midnight(DAY) + timedelta(hours=9)
POLICE_WORDS = {PackPart.RATIONALE, PackPart.SHARED}
WINDOW = Window(NOW, NOW + timedelta(days=5))


@pytest.fixture
def panel(team: Team) -> Team:
    team.practices.given = with_panel()
    return team


class TestRules:
    @pytest.mark.parametrize("sector", sorted(set(SECTORS)))
    def test_police_and_authority_see_everything_and_others_no_words_of_the_police(self, sector: str) -> None:
        seen = set(parts_for(sector, guest=False))
        assert seen == (set(PackPart) if sector in ("police", "local-authority") else set(PackPart) - POLICE_WORDS)

    @given(st.text())
    def test_whoever_is_asked_to_one_case_sees_the_least_whatever_the_sector(self, sector: str) -> None:
        guest = set(parts_for(sector, guest=True))
        assert guest < set(parts_for(sector, guest=False))
        assert not guest & {PackPart.RATIONALE, PackPart.SHARED, PackPart.GATHERED, PackPart.CHRONOLOGY}

    @given(st.sampled_from(InvitationState), st.booleans(), st.booleans(), st.booleans(), st.integers(-9, 9))
    def test_a_pack_is_open_only_to_whom_everything_holds(
        self, state: InvitationState, asked: bool, shared: bool, conflict: bool, days: int
    ) -> None:
        refusal = why_closed(Reader(state, asked, shared, conflict), WINDOW, NOW + timedelta(days=days))
        may = state is InvitationState.ACCEPTED and asked and shared and not conflict and 0 <= days < 5
        assert (refusal is None) == may


class TestSharing:
    async def test_members_with_an_account_read_in_the_console_and_others_by_a_link_for_each_case(
        self, panel: Team
    ) -> None:
        meeting_id, _, _ = await _shared(panel, *range(12))
        packs = [each for each in (await panel.announced())["channel.ask-made.v1"] if _of(each, AskKind.PACK)]
        assert len(packs) == 9 * 2  # three of the twelve have an account, two cases are heard
        assert {each.expires_at for each in packs} == {midnight(DAY + timedelta(days=3))}  # type: ignore[attr-defined]
        assert {each.opens_at for each in packs} == {midnight(DAY - timedelta(days=5))}  # type: ignore[attr-defined]
        for each in packs:
            headings = " ".join(section.heading for section in each.shown)  # type: ignore[attr-defined]
            assert ("What the police decided" in headings) == (each.recipient in ("member-1", "member-3"))  # type: ignore[attr-defined]
        async with panel.runtime.database.transaction(BELLA) as session:
            assert len({each.invitation_id for each in await shares(session, meeting_id)}) == 12
            again = MeetingAct(NOW, (await queries.meeting(session, meeting_id)).row_version)
            assert await share_packs(session, meeting_id, again, panel.practices.given) == 0

    async def test_the_grounds_stand_in_their_own_part_and_nowhere_else(self, panel: Team) -> None:
        subject = await panel.open(passed())
        await panel.act(subject, Command.ACCEPT)
        await panel.hear(referred(), subject)
        async with panel.runtime.database.transaction(BELLA) as session:
            sections = await pack_sections(session, await queries.held(session, subject), tuple(PackPart))
        words = {each.part: each.words for each in sections}
        grounds = words.pop(PackPart.GROUNDS)
        assert grounds == "Contact with a recruiter."
        assert grounds not in "\n".join(words.values())
        assert HAPPENED[Command.RECEIVE_SECTION_36] in words[PackPart.CHRONOLOGY]

    async def test_nobody_gets_a_pack_who_has_not_agreed_to_confidentiality(self, panel: Team) -> None:
        await _shared(panel)
        assert [each for each in (await panel.announced())["channel.ask-made.v1"] if _of(each, AskKind.PACK)] == []

    async def test_whoever_accepts_later_gets_at_once_what_others_have(self, panel: Team) -> None:
        meeting_id, _, invited = await _shared(panel, 5)
        late = _number(invited, 9)
        assert late.ask_id
        yes = AskAnswered(
            reference="PANEL",
            ask_id=late.ask_id,
            kind=AskKind.INVITATION,
            answered_at=NOW,
            answered_by="Ada",
            accepted=True,
        )
        await panel.hear(yes, meeting_id)
        packs = [each for each in (await panel.announced())["channel.ask-made.v1"] if _of(each, AskKind.PACK)]
        assert [each.recipient for each in packs] == ["member-5"] * 2 + ["member-9"] * 2  # type: ignore[attr-defined]

    async def test_a_guest_gets_the_one_case_and_the_least_of_it(self, panel: Team) -> None:
        meeting_id, slots, _ = await _made(panel)
        guest = NewGuest("Sample Teacher (synthetic)", "Example School", "education", "teacher@school.example")
        async with panel.runtime.database.transaction(BELLA) as session:
            act = MeetingAct(NOW, (await queries.meeting(session, meeting_id)).row_version)
            invitation_id = await invite_guest(session, meeting_id, slots[1].id, guest, act)
            found = await queries.invitation(session, invitation_id)
        await accepted(panel, found)
        await _share(panel, meeting_id)
        (pack,) = [each for each in (await panel.announced())["channel.ask-made.v1"] if _of(each, AskKind.PACK)]
        assert (pack.reference, pack.address) == (slots[1].reference, "teacher@school.example")  # type: ignore[attr-defined]
        assert len(pack.shown) == len(parts_for("education", guest=True))  # type: ignore[attr-defined]
        act = MeetingAct(NOW, await version(panel, meeting_id))
        async with panel.runtime.database.transaction(BELLA) as session:
            await shift_slot(session, slots[1].id, Shift.REMOVE, act)
            assert (await queries.invitation(session, invitation_id)).state is InvitationState.CALLED_OFF
            assert "Sample Teacher (synthetic)" in [each.name for each in await holders(session, slots[1].subject)]
            handed = await queries.handed_over(session, await queries.held(session, slots[1].subject))
            assert [each.shared_with for each in handed.shared] == ["A guest of the panel"]
        await _cancelled(panel, meeting_id)

    async def test_whom_a_case_stops_concerning_loses_its_pack(self, panel: Team) -> None:
        meeting_id, slots, _ = await _shared(panel, 5)
        act = MeetingAct(NOW, await version(panel, meeting_id))
        async with panel.runtime.database.transaction(BELLA) as session:
            await choose_members(session, slots[0].id, ["member-0", "member-2"], act, panel.practices.given)
        assert await _ended(panel) == 1
        await _cancelled(panel, meeting_id)
        assert await _ended(panel) == 2


class TestOpening:
    async def test_is_recorded_with_who_and_when_and_read_as_a_record(self, panel: Team) -> None:
        meeting_id, slots, invited = await _shared(panel, 4)
        opened = await _open(panel, slots[0], _of_account(invited, HAMID), OPEN)
        assert opened.refusal is None
        words = {each.part: each.words for each in opened.sections}
        assert set(words) == set(PackPart) - POLICE_WORDS
        assert "Contact with a recruiter." in words[PackPart.GROUNDS]
        assert "A synthetic concern." in words[PackPart.CONCERN]
        assert "More needs to be known." not in " ".join(words.values())
        assert await _reads(panel, meeting_id) == [("Sample Member4 (synthetic)", "console", False, "")]
        (read,) = await rows(panel.runtime, "SELECT * FROM audit_entry WHERE reason = 'panel-pack'")
        assert (read["subject"], read["actor_id"]) == (slots[0].subject, HAMID.id)

    async def test_the_police_read_what_they_decided(self, panel: Team) -> None:
        _, slots, invited = await _shared(panel, 2)
        opened = await _open(panel, slots[0], _of_account(invited, POLLY), OPEN)
        assert "More needs to be known." in " ".join(each.words for each in opened.sections)

    @pytest.mark.parametrize(
        ("at", "refusal"),
        [
            (midnight(DAY - timedelta(days=5)) - timedelta(seconds=1), PackRefusal.TOO_EARLY),
            (midnight(DAY - timedelta(days=5)), None),
            (midnight(DAY + timedelta(days=3)) - timedelta(seconds=1), None),
            (midnight(DAY + timedelta(days=3)), PackRefusal.EXPIRED),
        ],
    )
    async def test_outside_its_window_it_is_refused_and_that_is_recorded(
        self, panel: Team, at: Any, refusal: PackRefusal | None
    ) -> None:
        meeting_id, slots, invited = await _shared(panel, 4)
        opened = await _open(panel, slots[0], _of_account(invited, HAMID), at)
        assert opened.refusal is refusal
        assert bool(opened.sections) == (refusal is None)
        assert await _reads(panel, meeting_id) == [
            ("Sample Member4 (synthetic)", "console", refusal is not None, refusal or "")
        ]

    async def test_a_conflict_of_interest_closes_one_case_in_the_console_and_by_link(self, panel: Team) -> None:
        meeting_id, slots, invited = await _shared(panel, 4, 5)
        for attendee in (_of_account(invited, HAMID), _number(invited, 5)):
            async with panel.runtime.database.transaction(HAMID) as session:
                await declare_own_conflict(session, slots[0].id, attendee, "A neighbour.", NOW)
        hamid = _of_account(invited, HAMID)
        assert (await _open(panel, slots[0], hamid, OPEN)).refusal is PackRefusal.CONFLICT
        assert (await _open(panel, slots[1], hamid, OPEN)).refusal is None
        assert await _ended(panel) == 1
        async with panel.runtime.database.transaction(BELLA) as session:
            marked = {each.member_id: each.conflict for each in await queries.invited(session, slots[0].id)}
        assert [each for each, conflict in sorted(marked.items()) if conflict] == ["member-4", "member-5"]
        await _share(panel, meeting_id)
        assert (await _open(panel, slots[0], hamid, OPEN)).refusal is PackRefusal.CONFLICT

    @pytest.mark.parametrize("how", ["another meeting", "taken off and put on again"])
    async def test_a_conflict_of_interest_stands_wherever_the_case_is_heard_next(self, panel: Team, how: str) -> None:
        meeting_id, slots, invited = await _shared(panel, 4, 5)
        for attendee in (_of_account(invited, HAMID), _number(invited, 5)):
            async with panel.runtime.database.transaction(HAMID) as session:
                await declare_own_conflict(session, slots[0].id, attendee, "A neighbour.", NOW)
        if how == "another meeting":
            meeting_id = await planned(panel, NEXT_DAY)
            invited = await everybody_invited(panel, meeting_id)
            for number in (4, 5):
                await accepted(panel, _number(invited, number))
        else:
            act = MeetingAct(NOW, await version(panel, meeting_id))
            async with panel.runtime.database.transaction(BELLA) as session:
                await shift_slot(session, slots[0].id, Shift.REMOVE, act)
        found = await heard(panel, meeting_id, slots[0].reference)
        slot = next(each for each in found if each.reference == slots[0].reference)
        await _share(panel, meeting_id)
        async with panel.runtime.database.transaction(BELLA) as session:
            invited = await queries.invitations(session, meeting_id)
            given = {each.invitation_id for each in await shares(session, meeting_id) if each.slot_id == slot.id}
            assert await queries.conflict_stands(session, slot.subject, HAMID.id)
            stands = await queries.declared(session, slot.id)
        assert given == set()
        assert (await _open(panel, slot, _of_account(invited, HAMID), OPEN)).refusal is PackRefusal.CONFLICT
        assert {each.name for each in stands} == {"Sample Member4 (synthetic)", "Sample Member5 (synthetic)"}
        # Said once that it does not stand any more, it stands in no meeting.
        async with panel.runtime.database.transaction(BELLA) as session:
            await come_back(session, slot.id, stands[0].attendee, slot.row_version, NOW)
            assert len(await queries.conflicts(session, [each.id for each in (*slots, slot)])) in (1, 2)
            assert [each.name for each in await queries.declared(session, slot.id)] == [stands[1].name]

    async def test_openings_and_refusals_by_link_are_kept_with_who_it_was(self, panel: Team) -> None:
        meeting_id, slots, invited = await _shared(panel, 5)
        asked = [each for each in (await panel.announced())["channel.ask-made.v1"] if _of(each, AskKind.PACK)]
        mine = next(each for each in asked if each.reference == slots[0].reference)  # type: ignore[attr-defined]
        await _look(panel, slots[0], mine, midnight(DAY - timedelta(days=6)), refused=True)
        await _look(panel, slots[0], mine, OPEN)
        await _look(panel, slots[0], mine, midnight(DAY + timedelta(days=3)), refused=True)
        async with panel.runtime.database.transaction(HAMID) as session:
            await declare_own_conflict(session, slots[0].id, _number(invited, 5), "A neighbour.", NOW)
        await _look(panel, slots[0], mine, OPEN, refused=True)
        act = MeetingAct(NOW, await version(panel, meeting_id))
        async with panel.runtime.database.transaction(BELLA) as session:
            await shift_slot(session, slots[0].id, Shift.REMOVE, act)
        await _look(panel, slots[0], mine, OPEN, refused=True)
        whys = [(refused, why) for _, how, refused, why in await _reads(panel, meeting_id) if how == "link"]
        conflict = (True, "conflict-of-interest")
        assert whys == [conflict, conflict, (True, "expired"), (False, ""), (True, "too-early")]
        refusals = await rows(panel.runtime, "SELECT * FROM audit_entry WHERE action = 'pack.refused'")
        assert len(refusals) == 4

    async def test_sessions_that_are_missing_are_said_in_the_same_words_in_the_console_and_by_link(
        self, panel: Team
    ) -> None:
        subject = await supported(panel, referred(reference="KM-7F3K-2222"))
        await commissioned(panel, subject)
        async with panel.runtime.database.transaction(Actor.service("channel")) as session:
            await session.execute(update(models.intervention).values(short=2, raised_at=NOW))
        panel.practices.given = with_panel()
        meeting_id = await planned(panel)
        (slot,) = await heard(panel, meeting_id, "KM-7F3K-2222")
        invited = await everybody_invited(panel, meeting_id)
        for number in (4, 5):
            await accepted(panel, _number(invited, number))
        await _share(panel, meeting_id)
        async with panel.runtime.database.transaction(BELLA) as session:
            invited = await queries.invitations(session, meeting_id)
        opened = await _open(panel, slot, _of_account(invited, HAMID), OPEN)
        read = {each.part: each.words for each in opened.sections}
        packs = [each for each in (await panel.announced())["channel.ask-made.v1"] if _of(each, AskKind.PACK)]
        mailed = {part.heading: part.words for part in packs[0].shown}  # type: ignore[attr-defined]
        assert read[PackPart.PLAN].endswith(
            "Sessions that were commissioned and are missing\nSample Provider One (synthetic): "
            f"0 of 7 delivered, 2 missing, known since {day_in_words(NOW.date(), 'en')}"
        )
        assert mailed[PART_LABELS[PackPart.PLAN]] == read[PackPart.PLAN]

    async def test_says_nothing_any_more_once_the_person_is_erased(self, panel: Team) -> None:
        _, slots, invited = await _shared(panel, 2)
        async with panel.runtime.database.transaction(Actor.service("channel")) as session:
            assert panel.service.erase_subject
            await panel.service.erase_subject(session, slots[0].subject)
        opened = await _open(panel, slots[0], _of_account(invited, POLLY), OPEN)
        words = {each.part: each.words for each in opened.sections}
        assert {words[part] for part in (PackPart.GROUNDS, PackPart.RATIONALE, PackPart.CONCERN)} == {NOTHING}
        assert "Name:" not in words[PackPart.IDENTITY]


async def _cancelled(team: Team, meeting_id: UUID) -> None:
    act = MeetingAct(NOW, await version(team, meeting_id), "No room.")
    async with team.runtime.database.transaction(BELLA) as session:
        await cancel_meeting(session, meeting_id, act)


async def _made(team: Team) -> tuple[UUID, tuple[SlotView, ...], tuple[Attendee, ...]]:
    await due(team, 2222)
    await due(team, 3333, "supported")
    meeting_id = await planned(team)
    slots = await heard(team, meeting_id, "KM-7F3K-2222", "KM-7F3K-3333")
    return meeting_id, slots, await everybody_invited(team, meeting_id)


async def _shared(team: Team, *numbers: int) -> tuple[UUID, tuple[SlotView, ...], tuple[Attendee, ...]]:
    """Return a meeting with two cases, in which the members of these numbers accepted before packs were shared."""
    meeting_id, slots, invited = await _made(team)
    for number in numbers:
        await accepted(team, _number(invited, number))
    await _share(team, meeting_id)
    async with team.runtime.database.transaction(BELLA) as session:
        return meeting_id, slots, await queries.invitations(session, meeting_id)


async def _share(team: Team, meeting_id: UUID) -> None:
    act = MeetingAct(NOW, await version(team, meeting_id))
    async with team.runtime.database.transaction(BELLA) as session:
        await share_packs(session, meeting_id, act, team.practices.given)


async def _open(team: Team, slot: SlotView, attendee: Attendee, at: Any) -> PackOpened:
    actor = replace(HAMID, id=attendee.account or HAMID.id)
    async with team.runtime.database.transaction(actor) as session:
        return await open_pack(session, slot.id, attendee, team.practices.given, at)


async def _look(team: Team, slot: SlotView, pack: Any, at: Any, *, refused: bool = False) -> None:
    seen = AskSeen(reference=slot.reference, ask_id=pack.ask_id, kind=AskKind.PACK, seen_at=at, refused=refused)
    await team.hear(seen, slot.subject)


async def _reads(team: Team, meeting_id: UUID) -> list[tuple[str, str, bool, str]]:
    async with team.runtime.database.transaction(BELLA) as session:
        return [(each.by, each.how, each.refused, each.why) for each in await pack_reads(session, meeting_id)]


async def _ended(team: Team) -> int:
    """Return how many links of packs have been ended."""
    announced = await team.announced()
    packs = {each.ask_id for each in announced["channel.ask-made.v1"] if _of(each, AskKind.PACK)}  # type: ignore[attr-defined]
    return sum(each.ask_id in packs for each in announced.get("channel.ask-ended.v1", []))  # type: ignore[attr-defined]


def _of(event: Any, kind: AskKind) -> bool:
    return bool(event.kind is kind)


def _number(invited: tuple[Attendee, ...], number: int) -> Attendee:
    return next(each for each in invited if each.member_id == f"member-{number}")


def _of_account(invited: tuple[Attendee, ...], actor: Actor) -> Attendee:
    return next(each for each in invited if each.account == actor.id)
