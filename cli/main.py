"""The command `throughline`: every command with its options, its help and its example."""

# ruff: noqa: FBT002, PLC0415
# Switches are booleans, and a command loads only what it needs, because loading everything takes seconds.

import importlib
import importlib.util
import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from chassis.errors import ThroughlineError
from cli import console
from cli.blank import blank_form
from cli.erasure import erase
from cli.errors import BadInput, Refused
from cli.ledgers import ledger
from cli.mail_digest import mail_digest
from cli.options import AsJson, DryRun, Reason, Reference, State
from cli.partner import partner
from cli.routing import routing
from cli.state import default_state

commands = typer.Typer(
    name="throughline",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="One audited pathway from a Prevent referral to every team that must act on it.",
)
parked = typer.Typer(
    no_args_is_help=True,
    help="Messages that a service could not handle: list, show, retry, discard. Example: throughline parked list",
)
audit = typer.Typer(
    no_args_is_help=True,
    help="The audit chains of every service: verify them, or export them. Example: throughline audit verify",
)
commands.add_typer(parked, name="parked")
commands.add_typer(audit, name="audit")
commands.add_typer(partner, name="partner")
commands.add_typer(routing, name="routing")

Service = Annotated[str, typer.Option("--service", help="One service; all of them when left away.")]


@commands.command()
def up(
    state: Annotated[
        Path | None,
        typer.Option("--state", help="The state folder; .throughline when left away.", metavar="DIR"),
    ] = None,
    real: Annotated[
        bool,
        typer.Option("--real", help="Real data: no demonstration sign-in, samples or clock."),
    ] = False,
    no_samples: Annotated[bool, typer.Option("--no-samples", help="Do not send the sample referrals.")] = False,
    ephemeral: Annotated[
        bool,
        typer.Option("--ephemeral", help="Throwaway data on free ports, removed at the end; without --state."),
    ] = False,
    bus: Annotated[
        str,
        typer.Option("--bus", help="Another bus than the embedded one: kafka://admin:password@host:port."),
    ] = "",
    ready_file: Annotated[
        Path | None,
        typer.Option("--ready-file", help="Written with the addresses once ready."),
    ] = None,
) -> None:
    """Start everything on this machine and keep it running until Ctrl-C.

    Example: throughline up --state /var/lib/throughline --no-samples
    """
    from cli.commands import up as ups

    if ephemeral and state:
        message = "--ephemeral keeps nothing and --state names where to keep it: leave one of them away."
        raise BadInput(message)
    folder = state or default_state()
    ups.run(ups.Wishes(folder, "real" if real else "demo", not no_samples, ephemeral, bus, ready_file))


@commands.command()
def submit(
    files: Annotated[
        list[Path],
        typer.Argument(help=".json, .docx, .pdf or .eml files.", metavar="FILE..."),
    ],
    state: State,
    as_json: AsJson = False,
) -> None:
    """Send referrals from files through the matching door, and print their references.

    Example: throughline submit samples/boy-of-nine-thanet.docx
    """
    from cli.commands import submit as submissions

    sent = []
    try:
        for each in submissions.run(files, state):
            sent.append({"file": each.file, "door": each.door, "reference": each.reference})
            if not as_json:
                console.say(f"{each.reference}  {each.door:<4}  {each.file}")
    finally:  # one that is refused hides no reference that an earlier one was given
        if as_json:
            print(json.dumps(sent, indent=1))


commands.command("blank-form")(blank_form)
commands.command()(ledger)
commands.command("mail-digest")(mail_digest)


@commands.command()
def trace(reference: Reference, state: State) -> None:
    """Show the way a referral took as a tree of spans.

    Example: throughline trace KM-7F3K-92QM
    """
    from cli.commands import follow

    console.out.print(follow.trace(reference, state))


@parked.command("list")
def parked_list(state: State, service: Service = "", as_json: AsJson = False) -> None:
    """List what is parked, in one service or in all.

    Example: throughline parked list --service triage
    """
    from cli.commands import repair

    found = list(repair.listed(state, service))
    if as_json:
        print(json.dumps([{"service": each.service, **each.facts} for each in found], indent=1))
        return
    made = console.table("Parked messages", "service", "id", "type", "subject", "cause", "tries")
    for each in found:
        made.add_row(
            each.service,
            *(str(each.facts.get(key, "")) for key in ("id", "type", "subject", "cause", "tries")),
        )
    console.show(made) if found else console.say("Nothing is parked.")


@parked.command("show")
def parked_show(identity: Annotated[str, typer.Argument(metavar="ID")], state: State) -> None:
    """Show one parked message: its envelope and the cause, never its content.

    Example: throughline parked show 0193f7c2-0000-7000-8000-000000000000
    """
    from cli.commands import repair

    entry = repair.found(state, identity)
    print(json.dumps({"service": entry.service, **entry.facts}, indent=1))


@parked.command("retry")
def parked_retry(
    identity: Annotated[str, typer.Argument(metavar="ID")],
    state: State,
    reason: Reason,
    dry_run: DryRun = False,
) -> None:
    """Handle a parked message again, in its order.

    Example: throughline parked retry ID --reason "area file corrected"
    """
    from cli.commands import repair

    print(json.dumps(repair.decide(state, identity, "retry", reason=reason, dry_run=dry_run), indent=1))


@parked.command("discard")
def parked_discard(
    identity: Annotated[str, typer.Argument(metavar="ID")],
    state: State,
    reason: Reason,
    dry_run: DryRun = False,
) -> None:
    """Give a parked message up for good, so that those behind it go on.

    Example: throughline parked discard ID --reason "duplicate of a paper form" --dry-run
    """
    from cli.commands import repair

    print(json.dumps(repair.decide(state, identity, "discard", reason=reason, dry_run=dry_run), indent=1))


