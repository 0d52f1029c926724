"""What goes to the police with a case that is given back, whom they hear of as risk owner, and how it comes back."""

from uuid import UUID, uuid4

import pytest

from contracts.channel.police import CaseGivenBack, RiskOwnerNamed
from contracts.channel.statistics import CaseCounted
from contracts.triage.dovetail import CaseReturned, CaseTakenBack
from contracts.vocabulary import Outcome
from services.channel import queries
from services.channel.domain import Command, Consent, Situation, State
from services.channel.domain.transferring import asks_for_partnership
from services.channel.operations import Act, act_on_case
from tests.channel.builders import CORA, NOW, REFERENCE, coordinator, decided, parts, passed, rows
from tests.channel.conftest import Team

CARL = coordinator(name="Carl Synthetic")


async def accepted(team: Team) -> UUID:
    """Return a case that was accepted with a complete pack."""
    subject = await team.open(passed(**parts()))
    await team.act(subject, Command.ACCEPT)
    return subject


async def told(team: Team) -> CaseGivenBack:
    """Return what the police were told last of a case given back."""
    event = (await team.announced())["channel.case-given-back.v1"][-1]
    assert isinstance(event, CaseGivenBack)
    return event


async def closed_by_panel(team: Team, subject: UUID, outcome: str) -> None:
    """Let the panel have decided to close a case in this way."""
    await rows(team.runtime, "UPDATE case_file SET state = 'closing' RETURNING 1")
    decided = (
        "INSERT INTO panel_decision (id, slot_id, meeting_id, subject, area, area_version, command, agreement, "
        "reason_kind, verdict, outcome, presided_by, by_id, by_name, decided_at) VALUES (:id, :id, :id, :subject, "
        "'kent-and-medway', '2026-01', 'panel-close', '', '', '', :outcome, '', '', '', :now) RETURNING 1"
    )
    await rows(team.runtime, decided, id=uuid4(), subject=subject, outcome=outcome, now=NOW)


class TestGiveBack:
    async def test_everything_that_is_known_goes_with_it(self, team: Team) -> None:
        subject = await accepted(team)
        await team.act(subject, Command.GIVE_BACK, reason="He speaks of an attack.")
        event = await told(team)
        assert event.assessment == parts()["assessment"]
        assert event.gathered == parts()["gathered"]
        assert "Pack accepted" in [line.what for line in event.chronology]
        assert event.shared == parts()["shared"]
        assert (event.consent, event.offered_for) == ("Not asked for yet", "other")

    @pytest.mark.parametrize(
        ("state", "consent", "asked"),
        [
            (State.ACCEPTED, Consent.NOT_ASKED, False),
            (State.SUPPORTED, Consent.GIVEN, False),
            (State.NO_CONSENT, Consent.REFUSED, True),
            (State.NO_CONSENT, Consent.WITHDRAWN, True),
            (State.NOT_ADOPTED, Consent.NOT_ASKED, True),
        ],
    )
    def test_asks_for_a_partnership_where_the_law_leaves_nobody_else(
        self, state: State, consent: Consent, asked: bool
    ) -> None:
        assert asks_for_partnership(Situation(state, CORA.name, consent=consent)) is asked

    async def test_asks_for_a_partnership_where_the_panel_closes_the_case_for_one(self, team: Team) -> None:
        subject = await accepted(team)
        await closed_by_panel(team, subject, "police-led-partnership")
        await team.act(subject, Command.GIVE_BACK, reason="The panel decided so.")
        assert (await told(team)).offered_for == "plp"

    @pytest.mark.parametrize("decision_first", [True, False])
    async def test_whoever_took_it_is_named_whatever_comes_first(self, team: Team, decision_first: bool) -> None:
        subject = await accepted(team)
        await team.act(subject, Command.GIVE_BACK, reason="Consent refused.")
        taken = CaseTakenBack(reference=REFERENCE, taken_at=NOW, risk_owner="Gita Synthetic")
        for event in (decided(Outcome.PLP), taken) if decision_first else (taken, decided(Outcome.PLP)):
            await team.hear(event, subject)
        await team.hear(taken.model_copy(update={"risk_owner": "Somebody later"}), subject)
        (case,) = await rows(team.runtime, "SELECT state, risk_owner FROM case_file")
        assert dict(case) == {"state": "taken-back", "risk_owner": "Gita Synthetic"}
        lines = await rows(team.runtime, "SELECT risk_owner FROM history ORDER BY id")
        assert lines[-1]["risk_owner"] == "Gita Synthetic"

    @pytest.mark.parametrize("state", [State.REFERRED, State.SUPPORTED, State.NO_CONSENT, State.CLOSING])
    async def test_what_the_police_return_stands_where_it_stood(self, team: Team, state: State) -> None:
        subject = await accepted(team)
        await rows(team.runtime, "UPDATE case_file SET state = :state RETURNING 1", state=state)
        before = await rows(team.runtime, "SELECT name, due_at FROM clock WHERE stopped_at IS NULL ORDER BY name")
        await team.act(subject, Command.GIVE_BACK, reason="Consent refused.")
        returned = CaseReturned(reference=REFERENCE, returned_at=NOW, returned_by="Gita Synthetic", reason="Not ours.")
        await team.hear(returned, subject)
        (case,) = await rows(team.runtime, "SELECT state, risk_owner FROM case_file")
        assert dict(case) == {"state": state, "risk_owner": CORA.name}
        running = await rows(team.runtime, "SELECT name, due_at FROM clock WHERE stopped_at IS NULL ORDER BY name")
        assert running == before


class TestRiskOwnerNamed:
    async def test_the_police_hear_of_a_colleague_who_takes_the_case(self, team: Team) -> None:
        subject = await accepted(team)
        async with team.runtime.database.transaction(CARL) as session:
            await act_on_case(session, subject, Act(Command.TAKE, NOW), team.practices.given)
        (named,) = (await team.announced())["channel.risk-owner-named.v1"]
        assert named == RiskOwnerNamed(reference=REFERENCE, named_at=NOW, risk_owner="Carl Synthetic")

    async def test_nothing_is_said_where_the_owner_stays(self, team: Team) -> None:
        subject = await accepted(team)
        await team.act(subject, Command.NOTE, reason="He rang.")
        assert "channel.risk-owner-named.v1" not in await team.announced()


class TestClosing:
    async def test_statistics_hear_how_the_panel_closed_the_case(self, team: Team) -> None:
        subject = await accepted(team)
        await closed_by_panel(team, subject, "lost-contact")
        async with team.runtime.database.transaction(CORA) as session:
            assert await queries.closing_outcome(session, subject) == "lost-contact"
        await team.act(subject, Command.CLOSING_REPORT, summary="Nothing remains.")
        counted = (await team.announced())["channel.case-counted.v1"][-1]
        assert isinstance(counted, CaseCounted)
        assert (counted.outcome, counted.closing) == (Outcome.CASE_CLOSED, "lost-contact")
