"""`throughline up`: everything on this machine, supervised, until Ctrl-C."""

import asyncio
import contextlib
import json
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import samples
from cli import bus, console, ports, staff, system
from cli.clients import Operations, Operator
from cli.errors import BadInput, Refused, StartFailed
from cli.ports import HOST, PROVIDER, SMTP
from cli.state import Purpose, StateFolder, opened, write_private
from cli.system import Plan, System
from samples import send

LEDGER_SECONDS = 2.0
NEWEST = 10


@dataclass(frozen=True)
class Wishes:
    """What was asked for on the command line."""

    state: Path
    purpose: Purpose
    samples: bool
    ephemeral: bool
    bus_url: str
    ready_file: Path | None


def run(wishes: Wishes) -> None:
    """Start, wait for Ctrl-C or SIGTERM, and stop; refusals say in one sentence what to mend."""
    bus_url = bus.chosen(wishes.bus_url)
    if wishes.ready_file and not os.access(wishes.ready_file.absolute().parent, os.W_OK):
        message = f"{wishes.ready_file} cannot be written: name a file in a folder that you may write to."
        raise BadInput(message)
    if wishes.purpose == "real" and (lacking := system.lacking()):
        message = f"Real use needs {' and '.join(lacking)} in the environment; without --real this is a demonstration."
        raise BadInput(message)
    if not wishes.ephemeral and not wishes.state.exists():
        ports.fixed(demo=wishes.purpose == "demo")  # a refused first start leaves no folder behind
    with (
        _root(wishes) as root,
        opened(root, wishes.purpose, now=datetime.now(UTC)) as folder,
    ):
        choose = ports.free if wishes.ephemeral else ports.fixed
        chosen = choose(demo=wishes.purpose == "demo")
        if wishes.purpose == "demo":
            folder.mail.mkdir(mode=0o700, exist_ok=True)
        plan = Plan(folder, wishes.purpose, chosen, bus_url)
        try:
            asyncio.run(_run(plan, wishes))
        except* Refused as group:
            raise _first(group) from None


def _first(group: BaseException) -> BaseException:
    """Return the first refusal of a group: one sentence is told, not a tree of them."""
    while isinstance(group, BaseExceptionGroup):
        group = group.exceptions[0]
    return group


@contextlib.contextmanager
def _root(wishes: Wishes) -> Iterator[Path]:
    """Yield the state folder; a throwaway one is removed, unless a failed start names a log in it."""
    if not wishes.ephemeral:
        yield wishes.state
        return
    root = Path(tempfile.mkdtemp(prefix="throughline-"))
    failed = False
    try:
        yield root
    except StartFailed:
        failed = True
        raise
    finally:
        if not failed:
            shutil.rmtree(root, ignore_errors=True)


async def _run(plan: Plan, wishes: Wishes) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, stop.set)
    everything = System(plan, console.say)
    try:
        began = time.monotonic()
        if await _unless(stop, everything.start()):
            await _ready(plan, wishes, stop, time.monotonic() - began)
    finally:
        console.say("Stopping.")
        if wishes.ready_file:
            wishes.ready_file.unlink(missing_ok=True)
        await everything.stop()
    console.say("Stopped; the data are kept." if not wishes.ephemeral else "Stopped; the throwaway data are removed.")


async def _unless(stop: asyncio.Event, work: Coroutine[None, None, None]) -> bool:
    """Do the work unless told to stop meanwhile; say whether it was done."""
    task = asyncio.ensure_future(work)
    stopped = asyncio.create_task(stop.wait())
    await asyncio.wait({task, stopped}, return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    if not task.done():
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        return False
    await task
    return True


async def _ready(plan: Plan, wishes: Wishes, stop: asyncio.Event, took: float) -> None:
    """Show where everything is, send the samples once, and show the ledger until told to stop."""
    if plan.purpose == "demo":
        console.show(console.addresses(plan.ports), console.people(staff.load(), plan.ports))
        console.show(console.partner(Operator.of(plan.folder.root).partner, plan.ports))
    else:
        console.show(console.addresses(plan.ports))
    if wishes.ready_file:
        write_private(wishes.ready_file.absolute(), json.dumps(_facts(plan)) + "\n")
    console.say(f"Ready after {took:.1f} seconds; Ctrl-C stops everything.")
    if wishes.samples and plan.purpose == "demo":
        await _unless(stop, _send_samples(plan))
    if console.is_terminal():
        await _unless(stop, _live_ledger(plan))
    else:
        look = f"throughline ledger REF --state {plan.folder.root}"
        console.say(f"The live ledger needs a terminal; `{look}` shows one referral's.")
    await stop.wait()


def _facts(plan: Plan) -> dict[str, object]:
    """Return what a program that started us needs to reach us."""
    return {
        "state": str(plan.folder.root),
        "services": plan.ports.service_urls(),
        "provider": plan.ports.url(PROVIDER) if PROVIDER in plan.ports.by_name else "",
        "smtp": [HOST, plan.ports.by_name[SMTP]],
    }


async def _send_samples(plan: Plan) -> None:
    """Send the samples that were never sent from this state folder, through the real doors."""
    sent = _sent(plan.folder)
    files = [path for path in send.waiting(Path(samples.__file__).parent) if _name(path) not in sent]
    if files:
        console.say(f"Sending {len(files)} sample referrals (synthetic) through the web form, the mailbox and the API.")
    for path in files:
        try:
            outcome = await asyncio.to_thread(send.send_sample, path, doors(plan))
        except send.NotSent as error:
            console.say(str(error))
            continue
        sent[_name(path)] = outcome.reference
        write_private(plan.folder.sent_samples, json.dumps(sent, indent=1) + "\n")
        console.say(f"{outcome.reference}  {outcome.door:<4}  {_name(path)}")


def _name(path: Path) -> str:
    return path.name if path.parent.name != "web" else f"web/{path.name}"


def _sent(folder: StateFolder) -> dict[str, str]:
    try:
        return {
            str(name): str(reference) for name, reference in json.loads(folder.sent_samples.read_text("utf-8")).items()
        }
    except (OSError, ValueError, AttributeError):
        return {}


def doors(plan: Plan) -> send.Doors:
    """Return the doors of a system that was started by this plan, for its demonstration partner."""
    partner = Operator.of(plan.folder.root).partner
    return send.Doors(plan.ports.url("intake"), HOST, plan.ports.by_name[SMTP], partner)


async def _live_ledger(plan: Plan) -> None:
    operator = Operator.of(plan.folder.root)
    with Operations(operator) as operations, console.live() as shown:
        while True:
            try:
                newest = await asyncio.to_thread(operations.get, "intake", "ledger", limit=NEWEST)
                shown.update(console.newest(newest))
            except Refused as error:
                shown.update(str(error))
            await asyncio.sleep(LEDGER_SECONDS)
