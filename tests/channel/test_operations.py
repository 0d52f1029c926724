"""The writes of Channel."""

from uuid import UUID

import pytest

from chassis.actor import Actor
from contracts.channel.notices import PackAnswered
from contracts.channel.police import InformationGathered, PackAccepted, PackReturned, Section36Recorded
from contracts.channel.statistics import CaseCounted
from contracts.envelope import ReceiptBatch
from contracts.vocabulary import Outcome
from services.channel import operations, queries
from services.channel.domain import Body, CaseNotFound, ChangedMeanwhile, Command, NotRecorded, Record
from services.channel.operations import Act
from tests.channel.builders import CORA, NOW, coordinator, corrected, made, merged, parts, passed, practice, rows
from tests.channel.conftest import Team


class TestActOnCase:
    async def test_acceptance_names_the_coordinator_to_each_audience(self, team: Team) -> None:
        subject = await team.open()
        await team.act(subject, Command.ACCEPT)
        found = await rows(team.runtime, "SELECT state, risk_owner FROM case_file")
        assert found == [{"state": "accepted", "risk_owner": "Cora Synthetic"}]
        told = await team.announced()
        assert set(told) == {
            "channel.pack-accepted.v1",
            "channel.pack-answered.v1",
            "channel.case-progressed.v1",
            "channel.case-counted.v1",
        }
        accepted, answered = told["channel.pack-accepted.v1"][0], told["channel.pack-answered.v1"][0]
        assert isinstance(accepted, PackAccepted)
        assert accepted.risk_owner == "Cora Synthetic"
        assert isinstance(answered, PackAnswered)
        assert (answered.front_door, answered.outcome) == ("kent-cru", Outcome.PACK_ACCEPTED)

    async def test_a_return_tells_the_police_why(self, team: Team) -> None:
        subject = await team.open()
        await team.act(subject, Command.RETURN, reason="The address is not in our area.")
        told = await team.announced()
        returned = told["channel.pack-returned.v1"][0]
        assert isinstance(returned, PackReturned)
        assert returned.reason == "The address is not in our area."
        assert "channel.case-progressed.v1" not in told
        assert (await rows(team.runtime, "SELECT risk_owner FROM case_file"))[0]["risk_owner"] != "Cora Synthetic"

    async def test_a_return_without_a_reason_leaves_no_trace(self, team: Team) -> None:
        subject = await team.open()
        with pytest.raises(NotRecorded):
            await team.act(subject, Command.RETURN)
        assert await team.announced() == {}

    async def test_the_police_learn_what_was_gathered_and_by_whom(self, team: Team) -> None:
        subject = await team.open()
        await team.act(subject, Command.ACCEPT)
        await team.act(subject, Command.GATHERED, summary=" Attends daily. ", gathered_by=" Sample team ")
        told = (await team.announced())["channel.information-gathered.v1"][0]
        assert isinstance(told, InformationGathered)
        assert (told.gathered_by, told.summary, told.gathered_at) == ("Sample team", "Attends daily.", NOW)
        clocks = await rows(team.runtime, "SELECT name FROM clock WHERE stopped_at IS NULL")
        assert [row["name"] for row in clocks] == ["section-36-decision"]
        async with team.runtime.database.transaction(CORA) as session:
            assert (await queries.timeline(session, subject))[-1].note == "Sample team: Attends daily."

    async def test_the_police_learn_of_the_referral_that_the_authority_makes(self, team: Team) -> None:
        subject = await team.open()
        await team.act(subject, Command.ACCEPT)
        await team.act(subject, Command.GATHERED, summary="Attends daily.", gathered_by="Sample team")
        async with team.runtime.database.transaction(CORA) as session:
            act = Act(Command.REFER, NOW, Record(grounds="Contact with a recruiter."))
            await operations.act_on_case(session, subject, act, practice(decides=Body.LOCAL_AUTHORITY))
        told = await team.announced()
        recorded = told["channel.section-36-recorded.v1"][0]
        assert isinstance(recorded, Section36Recorded)
        assert (recorded.decided_by, recorded.grounds) == ("Cora Synthetic", "Contact with a recruiter.")
        assert len(told["channel.case-counted.v1"]) == 2

    async def test_statistics_learn_nothing_that_leads_back(self, team: Team) -> None:
        key = UUID(int=7)
        subject = await team.open(passed(statistics_key=key))
        await team.hear(made(), subject)
        await team.act(subject, Command.ACCEPT)
        row = (await rows(team.runtime, "SELECT * FROM outbox WHERE type = 'channel.case-counted.v1'"))[0]
        assert (row["subject"], row["correlation_id"], row["causation_id"], row["traceparent"]) == (key, None, None, "")
        counted = (await team.announced())["channel.case-counted.v1"][0]
        assert isinstance(counted, CaseCounted)
        assert (counted.month, counted.version, counted.days_since_receipt) == ("2026-11", 1, 2)

    async def test_an_edit_meanwhile_is_found(self, team: Team) -> None:
        subject = await team.open()
        with pytest.raises(ChangedMeanwhile):
            async with team.runtime.database.transaction(CORA) as session:
                await operations.act_on_case(session, subject, Act(Command.ACCEPT, NOW, expected=7), practice())

    async def test_history_only_grows_and_every_step_is_audited(self, team: Team) -> None:
        subject = await team.open()
        await team.act(subject, Command.ACCEPT)
        lines = await rows(team.runtime, "SELECT row_version, command FROM history ORDER BY id")
        assert lines == [{"row_version": 1, "command": "open"}, {"row_version": 2, "command": "accept"}]
        audited = await rows(team.runtime, "SELECT action FROM audit_entry ORDER BY id")
        assert [row["action"] for row in audited] == ["case.open", "case.accept"]


