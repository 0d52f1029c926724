"""The sample files are what people.py says, are read without loss, and are plainly synthetic."""

import json
import re
from pathlib import Path

import pytest
from docx import Document

import samples
from samples.make import SAMPLES, files, path_of, web_fields
from samples.people import NOTICE, Form, Sample
from services.intake.readers import Attachment, read_form
from services.intake.readers.fields import assemble, known_fields
from services.intake.writers.questions import NOT_ON_PAPER, PARTS, heading

SAMPLE_FOLDER = Path(samples.__file__).parent
ATTACHED = [sample for sample in SAMPLES if sample.form is not Form.WEB]
LISTS = {"concerns.aspects.*", "concerns.needs.*"}
POSTED = [sample for sample in SAMPLES if sample.form is Form.WEB]


class TestSamples:
    def test_the_committed_files_are_the_generated_ones(self) -> None:
        assert {path: (SAMPLE_FOLDER / path).read_bytes() for path in files()} == dict(files())

    def test_there_are_enough_of_each_form_and_all_are_plainly_synthetic(self) -> None:
        assert len(SAMPLES) >= 14
        for form, least in ((Form.WORD, 5), (Form.JSON, 5), (Form.WEB, 4)):
            assert sum(sample.form is form for sample in SAMPLES) >= least
        for sample in SAMPLES:
            assert NOTICE in sample.referral.concerns.narrative
            assert re.search(r"sample|test|example|specimen|mock", sample.referral.person.surname.lower())
            person, referrer = sample.referral.person, sample.referral.referrer
            assert all(address.postcode.startswith("ZZ") for address in person.addresses)
            assert all(mail.endswith(".example") for mail in (referrer.email, *person.emails))
            drama = ("01632 960", "07700 900")
            assert all(phone.startswith(drama) for phone in (referrer.phone, *person.phones) if phone)

    def test_they_spread_over_sectors_and_districts(self) -> None:
        assert len({sample.referral.referrer.sector for sample in SAMPLES}) >= 7
        districts = {sample.referral.person.district for sample in SAMPLES}
        assert {"Medway", "Thanet"} <= districts
        assert len(districts) >= 10

    @pytest.mark.parametrize("sample", ATTACHED, ids=lambda each: each.name)
    def test_each_file_reads_back_to_its_form(self, sample: Sample) -> None:
        path = path_of(sample)
        reading = read_form(Attachment(path, "", (SAMPLE_FOLDER / path).read_bytes()))
        assert (reading.form, reading.reason) == (sample.referral, "")

    @pytest.mark.parametrize("sample", POSTED, ids=lambda each: each.name)
    def test_each_web_sample_holds_the_answers_of_its_form(self, sample: Sample) -> None:
        posted = json.loads((SAMPLE_FOLDER / path_of(sample)).read_bytes())["fields"]
        together: dict[str, str] = {}
        for name, value in posted.items():
            base = name.removesuffix("-day")
            if base != name:
                together[base] = f"{value}/{posted[f'{base}-month']}/{posted[f'{base}-year']}"
            elif not name.endswith(("-month", "-year")):
                together[name] = value
        assert assemble(together).form == sample.referral
        assert web_fields(sample.referral) == posted

    def test_word_users_see_headings_and_questions(self) -> None:
        document = Document(str(SAMPLE_FOLDER / "blank" / "referral-form.docx"))
        headings = [
            paragraph.text
            for paragraph in document.paragraphs
            if paragraph.style and paragraph.style.name == "Heading 1"
        ]
        assert headings == [heading(section) for section in PARTS]
        questions = [row.cells[0].text for table in document.tables for row in table.rows]
        assert len(questions) == sum(question.rows for section in PARTS for question in section.questions)

    def test_the_form_asks_every_question_of_the_model_that_a_file_may_hold(self) -> None:
        asked = {question.path for section in PARTS for question in section.questions}
        known = {path.removesuffix(".*") if path in LISTS else path for path in known_fields()}
        assert asked == {path for path in known if path.partition(".")[0] not in NOT_ON_PAPER}
