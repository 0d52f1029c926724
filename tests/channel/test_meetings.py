"""The calendar, the agenda from what is due, invitations, and what moves if the panel moves."""

from datetime import date, datetime, time, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.actor import Actor
from contracts.notify.channel import AskAnswered, AskUndelivered
from contracts.vocabulary import AskKind
from contracts.vocabulary.days import LONDON
from services.channel import queries
from services.channel.domain import ChangedMeanwhile, ClockName, Command, NotRecorded, State
from services.channel.domain.meetings import (
    STATEMENT_VERSION,
    DayRefused,
    Due,
    InvitationState,
    MeetingOver,
    MeetingState,
    NotForThePanel,
    Shift,
    SlotKind,
    begins,
    days_ahead,
    force_missing,
    is_due,
    kind_of,
    runs_out,
    shifted,
    timed,
)
from services.channel.jobs import calendar
from services.channel.operations.agenda import add_to_agenda, choose_members, shift_slot
from services.channel.operations.convening import MeetingAct
from services.channel.operations.inviting import NewGuest, Said, answer_in_console, invite_guest
from services.channel.operations.meetings import NewMeeting, cancel_meeting, make_meeting, move_meeting
from services.channel.queries.agenda import agenda_clocks, due_cases
from tests.channel.builders import AREA, NOW, rows
from tests.channel.conftest import Team
from tests.channel.meetings_made import (
    BELLA,
    DAY,
    HAMID,
    NEXT_DAY,
    accepted,
    due,
    everybody_invited,
    heard,
    planned,
    second_wednesday,
    stand,
    version,
    with_panel,
)

FOLLOWING = begins(NEXT_DAY, time(10))
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2030, 1, 1), timezones=st.just(LONDON))  # noqa: DTZ001


@pytest.fixture
def panel(team: Team) -> Team:
    team.practices.given = with_panel()
    return team


class TestRules:
    @given(st.dates(date(2026, 1, 1), date(2040, 1, 1)))
    def test_the_monthly_rule_gives_every_month_one_day_after_the_given_one(self, after: date) -> None:
        found = [day for day, _ in zip(days_ahead(second_wednesday, after), range(14), strict=False)]
        assert min(found) > after
        assert all(day == second_wednesday(day) for day in found)
        assert len({(day.year, day.month) for day in found}) == 14

    @given(MOMENTS, st.lists(st.integers(5, 240), max_size=12))
    def test_slots_follow_one_another_without_a_gap(self, start: datetime, minutes: list[int]) -> None:
        times = timed(start, minutes)
        assert times[:1] == ((start,) if minutes else ())
        ends = [at + timedelta(minutes=each) for at, each in zip(times, minutes, strict=True)]
        assert list(times[1:]) == ends[:-1]

    @given(st.permutations("abcdef"), st.sampled_from("abcdef"), st.sampled_from(list(Shift)))
    def test_a_shift_moves_one_by_one_place_and_loses_nobody_else(
        self, order: list[str], which: str, shift: Shift
    ) -> None:
        after = shifted(order, which, shift)
        assert [each for each in after if each != which] == [each for each in order if each != which]
        assert (which in after) == (shift is not Shift.REMOVE)
        if which in after:
            assert abs(after.index(which) - order.index(which)) <= 1

    def test_a_new_case_is_always_due_and_others_by_their_clock(self) -> None:
        late, soon = FOLLOWING + timedelta(days=1), FOLLOWING - timedelta(days=1)
        assert is_due(Due("KM", State.REFERRED, late), FOLLOWING)
        assert not is_due(Due("KM", State.REFERRED, late, deferred=True), FOLLOWING)
        assert is_due(Due("KM", State.SUPPORTED, soon), FOLLOWING)
        assert not is_due(Due("KM", State.SUPPORTED, late), FOLLOWING)

    @pytest.mark.parametrize("state", State)
    def test_only_what_the_panel_can_decide_comes_before_it(self, state: State) -> None:
        if state in (State.REFERRED, State.ADOPTED, State.PLANNED, State.SUPPORTED, State.NO_CONSENT, State.CLOSED):
            assert kind_of(state, deferred=False) in SlotKind
        else:
            with pytest.raises(NotForThePanel):
                kind_of(state, deferred=False)

    def test_what_runs_out_by_the_move_comes_before_what_was_late_already(self) -> None:
        old, new = begins(DAY, time(10)), FOLLOWING
        clocks = (
            ("KM-1", ClockName.PANEL, old - timedelta(days=1)),
            ("KM-2", ClockName.PLAN_REVIEW, old + timedelta(days=1)),
            ("KM-3", ClockName.REASSESSMENT, new + timedelta(days=1)),
        )
        late = runs_out(clocks, old, new)
        assert [(each.reference, each.before_that) for each in late] == [("KM-2", False), ("KM-1", True)]

    def test_a_force_is_there_however_its_name_was_typed(self) -> None:
        assert force_missing(" kent  police", ["Kent Police"]) == ""
        assert force_missing("Essex Police", ["Kent Police"]) == "Essex Police"


