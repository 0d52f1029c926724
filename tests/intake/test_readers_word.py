"""Words in a Word file are never lost: they are an answer, print of the form, or shown to a person as unplaced."""

import io
import zipfile

import pytest

from samples import people
from samples.shapes import word
from samples.shapes.sheets import Sheet, sheet
from services.intake.readers import Attachment, Cause, FormReading, read_form

FORM = people.FOURTEEN_YEARS_OLD
OLD = sheet(FORM, "2018")


def read(filled: Sheet = OLD, draw: word.Draw = word.table, *, more: str = "", notes: str = "") -> FormReading:
    """Read a form of 2018 with something more at its end."""
    return read_form(Attachment("form.docx", "", word.document(filled, draw, more=more, notes=notes)))


def with_part(name: str, xml: str) -> FormReading:
    """Read a form of 2018 whose file has another part."""
    target = io.BytesIO(word.document(OLD, word.table))
    with zipfile.ZipFile(target, "a") as archive:
        archive.writestr(name, xml)
    return read_form(Attachment("form.docx", "", target.getvalue()))


def run(inside: str) -> str:
    """Return a paragraph with one run."""
    return f"<w:p><w:r>{inside}</w:r></w:p>"


class TestNothingIsLost:
    def test_the_form_itself_leaves_nothing_over(self) -> None:
        reading = read()
        assert (reading.unplaced, reading.doubtful, reading.missing) == ((), (), ())
        assert reading.complete

    @pytest.mark.parametrize(
        "more",
        [
            word.paragraph("His brother said the same."),
            f"<w:tbl><w:tr>{word.cell('Seen by')}{word.cell('His brother said the same.')}</w:tr></w:tbl>",
            f"<w:sdt><w:sdtContent>{word.paragraph('His brother said the same.')}</w:sdtContent></w:sdt>",
            f"<w:ins>{word.paragraph('His brother said the same.')}</w:ins>",
            f"<w:customXml>{word.paragraph('His brother said the same.')}</w:customXml>",
            run(f"<w:pict><w:txbxContent>{word.paragraph('His brother said the same.')}</w:txbxContent></w:pict>"),
            "<w:p><w:hyperlink><w:r><w:t>His brother said the same.</w:t></w:r></w:hyperlink></w:p>",
            "<w:p><w:smartTag><w:r><w:t>His brother said </w:t></w:r></w:smartTag><w:r><w:t>the same.</w:t></w:r></w:p>",  # noqa: E501
        ],
    )
    def test_words_in_any_wrapping_are_shown(self, more: str) -> None:
        reading = read(more=more)
        assert any("His brother said the same." in words for words in reading.unplaced)
        assert not reading.complete
        assert reading.reason.endswith("read them beside the original.")
        assert "brother" not in reading.reason
        assert "His brother said the same." in reading.text

    @pytest.mark.parametrize("part", ["footnotes", "endnotes", "comments"])
    def test_notes_are_shown(self, part: str) -> None:
        xml = f"{word.XML}<w:{part} {word.SPACES}>{word.paragraph('The school knows more.')}</w:{part}>"
        reading = with_part(f"word/{part}.xml", xml)
        assert "The school knows more." in reading.unplaced

    def test_headers_are_text_but_no_answer(self) -> None:
        reading = with_part(
            "word/header1.xml", f"{word.XML}<w:hdr {word.SPACES}>{word.paragraph('Test School')}</w:hdr>"
        )
        assert reading.complete
        assert "Test School" in reading.text

    def test_what_cannot_be_read_at_all_is_said(self) -> None:
        reading = read(more=run("<w:object/>"))
        assert reading.unplaced == ("A part of the document that software does not read, such as an embedded file.",)

    def test_a_moved_paragraph_counts_once(self) -> None:
        moved = (
            run("<w:t>Surname: Wrong</w:t>")
            .replace("<w:r>", "<w:moveFrom><w:r>")
            .replace("</w:r>", "</w:r></w:moveFrom>")
        )
        assert read(more=moved).complete

    def test_a_table_in_a_cell_is_read(self) -> None:
        inner = f"<w:tbl><w:tr>{word.cell('Forename(s)')}{word.cell('Ada')}</w:tr></w:tbl>"
        outer = f"<w:tbl><w:tr><w:tc>{inner}<w:p/></w:tc></w:tr></w:tbl>"
        filled = OLD.written("person.forenames", "")
        reading = read(filled, more=word.paragraph("Individual's details") + outer)
        assert reading.values["person.forenames"] == "Ada"


