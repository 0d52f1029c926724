"""Lines of all ledgers and the daily counts, as intake's operations plane answers them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

from rich.table import Table

from cli import console
from cli.clients import Operations, Operator
from cli.errors import BadInput

MOST_LINES = 200


def lines(state: Path, team: str, reached: str) -> dict[str, Any]:
    """Return lines of the newest referrals, of one team or in one state, or those that are late."""
    with Operations(Operator.of(state)) as operations:
        found: dict[str, Any] = operations.get("intake", "lines", which=reached, team=team, limit=MOST_LINES)
    return found


def lines_table(found: Mapping[str, Any]) -> Table:
    """Return lines as people read them."""
    if found["which"] == "late":
        made = console.table("Late lines (times are UTC)", "reference", "team", "late for", "due", "late by")
        for line in found["lines"]:
            made.add_row(
                line["reference"],
                line["team"],
                line["late_for"] + (", parked" if line["parked"] else ""),
                console.moment(line["due_at"]),
                line["age"],
            )
        return made
    made = console.table("Lines (times are UTC)", "reference", "team", "service", "state", "received", "age", "overdue")
    for line in found["lines"]:
        overdue = "yes" if line["overdue"] else "no"
        received = console.moment(line["received_at"])
        made.add_row(line["reference"], line["team"], line["service"], line["state"], received, line["age"], overdue)
    return made


def counts(state: Path, query: Mapping[str, str]) -> dict[str, Any]:
    """Return the lines of the daily counts."""
    with Operations(Operator.of(state)) as operations:
        found: dict[str, Any] = operations.get("intake", "reconciliation", **query)
    return found


def counts_table(found: Mapping[str, Any]) -> Table:
    """Return the daily counts as people read them."""
    headings = ("day", "area", "what", "at", "accepted", "published", "receipts", "held", "missing", "state", "id")
    made = console.table("Daily counts", *headings)
    for line in found["lines"]:
        held = "no answer" if line["silent"] else _number(line["held"])
        numbers = (str(line["expected"]), _number(line["published"]), _number(line["receipted"]), held)
        place = (line["day"], line["area"], line["measure"], line["recipient"] or "-")
        made.add_row(*place, *numbers, str(line["lacking"]), line["state"], line["id"])
    return made


def explain(state: Path, line_id: str, reason: str) -> dict[str, Any]:
    """Explain a difference and return its line; BadInput for what is no id."""
    try:
        identity = UUID(line_id)
    except ValueError:
        message = f"{line_id!r} is no id: copy it from `throughline ledger --reconciliation`."
        raise BadInput(message) from None
    with Operations(Operator.of(state)) as operations:
        line: dict[str, Any] = operations.post("intake", f"reconciliation/{identity}", {"reason": reason})
    return line


def _number(value: int | None) -> str:
    return "-" if value is None else str(value)
