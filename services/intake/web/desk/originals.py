"""Originals: handed over as downloads, and their text as the cage read it, for a person to compare with the fields."""

import asyncio
from dataclasses import dataclass, replace
from urllib.parse import quote
from uuid import UUID

from chassis import audit, documents
from chassis.web import PageRequest, Response
from services.intake.domain import STILL_OPEN
from services.intake.queries import DeskReferral
from services.intake.readers import Cage, FormReading, ReadMessage
from services.intake.web import keying

MAIL = "message/rfc822"
MOST_FILES = 5
PATIENCE_SECONDS = 10.0
TOO_SLOW = "Not all of the original could be shown here in time: download it."


@dataclass(frozen=True)
class FileText:
    """What the cage made of one attached file: its words where it has any, and the answers found in it."""

    name: str
    text: str
    answers: tuple[tuple[str, str], ...]
    reason: str


@dataclass(frozen=True)
class OriginalText:
    """A mail taken apart for reading: itself, and its attached files."""

    mail: ReadMessage
    files: tuple[FileText, ...]


async def original(request: PageRequest) -> Response:
    """Hand over an original as a download, never to be shown by the browser, and record who had it."""
    async with request.transaction() as session:
        found = await documents.read(session, UUID(request.path["document_id"]))
        await audit.record_read(session, subject=found.subject, now=request.now, reason="intake-desk-original")
    name = quote(found.reference.name, safe="")
    headers = {"content-disposition": f"attachment; filename*=UTF-8''{name}"}
    return Response(found.body, media_type="application/octet-stream", headers=headers)


async def original_text(request: PageRequest, found: DeskReferral) -> OriginalText | None:
    """Return the mail of a referral that is still open, taken apart in a confined child of its own and recorded."""
    kept = next((each for each in found.documents if each.media_type == MAIL), None)
    if kept is None or found.reading not in STILL_OPEN:
        return None
    async with request.transaction() as session:
        body = (await documents.read(session, kept.id)).body
        await audit.record_read(session, subject=found.referral_id, now=request.now, reason="intake-desk-mail")
    cage = Cage()
    await cage.start()
    mail, files = ReadMessage(problems=(TOO_SLOW,)), []
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            mail = await cage.read_message(body)
            for each in mail.form_candidates[:MOST_FILES]:
                files.append(_file(each.name, await cage.read_form(each)))  # noqa: PERF401  what is there stays there
    except TimeoutError:
        mail = replace(mail, problems=tuple(dict.fromkeys((*mail.problems, TOO_SLOW))))
    finally:
        await cage.stop()
    return OriginalText(mail, tuple(files))


def _file(name: str, reading: FormReading) -> FileText:
    answers = tuple((keying.label_of(path), text) for path, text in reading.values.items())
    return FileText(name, reading.text, answers, keying.in_plain_words(reading.reason))
