"""The commands: help with an example each, and bad input told in one sentence with an exit code."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import samples
from chassis.clock import BusinessClock
from chassis.clock import shift as clock_shift
from cli.clients import Operator
from cli.commands import clock, submit
from cli.errors import BadInput, NotRunning
from cli.main import commands
from cli.state import StateFolder, opened
from samples.send import Sent

LEAVES = [
    *(["up"], ["submit"], ["ledger"], ["trace"], ["replay"], ["clock"], ["doctor"], ["bench"]),
    *(["parked", "list"], ["parked", "show"], ["parked", "retry"], ["parked", "discard"]),
    *(["audit", "verify"], ["audit", "export"]),
    *(["routing", "preview"], ["routing", "proof"]),
    *(["partner", "add"], ["partner", "list"], ["partner", "renew"], ["partner", "revoke"]),
]
WRONG = [
    ["ledger", "KM-7F3K-92QM"],
    ["ledger", "nonsense"],
    ["ledger", "--team", "nobody"],
    ["ledger", "--reached", "nowhere"],
    ["ledger", "--reconciliation", "--day", "yesterday"],
    ["ledger", "--explain", "nonsense", "--reason", "It was a drill."],
    ["ledger", "--explain", "0193f7c2-0000-7000-8000-000000000000"],
    ["routing", "preview"],
    ["routing", "preview", "nonsense"],
    ["routing", "preview", "KM-7F3K-92QM", "--area", "kent-and-medway"],
    ["routing", "preview", "--area", "atlantis"],
    ["routing", "preview", "--area", "kent-and-medway", "--directory", "no-such-folder"],
    ["routing", "proof", "nonsense"],
    ["trace", "KM-0000-0000"],
    ["submit", "no-such-file.docx"],
    ["parked", "list", "--service", "nonsense"],
    ["replay"],
    ["replay", "--topic", "intake.nothing.v1"],
    ["replay", "--subject", "nonsense"],
    ["replay", "--since", "yesterday"],
    ["replay", "--since", "2026-01-31T09:00:00"],
    ["replay", "--since", "2026-01-31T09:00:00Z", "--until", "2026-01-30T09:00:00Z"],
    ["clock", "+6months"],
    ["audit", "verify"],
    ["audit", "verify", "--export", "no-such-file"],
    ["up", "--bus", "carrier-pigeon"],
    ["up", "--ready-file", "no-such-folder/ready.json"],
    ["up", "--real"],
    ["up", "--ephemeral"],
]


@pytest.mark.parametrize("command", LEAVES, ids=" ".join)
def test_every_command_has_help_with_an_example(command: list[str]) -> None:
    shown = CliRunner().invoke(commands, [*command, "--help"])
    assert shown.exit_code == 0
    assert f"Example: throughline {' '.join(command)}" in shown.output
    for sample in re.findall(r"samples/\S+", shown.output):
        assert (Path(samples.__file__).parents[1] / sample).is_file(), sample


@pytest.mark.parametrize("command", WRONG, ids=" ".join)
def test_bad_input_is_told_in_one_sentence(command: list[str], tmp_path: Path) -> None:
    state = [] if command[:1] == ["audit"] and "--export" in command else ["--state", str(tmp_path / "none")]
    done = subprocess.run(
        [sys.executable, "-m", "cli.main", *command, *state], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    assert lines[0].endswith(".")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("name", ["mail.eml", "form.docx", "referral.json"])
def test_submit_refuses_a_file_that_holds_nothing(name: str, tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir()
    operator = {"ops_token": "t", "service_urls": {"intake": "http://intake.test"}, "smtp": ["intake.test", 1]}
    (tmp_path / "secrets" / "operator.json").write_text(json.dumps(operator | {"audit_public_keys": {}}))
    (tmp_path / name).write_text(" \n")
    with pytest.raises(BadInput, match="is empty"):
        list(submit.run([tmp_path / name], tmp_path))


def test_a_refused_file_hides_no_reference_that_an_earlier_one_was_given(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(files: list[Path], _: Path) -> Iterator[Sent]:
        yield Sent(str(files[0]), "api", "KM-7F3K-92QM")
        message = "second.json was not accepted."
        raise BadInput(message)

    monkeypatch.setattr(submit, "run", run)
    done = CliRunner().invoke(commands, ["submit", "first.json", "second.json", "--json"])
    assert isinstance(done.exception, BadInput)
    assert [each["reference"] for each in json.loads(done.stdout)] == ["KM-7F3K-92QM"]


@pytest.mark.parametrize("text", ["", "[]", "{}", "null"])
def test_a_folder_without_an_operators_file_is_told_so(text: str, tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "operator.json").write_text(text)
    with pytest.raises(NotRunning, match="holds no running Throughline"):
        Operator.of(tmp_path)


class TestClock:
    def test_moves_and_resets_a_demonstration(self, tmp_path: Path) -> None:
        with opened(tmp_path, "demo", now=datetime.now(UTC)):
            pass
        moved = clock.run("+6months", tmp_path, "") - datetime.now(UTC)
        assert timedelta(days=175) < moved < timedelta(days=190)
        back = clock.run("-2days", tmp_path, "") - datetime.now(UTC)
        assert timedelta(days=1, hours=23) < moved - back < timedelta(days=2, hours=1)
        assert abs(clock.run("reset", tmp_path, "") - datetime.now(UTC)) < timedelta(minutes=1)

    def test_resets_one_service_and_leaves_the_others_where_they_are(self, tmp_path: Path) -> None:
        with opened(tmp_path, "demo", now=datetime.now(UTC)):
            pass
        shared = clock.run("+6months", tmp_path, "")
        assert clock.run("+3days", tmp_path, "stats") - shared > timedelta(days=2)
        assert abs(clock.run("reset", tmp_path, "stats") - shared) < timedelta(minutes=1)
        assert abs(clock.run("", tmp_path, "") - shared) < timedelta(minutes=1)

    def test_returns_once_a_running_service_goes_by_the_new_time(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with opened(tmp_path, "demo", now=datetime.now(UTC)):
            pass
        running = BusinessClock(StateFolder(tmp_path).clock, "notify")

        def shift(*change: Any) -> None:
            running.now()  # the service has looked a moment before, and does not look each time
            clock_shift(*change)

        monkeypatch.setattr(clock, "shift", shift)
        moved = clock.run("+6months", tmp_path, "")
        assert abs(running.now() - moved) < timedelta(minutes=1)

    def test_never_moves_real_time(self, tmp_path: Path) -> None:
        with opened(tmp_path, "real", now=datetime.now(UTC)):
            pass
        with pytest.raises(BadInput, match="not a demonstration"):
            clock.run("+1day", tmp_path, "")

    def test_explains_what_it_does_not_understand(self, tmp_path: Path) -> None:
        with opened(tmp_path, "demo", now=datetime.now(UTC)):
            pass
        with pytest.raises(BadInput, match=r"\+6months"):
            clock.run("+6moons", tmp_path, "")
