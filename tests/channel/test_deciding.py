"""What the panel decides in its meeting."""

from datetime import date, timedelta
from typing import Any

import pytest

from chassis.actor import Actor
from services.channel import operations, queries
from services.channel.domain import ChangedMeanwhile, Command, NotOffered, NotRecorded, Obligation, State
from services.channel.domain.meetings import SlotState
from services.channel.domain.panel import Agreement, Instead, Verdict, Vote, VoteLost, WhyNot
from services.channel.operations import Owing
from services.channel.operations.erasing import erase_subject
from tests.channel.builders import CORA, rows
from tests.channel.conftest import Team
from tests.channel.panel_made import AWAY, BELLA, OTTO, PETRA, THEN, assessed, into, made

GROUNDS = "The assessment shows grievance and contact with a recruiter."


class TestDecideSlot:
    async def test_adopts_when_everybody_agrees(self, team: Team) -> None:
        panel = await made(team)
        await panel.begin()
        await panel.go_on(0)
        await panel.decide(0, Command.ADOPT, grounds=GROUNDS)
        held = await panel.held(0)
        assert held.situation.state is State.ADOPTED
        assert (await panel.slot(0)).state is SlotState.DECIDED
        found = await panel.run(CORA, lambda s: queries.decision_in(s, panel.slots[0]))
        assert (found.agreement, found.words, len(found.votes)) == (Agreement.UNANIMOUS, GROUNDS, 12)
        assert found.presided_by == PETRA.name
        counted = (await team.announced())["channel.case-counted.v1"]
        assert counted[-1].outcome == "adopted"  # type: ignore[attr-defined]

    async def test_a_stand_in_is_named_beside_their_vote_until_the_case_is_erased(self, team: Team) -> None:
        panel = await made(team)
        await panel.begin()
        await panel.go_on(0)
        guest, slot = (
            operations.AtTheDoor("Stan Standing", "Sample Trust", "health", stands_in=True),
            await panel.slot(0),
        )
        await panel.run(BELLA, lambda s: operations.let_guest_in(s, slot.id, guest, slot.row_version, THEN))
        await panel.decide(0, Command.ADOPT, grounds=GROUNDS)
        decision = await panel.run(CORA, lambda s: queries.decision_in(s, panel.slots[0]))
        voted = [(each.name, each.organisation, each.vote) for each in decision.votes]
        assert ("Stan Standing", "Sample Trust", Vote.FOR) in voted
        assert voted == sorted(voted)
        clear = "SELECT vote::text AS line FROM vote UNION ALL SELECT presence::text FROM presence"
        assert not [row for row in await rows(team.runtime, clear) if "Standing" in row["line"]]
        async with team.runtime.database.transaction(Actor.service("channel")) as session:
            await session.keys.erase(panel.subjects[0])
            await erase_subject(session, panel.subjects[0])
        decision = await panel.run(CORA, lambda s: queries.decision_in(s, panel.slots[0]))
        erased = [(each.name, each.organisation, each.vote) for each in decision.votes]
        assert ("Erased", "", Vote.FOR) in erased
        assert len(erased) == 13

    async def test_six_cases_with_a_missing_quorum_a_dissent_and_a_conflict_of_interest(self, team: Team) -> None:
        panel = await made(team, 6)
        await panel.begin()
        # The first: everybody agrees.
        await panel.go_on(0)
        await panel.decide(0, Command.ADOPT, grounds=GROUNDS)
        # The second: one member dissents, with words.
        await panel.go_on(1)
        await panel.decide(1, Command.ADOPT, grounds=GROUNDS, against=["health"])
        # The third: the chair has a conflict of interest, so the co-chair takes over and decides.
        await panel.go_on(2)
        chair = (await panel.seats(2))["chair"].id
        slot = await panel.slot(2)
        await panel.run(
            BELLA,
            lambda s: operations.step_out(s, slot.id, chair, "Taught the family.", slot.row_version, THEN),
        )
        with pytest.raises(NotOffered, match="let the chair or a co-chair take over"):
            await panel.decide(2, Command.ADOPT, OTTO, grounds=GROUNDS)
        await panel.take_over("cochair")
        await panel.decide(2, Command.ADOPT, OTTO, grounds=GROUNDS)
        # The fourth: the police of where the person lives are missing, so nothing is decided.
        await panel.take_over("chair", PETRA)
        await into(team, panel.subjects[3], State.REFERRED, home_force=AWAY)
        await panel.go_on(3)
        with pytest.raises(NotOffered, match=f"area of {AWAY}"):
            await panel.decide(3, Command.ADOPT, grounds=GROUNDS)
        slot = await panel.slot(3)
        await panel.run(
            BELLA,
            lambda s: operations.leave_undecided(s, slot.id, "", panel.practice, slot.row_version, THEN),
        )
        # The fifth is deferred, and the sixth is not adopted.
        await panel.go_on(4)
        await panel.decide(4, Command.DEFER, reason="The school has not answered.", next_on=date(2027, 1, 13))
        await panel.go_on(5)
        given: dict[str, Any] = {"reason_kind": WhyNot.OTHER_SERVICE, "verdict": Instead.NOTHING}
        await panel.decide(5, Command.NOT_ADOPT, reason="Helped already.", considered="CAMHS: in treatment.", **given)

        states = [(await panel.held(number)).situation.state for number in range(6)]
        assert states == [State.ADOPTED] * 3 + [State.REFERRED] * 2 + [State.NOT_ADOPTED]
        slots = [(await panel.slot(number)).state for number in range(6)]
        assert slots == [*[SlotState.DECIDED] * 3, SlotState.NOT_DECIDED, *[SlotState.DECIDED] * 2]
        found = [await panel.run(CORA, lambda s, n=n: queries.decision_in(s, panel.slots[n])) for n in range(6)]
        dissent = [(each.name, each.words) for each in found[1].votes if each.words]
        assert (found[1].agreement, dissent) == (Agreement.MAJORITY, [("Health Synthetic", "Too little is known.")])
        assert found[2].presided_by == OTTO.name
        assert PETRA.name not in {each.name for each in found[2].votes}
        assert found[3].command == ""
        assert AWAY in found[3].words
        assert found[4].next_on == date(2027, 1, 13)

    async def test_no_more_than_half_is_no_majority_and_the_chair_decides(self, team: Team) -> None:
        panel = await made(team)
        await panel.begin()
        await panel.go_on(0, "chair", "police")
        with pytest.raises(NotRecorded, match="no majority"):
            await panel.decide(0, Command.ADOPT, grounds=GROUNDS, against=["police"])
        await panel.decide(0, Command.ADOPT, grounds=GROUNDS, against=["police"], chairs_words="The risk is plain.")
        found = await panel.run(CORA, lambda s: queries.decision_in(s, panel.slots[0]))
        assert found.agreement is Agreement.CHAIR
        assert "The chair decided: The risk is plain." in found.words

    async def test_what_the_majority_is_against_is_not_decided(self, team: Team) -> None:
        panel = await made(team)
        await panel.begin()
        await panel.go_on(0, "chair", "police", "health")
        with pytest.raises(VoteLost):
            await panel.decide(0, Command.ADOPT, grounds=GROUNDS, against=["police", "health"])
        assert (await panel.held(0)).situation.state is State.REFERRED

    async def test_only_who_presides_records_it(self, team: Team) -> None:
        panel = await made(team)
        await panel.begin()
        await panel.go_on(0)
        with pytest.raises(NotOffered, match="Petra Synthetic presides"):
            await panel.decide(0, Command.ADOPT, OTTO, grounds=GROUNDS)

    async def test_nobody_presides_over_the_case_that_they_work(self, team: Team) -> None:
        panel = await made(team)
        await into(team, panel.subjects[0], State.REFERRED, coordinator_id=PETRA.id)
        await panel.begin()
        await panel.go_on(0)
        with pytest.raises(NotOffered, match="fresh eyes"):
            await panel.decide(0, Command.ADOPT, grounds=GROUNDS)
        await panel.take_over("cochair")
        await panel.decide(0, Command.ADOPT, OTTO, grounds=GROUNDS)
        assert (await panel.held(0)).situation.state is State.ADOPTED

    async def test_nothing_is_decided_outside_an_open_slot(self, team: Team) -> None:
        panel = await made(team)
        with pytest.raises(NotOffered, match="does not run"):
            await panel.decide(0, Command.ADOPT, grounds=GROUNDS)
        await panel.begin()
        with pytest.raises(NotOffered, match="go on to it first"):
            await panel.decide(0, Command.ADOPT, grounds=GROUNDS)

    async def test_not_adopting_without_health_and_social_care_considered_is_refused(self, team: Team) -> None:
        panel = await made(team)
        await panel.begin()
        await panel.go_on(0)
        with pytest.raises(NotRecorded) as refusal:
            await panel.decide(0, Command.NOT_ADOPT, reason="Not vulnerable.", verdict=Instead.NOTHING)
        assert refusal.value.field == "considered"

    async def test_actions_go_to_whoever_is_named_and_not_to_the_coordinator(self, team: Team) -> None:
        panel = await made(team)
        await panel.begin()
        await panel.go_on(0)
        owed = Owing(Obligation.ACTION, "Kent Police", "Find where the person lives.", THEN, recipient="police")
        await panel.decide(0, Command.DEFER, reason="Moved.", next_on=date(2027, 1, 13), owed=(owed,))
        slot = await panel.slot(0)
        (given,) = await panel.run(CORA, lambda s: queries.actions_of(s, slot))
        assert (given.owner, given.recipient, given.message) == ("Kent Police", "police", owed.message)
        assert "channel.ask-made.v1" in await team.announced()

    async def test_deferring_needs_a_date_to_come(self, team: Team) -> None:
        panel = await made(team)
        await panel.begin()
        await panel.go_on(0)
        with pytest.raises(NotRecorded) as refusal:
            await panel.decide(0, Command.DEFER, reason="Moved.", next_on=THEN.date())
        assert refusal.value.field == "next_on"
        await panel.decide(0, Command.DEFER, reason="Moved.", next_on=date(2027, 1, 13))
        (clock,) = await rows(team.runtime, "SELECT due_at FROM clock WHERE name = 'panel-decision'")
        assert clock["due_at"].date() == date(2027, 1, 13)

    async def test_a_reopened_case_stays_its_coordinators(self, team: Team) -> None:
        panel = await made(team)
        await into(team, panel.subjects[0], State.CLOSED, closed_at=THEN - timedelta(days=180))
        await panel.begin()
        await panel.go_on(0)
        await panel.decide(0, Command.REVIEW_CLOSED, summary="New contact.", verdict=Verdict.REOPEN)
        held = await panel.held(0)
        assert (held.situation.state, held.coordinator, held.situation.risk_owner) == (
            State.REFERRED,
            CORA.name,
            CORA.name,
        )

    async def test_reviews_go_on_no_longer_than_the_practice_lets_them(self, team: Team) -> None:
        panel = await made(team)
        await into(team, panel.subjects[0], State.CLOSED, closed_at=THEN - timedelta(days=180))
        await panel.begin()
        await panel.go_on(0)
        late: dict[str, Any] = {"verdict": Verdict.EXTEND, "until": THEN.date() + timedelta(days=700)}
        with pytest.raises(NotRecorded) as refusal:
            await panel.decide(0, Command.REVIEW_CLOSED, summary="Quiet.", **late)
        assert refusal.value.field == "until"
        until = THEN.date() + timedelta(days=365)
        await panel.decide(0, Command.REVIEW_CLOSED, summary="Quiet.", verdict=Verdict.EXTEND, until=until)
        assert (await panel.held(0)).situation.state is State.CLOSED

    async def test_support_goes_on_only_after_an_assessment_since(self, team: Team) -> None:
        panel = await made(team)
        await into(team, panel.subjects[0], State.SUPPORTED, decided_at=THEN - timedelta(days=5))
        await panel.begin()
        await panel.go_on(0)
        with pytest.raises(NotOffered, match="complete a further one"):
            await panel.decide(0, Command.CONTINUE, summary="Going well.")
        await assessed(team, panel.subjects[0], THEN - timedelta(days=1))
        await panel.decide(0, Command.CONTINUE, summary="Going well.")
        await into(team, panel.subjects[0], State.SUPPORTED)

    async def test_without_consent_a_further_assessment_leads_to_another_date_or_another_plan(self, team: Team) -> None:
        panel = await made(team, 2)
        for subject in panel.subjects:
            await into(team, subject, State.NO_CONSENT, decided_at=THEN - timedelta(days=5))
        await panel.begin()
        await panel.go_on(0)
        with pytest.raises(NotOffered, match="complete a further one"):
            await panel.decide(0, Command.REASSESSED, summary="Unchanged.")
        for subject in panel.subjects:
            await assessed(team, subject, THEN - timedelta(days=1))
        await panel.decide(0, Command.REASSESSED, summary="Unchanged.", next_on=date(2027, 2, 10))
        (clock,) = await rows(team.runtime, "SELECT due_at FROM clock WHERE name = 'reassessment'")
        assert clock["due_at"].date() == date(2027, 2, 10)
        assert (await panel.held(0)).situation.state is State.NO_CONSENT
        await panel.go_on(1)
        await panel.decide(1, Command.ADOPT, grounds=GROUNDS)
        assert (await panel.held(1)).situation.state is State.ADOPTED

    async def test_closing_says_how_in_the_history(self, team: Team) -> None:
        panel = await made(team)
        await into(team, panel.subjects[0], State.SUPPORTED)
        await panel.begin()
        await panel.go_on(0)
        await panel.decide(0, Command.PANEL_CLOSE, outcome="concerns-reduced", reason="Working again.")
        assert (await panel.held(0)).situation.state is State.CLOSING
        last = (await panel.run(CORA, lambda s: queries.timeline(s, panel.subjects[0])))[-1]
        assert last.note.startswith("The concerns are reduced.")

    async def test_closing_with_reduced_concerns_rests_on_an_assessment_since(self, team: Team) -> None:
        panel = await made(team)
        await into(team, panel.subjects[0], State.SUPPORTED, decided_at=THEN - timedelta(days=5))
        await panel.begin()
        await panel.go_on(0)
        with pytest.raises(NotRecorded) as refusal:
            await panel.decide(0, Command.PANEL_CLOSE, outcome="concerns-reduced", reason="Working again.")
        assert refusal.value.field == "outcome"
        await assessed(team, panel.subjects[0], THEN - timedelta(days=1))
        await panel.decide(0, Command.PANEL_CLOSE, outcome="concerns-reduced", reason="Working again.")
        assert (await panel.held(0)).situation.state is State.CLOSING

    async def test_a_slot_or_case_that_changed_meanwhile_is_not_overwritten(self, team: Team) -> None:
        panel = await made(team)
        await panel.begin()
        await panel.go_on(0)
        slot = await panel.slot(0)
        await panel.let_in(0, "chair", "police")
        with pytest.raises(ChangedMeanwhile):
            await panel.run(
                BELLA,
                lambda s: operations.let_in(s, slot.id, (), panel.practice, slot.row_version, THEN),
            )
