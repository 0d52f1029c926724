"""The options that commands share, so that each means and says the same everywhere."""

from pathlib import Path
from typing import Annotated

import typer

from cli.state import default_state

State = Annotated[
    Path,
    typer.Option(
        "--state",
        help="The state folder; THROUGHLINE_STATE or .throughline when left away.",
        metavar="DIR",
        default_factory=default_state,
        show_default=False,
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; the audit keeps it for ever, so name no person.")]
Reference = Annotated[str, typer.Argument(help="Such as KM-7F3K-92QM.", metavar="REF")]
