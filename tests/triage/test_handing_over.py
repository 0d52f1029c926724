"""The risk passes with an acceptance and never rests with nobody; what the authority hears of an end, and what not."""

import asyncio
import re
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import pytest

from chassis import outbox
from contracts.channel.police import CaseGivenBack, InformationGathered, PackAccepted, PackReturned
from contracts.envelope import Event
from contracts.triage.awareness import PoliceDecisionMade
from contracts.triage.dovetail import (
    PackWithdrawn,
    PassedForInformationGathering,
    Section36ReferralMade,
    WorkHalted,
    WorkResumed,
)
from contracts.triage.notices import TransferCalledBack
from contracts.vocabulary import Outcome
from services.channel.app import service as channel_service
from services.channel.domain import Command as InChannel
from services.triage.domain import TABLE, Command, NotInThisState, NotOffered, Record, State
from services.triage.operations import Act, decide_referral, record_deconfliction
from services.triage.queries import GATEWAY_STATES
from tests.channel.builders import GivenPractices as ChannelPractices
from tests.channel.builders import practice as channel_practice
from tests.channel.conftest import Team
from tests.conftest import RuntimeOf
from tests.triage.builders import DUTY, GATEWAY, IMU, NOW, announced, practice, rows
from tests.triage.conftest import Desk
from tests.triage.test_pack import CANARY, GROUNDS, LATER, sent

CONTACT = "Inspector Sample (synthetic), 01632 960001"


class TestComingBack:
    async def test_a_case_given_back_stays_channels_until_it_is_taken(self, desk: Desk) -> None:
        subject = await desk.open()
        await desk.clear(subject)
        await desk.decide(subject, Command.PASS_ON)
        await desk.hear(PackAccepted(reference=LATER, accepted_at=NOW, risk_owner="Cora Synthetic"), subject)
        await desk.hear(CaseGivenBack(reference=LATER, given_back_at=NOW, reason="Consent refused."), subject)
        found = await rows(desk.runtime, "SELECT state, risk_owner FROM referral")
        assert found == [{"state": "given-back", "risk_owner": "Cora Synthetic"}]
        assert State.GIVEN_BACK in GATEWAY_STATES
        running = await rows(desk.runtime, "SELECT name FROM clock WHERE stopped_at IS NULL")
        assert [row["name"] for row in running] == ["acceptance"]
        await desk.decide(subject, Command.TAKE_BACK)
        found = await rows(desk.runtime, "SELECT state, risk_owner FROM referral")
        assert found == [{"state": "plp", "risk_owner": GATEWAY.name}]
        running = await rows(desk.runtime, "SELECT name FROM clock WHERE stopped_at IS NULL")
        assert [row["name"] for row in running] == ["partnership-review"]


@dataclass(frozen=True)
class BothSides:
    """Triage and Channel, each with the topic keys of its own, and what one tells the other about a referral."""

    desk: Desk
    team: Team
    subject: UUID

    async def offer(self, kind: Command) -> None:
        """Let the police offer a pack, for which they gather information before they refer under section 36."""
        outbox.Sealer.topic_keys = self.desk.runtime.topic_keys
        if kind is Command.SECTION_36:
            if not (await rows(self.desk.runtime, "SELECT gathered FROM referral"))[0]["gathered"]:
                await self.desk.gather(self.subject)
            await self.police(kind, Section36ReferralMade, grounds=GROUNDS)
        else:
            await self.police(kind, PassedForInformationGathering)

    async def police(self, command: Command, tells: type[Event], **record: Any) -> None:
        """Let the police decide, and Channel hear of it."""
        outbox.Sealer.topic_keys = self.desk.runtime.topic_keys
        await self.desk.decide(self.subject, command, **record)
        told = await sent(self.desk, tells)
        outbox.Sealer.topic_keys = self.team.runtime.topic_keys
        await self.team.hear(told, self.subject)

    async def authority(self, command: InChannel, **record: str) -> None:
        """Let Channel act; the police have not heard of it yet."""
        outbox.Sealer.topic_keys = self.team.runtime.topic_keys
        await self.team.act(self.subject, command, **record)

    async def heard(self, tells: type[Event]) -> None:
        """Let the police hear what Channel announced last."""
        outbox.Sealer.topic_keys = self.team.runtime.topic_keys
        told = (await self.team.announced())[tells.wire_type][-1]
        outbox.Sealer.topic_keys = self.desk.runtime.topic_keys
        await self.desk.hear(told, self.subject)

    async def unit(self, command: Command, tells: type[Event], **record: Any) -> Event:
        """Let the intelligence unit record what it found; returns what Channel is told, which it has not heard yet."""
        outbox.Sealer.topic_keys = self.desk.runtime.topic_keys
        words = Record(rationale=CANARY, contact=CONTACT, **record)
        async with self.desk.runtime.database.transaction(IMU) as session:
            await record_deconfliction(session, self.subject, Act(command, NOW, words), practice())
        told: Event = await sent(self.desk, tells)
        return told

    async def channel_hears(self, told: Event) -> None:
        """Let Channel hear what the police announced."""
        outbox.Sealer.topic_keys = self.team.runtime.topic_keys
        await self.team.hear(told, self.subject)

    async def states(self) -> tuple[str, str]:
        """Return where the referral stands with the police, and where the case stands with Channel."""
        police = await rows(self.desk.runtime, "SELECT state FROM referral")
        authority = await rows(self.team.runtime, "SELECT state FROM case_file")
        return police[0]["state"], authority[0]["state"]

    async def clocks(self) -> list[str]:
        """Return which clocks of the police run."""
        running = await rows(self.desk.runtime, "SELECT name FROM clock WHERE stopped_at IS NULL ORDER BY name")
        return [row["name"] for row in running]

    async def owners(self) -> tuple[str, str]:
        """Return who owns the risk in the police's record and in Channel's."""
        police = await rows(self.desk.runtime, "SELECT risk_owner FROM referral")
        authority = await rows(self.team.runtime, "SELECT risk_owner FROM case_file")
        return police[0]["risk_owner"], authority[0]["risk_owner"]


