"""The form in the text of a mail, of the mails inside it, in HTML and in PDF: found, read, and nothing dropped."""

from samples import adults
from samples.shapes import mail, pdf
from samples.shapes.mail import COVER, File
from samples.shapes.sheets import sheet
from services.intake.readers import Attachment, Cause, FormReading, read_form, read_message
from services.intake.readers.messages import read_message as taken_apart
from services.intake.readers.wire import packed_message, unpacked_message
from services.intake.writers import filled_pdf

FORM = adults.THIRTY_FOUR_YEARS_OLD
OLD = sheet(FORM, "2018", boxes=False)
TYPED = mail.typed(OLD)


def read_text(text: str) -> FormReading:
    """Read a text by its labels."""
    return read_form(Attachment("note.txt", "", text.encode()))


class TestTexts:
    def test_a_letter_is_no_form(self) -> None:
        message = read_message(bytes(mail.mail("Dear team,\n\nI am worried about my pupil.\nName: nobody\n")))
        assert message.form_candidates == ()

    def test_a_covering_note_that_says_something_is_shown(self) -> None:
        message = read_message(bytes(mail.mail(f"Please ring before five.\n\n{TYPED}")))
        reading = read_form(message.form_candidates[0])
        assert reading.unplaced == ("Please ring before five.",)
        assert not reading.complete

    def test_what_mail_programs_add_is_no_answer_and_casts_no_doubt(self) -> None:
        head = "-----Original Message-----\nFrom: a@b.example\nSent: today\nSubject: x\n\nDear colleagues,\n"
        assert read_text(f"{head}\n{TYPED}").complete

    def test_each_message_inside_is_read_for_itself(self) -> None:
        html = mail.html_mail(sheet(adults.SIXTY_THREE_YEARS_OLD, "2024-08"))
        message = taken_apart(bytes(mail.mail(TYPED, inside=html)))
        first, second = (read_form(each) for each in message.form_candidates)
        assert (first.values["person.surname"], second.values["person.surname"]) == ("Testperson", "D'Example")
        assert "Testperson" in message.text
        assert "D'Example" in message.text
        assert unpacked_message(packed_message(message)) == message

    def test_a_mail_in_a_file_is_opened(self) -> None:
        message = read_message(bytes(mail.mail(COVER, [File("fwd.eml", bytes(mail.mail(TYPED)))])))
        assert [read_form(each).complete for each in message.form_candidates] == [True]

    def test_two_forms_typed_one_after_the_other_leave_no_answer_certain(self) -> None:
        """Else a brother's address would stand in his sister's form as found."""
        other = mail.typed(sheet(adults.SIXTY_THREE_YEARS_OLD, "2018", boxes=False))
        reading = read_text(f"{TYPED}\n\nAnd about another person:\n\n{other}")
        assert reading.form is None
        assert set(reading.doubtful) >= set(reading.values)
        assert reading.reason.startswith("There seem to be two forms here")

    def test_an_empty_cell_in_html_stays_empty(self) -> None:
        filled = OLD.written("person.gender", "")
        reading = read_form(read_message(bytes(mail.html_mail(filled))).form_candidates[0])
        assert "person.gender" not in reading.values
        assert reading.complete

    def test_windows_line_ends_and_wide_gaps_are_read(self) -> None:
        wide = TYPED.replace("Surname: ", "Surname        ").replace("\n", "\r\n")
        assert read_text(wide).values["person.surname"] == "Testperson"

    def test_a_text_too_long_is_refused(self) -> None:
        assert read_text("x" * 1_000_001).cause is Cause.TOO_BIG


class TestPdf:
    def test_words_typed_over_a_page_are_shown(self) -> None:
        noted = pdf.with_note(filled_pdf(FORM), "He is at his mother's.")
        reading = read_form(Attachment("form.pdf", "", noted))
        assert reading.form == FORM
        assert reading.unplaced == ("He is at his mother's.",)

    def test_a_scanned_page_goes_to_a_person_with_the_reason(self) -> None:
        reading = read_form(Attachment("scan.pdf", "", pdf.scanned()))
        assert (reading.form, reading.cause) == (None, Cause.NOT_A_FORM)
        assert "pictures and no text" in reading.reason

    def test_the_end_of_a_broken_line_is_part_of_its_answer(self) -> None:
        reading = read_form(Attachment("form.pdf", "", pdf.printed(sheet(FORM, "2018"))))
        assert reading.form is not None
        told = " ".join(reading.form.concerns.narrative.split())
        assert told == " ".join(FORM.concerns.narrative.split())
