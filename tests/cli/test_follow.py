"""The ledger's exit code and the tree of spans."""

from collections.abc import Mapping
from pathlib import Path
from typing import Self

import pytest
from rich.console import Console

from cli import console
from cli.commands import follow
from contracts.vocabulary import make_reference

REFERENCE = make_reference("KM", lambda letters: letters[3])


class Answers:
    """Stands in for the services: answers what it was given, by service."""

    def __init__(self, **by_service: object) -> None:
        self.by_service = by_service

    def __call__(self, _: object) -> "Answers":
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def get(self, service: str, _: str) -> object:
        return self.by_service[service]


def ledger_with(*lines: Mapping[str, object]) -> dict[str, object]:
    """A ledger as intake sends it."""
    return {"reference": REFERENCE, "correlation_id": "c", "lines": list(lines)}


@pytest.fixture(autouse=True)
def nobody_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """No operator's file is read."""
    monkeypatch.setattr("cli.clients.Operator.of", lambda _: None)


class TestLedger:
    @pytest.mark.parametrize(
        ("states", "acknowledged", "done"),
        [
            (("stored", "delivered"), False, True),
            (("stored", "sent"), False, False),
            (("stored", "parked"), False, False),
            (("waived", "seen"), False, True),
            (("acknowledged", "seen"), True, False),
            (("acknowledged", "waived"), True, True),
            (("stored", "erased"), False, True),
            (("acknowledged", "erased"), True, True),
        ],
    )
    def test_is_done_when_every_required_line_is(
        self, monkeypatch: pytest.MonkeyPatch, states: tuple[str, ...], *, acknowledged: bool, done: bool
    ) -> None:
        asked = {"required": True, "acknowledge_by": "2026-11-23T17:00:00+00:00"}
        lines = [{"team": str(number), "state": state, **asked} for number, state in enumerate(states)]
        optional = {"team": "optional", "state": "sent", "required": False, "acknowledge_by": None}
        monkeypatch.setattr(follow, "Operations", Answers(intake=ledger_with(*lines, optional)))
        assert follow.ledger(REFERENCE, Path(), wait=0, acknowledged=acknowledged)[1] is done

    @pytest.mark.parametrize(("state", "done"), [("stored", True), ("sent", False)])
    def test_waits_for_nobodys_acknowledgement_where_nobody_must(
        self, monkeypatch: pytest.MonkeyPatch, state: str, *, done: bool
    ) -> None:
        acted = {
            "team": "imu",
            "state": "acknowledged",
            "required": True,
            "acknowledge_by": "2026-11-23T17:00:00+00:00",
        }
        counted = {"team": "statistics", "state": state, "required": True, "acknowledge_by": None}
        monkeypatch.setattr(follow, "Operations", Answers(intake=ledger_with(acted, counted)))
        assert follow.ledger(REFERENCE, Path(), wait=0, acknowledged=True)[1] is done

    def test_shows_the_date_of_every_time(self) -> None:
        line = {"team": "imu", "state": "stored", "required": True, "stored_at": "2026-11-21T00:30:00+01:00"}
        screen = Console(width=200)
        with screen.capture() as shown:
            screen.print(console.ledger(ledger_with(line)))
        assert "2026-11-20 23:30:00" in shown.get()
        assert "UTC" in shown.get()

    def test_is_never_done_without_a_line(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(follow, "Operations", Answers(intake=ledger_with()))
        assert follow.ledger(REFERENCE, Path(), wait=0, acknowledged=False)[1] is False


class TestTrace:
    def test_hangs_every_span_under_its_parent_even_when_some_are_lost(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def span(name: str, parent: str | None) -> dict[str, object]:
            times = {"started_at": "2026-01-05T09:00:00Z", "duration_ms": 1.5, "status": "ok"}
            return {"span_id": name, "parent_span_id": parent, "service": "triage", "name": name, **times}

        spans = [
            span("child", "root"),
            span("root", None),
            span("orphan", "lost"),
            span("loop-a", "loop-b"),
            span("loop-b", "loop-a"),
        ]
        monkeypatch.setattr(follow, "Operations", Answers(intake=ledger_with(), monitor={"spans": spans}))
        screen = Console(width=100)
        with screen.capture() as shown:
            screen.print(follow.trace(REFERENCE, Path()))
        lines = shown.get().splitlines()
        depth = {
            name: line.index("triage") for line in lines for name in ("root", "child", "orphan") if f" {name} " in line
        }
        assert depth["child"] > depth["root"] == depth["orphan"]
