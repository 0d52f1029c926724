"""Our own referral form as a Word file: headings, tables, and a content control for every answer."""

import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from xml.sax.saxutils import escape, quoteattr

from contracts.vocabulary import ReferralForm
from contracts.vocabulary.form import EDITION
from contracts.vocabulary.nrf import Kind, Question, Section
from contracts.vocabulary.nrf.editions import DANGER_NOTICE, TITLE
from services.intake.writers.questions import CHOSEN, PARTS, PRESET, answers, chosen, heading, placed, shown

LONG_AGO = (1980, 1, 1, 0, 0, 0)
W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
W14 = "http://schemas.microsoft.com/office/word/2010/wordml"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml"
XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
BREAKS = {"\n": "<w:br/>", "\r": "<w:cr/>", "\t": "<w:tab/>"}

CONTENT_TYPES = (
    f'{XML}<Types xmlns="{PACKAGE}/content-types">'
    f'<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    f'<Default Extension="xml" ContentType="application/xml"/>'
    f'<Override PartName="/word/document.xml" ContentType="{WORD}.document.main+xml"/>'
    f'<Override PartName="/word/styles.xml" ContentType="{WORD}.styles+xml"/></Types>'
)
RELATIONSHIPS = (
    f'{XML}<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1" '
    f'Type="{OFFICE}/relationships/officeDocument" Target="word/document.xml"/></Relationships>'
)
DOCUMENT_RELATIONSHIPS = (
    f'{XML}<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1" '
    f'Type="{OFFICE}/relationships/styles" Target="styles.xml"/></Relationships>'
)


def _style(name: str, title: str, size: int, paragraph: str = "", run: str = "") -> str:
    return (
        f'<w:style w:type="paragraph" w:styleId="{name}"><w:name w:val="{title}"/>'
        f'<w:pPr>{paragraph}</w:pPr><w:rPr>{run}<w:sz w:val="{size}"/></w:rPr></w:style>'
    )


STYLES = (
    f'{XML}<w:styles xmlns:w="{W}"><w:docDefaults><w:rPrDefault><w:rPr><w:rFonts w:ascii="Arial" w:hAnsi="Arial" '
    f'w:cs="Arial"/><w:sz w:val="22"/><w:lang w:val="en-GB"/></w:rPr></w:rPrDefault></w:docDefaults>'
    + _style("Normal", "Normal", 22, '<w:spacing w:after="60"/>')
    + _style("Title", "Title", 40, '<w:spacing w:after="120"/>', "<w:b/>")
    + _style("Heading1", "heading 1", 28, '<w:keepNext/><w:spacing w:before="240" w:after="60"/>', "<w:b/>")
    + _style("Help", "Help", 20, '<w:keepNext/><w:spacing w:after="100"/>', '<w:color w:val="505A5F"/>')
    + "</w:styles>"
)


def filled_docx(form: ReferralForm, notice: str = "") -> bytes:
    """Return the filled-in form as a .docx, the same bytes for the same form; `notice` is shown under the title.

    ValueError when an answer holds a character that no Word file can hold.
    """
    return _package(_document(answers(form), notice))


def blank_docx() -> bytes:
    """Return the empty form as a .docx; only its edition and language are filled in."""
    return _package(_document(PRESET, DANGER_NOTICE))


def _package(document: str) -> bytes:
    parts = {
        "[Content_Types].xml": CONTENT_TYPES,
        "_rels/.rels": RELATIONSHIPS,
        "word/document.xml": document,
        "word/_rels/document.xml.rels": DOCUMENT_RELATIONSHIPS,
        "word/styles.xml": STYLES,
    }
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        # Stored, not deflated: other builds of zlib would give other bytes for the same form.
        for name, text in parts.items():
            entry = zipfile.ZipInfo(name, LONG_AGO)
            entry.create_system = 0
            archive.writestr(entry, text.encode())
    return target.getvalue()


def _document(given: Mapping[str, str], notice: str) -> str:
    parts = [_paragraph("Title", TITLE), _paragraph("Help", f"Edition {EDITION}")]
    parts += [_paragraph("Help", notice)] if notice else []
    for number, section in enumerate(PARTS, 1):
        parts += _section(section, given, number * 1000)
    page = (
        '<w:sectPr><w:pgSz w:w="11906" w:h="16838"/>'
        '<w:pgMar w:top="1134" w:right="1134" w:bottom="1134" w:left="1134" w:header="567" '
        'w:footer="567" w:gutter="0"/>'
        "</w:sectPr>"
    )
    return f'{XML}<w:document xmlns:w="{W}" xmlns:w14="{W14}"><w:body>{"".join(parts)}{page}</w:body></w:document>'


