"""Forms are read without loss, hostile files only ever give a sentence, and the cage outlives them."""

import io
import json
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

import samples
from contracts.vocabulary import Person, ReferralForm
from samples.make import SAMPLES
from services.intake.readers import Attachment, Cause, read_form
from services.intake.readers.fields import UNKNOWN_FIELD, assemble
from services.intake.readers.wire import packed_form, unpacked_form
from services.intake.writers import answers, blank_docx, filled_docx
from tests.effort import effort
from tests.intake.drawn import forms

SAMPLE_FOLDER = Path(samples.__file__).parent
FORM = SAMPLES[1].referral


def word(form: ReferralForm) -> Attachment:
    """Return a form as a mailed Word file."""
    return Attachment("form.docx", "application/octet-stream", filled_docx(form))


def edited(old: str, new: str, body: bytes | None = None) -> Attachment:
    """Return the sample form with its document text changed."""
    source = io.BytesIO(body or filled_docx(FORM))
    target = io.BytesIO()
    with zipfile.ZipFile(source) as before, zipfile.ZipFile(target, "w") as after:
        for name in before.namelist():
            text = before.read(name).decode()
            if name == "word/document.xml":
                assert old in text
                text = text.replace(old, new, 1)
            after.writestr(name, text)
    return Attachment("form.docx", "", target.getvalue())


