"""Who may import whom: the tree keeps every rule of .importlinter, and every rule is shown able to fail."""

import ast
import json
import os
import shutil
import subprocess
import sys
from configparser import ConfigParser
from pathlib import Path

import pytest

from contracts.catalogue import TOPICS
from tests.rules.tree import PACKAGES, ROOT, imports_of, parsed, python_files

VIOLATIONS = {
    "stack": ("chassis/actor.py", "import services.triage.domain"),
    "areas": ("areas/model.py", "import contracts.envelope"),
    "contracts-order": ("contracts/intake/police.py", "import contracts.triage.dovetail"),
    "chassis-acyclic": ("chassis/actor.py", "import chassis.app"),
    "one-shape": ("services/triage/queries.py", "import services.triage.operations"),
    "islands": ("services/triage/jobs.py", "import services.notify.domain"),
    "no-calls-in-transactions": ("services/notify/operations/delivery.py", "import services.notify.clients"),
    "models": ("services/triage/web/routes.py", "import services.triage.models"),
    "pure-domain": ("services/intake/domain/facts.py", "import chassis.database"),
    "pure-transitions": ("chassis/transitions.py", "import chassis.database"),
    "door-outbox": ("services/triage/handlers.py", "import chassis.outbox"),
    "door-broker": ("services/triage/jobs.py", "import chassis.broker"),
    "door-clock": ("services/triage/operations/saving.py", "import chassis.clock"),
    "door-web": ("services/triage/queries.py", "import chassis.web"),
    "door-behind": ("services/triage/queries.py", "import chassis.tables"),
    "sql": ("services/triage/web/routes.py", "import sqlalchemy"),
    "http-out": ("services/notify/jobs/sending.py", "import httpx2"),
    "bus-and-tracing": ("services/notify/jobs/sending.py", "import opentelemetry.trace"),
}
"""One line per rule that the rule must notice; the rule of each audience's events is added below."""


def _event_violations() -> dict[str, tuple[str, str]]:
    """Another service, or the right one through the wrong room: each audience module refuses both."""
    found = {}
    for topic in TOPICS:
        module = topic.events[0].__module__
        _, publisher, audience = module.split(".")
        found[f"event-{publisher}-{audience.replace('_', '-')}"] = ("services/monitor/handlers.py", f"import {module}")
    return found


def _event_rooms() -> dict[str, tuple[str, str]]:
    """The audience's own operations, and the publisher's own handlers, may not either."""
    found = {}
    for topic in TOPICS:
        module = topic.events[0].__module__
        _, publisher, audience = module.split(".")
        found[f"event-{publisher}-{audience.replace('_', '-')}"] = (
            f"services/{topic.consumers[0]}/jobs.py",
            f"import {module}",
        )
    return found


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    copy = tmp_path_factory.mktemp("tree")
    for package in PACKAGES:
        for file in python_files(package):
            target = copy / file.relative_to(ROOT)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, target)
    shutil.copy(ROOT / ".importlinter", copy)
    return copy


def _answers(copy: Path, violations: dict[str, tuple[str, str]]) -> dict[str, list[str]]:
    done = subprocess.run(
        [sys.executable, "-P", str(ROOT / "tests" / "rules" / "linting.py")],
        input=json.dumps(violations),
        capture_output=True,
        text=True,
        cwd=copy,
        env={**os.environ, "PYTHONPATH": str(copy)},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answers: dict[str, list[str]] = json.loads(done.stdout.splitlines()[-1])
    return answers


def _rules() -> set[str]:
    config = ConfigParser()
    config.read(ROOT / ".importlinter")
    return {name.removeprefix("importlinter:contract:") for name in config.sections() if ":contract:" in name}


class TestImports:
    def test_the_tree_keeps_every_rule_and_every_rule_can_fail(self, copied: Path) -> None:
        violations = {**VIOLATIONS, **_event_violations()}
        assert violations.keys() == _rules(), "Each rule needs one violation, and each violation a rule."
        answers = _answers(copied, violations)
        assert answers.pop("") == [], "Run lint-imports: it says which import breaks which rule."
        assert {rule for rule, broken in answers.items() if broken != [rule]} == set()

    def test_events_are_closed_to_the_audiences_other_rooms(self, copied: Path) -> None:
        answers = _answers(copied, _event_rooms())
        answers.pop("")
        assert {rule for rule, broken in answers.items() if broken != [rule]} == set()

    @pytest.mark.parametrize(
        ("file", "line"),
        [
            ("services/intake/operations/ledger.py", "import services.intake.spool"),
            ("services/intake/spool/store.py", "import services.intake.settings"),
            ("services/intake/spool/folder.py", "import services.intake.web"),
        ],
    )
    def test_the_spool_has_its_place_above_operations_and_below_the_doors(
        self, copied: Path, file: str, line: str
    ) -> None:
        assert _answers(copied, {"one-shape": (file, line)})["one-shape"] == ["one-shape"]

    def test_a_new_room_or_a_missing_one_is_noticed(self, copied: Path) -> None:
        answers = _answers(copied, {"one-shape": ("services/triage/utils.py", "")})
        assert answers["one-shape"] == ["one-shape"]
        handlers = copied / "services" / "stats" / "handlers.py"
        text = handlers.read_text()
        handlers.unlink()
        done = subprocess.run(
            [sys.executable, "-P", str(ROOT / "tests" / "rules" / "linting.py")],
            input="{}",
            capture_output=True,
            text=True,
            cwd=copied,
            env={**os.environ, "PYTHONPATH": str(copied)},
            check=False,
        )
        handlers.write_text(text)
        assert done.returncode != 0
        assert "services.stats.handlers" in done.stderr


PURE = [ROOT / "chassis" / f"{name}.py" for name in ("errors", "marks", "transitions")]
"""What domain may import of the chassis: as pure as domain itself."""
COMPARING_LETTERS = {"people": ("anyascii", "rapidfuzz"), "marks": ("anyascii",)}
"""What comparing letters needs, by the room or file of domain that does: functions of text that know nothing else."""


class TestDomain:
    """import-linter forbids listed libraries; this names what is allowed, so that nothing slips past the list."""

    @pytest.mark.parametrize("file", [*PURE, *(f for f in python_files("services") if "domain" in str(f))], ids=str)
    def test_imports_the_standard_library_errors_and_words_only(self, file: Path) -> None:
        own = ".".join(file.relative_to(ROOT).parts[:2]) + ".domain"
        machinery = () if file in PURE else ("chassis.deadlines", "chassis.transitions")
        letters = COMPARING_LETTERS.get(file.parent.name) or COMPARING_LETTERS.get(file.stem, ())
        allowed = (own, "chassis.errors", "contracts.vocabulary", *machinery, *letters)
        strangers = [
            name
            for name in imports_of(parsed(file))
            if name.partition(".")[0] not in sys.stdlib_module_names
            and not any(name == known or name.startswith(f"{known}.") for known in allowed)
        ]
        assert strangers == []

    def test_the_check_sees_a_stranger(self) -> None:
        assert imports_of(ast.parse("from pydantic import BaseModel\nimport os.path")) == ["pydantic", "os.path"]
