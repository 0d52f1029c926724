"""A PDF taken apart: the fields of a form that can be filled in, notes put on its pages, and its text by line."""

import importlib
import io
import logging
import re
from collections.abc import Iterator
from typing import Any

import pypdf
from pypdf import generic

from services.intake.readers.failures import Unreadable
from services.intake.readers.fields import kind_of
from services.intake.readers.rows import EMBEDDED, MOST_ROWS, Pages, Row, storable
from services.intake.readers.values import Cause

for _needed in ("pypdf.filters", "pypdf._codecs._codecs"):
    # The library loads these when a file first asks for them: too late in the cage, which opens no file any more.
    importlib.import_module(_needed)
logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # its warnings repeat what hostile files say

MOST_PAGES = 60
MOST_FIELDS = 2_000
LONGEST_VALUE = 25_000
GAP = re.compile(r" {2,}|\t+")
BUTTON, CHOICE = "/Btn", "/Ch"
OFF = frozenset({"", "/Off", "Off"})
NOTES = frozenset({"/FreeText", "/Text", "/Stamp"})
PICTURES = "The PDF holds pictures and no text, as a scanned page does; open the original."


def pdf_pages(body: bytes) -> Pages:
    """Take a PDF apart; raises Unreadable, also where it holds no text at all, or what the parser does."""
    try:
        reader = pypdf.PdfReader(io.BytesIO(body), strict=False)
        if reader.is_encrypted and not reader.decrypt(""):
            raise Unreadable(Cause.LOCKED)
        if len(reader.pages) > MOST_PAGES:
            raise Unreadable(Cause.TOO_BIG)
        found = _Fields(reader)
        rows = [row for page in reader.pages for row in _rows(page)]
        notes = tuple(storable(note) for page in reader.pages for note in _notes(page))
    except pypdf.errors.DependencyError as error:
        raise Unreadable(Cause.LOCKED) from error
    if not (rows or found.tagged or found.rows):
        raise Unreadable(Cause.NOT_A_FORM, PICTURES)
    if len(rows) > MOST_ROWS:
        raise Unreadable(Cause.TOO_BIG)
    embedded = (EMBEDDED,) if reader.attachments else ()
    return Pages((*rows, *found.rows), found.tagged, outside=(*notes, *embedded), asked=frozenset(found.asked))


class _Fields:
    """The fields of a form that can be filled in: ours by their names, others by the words that describe them."""

    def __init__(self, reader: pypdf.PdfReader) -> None:
        self.tagged: dict[str, tuple[str, ...]] = {}
        self.rows: list[Row] = []
        self.asked: set[str] = set()
        fields = reader.get_fields() or {}
        if len(fields) > MOST_FIELDS:
            raise Unreadable(Cause.TOO_BIG)
        for name, field in fields.items():
            if field.get("/Kids") and "/FT" not in field:
                continue
            self._take(str(name), field)

    def _take(self, name: str, field: Any) -> None:
        path, _, choice = name.replace("/", ".").partition("=")
        value = storable(_value(field))[:LONGEST_VALUE]
        if kind_of(f"{path}.0" if choice else path) is not None:
            text = (choice if value else "") if choice else value
            self.asked.add(path)
            if text.strip():
                self.tagged[path] = (*self.tagged.get(path, ()), text)
            return
        label = storable(str(field.get("/TU") or name))
        if field.get("/FT") == BUTTON:
            value = "☒" if value else ""
        if value.strip():
            self.rows.append(Row((label, value)))


def _value(field: Any) -> str:
    """Return what a field holds: "" where nothing is filled in, the name of its state for a ticked box."""
    value = field.get("/V")
    if isinstance(value, generic.IndirectObject):
        value = value.get_object()
    if value is None or str(value) in OFF:
        return ""
    if isinstance(value, list):
        return "\n".join(map(str, value))
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return str(value).replace("\r\n", "\n").replace("\r", "\n")


def _rows(page: Any) -> Iterator[Row]:
    """Yield the lines of a page, cut where a wide gap parts columns; an indented line goes on with the one above."""
    text = page.extract_text(extraction_mode="layout", layout_mode_space_vertically=False)
    lines = [storable(line).rstrip() for line in text.split("\n")]
    filled = [line for line in lines if line.strip()]
    margin = min((len(line) - len(line.lstrip()) for line in filled), default=0)
    for line in filled:
        indented = line[margin:].startswith("    ")
        cells = tuple(cell.strip() for cell in GAP.split(line.strip()))
        yield Row(("", *cells), continues=True) if indented else Row(cells)


def _notes(page: Any) -> Iterator[str]:
    """Yield what somebody wrote over a page with a reader's tools: it belongs to no field and to no line."""
    for annotation in page.get("/Annots") or ():
        note = annotation.get_object()
        if note.get("/Subtype") in NOTES and str(note.get("/Contents") or "").strip():
            yield str(note["/Contents"])
