"""`throughline erase`: every service is asked, what is left is named, and the exit code says whether it is finished."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import pytest
from typer.testing import CliRunner

from chassis.ops.erasure import DeletionReceipt
from cli.commands import erasing
from cli.errors import NotRunning, ServiceAnswered
from cli.main import commands
from contracts.catalogue import SERVICES
from contracts.vocabulary import make_reference

REFERENCE = make_reference("KM", lambda letters: letters[3])
OTHER = make_reference("KM", lambda letters: letters[5])
HELD = {"subject": "their-subject", "reference": OTHER, "document": "their-original", "needed": False}
Command = Callable[..., Any]


class Plane:
    """Stands in for every operations plane: intake names who holds the same mail until their originals are erased."""

    def __init__(self) -> None:
        self.orders: list[tuple[str, dict[str, Any]]] = []
        self.shared: list[dict[str, Any]] = []
        self.copies: dict[str, list[dict[str, str]]] = {}
        self.silent: set[str] = set()
        self.needed = False

    def __call__(self, _: object) -> Self:
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def get(self, service: str, path: str) -> dict[str, str]:
        assert (service, path) == ("intake", f"ledger/{REFERENCE}")
        return {"subject": "a-subject"}

    def post(self, service: str, path: str, order: dict[str, Any]) -> dict[str, Any]:
        assert path == "erase"
        self.orders.append((service, order))
        if service in self.silent:
            message = f"{service} does not answer: start it."
            raise NotRunning(message)
        if "document" in order and self.needed:
            message = "intake: Nobody has completed it yet."
            raise ServiceAnswered(message)
        if "document" in order and service == "intake" and not order["dry_run"]:
            self.shared.clear()
        held = list(self.shared) if service == "intake" else []
        counts = dict.fromkeys(("documents", "events", "held", "parked"), 1)
        sentence = "Not finished: `throughline erase REF --shared-original`." if held else "Nothing is left."
        copies = self.copies.get(order["subject"], []) if service == "channel" else []
        return {"service": service, **counts, "still_held": held, "copies": copies, "sentence": sentence}


@pytest.fixture
def plane(monkeypatch: pytest.MonkeyPatch) -> Plane:
    one = Plane()
    monkeypatch.setattr("cli.clients.Operator.of", lambda _: None)
    monkeypatch.setattr(erasing, "Operations", one)
    return one


@pytest.fixture
def command(tmp_path: Path) -> Command:
    def run(*words: str) -> Any:
        return CliRunner().invoke(
            commands, ["erase", REFERENCE, "--state", str(tmp_path), "--reason", "right 7", *words]
        )

    return run


class TestErase:
    def test_asks_every_service_and_is_finished(self, plane: Plane, command: Command) -> None:
        done = command()
        assert done.exit_code == 0, done.output
        assert "Nothing is left." in done.output
        assert {service for service, _ in plane.orders} == set(SERVICES)
        assert all(
            order == {"subject": "a-subject", "reason": "right 7", "dry_run": False} for _, order in plane.orders
        )

    def test_names_who_holds_the_same_mail_and_is_not_finished(self, plane: Plane, command: Command) -> None:
        plane.shared.append(HELD)
        done = command()
        assert done.exit_code == 1
        assert f"throughline erase {REFERENCE} --shared-original" in done.output
        assert all("document" not in order for _, order in plane.orders)

    def test_erases_the_shared_original_everywhere_and_is_finished(self, plane: Plane, command: Command) -> None:
        plane.shared.append(HELD)
        done = command("--shared-original", "--json")
        assert done.exit_code == 0, done.output
        asked = [(service, order["subject"]) for service, order in plane.orders if order.get("document")]
        assert {service for service, _ in asked} == set(SERVICES)
        assert {subject for _, subject in asked} == {"their-subject"}
        assert json.loads(done.output)["finished"] is True

    def test_leaves_an_original_everywhere_that_intake_does_not_part_with(self, plane: Plane, command: Command) -> None:
        plane.shared.append(HELD)
        plane.needed = True
        done = command("--shared-original")
        assert done.exit_code == 1
        assert "Nobody has completed it yet." in done.output
        assert [service for service, order in plane.orders if order.get("document")] == ["intake"]

    def test_keeps_an_original_at_intake_until_everybody_else_has_erased_it(
        self, plane: Plane, command: Command
    ) -> None:
        plane.shared.append(HELD)
        plane.silent.add("channel")
        assert command("--shared-original").exit_code == 1
        plane.silent.clear()
        plane.orders.clear()
        done = command("--shared-original")
        assert done.exit_code == 0, done.output
        asked = [service for service, order in plane.orders if "document" in order and not order["dry_run"]]
        assert set(asked) == set(SERVICES)
        assert asked[-1] == "intake"

    def test_erases_the_copies_that_other_panels_have_and_the_copies_of_those(
        self, plane: Plane, command: Command
    ) -> None:
        plane.copies = {
            "a-subject": [{"subject": "a-copy", "reference": OTHER}],
            "a-copy": [
                {"subject": "a-copy-of-it", "reference": OTHER},
                {"subject": "a-subject", "reference": REFERENCE},
            ],
        }
        done = command()
        assert done.exit_code == 0, done.output
        assert f"the copy {OTHER}" in " ".join(done.output.split())
        for subject in ("a-subject", "a-copy", "a-copy-of-it"):
            asked = [service for service, order in plane.orders if order["subject"] == subject]
            assert sorted(asked) == sorted(SERVICES)

    def test_is_not_finished_while_a_copy_stands_or_another_holds_the_same_mail(
        self, plane: Plane, command: Command
    ) -> None:
        plane.copies = {"a-subject": [{"subject": "a-copy", "reference": OTHER}]}
        plane.shared.append(HELD)
        done = command("--json")
        assert done.exit_code == 1
        assert json.loads(done.output)["finished"] is False
        plane.shared.clear()
        plane.silent.add("notify")
        assert command("--json").exit_code == 1

    def test_goes_on_where_one_is_silent_and_is_not_finished(self, plane: Plane, command: Command) -> None:
        plane.silent.add("triage")
        done = command()
        assert done.exit_code == 1
        assert "triage does not answer" in done.output
        assert "Once that is mended, send the same order again." in done.output
        assert len(plane.orders) == len(SERVICES)

    def test_of_a_dry_run_says_that_nothing_was_erased(self, plane: Plane, command: Command) -> None:
        done = command("--dry-run")
        assert done.exit_code == 0
        assert "Nothing was erased" in done.output
        assert all(order["dry_run"] for _, order in plane.orders)

    def test_wants_a_reason(self) -> None:
        assert CliRunner().invoke(commands, ["erase", REFERENCE]).exit_code == 2


def test_the_receipt_has_the_counts_that_the_table_shows() -> None:
    assert {"documents", "events", "held", "parked", "service", "still_held", "copies"} <= set(
        DeletionReceipt.__annotations__
    )
