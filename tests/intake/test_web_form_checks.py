"""Every question of the form, each with the Design System's sentence for whatever may be wrong with its answer."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from chassis.web import FormData
from contracts.vocabulary import nrf
from contracts.vocabulary.nrf import Kind, Question
from services.intake.web.form import Draft, answers, checks, fields, referral_form
from services.intake.web.form.checks import BORN
from services.intake.web.form.steps import BIRTH, DECLARED, STEP, STEPS, Step, inputs
from tests.intake.test_web_views import answers as sample

TODAY = date(2026, 11, 21)
EVERY = [(step, question) for step in STEPS for question in step.questions]
LIKE_PHONE = "Enter a phone number, like 01632 960 001, 07700 900 982 or +44 808 157 0192"
LIKE_MAIL = "Enter an email address in the correct format, like name@example.com"
EMPTY = {
    "concerns.immediate_danger": "Select yes if anybody is in immediate danger",
    "person.forenames": "Enter the person’s first names",
    "person.surname": "Enter the person’s last name",
    "person.date_of_birth": "Enter a date of birth or, if you do not know it, an approximate age",
    "concerns.narrative": "Enter what you are concerned about",
    "referrer.forename": "Enter your first name",
    "referrer.surname": "Enter your last name",
    "referrer.sector": "Select which of these describes you or your organisation",
}


def every(*kinds: Kind) -> pytest.MarkDecorator:
    """Return a run for each question of some kinds."""
    chosen = [(step, question) for step, question in EVERY if question.kind in kinds]
    return pytest.mark.parametrize(("step", "question"), chosen, ids=[question.path for _, question in chosen])


def told(step: Step, question: Question, *typed: str) -> list[str]:
    """Return the sentences about a question for what was typed into its inputs, first of a list where it is one."""
    path = question.path.replace("*", "0")
    given_answers = dict(zip(inputs(question, path), typed, strict=False))
    return [sentence for place, sentence in answers.read(step, given_answers, TODAY, str).errors if place == path]


def named(question: Question) -> str:
    """Return how a sentence about a question begins."""
    return question.name[:1].upper() + question.name[1:]


class TestEveryQuestion:
    def test_stands_on_one_page(self) -> None:
        asked = [question.path for _, question in EVERY]
        assert sorted(asked) == sorted({*nrf.QUESTIONS} - {question.path for question in of_the_declaration()})

    @pytest.mark.parametrize(("step", "question"), EVERY, ids=[question.path for _, question in EVERY])
    def test_is_asked_for_where_it_is_required(self, step: Step, question: Question) -> None:
        assert told(step, question, "", "", "") == ([EMPTY[question.path]] if question.path in EMPTY else [])

    @every(Kind.LINE, Kind.ORGANISATION, Kind.SCHOOL, Kind.DISTRICT)
    def test_of_one_line_is_short(self, step: Step, question: Question) -> None:
        assert told(step, question, "x" * 200) == []
        assert told(step, question, "x" * 201) == [f"{named(question)} must be 200 characters or less"]
        assert told(step, question, "x\x07") == [
            f"{named(question)} must not include characters that a keyboard cannot type"
        ]

    @every(Kind.TEXT)
    def test_of_free_text_is_long_but_not_endless(self, step: Step, question: Question) -> None:
        assert told(step, question, "x\n" * 9_999) == []
        assert told(step, question, "x" * 20_001) == [f"{named(question)} must be 20,000 characters or less"]

    @every(Kind.PHONE)
    def test_of_a_phone_is_one(self, step: Step, question: Question) -> None:
        for right in ("01632 960001", "+44 (0)1632 960-001", "01632960001 ext 12"):
            assert told(step, question, right) == []
        for wrong in ("12 34 56", "call me", "01632 960001 or 01632 960002", "x" * 300):
            assert told(step, question, wrong) == [LIKE_PHONE]

    @every(Kind.EMAIL)
    def test_of_an_address_is_one(self, step: Step, question: Question) -> None:
        assert told(step, question, "name@example.com") == []
        for wrong in ("name", "name@example", "a@b.example, c@d.example", f"{'x' * 250}@b.example"):
            assert told(step, question, wrong) == [LIKE_MAIL]

    @every(Kind.POSTCODE)
    def test_of_a_postcode_is_one(self, step: Step, question: Question) -> None:
        for right in ("CT9 1AB", "ct91ab", "SW1A 1AA", "M1 1AE"):
            assert told(step, question, right) == []
        for wrong in ("CT9", "nowhere", "CT9 1AB CT9 1AC"):
            assert told(step, question, wrong) == ["Enter a full UK postcode, like CT9 1AB"]

    @every(Kind.DATE)
    def test_of_a_day_is_a_real_one_that_has_been(self, step: Step, question: Question) -> None:
        name = named(question)
        for right in (("27", "3", "2009"), ("27", "Mar", "09"), ("27", "March", "2009"), ("27", "Mawrth", "2009")):
            assert told(step, question, *right) == []
        for whole in ("27/3/2009", "27-03-2009", "27 March 2009", "27 Mar 09", "27.3.2009"):
            assert told(step, question, whole, "", "") == []
        assert told(step, question, "31", "2", "2009") == [f"{name} must be a real date, like 27 3 2009"]
        assert told(step, question, "soon", "", "") == [f"{name} must be a real date, like 27 3 2009"]
        assert told(step, question, "1", "", "2009") == [f"{name} must include a month"]
        assert told(step, question, "", "", "2009") == [f"{name} must include a day and a month"]
        assert told(step, question, "22", "11", "2026") == [f"{name} must be today or in the past"]

    @every(Kind.AGE)
    def test_of_an_age_is_a_number_of_years(self, step: Step, question: Question) -> None:
        for wrong in ("fifteen", "15.5", "１５"):
            assert told(step, question, wrong) == [f"{named(question)} must be a whole number, like 15"]
        for wrong in ("121", "-1"):
            assert told(step, question, wrong) == [f"{named(question)} must be between 0 and 120"]

    @every(Kind.CHOICE, Kind.CHOICES, Kind.YES_NO, Kind.YES_NO_NOT_KNOWN)
    def test_of_a_choice_is_one_of_those_offered(self, step: Step, question: Question) -> None:
        assert told(step, question, question.choices[0][0]) == []
        [sentence] = told(step, question, "something-else")
        assert sentence.startswith("Select ")


def of_the_declaration() -> tuple[Question, ...]:
    """Return what the declaration asks."""
    return next(section.questions for section in nrf.SECTIONS if section.key == DECLARED)


class TestADateOnThePage:
    @pytest.mark.parametrize(
        ("typed", "marked"),
        [
            (("", "", ""), (0, 1, 2)),
            (("8", "10", ""), (2,)),
            (("", "10", ""), (0, 2)),
            (("31", "2", "2014"), (0, 1, 2)),
            (("soon", "", ""), (0, 1, 2)),
        ],
    )
    def test_marks_what_it_lacks_and_leads_there(self, typed: tuple[str, ...], marked: tuple[int, ...]) -> None:
        step = STEP[BIRTH]
        names = inputs(step.questions[0], BORN)
        given_answers = dict(zip(names, typed, strict=True))
        errors = answers.read(step, given_answers, TODAY, str).errors
        page = fields.page(step, given_answers, errors, str)
        [born, _] = page.entries[0].fields
        assert [place for place, wrong in enumerate(born.wrong) if wrong] == list(marked)
        assert [page.errors.target(name) for name, _ in page.errors.errors] == [names[marked[0]]]


class TestAges:
    @pytest.mark.parametrize(
        ("born", "aged", "sentence"),
        [
            (("20", "11", "1905"), "", "The person’s date of birth must be less than 121 years ago"),
            (("1", "2", "2010"), "40", checks.AGES_DIFFER),
        ],
    )
    def test_that_cannot_be_are_refused(self, born: tuple[str, ...], aged: str, sentence: str) -> None:
        step = next(step for step in STEPS if step.key == "date-of-birth")
        typed = dict(zip(inputs(step.questions[0], checks.BORN), born, strict=True)) | {checks.AGED: aged}
        assert [said for _, said in answers.read(step, typed, TODAY, str).errors] == [sentence]


class TestWhateverIsTyped:
    @settings(max_examples=200)
    @given(st.data())
    def test_never_fails_and_is_never_repeated(self, data: st.DataObject) -> None:
        canary = "Zebedee7731"
        step = data.draw(st.sampled_from(STEPS))
        names = [name for q in step.questions for name in inputs(q, q.path.replace("*", "0"))]
        typed = data.draw(
            st.dictionaries(st.sampled_from(names), st.text(max_size=30).map(lambda text: text + canary), max_size=8)
        )
        found = answers.read(step, typed, TODAY, str)
        assert canary not in " ".join(sentence for _, sentence in found.errors)
        assert {place for place, _ in found.errors} <= {q.path.replace("*", "0") for q in step.questions}

    @settings(max_examples=200)
    @given(st.data())
    def test_makes_a_referral_once_every_page_has_taken_it(self, data: st.DataObject) -> None:
        draft = Draft()
        for step in STEPS:
            sent = {name: (value,) for name, value in sample().items()}
            names = [name for q in step.questions for name in inputs(q, q.path.replace("*", "0"))]
            for name in data.draw(st.lists(st.sampled_from(names), max_size=2)):
                sent[name] = (data.draw(st.text(max_size=20)),)
            typed = answers.typed_on(step, FormData(sent))
            if not answers.read(step, typed, TODAY, str).errors:
                draft = draft.adding(step, typed)
        if draft.unfinished(TODAY) is None:
            assert referral_form(draft, TODAY, "en").sharing_acknowledged

    def test_makes_none_before(self) -> None:
        with pytest.raises(ValidationError):
            referral_form(Draft(), TODAY, "en")
