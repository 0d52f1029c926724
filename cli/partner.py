"""`throughline partner`: the partners whose systems may refer through the API."""

# ruff: noqa: PLC0415  a command loads only what it needs, because loading everything takes seconds

import json
from typing import Annotated

import typer

from cli import console
from cli.options import AsJson, Reason, State

partner = typer.Typer(
    no_args_is_help=True,
    help="The partners whose systems may refer: add, list, renew, revoke. Example: throughline partner list",
)

ClientId = Annotated[str, typer.Argument(help="Such as example-school.", metavar="CLIENT_ID")]


@partner.command("add")
def add(  # noqa: PLR0913, PLR0917  each is an option of the command
    client_id: ClientId,
    state: State,
    organisation: Annotated[str, typer.Option("--organisation", help="Whose system it is.")],
    reason: Reason,
    area: Annotated[list[str], typer.Option("--area", help="Where it works; the first takes an unknown district.")],
    sector: Annotated[str, typer.Option("--sector", help="Such as education, health or police.")] = "other",
    scope: Annotated[
        list[str] | None, typer.Option("--scope", help="refer:write or refer:read; both when left away.")
    ] = None,
    requests: Annotated[int, typer.Option("--requests", help="So many a minute.", min=1)] = 600,
    as_json: AsJson = False,  # noqa: FBT002  a switch
) -> None:
    """Make a partner known, and show its secret this once.

    Example: throughline partner add example-school --organisation "Example School" --area kent-and-medway
    --sector education --reason "agreement of 21 November"
    """
    from cli.commands import partners

    terms = {
        "client_id": client_id,
        "organisation": organisation,
        "sector": sector,
        "areas": area,
        "requests_per_minute": requests,
        "reason": reason,
    }
    _show(partners.add(state, terms | ({"scopes": scope} if scope else {})), as_json=as_json)


@partner.command("list")
def listed(state: State, as_json: AsJson = False) -> None:  # noqa: FBT002  a switch
    """List the partners, never their secrets.

    Example: throughline partner list
    """
    from cli.commands import partners

    found = partners.listed(state)
    if as_json:
        print(json.dumps(found, indent=1))
        return
    made = console.table("Partners", "client id", "organisation", "sector", "areas", "scopes", "a minute", "revoked")
    for each in found:
        many = (", ".join(each["areas"]), " ".join(each["scopes"]), str(each["requests_per_minute"]))
        revoked = console.moment(each["revoked_at"])
        made.add_row(each["client_id"], each["organisation"], each["sector"], *many, revoked)
    console.show(made) if found else console.say("No partner has been added.")


@partner.command("renew")
def renew(client_id: ClientId, state: State, reason: Reason, as_json: AsJson = False) -> None:  # noqa: FBT002  a switch
    """Give a partner another secret, and show it this once; the old one and its tokens end.

    Example: throughline partner renew example-school --reason "secret lost"
    """
    from cli.commands import partners

    _show(partners.decide(state, client_id, "renew", reason), as_json=as_json)


@partner.command("revoke")
def revoke(client_id: ClientId, state: State, reason: Reason) -> None:
    """End a partner: its secret and every token it holds count for nothing within seconds.

    Example: throughline partner revoke example-school --reason "agreement ended"
    """
    from cli.commands import partners

    partners.decide(state, client_id, "revoke", reason)
    console.say(f"{client_id} may not call the API any more.")


def _show(made: dict[str, str], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(made, indent=1))
        return
    console.say(f"client id  {made['client_id']}")
    console.say(f"secret     {made['client_secret']}")
    console.say("The secret is shown this once: hand it over by a safe way, and keep it nowhere else.")
