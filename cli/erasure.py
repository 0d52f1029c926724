"""`throughline erase`: erase a referral in every service, and say what is left of it and where."""

# ruff: noqa: FBT002, PLC0415  as in cli/main.py

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from cli import console
from cli.state import default_state


def erase(
    reference: Annotated[str, typer.Argument(help="Such as KM-7F3K-92QM.", metavar="REF")],
    state: Annotated[
        Path, typer.Option("--state", help="The state folder.", metavar="DIR", default_factory=default_state)
    ],
    reason: Annotated[str, typer.Option("--reason", help="Why; the audit keeps it for ever, so name no person.")],
    shared_original: Annotated[
        bool,
        typer.Option(
            "--shared-original",
            help="Also the originals of others that are the same mail; their forms and versions stay.",
        ),
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be erased, and erase nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
) -> None:
    """Erase a referral in every service, for good; exit code 1 while anything of it is left.

    Sending the same order again does no harm, and finishes what was interrupted.

    Example: throughline erase KM-7F3K-92QM --reason "rights request 7" --dry-run
    """
    from cli.commands import erasing

    found = erasing.run(state, reference, reason, shared=shared_original, dry_run=dry_run)
    if as_json:
        content = {"reference": found.reference, "receipts": found.receipts, "refusals": found.refusals}
        print(json.dumps({**content, "finished": found.finished}, indent=1))
    elif found.receipts:
        console.show(erasing.table(found, dry_run=dry_run))
        _tell(found.last_of_intake, found.reference, dry_run=dry_run)
    for refusal in found.refusals:
        console.fail(f"{refusal} Then send the same order again.")
    if not found.finished and not dry_run:
        raise typer.Exit(1)


def _tell(receipt: Mapping[str, Any], reference: str, *, dry_run: bool) -> None:
    if receipt["still_held"]:
        console.fail(str(receipt["sentence"]).replace("REF", reference))
    else:
        console.say("Nothing was erased: this was a dry run." if dry_run else str(receipt["sentence"]))
