"""Erasing one referral of a mail with several: who holds that mail still is named, and its originals can go alone."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest

from chassis import clock, documents
from chassis.actor import Actor
from chassis.ops import DeletionReceipt
from chassis.ops.erasure import erase_stored
from services.intake.app import service
from services.intake.domain.same_mail import OriginalStillNeeded
from services.intake.operations.erasing import erase_subject, may_erase_original
from services.intake.queries.same_mail import same_mail_of
from services.intake.readers import Cage
from services.intake.settings import IntakeSettings
from tests.conftest import Running, RunningOf
from tests.intake.builders import referral, rows
from tests.intake.test_doors_reading_room import Desk, mail_with_forms
from tests.intake.test_web_desk import as_officer
from tests.intake.test_web_desk_work import words


class Erasing(Desk):
    """Intake, whose pages are looked at too."""

    def __init__(self, intake: Running, cage: Cage) -> None:
        super().__init__(intake, cage)
        self.intake, self.client = intake, intake.client


@pytest.fixture
async def desk(running_of: RunningOf) -> AsyncIterator[Erasing]:
    """Intake with its letterbox and its reading room."""
    intake = await running_of(service(IntakeSettings(service="intake")), doors=False)
    cage = Cage()
    await cage.start()
    yield Erasing(intake, cage)
    await cage.stop()


async def three(desk: Desk) -> list[Any]:
    """Take in a mail with three forms; the first came first."""
    await desk.take(mail_with_forms(*(referral(surname=name) for name in ("First", "Second", "Third"))))
    await desk.room.read_waiting()
    return await desk.referrals()


async def erased(desk: Desk, subject: UUID, document: UUID | None = None) -> DeletionReceipt:
    """Erase a referral, or only its original."""
    await desk.runtime.keys.erase(document or subject)
    async with desk.runtime.database.transaction(Actor.operator("tester")) as session:
        return await erase_stored(session, subject, erase_subject, reason="a test", now=clock.now(), document=document)


async def bodies(desk: Desk) -> list[UUID]:
    return [row.subject for row in await rows(desk.runtime, "SELECT subject FROM document WHERE body <> ''")]


class TestOneOfAMail:
    @pytest.mark.parametrize("place", [0, 1])
    async def test_names_who_holds_the_mail_still_and_how_to_finish(self, desk: Desk, place: int) -> None:
        found = await three(desk)
        gone = found.pop(place)
        receipt = await erased(desk, gone.id)
        assert {each.reference for each in receipt.still_held} == {each.reference for each in found}
        assert all(each.reference in receipt.sentence for each in found)
        assert "--shared-original" in receipt.sentence
        again = await erased(desk, gone.id)
        assert again.still_held == receipt.still_held
        for each in found:
            assert (await desk.ask(same_mail_of, each.id)).erased == (gone.reference,)

    async def test_is_finished_by_erasing_the_others_originals_which_leaves_their_forms(self, desk: Desk) -> None:
        gone, *others = await three(desk)
        receipt = await erased(desk, gone.id)
        assert len(await bodies(desk)) == 2
        for each in receipt.still_held:
            receipt = await erased(desk, each.subject, each.document)
        assert receipt.still_held == ()
        assert await bodies(desk) == []
        assert await rows(desk.runtime, "SELECT 1 FROM same_mail") == []
        for each in others:
            [row] = await rows(desk.runtime, "SELECT reading FROM referral WHERE id = :id", id=each.id)
            assert row.reading == "read"
            form = "SELECT form, found FROM referral_version WHERE referral_id = :id AND form IS NOT NULL"
            [row] = await rows(desk.runtime, form, id=each.id)
            assert await desk.ask(_opens, each.id, row.form)
            assert row.found is None
            assert (await desk.ask(same_mail_of, each.id)).original_erased_at is not None
            with pytest.raises(documents.DocumentErased):
                await desk.ask(documents.read, each.document_id)

    async def test_is_said_at_the_desk_beside_the_others_original(self, desk: Erasing) -> None:
        gone, stays, _ = await three(desk)
        receipt = await erased(desk, gone.id)
        await as_officer(desk.intake)
        page = f"/desk/referrals/{stays.reference}"
        before = words((await desk.client.get(page)).text)
        assert f"{gone.reference} came in the same mail and was erased" in before
        for each in receipt.still_held:
            await erased(desk, each.subject, each.document)
        after = words((await desk.client.get(page)).text)
        assert "The original was removed by the erasure of another person in the same mail" in after
        assert "was erased, but this original" not in after

    async def test_that_nobody_has_completed_keeps_its_original(self, desk: Desk) -> None:
        torn = referral(surname="Torn")
        del torn["referrer"]
        await desk.take(mail_with_forms(referral(surname="First"), torn, referral(surname="Third")))
        await desk.room.read_waiting()
        waiting, whole = await desk.referrals()
        receipt = await erased(desk, whole.id)
        assert [each.needed for each in receipt.still_held] == [True]
        assert f"First complete {waiting.reference}" in receipt.sentence
        with pytest.raises(OriginalStillNeeded):
            await desk.ask(may_erase_original, waiting.document_id)

    async def test_that_has_all_its_referrals_erased_is_forgotten(self, desk: Desk) -> None:
        found = await three(desk)
        receipts = [await erased(desk, each.id) for each in found]
        assert [len(receipt.still_held) for receipt in receipts] == [2, 1, 0]
        assert await rows(desk.runtime, "SELECT 1 FROM same_mail") == []


async def _opens(session: Any, subject: UUID, sealed: bytes) -> bool:
    return bool(await session.unseal(subject, sealed))
