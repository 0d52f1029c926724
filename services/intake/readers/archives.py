"""Archives judged by what their directory declares, before anything is unpacked: Word files and zip files."""

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from services.intake.readers.messages import bare_name
from services.intake.readers.values import Attachment, Cause

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
ZIP64, ZIP64_SIZE = b"PK\x06\x07", 20
"""A record before the last one that leads to another last one: the library believes that one."""
ENCRYPTED = 0x1
ARCHIVES = (".zip", ".jar", ".7z", ".rar", ".gz", ".bz2", ".xz", ".tar")
OFFICE = (".docx", ".docm", ".xlsx", ".pptx", ".odt")
METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
"""The library unpacks the others without a bound."""
ZIP_TYPES = frozenset({"application/zip", "application/x-zip-compressed"})
MOST_MEMBERS = 20
LARGEST_MEMBERS = 30_000_000
"""The files in all zip files of a mail together, unpacked."""
LITTER = "__MACOSX/"
EMBEDDED = "word/embeddings/"
WORD_DOCUMENT = "word/document.xml"
UNREADABLE = (zipfile.BadZipFile, LookupError, RuntimeError, EOFError, zlib.error, OSError, ValueError)
"""What the library raises for an archive that is broken or packed in a way that it does not know."""

ENCODING = re.compile(rb"""encoding\s*=\s*["']([A-Za-z0-9._-]+)""")
PLAIN_ENCODINGS = frozenset({b"utf-8", b"utf-16", b"utf-16le", b"utf-16be", b"us-ascii", b"ascii", b"iso-8859-1"})
"""In any other the two words that make an entity bomb could be spelt otherwise; Word writes the first."""


def is_zip(file: Attachment) -> bool:
    """Say whether a file is one in which others may be."""
    called = file.name.lower().endswith(".zip") or file.media_type.lower() in ZIP_TYPES
    return called and not file.may_be_form and file.body.startswith(b"PK")


def with_members(files: Iterable[Attachment]) -> Iterator[Attachment]:
    """Yield the files of a mail, and behind each zip file those in it, named after it and without their folders.

    One level deep. A zip file that is locked, holds another archive or unpacks to too much stays closed as a whole.
    """
    count, size = MOST_MEMBERS, LARGEST_MEMBERS
    for file in files:
        if not is_zip(file):
            yield file
            continue
        cause, members = _opened(file, count, size)
        yield replace(file, cause=cause)
        yield from members
        count -= len(members)
        size -= sum(len(member.body) for member in members)


def _opened(file: Attachment, most: int, largest: int) -> tuple[Cause, tuple[Attachment, ...]]:
    """Return the files in a zip file, or why it stays closed."""
    cause = archive_cause(file.body)
    if cause is not Cause.NONE:
        return cause, ()
    try:
        with zipfile.ZipFile(io.BytesIO(file.body)) as archive:
            entries = [one for one in archive.infolist() if one.file_size and not one.filename.startswith(LITTER)]
            if len(entries) > most or sum(entry.file_size for entry in entries) > largest:
                return Cause.TOO_BIG, ()
            return Cause.NONE, tuple(_member(file.name, archive, entry) for entry in entries)
    except UNREADABLE:
        return Cause.DAMAGED, ()


def _member(holder: str, archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Attachment:
    return Attachment(f"{holder}: {bare_name(entry.filename)}", "application/octet-stream", _unpacked(archive, entry))


def archive_cause(body: bytes, nested: tuple[str, ...] = ARCHIVES) -> Cause:
    """Return why an archive must not be unpacked, from its directory alone; NONE when nothing speaks against it."""
    cause = _end_cause(body)
    if cause is not Cause.NONE:
        return cause
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            return _entries_cause(archive.infolist(), len(body), nested)
    except UNREADABLE:
        return Cause.DAMAGED


def word_cause(body: bytes) -> Cause:
    """Return why a Word file must not be read: its archive's reason, or an XML part that declares entities."""
    cause = archive_cause(body, (*ARCHIVES, *OFFICE))
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
    elsewhere = body[max(0, place - ZIP64_SIZE) : place].startswith(ZIP64)
    if elsewhere or IN_ZIP64 in {here, entries} or entries > MOST_ENTRIES or size > LARGEST_DIRECTORY:
        return Cause.TOO_BIG
    return Cause.NONE


def _entries_cause(entries: Sequence[zipfile.ZipInfo], size: int, nested: tuple[str, ...]) -> Cause:
    if any(entry.flag_bits & ENCRYPTED for entry in entries):
        return Cause.LOCKED
    unpacked = sum(entry.file_size for entry in entries)
    steep = unpacked > STEEP_FROM and unpacked > STEEPEST * size
    overlapping = sum(entry.compress_size for entry in entries) > size
    deeper = any(
        entry.filename.lower().endswith(nested) and not entry.filename.startswith(EMBEDDED) for entry in entries
    )
    if len(entries) > MOST_ENTRIES or unpacked > LARGEST_UNPACKED or steep or overlapping or deeper:
        return Cause.TOO_BIG
    twice = len({entry.filename for entry in entries}) < len(entries)
    return Cause.DAMAGED if twice or not METHODS.issuperset(entry.compress_type for entry in entries) else Cause.NONE


def _unpacked(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> bytes:
    # No more is unpacked than a part declares, and one that would go on has another checksum.
    with archive.open(part) as opened:
        return opened.read(part.file_size + 1)
