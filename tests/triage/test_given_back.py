"""What Channel gives back is taken by an officer or returned with a reason; its risk owner stays until it is taken."""

import pytest

from chassis import outbox
from contracts.channel.police import CaseGivenBack, InformationGathered, PackAccepted, RiskOwnerNamed
from contracts.triage.dovetail import CaseReturned, CaseTakenBack, PackWithdrawn, WorkHalted
from services.channel.domain import Command as InChannel
from services.channel.domain import NotInThisState as NotThere
from services.channel.operations import Act as InCase
from services.channel.operations import act_on_case
from services.triage import queries
from services.triage.domain import Command, NotOffered, Record
from services.triage.operations import Act, hear_channel
from tests.channel.builders import coordinator
from tests.triage.builders import GATEWAY, NOW, practice, rows
from tests.triage.conftest import Console, Desk, hidden
from tests.triage.test_handing_over import BothSides, both
from tests.triage.test_pack import LATER

__all__ = ["both"]
CORA = "Cora Synthetic"
REFUSED = "Consent refused, and he is still in touch with the recruiter."
DECLINE = f"/referrals/{LATER}/decision/decline-give-back"
NOT_PLP = "Nothing here for a partnership: ask social care first."


async def given_back(both: BothSides) -> None:
    """Let Channel accept a pack and give the case back."""
    await both.offer(Command.PASS_ON)
    await both.authority(InChannel.ACCEPT)
    await both.heard(PackAccepted)
    await both.authority(InChannel.GIVE_BACK, reason=REFUSED)
    await both.heard(CaseGivenBack)
    assert await both.states() == ("given-back", "given-back")


class TestReturned:
    async def test_the_case_stands_where_it_stood_and_its_owner_never_changed(self, both: BothSides) -> None:
        await given_back(both)
        assert await both.owners() == (CORA, CORA)
        await both.police(Command.DECLINE_BACK, CaseReturned, rationale=NOT_PLP)
        assert await both.states() == ("handed-over", "accepted")
        assert await both.owners() == (CORA, CORA)
        running = await rows(both.team.runtime, "SELECT name FROM clock WHERE stopped_at IS NULL")
        assert [row["name"] for row in running] == ["information-gathering"]
        assert await both.clocks() == []
        (line,) = await rows(both.desk.runtime, "SELECT answer, answered_by FROM given_back")
        assert dict(line) == {"answer": "decline-give-back", "answered_by": GATEWAY.name}

    async def test_what_is_returned_can_be_given_back_again_and_taken(self, both: BothSides) -> None:
        await given_back(both)
        await both.police(Command.DECLINE_BACK, CaseReturned, rationale=NOT_PLP)
        await both.authority(InChannel.GIVE_BACK, reason="Social care says that it is for you.")
        await both.heard(CaseGivenBack)
        await both.police(Command.TAKE_BACK, CaseTakenBack)
        assert await both.states() == ("plp", "taken-back")
        assert await both.owners() == (GATEWAY.name, GATEWAY.name)

    async def test_the_decision_that_was_waited_for_is_waited_for_again(self, both: BothSides) -> None:
        await both.offer(Command.PASS_ON)
        await both.authority(InChannel.ACCEPT)
        await both.heard(PackAccepted)
        await both.authority(InChannel.GATHERED, summary="Nothing known.", gathered_by="Sample team")
        await both.heard(InformationGathered)
        await both.authority(InChannel.GIVE_BACK, reason=REFUSED)
        await both.heard(CaseGivenBack)
        await both.police(Command.DECLINE_BACK, CaseReturned, rationale=NOT_PLP)
        assert await both.states() == ("handed-over", "gathered")
        assert await both.clocks() == ["section-36-decision"]

    async def test_a_section_36_referral_that_crossed_takes_the_case_to_the_panel(self, both: BothSides) -> None:
        await given_back(both)
        await rows(both.team.runtime, "UPDATE case_file SET section_36_made = true RETURNING 1")
        await both.police(Command.DECLINE_BACK, CaseReturned, rationale=NOT_PLP)
        assert (await both.states())[1] == "referred-to-panel"

    async def test_needs_a_reason_and_no_conflict(self, both: BothSides) -> None:
        await given_back(both)
        told = await both.unit(Command.CONFLICT, WorkHalted)
        await both.channel_hears(told)
        with pytest.raises(NotOffered, match="recorded a conflict"):
            await both.desk.decide(both.subject, Command.DECLINE_BACK, rationale=NOT_PLP)

    async def test_what_comes_late_is_kept_and_changes_nothing(self, both: BothSides) -> None:
        await given_back(both)
        late = CaseReturned(reference=LATER, returned_at=NOW, returned_by=GATEWAY.name, reason=NOT_PLP)
        await both.channel_hears(late)
        await both.channel_hears(late)
        assert (await both.states())[1] == "accepted"
        notes = await rows(both.team.runtime, "SELECT 1 FROM history WHERE command = 'add-note'")
        assert len(notes) == 1
        assert (await both.owners())[1] == CORA


