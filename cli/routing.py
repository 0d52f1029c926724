"""`throughline routing`: who gets what of a referral and why, and what was sent with its proof."""

# ruff: noqa: FBT002, PLC0415  as in cli/main.py

import json
from pathlib import Path
from typing import Annotated

import typer

from cli import console
from cli.errors import BadInput
from cli.options import AsJson, Reference, State

routing = typer.Typer(
    no_args_is_help=True,
    help="Who gets what of a referral, and what was sent. Example: throughline routing preview --area kent-and-medway",
)


@routing.command("preview")
def preview(
    state: State,
    reference: Annotated[str, typer.Argument(help="A referral, such as KM-7F3K-92QM.", metavar="[REF]")] = "",
    area: Annotated[str, typer.Option("--area", help="An area's file instead: what a full form would send.")] = "",
    directory: Annotated[
        Path | None, typer.Option("--directory", help="The folder of area files; the shipped ones when left away.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Also the fields that a contract does not have.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show field by field what each recipient gets, what is withheld and why; never a value.

    Example: throughline routing preview --area kent-and-medway
    """
    from cli.commands import routings

    if bool(reference) == bool(area):
        message = "Name a referral, or an area's file with --area: one of the two."
        raise BadInput(message)
    found = routings.of_area(area, directory) if area else routings.of_referral(reference, state)
    if as_json:
        print(json.dumps(found, indent=1))
        return
    for audience in found["audiences"]:
        console.show(routings.audience_table(audience, every=every))


@routing.command("proof")
def proof(
    reference: Reference,
    state: State,
    as_json: AsJson = False,
) -> None:
    """Show what was sent to whom, each with its digest; exit code 1 when what is kept has another digest.

    Example: throughline routing proof KM-7F3K-92QM
    """
    from cli.commands import routings

    found = routings.proof(reference, state)
    if as_json:
        print(json.dumps(found, indent=1))
    else:
        console.show(routings.proof_table(found))
    if any(each["verdict"] == "differs" for each in found["sent"]):
        console.fail("A kept message says something else than was announced: secure copies, and tell the auditor.")
        raise typer.Exit(1)
