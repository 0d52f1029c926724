"""Documents: sealed copies in this service, and the claim check by which a consumer fetches one from its publisher."""

import asyncio
import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any, ClassVar, TypedDict, Unpack
from uuid import UUID

import httpx2
from fastapi import APIRouter, Request, Response
from sqlalchemy import Row, select, text, update
from sqlalchemy.dialects.postgresql import insert

from chassis import audit, clock, telemetry
from chassis.actor import Actor
from chassis.database import Session
from chassis.errors import Forbidden, Missing, Rejected, SubjectErased, Unavailable
from chassis.ids import rising_id
from chassis.internal import ProblemRoute, require_machine
from chassis.tables import document, erased_subject
from contracts.envelope import DocumentReference

SIZE_LIMIT = 40 * 1024 * 1024
"""The largest document in bytes that is stored or fetched."""

PATIENCE_SECONDS = 30.0
_KEEP = insert(document).on_conflict_do_nothing(index_elements=["id"])
_FACTS = "id, subject, area, name, media_type, size, digest"
_READ = text(f"SELECT {_FACTS}, body FROM document WHERE id = :id")  # noqa: S608  names of our own
_LIST = text(
    f"SELECT {_FACTS} FROM document WHERE subject = :subject AND name <> '' ORDER BY received_at, id"  # noqa: S608
)
_FIRST = text("SELECT id FROM document WHERE subject = :subject ORDER BY received_at, id LIMIT 1")
_STRANGE = text("SELECT 1 FROM document WHERE (id = :id AND subject <> :subject) OR subject = :id")
_OWNER = text("SELECT subject FROM document WHERE id = :id")
_SAME = text(
    """SELECT same.id FROM document AS one JOIN document AS same USING (digest, size)
    WHERE one.id = :id AND one.body <> '' AND same.subject = :subject AND same.body <> '' ORDER BY same.id"""
)
_GRANTED = text("SELECT service FROM document_grant WHERE document_id = :id AND service = :service")


class DocumentTooLarge(Rejected):
    """A document is larger than any service stores."""

    reason: ClassVar[str] = "document-too-large"


class DocumentAbsent(Missing):
    """No document with that id is held here."""

    reason: ClassVar[str] = "document-absent"


class DocumentErased(SubjectErased):
    """The document alone was erased, because it told of somebody else too; its subject stands."""

    reason: ClassVar[str] = "document-erased"


class DocumentNotGranted(Forbidden):
    """No published event gave this document to the service that asks for it."""

    reason: ClassVar[str] = "document-not-granted"


class DocumentMissing(Rejected):
    """An event names a document that its publisher does not have."""

    reason: ClassVar[str] = "document-missing"


class DocumentRefused(Rejected):
    """The publisher says that this document was not given to us."""

    reason: ClassVar[str] = "document-refused"


class DocumentDigestMismatch(Rejected):
    """The publisher sent other bytes than the event announced."""

    reason: ClassVar[str] = "document-digest-mismatch"


class DocumentUnreachable(Unavailable):
    """The publisher of a document does not answer."""

    reason: ClassVar[str] = "document-unreachable"


class NewDocument(TypedDict):
    """What `store` takes; `name` is the sender's file name (identity), `body` the plain bytes."""

    subject: UUID
    area: str
    name: str
    media_type: str
    body: bytes
    now: datetime


@dataclass(frozen=True)
class Document:
    """An opened document."""

    reference: DocumentReference
    subject: UUID
    area: str
    body: bytes


async def store(session: Session, **given: Unpack[NewDocument]) -> DocumentReference:
    """Seal and keep a document of this service's own; the reference may be put into events.

    Raises DocumentTooLarge above 40 MB.
    """
    body = given["body"]
    reference = DocumentReference(
        id=rising_id(),
        name=given["name"],
        media_type=given["media_type"],
        size=len(body),
        digest=hashlib.sha256(body).hexdigest(),
    )
    await keep(session, reference, body, subject=given["subject"], area=given["area"], now=given["now"])
    return reference