@pytest.fixture
async def both(desk: Desk, runtime_of: RuntimeOf) -> BothSides:
    subject = await desk.open()
    await desk.clear(subject)
    practices = ChannelPractices(channel_practice())
    other = replace(channel_service(practices), jobs=())
    team = Team(await runtime_of(other), other, practices)
    return BothSides(desk, team, subject)


class TestBothSides:
    async def test_the_risk_passes_with_the_acceptance_and_never_rests_with_nobody(self, both: BothSides) -> None:
        cora = "Cora Synthetic"
        await both.police(Command.PASS_ON, PassedForInformationGathering)
        assert await both.owners() == (DUTY, DUTY)
        await both.authority(InChannel.RETURN, reason="The address is missing.")
        await both.heard(PackReturned)
        assert await both.owners() == (DUTY, DUTY)

        await both.police(Command.PASS_ON, PassedForInformationGathering)
        await both.authority(InChannel.ACCEPT)
        assert (await both.owners())[0] == DUTY
        await both.heard(PackAccepted)
        assert await both.owners() == (cora, cora)

        await both.authority(InChannel.GATHERED, summary="Nothing known.", gathered_by="Sample team")
        await both.heard(InformationGathered)
        await both.police(Command.SECTION_36, Section36ReferralMade, grounds=GROUNDS)
        assert await both.owners() == (cora, cora)

        await both.authority(InChannel.GIVE_BACK, reason="Consent refused.")
        await both.heard(CaseGivenBack)
        assert await both.owners() == (cora, cora)
        await both.police(Command.TAKE_BACK, PoliceDecisionMade)
        assert (await both.owners())[0] == GATEWAY.name
        states = await rows(both.team.runtime, "SELECT state FROM case_file")
        assert [row["state"] for row in states] == ["taken-back"]


