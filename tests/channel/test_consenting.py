"""Consent: what the law refuses, who is told, and the 18th birthday."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from chassis.actor import Actor
from chassis.database import Session
from contracts.channel.notices import AskEnded, AskMade
from contracts.channel.statistics import CaseCounted
from contracts.notify.channel import AskAnswered
from contracts.vocabulary import AskKind, Outcome
from services.channel import jobs, operations, queries
from services.channel.domain import (
    AreaVersionUnknown,
    Command,
    Consent,
    NotInThisState,
    NotOffered,
    NotRecorded,
    Obligation,
    Practices,
)
from services.channel.domain.consenting import (
    STOPS,
    TOLD,
    Decider,
    Holder,
    each_once,
)
from services.channel.operations import Answer, Owing
from tests.channel.builders import CORA, NOW, REFERENCE, passed, rows
from tests.channel.conftest import Team
from tests.channel.planning_made import SCHOOL, adopted, answered, item, plan, planned, said, stand, supported

TODAY = NOW.date()
BIRTHDAY = date(2027, 4, 27)
GIVEN, REFUSED, WITHDRAWN = Command.CONSENT_GIVEN, Command.CONSENT_REFUSED, Command.CONSENT_WITHDRAWN


def at(day: date) -> datetime:
    """Return the moment at which the job of a day runs."""
    return datetime(day.year, day.month, day.day, 1, tzinfo=UTC)


class TestRecordConsent:
    async def test_support_begins_with_consent(self, team: Team) -> None:
        subject = await adopted(team)
        await planned(team, subject)
        await answered(team, subject, Command.CONSENT_ASKED)
        await answered(team, subject, GIVEN)
        assert await rows(team.runtime, "SELECT state, consent FROM case_file") == [
            {"state": "supported", "consent": "given"}
        ]
        async with team.runtime.database.transaction(CORA) as session:
            lines = await queries.consents(session, subject)
        assert [(line.number, line.consent, line.said.relationship) for line in lines] == [
            (2, Consent.GIVEN, "mother"),
            (1, Consent.AWAITED, "mother"),
        ]
        counted = (await team.announced())["channel.case-counted.v1"]
        assert [event.outcome for event in counted if isinstance(event, CaseCounted)] == [Outcome.SUPPORTED]

    async def test_is_refused_by_the_law_and_leaves_no_trace(self, team: Team) -> None:
        subject = await adopted(team)
        await planned(team, subject)
        with pytest.raises(NotRecorded, match="parent or guardian"):
            await answered(team, subject, GIVEN, by=Decider.SELF)
        assert not await rows(team.runtime, "SELECT 1 FROM consent")
        assert (await rows(team.runtime, "SELECT state FROM case_file"))[0]["state"] == "plan-made"

    async def test_an_old_consent_does_not_undo_a_later_refusal(self, team: Team) -> None:
        subject = await adopted(team)
        await planned(team, subject)
        await answered(team, subject, REFUSED, reason="Wants no help.", risk=False)
        with pytest.raises(NotRecorded, match="recorded for a later day"):
            await answered(team, subject, GIVEN, Answer(TODAY - timedelta(days=1), said()))
        await answered(team, subject, GIVEN, Answer(TODAY, said()))

    async def test_is_not_given_to_a_plan_that_lacks_anything(self, team: Team) -> None:
        subject = await adopted(team)
        await stand(team, subject, "plan-made")
        with pytest.raises(NotOffered, match="No plan has been written"):
            await answered(team, subject, GIVEN)

    @pytest.mark.parametrize(("command", "first"), [(REFUSED, False), (WITHDRAWN, True)])
    async def test_no_consent_starts_the_clock_of_the_next_assessment(
        self, team: Team, command: Command, *, first: bool
    ) -> None:
        subject = await adopted(team)
        await planned(team, subject)
        if first:
            await answered(team, subject, GIVEN)
        await answered(team, subject, command, reason="Wants no help.", risk=True)
        assert (await rows(team.runtime, "SELECT state FROM case_file"))[0]["state"] == "no-consent"
        clocks = await rows(team.runtime, "SELECT name FROM clock WHERE stopped_at IS NULL AND name <> :own", own="x")
        names = {row["name"] for row in clocks}
        assert "reassessment" in names
        assert not names & {"consent", "plan-review", "consent-at-18"}
        async with team.runtime.database.transaction(CORA) as session:
            lines = await queries.consents(session, subject)
        assert queries.offers_police(lines) is command

    async def test_the_date_of_the_next_assessment_can_be_chosen(self, team: Team) -> None:
        subject = await adopted(team)
        await planned(team, subject)
        answer = Answer(TODAY, said(reason="Wants no help.", risk=False), date(2027, 1, 20))
        await answered(team, subject, REFUSED, answer)
        found = await rows(team.runtime, "SELECT due_at FROM clock WHERE name = 'reassessment'")
        assert found[0]["due_at"].date() == date(2027, 1, 20)
        async with team.runtime.database.transaction(CORA) as session:
            assert queries.offers_police(await queries.consents(session, subject)) is None

    async def test_without_a_plan_that_was_put_to_anybody_nothing_is_recorded(self, team: Team) -> None:
        subject = await adopted(team)
        with pytest.raises(NotInThisState):
            await answered(team, subject, GIVEN)

    async def test_is_erased_with_the_person(self, team: Team) -> None:
        subject = await supported(team)
        sealed = (await rows(team.runtime, "SELECT sealed_said FROM consent"))[0]["sealed_said"]
        assert b"Sample Parent" not in sealed
        async with team.runtime.database.transaction(Actor.service("channel")) as session:
            await operations.erase_subject(session, subject)
        found = await rows(team.runtime, "SELECT sealed_said FROM consent UNION SELECT sealed_plan FROM plan")
        assert found == [{"sealed_said": None}]


class TestHolders:
    def test_are_named_once_with_every_way(self) -> None:
        school = Holder("Sample School", "item of the plan", address="head@school.example")
        asked = Holder("The school", "information request", address="Head@School.example ")
        found = each_once([asked, school, Holder("Provider", "intervention", "provider-one"), school])
        assert [(each.name, each.why) for each in found] == [
            ("The school", "information request, item of the plan"),
            ("Provider", "intervention"),
        ]

    async def test_everybody_who_has_the_data_is_told_of_each_change(self, team: Team) -> None:
        subject = await adopted(team)
        await planned(team, subject, plan(item(owner=SCHOOL)))
        await self._asked(team, subject)
        await self._pack_and_provider(team, subject)
        await answered(team, subject, GIVEN)
        told = await self._told(team, subject)
        assert {(each.name, each.consent, each.stops) for each in told} == {
            ("GP and primary care", Consent.GIVEN, False),
            ("Sample Guest (synthetic)", Consent.GIVEN, False),
            ("Hamid Synthetic", Consent.GIVEN, False),
            ("Sample Provider (synthetic)", Consent.GIVEN, False),
            ("Sample School (synthetic)", Consent.GIVEN, False),
        }
        asks = [
            event
            for event in (await team.announced())["channel.ask-made.v1"]
            if isinstance(event, AskMade) and event.kind is AskKind.CONSENT_CHANGE
        ]
        assert {(event.recipient, event.address) for event in asks} == {
            ("gp", ""),
            ("hamid", ""),
            ("provider-one", ""),
            ("", "guest@partner.example"),
            ("", "head@school.example"),
        }
        assert all(TOLD[Consent.GIVEN] in event.shown[-1].words for event in asks)
        clocks = await rows(team.runtime, "SELECT about FROM clock WHERE name = 'change-acknowledged'")
        assert {row["about"] for row in clocks} == {each.told.id for each in told}

    async def test_names_that_were_typed_stay_sealed(self, team: Team) -> None:
        await supported(team)
        found = await rows(team.runtime, "SELECT owner FROM obligation WHERE kind = 'consent-change'")
        assert found == [{"owner": "Item of the plan"}]

    async def test_a_later_change_takes_the_place_of_the_one_before(self, team: Team) -> None:
        subject = await supported(team)
        await answered(team, subject, WITHDRAWN, reason="Wants no more help.", risk=False)
        told = await self._told(team, subject)
        assert [(each.consent, each.told.state, each.stops) for each in told] == [
            (Consent.WITHDRAWN, "open", True),
            (Consent.GIVEN, "cancelled", False),
        ]
        ended = (await team.announced())["channel.ask-ended.v1"]
        assert [event.cancelled for event in ended if isinstance(event, AskEnded)] == [True]

    async def test_what_comes_back_by_the_link_says_who_has_stopped(self, team: Team) -> None:
        subject = await supported(team)
        await answered(team, subject, WITHDRAWN, reason="Wants no more help.", risk=False)
        (told, _) = await self._told(team, subject)
        said_ = AskAnswered(
            reference=REFERENCE,
            ask_id=told.told.id,
            kind=AskKind.CONSENT_CHANGE,
            answered_at=NOW,
            answered_by="The head (synthetic)",
            report="We have stopped.",
        )
        await team.hear(said_, subject)
        (told, _) = await self._told(team, subject)
        assert (told.stops, told.told.state, told.told.report) == (True, "done", "We have stopped.")
        running = "SELECT 1 FROM clock WHERE about = :about AND stopped_at IS NULL"
        assert not await rows(team.runtime, running, about=told.told.id)

    async def _asked(self, team: Team, subject: UUID) -> None:
        owing = Owing(Obligation.REQUEST, "GP and primary care", "What is known?", NOW, recipient="gp")
        async with team.runtime.database.transaction(CORA) as session:
            await operations.keep_obligation(session, await queries.held(session, subject), owing, NOW)

    async def _pack_and_provider(self, team: Team, subject: UUID) -> None:
        guest = queries.Guest(name="Sample Guest (synthetic)", address="guest@partner.example")
        async with team.runtime.database.transaction(Actor.service("channel")) as session:
            sealed = await session.seal_model(subject, guest)
        for member, name, slot, details in (("hamid", "Hamid Synthetic", None, None), ("", "", uuid4(), sealed)):
            invited = uuid4()
            await rows(
                team.runtime,
                "INSERT INTO invitation (id, meeting_id, slot_id, subject, area, member_id, name, organisation, "
                "sector, force, account, sealed_details, state, statement, invited_at) VALUES (:id, :meeting, :slot, "
                ":subject, 'kent-and-medway', :member, :name, '', '', '', '', :details, 'accepted', '', :now) "
                "RETURNING 1",
                id=invited, meeting=uuid4(), slot=slot, subject=subject if slot else None, member=member, name=name,
                details=details, now=NOW,
            )  # fmt: skip
            await rows(
                team.runtime,
                "INSERT INTO pack_share (id, meeting_id, slot_id, invitation_id, subject, area, how, parts, opens_at, "
                "closes_at, made_at, made_by) VALUES (:id, :id, :id, :invited, :subject, 'kent-and-medway', 'link', "
                "'{}', :now, :now, :now, 'Bella Synthetic') RETURNING 1",
                id=uuid4(), invited=invited, subject=subject, now=NOW,
            )  # fmt: skip
        await rows(
            team.runtime,
            "INSERT INTO intervention (id, subject, area, provider_id, provider, sessions, sealed_purpose, "
            "commissioned_at, commissioned_by, finish_on, briefs, short, explained) VALUES (:id, :subject, "
            "'kent-and-medway', 'provider-one', 'Sample Provider (synthetic)', 7, '', :now, 'Cora Synthetic', :day, "
            "0, 0, 0) RETURNING 1",
            id=uuid4(), subject=subject, now=NOW, day=TODAY,
        )  # fmt: skip

    async def _told(self, team: Team, subject: UUID) -> tuple[queries.Acknowledgement, ...]:
        async with team.runtime.database.transaction(CORA) as session:
            return await queries.acknowledgements(session, subject)


class TestBirthdays:
    async def test_a_parents_consent_lapses_on_the_day_and_not_before(self, team: Team) -> None:
        subject = await supported(team)
        await jobs.birthdays(team.runtime, at(BIRTHDAY - timedelta(days=1)))
        assert await self._stands(team) == ("supported", "given", date(2027, 4, 1))
        await jobs.birthdays(team.runtime, at(BIRTHDAY))
        assert await self._stands(team) == ("supported", "lapsed-at-18", None)
        running = await rows(team.runtime, "SELECT name FROM clock WHERE stopped_at IS NULL AND name = 'consent-at-18'")
        assert len(running) == 1
        async with team.runtime.database.transaction(CORA) as session:
            told = await queries.acknowledgements(session, subject)
            lines = await queries.consents(session, subject)
            happened = await queries.timeline(session, subject)
        assert {each.by for each in happened if each.command == Command.TURNED_18} == {""}
        assert (told[0].consent, told[0].stops, told[0].told.state) == (Consent.LAPSED, True, "open")
        assert (lines[0].consent, lines[0].on) == (Consent.LAPSED, BIRTHDAY)

    async def test_days_that_were_skipped_are_made_good_once(self, team: Team) -> None:
        await supported(team)
        for days_late in (9, 10):
            await jobs.birthdays(team.runtime, at(BIRTHDAY + timedelta(days=days_late)))
        turned = await rows(team.runtime, "SELECT 1 FROM history WHERE command = 'turned-18'")
        assert (len(turned), (await self._stands(team))[1]) == (1, "lapsed-at-18")

    async def test_the_persons_own_consent_ends_the_clock(self, team: Team) -> None:
        subject = await supported(team)
        await jobs.birthdays(team.runtime, at(BIRTHDAY))
        later = at(BIRTHDAY + timedelta(days=3))
        with pytest.raises(NotRecorded, match="only they can decide"):
            await answered(team, subject, GIVEN, now=later)
        await answered(team, subject, GIVEN, by=Decider.SELF, now=later)
        assert (await self._stands(team))[:2] == ("supported", "given")
        assert not await rows(team.runtime, "SELECT 1 FROM clock WHERE stopped_at IS NULL AND name = 'consent-at-18'")

    async def test_who_was_asked_before_is_asked_anew(self, team: Team) -> None:
        subject = await adopted(team)
        await planned(team, subject)
        await answered(team, subject, Command.CONSENT_ASKED)
        await jobs.birthdays(team.runtime, at(BIRTHDAY))
        assert await self._stands(team) == ("plan-made", "lapsed-at-18", None)
        await answered(team, subject, GIVEN, by=Decider.SELF, now=at(BIRTHDAY))
        assert not await rows(team.runtime, "SELECT 1 FROM clock WHERE stopped_at IS NULL AND name LIKE 'consent%'")

    @pytest.mark.parametrize("state", ["accepted", "referred-to-panel", "adopted", "no-consent", "closing"])
    async def test_nothing_lapses_where_nobody_has_consented(self, team: Team, state: str) -> None:
        subject = await adopted(team)
        await stand(team, subject, state)
        await jobs.birthdays(team.runtime, at(BIRTHDAY))
        assert await self._stands(team) == (state, "not-asked", None)
        assert not await rows(team.runtime, "SELECT 1 FROM clock WHERE name = 'consent-at-18'")

    @pytest.mark.parametrize("state", ["given-back", "transfer-offered", "closed", "ended"])
    async def test_a_case_that_is_not_with_the_team_waits(self, team: Team, state: str) -> None:
        subject = await adopted(team)
        await stand(team, subject, state, "given")
        await jobs.birthdays(team.runtime, at(BIRTHDAY))
        assert await self._stands(team) == (state, "given", date(2027, 4, 1))
        await stand(team, subject, "supported", "given")
        await jobs.birthdays(team.runtime, at(BIRTHDAY + timedelta(days=1)))
        assert (await self._stands(team))[1:] == ("lapsed-at-18", None)

    async def test_one_case_that_fails_keeps_no_other_from_its_turn(
        self, team: Team, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        first = await supported(team)
        second = await team.open(passed(reference="KM-2222-3333"))
        await stand(team, second, "supported", "given")
        turn = operations.turn_18

        async def failing(session: Session, turning: queries.Turning, local: Practices, now: datetime) -> str:
            if turning.subject == first:
                raise AreaVersionUnknown("A synthetic failure.")
            return await turn(session, turning, local, now)

        monkeypatch.setattr(operations, "turn_18", failing)
        await jobs.birthdays(team.runtime, at(BIRTHDAY))
        found = await rows(team.runtime, "SELECT subject FROM case_file WHERE consent = 'lapsed-at-18'")
        assert found == [{"subject": second}]

    async def _stands(self, team: Team) -> tuple[str, str, date | None]:
        (row,) = await rows(team.runtime, "SELECT state, consent, turns_18_in FROM case_file")
        return row["state"], row["consent"], row["turns_18_in"]


def test_after_every_stop_somebody_is_told_to_stop() -> None:
    assert all("stop" in TOLD[each].lower() for each in STOPS)
