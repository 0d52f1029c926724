"""Lines, daily counts, disclosures and proofs on the terminal: what is said, and the exit code."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import pytest
from typer.testing import CliRunner

from areas.loader import SHIPPED
from chassis import clock
from cli.commands import counting, routings
from cli.errors import BadInput
from cli.main import commands
from contracts.vocabulary import make_reference

REFERENCE = make_reference("KM", lambda letters: letters[3])
MOMENT = "2026-11-20T10:00:00+00:00"
LATE = {
    "reference": REFERENCE,
    "team": "imu",
    "late_for": "storing",
    "due_at": MOMENT,
    "parked": True,
    "age": "2 hours",
}
PLACED = {"reference": REFERENCE, "team": "imu", "service": "triage", "state": "stored", "received_at": MOMENT}
COUNT: dict[str, Any] = {
    "id": "0193f7c2-0000-7000-8000-000000000000",
    "day": "2026-11-20",
    "area": "kent-and-medway",
    "measure": "intake.police.v1",
    "recipient": "triage",
    "expected": 2,
    "published": 2,
    "receipted": 2,
    "held": None,
    "silent": True,
    "lacking": 0,
    "state": "open",
}
SENT = {
    "event_id": "e",
    "type": "intake.referral-made.v1",
    "topic": "intake.awareness.v1",
    "recipient": "channel",
    "digest": "ab" * 32,
    "documents": ["cd" * 32],
    "verdict": "matches",
    "sent_at": MOMENT,
    "stored_at": None,
}


class Plane:
    """Stands in for intake's operations plane: answers by the beginning of a path, and notes what it was asked."""

    def __init__(self, **answers: Any) -> None:
        self.answers = answers
        self.asked: list[tuple[str, dict[str, Any]]] = []

    def __call__(self, _: object) -> Self:
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def get(self, _: str, path: str, /, **query: Any) -> Any:
        """Answer a question."""
        self.asked.append((path, query))
        return self.answers[path.partition("/")[0]]

    def post(self, _: str, path: str, body: dict[str, Any]) -> Any:
        """Answer an order."""
        self.asked.append((path, body))
        return self.answers[path.partition("/")[0]]


@pytest.fixture
def plane(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Plane]:
    """Return a function that puts a plane in place."""
    monkeypatch.setattr("cli.clients.Operator.of", lambda _: None)

    def put(**answers: Any) -> Plane:
        made = Plane(**answers)
        monkeypatch.setattr(counting, "Operations", made)
        monkeypatch.setattr(routings, "Operations", made)
        return made

    return put


def run(*arguments: str) -> Any:
    """Run a command."""
    return CliRunner().invoke(commands, [*arguments, "--state", "none"])


class TestLines:
    def test_are_the_late_ones_unless_asked_for_others(self, plane: Callable[..., Plane]) -> None:
        asked = plane(lines={"which": "late", "lines": [LATE], "after": "x"})
        done = run("ledger")
        assert (done.exit_code, asked.asked) == (0, [("lines", {"which": "late", "team": "", "limit": 200})])
        assert REFERENCE in done.output
        assert "storing, parked" in done.output
        assert "There are more" in done.output

    def test_of_one_team_in_one_state(self, plane: Callable[..., Plane]) -> None:
        placed = PLACED | {"age": "2 hours", "overdue": True}
        asked = plane(lines={"which": "stored", "lines": [placed], "after": ""})
        done = run("ledger", "--team", "imu", "--reached", "stored")
        assert asked.asked == [("lines", {"which": "stored", "team": "imu", "limit": 200})]
        assert "triage" in done.output
        assert "There are more" not in done.output

    def test_say_when_there_is_none(self, plane: Callable[..., Plane]) -> None:
        plane(lines={"which": "late", "lines": [], "after": ""})
        assert run("ledger").output == "No line is late.\n"
        assert run("ledger", "--reached", "parked").output == "There is no such line.\n"
        assert json.loads(run("ledger", "--json").output)["lines"] == []