class TestConflictWhileAnotherHasIt:
    @pytest.mark.parametrize("kind", [Command.PASS_ON, Command.SECTION_36])
    async def test_takes_the_pack_back_which_waits_for_an_answer(self, both: BothSides, kind: Command) -> None:
        await both.offer(kind)
        told = await both.unit(Command.CONFLICT, PackWithdrawn)
        assert isinstance(told, PackWithdrawn)
        assert told.speak_to == CONTACT
        assert CANARY not in told.model_dump_json()
        assert "onflict" not in told.model_dump_json()
        await both.channel_hears(told)
        assert await both.states() == ("conflict", "withdrawn")
        assert await both.owners() == (DUTY, DUTY)
        assert await both.clocks() == ["conflict-review"]
        assert not await rows(both.team.runtime, "SELECT 1 FROM clock WHERE stopped_at IS NULL")
        with pytest.raises(NotInThisState):
            await both.authority(InChannel.ACCEPT)
        await both.authority(InChannel.CONFIRM)
        assert await both.states() == ("conflict", "stopped")
        made = await rows(both.desk.runtime, "SELECT section_36_made FROM referral")
        assert made == [{"section_36_made": False}]

    @pytest.mark.parametrize("kind", [Command.PASS_ON, Command.SECTION_36])
    async def test_an_acceptance_that_crosses_it_moves_nothing(self, both: BothSides, kind: Command) -> None:
        await both.offer(kind)
        told = await both.unit(Command.CONFLICT, PackWithdrawn)
        await both.authority(InChannel.ACCEPT)
        assert (await both.owners())[1] == "Cora Synthetic"
        await both.heard(PackAccepted)
        assert (await both.states())[0] == "conflict"
        await both.channel_hears(told)
        assert (await both.states())[1] == "withdrawn"
        assert await both.owners() == (DUTY, DUTY)
        assert await both.clocks() == ["conflict-review"]
        notes = await rows(both.desk.runtime, "SELECT command FROM history ORDER BY id DESC LIMIT 1")
        assert notes == [{"command": "add-note"}]

    async def test_the_withdrawal_that_channel_hears_first_is_obeyed_too(self, both: BothSides) -> None:
        await both.offer(Command.PASS_ON)
        await both.authority(InChannel.ACCEPT)
        told = await both.unit(Command.CONFLICT, PackWithdrawn)
        await both.channel_hears(told)
        await both.heard(PackAccepted)
        assert await both.states() == ("conflict", "withdrawn")
        assert await both.owners() == (DUTY, DUTY)

    async def test_what_channel_did_meanwhile_is_kept_and_changes_nothing(self, both: BothSides) -> None:
        await both.offer(Command.PASS_ON)
        await both.authority(InChannel.ACCEPT)
        await both.authority(InChannel.GATHERED, summary="Nothing known.", gathered_by="Sample team")
        await both.authority(InChannel.GIVE_BACK, reason="Consent refused.")
        told = await both.unit(Command.CONFLICT, PackWithdrawn)
        for each in (PackAccepted, InformationGathered, CaseGivenBack):
            await both.heard(each)
        await both.channel_hears(told)
        assert await both.states() == ("conflict", "withdrawn")
        assert await rows(both.desk.runtime, "SELECT gathered, risk_owner FROM referral") == [
            {"gathered": False, "risk_owner": DUTY}
        ]

    async def test_a_return_that_crosses_it_moves_nothing(self, both: BothSides) -> None:
        await both.offer(Command.PASS_ON)
        await both.authority(InChannel.RETURN, reason="The address is missing.")
        told = await both.unit(Command.CONFLICT, PackWithdrawn)
        await both.heard(PackReturned)
        await both.channel_hears(told)
        assert await both.states() == ("conflict", "withdrawn")
        assert await both.clocks() == ["conflict-review"]

    async def test_a_late_answer_to_the_first_offer_is_no_answer_to_the_second(self, both: BothSides) -> None:
        await both.offer(Command.PASS_ON)
        await both.authority(InChannel.ACCEPT)
        await both.channel_hears(await both.unit(Command.CONFLICT, PackWithdrawn))
        await both.desk.clear(both.subject)
        await both.offer(Command.PASS_ON)
        assert await both.states() == ("passed-on", "offered")
        await both.heard(PackAccepted)
        assert await both.states() == ("passed-on", "offered")
        assert (await both.owners())[0] == DUTY
        await both.authority(InChannel.ACCEPT)
        await both.heard(PackAccepted)
        assert await both.owners() == ("Cora Synthetic", "Cora Synthetic")

    async def test_after_the_handover_channel_is_asked_to_wait_and_stays_risk_owner(self, both: BothSides) -> None:
        await both.offer(Command.PASS_ON)
        await both.authority(InChannel.ACCEPT)
        await both.heard(PackAccepted)
        told = await both.unit(Command.CONFLICT, WorkHalted)
        assert isinstance(told, WorkHalted)
        assert CANARY not in told.model_dump_json()
        await both.channel_hears(told)
        assert await both.states() == ("handed-over", "accepted")
        assert await both.owners() == ("Cora Synthetic", "Cora Synthetic")
        assert await both.clocks() == ["conflict-review"]
        assert await rows(both.team.runtime, "SELECT 1 FROM case_file WHERE halted_at IS NOT NULL")
        await both.authority(InChannel.GATHERED, summary="Nothing known.", gathered_by="Sample team")
        await both.heard(InformationGathered)
        with pytest.raises(NotOffered, match=f"speak to {re.escape(CONTACT)}"):
            await both.desk.decide(both.subject, Command.SECTION_36, grounds=GROUNDS)
        with pytest.raises(NotOffered, match="recorded a conflict"):
            await both.unit(Command.CONFLICT, WorkHalted)
        await both.channel_hears(await both.unit(Command.CLEAR, WorkResumed))
        assert not await rows(both.team.runtime, "SELECT 1 FROM case_file WHERE halted_at IS NOT NULL")
        assert await both.clocks() == ["section-36-decision"]
        await both.police(Command.SECTION_36, Section36ReferralMade, grounds=GROUNDS)
        assert await both.states() == ("handed-over", "referred-to-panel")

    async def test_a_case_is_taken_back_into_the_conflict_that_stands(self, both: BothSides) -> None:
        await both.offer(Command.PASS_ON)
        await both.authority(InChannel.ACCEPT)
        await both.heard(PackAccepted)
        await both.channel_hears(await both.unit(Command.CONFLICT, WorkHalted))
        await both.authority(InChannel.GIVE_BACK, reason="We may not act.")
        await both.heard(CaseGivenBack)
        await both.police(Command.TAKE_BACK, PoliceDecisionMade)
        assert await both.states() == ("conflict", "taken-back")
        assert (await both.owners())[0] == GATEWAY.name
        assert await both.clocks() == ["conflict-review"]

    async def test_an_offer_to_another_force_is_called_back(self, desk: Desk) -> None:
        subject = await desk.open()
        await desk.clear(subject)
        await desk.decide(subject, Command.TRANSFER, force="northmere-constabulary", message="He has moved.")
        async with desk.runtime.database.transaction(IMU) as session:
            act = Act(Command.CONFLICT, NOW, Record(rationale=CANARY))
            await record_deconfliction(session, subject, act, practice())
        assert (await rows(desk.runtime, "SELECT state FROM referral"))[0]["state"] == "conflict"
        assert (await rows(desk.runtime, "SELECT answer FROM transfer"))[0]["answer"] == "called-back"
        assert isinstance(await sent(desk, TransferCalledBack), TransferCalledBack)


