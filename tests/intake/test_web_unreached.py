"""Referrers and duty officers who could not be told: shown at the desk until somebody has told them in another way."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from chassis.actor import Actor
from chassis.broker import Message
from chassis.database import Session
from contracts.notify.intake import MessageUnreached
from contracts.vocabulary import ProgressStage, Unreached, WhomToReach
from services.intake.app import service
from services.intake.handlers import handlers
from services.intake.operations import erase_subject
from tests.conftest import Running, RunningOf
from tests.intake.builders import rows
from tests.intake.test_web_desk import as_officer, hidden
from tests.intake.test_web_ledgers import referral, table

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)


@pytest.fixture
async def intake(running_of: RunningOf) -> Running:
    """Intake with everything but its mailbox, and a desk officer signed in."""
    made = await running_of(service(), doors=False)
    await as_officer(made)
    return made


async def hear(intake: Running, reference: str, *, event_id: UUID | None = None, **given: object) -> None:
    """Let intake hear from notify that somebody of a referral was not reached."""
    values = {
        "about_id": uuid4(),
        "whom": WhomToReach.REFERRER,
        "stage": ProgressStage.BEING_ASSESSED,
        "why": Unreached.BOUNCED,
        **given,
    }
    event = MessageUnreached.model_validate({"reference": reference, "noted_at": NOW, **values})
    found = handlers.find(event.wire_type)
    assert found is not None
    async with intake.runtime.database.transaction(Actor.service("intake")) as session:
        await _handled(session, found[1], event, await _subject(intake, reference), event_id or uuid4())


async def _handled(session: Session, handler: object, event: MessageUnreached, subject: UUID, event_id: UUID) -> None:
    assert callable(handler)
    area = ("kent-and-medway", "2026-01")
    await handler(session, event, Message(event_id, event.wire_type, event.topic, subject, *area, subject, None, NOW))


async def _subject(intake: Running, reference: str) -> UUID:
    found = await rows(intake.runtime, "SELECT id FROM referral WHERE reference = :reference", reference=reference)
    return UUID(str(found[0].id))


async def listed(intake: Running) -> list[list[str]]:
    """Return the words of the list at the desk, without how long each has waited."""
    return [row[:4] for row in table((await intake.client.get("/desk/not-told")).text, "Who could not be told")]


class TestNotTold:
    async def test_stands_at_the_desk_with_what_they_were_to_hear(self, intake: Running) -> None:
        reference, event_id = await referral(intake), uuid4()
        for _ in range(2):
            await hear(intake, reference, event_id=event_id)
        await hear(intake, reference, whom=WhomToReach.DUTY_OFFICER, stage=None, why=Unreached.GIVEN_UP)
        assert sorted(await listed(intake)) == sorted(
            [
                [reference, "The referrer", "That the referral is being assessed", "The mail came back"],
                [
                    reference,
                    "The duty officer Urgent",
                    "That somebody is in immediate danger",
                    "The mail could not be delivered",
                ],
            ]
        )
        ledger = (await intake.client.get("/desk/ledger")).text
        assert "<strong>2</strong> people could not be told" in ledger
        assert 'href="/desk/not-told"' in ledger

    async def test_stands_on_the_ledger_of_its_referral_in_the_same_words_until_they_were_told(
        self, intake: Running
    ) -> None:
        reference, other = await referral(intake), await referral(intake)
        await hear(intake, reference, whom=WhomToReach.FRONT_DOOR, stage=None, why=Unreached.SILENT)
        await hear(intake, reference, whom=WhomToReach.ESCALATION, stage=None, why=Unreached.BOUNCED)
        shown = (await intake.client.get(f"/desk/ledger/{reference}")).text
        assert [row[:4] for row in table(shown, "Who could not be told")] == await listed(intake)
        words = "The front door Urgent", "Somebody who was to hear that a front door is silent"
        assert {row[1] for row in table(shown, "Who could not be told")} == set(words)
        assert "Who could not be told" not in (await intake.client.get(f"/desk/ledger/{other}")).text
        for line in await rows(intake.runtime, "SELECT id FROM unreached"):
            path = f"/desk/not-told/{line.id}"
            assert f'href="{path}"' in shown
            form = hidden((await intake.client.get(path)).text)
            assert (await intake.client.post(path, data={**form, "how": "Rang them."})).status_code == 303
        assert "Who could not be told" not in (await intake.client.get(f"/desk/ledger/{reference}")).text

    async def test_is_over_once_an_officer_says_how_they_were_told(self, intake: Running) -> None:
        await hear(intake, await referral(intake))
        [line] = await rows(intake.runtime, "SELECT id FROM unreached")
        path = f"/desk/not-told/{line.id}"
        page = await intake.client.get(path)
        assert "Open the referral, where their telephone number is" in page.text
        refused = await intake.client.post(path, data={**hidden(page.text), "how": ""})
        assert refused.status_code == 422
        assert "Enter how they were told" in refused.text
        sent = await intake.client.post(path, data={**hidden(page.text), "how": "Rang the school office."})
        assert sent.status_code == 303
        assert "Everybody who was to be told has been told." in (await intake.client.get("/desk/not-told")).text
        [entry] = await rows(intake.runtime, "SELECT reason FROM audit_entry WHERE action = 'referral.told'")
        assert entry.reason == "Rang the school office."
        assert (await intake.client.get(path)).status_code == 404

    async def test_is_over_once_the_mail_has_gone_out_after_all(self, intake: Running) -> None:
        reference, notice = await referral(intake), uuid4()
        await hear(intake, reference, about_id=notice)
        await hear(intake, reference, stage=ProgressStage.CLOSED)
        for _ in range(2):
            await hear(intake, reference, about_id=notice, reached=True)
        assert [line[2] for line in await listed(intake)] == ["That the referral is closed"]
        assert len(await rows(intake.runtime, "SELECT 1 FROM audit_entry WHERE action = 'referral.reached'")) == 1

    @pytest.mark.parametrize(
        ("first", "second"),
        [
            (("front-door", "silent"), ("front-door", "given-up")),
            (("front-door", "given-up"), ("front-door", "silent")),
            (("escalation", "bounced"), ("escalation", "bounced")),
            (("referrer", "bounced"), ("referrer", "bounced")),
        ],
    )
    async def test_of_one_ends_no_other_who_was_to_hear_the_like(
        self, intake: Running, first: tuple[str, str], second: tuple[str, str]
    ) -> None:
        reference, one, other = await referral(intake), uuid4(), uuid4()
        for about_id, (whom, why) in ((one, first), (other, second)):
            await hear(intake, reference, about_id=about_id, whom=whom, why=why, stage=None)
        await hear(intake, reference, about_id=one, whom=first[0], why=first[1], stage=None, reached=True)
        waits = await rows(intake.runtime, "SELECT about_id, why FROM unreached WHERE told_at IS NULL")
        assert [(each.about_id, each.why) for each in waits] == [(other, second[1])]

    async def test_is_on_the_list_once_until_they_were_told_and_again_after_it(self, intake: Running) -> None:
        reference, door = await referral(intake), uuid4()

        async def silent() -> int:
            await hear(intake, reference, about_id=door, whom=WhomToReach.FRONT_DOOR, stage=None, why=Unreached.SILENT)
            return len(await listed(intake))

        assert [await silent(), await silent()] == [1, 1]
        await rows(intake.runtime, "UPDATE unreached SET told_at = now() RETURNING 1")
        assert await silent() == 1
        assert len(await rows(intake.runtime, "SELECT 1 FROM unreached")) == 2

    async def test_goes_when_the_person_is_erased(self, intake: Running) -> None:
        reference = await referral(intake)
        await hear(intake, reference)
        async with intake.runtime.database.transaction(Actor.service("intake")) as session:
            await erase_subject(session, await _subject(intake, reference))
        assert await rows(intake.runtime, "SELECT 1 FROM unreached") == []

    @pytest.mark.parametrize(
        ("whom", "why", "shown"),
        [
            (WhomToReach.FRONT_DOOR, Unreached.SILENT, ["The front door Urgent", "Nobody has answered in time"]),
            (WhomToReach.FRONT_DOOR, Unreached.GIVEN_UP, ["The front door", "The mail could not be delivered"]),
            (WhomToReach.REFERRER, Unreached.BOUNCED, ["The referrer", "The mail came back"]),
        ],
    )
    async def test_says_what_it_was_where_it_is_no_stage(
        self, intake: Running, whom: WhomToReach, why: Unreached, shown: list[str]
    ) -> None:
        reference = await referral(intake)
        await hear(intake, reference, whom=whom, stage=None, why=why)
        [line] = await listed(intake)
        assert [line[1], line[3]] == shown
        assert "immediate danger" not in line[2]
