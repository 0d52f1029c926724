"""From the mail to the desk: what is not opened is kept, announced and named; nobody waits behind a hostile mail."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from chassis import clock
from chassis.actor import Actor
from services.intake.app import service
from services.intake.clients import EICAR, ClamdAddress, ClamdScanner, ConsoleScanner
from services.intake.domain import Posted, QuarantineReason
from services.intake.doors import Letterbox, ReadingRoom
from services.intake.jobs import read_what_was_held
from services.intake.operations import erase_subject
from services.intake.readers import Cage, Scanner, cells
from services.intake.readers.cage import SECONDS_TO_READ
from services.intake.settings import IntakeSettings
from tests.conftest import Running, RunningOf, eventually
from tests.intake import hostile
from tests.intake.builders import Kept, mail_with_form, referral, rows, topics_of
from tests.intake.clamd import SIGNATURE, running_clamd
from tests.intake.conftest import CageOf

SENDER = "referrer@school.example"
MAILBOX = "preventreferrals@kent-and-medway.example"
NEXT_MAIL_WAITS = 5.0
ROUNDS = 3
"""What holds up the next mail does so each time; a machine with too much to do at the moment does not."""
Open = Callable[..., Awaitable["Desk"]]


class Desk(Kept):
    """Intake without its listening doors, with a cage of the test's own."""

    def __init__(self, intake: Running, cage: Cage) -> None:
        super().__init__(intake.runtime)
        self.room = ReadingRoom(intake.runtime, cage)
        self._letterbox = Letterbox(intake.runtime, self.room)

    async def take(self, message: Any) -> Any:
        """Take a mail in as the doors do; return its referral's row."""
        posted = Posted(recipients=(MAILBOX,), envelope_sender=SENDER)
        reference = await self._letterbox.take(message.as_bytes(), posted)
        return await self.row(reference.rsplit(maxsplit=1)[-1])


@pytest.fixture
def opened(running_of: RunningOf, cage_of: CageOf) -> Open:
    """A factory of desks."""

    async def make(scanner: Scanner | None = None, *, hold: bool = True, clamd_address: str = "") -> Desk:
        settings = IntakeSettings(service="intake", clamd_address=clamd_address)
        intake = await running_of(service(settings), doors=False)
        return Desk(intake, await cage_of(scanner, hold=hold))

    return make


def whole_form() -> bytes:
    """Return a whole form as JSON."""
    return json.dumps(referral()).encode()


class TestReasons:
    async def test_every_file_that_is_not_opened_is_named_with_its_reason(self, opened: Open) -> None:
        desk = await opened()
        row = await desk.take(
            hostile.mail_with(
                ("bomb.docx", hostile.flat_bomb()),
                ("locked.docx", hostile.locked_word()),
                ("broken.docx", b"nothing"),
                ("picture.png", b"\x89PNG"),
                ("locked.zip", hostile.locked_archive()),
                ("form.json", whole_form()),
            )
        )
        assert await desk.room.read_waiting() == 1
        found = await desk.closed(row.id)
        assert [(one.place, one.name, one.reason) for one in found] == [
            (1, "bomb.docx", QuarantineReason.TOO_BIG),
            (2, "locked.docx", QuarantineReason.LOCKED),
            (3, "broken.docx", QuarantineReason.DAMAGED),
            (4, "picture.png", QuarantineReason.UNKNOWN_KIND),
            (5, "locked.zip", QuarantineReason.LOCKED),
        ]
        assert all(one.size and len(one.digest) == 64 and one.found_at for one in found)

    async def test_files_in_a_zip_file_go_the_way_of_a_mails_own(self, opened: Open) -> None:
        desk = await opened(ConsoleScanner())
        held = (("school/form.json", whole_form()), ("letter.docx", b"nothing"), ("invoice.txt", EICAR))
        row = await desk.take(hostile.mail_with(("a.txt", b"x"), ("sent.zip", hostile.archive(*held))))
        await desk.room.read_waiting()
        assert [(one.place, one.name, one.reason) for one in await desk.closed(row.id)] == [
            (4, "sent.zip: letter.docx", QuarantineReason.DAMAGED),
            (5, "sent.zip: invoice.txt", QuarantineReason.INFECTED),
        ]
        (version,) = await rows(
            desk.runtime, "SELECT form FROM referral_version WHERE referral_id = :r AND version = 2", r=row.id
        )
        assert version.form is not None

    async def test_the_original_is_kept_and_announced_and_the_name_is_sealed(self, opened: Open) -> None:
        desk = await opened()
        row = await desk.take(hostile.mail_with(("zoe-canary.docx", hostile.laughs())))
        assert "intake.police.v1" in await topics_of(desk.runtime, row.id)
        await desk.room.read_waiting()
        assert (await desk.row(row.reference)).reading == "unread"
        (kept,) = await rows(desk.runtime, "SELECT name FROM quarantined WHERE referral_id = :r", r=row.id)
        assert b"canary" not in bytes(kept.name)
        assert len(await rows(desk.runtime, "SELECT id FROM document WHERE subject = :r", r=row.id)) == 1

    async def test_a_mail_that_is_a_bomb_itself_reaches_people(self, opened: Open) -> None:
        desk = await opened()
        row = await desk.take(Raw(hostile.deep_mail()))
        await desk.room.read_waiting()
        (closed,) = await desk.closed(row.id)
        assert (closed.place, closed.reason) == (0, QuarantineReason.TOO_BIG)
        assert closed.sentence in (await desk.row(row.reference)).unread_reason

    async def test_an_erasure_takes_the_quarantine_with_it(self, opened: Open) -> None:
        desk = await opened()
        row = await desk.take(hostile.mail_with(("a.docx", hostile.laughs())))
        await desk.room.read_waiting()
        async with desk.runtime.database.transaction(Actor.operator("Test Operator")) as session:
            await erase_subject(session, row.id)
        assert await desk.closed(row.id) == ()


