"""`throughline up` as people run it: a killed service comes back, Ctrl-C leaves nothing, a second start keeps data."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cli import ports
from cli.clients import Operations, Operator
from cli.commands import up
from cli.commands.up import Wishes
from cli.errors import PortTaken
from cli.ports import Ports
from cli.state import StateFolder
from contracts.catalogue import SERVICES

PATIENCE = 90.0


def wait(condition: Callable[[], object]) -> None:
    """Wait for a condition; the machine may be busy with other tests."""
    until = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.1)


@contextmanager
def running(state: Path, output: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """Run the real command on free ports, without the sample referrals, and stop it as Ctrl-C does."""
    ready = state.with_name("ready.json")
    script = "from cli import ports; ports.fixed = ports.free\nfrom cli.main import app; app()"
    command = [sys.executable, "-c", script, "up", "--state", str(state), "--no-samples", "--ready-file", str(ready)]
    with output.open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
        try:
            wait(lambda: ready.exists() or process.poll() is not None)
            assert process.poll() is None, output.read_text()
            yield process
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(PATIENCE)


def processes_of(state: Path) -> dict[str, int]:
    """The process ids by name, as the supervisor writes them."""
    return {str(name): int(pid) for name, pid in json.loads(StateFolder(state).processes.read_text()).items()}


def exists(pid: int) -> bool:
    """Whether a process is there and more than a name in the table."""
    try:
        return ") Z" not in Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except FileNotFoundError:
        return False


def test_up_restarts_stops_and_keeps_the_data(tmp_path: Path) -> None:
    state, output = tmp_path / "state", tmp_path / "output"
    with running(state, output) as process:
        first = processes_of(state)
        assert set(first) == {"postgres", "provider", *SERVICES}
        with Operations(Operator.of(state)) as operations:
            os.kill(first["stats"], signal.SIGKILL)
            wait(lambda: (operations.readiness("stats") or {}).get("status") == "ready")
            entries = len(list(operations.lines("intake", "audit/entries", after=0, limit=100)))
        wait(lambda: "stats stopped (signal 9); started again." in output.read_text())
        assert f"`throughline ledger REF --state {state}`" in output.read_text()
        assert processes_of(state)["stats"] != first["stats"]
        last = processes_of(state)
    assert process.returncode == 0
    assert not any(exists(pid) for pid in last.values())
    assert list(StateFolder(state).sockets().iterdir()) == []
    secrets = (state / "secrets" / "supervisor.json").read_text()
    with running(state, output):
        assert (state / "secrets" / "supervisor.json").read_text() == secrets
        with Operations(Operator.of(state)) as operations:
            wait(lambda: len(list(operations.lines("intake", "audit/entries", after=0, limit=100))) >= entries)
        survivors = processes_of(state)
        os.kill(int((state / "supervisor.lock").read_text()), signal.SIGKILL)
        wait(lambda: not any(exists(pid) for pid in survivors.values()))


def test_a_first_start_that_is_refused_leaves_no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def taken(*, demo: bool) -> Ports:
        message = f"Port 8001 is taken: stop that program (demonstration: {demo})."
        raise PortTaken(message)

    monkeypatch.setattr(ports, "fixed", taken)
    state = tmp_path / "state"
    with pytest.raises(PortTaken):
        up.run(Wishes(state, "demo", samples=False, ephemeral=False, bus_url="", ready_file=None))
    assert not state.exists()