class TestSection36IsMadeOnce:
    async def test_of_two_officers_one_is_told_of_the_other(self, desk: Desk) -> None:
        subject = await desk.open()
        await desk.clear(subject)
        await desk.gather(subject)
        seen = (await rows(desk.runtime, "SELECT row_version FROM referral"))[0]["row_version"]
        words = Record(rationale="Because of this.", grounds=GROUNDS, concern="unknown")
        act = Act(Command.SECTION_36, NOW, words, seen)

        async def refer() -> None:
            async with desk.runtime.database.transaction(GATEWAY) as session:
                await decide_referral(session, subject, act, practice())

        said = await asyncio.gather(refer(), refer(), return_exceptions=True)
        assert sorted(type(each).__name__ for each in said) == ["ChangedMeanwhile", "NoneType"]
        assert len(await announced(desk.runtime, Section36ReferralMade.wire_type)) == 1
        assert len(await rows(desk.runtime, "SELECT 1 FROM handover")) == 1

    async def test_is_refused_while_it_is_in_force_and_possible_again_after_a_return(self, both: BothSides) -> None:
        await both.offer(Command.SECTION_36)
        with pytest.raises(NotInThisState):
            await both.desk.decide(both.subject, Command.SECTION_36, grounds=GROUNDS)
        await both.authority(InChannel.RETURN, reason="The address is missing.")
        await both.heard(PackReturned)
        await both.offer(Command.SECTION_36)
        await both.authority(InChannel.ACCEPT)
        await both.heard(PackAccepted)
        await both.heard(PackAccepted)
        assert await both.states() == ("handed-over", "referred-to-panel")
        with pytest.raises(NotOffered, match="already been made"):
            await both.desk.decide(both.subject, Command.SECTION_36, grounds=GROUNDS)

    async def test_is_no_longer_in_force_once_the_case_was_taken_back(self, both: BothSides) -> None:
        await both.offer(Command.SECTION_36)
        await both.authority(InChannel.ACCEPT)
        await both.heard(PackAccepted)
        await both.authority(InChannel.GIVE_BACK, reason="Consent refused.")
        await both.heard(CaseGivenBack)
        await both.police(Command.TAKE_BACK, PoliceDecisionMade)
        made = await rows(both.desk.runtime, "SELECT section_36_made FROM referral")
        assert made == [{"section_36_made": False}]


class TestSignalsOut:
    @pytest.mark.parametrize("outcome", [Outcome.CLOSED, Outcome.SIGNPOSTED, Outcome.WITHDRAWN, Outcome.TRANSFERRED])
    def test_the_table_announces_every_end_that_the_authority_is_to_see(self, outcome: Outcome) -> None:
        assert any(row.outcome is outcome for row in TABLE)

    async def test_a_closure_reaches_channel_without_identity(self, desk: Desk) -> None:
        subject = await desk.open()
        await desk.clear(subject)
        await desk.decide(subject, Command.CLOSE)
        told = await sent(desk, PoliceDecisionMade)
        assert told == PoliceDecisionMade(reference=LATER, decided_at=NOW, outcome=Outcome.CLOSED)

    async def test_what_goes_to_the_investigation_leaves_no_trace_outside(self, desk: Desk) -> None:
        subject = await desk.open()
        before = await rows(desk.runtime, "SELECT type FROM outbox")
        for command in (Command.CONFLICT, Command.OFFER_PURSUIT, Command.PURSUE):
            async with desk.runtime.database.transaction(IMU) as session:
                record = Record(rationale=CANARY, risk_owner="Ines Synthetic", officer="Ines Synthetic")
                await record_deconfliction(session, subject, Act(command, NOW, record), practice())
        assert await rows(desk.runtime, "SELECT type FROM outbox") == before
