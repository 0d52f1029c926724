"""Interventions: the approved list, the brief, sessions, and the alarm when they are missing."""

from datetime import timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.actor import Actor
from contracts.channel.notices import AskEnded, AskMade
from contracts.notify.channel import AskSeen
from contracts.vocabulary import AskKind
from services.channel import operations, queries
from services.channel.domain import (
    Approval,
    Command,
    Commission,
    Consent,
    InterventionNotFound,
    InterventionOver,
    NotOffered,
    NotRecorded,
    Provider,
    SessionState,
    Short,
    Shortfall,
    Sitting,
    State,
    approval,
    counted,
    missing_count,
    shortfall_words,
    shortfalls,
    why_not_commissioned,
)
from services.channel.queries import Ending
from tests.channel.builders import NOW, REFERENCE, rows
from tests.channel.conftest import Team
from tests.channel.interventions_made import (
    PROVIDERS,
    TODAY,
    act,
    answered,
    commissioned,
    done,
    into,
    planned,
    recorded,
    seen,
    supported,
)
from tests.channel.owing_made import ended

SEVEN = Commission(7, TODAY, TODAY + timedelta(days=69))
DAY = timedelta(days=1)


def sitting(day: int, state: SessionState = SessionState.PLANNED) -> Sitting:
    return Sitting(TODAY + day * DAY, TODAY + (day + 5) * DAY, state)


class TestCounted:
    def test_seven_commissioned_one_delivered_nobody_reports(self) -> None:
        sittings = [sitting(1, SessionState.DELIVERED), *(sitting(each) for each in (8, 15, 22, 29, 36, 43))]
        found = counted(SEVEN, sittings, TODAY + 60 * DAY)
        assert (found.delivered, found.unreported, found.planned, found.to_be_planned) == (1, 6, 0, 0)
        assert missing_count(shortfalls(found)) == 6
        assert shortfalls(found)[0] == Short(Shortfall.UNREPORTED, 6)

    def test_one_delivered_and_no_more_planned_falls_behind_the_pace(self) -> None:
        found = counted(SEVEN, [sitting(1, SessionState.DELIVERED)], TODAY + 40 * DAY)
        assert shortfalls(found) == (Short(Shortfall.BEHIND, 3),)
        assert "1 of 7" in shortfall_words(found, shortfalls(found)[0])

    def test_a_report_that_is_still_in_time_is_waited_for(self) -> None:
        found = counted(SEVEN, [sitting(1)], TODAY + 4 * DAY)
        assert (found.waiting, found.unreported) == (1, 0)
        assert shortfalls(found) == ()

    def test_those_nobody_reported_count_beside_those_that_were_missed(self) -> None:
        missed = Sitting(TODAY, TODAY, SessionState.MISSED)
        silent = Sitting(TODAY + DAY, TODAY + DAY, SessionState.PLANNED)
        assert missing_count(shortfalls(counted(SEVEN, [missed], TODAY + 3 * DAY))) == 1
        assert missing_count(shortfalls(counted(SEVEN, [missed, silent], TODAY + 3 * DAY))) == 2

    def test_a_missed_session_is_missing_until_it_is_planned_again(self) -> None:
        missed = sitting(1, SessionState.MISSED)
        assert shortfalls(counted(SEVEN, [missed], TODAY + 3 * DAY)) == (Short(Shortfall.MISSED, 1),)
        again = [missed, *(sitting(10 + each) for each in range(7))]
        assert shortfalls(counted(SEVEN, again, TODAY + 3 * DAY)) == ()

    def test_one_session_behind_is_on_the_way_until_the_last_day(self) -> None:
        two = Commission(2, TODAY, TODAY + 9 * DAY)
        assert shortfalls(counted(two, [sitting(8)], TODAY + 6 * DAY)) == ()
        late = counted(two, [sitting(1, SessionState.DELIVERED)], TODAY + 10 * DAY)
        assert shortfalls(late) == (Short(Shortfall.BEHIND, 1),)

    def test_what_was_called_off_is_not_counted(self) -> None:
        found = counted(SEVEN, [sitting(1, SessionState.CALLED_OFF)], TODAY + 2 * DAY)
        assert (found.delivered, found.missed, found.planned, found.to_be_planned) == (0, 0, 0, 7)

    @given(
        st.integers(1, 20),
        st.lists(st.tuples(st.integers(-60, 60), st.sampled_from(SessionState)), max_size=20),
        st.integers(-80, 80),
    )
    def test_every_session_is_counted_once(self, number: int, each: list[tuple[int, SessionState]], day: int) -> None:
        sittings = [sitting(*one) for one in each]
        found = counted(Commission(number, TODAY, TODAY + 50 * DAY), sittings, TODAY + day * DAY)
        kept = [one for one in sittings if one.state is not SessionState.CALLED_OFF]
        assert found.planned + found.delivered + found.missed + found.waiting + found.unreported == len(kept)
        assert 0 <= found.by_now <= number
        assert found.to_be_planned >= 0
        assert all(short.count > 0 for short in shortfalls(found))

    @given(st.lists(st.integers(0, 40), min_size=1, max_size=8))
    def test_delivering_never_makes_it_worse(self, days: list[int]) -> None:
        on = TODAY + 50 * DAY
        before = counted(SEVEN, [sitting(day) for day in days], on)
        after = counted(SEVEN, [sitting(day, SessionState.DELIVERED) for day in days], on)
        assert missing_count(shortfalls(after)) <= missing_count(shortfalls(before))


