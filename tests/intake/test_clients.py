"""The malware scanner: the real clamd and the console twin answer alike, and its absence is an answer too."""

import asyncio
import contextlib
import json
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from services.intake.clients import (
    CONSOLE,
    EICAR,
    ClamdAddress,
    ClamdScanner,
    ConsoleScanner,
    ScannerAddressUnreadable,
    scanner_at,
)
from services.intake.domain import QuarantineReason
from services.intake.domain.quarantine import SENTENCES
from services.intake.readers import Attachment, Cage, Cause, Scanner, Verdict, quarantined
from tests.intake.builders import mail, mail_with_form, referral
from tests.intake.clamd import SIGNATURE, SMALL_LIMIT, running_clamd


@pytest.fixture(scope="module")
def socket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The socket of a real clamd that knows the test string."""
    with running_clamd(tmp_path_factory.mktemp("clamd")) as listening:
        yield listening


@pytest.fixture
def clamd(socket: Path) -> ClamdScanner:
    """A client of the real clamd."""
    return ClamdScanner(ClamdAddress(path=str(socket)))


@asynccontextmanager
async def answering(answer: bytes) -> AsyncIterator[ClamdScanner]:
    """A server that takes the command only, answers so much and hangs up."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\x00")
        writer.write(answer)
        await hung_up(writer)

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        yield ClamdScanner(ClamdAddress(host="127.0.0.1", port=port), patience=5)


async def hung_up(writer: asyncio.StreamWriter) -> None:
    """Hang up, whatever the other end does."""
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()


@pytest.fixture(params=["clamd", "console"])
def scanner(request: pytest.FixtureRequest) -> Scanner:
    """Each of the two in turn."""
    if request.param == "console":
        return ConsoleScanner()
    made: ClamdScanner = request.getfixturevalue("clamd")
    return made


class TestBoth:
    async def test_what_is_harmless_is_clean(self, scanner: Scanner) -> None:
        for body in (b"", b"A synthetic file.", os.urandom(3_000_000)):
            assert (await scanner.scan(body)).verdict is Verdict.CLEAN

    async def test_the_test_string_is_found_wherever_it_stands(self, scanner: Scanner) -> None:
        for body in (EICAR, b"x" * 2_000_000 + EICAR, mail(EICAR.decode()).as_bytes()):
            scan = await scanner.scan(body)
            assert scan.verdict is Verdict.INFECTED
            assert scan.signature

    async def test_it_is_there(self, scanner: Scanner) -> None:
        assert await scanner.answers()


class TestClamd:
    async def test_names_what_it_found(self, clamd: ClamdScanner) -> None:
        assert (await clamd.scan(EICAR)).signature == f"{SIGNATURE}.UNOFFICIAL"

    async def test_looks_into_what_a_mail_packs(self, clamd: ClamdScanner) -> None:
        raw = mail_with_form(EICAR, "invoice.exe", "octet-stream").as_bytes()
        assert EICAR not in raw
        assert (await clamd.scan(raw)).verdict is Verdict.INFECTED

    async def test_ten_scans_at_once_are_answered_each(self, clamd: ClamdScanner) -> None:
        scans = await asyncio.gather(*(clamd.scan(EICAR if each % 2 else b"clean") for each in range(10)))
        assert [scan.verdict for scan in scans] == [Verdict.CLEAN, Verdict.INFECTED] * 5

    async def test_a_file_larger_than_it_takes_is_not_scanned(self, tmp_path: Path) -> None:
        with running_clamd(tmp_path, limit=SMALL_LIMIT) as small:
            scanner = ClamdScanner(ClamdAddress(path=str(small)))
            assert (await scanner.scan(os.urandom(3_000_000))).verdict is Verdict.NOT_SCANNED
            assert (await scanner.scan(EICAR)).verdict is Verdict.INFECTED

    async def test_that_is_away_is_an_answer_too(self, tmp_path: Path) -> None:
        for address in (ClamdAddress(path=str(tmp_path / "none")), ClamdAddress(host="127.0.0.1", port=1)):
            scanner = ClamdScanner(address)
            assert (await scanner.scan(EICAR)).verdict is Verdict.NOT_SCANNED
            assert not await scanner.answers()

    @pytest.mark.parametrize(
        "answer", [b"", b"stream: OK", b"\x00", b"stream: Access denied. ERROR\x00", b"x" * 9000, b"\xff\x00"]
    )
    async def test_an_answer_that_is_none_leaves_the_file_unscanned(self, answer: bytes) -> None:
        async with answering(answer) as scanner:
            assert (await scanner.scan(b"x" * 1000)).verdict is Verdict.NOT_SCANNED
            assert not await scanner.answers()

    async def test_a_name_that_it_gives_holds_nothing_that_could_mislead(self) -> None:
        async with answering(b"stream: <b>Worm\n/x FOUND\x00") as scanner:
            assert (await scanner.scan(b"x")).signature == "_b_Worm_/x"

    async def test_one_that_never_answers_is_not_waited_for(self) -> None:
        left = asyncio.Event()

        async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read()
            await hung_up(writer)
            left.set()

        server = await asyncio.start_server(silent, "127.0.0.1", 0)
        address = ClamdAddress(host="127.0.0.1", port=server.sockets[0].getsockname()[1])
        async with server:
            assert (await ClamdScanner(address, patience=0.2).scan(b"x")).verdict is Verdict.NOT_SCANNED
            await left.wait()