class TestCalendar:
    async def test_the_next_two_dates_are_always_fixed_by_the_rule(self, panel: Team) -> None:
        await panel.open()
        assert await _fixed(panel, NOW) == [DAY, NEXT_DAY]
        assert await _fixed(panel, NOW) == [DAY, NEXT_DAY]
        on_the_day = begins(DAY, time(23))
        assert await _fixed(panel, on_the_day) == [DAY, NEXT_DAY]
        assert await _fixed(panel, on_the_day + timedelta(days=1)) == [DAY, NEXT_DAY, date(2027, 2, 10)]

    async def test_a_day_that_was_planned_by_hand_is_kept(self, panel: Team) -> None:
        await panel.open()
        await planned(panel, NEXT_DAY)
        assert await _fixed(panel, NOW) == [NEXT_DAY, date(2027, 2, 10)]

    async def test_an_area_without_cases_needs_no_meeting(self, panel: Team) -> None:
        assert await _fixed(panel, NOW) == []

    async def test_the_panel_meets_neither_twice_on_a_day_nor_in_the_past(self, panel: Team) -> None:
        await planned(panel)
        for day in (DAY, NOW.date() - timedelta(days=1)):
            with pytest.raises(DayRefused):
                await planned(panel, day)

    async def test_who_chairs_is_of_the_authority_and_somebody_can_take_over(self, panel: Team) -> None:
        meeting_id = await planned(panel)
        async with panel.runtime.database.transaction(BELLA) as session:
            found = await queries.meeting(session, meeting_id)
            assert (found.chair_id, found.cochair_id) == ("member-0", "member-1")
            wrong = NewMeeting(NEXT_DAY, time(10), "County Hall", chair_id="member-4")
            with pytest.raises(NotRecorded):
                await make_meeting(session, wrong, panel.practices.given, NOW)

    async def test_a_cancelled_meeting_frees_its_day_and_is_over(self, panel: Team) -> None:
        meeting_id = await planned(panel)
        act = MeetingAct(NOW, 1, "No room.")
        async with panel.runtime.database.transaction(BELLA) as session:
            with pytest.raises(NotRecorded):
                await cancel_meeting(session, meeting_id, MeetingAct(NOW, 1))
            await cancel_meeting(session, meeting_id, act)
            with pytest.raises(MeetingOver):
                await cancel_meeting(session, meeting_id, act)
            assert (await queries.meeting(session, meeting_id)).state is MeetingState.CANCELLED
            assert (await queries.meeting_changes(session, meeting_id))[-1].words == "No room."
        await planned(panel)

    async def test_a_panel_of_another_area_is_not_seen(self, panel: Team) -> None:
        meeting_id = await planned(panel)
        elsewhere = Actor(BELLA.kind, BELLA.id, BELLA.name, BELLA.roles, frozenset({"northmere"}))
        async with panel.runtime.database.transaction(elsewhere) as session:
            assert await queries.meetings_to_come(session) == ()
            with pytest.raises(Exception, match="no such meeting"):
                await queries.meeting(session, meeting_id)


