"""Every limit of the cage, tried for real: a file that had taken its reader over would get nowhere."""

import asyncio
import ctypes
import json
import os
import re
import time
from asyncio import unix_events
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.intake.readers import Attachment, Cage, Cause, FormReading, cells
from services.intake.readers.calls import MACHINES, assembled, instructions, leave_few_calls
from services.intake.readers.confinement import MEMORY
from tests.intake.builders import referral

KEPT = Path("/tmp/throughline-probe-kept")  # noqa: S108  where everybody may write
NEXT_MAIL_WAITS = 5.0
ROUNDS = 3
"""What holds up the next file does so each time; a machine with too much to do at the moment does not."""


def deed(name: str) -> Attachment:
    """Return a file that makes the probe do something."""
    return Attachment(f"{name}.json", "application/json", f"deed:{name}".encode())


def form() -> Attachment:
    """Return a file with a whole form."""
    return Attachment("form.json", "application/json", json.dumps(referral()).encode())


@pytest.fixture
async def cage(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Cage]:
    """A cage whose children do what a file tells them."""
    monkeypatch.setattr(cells, "CHILD", "tests.intake.probes")
    made = Cage()
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
def learns_late(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the loop learn how a child ended a while after it has, as on a busy machine, where a thread tells it."""
    # Later Pythons have renamed it, and use it where the kernel has no descriptors of processes.
    names = ("ThreadedChildWatcher", "_ThreadedChildWatcher")
    watches = next(getattr(unix_events, name) for name in names if hasattr(unix_events, name))
    learn = watches._do_waitpid

    def learn_late(watcher: object, loop: object, pid: int, *told: object) -> None:
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
        time.sleep(0.3)
        learn(watcher, loop, pid, *told)

    monkeypatch.setattr(watches, "_do_waitpid", learn_late)


class TestReach:
    @pytest.mark.parametrize("name", ["connect", "listen", "pair", "fork", "run", "kill", "write", "read"])
    async def test_nothing_outside_is_reached(self, cage: Cage, name: str) -> None:
        assert cage.confinement.whole
        assert (await cage.read_form(deed(name))).reason == "refused: PermissionError"
        assert not Path("/tmp/throughline-probe").exists()  # noqa: S108

    async def test_no_file_is_removed(self, cage: Cage) -> None:
        KEPT.write_text("x")
        try:
            assert (await cage.read_form(deed("remove"))).reason == "refused: PermissionError"
            assert KEPT.exists()
        finally:
            KEPT.unlink()

    async def test_the_probe_itself_can_do_what_is_not_refused(self, cage: Cage) -> None:
        reading = await cage.read_form(deed("eat"))
        assert reading.reason.startswith("done: ")

    async def test_all_is_in_force_on_this_machine(self, cage: Cage) -> None:
        assert cage.confinement.calls_cut


class TestMemory:
    async def test_no_more_than_a_gibibyte_is_had_and_the_child_lives_on(self, cage: Cage) -> None:
        reading = await cage.read_form(deed("eat"))
        assert 100 < int(reading.reason.removeprefix("done: ")) < MEMORY >> 20
        assert (await cage.read_form(form())).cause in {Cause.NONE, Cause.INCOMPLETE}


class TestTime:
    @pytest.mark.usefixtures("learns_late")
    async def test_a_file_that_uses_the_processor_for_ever_is_stopped_after_ten_seconds_of_it(
        self, cage: Cage, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(cage, "_seconds", 60.0)
        begun = time.monotonic()
        assert (await cage.read_form(deed("spin"))).cause is Cause.TOO_SLOW
        assert time.monotonic() - begun > 9

    async def test_a_file_that_sleeps_is_stopped_by_the_clock(
        self, cage: Cage, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(cage, "_seconds", 1.0)
        assert (await cage.read_form(deed("sleep"))).cause is Cause.TOO_SLOW

    async def test_the_next_file_waits_no_longer_than_five_seconds_behind_one_that_spins(self, cage: Cage) -> None:
        alone = await waited(cage)
        spinning = asyncio.create_task(cage.read_form(deed("spin")))
        await asyncio.sleep(0.2)
        assert await waited(cage) - alone < NEXT_MAIL_WAITS
        assert not spinning.done()
        assert (await spinning).cause is Cause.TOO_SLOW

    async def test_nor_behind_one_that_kills_its_child(self, cage: Cage) -> None:
        assert (await cage.read_form(deed("overrun"))).cause is Cause.CRASHED
        assert await waited(cage) < NEXT_MAIL_WAITS

    async def test_nor_behind_two_at_once(self, cage: Cage) -> None:
        waits: list[float] = []
        while len(waits) < ROUNDS and min(waits, default=NEXT_MAIL_WAITS) >= NEXT_MAIL_WAITS:
            sleeping = [asyncio.create_task(cage.read_form(deed("sleep"))) for _ in range(2)]
            await asyncio.sleep(0.1)
            waits.append(await waited(cage))
            for task in sleeping:
                task.cancel()
            await asyncio.gather(*sleeping, return_exceptions=True)
        assert min(waits) < NEXT_MAIL_WAITS, waits


async def waited(cage: Cage) -> float:
    """Return how many seconds a good file took."""
    begun = time.monotonic()
    reading: FormReading = await cage.read_form(form())
    assert reading.cause in {Cause.NONE, Cause.INCOMPLETE}
    return time.monotonic() - begun


class TestCalls:
    def test_what_is_allowed_is_named_once_on_every_machine(self) -> None:
        for machine in MACHINES.values():
            assert len(set(machine.calls)) == len(machine.calls)
            assert not {machine.openat, machine.prlimit, machine.ioctl} & set(machine.calls)

    def test_the_two_machines_are_left_as_many_calls_apart_from_what_only_one_has(self) -> None:
        assert len(MACHINES["x86_64"].calls) - 6 == len(MACHINES["aarch64"].calls) - 3

    def test_no_jump_of_the_filter_is_out_of_reach(self) -> None:
        for machine in MACHINES.values():
            program = assembled(instructions(machine))
            assert len(program) // 8 < 256

    def test_an_unknown_machine_is_said_so(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("platform.machine", lambda: "pdp11")
        assert not leave_few_calls(ctypes.CDLL(None))


class TestNames:
    def test_the_table_of_calls_is_that_of_this_kernel(self) -> None:
        header = Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h")
        if not header.exists():
            pytest.skip("The kernel's list of calls is not installed here (linux-libc-dev).")
        numbers = {name: int(number) for name, number in re.findall(r"__NR_(\w+) (\d+)", header.read_text())}
        refused = {"socket", "clone", "fork", "vfork", "execve", "kill", "tgkill", "unlink", "ptrace", "prctl"}
        assert not {numbers[name] for name in refused} & set(MACHINES["x86_64"].calls)
        assert numbers["openat"] == MACHINES["x86_64"].openat
        assert numbers["prlimit64"] == MACHINES["x86_64"].prlimit