class TestAddress:
    def test_a_socket_or_a_port_is_understood(self) -> None:
        assert ClamdAddress.parse("unix:/run/clamav/clamd.ctl") == ClamdAddress(path="/run/clamav/clamd.ctl")
        assert ClamdAddress.parse("tcp://clamd:3310") == ClamdAddress(host="clamd", port=3310)
        assert ClamdAddress.parse("tcp://[::1]:3310") == ClamdAddress(host="::1", port=3310)

    @pytest.mark.parametrize("address", ["clamd", "unix:relative", "http://clamd:3310", "tcp://clamd", "tcp://a b:1"])
    def test_anything_else_is_refused_with_a_sentence(self, address: str) -> None:
        with pytest.raises(ScannerAddressUnreadable, match="THROUGHLINE_CLAMD_ADDRESS"):
            scanner_at(address)

    def test_none_is_no_scanner_and_console_the_twin(self) -> None:
        assert scanner_at("") is None
        assert isinstance(scanner_at(CONSOLE), ConsoleScanner)


class TestCageWithClamd:
    async def test_an_infected_mail_is_not_opened_and_said_so(self, clamd: ClamdScanner) -> None:
        raw = mail_with_form(EICAR, "invoice.exe", "octet-stream").as_bytes()
        async with caged(clamd) as cage:
            message = await cage.read_message(raw)
        assert (message.cause, message.attachments, message.sender) == (Cause.INFECTED, (), "")
        (closed,) = quarantined(raw, message, ())
        assert (closed.place, closed.reason, closed.size) == (0, QuarantineReason.INFECTED, len(raw))
        assert closed.signature == f"{SIGNATURE}.UNOFFICIAL"

    async def test_an_infected_file_is_never_opened_by_a_reader(self, clamd: ClamdScanner) -> None:
        async with caged(clamd) as cage:
            file = await cage.scanned(Attachment("form.json", "application/json", EICAR))
            reading = await cage.read_form(file)
        assert reading.cause is Cause.INFECTED
        assert reading.reason == SENTENCES[QuarantineReason.INFECTED]

    async def test_a_clean_mail_is_read(self, clamd: ClamdScanner) -> None:
        raw = mail_with_form(json.dumps(referral()).encode()).as_bytes()
        async with caged(clamd) as cage:
            message = await cage.read_message(raw)
        assert (message.cause, len(message.form_candidates)) == (Cause.NONE, 1)


class TestCageWithoutClamd:
    async def test_what_could_not_be_scanned_is_held(self, tmp_path: Path) -> None:
        raw = mail_with_form(json.dumps(referral()).encode()).as_bytes()
        async with caged(away(tmp_path)) as cage:
            message = await cage.read_message(raw)
        assert (message.cause, message.attachments) == (Cause.NOT_SCANNED, ())
        assert "could not be scanned" in message.problems[0]

    async def test_or_by_setting_read_and_said_so(self, tmp_path: Path) -> None:
        raw = mail_with_form(json.dumps(referral()).encode()).as_bytes()
        async with caged(away(tmp_path), hold=False) as cage:
            message = await cage.read_message(raw)
            reading = await cage.read_form(message.form_candidates[0])
        assert reading.cause in {Cause.NONE, Cause.INCOMPLETE}
        (closed,) = quarantined(raw, message, tuple(zip(message.form_candidates, [reading], strict=True)))
        assert (closed.place, closed.reason) == (0, QuarantineReason.NOT_SCANNED)


def away(folder: Path) -> ClamdScanner:
    """Return a scanner that nobody answers for."""
    return ClamdScanner(ClamdAddress(path=str(folder / "none")))


@asynccontextmanager
async def caged(scanner: Scanner, *, hold: bool = True) -> AsyncIterator[Cage]:
    """A cage with a scanner."""
    cage = Cage(scanner=scanner, hold_unscanned=hold)
    await cage.start()
    try:
        yield cage
    finally:
        await cage.stop()