class TestAgenda:
    async def test_is_built_from_what_is_due(self, panel: Team) -> None:
        await due(panel, 2222)
        review = await due(panel, 3333, "supported")
        await due(panel, 4444, "no-consent")
        await due(panel, 5555, "closed")
        later = await due(panel, 6666, "supported")
        await stand(panel, later, "supported", FOLLOWING + timedelta(days=1))
        deferred = await due(panel, 7777)
        await _deferred(panel, deferred, FOLLOWING + timedelta(days=1))
        async with panel.runtime.database.transaction(BELLA) as session:
            found = await due_cases(session, AREA, FOLLOWING, DAY)
            assert {(each.due.reference[-4:], each.due.kind) for each in found} == {
                ("2222", SlotKind.NEW), ("3333", SlotKind.REVIEW), ("4444", SlotKind.REASSESSMENT),
                ("5555", SlotKind.AFTER_CLOSURE),
            }  # fmt: skip
            assert {each.meeting_id for each in found} == {None}
        meeting_id = await planned(panel)
        await heard(panel, meeting_id, "KM-7F3K-3333")
        await _deferred(panel, deferred, FOLLOWING - timedelta(days=1))
        async with panel.runtime.database.transaction(BELLA) as session:
            found = await due_cases(session, AREA, FOLLOWING, DAY)
            assert {each.subject: each.meeting_id for each in found}[review] == meeting_id
            assert {each.due.kind for each in found if each.subject == deferred} == {SlotKind.DEFERRED}

    async def test_slots_are_timed_by_the_areas_minutes_in_the_order_of_their_kinds(self, panel: Team) -> None:
        for number, state in (
            (2222, "closed"),
            (3333, "supported"),
            (4444, "referred-to-panel"),
            (5555, "referred-to-panel"),
        ):
            await due(panel, number, state)
        meeting_id = await planned(panel)
        agenda = await heard(panel, meeting_id, *(f"km-7f3k-{each}" for each in (2222, 3333, 4444, 5555)))
        at = [(each.reference[-4:], f"{each.starts_at.astimezone(LONDON):%H:%M}") for each in agenda]
        assert at == [("4444", "10:00"), ("5555", "10:30"), ("3333", "11:00"), ("2222", "11:20")]
        await _shift(panel, agenda[3].id, Shift.UP)
        await _shift(panel, agenda[0].id, Shift.REMOVE)
        async with panel.runtime.database.transaction(BELLA) as session:
            agenda = await queries.slots(session, meeting_id)
            at = [(each.reference[-4:], f"{each.starts_at.astimezone(LONDON):%H:%M}") for each in agenda]
        assert at == [("5555", "10:00"), ("2222", "10:30"), ("3333", "10:40")]
        assert [each.position for each in agenda] == [1, 2, 3]

    async def test_a_case_stands_once_and_only_where_the_panel_can_decide(self, panel: Team) -> None:
        await due(panel, 2222)
        await panel.open()
        meeting_id = await planned(panel)
        await heard(panel, meeting_id, "KM-7F3K-2222")
        for reference in ("KM-7F3K-2222", "KM-7F3K-92QM"):
            with pytest.raises(NotForThePanel):
                await heard(panel, meeting_id, reference)

    async def test_two_people_do_not_overwrite_one_another(self, panel: Team) -> None:
        await due(panel, 2222)
        meeting_id = await planned(panel)
        await heard(panel, meeting_id, "KM-7F3K-2222")
        async with panel.runtime.database.transaction(BELLA) as session:
            with pytest.raises(ChangedMeanwhile):
                await add_to_agenda(session, meeting_id, ["KM-7F3K-2222"], MeetingAct(NOW, 1), panel.practices.given)