class TestAnswers:
    @pytest.mark.parametrize(("symbol", "answer"), [("F0FE", "yes"), ("F052", "no"), ("F0A8", None)])
    def test_boxes_drawn_with_symbols_are_boxes(self, symbol: str, answer: str | None) -> None:
        font = "Wingdings 2" if symbol == "F052" else "Wingdings"
        off = '<w:sym w:font="Wingdings" w:char="F0A8"/>'
        on = f'<w:sym w:font="{font}" w:char="{symbol}"/>'
        first, second = (off, on) if answer == "no" else (on, off)
        cell = f"<w:tc>{run(f'<w:t>Yes </w:t>{first}<w:t> No </w:t>{second}')}</w:tc>"
        label = word.cell("Have you informed the individual that you are making this referral?")
        more = word.paragraph("Safeguarding considerations") + f"<w:tbl><w:tr>{label}{cell}</w:tr></w:tbl>"
        reading = read(OLD.written("considerations.individual_informed", ""), more=more)
        assert reading.values.get("considerations.individual_informed") == answer

    def test_a_label_elsewhere_is_an_answer_here(self) -> None:
        reading = read(OLD.written("referrer.relationship", "Family"))
        assert reading.form is not None
        assert reading.form.referrer.relationship == "Family"

    def test_labels_inside_a_narrative_stay_in_it(self) -> None:
        told = "He wrote:\nSurname: Nobody\nGender: none\nPostcode: nowhere"
        for draw in (word.table, word.paragraphs, word.text_boxes):
            reading = read(OLD.written("concerns.narrative", told), draw)
            assert reading.values["concerns.narrative"] == told
            assert reading.values["person.surname"] == FORM.person.surname

    def test_two_answers_to_one_question_are_doubtful_and_both_shown(self) -> None:
        reading = read(more=word.paragraph("Individual's details") + word.paragraph("Surname: Other"))
        assert reading.doubtful == ("person.surname",)
        assert reading.form is None
        assert reading.unplaced == ("Other",)

    def test_a_heading_that_comes_twice_casts_doubt(self) -> None:
        told = "He wrote:\nComplex needs\nand drew a line under it."
        reading = read(OLD.written("concerns.narrative", told), word.paragraphs)
        assert "concerns.narrative" in reading.doubtful
        assert not reading.complete

    def test_a_sentence_below_an_empty_label_is_no_short_answer(self) -> None:
        words = "I have known this boy since he was six and I am very worried indeed."
        reading = read(OLD.written("employment.previous_education", ""), word.paragraphs, more="")
        assert reading.complete
        filled = Sheet(OLD.title, OLD.groups, "", OLD.expected).written("employment.previous_education", "")
        reading = read(filled, word.paragraphs, more=word.paragraph(words))
        assert "employment.previous_education" in reading.doubtful

    @pytest.mark.parametrize("name", ["Zoë Éloïse", "D’Arcy", "O'Testperson-Ñandú", "Þór Łukasz", "محمد"])
    def test_names_stay_as_they_are_written(self, name: str) -> None:
        for draw in (word.table, word.in_one_cell, word.legacy_fields, word.text_boxes, word.labels_above):
            form = read(OLD.written("person.surname", name), draw).form
            assert form is not None
            assert form.person.surname == name


class TestEditions:
    def test_the_edition_is_what_the_form_calls_itself(self) -> None:
        for edition in ("2018", "2024-08", "2025", "unknown"):
            assert read(sheet(FORM, edition)).values["edition"] == edition

    def test_a_year_in_the_narrative_is_no_edition(self) -> None:
        assert (
            read(sheet(FORM, "unknown").written("concerns.narrative", "In August 2024")).values["edition"] == "unknown"
        )

    def test_a_letter_is_no_form(self) -> None:
        letter = Sheet("I am worried about a boy.", (), "", {})
        reading = read(letter)
        assert (reading.cause, reading.form) == (Cause.NOT_A_FORM, None)
        assert reading.text == "I am worried about a boy."

    def test_a_blank_referrer_means_the_person_above_only_where_the_form_says_so(self) -> None:
        filled = OLD
        for name in ("forename", "surname", "role", "organisation", "relationship", "phone", "email"):
            filled = filled.written(f"referrer.{name}", "")
        filled = filled.written("first_identified_by.forename", "Ada").written("first_identified_by.surname", "Test")
        form = read(filled).form
        assert form is not None
        assert (form.referrer.forename, form.referrer.surname) == ("Ada", "Test")
        plain = "Person making this referral"
        groups = tuple(
            type(group)(plain if group.heading.startswith(plain) else group.heading, group.lines)
            for group in filled.groups
        )
        reading = read(Sheet(filled.title, groups, filled.closing, {}))
        assert reading.missing == ("referrer.forename", "referrer.surname")
        partly = read(filled.written("referrer.surname", "Other"))
        assert partly.missing == ("referrer.forename",)
