"""A referral erased in every service with the copies that other panels have, and what is left of it elsewhere."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.table import Table

from cli import console
from cli.clients import Operations, Operator
from cli.commands.follow import checked
from cli.errors import NotRunning, ServiceAnswered
from contracts.catalogue import SERVICES

FIRST = "intake"
"""It knows whose originals are the same mail, and refuses to part with one that is still needed."""


@dataclass
class Erasure:
    """The deletion receipts of one erasure, and the sentence of each service that gave none."""

    reference: str
    receipts: list[Mapping[str, Any]] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)

    @property
    def last_of_intake(self) -> Mapping[str, Any]:
        """The receipt that says what is left now; empty where intake gave none."""
        ours = (each for each in reversed(self.receipts) if not each["copy"])
        return next((each for each in ours if each["service"] == FIRST), {})

    @property
    def copies(self) -> Sequence[Mapping[str, Any]]:
        """The copies that the receipts name."""
        return [copy for each in self.receipts for copy in each.get("copies", ())]

    @property
    def finished(self) -> bool:
        """Say whether every service has erased, and nobody else's original holds the same words."""
        return not self.refusals and not self.last_of_intake.get("still_held")


def run(state: Path, reference: str, reason: str, *, shared: bool, dry_run: bool) -> Erasure:
    """Erase a referral everywhere and, if `shared`, the originals of others that are the same mail.

    A case that was offered to another panel of this installation has a copy there, which is erased everywhere as well.
    Raises BadInput, NotRunning or ServiceAnswered before anything is erased: where intake does not know the referral.
    """
    erasure = Erasure(checked(reference))
    with Operations(Operator.of(state)) as operations:
        order = {"reason": reason, "dry_run": dry_run}
        subject = operations.get(FIRST, f"ledger/{erasure.reference}")["subject"]
        _everywhere(operations, {**order, "subject": subject}, erasure)
        held: Sequence[Mapping[str, Any]] = erasure.last_of_intake.get("still_held", ()) if shared else ()
        for each in held:
            about = {"subject": each["subject"], "document": each["document"]}
            _original(operations, {**order, **about}, erasure, each["reference"])
        _copies(operations, {**order, "subject": subject}, erasure)
    return erasure


def _original(operations: Operations, order: Mapping[str, object], erasure: Erasure, of: str) -> None:
    """Erase an original everywhere; what intake does not part with is asked of nobody else.

    Intake parts with it last, once everybody else has: it is then still known where an interrupted order goes on.
    """
    try:
        operations.post(FIRST, "erase", {**order, "dry_run": True})
    except (NotRunning, ServiceAnswered) as refusal:
        erasure.refusals.append(str(refusal))
        return
    refused = len(erasure.refusals)
    for service in (*(each for each in SERVICES if each != FIRST), FIRST):
        if service != FIRST or len(erasure.refusals) == refused:
            _ask(operations, service, order, erasure, original_of=of)


def _copies(operations: Operations, order: Mapping[str, object], erasure: Erasure) -> None:
    """Erase each copy that a receipt names, and the copies of copies, once each."""
    known = {order["subject"]}
    while new := [each for each in erasure.copies if each["subject"] not in known]:
        for each in new:
            known.add(each["subject"])
            _everywhere(operations, {**order, "subject": each["subject"]}, erasure, copy=each["reference"])


def _everywhere(operations: Operations, order: Mapping[str, object], erasure: Erasure, *, copy: str = "") -> None:
    """Send an order to every service; what intake refuses is asked of nobody else."""
    for service in (FIRST, *(each for each in SERVICES if each != FIRST)):
        answered = _ask(operations, service, order, erasure, copy=copy)
        if service == FIRST and not answered:
            return


def _ask(
    operations: Operations,
    service: str,
    order: Mapping[str, object],
    erasure: Erasure,
    *,
    original_of: str = "",
    copy: str = "",
) -> bool:
    """Send an order to one service, keep its receipt or its sentence, and say whether it gave a receipt."""
    try:
        receipt = operations.post(service, "erase", order)
    except (NotRunning, ServiceAnswered) as error:
        erasure.refusals.append(str(error))
        return False
    erasure.receipts.append({**receipt, "original_of": original_of, "copy": copy})
    return True


def table(erasure: Erasure, *, dry_run: bool) -> Table:
    """Return the deletion receipts as people read them."""
    title = f"What {'would be' if dry_run else 'was'} erased of {erasure.reference}"
    counts = ("documents", "events", "held", "parked")
    made = console.table(title, "service", "what", *counts, "on the bus")
    for each in erasure.receipts:
        what = f"the original of {each['original_of']}" if each["original_of"] else "everything"
        what = f"the copy {each['copy']}" if each["copy"] else what
        on_bus = str(each.get("bus_messages", "-"))
        made.add_row(each["service"], what, *(str(each[count]) for count in counts), on_bus)
    return made
