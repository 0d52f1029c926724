"""A referrer's answer with one file that nobody can read joins its referral, and a person at the desk is told."""

import json
from collections.abc import Mapping
from email.message import EmailMessage
from typing import Any

import pytest

from services.intake.app import service
from services.intake.domain import QuarantineReason
from services.intake.doors import reading_room
from services.intake.doors.outcomes import ADDED_UNREAD
from services.intake.queries import desk_referral, quarantined_of
from services.intake.settings import IntakeSettings
from tests.conftest import RunningOf
from tests.intake import hostile
from tests.intake.builders import mail_with_form, referral, rows
from tests.intake.conftest import CageOf
from tests.intake.test_doors_additions import referred
from tests.intake.test_doors_reading_room import RELAY, Desk
from tests.intake.test_operations_correcting import told


@pytest.fixture
async def desk(running_of: RunningOf, cage_of: CageOf) -> Desk:
    """Intake whose relay is known."""
    intake = await running_of(service(IntakeSettings(service="intake", mail_relays=frozenset({RELAY}))), doors=False)
    return Desk(intake, await cage_of())


def unreadable(
    first: Any, name: str = "form.docx", body: bytes = b"broken", headers: Mapping[str, str] | None = None
) -> EmailMessage:
    """Return an answer of the referrer with one file that cannot be read."""
    return mail_with_form(body, name, "octet-stream", Subject=f"Re: {first.reference}", **(headers or {}))


class TestFileThatCannotBeRead:
    @pytest.mark.parametrize(
        ("name", "body", "reason"),
        [
            ("form.docx", b"broken", QuarantineReason.DAMAGED),
            ("form.docx", hostile.locked_word(), QuarantineReason.LOCKED),
            ("more.zip", hostile.locked_archive(), QuarantineReason.LOCKED),
            ("picture.png", b"\x89PNG", QuarantineReason.UNKNOWN_KIND),
        ],
    )
    async def test_joins_with_its_mail_and_the_desk_is_told(
        self, desk: Desk, name: str, body: bytes, reason: QuarantineReason
    ) -> None:
        first = await referred(desk)
        assert await desk.take(unreadable(first, name, body)) == ""
        await desk.room.read_waiting()
        [row] = await desk.referrals()
        assert (row.reading, row.version) == ("unread", first.version + 1)
        assert row.unread_reason.startswith(ADDED_UNREAD)
        assert row.complete_by is not None
        police = (await told(desk.runtime, row.id, "intake.police.v1"))[-1]
        assert [each["name"] for each in police["documents"]] == ["message.eml"]
        assert police["unread_reason"] == row.unread_reason
        shown = await desk.ask(desk_referral, row.reference)
        assert shown.found.values["person.surname"] == "Synthetic"
        assert shown.found.texts[0].text.startswith("Subject: Re:")
        assert [(each.name, each.reason) for each in await desk.ask(quarantined_of, row.id)] == [(name, reason)]

    async def test_leaves_what_waited_for_a_person_waiting(self, desk: Desk) -> None:
        first = await referred(desk, referral(gender="a gender of no list"))
        await desk.take(unreadable(first))
        await desk.room.read_waiting()
        [row] = await desk.referrals()
        assert (row.reading, row.complete_by) == ("unread", first.complete_by)
        assert row.unread_reason.startswith(first.unread_reason)
        assert ADDED_UNREAD in row.unread_reason
        found = (await desk.ask(desk_referral, row.reference)).found
        assert (found.doubtful, found.values["person.gender"]) == (("person.gender",), "a gender of no list")

    async def test_waits_for_nobody_where_the_original_before_it_is_still_being_read(
        self, desk: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        first = await referred(desk)
        await desk.take(unreadable(first))
        await rows(desk.runtime, "UPDATE referral SET reading = 'being-read' RETURNING id")

        async def none(*_: object, **__: object) -> tuple[()]:
            return ()

        with monkeypatch.context() as patched:
            patched.setattr(reading_room, "originals_to_read", none)
            await desk.room.read_waiting()
        await desk.room.read_waiting()
        assert sorted(row.reading for row in await desk.referrals()) == ["read", "unread"]


class TestMailThatDoesNotFit:
    @pytest.mark.parametrize("beside", ["picture.png", "form.json"])
    async def test_because_a_file_cannot_be_read_beside_another_is_a_referral(self, desk: Desk, beside: str) -> None:
        first = await referred(desk)
        message = unreadable(first)
        body = json.dumps(referral()).encode() if beside == "form.json" else b"\x89PNG"
        message.add_attachment(body, maintype="application", subtype="octet-stream", filename=beside)
        await desk.take(message)
        for _ in range(2):
            await desk.room.read_waiting()
        assert len(await desk.referrals()) == 2

    @pytest.mark.parametrize(
        "headers",
        [
            {"From": "stranger@else.example"},
            {"Authentication_Results": f"{RELAY}; dmarc=fail header.from=school.example"},
        ],
    )
    async def test_with_a_file_that_cannot_be_read_is_a_referral_of_its_own(
        self, desk: Desk, headers: dict[str, str]
    ) -> None:
        first = await referred(desk)
        assert await desk.take(unreadable(first, headers=headers))
        await desk.room.read_waiting()
        assert len(await desk.referrals()) == 2
