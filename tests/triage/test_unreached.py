"""That somebody who had to be told was not reached is said where the officer looks, until they answer."""

from uuid import UUID, uuid4

import pytest

from contracts.notify.police import NoticeUnreached, SignpostAcknowledged
from contracts.vocabulary import Unreached, WhomToReach
from services.triage.domain import Command
from tests.triage.builders import GATEWAY, NOW, rows
from tests.triage.conftest import Console
from tests.triage.test_transferring import offered
from tests.triage.test_views import ONE, text_of


class TestNotReached:
    async def signposted(self, console: Console) -> tuple[UUID, UUID]:
        """Signpost a referral; return its subject and the signpost's id."""
        subject = await console.desk.open()
        await console.desk.clear(subject)
        await console.desk.decide(
            subject, Command.SIGNPOST, service="kent-early-help", message="Support for the family."
        )
        return subject, (await rows(console.desk.runtime, "SELECT id FROM obligation"))[0]["id"]

    def unreached(self, about: UUID | None, why: Unreached = Unreached.BOUNCED) -> NoticeUnreached:
        """Return what notify tells."""
        return NoticeUnreached(
            reference="KM-7F3K-92QM", whom=WhomToReach.SERVICE, about_id=about, why=why, noted_at=NOW
        )

    @pytest.mark.parametrize(
        ("why", "label", "sentence"),
        [
            (Unreached.BOUNCED, "Mail came back", "The mail came back: they have not been told. Ring them"),
            (Unreached.GIVEN_UP, "Mail not delivered", "The mail could not be delivered: they have not been told"),
            (Unreached.SUPPRESSED, "Held back", "The delivery desk held the mail back: they have not been told"),
            (Unreached.SILENT, "No answer in time", "Nobody there has answered in time, so they may not know"),
        ],
    )
    async def test_is_said_where_the_officer_looks_with_what_to_do(
        self, console: Console, why: Unreached, label: str, sentence: str
    ) -> None:
        subject, owed = await self.signposted(console)
        await console.desk.hear(self.unreached(owed, why), subject)
        client = await console.signed_in(GATEWAY)
        page = text_of(await client.get(ONE))
        assert label in page
        assert page.count(sentence) == 2  # beside the signpost, and in the history
        assert "Somebody who had to be told could not be reached" in page
        assert label in text_of(await client.get("/obligations"))

    async def test_is_over_once_the_mail_has_gone_out_after_all(self, console: Console) -> None:
        subject, owed = await self.signposted(console)
        await console.desk.hear(self.unreached(owed), subject)
        await console.desk.hear(self.unreached(owed).model_copy(update={"reached": True}), subject)
        client = await console.signed_in(GATEWAY)
        assert "Mail came back" not in text_of(await client.get("/obligations"))
        page = text_of(await client.get(ONE))
        assert "The mail has gone out after all: nobody need be rung for that" in page
        assert page.count("The mail came back: they have not been told") == 1  # in the history alone

    async def test_is_over_once_they_acknowledge(self, console: Console) -> None:
        subject, owed = await self.signposted(console)
        await console.desk.hear(self.unreached(owed), subject)
        seen = SignpostAcknowledged(reference="KM-7F3K-92QM", signpost_id=owed, acknowledged_at=NOW)
        await console.desk.hear(seen, subject)
        client = await console.signed_in(GATEWAY)
        assert "Mail came back" not in text_of(await client.get("/obligations"))
        # A bounce that crosses the answer calls nobody to the telephone.
        await console.desk.hear(self.unreached(owed), subject)
        told = await rows(console.desk.runtime, "SELECT 1 FROM history WHERE command = 'not-reached'")
        assert len(told) == 1

    async def test_of_what_triage_never_asked_changes_nothing(self, console: Console) -> None:
        subject, _ = await self.signposted(console)
        await console.desk.hear(self.unreached(uuid4()), subject)
        assert await rows(console.desk.runtime, "SELECT 1 FROM history WHERE command = 'not-reached'") == []

    async def test_of_whoever_was_to_hear_of_a_clock_stands_in_the_history(self, console: Console) -> None:
        subject, _ = await self.signposted(console)
        told = self.unreached(None).model_copy(update={"whom": WhomToReach.ESCALATION})
        await console.desk.hear(told, subject)
        client = await console.signed_in(GATEWAY)
        page = text_of(await client.get(ONE))
        assert "Somebody who was to hear of a clock that ran out. The mail came back" in page

    async def test_of_a_transfer_stands_beside_the_offer(self, console: Console) -> None:
        subject, transfer_id = await offered(console.desk)
        await console.desk.hear(self.unreached(transfer_id, Unreached.SILENT), subject)
        client = await console.signed_in(GATEWAY)
        page = text_of(await client.get(ONE))
        assert "No answer in time" in page
        assert page.count("Nobody there has answered in time") == 2
