"""The writes of triage."""

from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from chassis import documents, outbox
from chassis.actor import Actor
from chassis.crypto import TopicKeys
from contracts.catalogue import EVENT_BY_TYPE
from contracts.channel.police import PackReturned
from contracts.envelope import Event, ReceiptBatch
from contracts.triage.dovetail import PassedForInformationGathering, Section36ReferralMade
from contracts.triage.notices import SignpostMade
from contracts.triage.statistics import DecisionCounted
from contracts.vocabulary import Outcome, Role, Team
from services.triage import operations, queries
from services.triage.domain import (
    ChangedMeanwhile,
    ClockName,
    Command,
    Hold,
    NoIdeologyAlone,
    NotInThisState,
    NotOffered,
    Record,
    ReferralNotFound,
)
from services.triage.operations import Act
from tests.triage.builders import DUTY, FINDING, GATEWAY, IMU, NOW, announced, officer, practice, received, rows
from tests.triage.conftest import Desk


async def opened_events(desk: Desk, wire_type: str) -> list[Event]:
    """Return the announced events of one type, opened with the topic's key."""
    keys: TopicKeys = outbox.Sealer.topic_keys
    found = []
    for row in await announced(desk.runtime, wire_type):
        bound_to = f"{row['event_id']}|{row['type']}|{row['subject']}".encode()
        body = keys.unseal(row["topic"], row["key_id"], row["sealed"], bound_to)
        found.append(EVENT_BY_TYPE[wire_type].model_validate_json(body))
    return found


async def receipts(desk: Desk) -> list[tuple[str, str]]:
    """Return (team, state) of everything reported to intake."""
    bodies = await rows(desk.runtime, "SELECT body FROM receipt_out WHERE publisher = 'intake' ORDER BY id")
    items = [item for row in bodies for item in ReceiptBatch.model_validate_json(row["body"]).items]
    return [(item.team, item.state) for item in items]


class TestRecordDeconfliction:
    async def test_clear_lets_the_gateway_decide_and_tells_the_ledger(self, desk: Desk) -> None:
        subject = await desk.open()
        await desk.clear(subject, assessed=False)
        assert (await rows(desk.runtime, "SELECT state FROM referral"))[0]["state"] == "assessing"
        assert await receipts(desk) == [("imu", "acknowledged")]
        assert len(await announced(desk.runtime, "triage.referral-progressed.v1")) == 1

    async def test_conflict_holds_the_referral_back(self, desk: Desk) -> None:
        subject = await desk.open()
        act = Act(Command.CONFLICT, NOW, Record(rationale="Speak to the duty inspector."))
        async with desk.runtime.database.transaction(IMU) as session:
            await operations.record_deconfliction(session, subject, act, practice())
        with pytest.raises(NotInThisState):
            await desk.decide(subject, Command.CLOSE, reason="mistaken")
        noted = await rows(desk.runtime, "SELECT outcome, sealed_note FROM deconfliction")
        assert noted[0]["outcome"] == "record-conflict"
        assert b"inspector" not in noted[0]["sealed_note"]

    async def test_more_time_extends_the_clock(self, desk: Desk) -> None:
        subject = await desk.open()
        act = Act(Command.MORE_TIME, NOW, Record(rationale="Waiting for another force."))
        for _ in range(2):
            async with desk.runtime.database.transaction(IMU) as session:
                await operations.record_deconfliction(session, subject, act, practice())
        clock = await rows(desk.runtime, "SELECT times_extended, stopped_at FROM clock WHERE name = 'deconfliction'")
        assert clock == [{"times_extended": 2, "stopped_at": None}]

    async def test_more_time_counts_from_the_old_deadline_and_a_conflict_moves_nothing(self, desk: Desk) -> None:
        subject = await desk.open()
        statement = "SELECT due_at, times_extended FROM clock WHERE name = 'deconfliction'"
        old = (await rows(desk.runtime, statement))[0]["due_at"]
        await desk.hold(subject, Command.MORE_TIME, "Waiting for another force.")
        later = {"due_at": practice().later(ClockName.DECONFLICTION, old), "times_extended": 1}
        assert await rows(desk.runtime, statement) == [later]
        await desk.hold(subject, Command.CONFLICT, "Speak to the duty inspector.")
        assert await rows(desk.runtime, statement) == [later]

    async def test_the_note_is_opened_for_the_unit_and_told_to_nobody_else(self, desk: Desk) -> None:
        subject = await desk.open()
        await desk.hold(subject, Command.MORE_TIME, "Waiting for another force.")
        await desk.hold(subject, Command.CONFLICT, "Speak to the duty inspector.")
        async with desk.runtime.database.transaction(GATEWAY) as session:
            found = await queries.held(session, subject)
            view = await queries.referral_view(session, found)
            lines = await queries.queue(session, queries.Wanted(queries.GATEWAY_STATES))
        assert found.situation.hold == lines[0].hold == Hold(Command.CONFLICT, IMU.name)
        assert {(each.note, each.by, each.recorded_at) for each in view.deconflictions} == {("", IMU.name, NOW)}
        async with desk.runtime.database.transaction(IMU) as session:
            view = await queries.referral_view(session, await queries.held(session, subject))
        assert {each.note for each in view.deconflictions} == {
            "Waiting for another force.", "Speak to the duty inspector.",
        }  # fmt: skip
        assert not await rows(desk.runtime, "SELECT 1 FROM outbox")


