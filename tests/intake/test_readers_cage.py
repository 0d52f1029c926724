"""The cage reads what the reader reads, and outlives every file that breaks its child."""

import asyncio
import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from contracts.vocabulary import ReferralForm
from samples.make import SAMPLES
from services.intake.readers import Attachment, Cage, Cause, read_form
from services.intake.readers import cage as cage_module
from services.intake.readers.cells import Cell
from services.intake.readers.wire import Packet
from services.intake.writers import filled_docx

ROOT = Path(cage_module.__file__).parents[3]
FORM = SAMPLES[1].referral


def word(form: ReferralForm) -> Attachment:
    """Return a form as a mailed Word file."""
    return Attachment("form.docx", "application/octet-stream", filled_docx(form))


class TestCage:
    async def test_reads_the_same_as_without_a_cage(self) -> None:
        cage = Cage()
        await cage.start()
        try:
            attachment = word(FORM)
            assert await cage.read_form(attachment) == read_form(attachment)
            message = await cage.read_message(b"From: a@school.example\nMessage-ID: <1@school.example>\n\nHello\n")
            assert (message.sender, message.text, message.problems) == ("a@school.example", "Hello\n", ())
        finally:
            await cage.stop()

    async def test_a_child_killed_from_outside_is_replaced_and_the_file_is_read(self) -> None:
        cage = Cage()
        await cage.start()
        try:
            cell = await cage._free.get()
            assert cell is not None
            cell._process.kill()
            cage._free.put_nowait(cell)
            assert (await cage.read_form(word(FORM))).form == FORM
        finally:
            await cage.stop()

    async def test_a_file_that_takes_too_long_is_stopped_and_said_so(self) -> None:
        cage = Cage(seconds=0.000_01)
        await cage.start()
        try:
            reading = await cage.read_form(word(FORM))
            assert (reading.form, reading.cause) == (None, Cause.TOO_SLOW)
            cage._seconds = 15
            assert (await cage.read_form(word(FORM))).form == FORM
        finally:
            await cage.stop()

    async def test_a_caller_who_hangs_up_does_not_spoil_the_next_answer(self) -> None:
        cage = Cage()
        await cage.start()
        try:
            task = asyncio.create_task(cage.read_form(word(FORM)))
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            other = SAMPLES[0].referral
            assert (await cage.read_form(word(other))).form == other
        finally:
            await cage.stop()

    @pytest.mark.parametrize("turns", [0, 1, 3])
    async def test_a_start_that_is_cancelled_leaves_no_child_and_stops(
        self, monkeypatch: pytest.MonkeyPatch, turns: int
    ) -> None:
        started: list[Cell] = []
        start = Cell.start

        async def noted() -> Cell:
            started.append(await start())
            return started[-1]

        monkeypatch.setattr(Cell, "start", noted)
        cage = Cage(2)
        task = asyncio.create_task(cage.start())
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        async with asyncio.timeout(5):
            await cage.stop()
            await cage.stop()
        assert all(cell.spent for cell in started)

    async def test_stops_beside_work_that_ends_at_that_moment(self) -> None:
        async def end() -> None:
            pass

        cage = Cage()
        await cage.start()
        cage._work(end())
        await asyncio.sleep(0)
        async with asyncio.timeout(30):
            await cage.stop()

    async def test_many_callers_share_one_child(self) -> None:
        cage = Cage()
        await cage.start()
        try:
            wanted = [sample.referral for sample in SAMPLES] * 3
            readings = await asyncio.gather(*(cage.read_form(word(form)) for form in wanted))
            assert [reading.form for reading in readings] == wanted
        finally:
            await cage.stop()

    async def test_a_reader_that_cannot_start_is_said_so(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("sys.executable", "/does/not/exist")
        cage = Cage()
        await cage.start()
        reading = await cage.read_form(word(FORM))
        message = await cage.read_message(b"")
        await cage.stop()
        assert reading.cause is Cause.UNAVAILABLE
        assert message.problems

    async def test_the_child_has_limits_and_where_possible_no_network(self) -> None:
        cage = Cage()
        await cage.start()
        try:
            cell = await cage._free.get()
            assert cell is not None
            limits = Path(f"/proc/{cell._process.pid}/limits").read_text()
            network = os.readlink(f"/proc/{cell._process.pid}/ns/net")
            cage._free.put_nowait(cell)
        finally:
            await cage.stop()
        assert re.search(r"Max file size\s+0\s+0", limits)
        assert re.search(rf"Max address space\s+{1 << 30}\s", limits)
        assert (network != os.readlink("/proc/self/ns/net")) == cage.confinement.network_cut

    async def test_a_file_that_kills_every_child_is_said_so(self, monkeypatch: pytest.MonkeyPatch) -> None:
        cage = Cage()
        await cage.start()
        ask = Cell.ask

        async def killed(self: Cell, packet: Packet, seconds: float) -> Packet:
            self._process.kill()
            return await ask(self, packet, seconds)

        try:
            with monkeypatch.context() as patch:
                patch.setattr(Cell, "ask", killed)
                assert (await cage.read_form(word(FORM))).cause is Cause.CRASHED
            assert (await cage.read_form(word(FORM))).form == FORM
        finally:
            await cage.stop()

    async def test_a_mail_in_a_rare_character_set_is_read_in_the_cage_too(self) -> None:
        raw = "Content-Type: text/plain; charset=iso8859-15\n\nCafé €\n".encode("iso8859-15")
        cage = Cage()
        await cage.start()
        try:
            assert (await cage.read_message(raw)).text == "Café €\n"
        finally:
            await cage.stop()

    async def test_too_much_is_refused_before_the_child_sees_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(cage_module, "LARGEST_REQUEST", 10)
        cage = Cage()
        await cage.start()
        try:
            assert (await cage.read_form(word(FORM))).cause is Cause.TOO_BIG
        finally:
            await cage.stop()


class TestConfinement:
    def test_a_confined_process_reaches_neither_files_nor_network(self, tmp_path: Path) -> None:
        secret = tmp_path / "secret"
        secret.write_text("x")
        target = tmp_path / "made"
        probe = f"""
import socket
from services.intake.readers.confinement import confine
given_up = confine()
def tried(action):
    try:
        action()
        return "done"
    except OSError:
        return "refused"
def connected():
    socket.create_connection(("127.0.0.1", PORT), 2).close()
print(given_up.files_cut, given_up.network_cut)
print(tried(lambda: open({str(secret)!r}).read()), tried(lambda: open({str(target)!r}, "w")), tried(connected))
"""
        with socket.create_server(("127.0.0.1", 0)) as listener:
            probe = probe.replace("PORT", str(listener.getsockname()[1]))
            result = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True, cwd=ROOT)
        given_up, tried = (line.split() for line in result.stdout.splitlines())
        assert target.exists() == (given_up[0] == "False")
        assert tried[:2] == (["refused", "refused"] if given_up[0] == "True" else ["done", "done"])
        assert tried[2] == ("refused" if given_up[1] == "True" else "done")
