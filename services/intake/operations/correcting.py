"""Takes in what a referrer corrects or adds later: a version of the same referral, sent on like every other one."""

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, text

from chassis import audit, documents
from chassis.database import Session
from contracts.envelope import DocumentReference
from contracts.vocabulary import ReferralForm, VersionMaker
from services.intake import models
from services.intake.domain import (
    STILL_OPEN,
    Added,
    Addition,
    Found,
    NothingToAdd,
    Practice,
    Reading,
    ReferralUnknown,
    marks_of,
)
from services.intake.domain.corrections import Before, correction_of
from services.intake.domain.links import differ
from services.intake.domain.readings import bounded
from services.intake.operations.quarantine import add_quarantined, hold_for_examination, told_of_malware
from services.intake.operations.versions import FIND, NewVersion, add_version
from services.intake.writers import answers

ANOTHER_NAME = (
    "This corrected form gives another name or date of birth than the one before it: compare the two, and ask the "
    "referrer where they may be two people."
)
_CLAIM_SIGN = text(
    """INSERT INTO arrival_key (digest, kind, area, request_digest, referral_id, seen_at)
    VALUES (:digest, :kind, :area, :request_digest, :referral_id, :seen_at)
    ON CONFLICT (digest) DO NOTHING"""
)


async def add_version_by_referrer(
    session: Session, referral_id: UUID, addition: Addition, practice: Practice, *, likeness_key: bytes, now: datetime
) -> Added:
    """Keep what a referrer sent later as a new version and announce it to police and, as the area allows, social care.

    Who may add is for the door to know: the caller has checked a second factor, a partner's token or a mail.
    `practice` is that of the referral's own area and version, for the district that now holds. A corrected form takes
    the place of the one before, and ends the desk's work on an original that could not be read; one with another name
    or date of birth goes to the desk, and so does one beside a file in quarantine that everybody was warned of. Words
    and documents are added to whatever there is. What has come before under one of the addition's keys changes nothing.
    Raises ReferralUnknown, or NothingToAdd.
    """
    if not (addition.form or addition.words.strip() or addition.documents):
        raise NothingToAdd("Nothing was added: correct an answer, write something or attach a file.")
    await session.lock(referral_id)
    row = await session.first(FIND, {"id": referral_id})
    if row is None or row.reading == Reading.ERASED:
        raise ReferralUnknown("There is no referral with that reference: check each character.")
    if not await _is_new(session, row, addition, now):
        return Added(row.reference, int(row.version), repeated=True)
    new = await _new_version(session, row, addition, practice, likeness_key)
    kept = await _keep_documents(session, row, addition, now)
    version = await add_version(session, row, replace(new, documents=kept), now)
    # What came by mail has been looked at with the mail.
    unexamined = [each for each in kept if each.media_type != "message/rfc822"]
    await hold_for_examination(session, row.id, row.area, unexamined, now)
    await add_quarantined(session, row, addition.closed, now)
    facts: dict[str, str | int] = {
        "version": version,
        "corrected": str(addition.form is not None),
        "documents": len(kept),
    }
    await audit.record(session, "referral.added-to", subject=row.id, now=now, area=row.area, facts=facts)
    return Added(row.reference, version)


async def _is_new(session: Session, row: Any, addition: Addition, now: datetime) -> bool:
    """Claim the signs of an addition; one that is known means that the same thing has been sent before."""
    fresh = True
    for key in addition.keys:
        values = {"digest": key.digest, "kind": str(key.kind), "area": row.area, "request_digest": key.request_digest}
        fresh &= bool(await session.run(_CLAIM_SIGN, values | {"referral_id": row.id, "seen_at": now}))
    return fresh


async def fitted(session: Session, referral_id: UUID, addition: Addition) -> Addition | None:
    """Return what came by mail as it joins this referral, which is held from now on; of a form see `correction_of`.

    None where a form is not exactly the same person's, the referral is gone, or its own original is still being read.
    """
    await session.lock(referral_id)
    row = await session.first(FIND, {"id": referral_id})
    if row is None or row.reading == Reading.ERASED:
        return None
    if addition.form is None:
        return None if addition.closed and row.reading == Reading.BEING_READ else addition
    form, found = await _newest(session, row)
    return correction_of(Before(form, found, row.reading in STILL_OPEN, row.immediate_danger), addition)


async def _new_version(
    session: Session, row: Any, addition: Addition, practice: Practice, likeness_key: bytes
) -> NewVersion:
    before, found = await _newest(session, row)
    if addition.form is not None:
        settled = Reading.COMPLETED if row.reading in STILL_OPEN else Reading(row.reading)
        form: ReferralForm | None = addition.form
        another = before is not None and differ(addition.form.person, before.person)
        reasons = (addition.reason, ANOTHER_NAME if another else "", *await told_of_malware(session, row))
        reason = " ".join(dict.fromkeys(each for each in reasons if each))
        found = addition.found if addition.found.values or not reason else Found(answers(addition.form))
        reading = Reading.UNREAD if reason else settled
    else:
        form = before
        reading = Reading.UNREAD if addition.reason else Reading(row.reading)
        reason = " ".join(each for each in (row.unread_reason, addition.reason) if each)
        found = _beside(found, before, addition)
    return NewVersion(
        reading=reading,
        practice=practice,
        made_by=VersionMaker.REFERRER,
        came_by=addition.door,
        form=form,
        reason=reason,
        found=found,
        marks=marks_of(form, likeness_key),
        addition=addition.words.strip(),
        danger=addition.immediate_danger or row.immediate_danger,
        acknowledge_to=addition.acknowledge_to,
        in_reply_to=addition.in_reply_to,
    )


def _beside(found: Found, form: ReferralForm | None, addition: Addition) -> Found:
    """Return what the desk sees of a form to which a file was added that could not be read, with the mail's texts."""
    if not addition.closed:
        return found
    values = found.values or (answers(form) if form else {})
    return replace(found, values=values, texts=tuple(bounded((*addition.found.texts, *found.texts))))


async def _newest(session: Session, row: Any) -> tuple[ReferralForm | None, Found]:
    """Return the form of the newest version and what was found for it."""
    table = models.referral_version
    newest = await session.first(select(table).where(table.c.referral_id == row.id, table.c.version == row.version))
    form = await session.unseal_model(row.id, newest.form, ReferralForm) if newest and newest.form else None
    found = Found.from_json(await session.unseal_text(row.id, newest.found)) if newest and newest.found else Found()
    return form, found


async def _keep_documents(
    session: Session, row: Any, addition: Addition, now: datetime
) -> tuple[DocumentReference, ...]:
    kept = []
    for each in addition.documents:
        given: dict[str, Any] = {"name": each.name, "media_type": each.media_type, "body": each.body}
        kept.append(await documents.store(session, subject=row.id, area=row.area, now=now, **given))
    return tuple(kept)
