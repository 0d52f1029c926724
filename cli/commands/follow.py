"""`throughline ledger` and `throughline trace`: where one referral is, and the way it took."""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.tree import Tree

from cli import console
from cli.clients import Operations, Operator
from cli.errors import BadInput, ServiceAnswered
from contracts.vocabulary import is_reference, tidy_reference

POLL_SECONDS = 0.5
# What counts as done: a waived or erased line needs nobody, and whoever acted has it stored.
ACKNOWLEDGED = frozenset({"acknowledged", "waived", "erased"})
STORED = ACKNOWLEDGED | {"stored", "delivered", "undelivered", "seen"}


def checked(reference: str) -> str:
    """Return a reference in its one form; BadInput when its check character says that it was mistyped."""
    found = tidy_reference(reference)
    if not is_reference(found):
        message = f"{reference!r} is not a reference: copy it from the receipt, it looks like KM-7F3K-92QM."
        raise BadInput(message)
    return found


def ledger(reference: str, state: Path, *, wait: float, acknowledged: bool) -> tuple[Mapping[str, Any], bool]:
    """Return a referral's ledger and whether every required line is done, waiting up to `wait` seconds for that.

    With `acknowledged`, lines that somebody must acknowledge are done when somebody has; the others when stored.
    """
    path = f"ledger/{checked(reference)}"
    until = time.monotonic() + wait
    with Operations(Operator.of(state)) as operations, console.progress() as progress:
        progress.add_task("Waiting for the teams" if wait else "Asking intake", total=None)
        while True:
            entry: Mapping[str, Any] = operations.get("intake", path)
            done = all(_done(line, acknowledged=acknowledged) for line in entry["lines"] if line["required"])
            if done or time.monotonic() >= until:
                return entry, done and bool(entry["lines"])
            time.sleep(POLL_SECONDS)


def _done(line: Mapping[str, Any], *, acknowledged: bool) -> bool:
    return line["state"] in (ACKNOWLEDGED if acknowledged and line["acknowledge_by"] else STORED)


def trace(reference: str, state: Path) -> Tree:
    """Return a referral's way as a tree of spans; ServiceAnswered when monitor holds none."""
    with Operations(Operator.of(state)) as operations:
        entry = operations.get("intake", f"ledger/{checked(reference)}")
        spans = operations.get("monitor", f"traces/{entry['correlation_id']}")["spans"]
    if not spans:
        message = f"Monitor holds no spans of {reference}, which are a sample: look at its ledger, which is complete."
        raise ServiceAnswered(message)
    return _tree(reference, spans)


def _tree(reference: str, spans: Sequence[Mapping[str, Any]]) -> Tree:
    """Hang every span under its parent; one whose parent was not kept hangs under the referral itself."""
    root = Tree(f"[bold]{reference}[/bold]")
    known = {span["span_id"] for span in spans}
    nodes: dict[str, Tree] = {}
    waiting = sorted(spans, key=lambda span: str(span["started_at"]))
    while waiting:
        left = []
        for span in waiting:
            parent = nodes.get(span["parent_span_id"]) if span.get("parent_span_id") in known else root
            if parent is None:
                left.append(span)
            else:
                nodes[span["span_id"]] = parent.add(_words(span))
        if len(left) == len(waiting):
            break
        waiting = left
    return root


def _words(span: Mapping[str, Any]) -> str:
    status = str(span.get("status") or "")
    failed = f"  {status}" if status.lower() not in {"", "ok", "unset"} else ""
    return f"{span['service']:<8} {span['name']}  {float(span['duration_ms']):.1f} ms{failed}"