def _section(section: Section, given: Mapping[str, str], first_id: int) -> Iterator[str]:
    yield _paragraph("Heading1", heading(section))
    if section.help:
        yield _paragraph("Help", section.help)
    lines = "".join(f'<w:{side} w:val="single" w:sz="4" w:color="B1B4B6"/>' for side in ("top", "bottom", "insideH"))
    yield (
        f'<w:tbl><w:tblPr><w:tblW w:w="9638" w:type="dxa"/><w:tblBorders>{lines}</w:tblBorders>'
        '<w:tblLayout w:type="fixed"/></w:tblPr><w:tblGrid><w:gridCol w:w="3200"/><w:gridCol w:w="6438"/></w:tblGrid>'
    )
    for number, (question, path) in enumerate(placed(section.questions, given)):
        if question.kind is Kind.CHOICES:
            ticked = chosen(question, given)
            first = first_id + 500 + number * 20
            boxes = [_box(question, choice, first + place, ticked) for place, choice in enumerate(question.choices)]
            yield _row(question, boxes)
        else:
            yield _row(question, [_control(question, path, given.get(path, ""), first_id + number)])
    yield "</w:tbl>"


def _row(question: Question, controls: list[str]) -> str:
    inside = "".join(f"<w:p>{control}</w:p>" for control in controls)
    return (
        f'<w:tr><w:tc><w:tcPr><w:tcW w:w="3200" w:type="dxa"/></w:tcPr>'
        f'<w:p><w:r><w:rPr><w:b/></w:rPr><w:t xml:space="preserve">{escape(question.label)}</w:t></w:r></w:p></w:tc>'
        f'<w:tc><w:tcPr><w:tcW w:w="6438" w:type="dxa"/></w:tcPr>{inside}</w:tc></w:tr>'
    )


def _box(question: Question, choice: tuple[str, str], number: int, ticked: frozenset[str]) -> str:
    """Return one choice of several: a box that can be ticked, and its words."""
    value, words = choice
    on = value in ticked
    return (
        f"<w:sdt><w:sdtPr><w:alias w:val={quoteattr(words)}/><w:tag w:val={quoteattr(f'{question.path}={value}')}/>"
        f'<w:id w:val="{number}"/><w14:checkbox><w14:checked w14:val="{int(on)}"/>'
        '<w14:checkedState w14:val="2612" w14:font="MS Gothic"/>'
        '<w14:uncheckedState w14:val="2610" w14:font="MS Gothic"/></w14:checkbox></w:sdtPr>'
        f"<w:sdtContent>{_run('☒' if on else '☐')}</w:sdtContent></w:sdt>{_run(f' {words}')}"
    )


def _control(question: Question, path: str, answer: str, number: int) -> str:
    placeholder = "" if answer else "<w:showingPlcHdr/>"
    empty = "Choose" if question.kind in CHOSEN else "Write here"
    run = _run(shown(question, answer)) if answer else _run(empty, grey=True)
    return (
        f"<w:sdt><w:sdtPr><w:alias w:val={quoteattr(question.label)}/><w:tag w:val={quoteattr(path)}/>"
        f'<w:id w:val="{number}"/>{placeholder}{_control_kind(question)}</w:sdtPr>'
        f"<w:sdtContent>{run}</w:sdtContent></w:sdt>"
    )


def _control_kind(question: Question) -> str:
    if question.kind in CHOSEN:
        items = "".join(
            f"<w:listItem w:displayText={quoteattr(words)} w:value={quoteattr(value)}/>"
            for value, words in question.choices
        )
        return f"<w:dropDownList>{items}</w:dropDownList>"
    if question.kind is Kind.DATE:
        return (
            '<w:date><w:dateFormat w:val="d MMMM yyyy"/><w:lid w:val="en-GB"/><w:calendar w:val="gregorian"/></w:date>'
        )
    return '<w:text w:multiLine="1"/>'


def _run(text: str, *, grey: bool = False) -> str:
    if UNWRITABLE.search(text):
        message = "An answer holds a control character that a Word file cannot hold; remove it."
        raise ValueError(message)
    pieces = re.split(r"([\n\r\t])", text)
    inside = "".join(
        BREAKS.get(piece) or f'<w:t xml:space="preserve">{escape(piece)}</w:t>' for piece in pieces if piece
    )
    colour = '<w:rPr><w:color w:val="505A5F"/></w:rPr>' if grey else ""
    return f"<w:r>{colour}{inside}</w:r>"


def _paragraph(style: str, text: str) -> str:
    return f'<w:p><w:pPr><w:pStyle w:val="{style}"/></w:pPr>{_run(text)}</w:p>'
