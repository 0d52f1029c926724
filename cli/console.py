"""What people see on the terminal: tables on a screen, plain lines everywhere else."""

import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from cli.ports import HOST, PROVIDER, SMTP, Ports
from cli.staff import StaffMember
from contracts.catalogue import SERVICES

PURPOSES = {
    "intake": "public referral form, partner API, intake desk",
    "triage": "police: Gateway team and intelligence unit",
    "channel": "local authority: Channel cases",
    "notify": "social care front doors: inbox, deliveries",
    "stats": "board: anonymised figures",
    "monitor": "operations and data protection",
}
STEPS = ("sent", "stored", "delivered", "undelivered", "seen", "acknowledged", "parked", "waived", "erased")
PLAIN_WIDTH = 160

out = Console(highlight=False, width=None if sys.stdout.isatty() else PLAIN_WIDTH)
err = Console(stderr=True, highlight=False, soft_wrap=True)


def is_terminal() -> bool:
    """Say whether a person watches standard output."""
    return out.is_terminal


def say(sentence: str) -> None:
    """Tell people one sentence."""
    out.print(Text(sentence), soft_wrap=True)


def show(*tables: Table) -> None:
    """Show tables."""
    for table in tables:
        out.print(table)


def fail(sentence: str) -> None:
    """Tell what is wrong and how to mend it, on standard error."""
    err.print(Text(sentence, style="bold red" if err.is_terminal else ""))


def live() -> Live:
    """Return a part of the screen that is drawn again in place."""
    return Live(console=out, refresh_per_second=2)


def progress() -> Progress:
    """Return a progress display on standard error, silent when nobody watches."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    return Progress(*columns, console=err, transient=True, disable=not err.is_terminal)


def table(title: str, *headings: str) -> Table:
    """Return an empty table with these headings."""
    made = Table(title=title, title_justify="left", title_style="bold", header_style="bold")
    for heading in headings:
        made.add_column(heading, overflow="fold")
    return made


def addresses(ports: Ports) -> Table:
    """Return where everything is."""
    made = table("Addresses", "what", "address", "for")
    for service in SERVICES:
        made.add_row(service, ports.url(service), PURPOSES[service])
    if PROVIDER in ports.by_name:
        made.add_row(PROVIDER, ports.url(PROVIDER), "signs the demonstration staff in")
    made.add_row(SMTP, f"{HOST}:{ports.by_name[SMTP]} (SMTP)", "referral forms by email")
    return made


def people(staff: Sequence[StaffMember], ports: Ports) -> Table:
    """Return the demonstration staff and where each of them signs in."""
    made = table(
        "Demonstration staff (made up; choose Sign in there and pick the person, no password)",
        "person",
        "role",
        "signs in at",
    )
    for member in staff:
        made.add_row(member.name, member.work, ports.url(member.console))
    return made


def partner(credentials: tuple[str, str], ports: Ports) -> Table:
    """Return the demonstration's partner and where its system asks for a token."""
    made = table("Demonstration partner (made up; `throughline submit` uses it)", "client id", "secret", "token from")
    made.add_row(*credentials, f"{ports.url('intake')}/api/v1/token")
    return made


def newest(answer: Any) -> Table:
    """Return the newest referrals, each with how far every team's copy got."""
    made = table("Ledger: the newest referrals", "reference", "teams")
    for entry in answer["ledgers"]:
        made.add_row(
            str(entry["reference"]),
            "  ".join(f"{line['team']}: {line['state']}" for line in entry["lines"]),
        )
    return made


def ledger(entry: Mapping[str, Any]) -> Table:
    """Return one referral's ledger: a line per team, and when its copy reached each step that any has reached."""
    reached = [step for step in STEPS if any(line.get(f"{step}_at") for line in entry["lines"])]
    made = table(
        f"Ledger of {entry['reference']} (times are UTC)",
        "team",
        "service",
        "required",
        "state",
        *reached,
    )
    for line in entry["lines"]:
        times = [moment(line.get(f"{step}_at")) for step in reached]
        made.add_row(
            line["team"],
            line.get("service", ""),
            "yes" if line.get("required", True) else "no",
            line["state"],
            *times,
        )
    return made


def moment(value: object) -> str:
    """Return an ISO time as people read it, in UTC; a dash where there is none."""
    return f"{datetime.fromisoformat(str(value)).astimezone(UTC):%Y-%m-%d %H:%M:%S}" if value else "-"
