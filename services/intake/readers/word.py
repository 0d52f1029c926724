"""A Word file taken apart: paragraphs, tables, text boxes, notes, and the fields of every age that a form may have."""

import io
import zipfile
from collections.abc import Iterator

from lxml import etree

from services.intake.readers.failures import Unreadable
from services.intake.readers.fields import kind_of
from services.intake.readers.rows import EMBEDDED, MOST_ROWS, Pages, Row, storable
from services.intake.readers.values import Cause

MOST_VALUES = 500
DOCUMENT = "word/document.xml"
NOTES = ("word/footnotes.xml", "word/endnotes.xml", "word/comments.xml")
MARGINS = ("word/header", "word/footer")
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
W14 = "{http://schemas.microsoft.com/office/word/2010/wordml}"
MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
VAL = f"{W}val"
BREAKS = {f"{W}br": "\n", f"{W}cr": "\r", f"{W}tab": "\t", f"{W}noBreakHyphen": "\u2011"}
PASSED_OVER = frozenset(
    f"{W}{name}" for name in ("del", "moveFrom", "instrText", "delText", "sdtPr", "pPr", "rPr", "tcPr")
)
"""What is struck out, and what says how a thing looks."""
UNREAD = frozenset({f"{W}control", f"{W}altChunk", f"{W}object"})
SYMBOLS = {
    ("wingdings", "fe"): "☑",
    ("wingdings", "fd"): "☒",
    ("wingdings", "fc"): "✓",
    ("wingdings", "a8"): "☐",
    ("wingdings", "6f"): "☐",
    ("wingdings 2", "52"): "☑",
    ("wingdings 2", "53"): "☒",
    ("wingdings 2", "54"): "☒",
    ("wingdings 2", "a3"): "☐",
}

Element = etree._Element  # noqa: SLF001  the library's only name for it


def word_pages(body: bytes) -> Pages:
    """Take a Word file apart that was examined; raises Unreadable, or what the parser does."""
    parts = _parts(body)
    reader = _Reader()
    reader.blocks(_root(parts.pop(DOCUMENT)))
    margins: list[str] = []
    for name, xml in sorted(parts.items()):
        beside = _Reader()
        beside.blocks(_root(xml))
        said = [text for row in beside.rows for text in row.cells if text.strip()]
        if name.startswith(MARGINS):
            margins += said
        else:
            reader.outside += said
    tagged = {path: tuple(texts) for path, texts in reader.tagged.items()}
    return Pages(tuple(reader.rows), tagged, tuple(margins), tuple(reader.outside))


def _parts(body: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        return {
            name: archive.read(name)
            for name in archive.namelist()
            if name in {DOCUMENT, *NOTES} or (name.startswith(MARGINS) and name.endswith(".xml"))
        }


def _root(xml: bytes) -> Element:
    root = etree.fromstring(xml, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False))
    for choice in root.iter(f"{MC}Choice"):
        # The same text box for newer and for older programs: what the newer one holds counts once.
        fallback = choice.getnext()
        if fallback is not None and fallback.tag == f"{MC}Fallback" and next(choice.iter(f"{W}t"), None) is not None:
            fallback.clear()
    return root


class _Reader:
    """One part of the file, from its first element to its last."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.tagged: dict[str, list[str]] = {}
        self.outside: list[str] = []

    def blocks(self, parent: Element) -> None:
        """Take in everything below an element that holds paragraphs and tables."""
        for each in self._each(parent):
            if isinstance(each, str):
                self._add(Row((each,)))
            elif each.tag == f"{W}p":
                self._paragraph(each)
            else:
                self._table(each)

    def _each(self, parent: Element) -> Iterator[Element | str]:
        """Yield the paragraphs and tables below an element, and what the box of a control shows that has an answer."""
        for element in parent:
            if element.tag in {f"{W}p", f"{W}tbl"}:
                yield element
            elif element.tag in UNREAD:
                self.outside.append(EMBEDDED)
            elif element.tag == f"{W}sdt":
                content = self._control(element)
                yield from self._each(content) if content is not None else (_box(element) or "",)
            elif isinstance(element.tag, str) and element.tag not in PASSED_OVER:
                yield from self._each(element)

    def _paragraph(self, paragraph: Element) -> None:
        boxes: list[Element] = []
        self._add(Row((self._inline(paragraph, boxes),)))
        for box in boxes:
            self.blocks(box)

    def _add(self, row: Row) -> None:
        self.rows.append(Row(tuple(storable(cell) for cell in row.cells), row.continues))
        if len(self.rows) > MOST_ROWS:
            raise Unreadable(Cause.TOO_BIG)

    def _table(self, table: Element) -> None:
        for line in _within(table, f"{W}tr"):
            properties = line.find(f"{W}trPr")
            if properties is not None and properties.find(f"{W}del") is not None:
                continue
            later: list[Element] = []
            cells = list(_within(line, f"{W}tc"))
            if cells:
                self._add(Row(tuple([self._cell(cell, later) for cell in cells]), _continues_above(cells[0])))
            for inner in later:
                self._table(inner) if inner.tag == f"{W}tbl" else self.blocks(inner)

    def _cell(self, cell: Element, later: list[Element]) -> str:
        """Return the text of a cell; tables and text boxes inside it are read after its row."""
        pieces: list[str] = []
        for each in self._each(cell):
            if isinstance(each, str):
                pieces.append(each)
            elif each.tag == f"{W}p":
                pieces.append(self._inline(each, later))
            else:
                later.append(each)
        return "\n".join(pieces).strip("\n")

    def _inline(self, paragraph: Element, boxes: list[Element]) -> str:
        pieces: list[str] = []
        legacy = _Legacy()
        self._runs(paragraph, pieces, boxes, legacy)
        return "".join(pieces)

    def _runs(self, parent: Element, pieces: list[str], boxes: list[Element], legacy: "_Legacy") -> None:
        for element in parent:
            if element.tag in PASSED_OVER or not isinstance(element.tag, str):
                continue
            if element.tag == f"{W}txbxContent":
                boxes.append(element)
            elif element.tag == f"{W}fldChar":
                pieces.append(legacy.take(element))
            elif element.tag in UNREAD:
                self.outside.append(EMBEDDED)
            elif (text := _text_of(element)) is not None:
                pieces.append("" if legacy.silent else text)
            elif (inner := self._inside(element, pieces)) is not None:
                self._runs(inner, pieces, boxes, legacy)

    def _inside(self, element: Element, pieces: list[str]) -> Element | None:
        """Return what is to be read on below an element; of a control with its own answer only its box is shown."""
        if element.tag != f"{W}sdt":
            return element
        content = self._control(element)
        if content is None:
            pieces.append(_box(element) or "")
        return content

    def _control(self, control: Element) -> Element | None:
        """Keep the answer of a control with one of our names; return what another one holds, to be read as text."""
        properties, content = control.find(f"{W}sdtPr"), control.find(f"{W}sdtContent")
        name = self._named(control)
        if properties is None or content is None:
            return content
        box = _box(control)
        if not name:
            showing = properties.find(f"{W}showingPlcHdr") is not None
            return None if box is not None or showing else content
        path, _, choice = name.partition("=")
        if choice:
            text = choice if box in {"☒", "☑"} else ""
        else:
            text = "" if properties.find(f"{W}showingPlcHdr") is not None else control_text(content)
        if text.strip():
            self.tagged.setdefault(path, []).append(storable(text))
        if sum(map(len, self.tagged.values())) > MOST_VALUES:
            raise Unreadable(Cause.TOO_BIG)
        return None

    def _named(self, control: Element) -> str:
        """Return the control's tag where it is a path of our form, "" where it is anything else."""
        tag = control.find(f"{W}sdtPr/{W}tag")
        name = (tag.get(VAL) or "").strip() if tag is not None else ""
        path, _, choice = name.partition("=")
        return name if kind_of(f"{path}.0" if choice else path) is not None else ""


