"""Ports, variables and commands are named once, and whatever speaks of them uses the names that exist."""

import ast
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from chassis.settings import ServiceSettings
from cli.ports import FIXED
from contracts.catalogue import SERVICES
from tests.rules.tree import ROOT, all_files, named, parsed

VARIABLE = re.compile(r"\bTHROUGHLINE_[A-Z][A-Z_]*[A-Z]\b")
PORTS_MAY_STAND_IN = {
    "cli/ports.py": "the one list",
    "services/intake/settings.py": "the default of the mail door, for a service started by itself",
    "services/notify/settings.py": "the default of outgoing mail, for a service started by itself",
}
READ_ELSEWHERE = {"services/intake/readers/cell.py": "the reader's child empties it before it opens a file"}
OTHER_VARIABLES = {
    "THROUGHLINE_OIDC_CLIENT_ID": "the command line puts it into each service's secrets file",
    "THROUGHLINE_OIDC_CLIENT_SECRET": "as above",
    "THROUGHLINE_ATTACKS": "the tests' own: how many random lists of people are attacked",
    "THROUGHLINE_BUS_ADMIN": "the command line's own: who may prepare a Kafka bus",
    "THROUGHLINE_BUS_TAKE_OVER": "the command line's own: take a Kafka bus from an installation that is gone",
    "THROUGHLINE_PICTURES": "the tests' own: the folder for the pictures and the pack that they make on the way",
    "THROUGHLINE_STATE": "the command line's own: where the state folder is",
    "THROUGHLINE_SUPERVISOR": "set by the supervisor for its children, who end with it",
}


def _settings() -> Iterator[type[ServiceSettings]]:
    yield ServiceSettings
    for service in SERVICES:
        found = vars(import_module(f"services.{service}.settings")).values()
        yield from (one for one in found if isinstance(one, type) and issubclass(one, ServiceSettings))


def _known() -> set[str]:
    """Each setting for all services, and with a service's name for that one alone (cli/system.py)."""
    names = {name.upper() for settings in _settings() for name in settings.model_fields}
    own = {f"{service.upper()}_{name}" for service in SERVICES for name in names}
    return {f"THROUGHLINE_{name}" for name in names | own} | OTHER_VARIABLES.keys()


def _texts() -> Iterator[Path]:
    yield from all_files()
    yield from ROOT.glob("*.md")
    yield from (ROOT / "docs").rglob("*.md")
    yield from (ROOT / "services").rglob("*.md")
    yield from (ROOT / "Makefile", ROOT / ".ci" / "run")


class TestVariables:
    def test_every_variable_that_is_spoken_of_exists(self) -> None:
        strangers = {
            f"{path.relative_to(ROOT)} {name}"
            for path in _texts()
            for name in VARIABLE.findall(path.read_text(encoding="utf-8", errors="ignore"))
            if name not in _known()
        }
        assert strangers == set()

    def test_the_environment_is_read_by_settings(self) -> None:
        readers = {
            named(file, node)
            for file in all_files()
            if file.relative_to(ROOT).parts[0] in {"areas", "chassis", "contracts", "services"}
            and file.relative_to(ROOT).as_posix() not in READ_ELSEWHERE
            for node in ast.walk(parsed(file))
            if isinstance(node, ast.Attribute) and ast.unparse(node) in {"os.environ", "os.getenv"}
        }
        assert readers == set()


class TestPorts:
    def test_no_two_listeners_share_one(self) -> None:
        assert len(set(FIXED.values())) == len(FIXED)
        assert [FIXED[service] for service in SERVICES] == list(range(8001, 8007))

    def test_numbers_stand_in_one_list(self) -> None:
        numbers = set(FIXED.values())
        written = {
            named(file, node)
            for file in all_files()
            if file.relative_to(ROOT).as_posix() not in PORTS_MAY_STAND_IN
            for node in ast.walk(parsed(file))
            if isinstance(node, ast.Constant) and type(node.value) is int and node.value in numbers
        }
        assert written == set(), "Take the port from cli/ports.py or the settings."


class TestCommands:
    def test_make_targets_are_the_promised_ones(self) -> None:
        text = (ROOT / "Makefile").read_text()
        targets = set(re.findall(r"^([a-z]+):", text, re.MULTILINE))
        assert {"help", "setup", "run", "test", "check", "format", "bench"} <= targets

    def test_check_runs_the_import_rules(self) -> None:
        assert "lint-imports" in (ROOT / "Makefile").read_text()
