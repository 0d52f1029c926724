"""Our own referral form as a PDF that can be filled in: a named, described field for every answer."""

import io
import textwrap
from collections.abc import Mapping
from typing import Any

import pypdf
from pypdf import generic
from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from contracts.vocabulary import ReferralForm
from contracts.vocabulary.form import EDITION
from contracts.vocabulary.nrf import Kind, Question, Section
from contracts.vocabulary.nrf.editions import DANGER_NOTICE, TITLE
from services.intake.writers.questions import CHOSEN, PARTS, PRESET, answers, chosen, heading, placed, shown

WIDTH, HEIGHT = A4
MARGIN = 56.0
LINE, BOX, TEXT_BOX, STORY_BOX = 20.0, 14.0, 96.0, 260.0
SECTION_START = 200.0
"""So much room a section needs below its heading, so that the heading never stands alone."""
BLACK, GREY, EDGE = HexColor("#0b0c0c"), HexColor("#505a5f"), HexColor("#b1b4b6")
LONGEST_LINE, LONGEST_TEXT = 200, 20_000
COLUMN = 95
"""So many letters of the help fit on a line."""


def blank_pdf() -> bytes:
    """Return the empty form as a PDF that can be filled in, the same bytes every time."""
    return _written(PRESET, DANGER_NOTICE)


def filled_pdf(form: ReferralForm, notice: str = "") -> bytes:
    """Return the filled-in form as a PDF; `notice` is shown under the title.

    A PDF field knows one kind of line break: a carriage return in an answer becomes a line feed. Letters beyond Western
    Europe are held and read back; whether they are shown is up to the viewer's fonts.
    """
    return _written(answers(form), notice)


def _written(given: Mapping[str, str], notice: str) -> bytes:
    target = io.BytesIO()
    sheet = _Sheet(target, given)
    sheet.title(notice)
    for section in PARTS:
        sheet.section(section)
    sheet.close()
    return _filled(target.getvalue(), sheet.texts)


def name_of(path: str) -> str:
    """Return the name of a field: a dot would make it the child of another one."""
    return path.replace(".", "/")


