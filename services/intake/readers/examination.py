"""Files and mails looked at before a reader opens them: what they are, and what they declare that speaks against it."""

import io
import re
import zlib
from collections.abc import Iterable, Iterator
from itertools import accumulate, islice

from services.intake.readers.archives import archive_cause, word_cause
from services.intake.readers.values import Attachment, Cause

LARGEST_FILE = 30_000_000
MOST_NESTED = 50
MOST_PARTS = 2_000
MOST_LINES = 2_000_000
BOUNDARY = re.compile(rb"""boundary\s*=\s*("[^"\r\n]{1,200}"|[^\s;"]{1,200})""", re.IGNORECASE)
PART = re.compile(rb"[\r\n]--([^\r\n]{1,200})")
NESTING = re.compile(rb"^content-type:\s*(?:multipart/|message/)", re.IGNORECASE | re.MULTILINE)

ARCHIVE, OLD_OFFICE, PDF = b"PK", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"%PDF-"
LOCKED_OFFICE = "EncryptedPackage".encode("utf-16-le")
PDF_WITHIN = 1024
WORD_NAMES = (".docx", ".docm")

LARGEST_PDF_WORK = 150_000_000
PIECE, LARGEST_PIECE = 1 << 16, 1 << 20
MOST_OBJECTS = 100_000
MOST_FILTERS = 3
MOST_UPDATES = 100
DECLARED_OBJECTS = re.compile(rb"/(?:N|Size|Count)\s{0,10}(\d{1,15})")
FILTERS = re.compile(rb"/Filter\s{0,10}\[([^\[\]]{0,200})")
ENCRYPTION = re.compile(rb"/Encrypt\s{0,10}(?:\d|<<)")
UPDATE = re.compile(rb"/Prev\s{0,10}\d")
PACKED = re.compile(rb"stream(\r?\n)(?=[\x08\x18\x28\x38\x48\x58\x68\x78])")
"""A stream that begins as packed ones do; pictures begin otherwise."""


def mail_cause(raw: bytes) -> Cause:
    """Return why a mail must not be taken apart: it nests too deeply, or declares too many parts or lines."""
    lines = max(raw.count(b"\n"), raw.count(b"\r"))
    if lines > MOST_LINES or more_than(MOST_NESTED, NESTING.finditer(raw)):
        return Cause.TOO_BIG
    if raw.count(b"\n--") + raw.count(b"\r--") <= MOST_PARTS:
        return Cause.NONE
    declared = {found[1].strip(b'"') for found in islice(BOUNDARY.finditer(raw), MOST_LINES)}
    if len(declared) > MOST_NESTED:
        return Cause.TOO_BIG
    starts = tuple(declared)
    parts = (found for found in PART.finditer(raw) if found[1].startswith(starts))
    return Cause.TOO_BIG if more_than(MOST_PARTS, parts) else Cause.NONE


def file_cause(attachment: Attachment) -> Cause:
    """Return why a reader must not open a file; NONE when nothing that it declares speaks against it."""
    body = attachment.body
    if len(body) > LARGEST_FILE:
        return Cause.TOO_BIG
    if body.startswith(OLD_OFFICE):
        return Cause.LOCKED if LOCKED_OFFICE in body else Cause.UNKNOWN_KIND
    if body.startswith(ARCHIVE):
        return word_cause(body) if _is_word(attachment) else _other_archive(body)
    if _is_word(attachment):
        return Cause.DAMAGED
    return pdf_cause(body) if PDF in body[:PDF_WITHIN] else Cause.NONE


def more_than(most: int, found: Iterable[object]) -> bool:
    """Say whether there are more; no more than that are looked for."""
    return next(islice(found, most, None), None) is not None


def unread_cause(attachment: Attachment) -> Cause:
    """Return why a file that no reader knows stays closed; never NONE."""
    cause = file_cause(attachment)
    return cause if cause in {Cause.LOCKED, Cause.TOO_BIG} else Cause.UNKNOWN_KIND


def pdf_cause(body: bytes) -> Cause:
    """Return why a PDF must not be read: locked, or it declares, or unpacks to, more than a form ever holds."""
    if _declares_too_much(body) or any(work > LARGEST_PDF_WORK for work in accumulate(_works(body))):
        return Cause.TOO_BIG
    return Cause.LOCKED if ENCRYPTION.search(body) and not _opens_without_password(body) else Cause.NONE


def _declares_too_much(body: bytes) -> bool:
    return (
        max(body.count(b"obj"), body.count(b"stream")) > 2 * MOST_OBJECTS
        or more_than(MOST_UPDATES, UPDATE.finditer(body))
        or any(int(found[1]) > MOST_OBJECTS for found in DECLARED_OBJECTS.finditer(body))
        or any(found[1].count(b"/") > MOST_FILTERS for found in FILTERS.finditer(body))
    )


def _works(body: bytes) -> Iterator[int]:
    """Yield the bytes that go into and come out of unpacking the streams, piece by piece: a PDF does not declare them.

    Streams that lie within each other are counted as often as they lie there.
    """
    view = memoryview(body)
    for found in PACKED.finditer(body):
        unpacking, place, rest = zlib.decompressobj(), found.end(1), b""
        while not unpacking.eof and (rest or place < len(body)):
            given = rest or view[place : place + PIECE]
            place += 0 if rest else PIECE
            try:
                size = len(unpacking.decompress(given, LARGEST_PIECE))
            except zlib.error:
                yield len(given)
                break
            rest = unpacking.unconsumed_tail
            yield len(given) - len(rest) + size


def _opens_without_password(body: bytes) -> bool:
    """Say whether a PDF only restricts printing and the like: such a one opens with no password at all."""
    try:
        import pypdf  # noqa: PLC0415  few files need it, and it takes as long to load as ten forms to read

        reader = pypdf.PdfReader(io.BytesIO(body))
        return not reader.is_encrypted or bool(reader.decrypt(""))
    except Exception:  # noqa: BLE001 - parsers of hostile files raise anything; people still get the original
        return False


def _is_word(attachment: Attachment) -> bool:
    return attachment.name.lower().endswith(WORD_NAMES) or "wordprocessingml" in attachment.media_type


def _other_archive(body: bytes) -> Cause:
    cause = archive_cause(body)
    return cause if cause in {Cause.LOCKED, Cause.TOO_BIG} else Cause.UNKNOWN_KIND
