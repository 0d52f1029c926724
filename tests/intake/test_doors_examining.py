"""Files that come beside a form: kept and announced at once, looked at afterwards, named and told like a mail's."""

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

import samples
from chassis import clock
from chassis.actor import Actor
from contracts.intake import police
from services.intake.app import service
from services.intake.clients import EICAR, ClamdAddress, ClamdScanner, ConsoleScanner
from services.intake.domain import GIVEN_UP, READING_TRIES, QuarantineReason
from services.intake.doors import ReadingRoom
from services.intake.jobs import read_what_was_held
from services.intake.operations import erase_subject
from services.intake.queries import desk_referral
from services.intake.readers import Cage, Scanner, cells
from services.intake.settings import IntakeSettings
from tests.conftest import Running, RunningOf
from tests.intake import hostile
from tests.intake.builders import Kept, referral, rows, topics_of
from tests.intake.clamd import running_clamd
from tests.intake.conftest import CageOf
from tests.intake.partnered import authorised

URL = "/api/v1/referrals"
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
HARMLESS = ("notes.txt", b"Synthetic notes.", "text/plain")
LOCKED = ("locked.docx", hostile.locked_archive(), WORD)
SEALED = ("sealed.docx", (Path(samples.__file__).parent / "forms" / "locked.docx").read_bytes(), WORD)
"""Under a password, as Word itself keeps it."""
PICTURE = ("picture.png", b"\x89PNG\r\n\x1a\n synthetic", "image/png")
INFECTED = ("letter.txt", EICAR, "text/plain")
File = tuple[str, bytes, str]
Open = Callable[..., Awaitable["Partner"]]


class Partner(Kept):
    """Intake as the demonstration's partner calls it, and its reading room, which reads when it is told to."""

    def __init__(self, intake: Running, cage: Cage) -> None:
        super().__init__(intake.runtime)
        self.room = ReadingRoom(intake.runtime, cage)
        self._client = intake.client

    async def refer(self, *files: File) -> Any:
        """Refer somebody with files; return the referral's row."""
        answer = await self._client.post(URL, files=parts("referral", referral(), *files))
        assert answer.status_code == 201, answer.text
        return await self.row(answer.json()["reference"])

    async def add(self, row: Any, *files: File, body: dict[str, Any] | None = None) -> Any:
        """Add files to a referral, or a form; return its row."""
        sent = parts("addition", body or {}, *files)
        answer = await self._client.post(f"{URL}/{row.reference}/versions", files=sent)
        assert answer.status_code == 201, answer.text
        return await self.row(row.reference)

    async def reasons(self, referral_id: UUID) -> dict[str, QuarantineReason]:
        """Return why each file stands in quarantine."""
        return {each.name: each.reason for each in await self.closed(referral_id)}


def parts(name: str, body: dict[str, Any], *files: File) -> list[tuple[str, Any]]:
    """Return a request's parts."""
    return [
        (name, ("form.json", json.dumps(body).encode(), "application/json")),
        *(("attachment", each) for each in files),
    ]


@pytest.fixture
def opened(running_of: RunningOf, cage_of: CageOf) -> Open:
    """A factory of partners."""

    async def make(scanner: Scanner | None = None, *, hold: bool = True, clamd_address: str = "") -> Partner:
        settings = IntakeSettings(service="intake", clamd_address=clamd_address)
        intake = await authorised(await running_of(service(settings), doors=False))
        return Partner(intake, await cage_of(scanner, hold=hold))

    return make


