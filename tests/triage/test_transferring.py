"""Transfers to other forces: the risk moves with the acceptance of the open offer, and with nothing else."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from chassis.errors import Missing
from contracts.notify.police import TransferAnswered
from contracts.triage.notices import TransferOffered
from services.triage.domain import Command
from tests.triage.builders import DUTY, GATEWAY, NOW, announced, received, rows
from tests.triage.conftest import Console, Desk
from tests.triage.test_operations import opened_events
from tests.triage.test_safeguards import ONE, REFERENCE, text_of

FORCE = {"force": "northmere-constabulary", "message": "He has moved to you."}


async def offered(desk: Desk) -> tuple[UUID, UUID]:
    """Offer a referral to another force; returns its subject and the id of the offer."""
    subject = await desk.open()
    await desk.clear(subject)
    await desk.decide(subject, Command.TRANSFER, **FORCE)
    return subject, (await rows(desk.runtime, "SELECT id FROM transfer ORDER BY id DESC"))[0]["id"]


def answered(transfer_id: UUID, *, accepted: bool, **given: Any) -> TransferAnswered:
    """Return what notify tells of the other force's answer."""
    values = {"reference": REFERENCE, "answered_at": NOW, "answered_by": "Nora Synthetic", **given}
    return TransferAnswered(transfer_id=transfer_id, accepted=accepted, **values)


async def stands(desk: Desk) -> tuple[str, str]:
    """Return where the referral stands and who owns the risk."""
    row = (await rows(desk.runtime, "SELECT state, risk_owner FROM referral"))[0]
    return row["state"], row["risk_owner"]


class TestTransfer:
    async def test_is_announced_with_an_id_and_the_risk_stays_here(self, desk: Desk) -> None:
        subject, transfer_id = await offered(desk)
        (told,) = await opened_events(desk, "triage.transfer-offered.v1")
        assert isinstance(told, TransferOffered)
        assert (told.transfer_id, told.force, told.message) == (transfer_id, FORCE["force"], FORCE["message"])
        assert await stands(desk) == ("transferring", DUTY)
        kept = (await rows(desk.runtime, "SELECT subject, sealed_message, answer FROM transfer"))[0]
        assert (kept["subject"], b"moved" in kept["sealed_message"], kept["answer"]) == (subject, False, None)

    async def test_an_acceptance_moves_the_risk_and_a_repetition_nothing(self, desk: Desk) -> None:
        subject, transfer_id = await offered(desk)
        for _ in range(2):
            await desk.hear(answered(transfer_id, accepted=True), subject)
        assert await stands(desk) == ("transferred", "Nora Synthetic")
        assert len(await announced(desk.runtime, "triage.police-decision-made.v1")) == 1
        assert not await rows(desk.runtime, "SELECT 1 FROM history WHERE command = 'add-note'")

    async def test_a_refusal_brings_it_back_with_its_reason(self, console: Console) -> None:
        subject, transfer_id = await offered(console.desk)
        await console.desk.hear(answered(transfer_id, accepted=False, reason="He lives with you."), subject)
        assert await stands(console.desk) == ("assessing", DUTY)
        shown = text_of(await (await console.signed_in(GATEWAY)).get(ONE))
        assert "Northmere Constabulary Refused" in shown
        assert "He lives with you." in shown

    async def test_an_acceptance_after_it_was_called_back_is_told_and_moves_nothing(self, console: Console) -> None:
        subject, transfer_id = await offered(console.desk)
        await console.desk.decide(subject, Command.CALL_BACK)
        await console.desk.hear(answered(transfer_id, accepted=True), subject)
        assert await stands(console.desk) == ("assessing", DUTY)
        shown = text_of(await (await console.signed_in(GATEWAY)).get(ONE))
        assert "Nora Synthetic accepted the transfer after it was called back" in shown
        assert "Northmere Constabulary Called back" in shown

    async def test_an_old_answer_does_not_answer_a_new_offer(self, desk: Desk) -> None:
        subject, first = await offered(desk)
        await desk.decide(subject, Command.CALL_BACK)
        await desk.decide(subject, Command.TRANSFER, **FORCE)
        await desk.hear(answered(first, accepted=True), subject)
        assert await stands(desk) == ("transferring", DUTY)
        assert len(await rows(desk.runtime, "SELECT 1 FROM transfer WHERE answer IS NULL")) == 1

    async def test_an_answer_to_nothing_is_refused(self, desk: Desk) -> None:
        subject, _ = await offered(desk)
        with pytest.raises(Missing, match="never offered"):
            await desk.hear(answered(uuid4(), accepted=True), subject)
        assert await stands(desk) == ("transferring", DUTY)

    async def test_an_answer_to_another_referrals_offer_is_refused(self, desk: Desk) -> None:
        _, transfer_id = await offered(desk)
        other = await desk.open(received(reference="KM-2222-2222"))
        with pytest.raises(Missing):
            await desk.hear(answered(transfer_id, accepted=True), other)

    async def test_a_transferred_referral_is_opened_again_with_a_risk_owner_here(self, desk: Desk) -> None:
        subject, transfer_id = await offered(desk)
        await desk.hear(answered(transfer_id, accepted=True), subject)
        await desk.decide(subject, Command.REOPEN)
        assert await stands(desk) == ("received", GATEWAY.name)

    async def test_the_page_shows_that_it_waits(self, console: Console) -> None:
        await offered(console.desk)
        shown = text_of(await (await console.signed_in(GATEWAY)).get(ONE))
        assert "Northmere Constabulary Waiting for an answer" in shown
        assert "He has moved to you." in shown