def zipped(**parts: bytes) -> Attachment:
    """Return a Word file made of the given document part."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", parts["document"])
    return Attachment("form.docx", "", target.getvalue())


class TestRoundTrip:
    @settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(forms())
    def test_any_form_survives_json_and_the_wire(self, form: ReferralForm) -> None:
        reading = read_form(Attachment("form.json", "", form.model_dump_json().encode()))
        assert reading.form == form
        assert unpacked_form(packed_form(reading)) == reading

    def test_the_same_form_gives_the_same_bytes(self) -> None:
        assert filled_docx(FORM) == filled_docx(FORM)

    def test_a_control_character_is_refused_in_a_sentence(self) -> None:
        concerns = FORM.concerns.model_copy(update={"narrative": "a\x07b"})
        with pytest.raises(ValueError, match="control character"):
            filled_docx(FORM.model_copy(update={"concerns": concerns}))


class TestFilledInByHand:
    @pytest.mark.parametrize("written", ["29/02/2012", "29.2.2012", "29th February 2012", "29 feb 2012", "2012-02-29"])
    def test_dates_are_read_day_first(self, written: str) -> None:
        reading = read_form(edited("29 February 2012", written))
        assert reading.form == FORM

    @pytest.mark.parametrize("written", ["29/02/12", "30/02/2012", "February", "last winter", "٢٩/٠٢/٢٠١٢"])
    def test_an_unclear_date_is_doubtful_and_kept_as_written(self, written: str) -> None:
        reading = read_form(edited("29 February 2012", written))
        assert "person.date_of_birth" in reading.doubtful
        assert reading.values["person.date_of_birth"] == written
        assert reading.form is None
        assert not reading.complete
        assert "person.date_of_birth" in reading.reason

    def test_an_unusable_answer_that_is_not_required_leaves_the_form_readable(self) -> None:
        reading = read_form(edited(">zoe@testperson.example<", ">no mail please<"))
        assert reading.form == FORM.model_copy(update={"person": FORM.person.model_copy(update={"emails": ()})})
        assert reading.doubtful == ("person.emails.0",)
        assert reading.values["person.emails.0"] == "no mail please"
        assert not reading.complete

    def test_missing_required_answers_are_named_and_the_rest_is_kept(self) -> None:
        reading = read_form(Attachment("f.json", "", b'{"person": {"surname": "Testperson", "district": "Thanet"}}'))
        assert reading.form is None
        assert reading.missing == (
            "concerns.narrative",
            "person.date_of_birth",
            "person.forenames",
            "referrer.forename",
            "referrer.surname",
            "sharing_acknowledged",
        )
        assert reading.values == {"person.surname": "Testperson", "person.district": "Thanet"}
        assert reading.cause is Cause.INCOMPLETE

    def test_the_second_row_may_be_filled_without_the_first(self) -> None:
        values = {**answers(FORM), "person.phones.0": "", "person.phones.3": "07700 900999"}
        form = assemble(values).form
        assert form is not None
        assert form.person.phones == ("07700 900999",)

    def test_placeholders_are_no_answers(self) -> None:
        reading = read_form(Attachment("form.docx", "", blank_docx()))
        assert reading.values == {"edition": "2025", "language": "en"}
        assert reading.cause is Cause.INCOMPLETE

    def test_text_struck_out_by_tracked_changes_does_not_count(self) -> None:
        surname = '<w:t xml:space="preserve">O\'Testperson</w:t></w:r>'
        struck = "<w:del><w:r><w:delText>Wrong</w:delText></w:r></w:del><w:r></w:r>"
        reading = read_form(edited(surname, f"{surname}{struck}"))
        assert reading.form == FORM

    def test_two_different_answers_to_one_question_are_doubtful(self) -> None:
        again = (
            '<w:p><w:sdt><w:sdtPr><w:tag w:val="person.surname"/></w:sdtPr><w:sdtContent>'
            "<w:r><w:t>Other</w:t></w:r></w:sdtContent></w:sdt></w:p><w:sectPr>"
        )
        reading = read_form(edited("<w:sectPr>", again))
        assert reading.form is None
        assert reading.doubtful == ("person.surname",)
        assert reading.missing == ("person.surname",)

    def test_a_key_written_twice_in_json_is_doubtful(self) -> None:
        body = FORM.model_dump_json().replace('"surname":"O\'Testperson"', '"surname":"A","surname":"B"').encode()
        assert "person.surname" in read_form(Attachment("f.json", "", body)).doubtful

    def test_eighty_thousand_keys_keep_nobody_waiting(self) -> None:
        body = json.dumps({"person": {str(number): 1 for number in range(80_000)}}).encode()
        with effort() as spent:
            assert read_form(Attachment("f.json", "", body)).cause is Cause.TOO_BIG
        assert spent.seconds < 2

    def test_a_tick_box_counts_as_yes(self) -> None:
        given_back = {**answers(FORM), "sharing_acknowledged": "☒", "concerns.immediate_danger": "☐"}
        assert assemble(given_back).form == FORM


CANARY = "Canary-Xq7"


class TestHostileFiles:
    @pytest.mark.parametrize(
        ("name", "body", "cause"),
        [
            ("form.docx", b"", Cause.DAMAGED),
            ("form.docx", b"not a zip", Cause.DAMAGED),
            ("form.docx", b"PK\x03\x04" + b"\xff" * 100, Cause.DAMAGED),
            ("form.json", b"{", Cause.DAMAGED),
            ("form.json", b"\xff\xfe\x00", Cause.DAMAGED),
            ("form.json", b"[]", Cause.NOT_A_FORM),
            ("form.json", b"3", Cause.NOT_A_FORM),
            ("form.json", b'{"a": 1}', Cause.NOT_A_FORM),
            ("form.json", b'{"person": 3}', Cause.NOT_A_FORM),
            ("form.json", b"[" * 100_000, Cause.TOO_BIG),
            ("form.json", b'{"person": ' + b"9" * 10_000 + b"}", Cause.DAMAGED),
            ("form.json", b" " * 2_000_000, Cause.TOO_BIG),
            ("form.pdf", b"%PDF-1.7", Cause.DAMAGED),
            ("", b"", Cause.UNKNOWN_KIND),
        ],
    )
    def test_each_gives_a_sentence(self, name: str, body: bytes, cause: Cause) -> None:
        reading = read_form(Attachment(name, "", body))
        assert reading.form is None
        assert reading.cause is cause
        assert reading.reason.endswith(".")

    def test_the_declared_size_is_enough_to_refuse(self, monkeypatch: pytest.MonkeyPatch) -> None:
        bomb = zipped(document=b" " * 21_000_000)
        monkeypatch.setattr(zipfile.ZipFile, "open", lambda *_: pytest.fail("the bomb was opened"))
        assert read_form(bomb).cause is Cause.TOO_BIG

    def test_bombs_of_every_kind_are_refused(self) -> None:
        zip_bomb = zipped(document=b" " * 21_000_000)
        assert len(zip_bomb.body) < 50_000
        assert read_form(zip_bomb).cause is Cause.TOO_BIG
        lol = b'<!DOCTYPE a [<!ENTITY b "bbbbbbbbbb"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]><a>&c;</a>'
        assert read_form(zipped(document=lol)).cause is Cause.TOO_BIG
        outside = b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>'
        assert read_form(zipped(document=outside)).cause is Cause.TOO_BIG
        deep = b"<a>" * 100_000
        assert read_form(zipped(document=deep)).cause is Cause.DAMAGED

    def test_nul_and_lone_surrogates_become_replacement_characters(self) -> None:
        body = FORM.model_dump_json().replace("O'Testperson", "O\\u0000T\\ud800x").encode()
        reading = read_form(Attachment("f.json", "", body))
        assert reading.form is not None
        assert reading.form.person.surname == "O\ufffdT\ufffdx"

    def test_reasons_and_field_names_never_repeat_what_the_file_says(self) -> None:
        content = json.loads(FORM.model_dump_json())
        content |= {CANARY: CANARY, "edition": CANARY}
        content["person"] |= {CANARY: 1, "surname": CANARY * 100, "date_of_birth": CANARY}
        reading = read_form(Attachment(f"{CANARY}.json", "", json.dumps(content).encode()))
        assert UNKNOWN_FIELD in reading.doubtful
        assert CANARY not in f"{reading.reason}{reading.missing}{reading.doubtful}{reading!r}"

    @settings(max_examples=150, deadline=None)
    @given(st.binary(max_size=400), st.sampled_from(["a.docx", "a.json", "a.pdf", "a.txt"]))
    def test_any_bytes_at_all_give_a_reading(self, body: bytes, name: str) -> None:
        assert read_form(Attachment(name, "", body)).form is None

    @settings(max_examples=80, deadline=None)
    @given(st.data())
    def test_any_damage_to_a_real_form_gives_a_reading(self, data: st.DataObject) -> None:
        body = bytearray(filled_docx(FORM))
        for _ in range(data.draw(st.integers(1, 12))):
            body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
        reading = read_form(Attachment("a.docx", "", bytes(body)))
        assert reading.form is not None or reading.reason

    @settings(max_examples=80, deadline=None)
    @given(
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
            lambda inner: (
                st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["surname", "0", "x"]), inner, max_size=3)
            ),
            max_leaves=8,
        )
    )
    def test_any_json_gives_a_reading(self, content: object) -> None:
        body = json.dumps({"person": content, "concerns": {"narrative": content}, "referrer": content}).encode()
        assert read_form(Attachment("a.json", "", body)).form is None


def test_the_model_still_refuses_what_the_tests_call_unusable() -> None:
    with pytest.raises(ValidationError):
        Person(forenames="A", surname="B", approximate_age=5, emails=("no mail please",))
