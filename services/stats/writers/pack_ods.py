"""The figures of the quarterly pack as an OpenDocument spreadsheet: a sheet a table, numbers as numbers, no formula."""

import io
import zipfile
from collections.abc import Sequence
from datetime import datetime
from xml.sax.saxutils import escape, quoteattr

from odfdo import Document, Element, Style

from services.stats.domain.pack import Cell, Pack, PackTable
from services.stats.writers.archive import zipped

HEAD, WORDS = "pack-head", "pack-words"
PLAIN, WIDE, WIDEST = "pack-plain", "pack-wide", "pack-widest"
WIDTHS = {PLAIN: "3.2cm", WIDE: "7cm", WIDEST: "14cm"}
LONG, LONGER = 18, 60
MIMETYPE = "mimetype"
LANGUAGE = "en-GB"
GENERATOR = "Throughline"


def pack_ods(pack: Pack) -> bytes:
    """Return the spreadsheet; the same pack gives the same bytes."""
    document = Document("spreadsheet")
    document.body.clear()
    _add_styles(document)
    for sheet in pack.sheets:
        document.body.append(_sheet(sheet))
    _describe(document, pack)
    written = io.BytesIO()
    document.save(written)
    with zipfile.ZipFile(written) as archive:
        return zipped(((each.filename, archive.read(each)) for each in archive.infolist()), stored=MIMETYPE)


def _add_styles(document: Document) -> None:
    for name, width in WIDTHS.items():
        document.insert_style(Style("table-column", name=name, width=width), automatic=True)
    head = Style("table-cell", name=HEAD)
    head.set_properties(area="text", properties={"fo:font-weight": "bold"})
    head.set_properties(area="table-cell", properties={"fo:wrap-option": "wrap"})
    words = Style("table-cell", name=WORDS)
    words.set_properties(area="table-cell", properties={"fo:wrap-option": "wrap", "style:vertical-align": "top"})
    for style in (head, words):
        document.insert_style(style, automatic=True)


def _sheet(sheet: PackTable) -> Element:
    """Return a sheet; it is read from text as a whole, because cells made one by one take seconds."""
    columns = "".join(f'<table:table-column table:style-name="{_width(sheet, at)}"/>' for at in _places(sheet))
    rows = "".join(_row(cells, WORDS) for cells in sheet.rows)
    head = f"<table:table-header-rows>{_row(sheet.headings, HEAD)}</table:table-header-rows>"
    return Element.from_tag(f"<table:table table:name={quoteattr(sheet.id)}>{columns}{head}{rows}</table:table>")


def _places(sheet: PackTable) -> range:
    return range(len(sheet.headings))


def _row(cells: Sequence[Cell], style: str) -> str:
    return f"<table:table-row>{''.join(_cell(cell, style) for cell in cells)}</table:table-row>"


def _cell(cell: Cell, style: str) -> str:
    number = f' office:value="{cell}"' if isinstance(cell, int) else ""
    kind = "float" if isinstance(cell, int) else "string"
    words = f"<text:p>{escape(str(cell))}</text:p>"
    return f'<table:table-cell table:style-name="{style}" office:value-type="{kind}"{number}>{words}</table:table-cell>'


def _width(sheet: PackTable, place: int) -> str:
    longest = max((len(str(row[place])) for row in sheet.rows), default=0)
    return WIDEST if longest > LONGER else WIDE if longest > LONG else PLAIN


def _describe(document: Document, pack: Pack) -> None:
    """Name title, language and date of the release; the moment of writing stands nowhere."""
    meta, dated = document.meta, datetime.fromisoformat(pack.dated)
    meta.clear_user_defined_metadata()
    cells = sum(len(row) for sheet in pack.sheets for row in (sheet.headings, *sheet.rows))
    meta.set_statistic({"meta:table-count": len(pack.sheets), "meta:cell-count": cells, "meta:object-count": 0})
    meta.title = f"{pack.title}, {pack.area_name}"
    meta.subject = pack.byline
    meta.language = LANGUAGE
    meta.generator = GENERATOR
    meta.creation_date = dated
    meta.date = dated
