"""The spool of one process: what waits in it, by which signs it is known again, and the references left to give."""

import asyncio
import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from chassis import telemetry
from chassis.actor import Actor
from chassis.crypto import SealBroken
from chassis.ids import rising_id
from services.intake.domain import (
    KEY_USED,
    ArrivalKey,
    KeyKind,
    KeyUsedForAnotherRequest,
    Localities,
    Original,
    Receipt,
    SpoolFull,
    SpoolUnwritable,
)
from services.intake.spool.entries import Head, Spooled, content_of, head_of, original_of
from services.intake.spool.folder import Folder

REFERENCES = "references"
FULL = "The database is away, and no more can be written down until it is back: send it again in a few minutes."

log = telemetry.logger("intake.spool")


@dataclass
class Waiting:
    """An entry that waits: its size, what its head says (nothing where that does not open), and how taking it went.

    `not_before` is when it may be tried again, in the machine's monotonic seconds.
    """

    id: UUID
    size: int
    receipt: Receipt | None = None
    keys: tuple[ArrivalKey, ...] = ()
    door: str = ""
    tries: int = 0
    reason: str = ""
    not_before: float = 0.0


@dataclass
class Spool:
    """Keeps originals while the database is away, each exactly once, and gives them out again, oldest first.

    `size_limit` is in bytes of all entries together. Opened at its first use; every method raises SpoolUnwritable.
    """

    folder: Folder
    size_limit: int
    waiting: dict[UUID, Waiting] = field(default_factory=dict)
    _signs: dict[bytes, tuple[ArrivalKey, UUID]] = field(default_factory=dict)
    _references: dict[str, list[str]] = field(default_factory=dict)
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    _is_open: bool = False

    async def open(self) -> None:
        """Take the folder and read the heads of what is in it, once."""
        async with self._turn:
            if not self._is_open:
                await asyncio.to_thread(self._open)
                self._is_open = True

    def close(self) -> None:
        """Leave the folder to another process."""
        self.folder.close()
        self._is_open = False

    async def known(self, original: Original) -> Receipt | None:
        """Return the receipt that this arrival got while it waits here; raises KeyUsedForAnotherRequest."""
        await self.open()
        receipt, nothing_new = self._known(original)
        return receipt if nothing_new else None

    async def put(self, original: Original, *, actor: Actor, now: datetime) -> Receipt:
        """Keep an original and return its receipt, once it is on disk; what waits here already gets its own again.

        Raises SpoolFull, and KeyUsedForAnotherRequest as `receive` does. Who hangs up meanwhile stops nothing.
        """
        await self.open()
        return await asyncio.shield(asyncio.create_task(self._put(original, actor, now)))

    async def _put(self, original: Original, actor: Actor, now: datetime) -> Receipt:
        async with self._turn:
            first, nothing_new = self._known(original)
            if first and nothing_new:
                return first
            reference = first.reference if first else self._reference_for(original)
            kept = replace(original, reference=reference)
            head = head_of(kept, actor=actor, now=now, first=first is None)
            await self._add(head, kept)
            return first or head.receipt

    async def take(self, entry: UUID, localities: Localities, likeness_key: bytes) -> Spooled:
        """Return an entry as it came; raises SealBroken, and LookupError without the version of its area."""
        head = await asyncio.to_thread(self._head, entry)
        body = await asyncio.to_thread(self.folder.body, entry)
        return Spooled(entry, head, original_of(head, body, localities, likeness_key))

    async def done(self, entry: UUID) -> None:
        """Delete an entry that the database has; its reference is struck from the list before, for good."""
        async with self._turn:
            gone = self.waiting[entry]
            await asyncio.to_thread(self._note_references)
            await asyncio.to_thread(self.folder.remove, entry)
            del self.waiting[entry]
            for key in gone.keys:
                if self._signs.get(key.digest, (key, entry))[1] == entry:
                    self._signs.pop(key.digest, None)

    def lacking(self, prefix: str, wanted: int) -> int:
        """Say how many references to reserve for an area, 0 while at least half of them are left."""
        left = len(self._references.get(prefix, ()))
        return wanted - left if left * 2 < wanted else 0

    async def add_references(self, prefix: str, references: Iterable[str]) -> None:
        """Write down references that the database has reserved; they may be given from now on."""
        await self.open()
        async with self._turn:
            self._references.setdefault(prefix, []).extend(references)
            await asyncio.to_thread(self._note_references)

    def _open(self) -> None:
        self.folder.open()
        self.waiting.clear()
        self._signs.clear()
        for entry, size in self.folder.entries():
            self._remember(entry, size, self._head_or_none(entry))
        given = {waiting.receipt.reference for waiting in self.waiting.values() if waiting.receipt}
        noted = json.loads(self.folder.noted(REFERENCES) or b"{}")
        self._references = {prefix: [each for each in listed if each not in given] for prefix, listed in noted.items()}

    def _head(self, entry: UUID) -> Head:
        return Head.model_validate_json(self.folder.head(entry))

    def _head_or_none(self, entry: UUID) -> Head | None:
        try:
            return self._head(entry)
        except (SealBroken, SpoolUnwritable, OSError, ValueError):
            log.error("An entry of the spool does not open.", extra={"facts": {"message_id": entry}})  # noqa: TRY400
            return None

    def _known(self, original: Original) -> tuple[Receipt | None, bool]:
        """Return the receipt of what the original repeats, and whether nothing is lost by not keeping this one."""
        signs = [(key, self._signs[key.digest]) for key in original.keys if key.digest in self._signs]
        if any(_clashes(key, kept) for key, (kept, _) in signs):
            raise KeyUsedForAnotherRequest(KEY_USED)
        if not signs:
            return None, False
        # A Message-ID may come back with other bytes around the same content: both are kept, as in the database.
        first = self.waiting[signs[0][1][1]].receipt
        nothing_new = any(key.kind != KeyKind.MESSAGE_ID for key, _ in signs)
        return first and replace(first, repeated=True), nothing_new

    def _reference_for(self, original: Original) -> str:
        left = self._references.get(original.practice.prefix)
        if not left:
            raise SpoolFull(FULL)
        # Gone for good, whatever becomes of the entry.
        return left.pop()

    async def _add(self, head: Head, original: Original) -> None:
        start, content = head.model_dump_json().encode(), content_of(original)
        if sum(each.size for each in self.waiting.values()) + len(start) + len(content) > self.size_limit:
            raise SpoolFull(FULL)
        entry = rising_id()
        size = await asyncio.to_thread(self.folder.add, entry, start, content)
        self._remember(entry, size, head)

    def _remember(self, entry: UUID, size: int, head: Head | None) -> None:
        if head is None:
            self.waiting[entry] = Waiting(entry, size)
            return
        self.waiting[entry] = Waiting(entry, size, head.receipt, head.keys, head.door)
        for key in head.keys:
            self._signs.setdefault(key.digest, (key, entry))

    def _note_references(self) -> None:
        self.folder.note(REFERENCES, json.dumps(self._references).encode())


def _clashes(sent: ArrivalKey, kept: ArrivalKey) -> bool:
    return sent.kind == KeyKind.IDEMPOTENCY_KEY and sent.request_digest != kept.request_digest


def oldest(waiting: Collection[Waiting]) -> datetime | None:
    """Return when the oldest of those that wait came in; None for none."""
    return min((each.receipt.received_at for each in waiting if each.receipt), default=None)
