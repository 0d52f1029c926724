"""Referrals of one synthetic boy, and what officers say of them: the steps of the tests of the person index."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from chassis.actor import Actor
from chassis.outbox import Sealer
from contracts.envelope import associated_data
from contracts.vocabulary import Role
from services.triage import queries
from services.triage.operations import Arrival, NewVersion, Told, link_referrals, open_referral, separate_person
from services.triage.operations.linking import SaidOf
from tests.triage.builders import GATEWAY, NOW, GivenPractices, announced, form, officer, practice, received
from tests.triage.conftest import Desk

FIRST, SECOND, THIRD, OTHER = "KM-4B8N-6TWA", "KM-7F3K-92QM", "KM-9C2D-4RTR", "KM-2HJK-7MNR"
ELSEWHERE = "northmere"
LOCAL = GivenPractices(practice())
GITA, HAMID = GATEWAY, officer(Role.GATEWAY_OFFICER, name="Hamid Synthetic")


async def arrives(desk: Desk, reference: str, hours: int = 0, **person: Any) -> UUID:
    """Receive a referral about somebody called Mohammed Sample unless told otherwise."""
    given = {"forenames": "Mohammed", "surname": "Samplekhan", "date_of_birth": "2009-04-27", **person}
    at = NOW - timedelta(hours=9 - hours)
    return await desk.open(received(reference=reference, received_at=at, form=form(**given)))


async def three(desk: Desk) -> tuple[UUID, UUID, UUID]:
    """Receive three referrals of one boy whose name is written otherwise each time."""
    return (
        await arrives(desk, FIRST, 0),
        await arrives(desk, SECOND, 1, forenames="Muhammad", date_of_birth="2009-04-27"),
        await arrives(desk, THIRD, 2, surname="Sample-Khan"),
    )


async def answer(desk: Desk, one: str, other: str, said: SaidOf, actor: Actor = GITA, seen: int | None = None) -> None:
    async with desk.runtime.database.transaction(actor) as session:
        pair = (await queries.held_by_reference(session, one), await queries.held_by_reference(session, other))
        await link_referrals(session, pair, Told(said, "Synthetic reason.", seen), LOCAL, NOW)


async def waiting(desk: Desk, reference: str) -> tuple[str, ...]:
    async with desk.runtime.database.transaction(GATEWAY) as session:
        return await queries.unanswered(session, reference)


async def others(desk: Desk, reference: str) -> set[str]:
    async with desk.runtime.database.transaction(GATEWAY) as session:
        return set(await queries.linked(session, reference))


async def separate(desk: Desk, subject: UUID, *leaving: str) -> None:
    async with desk.runtime.database.transaction(GATEWAY) as session:
        person = await queries.person_of(session, subject)
        assert person
        await separate_person(session, person, leaving, "Synthetic: another boy.", LOCAL, NOW)


async def body_of(desk: Desk, wire_type: str) -> list[dict[str, Any]]:
    """Return what was announced, opened with the service's own keys."""
    found = await announced(desk.runtime, wire_type)
    return [
        {
            "subject": row["subject"],
            **json.loads(
                Sealer.topic_keys.unseal(
                    row["topic"],
                    row["key_id"],
                    row["sealed"],
                    associated_data(row["event_id"], row["type"], row["subject"]),
                )
            ),
        }
        for row in found
    ]


async def abroad(desk: Desk) -> UUID:
    """Receive a referral in another area, as its handler does."""
    subject = uuid4()
    first = NewVersion(1, NOW, immediate_danger=False, form=form(forenames="Muhammad", surname="Samplekhan"),
                       unread_reason="", document_ids=())  # fmt: skip
    arrival = Arrival(subject, None, uuid4(), OTHER, NOW, "web", uuid4(), first)
    async with desk.runtime.database.transaction(Actor.service("triage")) as session:
        await open_referral(session, arrival, practice(area=ELSEWHERE), NOW)
    await desk.index()
    return subject