class TestApproval:
    def test_the_last_day_counts(self) -> None:
        provider = Provider("p", "Sample (synthetic)", TODAY)
        assert approval(provider, TODAY, TODAY) is Approval.LAPSES_SOON
        assert approval(provider, TODAY + DAY, TODAY) is Approval.LAPSED
        assert approval(None, TODAY, TODAY) is Approval.LAPSED
        assert approval(PROVIDERS["provider-one"], TODAY, TODAY) is Approval.APPROVED

    def test_says_why_a_provider_cannot_be_commissioned(self) -> None:
        assert "list" in why_not_commissioned(None, TODAY, TODAY)
        assert "ended on 31 March 2026" in why_not_commissioned(PROVIDERS["provider-two"], TODAY, TODAY)
        assert "ends on" in why_not_commissioned(PROVIDERS["provider-three"], TODAY + 30 * DAY, TODAY)
        assert why_not_commissioned(PROVIDERS["provider-three"], TODAY + 20 * DAY, TODAY) == ""


class TestCommission:
    async def test_keeps_what_was_commissioned_and_says_so_in_the_history(self, team: Team) -> None:
        subject = await supported(team)
        made = await commissioned(team, subject)
        found = await seen(team, subject, made)
        assert (found.sessions, found.provider) == (7, "Sample Provider One (synthetic)")
        assert found.purpose.cites == ("Need for identity, meaning and belonging",)
        history = await rows(team.runtime, "SELECT command FROM history ORDER BY id")
        assert [each["command"] for each in history][-2:] == ["commission-intervention", "write-brief"]
        stored = await rows(team.runtime, "SELECT sealed_purpose FROM intervention")
        assert b"belonging" not in stored[0]["sealed_purpose"]

    @pytest.mark.parametrize(
        ("given_", "field", "words"),
        [
            ({"provider_id": "provider-two"}, "provider", "ended on 31 March 2026"),
            ({"provider_id": "unheard-of"}, "provider", "approved"),
            ({"provider_id": "provider-three"}, "provider", "ends on"),
            ({"sessions": 0}, "sessions", "between 1 and 100"),
            ({"finish_on": TODAY}, "finish_on", "after today"),
            ({"cites": ()}, "cites", "plan"),
            ({"purpose": " "}, "purpose", "what it is for"),
        ],
    )
    async def test_refuses(self, team: Team, given_: dict[str, object], field: str, words: str) -> None:
        subject = await supported(team)
        with pytest.raises(NotRecorded, match=words) as refusal:
            await commissioned(team, subject, **given_)  # type: ignore[arg-type]
        assert refusal.value.field == field
        assert not await rows(team.runtime, "SELECT 1 FROM intervention")

    async def test_refuses_support_without_consent(self, team: Team) -> None:
        subject = await supported(team)
        await into(team.runtime, subject, State.SUPPORTED, consent=Consent.LAPSED)
        with pytest.raises(NotOffered, match="consent"):
            await commissioned(team, subject)

    async def test_names_it_while_it_is_open(self, team: Team) -> None:
        subject = await supported(team)
        await commissioned(team, subject)
        held = await done(team, lambda session: queries.held(session, subject))
        assert held.situation.sessions_open == ("Sample Provider One (synthetic)",)


