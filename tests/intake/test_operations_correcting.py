"""What a referrer corrects or adds later joins the referral as a version and is sent on."""

import json
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text

from chassis.actor import Actor
from chassis.app import Runtime
from contracts.envelope import associated_data
from services.intake import operations
from services.intake.app import service
from services.intake.domain import (
    Added,
    Addition,
    Attachment,
    Found,
    KeyKind,
    NothingToAdd,
    Outcome,
    Practice,
    Reading,
    ReferralUnknown,
    key_for,
    references_in,
)
from tests.conftest import RuntimeOf
from tests.intake.builders import form, rows
from tests.intake.test_operations import KEY, NOW, practice, take_in

WORDS = "Canary-Quincunx. He was seen with him again today (synthetic)."


@pytest.fixture
async def runtime(runtime_of: RuntimeOf) -> Runtime:
    """Intake's runtime without background work."""
    return await runtime_of(service())


async def add(runtime: Runtime, referral_id: Any, addition: Addition, local: Practice | None = None) -> Added:
    """Add to a referral as a door does."""
    local = local or practice(runtime)
    async with runtime.database.transaction(Actor.public()) as session:
        return await operations.add_version_by_referrer(
            session, referral_id, addition, local, likeness_key=KEY, now=NOW
        )


async def told(runtime: Runtime, referral_id: Any, topic: str) -> list[dict[str, Any]]:
    """Return what was announced of a referral on a topic, oldest first."""
    found = await rows(
        runtime, "SELECT * FROM outbox WHERE subject = :id AND topic = :topic ORDER BY id", id=referral_id, topic=topic
    )
    opened = [
        runtime.topic_keys.unseal(
            row.topic, row.key_id, row.sealed, associated_data(row.event_id, row.type, row.subject)
        )
        for row in found
    ]
    return [{"type": row.type, **json.loads(plain)} for row, plain in zip(found, opened, strict=True)]


class TestWords:
    async def test_join_as_a_version_and_are_sent_to_police_and_social_care(self, runtime: Runtime) -> None:
        _, row = await take_in(runtime, practice(runtime), form())
        added = await add(runtime, row.id, Addition(words=WORDS, documents=(file("note.txt"),), immediate_danger=True))
        assert (added.version, added.repeated) == (2, False)
        police = (await told(runtime, row.id, "intake.police.v1"))[-1]
        assert (police["type"], police["version"], police["additions"]) == (
            "intake.referral-version-added.v1",
            2,
            [WORDS],
        )
        assert police["form"]["person"]["surname"] == "Synthetic"
        assert [each["name"] for each in police["documents"]] == ["note.txt"]
        assert police["immediate_danger"] is True
        care = (await told(runtime, row.id, "intake.social-care.v1"))[-1]
        assert (care["type"], care["additions"]) == ("intake.safeguarding-concern-updated.v1", [WORDS])
        [version] = await rows(runtime, "SELECT * FROM referral_version WHERE version = 2")
        assert version.made_by == "referrer"
        assert WORDS.encode() not in version.addition
        assert await rows(runtime, "SELECT 1 FROM audit_entry WHERE action = 'referral.added-to'")

    async def test_are_all_told_again_with_every_later_version(self, runtime: Runtime) -> None:
        _, row = await take_in(runtime, practice(runtime), form())
        await add(runtime, row.id, Addition(words="First (synthetic)."))
        await add(runtime, row.id, Addition(words="Second (synthetic)."))
        police = (await told(runtime, row.id, "intake.police.v1"))[-1]
        assert (police["version"], police["additions"]) == (3, ["First (synthetic).", "Second (synthetic)."])

    async def test_that_an_area_withholds_are_not_sent_to_social_care(self, runtime: Runtime) -> None:
        local = practice(runtime)
        recipients = tuple(
            replace(each, withheld=frozenset({"additions"})) if each.audience == "social-care" else each
            for each in local.recipients
        )
        _, row = await take_in(runtime, local, form())
        await add(runtime, row.id, Addition(words=WORDS), replace(local, recipients=recipients))
        assert (await told(runtime, row.id, "intake.social-care.v1"))[-1]["additions"] == []
        assert (await told(runtime, row.id, "intake.police.v1"))[-1]["additions"] == [WORDS]

    async def test_leave_an_unread_original_at_the_desk_with_what_was_found(self, runtime: Runtime) -> None:
        local = practice(runtime)
        receipt, row = await take_in(runtime, local, None)
        outcome = Outcome(None, "The form lacks an answer.", Found({"person.surname": "Found"}, ("person.forenames",)))
        async with runtime.database.transaction(Actor.job("intake", "reading")) as session:
            await operations.record_reading(session, row.id, outcome, local, likeness_key=KEY, now=NOW)
        await add(runtime, row.id, Addition(words=WORDS))
        [after] = await rows(runtime, "SELECT * FROM referral WHERE reference = :r", r=receipt.reference)
        assert (after.reading, after.unread_reason, after.version) == ("unread", "The form lacks an answer.", 3)
        assert after.complete_by is not None
        async with runtime.database.transaction(Actor.service("intake")) as session:
            [version] = await session.rows(text("SELECT found FROM referral_version WHERE version = 3"))
            kept = Found.from_json(await session.unseal_text(row.id, version.found))
        assert (kept.values["person.surname"], kept.missing) == ("Found", ("person.forenames",))
        assert (await told(runtime, row.id, "intake.social-care.v1"))[-1]["additions"] == [WORDS]