class TestCounts:
    def test_end_with_a_failure_while_one_is_open(self, plane: Callable[..., Plane]) -> None:
        asked = plane(reconciliation={"open": 1, "lines": [COUNT]})
        done = run("ledger", "--reconciliation", "--day", "2026-11-20", "--open")
        assert (done.exit_code, asked.asked) == (1, [("reconciliation", {"day": "2026-11-20", "state": "open"})])
        assert "no answer" in done.output
        assert "1 difference is open" in done.output

    def test_end_well_when_all_agree(self, plane: Callable[..., Plane]) -> None:
        plane(reconciliation={"open": 0, "lines": [COUNT | {"state": "agrees", "silent": False, "held": 2}]})
        assert run("ledger", "--reconciliation").exit_code == 0
        plane(reconciliation={"open": 0, "lines": []})
        assert run("ledger", "--reconciliation").output == "Nothing has been counted yet.\n"
        assert run("ledger", "--reconciliation", "--open").output == "There is no such count.\n"

    def test_are_explained(self, plane: Callable[..., Plane]) -> None:
        asked = plane(reconciliation=COUNT | {"state": "explained"})
        done = run("ledger", "--explain", COUNT["id"], "--reason", "Triage was restored.")
        assert json.loads(done.output)["state"] == "explained"
        assert asked.asked == [(f"reconciliation/{COUNT['id']}", {"reason": "Triage was restored."})]


class TestRouting:
    def test_of_a_referral_says_each_fate_and_why(self, plane: Callable[..., Plane]) -> None:
        fields = [
            {"field": "reference", "sent_as": "reference", "fate": "sent", "because": "", "rule": ""},
            {"field": "form.x", "sent_as": "form.x", "fate": "withheld", "because": "area", "rule": "a/b.yaml:7"},
            {"field": "form.y", "sent_as": "", "fate": "withheld", "because": "contract", "rule": ""},
        ]
        audience = {"audience": "police", "teams": ["imu"], "type": "", "fields": fields}
        plane(routing={"audiences": [audience]})
        shown = run("routing", "preview", REFERENCE).output
        assert "the area's rule: a/b.yaml:7" in shown
        assert "form.y" not in shown
        assert "1 other question of the form is" in shown
        assert "form.y" in run("routing", "preview", REFERENCE, "--all").output

    def test_of_an_area_needs_no_running_system(self, tmp_path: Path) -> None:
        found = json.loads(run("routing", "preview", "--area", "northmere", "--json").output)
        assert [each["audience"] for each in found["audiences"]] == ["police", "social-care", "statistics"]
        (tmp_path / "northmere").mkdir()
        text = (SHIPPED / "northmere" / "2026-01.yaml").read_text("utf-8").replace(", area: kent-and-medway", "")
        wrong = text.replace("form.person.immigration_status", "form.person.surname")
        (tmp_path / "northmere" / "2026-01.yaml").write_text(wrong, "utf-8")
        with pytest.raises(BadInput, match=r"2 mistakes; the first: .*2026-01.yaml:\d+: recipients\[0\].withhold\[0\]"):
            routings.of_area("northmere", tmp_path)

    def test_of_an_area_begins_with_the_day_in_london(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "northmere").mkdir()
        text = (SHIPPED / "northmere" / "2026-01.yaml").read_text("utf-8").replace(", area: kent-and-medway", "")
        later = text.replace("version: 2026-01\n", "version: 2027-07\n").replace("2026-01-01", "2027-07-01")
        for name, written in (("2026-01", text), ("2027-07", later)):
            (tmp_path / "northmere" / f"{name}.yaml").write_text(written, "utf-8")
        monkeypatch.setattr(clock, "now", lambda: datetime(2027, 6, 30, 23, 30, tzinfo=UTC))
        assert routings.of_area("northmere", tmp_path)["area_version"] == "2027-07"

    def test_proof_fails_when_a_kept_message_says_something_else(self, plane: Callable[..., Plane]) -> None:
        plane(proof={"reference": REFERENCE, "sent": [SENT]})
        done = run("routing", "proof", REFERENCE)
        assert done.exit_code == 0
        assert "matches" in done.output
        plane(proof={"reference": REFERENCE, "sent": [SENT | {"verdict": "differs"}]})
        assert run("routing", "proof", REFERENCE, "--json").exit_code == 1