class TestFilesBesideAForm:
    async def test_are_announced_at_once_and_stand_in_quarantine_until_they_were_looked_at(self, opened: Open) -> None:
        partner = await opened()
        row = await partner.refer(HARMLESS, LOCKED, SEALED, PICTURE)
        assert (row.reading, row.version) == ("read", 1)
        assert "intake.police.v1" in await topics_of(partner.runtime, row.id)
        assert set((await partner.reasons(row.id)).values()) == {QuarantineReason.BEING_EXAMINED}
        assert await partner.room.read_waiting() == 1
        assert await partner.reasons(row.id) == {
            "locked.docx": QuarantineReason.LOCKED,
            "sealed.docx": QuarantineReason.LOCKED,
            "picture.png": QuarantineReason.UNKNOWN_KIND,
        }
        assert all(each.size and len(each.digest) == 64 and each.found_at for each in await partner.closed(row.id))
        assert await partner.room.read_waiting() == 0

    async def test_change_nothing_that_people_were_told_unless_they_must_hear_of_it(self, opened: Open) -> None:
        partner = await opened()
        row = await partner.refer(HARMLESS, LOCKED)
        await partner.room.read_waiting()
        after = await partner.row(row.reference)
        assert (after.reading, after.version, after.unread_reason) == ("read", 1, "")

    async def test_that_come_later_are_looked_at_too_and_the_earlier_ones_stay_named(self, opened: Open) -> None:
        partner = await opened()
        row = await partner.refer(LOCKED)
        await partner.room.read_waiting()
        for _ in range(READING_TRIES):
            await partner.add(row, HARMLESS, PICTURE)
            await partner.room.read_waiting()
        assert await partner.reasons(row.id) == {
            "locked.docx": QuarantineReason.LOCKED,
            "picture.png": QuarantineReason.UNKNOWN_KIND,
        }

    async def test_go_with_an_erasure(self, opened: Open) -> None:
        partner = await opened()
        row = await partner.refer(LOCKED)
        async with partner.runtime.database.transaction(Actor.operator("Test Operator")) as session:
            await erase_subject(session, row.id)
        assert await partner.closed(row.id) == ()
        assert await partner.room.read_waiting() == 0

    async def test_that_end_the_software_each_time_are_told_and_not_tried_again(self, opened: Open) -> None:
        partner = await opened()
        row = await partner.refer(HARMLESS)
        await rows(partner.runtime, f"UPDATE referral SET reading_tries = {READING_TRIES} RETURNING id")
        await partner.room.read_waiting()
        assert await partner.reasons(row.id) == {"notes.txt": QuarantineReason.CRASHED}
        assert (await partner.row(row.reference)).unread_reason == GIVEN_UP
        assert await partner.room.read_waiting() == 0

    async def test_behind_one_that_broke_the_reader_stay_closed(
        self, opened: Open, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(cells, "CHILD", "tests.intake.probes")
        partner = await opened()
        row = await partner.refer(("1.txt", b"deed:overrun", "text/plain"), ("2.txt", b"deed:write", "text/plain"))
        await partner.room.read_waiting()
        assert await partner.reasons(row.id) == dict.fromkeys(("1.txt", "2.txt"), QuarantineReason.CRASHED)


class TestScanner:
    async def test_what_it_recognises_is_told_to_everybody_and_comes_to_the_desk_with_every_answer(
        self, opened: Open
    ) -> None:
        partner = await opened(ConsoleScanner())
        row = await partner.refer(INFECTED, HARMLESS)
        await partner.room.read_waiting()
        (closed,) = await partner.closed(row.id)
        assert (closed.name, closed.reason, closed.signature) == (
            "letter.txt",
            QuarantineReason.INFECTED,
            "Eicar-Test-Signature",
        )
        after = await partner.row(row.reference)
        assert (after.reading, after.version, after.unread_reason) == ("unread", 2, closed.sentence)
        assert (await topics_of(partner.runtime, row.id)).count(police.TOPIC) == 2
        async with partner.runtime.database.transaction(Actor.service("intake")) as session:
            found = await desk_referral(session, row.reference)
        assert found.form is not None
        assert found.found.values["person.surname"] == found.form.person.surname
        assert found.complete_by is not None

    @pytest.mark.parametrize("settled", [False, True])
    async def test_what_it_recognised_stays_told_with_a_corrected_form_until_a_person_has_settled_it(
        self, opened: Open, settled: bool
    ) -> None:
        partner = await opened(ConsoleScanner())
        row = await partner.refer(INFECTED)
        await partner.room.read_waiting()
        told = (await partner.row(row.reference)).unread_reason
        if settled:
            await rows(partner.runtime, "UPDATE referral SET reading = 'completed', unread_reason = '' RETURNING id")
        after = await partner.add(row, body={"referral": referral(nationality="Dutch")})
        assert (after.reading, after.unread_reason) == (("completed", "") if settled else ("unread", told))
        assert "INFECTED" in {reason.name for reason in (await partner.reasons(row.id)).values()}
        if not settled:
            async with partner.runtime.database.transaction(Actor.service("intake")) as session:
                found = await desk_referral(session, row.reference)
            assert found.found.values["person.nationality"] == "Dutch"

    async def test_what_it_did_not_see_is_told_and_taken_back_once_it_is_back(
        self, opened: Open, tmp_path: Path
    ) -> None:
        socket = tmp_path / "clamd.sock"
        partner = await opened(ClamdScanner(ClamdAddress(path=str(socket))), clamd_address=f"unix:{socket}")
        row = await partner.refer(HARMLESS, LOCKED)
        await partner.room.read_waiting()
        held = await partner.row(row.reference)
        assert held.reading == "unread"
        assert "could not be scanned" in held.unread_reason
        await read_what_was_held(partner.runtime, clock.now())
        assert await partner.room.read_waiting() == 0, "The scanner is still away."
        with running_clamd(tmp_path):
            await read_what_was_held(partner.runtime, clock.now())
            assert await partner.room.read_waiting() == 1
        after = await partner.row(row.reference)
        assert (after.reading, after.version, after.unread_reason) == ("read", 3, "")
        assert await partner.reasons(row.id) == {"locked.docx": QuarantineReason.LOCKED}

    async def test_or_by_setting_is_only_named_until_it_is_back(self, opened: Open, tmp_path: Path) -> None:
        partner = await opened(ClamdScanner(ClamdAddress(path=str(tmp_path / "none"))), hold=False)
        row = await partner.refer(HARMLESS)
        await partner.room.read_waiting()
        after = await partner.row(row.reference)
        assert (after.reading, after.version) == ("read", 1)
        assert await partner.reasons(row.id) == {"notes.txt": QuarantineReason.NOT_SCANNED}