class TestBrief:
    async def test_no_session_is_planned_before_it(self, team: Team) -> None:
        subject = await supported(team)
        made = await commissioned(team, subject, brief=False)
        with pytest.raises(NotRecorded, match="no written brief"):
            await planned(team, subject, made, 7)

    async def test_goes_with_the_first_ask_and_counts_as_read_once_the_provider_says_so(self, team: Team) -> None:
        subject = await supported(team)
        made = await commissioned(team, subject)
        await planned(team, subject, made, 7)
        asked = (await team.announced())["channel.ask-made.v1"][0]
        assert isinstance(asked, AskMade)
        assert (asked.kind, asked.recipient) == (AskKind.SESSION, "provider-one")
        assert "youth centre" in asked.shown[1].words
        looked = AskSeen(reference=REFERENCE, ask_id=asked.ask_id, kind=AskKind.SESSION, seen_at=NOW)
        await team.hear(looked, subject)
        assert (await seen(team, subject, made)).briefs[0].read_at is None
        for _ in range(2):
            await team.hear(looked.model_copy(update={"acknowledged": True}), subject)
        assert (await seen(team, subject, made)).briefs[0].read_at == NOW
        assert len(await rows(team.runtime, "SELECT 1 FROM audit_entry WHERE action = 'brief.read'")) == 1
        await planned(team, subject, made, 14)
        second = (await team.announced())["channel.ask-made.v1"][1]
        assert isinstance(second, AskMade)
        assert len(second.shown) == 1

    async def test_whoever_reports_says_with_it_that_they_have_read_it(self, team: Team) -> None:
        subject = await supported(team)
        made = await commissioned(team, subject)
        await planned(team, subject, made, 0)
        await answered(team, subject, (await seen(team, subject, made)).held[0].id, accepted=True)
        assert (await seen(team, subject, made)).briefs[0].read_at == NOW

    async def test_a_new_version_reaches_sessions_to_come(self, team: Team) -> None:
        subject = await supported(team)
        made = await commissioned(team, subject)
        await planned(team, subject, made, 7)
        words = (made, "Meet at home instead.")
        local = team.practices.given
        await done(team, lambda s: operations.write_brief(s, subject, words, act(Command.BRIEF), local))
        told = await team.announced()
        first, again = told["channel.ask-made.v1"]
        ended = told["channel.ask-ended.v1"][0]
        assert isinstance(first, AskMade)
        assert isinstance(again, AskMade)
        assert isinstance(ended, AskEnded)
        assert ended.ask_id == first.ask_id != again.ask_id
        assert "at home" in again.shown[1].words
        assert [each.number for each in (await seen(team, subject, made)).briefs] == [2, 1]

    async def test_needs_words(self, team: Team) -> None:
        subject = await supported(team)
        made = await commissioned(team, subject, brief=False)
        with pytest.raises(NotRecorded, match="Write the brief"):
            await done(
                team,
                lambda s: operations.write_brief(s, subject, (made, " "), act(Command.BRIEF), team.practices.given),
            )


class TestPlanSessions:
    async def test_starts_a_clock_for_each_report(self, team: Team) -> None:
        subject = await supported(team)
        made = await commissioned(team, subject)
        await planned(team, subject, made, 7, 14)
        clocks = await rows(team.runtime, "SELECT about FROM clock WHERE name = 'session-report'")
        assert {each["about"] for each in clocks} == {each.id for each in (await seen(team, subject, made)).held}

    async def test_refuses_more_than_were_commissioned(self, team: Team) -> None:
        subject = await supported(team)
        made = await commissioned(team, subject, sessions=1)
        with pytest.raises(NotRecorded, match="Only 1"):
            await planned(team, subject, made, 7, 14)

    async def test_refuses_a_day_past_the_approval(self, team: Team) -> None:
        subject = await supported(team)
        made = await commissioned(team, subject, provider_id="provider-three", finish_on=TODAY + 15 * DAY)
        with pytest.raises(NotRecorded, match="approval"):
            await planned(team, subject, made, 30)

    async def test_refuses_without_consent_and_in_the_past(self, team: Team) -> None:
        subject = await supported(team)
        made = await commissioned(team, subject)
        with pytest.raises(NotRecorded, match="today or later"):
            await planned(team, subject, made, -1)
        await into(team.runtime, subject, State.NO_CONSENT, consent=Consent.WITHDRAWN)
        with pytest.raises(NotRecorded, match="consent"):
            await planned(team, subject, made, 7)