class TestCorrection:
    async def test_takes_the_place_of_the_form_before(self, runtime: Runtime) -> None:
        _, row = await take_in(runtime, practice(runtime), form())
        await add(runtime, row.id, Addition(form=form(surname="Corrected")))
        police = (await told(runtime, row.id, "intake.police.v1"))[-1]
        assert (police["form"]["person"]["surname"], police["additions"]) == ("Corrected", [])
        marks = await rows(runtime, "SELECT count(*) AS n FROM likeness_mark WHERE referral_id = :id", id=row.id)
        assert marks[0].n == 3

    @pytest.mark.parametrize(
        ("changed", "reading"),
        [
            ({"surname": "Corrected"}, "unread"),
            ({"date_of_birth": "1999-04-27"}, "unread"),
            ({"surname": "SYNTHÉTIC"}, "read"),
            ({"nationality": "Dutch"}, "read"),
        ],
    )
    async def test_of_a_name_or_date_of_birth_is_sent_on_and_looked_at_by_a_person(
        self, runtime: Runtime, changed: dict[str, str], reading: str
    ) -> None:
        receipt, row = await take_in(runtime, practice(runtime), form())
        await add(runtime, row.id, Addition(form=form(**changed)))
        [after] = await rows(runtime, "SELECT * FROM referral WHERE reference = :r", r=receipt.reference)
        assert (after.reading, "another name or date of birth" in after.unread_reason) == (reading, reading == "unread")
        assert (await told(runtime, row.id, "intake.police.v1"))[-1]["version"] == 2

    async def test_ends_the_desks_work_on_what_could_not_be_read(self, runtime: Runtime) -> None:
        receipt, row = await take_in(runtime, practice(runtime), None)
        await add(runtime, row.id, Addition(form=form()))
        [after] = await rows(runtime, "SELECT * FROM referral WHERE reference = :r", r=receipt.reference)
        assert (after.reading, after.unread_reason) == (Reading.COMPLETED, "")

    async def test_that_a_person_must_look_at_comes_back_to_the_desk_with_its_whole_time(
        self, runtime: Runtime
    ) -> None:
        _, row = await take_in(runtime, practice(runtime), None)
        await add(runtime, row.id, Addition(form=form()))
        await rows(runtime, "UPDATE referral SET complete_by = complete_by - interval '30 days' RETURNING id")
        await add(runtime, row.id, Addition(form=form(), reason="Look at it (synthetic)."))
        [after] = await rows(runtime, "SELECT * FROM referral")
        assert (after.reading, after.unread_reason) == (Reading.UNREAD, "Look at it (synthetic).")
        assert after.complete_by == row.complete_by


class TestAddition:
    async def test_that_came_before_changes_nothing(self, runtime: Runtime) -> None:
        _, row = await take_in(runtime, practice(runtime), form())
        addition = Addition(words=WORDS, keys=(key_for(KeyKind.DIGEST, WORDS),))
        first = await add(runtime, row.id, addition)
        again = await add(runtime, row.id, addition)
        assert (again.version, again.repeated) == (first.version, True)
        assert len(await told(runtime, row.id, "intake.police.v1")) == 2

    async def test_of_nothing_or_to_nothing_is_refused(self, runtime: Runtime) -> None:
        receipt, row = await take_in(runtime, practice(runtime), form())
        with pytest.raises(NothingToAdd):
            await add(runtime, row.id, Addition(words=" "))
        async with runtime.database.transaction(Actor.operator("tester")) as session:
            await operations.erase_subject(session, row.id)
        with pytest.raises(ReferralUnknown):
            await add(runtime, row.id, Addition(words=WORDS))
        assert receipt.reference


class TestReferencesInText:
    def test_are_found_however_they_are_written(self) -> None:
        written = "Re: Prevent referral km-7f3k-92qm, and KM 7F3K 92QM; not KM-7F3K-92QX, nor my-very-best."
        assert references_in(written) == ("KM-7F3K-92QM",)


def file(name: str) -> Attachment:
    """Return a synthetic document."""
    return Attachment(name=name, media_type="text/plain", body=b"Synthetic.")


class TestDanger:
    async def test_calls_the_duty_officer_once_however_often_it_is_told(self, runtime: Runtime) -> None:
        _, row = await take_in(runtime, practice(runtime), form())
        assert await told(runtime, row.id, "intake.duty.v1") == []
        await add(runtime, row.id, Addition(words=WORDS, immediate_danger=True))
        await add(runtime, row.id, Addition(words="More (synthetic).", immediate_danger=True))
        [call] = await told(runtime, row.id, "intake.duty.v1")
        assert (call["reference"], call["version"]) == (row.reference, 2)

    async def test_calls_the_duty_officer_with_the_first_announcement(self, runtime: Runtime) -> None:
        danger = form().concerns.model_copy(update={"immediate_danger": True})
        _, row = await take_in(runtime, practice(runtime), form().model_copy(update={"concerns": danger}))
        assert len(await told(runtime, row.id, "intake.duty.v1")) == 1

    async def test_that_was_told_of_stays_told_of_whatever_a_corrected_form_says(self, runtime: Runtime) -> None:
        danger = form().concerns.model_copy(update={"immediate_danger": True})
        _, row = await take_in(runtime, practice(runtime), form().model_copy(update={"concerns": danger}))
        await add(runtime, row.id, Addition(form=form()))
        police = (await told(runtime, row.id, "intake.police.v1"))[-1]
        assert (police["version"], police["immediate_danger"]) == (2, True)
        assert police["form"]["concerns"]["immediate_danger"] is False