async def keep(
    session: Session, reference: DocumentReference, body: bytes, *, subject: UUID, area: str, now: datetime
) -> None:
    """Seal and keep a document under the id it already has; a document that is already here stays as it is."""
    if len(body) > SIZE_LIMIT:
        raise DocumentTooLarge("The document is larger than 40 MB: send it in parts.")
    values = {
        "id": reference.id,
        "subject": subject,
        "area": area,
        "name": await session.seal(subject, reference.name),
        "media_type": reference.media_type,
        "size": reference.size,
        "digest": reference.digest,
        "body": await session.seal(subject, body),
        "received_at": now,
    }
    session.write(_KEEP, values)


async def read(session: Session, document_id: UUID) -> Document:
    """Return the opened document; raises DocumentAbsent, SubjectErased, or DocumentErased where it alone was erased.

    Whoever shows it to a person records the read in the same transaction.
    """
    row = await session.first(_READ, {"id": document_id})
    if row is None:
        raise DocumentAbsent("There is no document with that id here: look it up again from its referral.")
    if not row.body and await is_erased(session, document_id):
        raise DocumentErased("This document was erased, because it told of another person who was erased.")
    if not row.body:
        raise SubjectErased("This document was erased with everything else about its subject.")
    body = await session.unseal(row.subject, row.body)
    return Document(await _reference(session, row), row.subject, row.area, body)


async def listed(session: Session, subject: UUID) -> tuple[DocumentReference, ...]:
    """Return the documents held about a subject, oldest first; erased ones are left out."""
    return tuple([await _reference(session, row) for row in await session.rows(_LIST, {"subject": subject})])


async def first_id(session: Session, subject: UUID) -> UUID | None:
    """Return the id of the document that came first about a subject, also where it was erased since; None for none."""
    found = await session.first(_FIRST, {"subject": subject})
    return UUID(str(found.id)) if found else None


async def owner(session: Session, document_id: UUID) -> UUID | None:
    """Return the subject of a document, erased or not; None where nothing stands under that id."""
    found = await session.first(_OWNER, {"id": document_id})
    return UUID(str(found.subject)) if found else None


async def same_as(session: Session, document_id: UUID, subject: UUID) -> tuple[UUID, ...]:
    """Return the documents of a subject that are the same bytes as this one, as long as neither is erased."""
    found = await session.rows(_SAME, {"id": document_id, "subject": subject})
    return tuple(UUID(str(row.id)) for row in found)


async def erase(session: Session, erased: UUID) -> int:
    """Empty every document of a subject, or the one of this id, and return how many.

    The ids stay, so that consumers are told that it is erased.
    """
    emptied = {"name": b"", "body": b"", "digest": "", "size": 0}
    theirs = (document.c.subject == erased) | (document.c.id == erased)
    found = await session.execute(update(document).where(theirs, document.c.body != b"").values(emptied))
    return found.rowcount


async def check_owner(session: Session, document_id: UUID, subject: UUID) -> None:
    """Raise DocumentAbsent where the id is known here as that of a subject, or of another subject's document.

    One that never came is in order: an erasure goes to services that it may still be on its way to.
    """
    known = await session.first(_STRANGE, {"id": document_id, "subject": subject})
    if known is not None or await session.knows(document_id):
        raise DocumentAbsent("That is no document of this subject: give the two ids that a deletion receipt names.")


async def is_erased(session: Session, document_id: UUID) -> bool:
    """Say whether this document alone was erased here, whether or not it ever came."""
    found = select(erased_subject.c.subject).where(erased_subject.c.subject == document_id)
    return await session.scalar(found) is not None


def router() -> APIRouter:
    """Return the door by which consumers fetch the documents that a published event gave them."""
    routes = APIRouter(route_class=ProblemRoute)
    routes.add_api_route("/internal/documents/{document_id}", send, methods=["GET"], include_in_schema=False)
    return routes