class TestScanner:
    async def test_an_infected_mail_is_kept_announced_and_never_opened(self, opened: Open, tmp_path: Path) -> None:
        with running_clamd(tmp_path) as socket:
            desk = await opened(ClamdScanner(ClamdAddress(path=str(socket))))
            row = await desk.take(hostile.mail_with(("form.json", whole_form()), ("invoice.exe", EICAR)))
            await desk.room.read_waiting()
        (closed,) = await desk.closed(row.id)
        assert (closed.place, closed.reason) == (0, QuarantineReason.INFECTED)
        assert closed.signature == f"{SIGNATURE}.UNOFFICIAL"
        after = await desk.row(row.reference)
        assert (after.reading, after.version) == ("unread", 2)
        assert closed.sentence in after.unread_reason
        assert (await topics_of(desk.runtime, row.id)).count("intake.police.v1") == 2

    async def test_what_is_held_is_read_as_soon_as_the_scanner_is_back(self, opened: Open, tmp_path: Path) -> None:
        socket = tmp_path / "clamd.sock"
        desk = await opened(ClamdScanner(ClamdAddress(path=str(socket))), clamd_address=f"unix:{socket}")
        row = await desk.take(mail_with_form(whole_form()))
        await desk.room.read_waiting()
        held = await desk.row(row.reference)
        assert held.reading == "unread"
        assert "could not be scanned" in held.unread_reason
        await read_what_was_held(desk.runtime, clock.now())
        assert await desk.room.read_waiting() == 0, "The scanner is still away."
        with running_clamd(tmp_path):
            await read_what_was_held(desk.runtime, clock.now())
            assert await desk.room.read_waiting() == 1
        assert (await desk.row(row.reference)).reading == "read"
        assert await desk.closed(row.id) == ()

    async def test_or_by_setting_is_read_and_named_as_not_scanned(self, opened: Open, tmp_path: Path) -> None:
        desk = await opened(ClamdScanner(ClamdAddress(path=str(tmp_path / "none"))), hold=False)
        row = await desk.take(mail_with_form(whole_form()))
        await desk.room.read_waiting()
        assert (await desk.row(row.reference)).reading == "read"
        assert [one.reason for one in await desk.closed(row.id)] == [QuarantineReason.NOT_SCANNED]


class TestHostileMail:
    @pytest.mark.timeout(300)
    async def test_the_next_mail_does_not_wait_for_it(self, opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(cells, "CHILD", "tests.intake.probes")
        desk, waits = await opened(), list[float]()
        async with reading(desk.room):
            alone = await seconds_to_read(desk)
            while len(waits) < ROUNDS and min(waits, default=NEXT_MAIL_WAITS) >= NEXT_MAIL_WAITS:
                bad = await desk.take(mail_with_form(b"deed:spin"))
                await asyncio.sleep(1)
                waits.append(await seconds_to_read(desk) - alone)
                assert (await desk.row(bad.reference)).reading == "being-read"
                await eventually(partial(is_read, desk, bad.reference), SECONDS_TO_READ * (cells.TIMES_OVER + 1))
                assert [one.reason for one in await desk.closed(bad.id)] == [QuarantineReason.TOO_SLOW]
        assert min(waits) < NEXT_MAIL_WAITS, waits

    async def test_no_more_of_its_files_are_opened(self, opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(cells, "CHILD", "tests.intake.probes")
        desk = await opened()
        row = await desk.take(hostile.mail_with(("1.json", b"deed:overrun"), ("2.json", b"deed:write")))
        await desk.room.read_waiting()
        assert [one.reason for one in await desk.closed(row.id)] == [QuarantineReason.CRASHED] * 2


class Raw:
    """A mail as bytes, however broken."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def as_bytes(self) -> bytes:
        """Return the mail."""
        return self._body


@asynccontextmanager
async def reading(room: ReadingRoom) -> AsyncIterator[None]:
    """Have a reading room read by itself."""
    task = asyncio.create_task(room.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def seconds_to_read(desk: Desk) -> float:
    """Return how long a good mail takes from its coming in to its being read."""
    begun = time.monotonic()
    good = await desk.take(mail_with_form(whole_form()))
    await eventually(lambda: is_read(desk, good.reference), seconds=40)
    return time.monotonic() - begun


async def is_read(desk: Desk, reference: str) -> bool:
    """Say whether the software has finished with an original."""
    row = await desk.row(reference)
    return bool(row.reading != "being-read")