class TestReports:
    @pytest.mark.parametrize(
        ("accepted", "state"),
        [(True, SessionState.DELIVERED), (False, SessionState.MISSED), (None, SessionState.PLANNED)],
    )
    async def test_come_by_link(self, team: Team, accepted: bool | None, state: SessionState) -> None:
        subject = await supported(team)
        made = await commissioned(team, subject)
        await planned(team, subject, made, 7)
        sat = (await seen(team, subject, made)).held[0]
        await answered(team, subject, sat.id, accepted=accepted)
        found = (await seen(team, subject, made)).held[0]
        assert found.state is state
        assert "We talked." in found.report
        clock = await rows(team.runtime, "SELECT stopped_at FROM clock WHERE about = :id", id=sat.id)
        assert (clock[0]["stopped_at"] is None) == (accepted is None)

    async def test_what_comes_after_it_was_recorded_is_history_only(self, team: Team) -> None:
        subject = await supported(team)
        made = await commissioned(team, subject)
        await planned(team, subject, made, 0)
        sat = (await seen(team, subject, made)).held[0]
        await recorded(team, subject, sat.id, SessionState.MISSED, "Nobody came.")
        await answered(team, subject, sat.id, accepted=True)
        await answered(team, subject, uuid4(), accepted=True)
        found = (await seen(team, subject, made)).held[0]
        assert (found.state, found.report) == (SessionState.MISSED, "Nobody came.")

    async def test_are_recorded_once_with_words_and_not_before_the_day(self, team: Team) -> None:
        subject = await supported(team)
        made = await commissioned(team, subject)
        await planned(team, subject, made, 0, 7)
        today, week = (await seen(team, subject, made)).held
        with pytest.raises(NotRecorded, match="still to come"):
            await recorded(team, subject, week.id, SessionState.DELIVERED, "Done.")
        with pytest.raises(NotRecorded, match="Say what was done"):
            await recorded(team, subject, today.id, SessionState.DELIVERED, " ")
        await recorded(team, subject, today.id, SessionState.DELIVERED, "Done.")
        with pytest.raises(InterventionOver):
            await recorded(team, subject, today.id, SessionState.DELIVERED, "Done.")
        with pytest.raises(InterventionNotFound):
            await recorded(team, subject, uuid4(), SessionState.DELIVERED, "Done.")
        assert [each.ask_id for each in await ended(team)] == [today.id]


class TestEnd:
    async def test_calls_off_what_was_to_come_and_says_what_came_of_it(self, team: Team) -> None:
        subject = await supported(team)
        made = await commissioned(team, subject)
        await planned(team, subject, made, 7)
        how, local = Ending(reason="It has helped.", outcome="Speaks of others with respect."), team.practices.given
        await done(
            team,
            lambda s: operations.end_intervention(s, subject, (made, how), act(Command.INTERVENTION_ENDED), local),
        )
        found = await seen(team, subject, made)
        assert (found.ended_by, found.ending) == ("Cora Synthetic", how)
        assert [each.state for each in found.held] == [SessionState.CALLED_OFF]
        assert [each.cancelled for each in await ended(team)] == [True]
        held = await done(team, lambda session: queries.held(session, subject))
        assert held.situation.sessions_open == ()
        with pytest.raises(InterventionOver):
            await planned(team, subject, made, 8)

    @pytest.mark.parametrize(
        ("how", "words"),
        [
            (Ending(outcome="Some."), "why the intervention ends"),
            (Ending(reason="Done."), "what came of it"),
            (Ending(reason="Done.", outcome="Some."), "nobody has reported"),
        ],
    )
    async def test_refuses_while_something_is_unsaid(self, team: Team, how: Ending, words: str) -> None:
        subject = await supported(team)
        made = await commissioned(team, subject)
        await planned(team, subject, made, 0)
        ending = act(Command.INTERVENTION_ENDED, NOW + 2 * DAY)
        with pytest.raises(NotRecorded, match=words):
            await done(
                team,
                lambda s: operations.end_intervention(s, subject, (made, how), ending, team.practices.given),
            )


class TestErasing:
    async def test_leaves_no_words(self, team: Team) -> None:
        subject = await supported(team)
        made = await commissioned(team, subject)
        await planned(team, subject, made, 0)
        sat = (await seen(team, subject, made)).held[0]
        await recorded(team, subject, sat.id, SessionState.DELIVERED, "We talked.")
        async with team.runtime.database.transaction(Actor.service("channel")) as session:
            await operations.erase_subject(session, subject)
        kept = await rows(
            team.runtime,
            "SELECT sealed_purpose, sealed_brief, sealed_report FROM intervention"
            " JOIN brief ON brief.intervention = intervention.id"
            " JOIN intervention_session ON intervention_session.intervention = intervention.id",
        )
        assert kept == [{"sealed_purpose": b"", "sealed_brief": b"", "sealed_report": None}]
        assert (await seen(team, subject, made)).purpose.words == ""