async def send(request: Request, document_id: UUID) -> Response:
    """Answer with the opened body and its digest, and audit that the calling service has read it."""
    runtime = request.app.state.runtime
    caller = require_machine(request, accepted=frozenset(runtime.secrets.machine_digests))
    async with runtime.database.transaction(Actor.service(caller)) as session:
        await _require_grant(session, document_id, caller)
        try:
            found = await read(session, document_id)
        except DocumentErased:
            # Not 410: whoever asks takes in what the event says, without this document.
            return Response(status_code=HTTPStatus.NO_CONTENT)
        await audit.record_read(session, subject=found.subject, now=clock.now(), reason="document-fetched")
    digest = base64.b64encode(bytes.fromhex(found.reference.digest)).decode()
    headers = {"Content-Digest": f"sha-256=:{digest}:", "Cache-Control": "no-store"}
    return Response(found.body, media_type="application/octet-stream", headers=headers)


class Fetcher:
    """Fetches documents from the services that published them, before the consumer's transaction begins."""

    def __init__(
        self, service_urls: Mapping[str, str], credential: str, *, transport: httpx2.AsyncBaseTransport | None = None
    ) -> None:
        self._urls = service_urls
        self._client = httpx2.AsyncClient(
            transport=transport,
            headers={"Authorization": f"Bearer {credential}"},
            timeout=httpx2.Timeout(10.0, connect=2.0),
            trust_env=False,
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def fetch(self, publisher: str, reference: DocumentReference) -> bytes:
        """Return the body of a document, checked against size and digest of its reference.

        Raises DocumentTooLarge, DocumentMissing, DocumentRefused or DocumentDigestMismatch (the message is at fault),
        SubjectErased (it was erased meanwhile; DocumentErased where its subject stands) or DocumentUnreachable (the
        publisher is down: try again).
        """
        if reference.size > SIZE_LIMIT:
            raise DocumentTooLarge("The event names a document larger than 40 MB: the publisher must send it in parts.")
        body = await self._download(publisher, reference)
        if len(body) != reference.size or hashlib.sha256(body).hexdigest() != reference.digest:
            raise DocumentDigestMismatch(
                f"A document of {publisher} has another digest than its event announced: send the event anew."
            )
        return body

    async def _download(self, publisher: str, reference: DocumentReference) -> bytes:
        url = f"{self._urls.get(publisher, '')}/internal/documents/{reference.id}"
        headers = {"traceparent": telemetry.traceparent()}
        try:
            async with asyncio.timeout(PATIENCE_SECONDS), self._client.stream("GET", url, headers=headers) as answer:
                _check_status(publisher, answer.status_code)
                return await _collect(answer, reference.size)
        except (httpx2.HTTPError, httpx2.InvalidURL, TimeoutError) as error:
            raise DocumentUnreachable(
                f"The service {publisher} did not hand over a document ({type(error).__name__}): is it running?"
            ) from None


async def _collect(answer: httpx2.Response, size: int) -> bytes:
    # One byte more than announced is enough to know that the digest cannot match.
    body = bytearray()
    async for chunk in answer.aiter_bytes():
        body += chunk
        if len(body) > size:
            break
    return bytes(body)


def _check_status(publisher: str, status: int) -> None:
    if status == HTTPStatus.OK:
        return
    if status == HTTPStatus.NO_CONTENT:
        raise DocumentErased("The document was erased before it could be fetched; what its event says stands.")
    if status == HTTPStatus.NOT_FOUND:
        raise DocumentMissing(f"The service {publisher} has no document with the id that its event names.")
    if status == HTTPStatus.GONE:
        raise SubjectErased("The document was erased with its subject before it could be fetched.")
    if status == HTTPStatus.FORBIDDEN:
        raise DocumentRefused(f"The service {publisher} says that its event did not give this document to us.")
    raise DocumentUnreachable(f"The service {publisher} answered {status} instead of a document: look at its health.")


async def _require_grant(session: Session, document_id: UUID, service: str) -> None:
    if await session.scalar(_GRANTED, {"id": document_id, "service": service}) is not None:
        return
    if await session.scalar(select(document.c.id).where(document.c.id == document_id)) is None:
        raise DocumentAbsent("There is no document with that id here.")
    raise DocumentNotGranted(f"No published event gave this document to {service}.")


async def _reference(session: Session, row: Row[Any]) -> DocumentReference:
    return DocumentReference(
        id=row.id,
        name=await session.unseal_text(row.subject, row.name),
        media_type=row.media_type,
        size=row.size,
        digest=row.digest,
    )