class _Sheet:
    """The pages as they are drawn, from the top to the bottom."""

    def __init__(self, target: io.BytesIO, given: Mapping[str, str]) -> None:
        self._canvas = Canvas(target, pagesize=A4, invariant=1, pageCompression=0, lang="en-GB")
        self._given = given
        self._y = HEIGHT - MARGIN
        self._page = 1
        self.texts: dict[str, str] = {}

    def title(self, notice: str) -> None:
        """Draw the head of the form."""
        self._canvas.setTitle(TITLE)
        self._canvas.setAuthor("Throughline")
        self._canvas.setViewerPreference("DisplayDocTitle", "true")
        self._write(TITLE, size=20, bold=True)
        self._write(f"Edition {EDITION}", colour=GREY)
        if notice:
            self._write(notice, bold=True)

    def section(self, section: Section) -> None:
        """Draw one part of the form."""
        self._room(SECTION_START)
        self._y -= 14
        self._write(heading(section), size=14, bold=True)
        for line in textwrap.wrap(section.help, COLUMN):
            self._write(line, colour=GREY)
        for question, path in placed(section.questions, self._given):
            self._question(section, question, path)

    def close(self) -> None:
        """End the last page."""
        self._foot()
        self._canvas.save()

    def _question(self, section: Section, question: Question, path: str) -> None:
        number = next((int(step) + 1 for step in path.split(".") if step.isdigit()), 0)
        tip = f"{section.title}: {question.label}" + (f" {number}" if number else "")
        if question.kind is Kind.CHOICES:
            self._choices(question, tip)
            return
        long = STORY_BOX if question.required else TEXT_BOX
        tall = long if question.kind is Kind.TEXT else LINE
        self._room(tall + 34)
        self._write(question.label, bold=True)
        if question.hint:
            self._write(question.hint[:110], size=8, colour=GREY)
        self._y -= tall - 6
        if question.kind in CHOSEN:
            self._list(question, path, tip)
        else:
            self._text(question, path, tip, tall)
        self._y -= 16

    def _text(self, question: Question, path: str, tip: str, tall: float) -> None:
        long = question.kind is Kind.TEXT
        self._canvas.acroForm.textfield(
            fieldFlags="multiline" if long else "",
            maxlen=LONGEST_TEXT if long else LONGEST_LINE,
            **self._frame(path, tip, tall),
        )
        if self._given.get(path):
            self.texts[name_of(path)] = shown(question, self._given[path])

    def _list(self, question: Question, path: str, tip: str) -> None:
        # The library cannot draw a list of which nothing is chosen: a space stands for that.
        answer = self._given.get(path, " ")
        offered = [(" ", " "), *((words, value) for value, words in question.choices)]
        if answer not in {value for _, value in offered}:
            offered.append((answer, answer))
        self._canvas.acroForm.choice(value=answer, options=offered, **self._frame(path, tip, LINE))

    def _frame(self, path: str, tip: str, tall: float) -> dict[str, Any]:
        """Return where a field stands and how it looks."""
        place = {"x": MARGIN, "y": self._y, "width": WIDTH - 2 * MARGIN, "height": tall}
        return {"name": name_of(path), "tooltip": tip, **place, **_STYLE}

    def _choices(self, question: Question, tip: str) -> None:
        ticked = chosen(question, self._given)
        self._room(40)
        self._write(question.label, bold=True)
        for value, words in question.choices:
            self._room(LINE + 4)
            self._canvas.acroForm.checkbox(
                name=f"{name_of(question.path)}={value}",
                tooltip=f"{tip}: {words}",
                checked=value in ticked,
                x=MARGIN,
                y=self._y - 3,
                size=BOX,
                fieldFlags="",
                borderColor=EDGE,
                fillColor=None,
                textColor=BLACK,
            )
            self._write(words, left=MARGIN + BOX + 8)
        self._y -= 8

    def _write(self, text: str, *, size: int = 10, bold: bool = False, colour: object = BLACK, left: float = 0) -> None:
        self._canvas.setFont("Helvetica-Bold" if bold else "Helvetica", size)
        self._canvas.setFillColor(colour)
        self._canvas.drawString(left or MARGIN, self._y, _plain(text))
        self._y -= size + 6

    def _room(self, height: float) -> None:
        if self._y - height < MARGIN:
            self._foot()
            self._canvas.showPage()
            self._page += 1
            self._y = HEIGHT - MARGIN

    def _foot(self) -> None:
        self._canvas.setFont("Helvetica", 8)
        self._canvas.setFillColor(GREY)
        self._canvas.drawString(MARGIN, MARGIN / 2, f"Page {self._page}")


_STYLE = {
    "fontName": "Helvetica",
    "fontSize": 10,
    "borderColor": EDGE,
    "fillColor": HexColor("#ffffff"),
    "textColor": BLACK,
    "borderWidth": 1,
    "forceBorder": True,
}


def _plain(text: str) -> str:
    # The built-in fonts have no typographic apostrophe that text extraction gives back.
    return text.replace("’", "'")


def _filled(body: bytes, texts: Mapping[str, str]) -> bytes:
    """Write the answers into the fields; the viewer draws them, with the fonts that it has for their letters."""
    reader = pypdf.PdfReader(io.BytesIO(body))
    writer = pypdf.PdfWriter(clone_from=reader)
    writer.set_need_appearances_writer(True)
    for page in writer.pages:
        for reference in page.get("/Annots", ()):
            field = reference.get_object()
            text = texts.get(str(field.get("/T")))
            if text is not None:
                field[generic.NameObject("/V")] = generic.TextStringObject(text)
                field.pop("/AP", None)
                field.pop("/DV", None)
    target = io.BytesIO()
    writer.write(target)
    return target.getvalue()