class TestMarkAwarenessSeen:
    async def test_reports_each_referral_once(self, team: Team) -> None:
        subject = await team.open()
        await team.hear(made(), subject)
        for new in ({subject}, set()):
            async with team.runtime.database.transaction(CORA) as session:
                assert await operations.mark_awareness_seen(session, [subject], NOW) == new
        bodies = await rows(team.runtime, "SELECT body FROM receipt_out WHERE publisher = 'intake'")
        items = [item for row in bodies for item in ReceiptBatch.model_validate_json(row["body"]).items]
        assert [(item.team, item.state) for item in items] == [("dovetail", "seen")]


class TestAreas:
    async def test_another_areas_coordinator_sees_and_changes_nothing(self, team: Team) -> None:
        subject = await team.open()
        await team.hear(made(), subject)
        async with team.runtime.database.transaction(coordinator(areas=frozenset({"northmere"}))) as session:
            assert await queries.awareness(session) == ()
            assert await queries.case_list(session, queries.Wanted()) == ()
            with pytest.raises(CaseNotFound):
                await operations.act_on_case(session, subject, Act(Command.ACCEPT, NOW), practice())


class TestEraseSubject:
    async def test_leaves_the_row_without_the_person(self, team: Team) -> None:
        subject = await team.open(passed(**parts()))
        await team.hear(corrected(), subject)
        await team.hear(merged("KM-7F3K-92QM", "KM-2222-2222"), UUID(int=9))
        await team.act(subject, Command.RETURN, reason="Not ours.")
        async with team.runtime.database.transaction(Actor.service("channel")) as session:
            await operations.erase_subject(session, subject)
        async with team.runtime.database.transaction(CORA) as session:
            view = await queries.case_view(session, await queries.held(session, subject))
            told = await queries.corrections(session, subject)
        assert (view.packs[0].parts, told[0].words) == (queries.PackParts(), "")
        assert await rows(team.runtime, "SELECT reference FROM same_person") == [{"reference": "KM-2222-2222"}]
        assert (view.form, view.held.summary, view.packs[0].rationale) == (None, None, "")
        assert view.timeline[-1].note == ""
        assert view.held.statistics_key == UUID(int=0)
