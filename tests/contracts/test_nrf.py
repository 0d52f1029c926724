"""The form as data and the form as a model ask the same questions, in every edition."""

import typing
from collections.abc import Iterator

import pytest
from pydantic import BaseModel

from contracts.specimens import FORM
from contracts.vocabulary import ReferralForm
from contracts.vocabulary.nrf import EDITIONS, QUESTIONS, SECTIONS, Kind, answered, question_at

KEPT_BY_THE_SOFTWARE = {"edition", "language", "prevent_contact.wishes_anonymity"}


def _paths(model: type[BaseModel], prefix: str = "") -> Iterator[str]:
    for name, field in model.model_fields.items():
        annotation = field.annotation
        listed = typing.get_origin(annotation) is tuple
        inner = typing.get_args(annotation)[0] if listed else annotation
        place = f"{prefix}{name}"
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from _paths(inner, f"{place}.*." if listed else f"{place}.")
        else:
            yield f"{place}.*" if listed and question_at(place) is None else place


class TestQuestions:
    def test_ask_for_every_field_of_the_model_and_nothing_else(self) -> None:
        assert set(QUESTIONS) == set(_paths(ReferralForm)) - KEPT_BY_THE_SOFTWARE

    def test_offer_answers_exactly_where_one_is_chosen(self) -> None:
        chosen = {Kind.YES_NO, Kind.YES_NO_NOT_KNOWN, Kind.CHOICE, Kind.CHOICES, Kind.ACKNOWLEDGED}
        assert [path for path, each in QUESTIONS.items() if bool(each.choices) != (each.kind in chosen)] == []

    def test_depend_only_on_questions_that_offer_the_answer(self) -> None:
        for question in QUESTIONS.values():
            if question.asked and question.asked.path:
                assert set(question.asked.answers) <= {value for value, _ in QUESTIONS[question.asked.path].choices}

    def test_are_found_by_the_path_of_a_numbered_answer(self) -> None:
        assert question_at("person.addresses.3.postcode") is QUESTIONS["person.addresses.*.postcode"]
        assert question_at("person.shoe_size") is None

    def test_have_sections_with_names_of_their_own(self) -> None:
        assert len({section.key for section in SECTIONS}) == len(SECTIONS)
        assert len({section.title for section in SECTIONS}) == len(SECTIONS)


@pytest.mark.parametrize("edition", EDITIONS.values(), ids=list(EDITIONS))
class TestEdition:
    def test_leads_only_to_questions_of_the_form(self, edition: typing.Any) -> None:
        paths = {path for heading in edition.headings for path in heading.labels}
        assert [path for path in paths if question_at(path) is None] == []

    def test_says_no_label_twice_under_one_heading(self, edition: typing.Any) -> None:
        for heading in edition.headings:
            words = [label.casefold() for labels in heading.labels.values() for label in labels]
            assert len(words) == len(set(words))

    def test_keeps_the_sections_of_the_form(self, edition: typing.Any) -> None:
        assert {heading.section for heading in edition.headings} <= {section.key for section in SECTIONS}


class TestAnswered:
    def test_shows_every_answer_of_a_form_in_words(self) -> None:
        said = {answer.path: answer.text for section in answered(FORM) for answer in section.answers}
        assert said["person.date_of_birth"] == "2 March 2009"
        assert said["person.addresses.0.lines"] == "1 Example Street, Exampleton"
        assert said["person.gender"] == "Male"
        assert said["considerations.individual_informed"] == "No"
        assert said["concerns.immediate_danger"] == "No"

    def test_says_nothing_of_people_who_were_not_named(self) -> None:
        assert not {"first-identified", "prevent-contact"} & {section.key for section in answered(FORM)}

    def test_names_each_of_several_and_leaves_sections_out_on_request(self) -> None:
        person = FORM.person.model_copy(update={"aliases": ("Lex", "Al")})
        sections = answered(FORM.model_copy(update={"person": person}), without=("referrer",))
        labels = [answer.label for section in sections for answer in section.answers]
        assert {"Other name 1", "Other name 2"} <= set(labels)
        assert "referrer" not in {section.key for section in sections}
