"""`throughline erase`: erase a referral in every service, and say what is left of it and where."""

# ruff: noqa: FBT002, PLC0415  as in cli/main.py

import json
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from cli import console
from cli.options import AsJson, DryRun, Reason, Reference, State

KEYS_GONE = "Every service that answered has deleted its key, and with it what the key sealed."


def erase(
    reference: Reference,
    state: State,
    reason: Reason,
    shared_original: Annotated[
        bool,
        typer.Option(
            "--shared-original",
            help="Also the originals of others that are the same mail; their forms and versions stay.",
        ),
    ] = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
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
        console.fail(f"{refusal} Once that is mended, send the same order again.")
    if not found.finished and not dry_run:
        raise typer.Exit(1)


def _tell(receipt: Mapping[str, Any], reference: str, *, dry_run: bool) -> None:
    if dry_run:
        console.say("Nothing was erased: this was a dry run.")
    if receipt["still_held"]:
        console.fail(str(receipt["sentence"]).replace("REF", reference))
    elif not dry_run:
        console.say(f"{KEYS_GONE} {receipt['sentence']}")
