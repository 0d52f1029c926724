"""PDF files in the shapes that the form comes in: printed to a file, scanned, filled in somewhere else, locked."""

import io
import textwrap

import pypdf
from pypdf import generic
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from samples.shapes.sheets import Line, Sheet

LEFT, MIDDLE, TOP, BOTTOM = 50, 250, 790, 60
LABEL_COLUMN, TEXT_COLUMN, WHOLE_LINE = 38, 58, 85


def printed(sheet: Sheet, *, columns: bool = True) -> bytes:
    """Return the sheet as it is printed into a PDF: its text in two columns, or each answer behind its label."""
    target = io.BytesIO()
    page = _Page(Canvas(target, pagesize=A4, invariant=1, pageCompression=0))
    page.line(sheet.title)
    for group in sheet.groups:
        page.gap()
        page.line(group.heading)
        for line in group.lines:
            page.columns(line) if columns else page.running(line)
    page.gap()
    for piece in textwrap.wrap(sheet.closing, 90):
        page.line(piece)
    page.canvas.save()
    return target.getvalue()


class _Page:
    def __init__(self, canvas: Canvas) -> None:
        self.canvas = canvas
        self.y = TOP

    def line(self, text: str, left: int = LEFT) -> None:
        """Write one line and go to the next."""
        self._at(text, left)
        self.gap()

    def gap(self) -> None:
        """Go to the next line, or page."""
        self.y -= 15
        if self.y < BOTTOM:
            self.canvas.showPage()
            self.y = TOP

    def columns(self, line: Line) -> None:
        """Write the label on the left and the answer beside it, each over as many lines as it needs."""
        labels = textwrap.wrap(line.label, LABEL_COLUMN)
        texts = [piece for part in line.text.split("\n") for piece in textwrap.wrap(part, TEXT_COLUMN)]
        for number in range(max(len(labels), len(texts))):
            if number < len(labels):
                self._at(labels[number], LEFT)
            if number < len(texts):
                self._at(texts[number], MIDDLE)
            self.gap()

    def running(self, line: Line) -> None:
        """Write the answer behind its label, and what does not fit below it."""
        texts = [piece for part in line.text.split("\n") for piece in textwrap.wrap(part, 80)]
        short = len(texts) == 1 and len(line.label) + len(texts[0]) < WHOLE_LINE
        self.line(f"{line.label}: {texts[0]}" if short else f"{line.label}:")
        for piece in [] if short else texts:
            self.line(piece)

    def _at(self, text: str, left: int) -> None:
        self.canvas.setFont("Helvetica", 10)
        self.canvas.drawString(left, self.y, text.replace("☒", "[x]").replace("☐", "[ ]"))


def described_fields(sheet: Sheet) -> bytes:
    """Return the sheet as a form that another program made: fields with its own names, and labels as their tooltips."""
    target = io.BytesIO()
    canvas = Canvas(target, pagesize=A4, invariant=1, pageCompression=0)
    y = TOP
    for number, line in enumerate(line for group in sheet.groups for line in group.lines):
        if y < BOTTOM:
            canvas.showPage()
            y = TOP
        canvas.acroForm.textfield(
            name=f"Text{number}", tooltip=line.label, value="", x=LEFT, y=y, width=400, height=16, maxlen=20_000
        )
        y -= 22
    canvas.drawString(LEFT, BOTTOM / 2, "End of form")
    canvas.save()
    return _with_values(target.getvalue(), {f"Text{n}": line.text for n, line in enumerate(_every(sheet))})


def scanned() -> bytes:
    """Return a page that is only a picture, as a scanner makes it."""
    target = io.BytesIO()
    writer = pypdf.PdfWriter()
    page = writer.add_blank_page(*A4)
    picture = generic.StreamObject()
    picture.set_data(bytes(range(256)) * 64)
    for name, value in {"/Subtype": "/Image", "/ColorSpace": "/DeviceGray"}.items():
        picture[generic.NameObject(name)] = generic.NameObject(value)
    picture[generic.NameObject("/Type")] = generic.NameObject("/XObject")
    for name, number in {"/Width": 128, "/Height": 128, "/BitsPerComponent": 8}.items():
        picture[generic.NameObject(name)] = generic.NumberObject(number)
    objects = generic.DictionaryObject({generic.NameObject("/Im0"): writer._add_object(picture)})  # noqa: SLF001
    page[generic.NameObject("/Resources")] = generic.DictionaryObject({generic.NameObject("/XObject"): objects})
    drawn = generic.StreamObject()
    drawn.set_data(b"q 595 0 0 842 0 0 cm /Im0 Do Q")
    page[generic.NameObject("/Contents")] = writer._add_object(drawn)  # noqa: SLF001
    writer.write(target)
    return target.getvalue()


def with_note(body: bytes, words: str) -> bytes:
    """Return a PDF with words typed over its first page by a reader's tools."""
    writer = pypdf.PdfWriter(clone_from=pypdf.PdfReader(io.BytesIO(body)))
    note = generic.DictionaryObject(
        {
            generic.NameObject("/Type"): generic.NameObject("/Annot"),
            generic.NameObject("/Subtype"): generic.NameObject("/FreeText"),
            generic.NameObject("/Rect"): generic.ArrayObject([generic.NumberObject(n) for n in (50, 20, 400, 40)]),
            generic.NameObject("/Contents"): generic.TextStringObject(words),
        }
    )
    page = writer.pages[0]
    page[generic.NameObject("/Annots")] = generic.ArrayObject([*page.get("/Annots", ()), writer._add_object(note)])  # noqa: SLF001
    target = io.BytesIO()
    writer.write(target)
    return target.getvalue()


def _every(sheet: Sheet) -> list[Line]:
    return [line for group in sheet.groups for line in group.lines]


def _with_values(body: bytes, texts: dict[str, str]) -> bytes:
    writer = pypdf.PdfWriter(clone_from=pypdf.PdfReader(io.BytesIO(body)))
    for page in writer.pages:
        for reference in page.get("/Annots", ()):
            field = reference.get_object()
            field[generic.NameObject("/V")] = generic.TextStringObject(texts.get(str(field["/T"]), ""))
    target = io.BytesIO()
    writer.write(target)
    return target.getvalue()
