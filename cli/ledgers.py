"""`throughline ledger`: one referral's ledger, lines of all ledgers, and what the daily counts found."""

# ruff: noqa: FBT002, PLC0415  as in cli/main.py

import json
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from cli import console
from cli.errors import BadInput
from cli.options import AsJson, State
from contracts.vocabulary import LineState, Team

LATE, ALL = "late", "all"
REACHED = (LATE, ALL, *map(str, LineState))


def ledger(  # noqa: PLR0913, PLR0917  each is an option of the command
    state: State,
    reference: Annotated[
        str, typer.Argument(help="Such as KM-7F3K-92QM; left away, lines of all referrals are listed.", metavar="[REF]")
    ] = "",
    wait: Annotated[
        float, typer.Option("--wait", help="Wait up to this many seconds until every line is done.", min=0)
    ] = 0,
    acknowledged: Annotated[
        bool, typer.Option("--acknowledged", help="Done means that people acknowledged, wherever somebody must.")
    ] = False,
    team: Annotated[str, typer.Option("--team", help="Lines of one team only, such as gateway.")] = "",
    reached: Annotated[str, typer.Option("--reached", help=f"Lines that are {', '.join(REACHED)}.")] = LATE,
    reconciliation: Annotated[bool, typer.Option("--reconciliation", help="What the daily counts found.")] = False,
    day: Annotated[str, typer.Option("--day", help="The counts of one day, such as 2026-11-20.")] = "",
    only_open: Annotated[bool, typer.Option("--open", help="Counts whose difference nobody has explained.")] = False,
    explain: Annotated[str, typer.Option("--explain", help="Explain a difference, by its id.", metavar="ID")] = "",
    reason: Annotated[str, typer.Option("--reason", help="What the difference is; the audit keeps it.")] = "",
    as_json: AsJson = False,
) -> None:
    """Show how far a referral got with every team; exit code 0 when every required line is done.

    Without a reference: the lines of all referrals, late ones unless --reached
    names others. With --reconciliation: what the daily counts found, and exit
    code 1 while a difference is open.

    Example: throughline ledger KM-7F3K-92QM --wait 10
    """
    if reconciliation or explain:
        _reconciliation(state, _query(day, only_open=only_open), explain, reason, as_json=as_json)
    elif reference:
        _one(reference, state, wait, acknowledged=acknowledged, as_json=as_json)
    else:
        _lines(state, team, reached, as_json=as_json)


def _one(reference: str, state: Path, wait: float, *, acknowledged: bool, as_json: bool) -> None:
    from cli.commands import follow

    entry, done = follow.ledger(reference, state, wait=wait, acknowledged=acknowledged)
    if as_json:
        print(json.dumps(entry, indent=1))
    else:
        console.show(console.ledger(entry))
    if not done:
        console.fail(
            f"Not every required team has {'acknowledged' if acknowledged else 'stored'} {entry['reference']} yet: "
            "add --wait SECONDS, or look at `throughline parked list`."
        )
        raise typer.Exit(1)


def _lines(state: Path, team: str, reached: str, *, as_json: bool) -> None:
    from cli.commands import counting

    if team and team not in set(Team):
        message = f"There is no team {team!r}: the teams are {', '.join(Team)}."
        raise BadInput(message)
    if reached not in REACHED:
        message = f"Lines are {', '.join(REACHED)}: choose one of these for --reached."
        raise BadInput(message)
    found = counting.lines(state, team, reached)
    if as_json:
        print(json.dumps(found, indent=1))
        return
    if found["lines"]:
        console.show(counting.lines_table(found))
    else:
        console.say("No line is late." if reached == LATE else "There is no such line.")
    if found["after"]:
        console.say("There are more: narrow the list with --team or --reached, or see the intake desk.")


def _query(day: str, *, only_open: bool) -> dict[str, str]:
    try:
        wanted = date.fromisoformat(day).isoformat() if day else ""
    except ValueError:
        message = f"{day!r} is not a day: write it like 2026-11-20."
        raise BadInput(message) from None
    return {"day": wanted, "state": "open" if only_open else ""}


def _reconciliation(state: Path, query: dict[str, str], explain: str, reason: str, *, as_json: bool) -> None:
    from cli.commands import counting

    if explain:
        if not reason.strip():
            message = 'Say what the difference is, with --reason "…": the audit keeps it.'
            raise BadInput(message)
        line: dict[str, Any] = counting.explain(state, explain, reason)
        print(json.dumps(line, indent=1))
        return
    found = counting.counts(state, query)
    if as_json:
        print(json.dumps(found, indent=1))
    elif found["lines"]:
        console.show(counting.counts_table(found))
    else:
        console.say("Nothing has been counted yet." if not any(query.values()) else "There is no such count.")
    if found["open"]:
        many = "1 difference is" if found["open"] == 1 else f"{found['open']} differences are"
        console.fail(f"{many} open: see docs/runbooks/reconciliation-different.md.")
        raise typer.Exit(1)
