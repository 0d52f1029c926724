"""The form that we hand out: whatever is filled in comes back, and the blank one can be used by everybody."""

import io
from typing import Any

import pypdf
from docx import Document
from hypothesis import HealthCheck, given, settings

from contracts.vocabulary import Equality, ReferralForm
from contracts.vocabulary.nrf import QUESTIONS
from samples.make import SAMPLES
from services.intake.readers import Attachment, read_form
from services.intake.writers import answers, blank_docx, blank_pdf, filled_docx, filled_pdf, filled_text
from tests.intake.drawn import forms

FORM = SAMPLES[1].referral
UNASKED = "equality."
ASKED = {question.label for path, question in QUESTIONS.items() if not path.startswith(UNASKED)}
SLOW = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def on_paper(form: ReferralForm) -> ReferralForm:
    """Return a form as a file holds it: without equality monitoring, its ticks in the order in which it offers them."""
    offered = {path: [value for value, _ in QUESTIONS[path].choices] for path in ("concerns.aspects", "concerns.needs")}
    aspects = tuple(sorted(form.concerns.aspects, key=offered["concerns.aspects"].index))
    needs = tuple(sorted(form.concerns.needs, key=offered["concerns.needs"].index))
    concerns = form.concerns.model_copy(update={"aspects": aspects, "needs": needs})
    return form.model_copy(update={"concerns": concerns, "equality": Equality()})


class TestNothingIsLost:
    @SLOW
    @given(forms())
    def test_a_word_file_holds_every_answer(self, form: ReferralForm) -> None:
        reading = read_form(Attachment("form.docx", "", filled_docx(form)))
        assert reading.form == on_paper(form)
        assert (reading.complete, reading.reason) == (True, "")

    @SLOW
    @given(forms())
    def test_a_pdf_holds_every_answer(self, form: ReferralForm) -> None:
        reading = read_form(Attachment("form.pdf", "", filled_pdf(form)))
        assert reading.form == on_paper(form)
        assert (reading.complete, reading.reason) == (True, "")

    @SLOW
    @given(forms())
    def test_json_holds_every_answer(self, form: ReferralForm) -> None:
        reading = read_form(Attachment("form.json", "", form.model_dump_json().encode()))
        assert (reading.form, reading.complete) == (form, True)

    def test_plain_text_holds_the_answers_of_a_sample(self) -> None:
        for sample in SAMPLES:
            reading = read_form(Attachment("form.txt", "", filled_text(sample.referral).encode()))
            assert reading.form == sample.referral, reading.reason
            assert reading.complete


class TestEqualityMonitoring:
    """Whoever is given an original sees all of it, so what nobody may have stands in no file that we make."""

    def test_no_file_asks_for_it(self) -> None:
        for name, body in (("form.docx", blank_docx()), ("form.pdf", blank_pdf())):
            text = read_form(Attachment(name, "", body)).text
            assert "Parent" in text
            assert not any(words in text for words in ("Equality", "Ethnic", "Religion"))

    def test_no_file_repeats_it(self) -> None:
        told = FORM.model_copy(update={"equality": Equality(ethnicity="Canary-ethnicity", religion="Canary-religion")})
        assert "Canary" not in filled_text(told)
        for name, body in (("form.docx", filled_docx(told)), ("form.pdf", filled_pdf(told))):
            assert b"Canary" not in body
            assert "Canary" not in read_form(Attachment(name, "", body)).text

    def test_a_form_that_was_downloaded_before_is_still_read(self) -> None:
        told = "M. Equality monitoring\nEthnic group: Synthetic group\n"
        reading = read_form(Attachment("form.txt", "", (filled_text(FORM) + told).encode()))
        assert reading.form is not None
        assert reading.form.equality.ethnicity == "Synthetic group"


class TestBlankForm:
    def test_the_same_bytes_come_every_time(self) -> None:
        assert (blank_docx(), blank_pdf()) == (blank_docx(), blank_pdf())

    def test_every_field_of_the_pdf_says_what_it_asks(self) -> None:
        fields: dict[str, Any] = pypdf.PdfReader(io.BytesIO(blank_pdf())).get_fields() or {}
        assert len(fields) > len(ASKED)
        assert all(len(field["/TU"]) > 8 for field in fields.values())
        assert len({field["/TU"] for field in fields.values()}) == len(fields)

    def test_the_pdf_has_a_language_and_a_title(self) -> None:
        reader = pypdf.PdfReader(io.BytesIO(blank_pdf()))
        assert str(reader.root_object["/Lang"]) == "en-GB"
        assert reader.metadata is not None
        assert reader.metadata.title == "Prevent national referral form"

    def test_word_opens_the_file_and_shows_every_question(self) -> None:
        document = Document(io.BytesIO(blank_docx()))
        labels = {row.cells[0].text for table in document.tables for row in table.rows}
        assert labels >= ASKED

    def test_a_blank_form_is_no_referral(self) -> None:
        for name, body in (("form.docx", blank_docx()), ("form.pdf", blank_pdf())):
            reading = read_form(Attachment(name, "", body))
            assert reading.form is None
            assert (reading.doubtful, reading.unplaced) == ((), ())
            assert "person.surname" in reading.missing

    def test_people_can_read_the_answers_beside_the_fields(self) -> None:
        for name, body in (("form.docx", filled_docx(FORM)), ("form.pdf", filled_pdf(FORM))):
            text = read_form(Attachment(name, "", body)).text
            assert all(answer in text for path, answer in answers(FORM).items() if path.startswith("referrer.role"))
            assert "O'Testperson" in text
