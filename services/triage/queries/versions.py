"""The versions of a referral: who made each, by which door, and what it brought that the one before had not."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select

from chassis.database import Session
from contracts.vocabulary import ReferralForm
from services.triage import models
from services.triage.domain import ChangedAnswer, changed_answers


@dataclass(frozen=True)
class VersionView:
    """One version as intake sent it.

    `row_version` is that of the line of history that it made (None where it came before these were kept), `made_by`
    and `door` are empty where intake did not say. `added` are the words that are new in it, `changed` the answers that
    differ from the form before it; `first_read` says that nobody had read any form before.
    """

    version: int
    at: datetime
    row_version: int | None
    made_by: str
    door: str
    unread_reason: str
    document_ids: tuple[UUID, ...]
    has_form: bool
    first_read: bool
    added: tuple[str, ...]
    changed: tuple[ChangedAnswer, ...]


async def all_versions(session: Session, subject: UUID) -> tuple[VersionView, ...]:
    """Return every version of a referral, oldest first; of an erased one only when each came and by which way."""
    table = models.referral_version
    rows = await session.rows(select(table).where(table.c.subject == subject).order_by(table.c.version))
    found: list[VersionView] = []
    before: ReferralForm | None = None
    known = 0
    for row in rows:
        form = await session.unseal_model(subject, row.sealed_form, ReferralForm) if row.sealed_form else None
        words = await _additions(session, row)
        found.append(_view(row, before, form, words[known:]))
        before, known = form or before, max(known, len(words))
    return tuple(found)


async def _additions(session: Session, row: Row[Any]) -> tuple[str, ...]:
    """Return all that the referrer had added in words by a version: each that has any has all before it."""
    sealed = row.sealed_additions
    return tuple(json.loads(await session.unseal_text(row.subject, sealed))) if sealed else ()


def _view(row: Row[Any], before: ReferralForm | None, form: ReferralForm | None, added: tuple[str, ...]) -> VersionView:
    return VersionView(
        version=row.version,
        at=row.added_at,
        row_version=row.row_version,
        made_by=row.made_by,
        door=row.door,
        unread_reason=row.unread_reason,
        document_ids=tuple(row.document_ids),
        has_form=form is not None,
        first_read=before is None and form is not None,
        added=added,
        changed=changed_answers(before, form) if before and form else (),
    )