class TestDecideReferral:
    async def test_close_is_recorded_and_announced_to_each_audience(self, desk: Desk) -> None:
        subject = await desk.open()
        await desk.clear(subject)
        await desk.decide(subject, Command.CLOSE, reason="mistaken")
        decided = await rows(desk.runtime, "SELECT command, reason, sealed_rationale, by_name FROM decision")
        assert (decided[0]["command"], decided[0]["reason"], decided[0]["by_name"]) == (
            "close", "mistaken", "Gita Synthetic",
        )  # fmt: skip
        assert b"checks" not in decided[0]["sealed_rationale"]
        types = {row["type"] for row in await rows(desk.runtime, "SELECT type FROM outbox")}
        assert types == {
            "triage.referral-progressed.v1",
            "triage.police-decision-made.v1",
            "triage.decision-counted.v1",
        }
        assert ("gateway", "acknowledged") in await receipts(desk)

    async def test_statistics_learn_nothing_that_leads_back(self, desk: Desk) -> None:
        key = UUID(int=7)
        subject = await desk.open(received(statistics_key=key))
        await desk.clear(subject)
        await desk.decide(subject, Command.CLOSE, reason="mistaken")
        row = (await announced(desk.runtime, "triage.decision-counted.v1"))[0]
        assert (row["subject"], row["correlation_id"], row["causation_id"], row["traceparent"]) == (key, None, None, "")
        counted = (await opened_events(desk, "triage.decision-counted.v1"))[0]
        assert isinstance(counted, DecisionCounted)
        assert (counted.month, counted.version, counted.days_since_receipt) == ("2026-11", 1, 0)

    async def test_a_refused_closure_leaves_no_trace(self, desk: Desk) -> None:
        subject = await desk.open()
        await desk.clear(subject)
        before = await rows(desk.runtime, "SELECT count(*) FROM outbox")
        with pytest.raises(NoIdeologyAlone):
            await desk.decide(subject, Command.CLOSE, reason="mistaken", rationale="No ideology.")
        assert await rows(desk.runtime, "SELECT count(*) FROM outbox") == before
        assert not await rows(desk.runtime, "SELECT * FROM decision")

    async def test_passes_the_pack_on_with_form_and_documents(self, desk: Desk) -> None:
        subject = await desk.open()
        async with desk.runtime.database.transaction(Actor.service("triage")) as session:
            await documents.store(
                session,
                subject=subject,
                area="kent-and-medway",
                name="original.docx",
                media_type="application/octet-stream",
                body=b"synthetic",
                now=NOW,
            )
        await desk.clear(subject)
        await desk.decide(subject, Command.PASS_ON)
        pack = (await opened_events(desk, "triage.passed-for-information-gathering.v1"))[0]
        assert isinstance(pack, PassedForInformationGathering)
        assert (pack.form.person.surname, pack.risk_owner, pack.decided_by) == ("Synthetic", DUTY, "Gita Synthetic")
        assert [document.name for document in pack.documents] == ["original.docx"]
        granted = await rows(desk.runtime, "SELECT service FROM document_grant")
        assert granted == [{"service": "channel"}]

    async def test_section_36_carries_its_grounds(self, desk: Desk) -> None:
        subject = await desk.open()
        await desk.clear(subject)
        await desk.gather(subject)
        await desk.decide(subject, Command.SECTION_36, grounds="Contact with a recruiter.")
        pack = (await opened_events(desk, "triage.section-36-referral-made.v1"))[0]
        assert isinstance(pack, Section36ReferralMade)
        assert pack.grounds == "Contact with a recruiter."
        assert (await rows(desk.runtime, "SELECT section_36_made FROM referral"))[0]["section_36_made"]

    async def test_the_finding_is_sealed_with_the_rationale(self, desk: Desk) -> None:
        subject = await desk.open()
        await desk.clear(subject)
        await desk.decide(subject, Command.CLOSE, reason="mistaken")
        async with desk.runtime.database.transaction(GATEWAY) as session:
            view = await queries.referral_view(session, await queries.held(session, subject))
        assert view.decisions[0].rationale == (
            f"Because the checks found nothing.\n\nWhat was found about the concern itself: {FINDING}\n\n"
            "Alternatives considered: A signpost was offered and not wanted.\n\n"
            "Earlier referrals: Searched; there is none."
        )

    async def test_a_returned_section_36_referral_can_be_made_again_with_new_grounds(self, desk: Desk) -> None:
        subject = await desk.open()
        await desk.clear(subject)
        await desk.gather(subject)
        await desk.decide(subject, Command.SECTION_36, grounds="Contact with a recruiter.")
        await desk.hear(PackReturned(reference="KM-7F3K-92QM", returned_at=NOW, reason="A page is missing."), subject)
        assert not (await rows(desk.runtime, "SELECT section_36_made FROM referral"))[0]["section_36_made"]
        await desk.decide(subject, Command.SECTION_36, grounds="A second contact.")
        packs = await opened_events(desk, "triage.section-36-referral-made.v1")
        assert [pack.grounds for pack in packs if isinstance(pack, Section36ReferralMade)] == [
            "Contact with a recruiter.", "A second contact.",
        ]  # fmt: skip

    async def test_whoever_decides_is_the_gateway_officer(self, desk: Desk) -> None:
        subject = await desk.open()
        other = officer(Role.GATEWAY_SUPERVISOR, name="Sita Synthetic")
        async with desk.runtime.database.transaction(other) as session:
            await operations.take(session, subject, Act(Command.TAKE, NOW), practice())
        with pytest.raises(NotOffered, match="already"):
            async with desk.runtime.database.transaction(other) as session:
                await operations.take(session, subject, Act(Command.TAKE, NOW), practice())
        await desk.clear(subject)
        await desk.decide(subject, Command.PLP)
        found = await rows(desk.runtime, "SELECT officer_id, officer_name FROM referral")
        assert found == [{"officer_id": GATEWAY.id, "officer_name": GATEWAY.name}]
        await desk.decide(subject, Command.REOPEN)
        assert (await rows(desk.runtime, "SELECT officer_id FROM referral"))[0]["officer_id"] is None

    async def test_signpost_asks_notify(self, desk: Desk) -> None:
        subject = await desk.open()
        await desk.clear(subject)
        await desk.decide(subject, Command.SIGNPOST, service="kent-early-help", message="Please help.")
        event = (await opened_events(desk, "triage.signpost-made.v1"))[0]
        assert isinstance(event, SignpostMade)
        assert (event.service, event.message) == ("kent-early-help", "Please help.")
        assert event.signpost_id == (await rows(desk.runtime, "SELECT id FROM obligation"))[0]["id"]

    async def test_reopening_goes_back_to_deconfliction_and_counts_on(self, desk: Desk) -> None:
        subject = await desk.open()
        await desk.clear(subject)
        await desk.decide(subject, Command.CLOSE, reason="mistaken")
        await desk.decide(subject, Command.REOPEN)
        assert (await rows(desk.runtime, "SELECT state FROM referral"))[0]["state"] == "received"
        await desk.clear(subject)
        await desk.decide(subject, Command.PLP)
        counted = await opened_events(desk, "triage.decision-counted.v1")
        found = [(event.version, event.outcome) for event in counted if isinstance(event, DecisionCounted)]
        # What is open again counts as no decision until there is one.
        assert found == [(1, Outcome.CLOSED), (2, Outcome.RECEIVED), (3, Outcome.PLP)]

    async def test_history_only_grows_and_every_step_is_audited(self, desk: Desk) -> None:
        subject = await desk.open()
        await desk.clear(subject)
        await desk.decide(subject, Command.PLP)
        lines = await rows(desk.runtime, "SELECT row_version, command, to_state FROM history ORDER BY id")
        assert [(line["row_version"], line["command"]) for line in lines] == [
            (1, "receive"), (2, "record-clear"), (3, "assess"), (4, "lead-partnership"),
        ]  # fmt: skip
        audited = await rows(desk.runtime, "SELECT action FROM audit_entry WHERE action LIKE 'referral.%' ORDER BY id")
        assert [row["action"] for row in audited] == [
            "referral.receive", "referral.record-clear", "referral.assess", "referral.lead-partnership",
        ]  # fmt: skip

    @pytest.mark.parametrize(
        ("statement", "words"),
        [
            ("DELETE FROM history", "only added"),
            ("UPDATE history SET risk_owner = 'Somebody else (synthetic)'", "only added"),
            ("UPDATE history SET area_version = '2099-01'", "only added"),
            ("UPDATE history SET sealed_note = '\\x00'", "only added"),
            ("UPDATE referral SET risk_owner = ' '", "referral_risk_owner"),
            ("UPDATE referral SET risk_owner = ''", "referral_risk_owner"),
        ],
    )
    async def test_the_database_refuses_to_shorten_history_and_to_empty_the_owner(
        self, desk: Desk, statement: str, words: str
    ) -> None:
        await desk.open()
        with pytest.raises(DBAPIError, match=words):
            async with desk.runtime.database.transaction(Actor.service("triage")) as session:
                await session.execute(text(statement))

    async def test_an_edit_meanwhile_is_found(self, desk: Desk) -> None:
        subject = await desk.open()
        act = Act(Command.TAKE, NOW, expected=1)
        async with desk.runtime.database.transaction(GATEWAY) as session:
            await operations.take(session, subject, act, practice())
        with pytest.raises(ChangedMeanwhile):
            async with desk.runtime.database.transaction(GATEWAY) as session:
                await operations.take(session, subject, act, practice())


