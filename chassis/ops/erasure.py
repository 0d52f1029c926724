"""Erasure: makes everything that this service holds about a subject unreadable, and says what that was."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import case, exists, select, update
from sqlalchemy.dialects.postgresql import insert

from chassis import audit, documents
from chassis.database import Session
from chassis.erasing import Copied, Duplicate, EraseSubject, Left, StillHeld
from chassis.inbox import store
from chassis.outbox import STATISTICS, send_receipts
from chassis.tables import dispatch, erased_subject, inbox_event, inbox_held, inbox_parked, outbox
from chassis.wire import decode
from contracts.catalogue import TOPIC_BY_NAME
from contracts.envelope import Envelope, ReceiptBatch, ReceiptItem


@dataclass(frozen=True)
class DeletionReceipt:
    """What one service has erased; the numbers count what this call found, so a second call may say 0.

    `document` is set where that one alone was erased of its subject.
    """

    service: str
    subject: UUID
    erased_at: datetime
    documents: int
    events: int
    held: int
    parked: int
    document: UUID | None = None
    still_held: tuple[StillHeld, ...] = ()
    copies: tuple[Copied, ...] = ()

    @property
    def sentence(self) -> str:
        """Say whether anything of the erased subject is left at others, and how to finish."""
        if self.copies:
            names = " and ".join(each.reference for each in self.copies)
            return f"Copies of it stand under keys of their own: {names}. `throughline erase REF` erases them too."
        if not self.still_held and self.document:
            return (
                "This original is gone. Backups of the data hold it until they are deleted, under the key of the "
                "referral that stands; restored, it is emptied again at the start."
            )
        if not self.still_held:
            return "Nothing of it is left here that can be read."
        names = " and ".join(each.reference for each in self.still_held)
        needed = " and ".join(each.reference for each in self.still_held if each.needed)
        only = "its original is all that there is"
        first = f"First complete {needed} at the intake desk: {only}. Then" if needed else "Next,"
        return (
            f"Not finished: the same mail is also the original of {names}, under a key of its own, and the erased "
            f"person's words are in it. {first} erase that mail everywhere: `throughline erase REF --shared-original "
            '--reason "..."`. Forms and versions stay.'
        )


async def erase_stored(
    session: Session,
    subject: UUID,
    erase_own: EraseSubject | None,
    *,
    reason: str,
    now: datetime,
    document: UUID | None = None,
) -> DeletionReceipt:
    """Empty what the service's database holds about a subject whose key is already deleted, and audit the receipt.

    With a `document`, only this one of it: nothing else stands under its id. Outbox rows become tombstones that keep
    their number, documents keep their id; held and parked messages become tombstones that the inbox takes up at once.
    """
    await session.lock(subject)
    erased = document or subject
    await _hold(session, erased)
    # First, so that the service's own part finds when and why.
    await _register(session, erased, reason, now)
    left = (await erase_own(session, erased) if erase_own is not None else None) or ()
    with_it = await _erase_duplicates(session, left, reason, now)
    receipt = DeletionReceipt(
        service=session.service,
        subject=subject,
        erased_at=now,
        documents=await documents.erase(session, erased) + with_it,
        events=await _tombstones(session, erased),
        parked=await _parked(session, erased, now),
        held=await _held(session, erased),
        document=document,
        still_held=tuple(each for each in left if isinstance(each, StillHeld)),
        copies=tuple(each for each in left if isinstance(each, Copied)),
    )
    await _answer_erased(session, erased, now)
    counts = ("documents", "events", "held", "parked")
    facts = {name: int(getattr(receipt, name)) for name in counts} | {"still_held": len(receipt.still_held)}
    action = f"{'document' if document else 'subject'}.erase"
    await audit.record(session, action, subject=subject, now=now, reason=reason, facts=facts)
    return receipt


async def _erase_duplicates(session: Session, left: Iterable[Left], reason: str, now: datetime) -> int:
    """Empty the copies that were made here of a document that is erased alone, each under its own id; return how many.

    A restored backup that brings them back brings it back too, and they go with it again.
    """
    count = 0
    for each in left:
        if isinstance(each, Duplicate):
            await _register(session, each.document, reason, now)
            count += await documents.erase(session, each.document)
            await audit.record(session, "document.erase", subject=each.subject, now=now, reason=reason)
    return count


async def _hold(session: Session, subject: UUID) -> None:
    """Hold the outbox rows that the relay may want too, in the order in which it takes them.

    A service cuts its statistics facts first, and only it knows which: all that wait are held for this moment, or a
    lane that has the subject's events and comes to such a fact would wait for us while we wait for it.
    """
    facts_waiting = outbox.c.topic.in_(STATISTICS) & outbox.c.published_at.is_(None)
    theirs = (outbox.c.subject == subject) & ~outbox.c.tombstone
    await session.execute(select(outbox.c.id).where(theirs | facts_waiting).order_by(outbox.c.id).with_for_update())


async def _tombstones(session: Session, subject: UUID) -> int:
    # What a recipient has not stored goes out again as a tombstone: it answers `erased`, which closes its line.
    unanswered = exists().where(
        dispatch.c.event_id == outbox.c.event_id,
        dispatch.c.stored_at.is_(None),
        dispatch.c.waived_at.is_(None),
        dispatch.c.erased_at.is_(None),
    )
    published_at = case((unanswered, None), else_=outbox.c.published_at)
    session.wakes_relay = True
    theirs = (outbox.c.subject == subject) & ~outbox.c.tombstone
    await _forget_digests(session, subject)
    found = await session.execute(
        update(outbox).where(theirs).values(tombstone=True, sealed=b"", published_at=published_at)
    )
    return found.rowcount


async def _forget_digests(session: Session, subject: UUID) -> None:
    """Empty the digests of what was said: whoever guesses what a short message said could prove it by them."""
    # The rows are held in the order in which receipts take them, or the two could wait for each other.
    proven = (dispatch.c.subject == subject) & dispatch.c.digest.is_not(None)
    await session.execute(select(dispatch.c.event_id).where(proven).order_by(dispatch.c.event_id).with_for_update())
    await session.execute(update(dispatch).where(proven).values(digest=None))


async def _held(session: Session, subject: UUID) -> int:
    rows = await session.rows(select(inbox_held.c.envelope).where(inbox_held.c.subject == subject))
    for row in rows:
        await _hold_tombstone(session, decode(row.envelope))
    return len(rows)


async def _parked(session: Session, subject: UUID, now: datetime) -> int:
    found = (inbox_parked.c.subject == subject) & (inbox_parked.c.envelope != b"")
    rows = await session.rows(select(inbox_parked).where(found).with_for_update())
    for row in rows:
        if row.state == "waiting" and row.cause != "sequence-conflict":
            await _hold_tombstone(session, decode(row.envelope))
    emptied = {"envelope": b"", "sentence": "", "state": "erased", "resolved_at": now, "resolved_by": session.actor.id}
    await session.execute(update(inbox_parked).where(found).values(emptied))
    return len(rows)


async def _hold_tombstone(session: Session, envelope: Envelope) -> None:
    erased = store.Hold("erased", "The subject was erased; only the number is taken up.", timedelta(0), tries=0)
    await store.hold(session, replace(envelope, sealed=b""), erased, datetime.now(UTC))


async def _answer_erased(session: Session, subject: UUID, now: datetime) -> None:
    """Tell every publisher that what was stored of its events is no longer here; a replay is answered so too."""
    found = (inbox_event.c.subject == subject) & (inbox_event.c.state == "stored")
    gone = update(inbox_event).where(found).values(state="erased")
    said: dict[str, list[ReceiptItem]] = {}
    for row in await session.rows(gone.returning(inbox_event.c.topic, inbox_event.c.event_id)):
        item = ReceiptItem(
            event_id=row.event_id,
            topic=row.topic,
            subject=subject,
            recipient=session.service,
            state="erased",
            at=now.isoformat(),
        )
        said.setdefault(TOPIC_BY_NAME[row.topic].publisher, []).append(item)
    for publisher, items in said.items():
        await send_receipts(session, publisher, ReceiptBatch(recipient=session.service, items=tuple(items)))


async def _register(session: Session, subject: UUID, reason: str, now: datetime) -> None:
    values = {"subject": subject, "erased_at": now, "reason": reason}
    await session.execute(insert(erased_subject).values(values).on_conflict_do_nothing(index_elements=["subject"]))