class TestGivenBack:
    async def test_everything_that_channel_knows_comes_with_it(self, both: BothSides) -> None:
        await given_back(both)
        (row,) = await rows(both.desk.runtime, "SELECT offered_for, answer FROM given_back")
        assert dict(row) == {"offered_for": "other", "answer": None}

    async def test_what_had_been_withdrawn_before_is_not_kept_as_waiting(self, both: BothSides) -> None:
        await both.offer(Command.PASS_ON)
        await both.authority(InChannel.ACCEPT)
        await both.authority(InChannel.GIVE_BACK, reason=REFUSED)
        told = await both.unit(Command.CONFLICT, PackWithdrawn)
        for each in (PackAccepted, CaseGivenBack):
            await both.heard(each)
        await both.channel_hears(told)
        assert not await rows(both.desk.runtime, "SELECT 1 FROM given_back")
        with pytest.raises(NotThere):
            await both.authority(InChannel.GIVE_BACK, reason=REFUSED)

    async def test_an_officer_reads_it_and_returns_it_on_the_page(self, console: Console) -> None:
        desk = console.desk
        subject = await desk.open()
        await desk.clear(subject)
        await desk.decide(subject, Command.PASS_ON)
        await desk.hear(PackAccepted(reference=LATER, accepted_at=NOW, risk_owner=CORA), subject)
        event = CaseGivenBack(reference=LATER, given_back_at=NOW, reason=REFUSED, offered_for="plp", consent="Refused.")
        await desk.hear(event, subject)
        client = await console.signed_in(GATEWAY)
        page = await client.get(DECLINE)
        assert page.status_code == 200
        assert "A police-led partnership" in page.text
        shown = await client.get(f"/referrals/{LATER}")
        assert "Given back by Channel" in shown.text
        assert "Refused." in shown.text
        fields = {name: hidden(page, name) for name in ("csrf_token", "row_version")}
        wanting = await client.post(DECLINE, data={**fields, "rationale": "", "step": "check"})
        assert wanting.status_code == 422
        done = await client.post(DECLINE, data={**fields, "rationale": NOT_PLP, "step": "commit"})
        assert done.status_code == 303
        (row,) = await rows(desk.runtime, "SELECT state, risk_owner FROM referral")
        assert dict(row) == {"state": "handed-over", "risk_owner": CORA}


class TestRiskOwnerNamed:
    async def test_a_colleague_who_takes_the_case_is_named_to_the_police(self, both: BothSides) -> None:
        await both.offer(Command.PASS_ON)
        await both.authority(InChannel.ACCEPT)
        await both.heard(PackAccepted)
        carl = coordinator(name="Carl Synthetic")
        outbox.Sealer.topic_keys = both.team.runtime.topic_keys
        async with both.team.runtime.database.transaction(carl) as session:
            await act_on_case(session, both.subject, InCase(InChannel.TAKE, NOW), both.team.practices.given)
        await both.heard(RiskOwnerNamed)
        assert await both.owners() == ("Carl Synthetic", "Carl Synthetic")

    async def test_the_panel_that_has_the_case_now_stands_in_the_timeline(self, both: BothSides) -> None:
        await both.offer(Command.PASS_ON)
        await both.authority(InChannel.ACCEPT)
        await both.heard(PackAccepted)
        named = RiskOwnerNamed(
            reference="KM-7F3K-92QM", named_at=NOW, risk_owner="Neil Synthetic", panel="Northmere Channel Panel"
        )
        await both.desk.hear(named, both.subject)
        async with both.desk.runtime.database.transaction(GATEWAY) as session:
            changes = await queries.changes_since(session, both.subject, 0)
        assert "With Northmere Channel Panel." in [each.note for each in changes]

    async def test_what_crosses_the_withdrawal_changes_nothing(self, desk: Desk) -> None:
        subject = await desk.open()
        await desk.clear(subject)
        await desk.decide(subject, Command.PASS_ON)
        await rows(desk.runtime, "UPDATE handover SET answer = 'withdrawn' RETURNING 1")
        await rows(desk.runtime, "UPDATE referral SET state = 'conflict' RETURNING 1")
        async with desk.runtime.database.transaction(GATEWAY) as session:
            act = Act(Command.CHANNEL_OWNER, NOW, Record(risk_owner="Carl Synthetic"))
            await hear_channel(session, subject, act, practice())
        (row,) = await rows(desk.runtime, "SELECT risk_owner FROM referral")
        assert row["risk_owner"] != "Carl Synthetic"
