"""Originals: handed over as downloads, never shown by the browser."""

from urllib.parse import quote
from uuid import UUID

from chassis import audit, documents
from chassis.web import PageRequest, Response

MAIL = "message/rfc822"


async def original(request: PageRequest) -> Response:
    """Hand over an original as a download, never to be shown by the browser, and record who had it."""
    async with request.transaction() as session:
        found = await documents.read(session, UUID(request.path["document_id"]))
        await audit.record_read(session, subject=found.subject, now=request.now, reason="intake-desk-original")
    name = quote(found.reference.name, safe="")
    headers = {"content-disposition": f"attachment; filename*=UTF-8''{name}"}
    return Response(found.body, media_type="application/octet-stream", headers=headers)