@commands.command()
def replay(  # noqa: PLR0913, PLR0917  each is an option of the command
    state: State,
    topic: Annotated[str, typer.Option("--topic", help="Such as intake.police.v1.")] = "",
    subject: Annotated[str, typer.Option("--subject", help="A referral's reference or id.")] = "",
    since: Annotated[str, typer.Option("--since", help="ISO time, such as 2026-01-31T09:00:00Z.")] = "",
    until: Annotated[str, typer.Option("--until", help="ISO time.")] = "",
    wait: Annotated[float, typer.Option("--wait", help="Follow it for so many seconds at most.", min=0)] = 60,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Publish events again from the outboxes; whoever already has them answers again and does nothing twice.

    Example: throughline replay --topic intake.police.v1 --since 2026-01-31T09:00:00Z --dry-run
    """
    from cli.commands import replay as replays

    window = replays.Window(topic, subject, since, until)
    with console.progress() as progress:
        task = progress.add_task("Asking the publishers", total=None)
        outcomes = replays.run(
            state, window, dry_run=dry_run, wait=wait, tell=lambda words: progress.update(task, description=words)
        )
    if as_json:
        print(json.dumps(replays.as_json(outcomes), indent=1))
    else:
        shown = replays.plan(outcomes) if dry_run else replays.done(outcomes)
        if shown.row_count:
            console.show(shown)
        for sentence in replays.words(outcomes):
            console.say(sentence)
    for complaint in (each for outcome in outcomes for each in replays.complaints(outcome)):
        console.fail(complaint)
    if not all(outcome.good for outcome in outcomes):
        raise typer.Exit(1)


commands.command()(erase)


@audit.command("verify")
def audit_verify(
    state: State,
    export: Annotated[
        Path | None,
        typer.Option("--export", help="Verify this export, offline.", metavar="FILE"),
    ] = None,
) -> None:
    """Check that no audit row was changed, removed or rewritten; exit code 1 when one was.

    Example: throughline audit verify --export audit.ndjson
    """
    from cli.commands import audit as audits

    chains = audits.exported(export) if export else audits.fetched(state)
    strange = audits.strangers(chains, state)
    for service in strange:
        console.fail(f"{service}: the export was signed with another key than the one that this installation knows.")
    found = audits.verified(chains)
    for service, result in found.items():
        console.say(
            f"{service}: {result.entries} entries, vouched to {result.vouched_to}, {'good' if result.ok else 'BAD'}."
        )
        for problem in result.problems:
            console.fail(f"{service}: {problem}")
    if strange or not all(result.ok for result in found.values()):
        raise typer.Exit(1)


@audit.command("export")
def audit_export(file: Annotated[Path, typer.Argument(metavar="FILE")], state: State) -> None:
    """Write the audit of every service and monitor's checkpoints into one file, to be verified anywhere.

    Example: throughline audit export audit.ndjson
    """
    from cli.commands import audit as audits

    chains = audits.fetched(state)
    audits.export(chains, file)
    console.say(f"{sum(len(chain.entries) for chain in chains.values())} entries are in {file}.")


@commands.command(context_settings={"ignore_unknown_options": True})
def clock(
    state: State,
    change: Annotated[
        str,
        typer.Argument(help="+6months, -2days, +3hours or reset; nothing to read it."),
    ] = "",
    service: Annotated[
        str,
        typer.Option("--service", help="Move this service's time alone, as a fault."),
    ] = "",
) -> None:
    """Show or move the business time of a demonstration.

    Example: throughline clock +6months
    """
    from cli.commands import clock as clocks

    moved = clocks.run(change, state, service)
    console.say(f"Business time is {moved:%Y-%m-%d %H:%M} UTC{f' in {service}' if service else ''}.")


@commands.command()
def doctor(state: State) -> None:
    """Say what is wrong here and how to mend it; exit code 1 when anything is.

    Example: throughline doctor
    """
    from cli.commands import doctor as doctors

    findings = []
    for finding in doctors.run(state):
        findings.append(finding)
        console.say(f"{'ok   ' if finding.well else 'WRONG'} {finding.what:<9} {finding.words}")
    if not all(finding.well for finding in findings):
        raise typer.Exit(1)


@commands.command()
def bench(
    only: Annotated[str, typer.Option("--only", help="One benchmark, or several with commas.", metavar="NAME")] = "",
    rounds: Annotated[int, typer.Option("--rounds", help="So many rounds, of which the median counts.", min=1)] = 5,
    scale: Annotated[
        float, typer.Option("--scale", help="Below 1 is a quick look, whose results are not kept.", min=0.0001, max=1)
    ] = 1.0,
) -> None:
    """Measure this machine against its peers into bench/results.json.

    Example: throughline bench --only relay
    """
    if importlib.util.find_spec("bench") is None:
        message = "The benchmarks are not installed here: run the command from the project's own folder."
        raise BadInput(message)
    runner, frame = importlib.import_module("bench.run"), importlib.import_module("bench.frame")
    try:
        names = runner.chosen(only)
    except runner.UnknownBenchmark as error:
        raise BadInput(str(error)) from None
    try:
        runner.run(names, frame.Settings(rounds, scale))
    except runner.BrokeOff as error:
        console.fail(str(error))
        raise typer.Exit(1) from None


def app() -> None:
    """Run one command; whatever is refused is told in one sentence."""
    try:
        commands()
    except Refused as error:
        console.fail(str(error))
        sys.exit(error.exit_code)
    except ThroughlineError as error:
        console.fail(str(error))
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    app()
