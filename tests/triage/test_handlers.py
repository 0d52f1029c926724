"""What triage does when something is announced."""

from uuid import uuid4

import pytest

from chassis.errors import Missing
from contracts.channel.police import CaseGivenBack, PackAccepted, PackReturned
from contracts.notify.police import SignpostAcknowledged
from services.triage.domain import Command, NotInThisState
from tests.triage.builders import DUTY, NOW, announced, received, rows, version_added
from tests.triage.conftest import Desk

REFERENCE = "KM-7F3K-92QM"


class TestOnReferralReceived:
    async def test_opens_the_referral_with_the_duty_officer_as_risk_owner(self, desk: Desk) -> None:
        subject = await desk.open()
        found = await rows(desk.runtime, "SELECT * FROM referral")
        assert [(row["subject"], row["state"], row["risk_owner"]) for row in found] == [(subject, "received", DUTY)]
        clocks = await rows(desk.runtime, "SELECT name FROM clock WHERE stopped_at IS NULL ORDER BY name")
        assert [row["name"] for row in clocks] == ["assessment", "deconfliction"]

    async def test_seals_who_it_is_about(self, desk: Desk) -> None:
        await desk.open()
        found = await rows(desk.runtime, "SELECT * FROM referral JOIN referral_version USING (subject)")
        assert b"Synthetic" not in b"".join(value for value in found[0].values() if isinstance(value, bytes))
        assert found[0]["sealed_form"]

    async def test_takes_an_original_that_nobody_could_read(self, desk: Desk) -> None:
        await desk.open(received(form=None, unread_reason="no-form-found", immediate_danger=True))
        found = await rows(desk.runtime, "SELECT sealed_summary, unread_reason, immediate_danger FROM referral")
        assert found == [{"sealed_summary": None, "unread_reason": "no-form-found", "immediate_danger": True}]


class TestOnReferralVersionAdded:
    async def test_adds_the_completed_form(self, desk: Desk) -> None:
        subject = await desk.open(received(form=None, unread_reason="no-form-found"))
        await desk.hear(version_added(), subject)
        found = await rows(desk.runtime, "SELECT version, unread_reason, sealed_summary, row_version FROM referral")
        assert found[0]["sealed_summary"]
        assert (found[0]["version"], found[0]["unread_reason"], found[0]["row_version"]) == (2, "", 2)


class TestOnPackAccepted:
    async def test_changes_the_risk_owner_and_only_then(self, desk: Desk) -> None:
        subject = await desk.open()
        await desk.clear(subject)
        await desk.decide(subject, Command.PASS_ON)
        assert (await rows(desk.runtime, "SELECT risk_owner FROM referral"))[0]["risk_owner"] == DUTY
        accepted = PackAccepted(reference=REFERENCE, accepted_at=NOW, risk_owner="Cora Synthetic")
        await desk.hear(accepted, subject)
        found = await rows(desk.runtime, "SELECT state, risk_owner FROM referral")
        assert found == [{"state": "handed-over", "risk_owner": "Cora Synthetic"}]
        assert (await rows(desk.runtime, "SELECT answer FROM handover"))[0]["answer"] == "pack-accepted"

    async def test_is_refused_where_no_pack_was_offered(self, desk: Desk) -> None:
        subject = await desk.open()
        accepted = PackAccepted(reference=REFERENCE, accepted_at=NOW, risk_owner="Cora Synthetic")
        with pytest.raises(NotInThisState):
            await desk.hear(accepted, subject)


class TestOnPackReturned:
    async def test_brings_the_referral_back_with_the_reason(self, desk: Desk) -> None:
        subject = await desk.open()
        await desk.clear(subject)
        await desk.decide(subject, Command.PASS_ON)
        returned = PackReturned(reference=REFERENCE, returned_at=NOW, reason="The address is not in our area.")
        await desk.hear(returned, subject)
        found = await rows(desk.runtime, "SELECT state, risk_owner FROM referral")
        assert found == [{"state": "assessing", "risk_owner": DUTY}]
        running = await rows(desk.runtime, "SELECT name FROM clock WHERE stopped_at IS NULL")
        assert [row["name"] for row in running] == ["assessment"]
        noted = await rows(desk.runtime, "SELECT sealed_note FROM history WHERE command = 'pack-returned'")
        assert noted[0]["sealed_note"]


class TestOnCaseGivenBack:
    async def test_leaves_the_risk_with_channel_until_an_officer_takes_it(self, desk: Desk) -> None:
        subject = await desk.open()
        await desk.clear(subject)
        await desk.decide(subject, Command.PASS_ON)
        await desk.hear(PackAccepted(reference=REFERENCE, accepted_at=NOW, risk_owner="Cora Synthetic"), subject)
        await desk.hear(CaseGivenBack(reference=REFERENCE, given_back_at=NOW, reason="Consent refused."), subject)
        found = await rows(desk.runtime, "SELECT state, risk_owner FROM referral")
        assert found == [{"state": "given-back", "risk_owner": "Cora Synthetic"}]
        await desk.decide(subject, Command.TAKE_BACK)
        found = await rows(desk.runtime, "SELECT state, risk_owner FROM referral")
        assert found == [{"state": "plp", "risk_owner": "Gita Synthetic"}]
        assert len(await announced(desk.runtime, "triage.police-decision-made.v1")) == 2


class TestOnSignpostAcknowledged:
    async def test_closes_the_obligation_with_the_report(self, desk: Desk) -> None:
        subject = await desk.open()
        await desk.clear(subject)
        await desk.decide(subject, Command.SIGNPOST, service="kent-early-help", message="Please help.")
        signpost = (await rows(desk.runtime, "SELECT id, state FROM signpost"))[0]
        assert signpost["state"] == "open"
        await desk.hear(
            SignpostAcknowledged(
                reference=REFERENCE, signpost_id=signpost["id"], acknowledged_at=NOW, report="A worker has visited."
            ),
            subject,
        )
        found = (await rows(desk.runtime, "SELECT state, acknowledged_at, sealed_report FROM signpost"))[0]
        assert (found["state"], found["acknowledged_at"]) == ("acknowledged", NOW)
        assert found["sealed_report"]
        assert not await rows(desk.runtime, "SELECT name FROM clock WHERE stopped_at IS NULL")

    async def test_leaves_the_clock_running_for_another_signpost(self, desk: Desk) -> None:
        subject = await desk.open()
        for _ in range(2):
            await desk.clear(subject)
            await desk.decide(subject, Command.SIGNPOST, service="kent-early-help", message="Please help.")
            await desk.decide(subject, Command.REOPEN)
        running = "SELECT due_at FROM clock WHERE name = 'signpost' AND stopped_at IS NULL"
        for signpost, left in zip(await rows(desk.runtime, "SELECT id, due_at FROM signpost"), (1, 0), strict=True):
            event = SignpostAcknowledged(reference=REFERENCE, signpost_id=signpost["id"], acknowledged_at=NOW)
            await desk.hear(event, subject)
            assert await rows(desk.runtime, running) == [{"due_at": signpost["due_at"]}] * left

    async def test_refuses_a_signpost_that_was_never_made(self, desk: Desk) -> None:
        subject = await desk.open()
        event = SignpostAcknowledged(reference=REFERENCE, signpost_id=uuid4(), acknowledged_at=NOW)
        with pytest.raises(Missing, match="never made"):
            await desk.hear(event, subject)