class TestMarkSeen:
    async def test_reports_once_for_each_team(self, desk: Desk) -> None:
        subject = await desk.open()
        for team in (Team.IMU, Team.GATEWAY, Team.IMU):
            async with desk.runtime.database.transaction(IMU) as session:
                await operations.mark_seen(session, await queries.held(session, subject), team, NOW)
        assert await receipts(desk) == [("imu", "seen"), ("gateway", "seen")]


class TestAreas:
    async def test_another_areas_officer_sees_and_changes_nothing(self, desk: Desk) -> None:
        subject = await desk.open()
        stranger = officer(Role.GATEWAY_OFFICER, areas=frozenset({"northmere"}))
        async with desk.runtime.database.transaction(stranger) as session:
            assert await queries.queue(session, queries.Wanted(queries.GATEWAY_STATES)) == ()
            with pytest.raises(ReferralNotFound):
                await queries.held(session, subject)
            with pytest.raises(ReferralNotFound):
                await operations.take(session, subject, Act(Command.TAKE, NOW), practice())


class TestEraseSubject:
    async def test_leaves_the_row_without_the_person(self, desk: Desk) -> None:
        subject = await desk.open()
        await desk.clear(subject)
        await desk.decide(subject, Command.SIGNPOST, service="kent-early-help", message="Please help.")
        async with desk.runtime.database.transaction(Actor.service("triage")) as session:
            await operations.erase_subject(session, subject)
        async with desk.runtime.database.transaction(GATEWAY) as session:
            found = await queries.held(session, subject)
            view = await queries.referral_view(session, found)
        assert found.summary is None
        assert view.form is None
        assert [decision.rationale for decision in view.decisions] == [""]
        assert found.statistics_key == UUID(int=0)


class TestQueue:
    async def test_shows_immediate_danger_first_and_pages_on(self, desk: Desk) -> None:
        first = await desk.open(received(reference="KM-2222-2222"))
        urgent = await desk.open(received(reference="KM-3333-3333", immediate_danger=True))
        async with desk.runtime.database.transaction(IMU) as session:
            lines = await queries.queue(session, queries.Wanted(queries.IMU_STATES))
            last = (True, lines[0].received_at, lines[0].subject)
            rest = await queries.queue(session, queries.Wanted(queries.IMU_STATES), last)
        assert [line.subject for line in lines] == [urgent, first]
        assert [line.subject for line in rest] == [first]
        assert lines[0].clock
        assert lines[0].clock.name == ClockName.URGENT