class TestInvitations:
    async def test_every_standing_member_gets_a_link_and_none_of_them_names_a_person(self, panel: Team) -> None:
        await due(panel, 2222)
        meeting_id = await planned(panel)
        await heard(panel, meeting_id, "KM-7F3K-2222")
        invited = await everybody_invited(panel, meeting_id)
        asked = (await panel.announced())["channel.ask-made.v1"]
        assert len(invited) == len(asked) == 12
        assert {each.recipient for each in asked} == {each.member_id for each in invited}  # type: ignore[attr-defined]
        words = "".join(each.model_dump_json() for each in asked)
        assert "KM-7F3K-2222" in words
        assert "confidential" in words
        assert 'Synthetic"' not in words.replace("Bella Synthetic", "")
        assert await everybody_invited(panel, meeting_id) == invited

    async def test_accepting_by_a_link_is_agreeing_to_the_statement(self, panel: Team) -> None:
        meeting_id = await planned(panel)
        invited = await everybody_invited(panel, meeting_id)
        await _answer(panel, meeting_id, invited[5].ask_id, accepted=True)
        await _answer(panel, meeting_id, invited[6].ask_id, accepted=False, report="On leave.")
        await _answer(panel, meeting_id, uuid4(), accepted=True)
        async with panel.runtime.database.transaction(BELLA) as session:
            found = {each.invitation_id: each for each in await queries.invitations(session, meeting_id)}
        yes, no = found[invited[5].invitation_id], found[invited[6].invitation_id]
        assert (yes.accepted, yes.statement, yes.answered_by, yes.answered_at) == (True, STATEMENT_VERSION, "Ada", NOW)
        assert (no.state, no.statement, no.reason) == (InvitationState.DECLINED, "", "On leave.")

    async def test_a_mail_that_did_not_arrive_is_said_beside_the_invitation(self, panel: Team) -> None:
        meeting_id = await planned(panel)
        invited = await everybody_invited(panel, meeting_id)
        assert invited[0].ask_id
        lost = AskUndelivered(reference="PANEL", ask_id=invited[0].ask_id, kind=AskKind.INVITATION, failed_at=NOW)
        await panel.hear(lost, meeting_id)
        async with panel.runtime.database.transaction(BELLA) as session:
            found = await queries.invitation(session, invited[0].invitation_id)
        assert found.state is InvitationState.UNDELIVERED
        await panel.hear(lost.model_copy(update={"reached": True}), meeting_id)
        async with panel.runtime.database.transaction(BELLA) as session:
            found = await queries.invitation(session, invited[0].invitation_id)
        assert found.state is InvitationState.INVITED

    async def test_a_member_with_an_account_answers_in_the_console_and_nobody_for_them(self, panel: Team) -> None:
        meeting_id = await planned(panel)
        invited = await everybody_invited(panel, meeting_id)
        mine = next(each for each in invited if each.account == HAMID.id)
        other = next(each for each in invited if not each.account)
        async with panel.runtime.database.transaction(HAMID) as session:
            said = Said(accepted=True, by="Hamid Synthetic", at=NOW)
            await answer_in_console(session, mine.invitation_id, said, panel.practices.given)
            with pytest.raises(Exception, match="no such invitation"):
                await answer_in_console(session, other.invitation_id, said, panel.practices.given)
            found = await queries.invitations_of(session, HAMID.id)
        assert [(each.id, attendee.accepted) for each, attendee in found] == [(meeting_id, True)]
        ended = (await panel.announced())["channel.ask-ended.v1"]
        assert [(each.ask_id, each.cancelled) for each in ended] == [(mine.ask_id, False)]  # type: ignore[attr-defined]

    async def test_a_guest_is_asked_to_one_case_only_and_goes_with_it_when_it_is_erased(self, panel: Team) -> None:
        subject = await due(panel, 2222)
        await due(panel, 3333)
        meeting_id = await planned(panel)
        first, second = await heard(panel, meeting_id, "KM-7F3K-2222", "KM-7F3K-3333")
        guest = NewGuest("Sample Teacher (synthetic)", "Example School", "education", "teacher@school.example")
        act = MeetingAct(NOW, await version(panel, meeting_id))
        async with panel.runtime.database.transaction(BELLA) as session:
            with pytest.raises(NotRecorded):
                await invite_guest(session, meeting_id, first.id, NewGuest("x", "y", "education", " "), act)
            await invite_guest(session, meeting_id, first.id, guest, act)
            asked = await queries.invited(session, first.id)
            assert [(each.name, each.organisation, each.guest) for each in asked] == [
                ("Sample Teacher (synthetic)", "Example School", True)
            ]
            assert await queries.invited(session, second.id) == ()
        mailed = (await panel.announced())["channel.ask-made.v1"]
        assert [each.address for each in mailed] == ["teacher@school.example"]  # type: ignore[attr-defined]
        async with panel.runtime.database.transaction(Actor.service("channel")) as session:
            assert panel.service.erase_subject
            await panel.service.erase_subject(session, subject)
        async with panel.runtime.database.transaction(BELLA) as session:
            assert [each.name for each in await queries.invitations(session, meeting_id)] == ["Erased"]

    async def test_whom_a_case_does_not_concern_is_not_asked_to_it(self, panel: Team) -> None:
        await due(panel, 2222)
        meeting_id = await planned(panel)
        (slot,) = await heard(panel, meeting_id, "KM-7F3K-2222")
        await everybody_invited(panel, meeting_id)
        act = MeetingAct(NOW, await version(panel, meeting_id))
        async with panel.runtime.database.transaction(BELLA) as session:
            chosen = [f"member-{number}" for number in range(12) if number != 9]
            await choose_members(session, slot.id, chosen, act, panel.practices.given)
            assert {each.member_id for each in await queries.invited(session, slot.id)} == set(chosen)


