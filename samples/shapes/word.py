"""Word files in the shapes that the form has on people's disks: tables, legacy fields, text boxes, plain paragraphs."""

import io
import zipfile
from collections.abc import Callable, Iterator
from xml.sax.saxutils import escape, quoteattr

from contracts.vocabulary.nrf import Kind
from samples.shapes.sheets import Group, Line, Sheet

LONG_AGO = (1980, 1, 1, 0, 0, 0)
XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
SPACES = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:w14="http://schemas.microsoft.com/office/word/2010/wordml" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    'xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape" '
    'xmlns:v="urn:schemas-microsoft-com:vml"'
)
OFFICE = "application/vnd.openxmlformats-officedocument.wordprocessingml"
RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
Draw = Callable[[Group], Iterator[str]]


def table(group: Group) -> Iterator[str]:
    """Yield a part as a heading and a table: label on the left, answer on the right."""
    yield paragraph(group.heading)
    yield _table("".join(_row(cell(line.label), cell(line.text)) for line in group.lines))


def headings_in_rows(group: Group) -> Iterator[str]:
    """Yield a part as one table whose first row, over both columns, is the heading."""
    head = _row(cell(group.heading, span=2))
    yield _table(head + "".join(_row(cell(line.label), cell(line.text)) for line in group.lines))


def labels_above(group: Group) -> Iterator[str]:
    """Yield a part as rows of labels, each with the row of its answers below it; long answers on their own."""
    yield paragraph(group.heading)
    rows: list[str] = []
    short = [line for line in group.lines if line.kind is not Kind.TEXT]
    for first in range(0, len(short), 3):
        three = short[first : first + 3]
        if len(three) == 1:
            rows.append(_row(cell(three[0].label, span=3)) + _row(cell(three[0].text, span=3)))
            continue
        rows += [_row(*(cell(line.label) for line in three)), _row(*(cell(line.text) for line in three))]
    for line in group.lines:
        if line.kind is Kind.TEXT:
            rows += [_row(cell(line.label, span=3)), _row(cell(line.text, span=3))]
    yield _table("".join(rows))


def in_one_cell(group: Group) -> Iterator[str]:
    """Yield a part as a table with one cell for each question, the answer behind its label."""
    yield paragraph(group.heading)
    yield _table("".join(_row(cell(f"{line.label}: {line.text}")) for line in group.lines))


def four_columns(group: Group) -> Iterator[str]:
    """Yield a part as a table with two questions in a row."""
    yield paragraph(group.heading)
    rows = [group.lines[first : first + 2] for first in range(0, len(group.lines), 2)]
    yield _table("".join(_row(*(one for line in pair for one in (cell(line.label), cell(line.text)))) for pair in rows))


def merged(group: Group) -> Iterator[str]:
    """Yield a part as a table in which each long answer goes on in a second row below its label's merged cell."""
    yield paragraph(group.heading)
    rows: list[str] = []
    for line in group.lines:
        head, _, rest = line.text.partition("\n") if line.kind is Kind.TEXT else (line.text, "", "")
        if rest.strip():
            rows.append(_row(cell(line.label, merge="restart"), cell(head)))
            rows.append(_row(cell("", merge="continue"), cell(rest.strip())))
        else:
            rows.append(_row(cell(line.label), cell(line.text)))
    yield _table("".join(rows))


def legacy_fields(group: Group) -> Iterator[str]:
    """Yield a part as a table of the form fields of Word 97."""
    yield paragraph(group.heading)
    yield _table("".join(_row(cell(line.label), _cell(f"<w:p>{_legacy(line)}</w:p>")) for line in group.lines))


def text_boxes(group: Group) -> Iterator[str]:
    """Yield a part as labels with the answer in a text box, as Word writes it: once for itself, once for older ones."""
    yield paragraph(group.heading)
    for line in group.lines:
        yield paragraph(f"{line.label}:")
        if not line.text:
            continue
        inside = f"<w:txbxContent>{paragraph(line.text)}</w:txbxContent>"
        yield (
            "<w:p><w:r><mc:AlternateContent><mc:Choice Requires='wps'><w:drawing><wps:wsp><wps:txbx>"
            f"{inside}</wps:txbx></wps:wsp></w:drawing></mc:Choice><mc:Fallback><w:pict><v:shape><v:textbox>"
            f"{inside}</v:textbox></v:shape></w:pict></mc:Fallback></mc:AlternateContent></w:r></w:p>"
        )


def paragraphs(group: Group) -> Iterator[str]:
    """Yield a part as plain paragraphs, the answer behind its label or below it."""
    yield paragraph(group.heading)
    for line in group.lines:
        below = line.kind in {Kind.TEXT, Kind.CHOICES}
        yield paragraph(f"{line.label}:" if below or not line.text else f"{line.label}: {line.text}")
        if below and line.text:
            yield from (paragraph(piece) for piece in line.text.split("\n"))


def strange_controls(group: Group) -> Iterator[str]:
    """Yield a part as a table whose answers stand in content controls with somebody else's names."""
    yield paragraph(group.heading)
    rows = []
    for number, line in enumerate(group.lines):
        if line.text.startswith("Yes "):
            inside = _boxes(line.text)
        else:
            properties = f'<w:sdtPr><w:tag w:val="Text{number}"/>{"" if line.text else "<w:showingPlcHdr/>"}</w:sdtPr>'
            text = line.text or "Click or tap here to enter text."
            inside = f"<w:p><w:sdt>{properties}<w:sdtContent>{_runs(text)}</w:sdtContent></w:sdt></w:p>"
        rows.append(_row(cell(line.label), _cell(inside)))
    yield _table("".join(rows))


