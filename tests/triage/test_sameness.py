"""Two referrals about perhaps the same person: what the police say of them, and what the intake desk said."""

from uuid import UUID, uuid4

from sqlalchemy import text

from chassis.actor import Actor
from contracts.intake.police import ReferralsLinked
from services.triage import queries
from services.triage.operations import erase_subject
from services.triage.queries import SamenessView
from tests.triage.builders import GATEWAY, NOW, received, version_added
from tests.triage.conftest import Console, Desk, send

EARLIER, LATER = "KM-4B8N-6TWA", "KM-7F3K-92QM"


async def two(desk: Desk) -> tuple[UUID, UUID]:
    """Receive two referrals, the later one marked as possibly the same as the earlier."""
    first = await desk.open(received(reference=EARLIER))
    second = UUID(int=first.int + 1)
    await desk.hear(received(reference=LATER, possibly_same_as=(EARLIER,)), second)
    return first, second


async def said(desk: Desk, reference: str) -> tuple[SamenessView, ...]:
    async with desk.runtime.database.transaction(GATEWAY) as session:
        return await queries.sameness(session, reference)


class TestPage:
    async def test_asks_of_both_beside_each_other_and_records_the_answer(self, console: Console) -> None:
        _, later = await two(console.desk)
        client = await console.signed_in(GATEWAY)
        for one, other in ((LATER, EARLIER), (EARLIER, LATER)):
            assert f"/referrals/{one}/same?other={other}" in (await client.get(f"/referrals/{one}")).text
        asked = (await client.get(f"/referrals/{LATER}/same?other={EARLIER}")).text
        assert asked.count("Date of birth") >= 2
        path = f"/referrals/{LATER}/same?other={EARLIER}"
        lacking = await send(client, path, other=EARLIER, answer="", reason="")
        assert lacking.status_code == 422
        assert "Enter how you know" in lacking.text
        answer = await send(client, path, other=EARLIER, answer="linked", reason="The same synthetic boy.")
        assert answer.status_code == 303, answer.text
        for reference, other in ((LATER, EARLIER), (EARLIER, LATER)):
            shown = (await client.get(f"/referrals/{reference}")).text
            assert "The same synthetic boy." in shown
            assert f"/referrals/{other}" in shown
            assert "Possibly the same as" not in shown
        async with console.desk.runtime.database.transaction(Actor.service("triage")) as session:
            [event] = await session.rows(text("SELECT * FROM outbox WHERE topic = 'triage.desk.v1'"))
            audited = await session.rows(text("SELECT * FROM audit_entry WHERE action = 'referral.linked'"))
        assert event.subject == later
        assert [row.actor_id for row in audited] == [GATEWAY.id]

    async def test_refuses_what_is_no_other_referral(self, console: Console) -> None:
        await two(console.desk)
        client = await console.signed_in(GATEWAY)
        path = f"/referrals/{LATER}/same"
        for other, sentence in (
            ("foo", "Enter the other reference"),
            (LATER, "That is this referral"),
            ("KM-BBBB-BBBK", "There is no such referral"),
        ):
            answer = await send(client, path, other=other, answer="linked", reason="x")
            assert (answer.status_code, sentence in answer.text) == (422, True), other


class TestAnswers:
    async def test_of_the_desk_is_kept_and_the_last_one_counts(self, desk: Desk) -> None:
        _, later = await two(desk)
        for hours, answer in ((1, "linked"), (2, "separate")):
            event = ReferralsLinked(
                reference=LATER,
                other_reference=EARLIER,
                answer="linked" if answer == "linked" else "separate",
                answered_by="Desk officer (synthetic)",
                answered_at=NOW.replace(hour=10 + hours),
            )
            await desk.hear(event, later)
        [seen] = await said(desk, EARLIER)
        assert (seen.other_reference, seen.answer, seen.reason) == (LATER, "separate", "")
        assert seen.answered_in == "desk"

    async def test_are_forgotten_with_either_referral(self, desk: Desk) -> None:
        first, later = await two(desk)
        event = ReferralsLinked(
            reference=LATER,
            other_reference=EARLIER,
            answer="linked",
            answered_by="Desk officer (synthetic)",
            answered_at=NOW,
        )
        await desk.hear(event, later)
        async with desk.runtime.database.transaction(Actor.operator("tester")) as session:
            await erase_subject(session, first)
        assert await said(desk, LATER) == ()
        async with desk.runtime.database.transaction(GATEWAY) as session:
            assert await queries.suggested(session, LATER) == ()


class TestAddition:
    async def test_is_shown_with_the_referral(self, console: Console) -> None:
        subject = uuid4()
        await console.desk.hear(received(reference=LATER), subject)
        await console.desk.hear(version_added(reference=LATER, additions=("He was seen today. Synthetic.",)), subject)
        client = await console.signed_in(GATEWAY)
        page = (await client.get(f"/referrals/{LATER}")).text
        assert "What the referrer added later" in page
        assert "He was seen today. Synthetic." in page