class _Legacy:
    """The form fields of Word 97: a field character that begins, separates and ends, and what stands between."""

    def __init__(self) -> None:
        self.silent = False
        self._chosen = False

    def take(self, element: Element) -> str:
        """Take in a field character; return what a tick box or a list shows."""
        kind = element.get(f"{W}fldCharType")
        if kind == "begin":
            data = element.find(f"{W}ffData")
            shown = _legacy_choice(data) if data is not None else None
            self._chosen = shown is not None
            return shown or ""
        self.silent = self._chosen and kind == "separate"
        return ""


def _legacy_choice(data: Element) -> str | None:
    box = data.find(f"{W}checkBox")
    if box is not None:
        state = box.find(f"{W}checked")
        state = state if state is not None else box.find(f"{W}default")
        return "☒" if state is not None and _is_on(state.get(VAL)) else "☐"
    listed = data.find(f"{W}ddList")
    if listed is None:
        return None
    result, entries = listed.find(f"{W}result"), listed.findall(f"{W}listEntry")
    number = (result.get(VAL) or "") if result is not None else ""
    # Without a result nobody has chosen: the first entry only shows.
    return (entries[int(number)].get(VAL) or "") if number.isdigit() and int(number) < len(entries) else ""


def _text_of(element: Element) -> str | None:
    if element.tag == f"{W}t":
        return element.text or ""
    if element.tag == f"{W}sym":
        font, code = (element.get(f"{W}font") or "").lower(), (element.get(f"{W}char") or "").lower()
        return SYMBOLS.get((font, code.removeprefix("f0").removeprefix("00")), "\ufffd")
    parent = element.getparent()
    in_run = parent is not None and parent.tag == f"{W}r"
    return BREAKS[str(element.tag)] if element.tag in BREAKS and in_run else None


def control_text(content: Element) -> str:
    """Return what a control holds, its paragraphs and breaks by line; text struck out does not count."""
    pieces: list[str] = []
    for element in content.iter():
        text = _text_of(element) if isinstance(element.tag, str) else None
        if text is not None and not any(above.tag in PASSED_OVER for above in element.iterancestors()):
            pieces.append(text)
        elif element.tag == f"{W}p" and pieces:
            pieces.append("\n")
    return "".join(pieces)


def _box(control: Element) -> str | None:
    """Return what a tick box of Word 2010 shows, None for any other control."""
    box = control.find(f"{W}sdtPr/{W14}checkbox")
    if box is None:
        return None
    state = box.find(f"{W14}checked")
    return "☒" if state is not None and _is_on(state.get(f"{W14}val")) else "☐"


def _is_on(value: str | None) -> bool:
    return value not in {"0", "false", "off"}


def _continues_above(cell: Element) -> bool:
    merge = cell.find(f"{W}tcPr/{W}vMerge")
    return merge is not None and merge.get(VAL) != "restart"


def _within(parent: Element, tag: str) -> Iterator[Element]:
    """Yield the rows of a table or the cells of a row, also those that a control or a tracked insertion wraps."""
    for element in parent:
        if element.tag == tag:
            yield element
        elif element.tag in {f"{W}sdt", f"{W}sdtContent", f"{W}customXml", f"{W}ins"}:
            yield from _within(element, tag)
