"""What triage does when something is announced."""

from uuid import uuid4

import pytest

from chassis.errors import Missing
from contracts.channel.police import CaseGivenBack, InformationGathered, PackAccepted, PackReturned, Section36Recorded
from contracts.notify.police import SignpostAcknowledged, SignpostReported, TransferAnswered
from services.triage.domain import ClockName, Command, NotInThisState, NotOffered
from tests.triage.builders import DUTY, NOW, announced, practice, received, rows, version_added
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
    async def test_leaves_the_obligation_open_until_they_report(self, desk: Desk) -> None:
        subject = await desk.open()
        await desk.clear(subject)
        await desk.decide(subject, Command.SIGNPOST, service="kent-early-help", message="Please help.")
        made = (await rows(desk.runtime, "SELECT id, state, owner FROM obligation"))[0]
        assert (made["state"], made["owner"]) == ("open", "Kent Early Help")
        seen = SignpostAcknowledged(
            reference=REFERENCE, signpost_id=made["id"], acknowledged_at=NOW, acknowledged_by="Ada Helper"
        )
        await desk.hear(seen, subject)
        found = (await rows(desk.runtime, "SELECT state, acknowledged_at, ended_at FROM obligation"))[0]
        assert (found["state"], found["acknowledged_at"], found["ended_at"]) == ("acknowledged", NOW, None)
        assert await rows(desk.runtime, "SELECT name FROM clock WHERE stopped_at IS NULL") == [{"name": "signpost"}]

    async def test_refuses_a_signpost_that_was_never_made(self, desk: Desk) -> None:
        subject = await desk.open()
        event = SignpostAcknowledged(reference=REFERENCE, signpost_id=uuid4(), acknowledged_at=NOW)
        with pytest.raises(Missing, match="never made"):
            await desk.hear(event, subject)


class TestOnSignpostReported:
    async def test_closes_the_one_obligation_with_what_they_did(self, desk: Desk) -> None:
        subject = await desk.open()
        await desk.clear(subject)
        for _ in range(2):
            await desk.decide(subject, Command.SIGNPOST, service="kent-early-help", message="Please help.")
        first, second = await rows(desk.runtime, "SELECT id FROM obligation ORDER BY made_at, id")
        told = SignpostReported(
            reference=REFERENCE, signpost_id=first["id"], reported_at=NOW, reported_by="Ann", report="A visit was made."
        )
        await desk.hear(told, subject)
        ended = "SELECT id, state, owner, ended_by, sealed_report FROM obligation WHERE ended_at IS NOT NULL"
        found = await rows(desk.runtime, ended)
        assert [(row["id"], row["state"]) for row in found] == [(first["id"], "done")]
        assert found[0]["ended_by"] == found[0]["owner"], "The page says who ended it, and software did not."
        assert b"visit" not in found[0]["sealed_report"]
        running = await rows(desk.runtime, "SELECT about FROM clock WHERE name = 'signpost' AND stopped_at IS NULL")
        assert running == [{"about": second["id"]}]
        # Somebody has to look at what came back: its clock is told of when it runs out.
        looks = "SELECT stopped_at, due_at FROM clock WHERE name = 'assessment'"
        assert await rows(desk.runtime, looks) == [{"stopped_at": None, "due_at": practice().due[ClockName.ASSESSMENT]}]


class TestOnInformationGathered:
    async def test_lets_the_police_decide_on_section_36(self, desk: Desk) -> None:
        subject = await desk.open()
        await desk.clear(subject)
        await desk.decide(subject, Command.PASS_ON)
        await desk.hear(PackAccepted(reference=REFERENCE, accepted_at=NOW, risk_owner="Cora Synthetic"), subject)
        with pytest.raises(NotOffered, match="has not reported"):
            await desk.decide(subject, Command.SECTION_36, grounds="Contact with a recruiter.")
        told = InformationGathered(
            reference=REFERENCE, gathered_at=NOW, gathered_by="Cora Synthetic", summary="The school answered."
        )
        await desk.hear(told, subject)
        await desk.decide(subject, Command.SECTION_36, grounds="Contact with a recruiter.")
        assert len(await announced(desk.runtime, "triage.section-36-referral-made.v1")) == 1


class TestOnSection36Recorded:
    async def test_shows_what_the_authority_decided(self, desk: Desk) -> None:
        subject = await desk.open()
        await desk.clear(subject)
        await desk.decide(subject, Command.PASS_ON)
        await desk.hear(PackAccepted(reference=REFERENCE, accepted_at=NOW, risk_owner="Cora Synthetic"), subject)
        told = Section36Recorded(
            reference=REFERENCE, recorded_at=NOW, decided_by="Cora Synthetic", grounds="Contact with a recruiter."
        )
        await desk.hear(told, subject)
        assert await rows(desk.runtime, "SELECT state, section_36_made FROM referral") == [
            {"state": "handed-over", "section_36_made": True}
        ]


class TestOnTransferAnswered:
    @pytest.mark.parametrize("accepted", [True, False])
    async def test_moves_the_risk_only_with_an_acceptance(self, desk: Desk, accepted: bool) -> None:
        subject = await desk.open()
        await desk.clear(subject)
        await desk.decide(subject, Command.TRANSFER, force="northmere-constabulary", message="He has moved to you.")
        told = TransferAnswered(
            reference=REFERENCE,
            transfer_id=(await rows(desk.runtime, "SELECT id FROM transfer"))[0]["id"],
            answered_at=NOW,
            accepted=accepted,
            answered_by="Nora Synthetic",
        )
        await desk.hear(told, subject)
        owner = ("transferred", "Nora Synthetic") if accepted else ("assessing", DUTY)
        assert await rows(desk.runtime, "SELECT state, risk_owner FROM referral") == [
            {"state": owner[0], "risk_owner": owner[1]}
        ]
