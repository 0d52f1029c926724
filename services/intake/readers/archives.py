"""Archives judged by what their directory declares, before anything is unpacked; Word files are such archives."""

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Sequence

from services.intake.readers.values import Cause

LARGEST_UNPACKED = 100_000_000
LARGEST_DOCUMENT = 20_000_000
LARGEST_DIRECTORY = 1_000_000
MOST_ENTRIES = 2_000
MOST_TAGS = 1_000_000
STEEPEST = 200
STEEP_FROM = 10_000_000
"""Text that repeats itself packs well: how steeply is only asked of what is large."""

END = b"PK\x05\x06"
END_RECORD = struct.Struct("<4s4H2LH")
LONGEST_COMMENT = 65_535
IN_ZIP64 = 0xFFFF
ENCRYPTED = 0x1
ARCHIVES = (".zip", ".docx", ".docm", ".xlsx", ".pptx", ".jar", ".odt", ".7z", ".rar", ".gz", ".bz2", ".xz", ".tar")
EMBEDDED = "word/embeddings/"
WORD_DOCUMENT = "word/document.xml"
UNREADABLE = (zipfile.BadZipFile, LookupError, RuntimeError, EOFError, zlib.error, OSError, ValueError)
"""What the library raises for an archive that is broken or packed in a way that it does not know."""

ENCODING = re.compile(rb"""encoding\s*=\s*["']([A-Za-z0-9._-]+)""")
PLAIN_ENCODINGS = frozenset({b"utf-8", b"utf-16", b"utf-16le", b"utf-16be", b"us-ascii", b"ascii", b"iso-8859-1"})
"""In any other the two words that make an entity bomb could be spelt otherwise; Word writes the first."""


def archive_cause(body: bytes) -> Cause:
    """Return why an archive must not be unpacked, from its directory alone; NONE when nothing speaks against it."""
    cause = _end_cause(body)
    if cause is not Cause.NONE:
        return cause
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            return _entries_cause(archive.infolist(), len(body))
    except UNREADABLE:
        return Cause.DAMAGED


def word_cause(body: bytes) -> Cause:
    """Return why a Word file must not be read: its archive's reason, or an XML part that declares entities."""
    cause = archive_cause(body)
    if cause is not Cause.NONE:
        return cause
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            archive.getinfo(WORD_DOCUMENT)
            parts = [one for one in archive.infolist() if one.filename.endswith((".xml", ".rels"))]
            if sum(part.file_size for part in parts) > LARGEST_DOCUMENT:
                return Cause.TOO_BIG
            causes = (xml_cause(_unpacked(archive, part)) for part in parts)
            return next((found for found in causes if found is not Cause.NONE), Cause.NONE)
    except UNREADABLE:
        return Cause.DAMAGED


def xml_cause(xml: bytes) -> Cause:
    """Return why XML must not be parsed: it declares entities or a document type, or hides its letters, or never ends.

    Without the NUL bytes, wide encodings spell the two words as narrow ones do.
    """
    plain = xml.replace(b"\x00", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    if b"<!ENTITY" in plain or plain.count(b"<") > MOST_TAGS:
        return Cause.TOO_BIG
    encoding = ENCODING.search(plain[:200])
    hidden = encoding is not None and encoding[1].lower() not in PLAIN_ENCODINGS
    return Cause.DAMAGED if hidden or not plain.startswith(b"<") or b"<!DOCTYPE" in plain else Cause.NONE


def _end_cause(body: bytes) -> Cause:
    """Judge the last record: a directory of a million entries must not even be listed."""
    place = body.rfind(END, max(0, len(body) - END_RECORD.size - LONGEST_COMMENT))
    if place < 0 or place + END_RECORD.size > len(body):
        return Cause.DAMAGED
    _, _, _, here, entries, size, _, _ = END_RECORD.unpack_from(body, place)
    if IN_ZIP64 in {here, entries} or entries > MOST_ENTRIES or size > LARGEST_DIRECTORY:
        return Cause.TOO_BIG
    return Cause.NONE


def _entries_cause(entries: Sequence[zipfile.ZipInfo], size: int) -> Cause:
    if any(entry.flag_bits & ENCRYPTED for entry in entries):
        return Cause.LOCKED
    unpacked = sum(entry.file_size for entry in entries)
    steep = unpacked > STEEP_FROM and unpacked > STEEPEST * size
    overlapping = sum(entry.compress_size for entry in entries) > size
    nested = any(
        entry.filename.lower().endswith(ARCHIVES) and not entry.filename.startswith(EMBEDDED) for entry in entries
    )
    if len(entries) > MOST_ENTRIES or unpacked > LARGEST_UNPACKED or steep or overlapping or nested:
        return Cause.TOO_BIG
    names = [entry.filename for entry in entries]
    return Cause.DAMAGED if len(set(names)) < len(names) else Cause.NONE


def _unpacked(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> bytes:
    # What a part unpacks to never exceeds what it declares: the library stops there.
    with archive.open(part) as opened:
        return opened.read(LARGEST_DOCUMENT)
