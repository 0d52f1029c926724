"""Makes further forms in a mail referrals of their own, each with the same original; the first keeps the reference.

The software parts what it finds in the files of a mail, an officer at the desk what stands in its words beside.
"""

import hashlib
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from chassis import audit, documents
from chassis.database import Session
from contracts.vocabulary import Door, VersionMaker
from services.intake.domain import (
    BEING_READ,
    Found,
    KeyKind,
    Original,
    Outcome,
    Practice,
    Reading,
    ReasonMissing,
    ReferralUnknown,
    ShownText,
    key_for,
)
from services.intake.domain.same_mail import BY_DESK, MailNotDivisible
from services.intake.operations.evidence import Sent, record_evidence
from services.intake.operations.reading import record_reading
from services.intake.operations.receiving import receive
from services.intake.queries.same_mail import divisions_of, first_of_mail, mail_members, texts_of_mail
from services.intake.queries.senders import recorded_evidence

ANOTHER_FORM = "Another form in the mail of {reference}, found at the desk: open the original and key it."
GONE = "Somebody in this mail was erased, and no further copy of it may be made: make the referral by the form."
SAID = "Which form it is, said at the desk: "
_FIRST = text(
    """SELECT id, reference, area, area_version, door, reading, document_id, referrer_email FROM referral
    WHERE id = :id"""
)
_ASKED = text("SELECT id FROM referral WHERE reference = :reference AND reading <> 'erased'")
_CHILD = text("SELECT id FROM referral WHERE reference = :reference")
_TAKEN = text("SELECT place FROM same_mail WHERE first_id = :id")
_LINK = text(
    """INSERT INTO same_mail (first_id, place, area, referral_id, made_at, made_by)
    VALUES (:first, :place, :area, :referral, :now, :by) ON CONFLICT DO NOTHING"""
)


@dataclass(frozen=True, kw_only=True)
class Part:
    """One form among several in a mail: its place among those that may be forms, from 0, and what reading it led to.

    `practice` is that of the area for the person's district, `arrived_at` that for which the mail came. `by` is the
    officer who found it, "" where the software did.
    """

    place: int
    outcome: Outcome
    practice: Practice
    arrived_at: Practice
    sent: Sent
    by: str = ""


async def places_taken(session: Session, first_id: UUID) -> frozenset[int]:
    """Return the places of those forms in a mail that are referrals of their own already."""
    return frozenset(row.place for row in await session.rows(_TAKEN, {"id": first_id}))


async def divide(session: Session, first_id: UUID, part: Part, *, likeness_key: bytes, now: datetime) -> str | None:
    """Make a form in a mail a referral of its own, announced with the whole original; return its reference.

    Done again for the same mail and place it answers with the same referral, whatever a crash left: the sign of arrival
    is the mail's digest and the place. None when the mail has been erased meanwhile.
    """
    await session.lock(first_id)
    first = await session.first(_FIRST, {"id": first_id})
    if first is None or first.reading == Reading.ERASED:
        return None
    receipt = await receive(session, await _original(session, first, part, likeness_key), now=now)
    child = (await session.rows(_CHILD, {"reference": receipt.reference}))[0].id
    link = {"first": first_id, "place": part.place, "area": first.area, "referral": child, "now": now, "by": part.by}
    await session.run(_LINK, link)
    await record_evidence(session, child, part.sent, now=now)
    await record_reading(session, child, part.outcome, part.practice, likeness_key=likeness_key, now=now)
    for subject, other in ((first_id, receipt.reference), (child, first.reference)):
        facts: dict[str, str | int] = {"place": part.place, "other": other}
        await audit.record(session, "referral.divided", subject=subject, now=now, area=first.area, facts=facts)
    return receipt.reference


async def _original(session: Session, first: Any, part: Part, likeness_key: bytes) -> Original:
    kept = await documents.read(session, first.document_id)
    digest = hashlib.sha256(kept.body).hexdigest()
    known = first.referrer_email if part.sent.no_receipt is None else None
    email = await session.unseal_text(first.id, known) if known else ""
    return Original(
        door=Door(first.door),
        practice=part.arrived_at,
        name=kept.reference.name,
        media_type=kept.reference.media_type,
        body=kept.body,
        keys=(key_for(KeyKind.DIGEST, f"form {part.place} of {digest}"),),
        reading=Reading.BEING_READ,
        unread_reason=BEING_READ,
        reply_to=email,
        likeness_key=likeness_key,
    )


@dataclass(frozen=True, kw_only=True)
class FoundByPerson:
    """A form that an officer found in a mail: `which` says in their words which one it is.

    `seen` is how many the desk had made of the mail when they looked: who sends the same page again makes nothing new,
    and of two officers at once the second is led to what the first made. `practice` is that of the mail's area.
    """

    which: str = field(repr=False)
    seen: int
    practice: Practice


@dataclass(frozen=True)
class Divided:
    """The referral that a form in a mail became; `repeated` where it had been made before."""

    reference: str
    repeated: bool = False


async def divide_at_desk(
    session: Session, reference: str, form: FoundByPerson, *, likeness_key: bytes, now: datetime
) -> Divided:
    """Make a form that an officer found in the mail of a referral one of its own: announced at once, for the desk.

    Raises ReferralUnknown, ReasonMissing where nobody says which form it is, or MailNotDivisible.
    """
    if not form.which.strip():
        raise ReasonMissing("Enter which form in the mail it is: whoever completes it looks for that one.")
    asked = await session.first(_ASKED, {"reference": reference})
    if asked is None:
        raise ReferralUnknown("There is no referral with that reference here: check each character.")
    first_id = await first_of_mail(session, asked.id)
    await session.lock(first_id)
    made = await divisions_of(session, first_id)
    if form.seen < len(made):
        return Divided(made[form.seen].reference, repeated=True)
    first = await _divisible(session, first_id)
    recorded = await recorded_evidence(session, first_id)
    part = Part(
        place=BY_DESK + len(made),
        outcome=Outcome(
            reason=ANOTHER_FORM.format(reference=first.reference),
            found=Found(texts=_said(form.which.strip(), await texts_of_mail(session, first_id))),
            made_by=VersionMaker.DESK,
        ),
        practice=form.practice,
        arrived_at=form.practice,
        sent=Sent(evidence=recorded.evidence, no_receipt=recorded.no_receipt) if recorded else Sent(),
        by=session.actor.name or session.actor.id,
    )
    divided = await divide(session, first_id, part, likeness_key=likeness_key, now=now)
    if divided is None:
        raise MailNotDivisible(GONE)
    return Divided(divided)


async def _divisible(session: Session, first_id: UUID) -> Any:
    """Return the row of a mail's first referral, held; raises MailNotDivisible, where another copy must not be made."""
    first = (await session.rows(_FIRST, {"id": first_id}))[0]
    members = await mail_members(session, first_id)
    if first.reading == Reading.BEING_READ:
        raise MailNotDivisible("The software is still reading this mail, and parts it itself: wait a minute.")
    if first.reading == Reading.ERASED or any(each.reading is Reading.ERASED for each in members):
        raise MailNotDivisible(GONE)
    if first.door != Door.EMAIL or not (await documents.read(session, first.document_id)).body:
        raise MailNotDivisible("This referral did not come by mail, or its original is gone: there is nothing to part.")
    return first


def _said(which: str, texts: tuple[ShownText, ...]) -> tuple[ShownText, ...]:
    """Return the texts of a mail with what the officer says before them."""
    said, *files = texts or (ShownText("", ""),)
    return replace(said, note=f"{SAID}{which} {said.note}".strip()), *files
