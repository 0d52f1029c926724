"""The risk passes with an acceptance and never rests with nobody; what the authority hears of an end, and what not."""

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import pytest

from chassis import outbox
from contracts.channel.police import CaseGivenBack, InformationGathered, PackAccepted, PackReturned
from contracts.envelope import Event
from contracts.triage.awareness import PoliceDecisionMade
from contracts.triage.dovetail import PassedForInformationGathering, Section36ReferralMade
from contracts.vocabulary import Outcome
from services.channel.app import service as channel_service
from services.channel.domain import Command as InChannel
from services.triage.domain import TABLE, Command, Record, State
from services.triage.operations import Act, record_deconfliction
from services.triage.queries import GATEWAY_STATES
from tests.channel.builders import GivenPractices as ChannelPractices
from tests.channel.builders import practice as channel_practice
from tests.channel.conftest import Team
from tests.conftest import RuntimeOf
from tests.triage.builders import DUTY, GATEWAY, IMU, NOW, practice, rows
from tests.triage.conftest import Desk
from tests.triage.test_pack import CANARY, GROUNDS, LATER, sent


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
