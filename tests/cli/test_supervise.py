"""The supervisor: waits until programs are ready, starts the killed again and says so, stops all of them."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cli.errors import StartFailed
from cli.supervise import Program, Supervisor, rotate, run_command

SLEEPS = (sys.executable, "-S", "-c", "import time; print('up', flush=True); time.sleep(60)")


def program(folder: Path, name: str, command: tuple[str, ...] = SLEEPS) -> Program:
    """A program that is ready once it has written to its log."""
    log = folder / f"{name}.log"

    async def ready() -> bool:
        return log.exists() and log.stat().st_size > 0

    return Program(name, log, lambda: run_command(command, os.environ, log), ready)


def alive(pid: int) -> bool:
    """Whether a process exists."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def until(condition: Callable[[], bool]) -> None:
    """Wait for a condition, at most a minute: the machine may be busy with other tests."""
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110  another process makes it true
            await asyncio.sleep(0.02)


class TestSupervisor:
    async def test_starts_a_killed_program_again_and_says_so(self, tmp_path: Path) -> None:
        said: list[str] = []
        processes = tmp_path / "processes.json"
        supervisor = Supervisor(said.append, processes)
        await supervisor.start(program(tmp_path, "first"), program(tmp_path, "second"))
        before = processes.read_text()
        pids = [int(text) for text in before.replace(",", "").split() if text.isdecimal()]
        os.kill(pids[1], signal.SIGKILL)
        await until(lambda: bool(said))
        assert said == ["second stopped (signal 9); started again."]
        assert processes.read_text() != before
        await supervisor.stop()
        assert not processes.exists()
        assert not any(map(alive, pids))

    async def test_says_which_program_did_not_start_and_where_to_look(self, tmp_path: Path) -> None:
        supervisor = Supervisor(lambda _: None, tmp_path / "processes.json")
        broken = program(tmp_path, "broken", (sys.executable, "-S", "-c", "raise SystemExit(3)"))
        with pytest.RaisesGroup(pytest.RaisesExc(StartFailed, match=r"broken ended .*exit code 3.*broken\.log")):
            await supervisor.start(broken)
        await supervisor.stop()

    async def test_kills_what_does_not_stop(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("cli.supervise.STOP_SECONDS", 0.3)
        deaf = SLEEPS[-1].replace("print", "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print", 1)
        supervisor = Supervisor(lambda _: None, tmp_path / "processes.json")
        await supervisor.start(program(tmp_path, "deaf", (sys.executable, "-S", "-c", deaf)))
        pid = int("".join(filter(str.isdecimal, (tmp_path / "processes.json").read_text())))
        await supervisor.stop()
        assert not alive(pid)


class TestRotate:
    def test_keeps_one_earlier_log(self, tmp_path: Path) -> None:
        log = tmp_path / "log"
        log.write_bytes(b"x" * 11)
        rotate(log, largest=10)
        assert (log.read_bytes(), (tmp_path / "log.1").read_bytes()) == (b"", b"x" * 11)

    def test_leaves_a_small_one_and_a_missing_one_alone(self, tmp_path: Path) -> None:
        log = tmp_path / "log"
        rotate(log)
        log.write_bytes(b"x")
        rotate(log, largest=10)
        assert not (tmp_path / "log.1").exists()