def document(sheet: Sheet, draw: Draw, *, more: str = "", notes: str = "") -> bytes:
    """Return the sheet as a .docx in a shape; `more` is XML at its end, `notes` the text of a footnote."""
    body = paragraph(sheet.title) + "".join(part for group in sheet.groups for part in draw(group))
    body += (paragraph(sheet.closing) if sheet.closing else "") + more
    parts = {
        "[Content_Types].xml": (
            f'{XML}<Types xmlns="{PACKAGE}/content-types"><Default Extension="rels" '
            'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            '<Default Extension="xml" ContentType="application/xml"/>'
            f'<Override PartName="/word/document.xml" ContentType="{OFFICE}.document.main+xml"/></Types>'
        ),
        "_rels/.rels": (
            f'{XML}<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1" '
            f'Type="{RELATION}/officeDocument" Target="word/document.xml"/></Relationships>'
        ),
        "word/document.xml": f"{XML}<w:document {SPACES}><w:body>{body}</w:body></w:document>",
    }
    if notes:
        note = f'<w:footnote w:id="2">{paragraph(notes)}</w:footnote>'
        parts["word/footnotes.xml"] = f"{XML}<w:footnotes {SPACES}>{note}</w:footnotes>"
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for name, text in parts.items():
            entry = zipfile.ZipInfo(name, LONG_AGO)
            entry.create_system = 0
            archive.writestr(entry, text.encode())
    return target.getvalue()


def paragraph(text: str) -> str:
    """Return one paragraph, lines parted by breaks."""
    return f"<w:p>{_runs(text)}</w:p>"


def struck_out(text: str) -> str:
    """Return a paragraph that tracked changes have taken out."""
    return f'<w:p><w:del w:id="1"><w:r><w:delText xml:space="preserve">{escape(text)}</w:delText></w:r></w:del></w:p>'


def cell(text: str, *, span: int = 1, merge: str = "") -> str:
    """Return a cell of a table, over several columns or merged with the one above."""
    properties = f'<w:gridSpan w:val="{span}"/>' if span > 1 else ""
    if merge:
        properties += '<w:vMerge w:val="restart"/>' if merge == "restart" else "<w:vMerge/>"
    pieces = "".join(paragraph(piece) for piece in text.split("\n"))
    return f"<w:tc><w:tcPr>{properties}</w:tcPr>{pieces}</w:tc>"


def _runs(text: str) -> str:
    pieces = [f'<w:t xml:space="preserve">{escape(piece)}</w:t>' for piece in text.split("\n")]
    return f"<w:r>{'<w:br/>'.join(pieces)}</w:r>" if text else ""


def _cell(inside: str) -> str:
    return f"<w:tc><w:tcPr/>{inside}</w:tc>"


def _row(*cells: str) -> str:
    return f"<w:tr>{''.join(cells)}</w:tr>"


def _table(rows: str) -> str:
    return f"<w:tbl><w:tblPr/><w:tblGrid/>{rows}</w:tbl>"


def _legacy(line: Line) -> str:
    if line.kind in {Kind.YES_NO, Kind.YES_NO_NOT_KNOWN} and line.text:
        return "".join(_legacy_box(words, on=mark == "☒") for words, mark in _ticks(line.text))
    if line.kind is Kind.CHOICE:
        entries = ["Please choose", line.text or "Other"]
        listed = "".join(f"<w:listEntry w:val={quoteattr(entry)}/>" for entry in entries)
        result = '<w:result w:val="1"/>' if line.text else ""
        return _field(f"<w:ddList>{result}{listed}</w:ddList>", "FORMDROPDOWN", "")
    return _field("<w:textInput/>", "FORMTEXT", line.text or "\u2002\u2002\u2002\u2002\u2002")


def _legacy_box(words: str, *, on: bool) -> str:
    box = f'<w:checkBox><w:sizeAuto/><w:default w:val="0"/>{"<w:checked/>" if on else ""}</w:checkBox>'
    return _runs(f"{words} ") + _field(box, "FORMCHECKBOX", "") + _runs(" ")


def _field(data: str, code: str, result: str) -> str:
    return (
        f'<w:r><w:fldChar w:fldCharType="begin"><w:ffData><w:name w:val="Field"/>{data}</w:ffData></w:fldChar></w:r>'
        f'<w:r><w:instrText xml:space="preserve"> {code} </w:instrText></w:r><w:r><w:fldChar w:fldCharType="separate"/>'
        f'</w:r>{_runs(result)}<w:r><w:fldChar w:fldCharType="end"/></w:r>'
    )


def _boxes(text: str) -> str:
    pieces = []
    for words, mark in _ticks(text):
        on = int(mark == "☒")
        pieces.append(
            f'{_runs(f"{words} ")}<w:sdt><w:sdtPr><w14:checkbox><w14:checked w14:val="{on}"/></w14:checkbox></w:sdtPr>'
            f"<w:sdtContent>{_runs(mark)}</w:sdtContent></w:sdt>{_runs(' ')}"
        )
    return f"<w:p>{''.join(pieces)}</w:p>"


def _ticks(text: str) -> Iterator[tuple[str, str]]:
    words = text.replace("☒", "☒|").replace("☐", "☐|").split("|")
    yield from ((piece[:-1].strip(), piece[-1]) for piece in words if piece.strip())