class TestMoving:
    async def test_slots_move_and_everybody_is_asked_again(self, panel: Team) -> None:
        await due(panel, 2222)
        meeting_id = await planned(panel)
        await heard(panel, meeting_id, "KM-7F3K-2222")
        invited = await everybody_invited(panel, meeting_id)
        await accepted(panel, invited[0])
        later = DAY + timedelta(days=7)
        async with panel.runtime.database.transaction(BELLA) as session:
            clocks = await agenda_clocks(session, meeting_id)
            assert [(reference, name) for reference, name, _ in clocks] == [("KM-7F3K-2222", ClockName.PANEL)]
            expected = (await queries.meeting(session, meeting_id)).row_version
            with pytest.raises(NotRecorded):
                await move_meeting(session, meeting_id, later, time(14), MeetingAct(NOW, expected))
            await move_meeting(session, meeting_id, later, time(14), MeetingAct(NOW, expected, "Snow."))
            found = await queries.meeting(session, meeting_id)
            assert (found.held_on, found.starts_at, found.accepted) == (later, begins(later, time(14)), 0)
            assert [each.starts_at for each in await queries.slots(session, meeting_id)] == [found.starts_at]
            links = {each.ask_id for each in await queries.invitations(session, meeting_id)}
        announced = await panel.announced()
        assert len(announced["channel.ask-made.v1"]) == 24
        assert {each.ask_id for each in announced["channel.ask-ended.v1"]} == {  # type: ignore[attr-defined]
            each.ask_id for each in invited
        }
        assert not links & {each.ask_id for each in invited}


async def _fixed(team: Team, now: datetime) -> list[date]:
    """Let the job look, and return the days in the calendar."""
    await calendar(team.runtime, now)
    async with team.runtime.database.transaction(BELLA) as session:
        return [each.held_on for each in await queries.meetings_to_come(session)]


async def _answer(team: Team, meeting_id: UUID, ask_id: UUID | None, *, accepted: bool, report: str = "") -> None:
    assert ask_id
    answer = AskAnswered(
        reference="PANEL-2026-12-09",
        ask_id=ask_id,
        kind=AskKind.INVITATION,
        answered_at=NOW,
        answered_by="Ada",
        report=report,
        accepted=accepted,
    )
    await team.hear(answer, meeting_id)


async def _shift(team: Team, slot_id: UUID, shift: Shift) -> None:
    async with team.runtime.database.transaction(BELLA) as session:
        found = await queries.slot(session, slot_id)
        expected = (await queries.meeting(session, found.meeting_id)).row_version
        await shift_slot(session, slot_id, shift, MeetingAct(NOW, expected))


async def _deferred(team: Team, subject: UUID, due_at: datetime) -> None:
    await stand(team, subject, "referred-to-panel", due_at)
    await rows(
        team.runtime,
        "INSERT INTO history (subject, area, area_version, row_version, command, from_state, to_state, risk_owner,"
        " by_id, by_name, at) SELECT subject, area, area_version, row_version, :command, state, state, risk_owner,"
        " 'x', 'x', :at FROM case_file WHERE subject = :subject RETURNING 1",
        subject=subject,
        command=Command.DEFER,
        at=NOW,
    )
