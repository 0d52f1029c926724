"""Documents as pages list them: told apart by what they are, not by the names that senders gave their files."""

import re
from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import PurePath
from uuid import UUID

from chassis import documents
from chassis.database import Session
from contracts.envelope import DocumentReference

MAIL = "message/rfc822"
MEGABYTE = 1_048_576
OUR_NAMES = frozenset({"message.eml", "referral.json"})
"""What intake calls an original, and a later mail: they have no file name of their own."""
ENDING = re.compile(r"\.[A-Za-z0-9]{1,8}")


@dataclass(frozen=True)
class FiledDocument:
    """A document as a page lists it: what it is, when it came (UTC, where that is known), and its name when saved.

    `sent_as` is the sender's own name of a file. It may say anything about anybody, so it stands on the page only.
    """

    id: UUID
    what: str
    sent_as: str
    size: str
    file_name: str
    at: datetime | None = None


def filed(
    document: DocumentReference, what: str, *, number: int, reference: str, at: datetime | None = None
) -> FiledDocument:
    """Return a document as the page of a referral lists it; `number` is its place there, from 1."""
    ending = PurePath(document.name).suffix
    slug = "-".join(re.findall(r"[a-z]+", what.lower()))
    return FiledDocument(
        id=document.id,
        what=what,
        sent_as="" if document.name in OUR_NAMES else document.name,
        size=_size(document.size),
        file_name=f"{reference}-{number}-{slug}{ending if ENDING.fullmatch(ending) else ''}",
        at=at,
    )


async def filed_of(session: Session, subject: UUID, reference: str) -> tuple[FiledDocument, ...]:
    """Return the documents of a referral for a service that is not told with which version each came, oldest first.

    Several of one kind are numbered. Where the original alone was erased, none of the others is called so.
    """
    listed = await documents.listed(session, subject)
    first = await documents.first_id(session, subject)
    whole = any(each.id == first for each in listed)
    original = next((each.id for each in listed if whole and each.name in OUR_NAMES), None)
    kinds = [_what(each, original) for each in listed]
    many, met = Counter(kinds), Counter[str]()
    found = []
    for number, (document, kind) in enumerate(zip(listed, kinds, strict=True), 1):
        met[kind] += 1
        one = filed(document, kind, number=number, reference=reference)
        found.append(replace(one, what=f"{kind}, {met[kind]} of {many[kind]}") if many[kind] > 1 else one)
    return tuple(found)


def _what(document: DocumentReference, original: UUID | None) -> str:
    mail = document.media_type == MAIL
    if document.id == original:
        return "Original email from the referrer" if mail else "Original referral"
    return "Later email from the referrer" if mail else "File from the referrer"


def _size(size: int) -> str:
    return f"{size / MEGABYTE:.1f} MB" if size >= MEGABYTE else f"{max(1, size // 1024)} KB"
