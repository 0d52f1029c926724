"""Dates as people write them, and pages that never fail whatever is typed."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chassis.web import FormErrors
from contracts.vocabulary import Person
from services.intake.web.forms import SECTIONS, Question, read_section, written_date

TODAY = date(2026, 11, 21)
BORN = Question("person.date_of_birth", "the person’s date of birth", "Date of birth", "date")


def written(day: str, month: str = "", year: str = "") -> dict[str, str]:
    """Return a date input."""
    return dict(zip(BORN.fields, (day, month, year), strict=True))


class TestWrittenDate:
    @pytest.mark.parametrize(
        ("parts", "expected"),
        [
            (("27", "4", "2009"), date(2009, 4, 27)),
            (("27", "Apr", "2009"), date(2009, 4, 27)),
            (("27", "april", "09"), date(2009, 4, 27)),
            (("1", "12", "75"), date(1975, 12, 1)),
            (("27/4/2009",), date(2009, 4, 27)),
            (("27 April 2009",), date(2009, 4, 27)),
            (("27-04-09",), date(2009, 4, 27)),
            (("", "", ""), None),
        ],
    )
    def test_is_understood(self, parts: tuple[str, ...], expected: date | None) -> None:
        assert written_date(BORN, written(*parts), TODAY) == expected

    @pytest.mark.parametrize(
        ("parts", "sentence"),
        [
            (("31", "2", "2009"), "The person’s date of birth must be a real date, like 27 4 2009"),
            (("x", "y", "z"), "The person’s date of birth must be a real date, like 27 4 2009"),
            (("1", "", "2009"), "The person’s date of birth must include a month"),
            (("", "", "2009"), "The person’s date of birth must include a day and a month"),
            (("22", "11", "2026"), "The person’s date of birth must be in the past"),
        ],
    )
    def test_is_refused_with_a_sentence(self, parts: tuple[str, ...], sentence: str) -> None:
        with pytest.raises(ValueError, match=sentence):
            written_date(BORN, written(*parts), TODAY)


class TestReadSection:
    @settings(max_examples=300, deadline=None)
    @given(st.sampled_from(sorted(SECTIONS)), st.data())
    def test_never_fails_and_never_repeats_what_was_typed(self, key: str, data: st.DataObject) -> None:
        section = SECTIONS[key]
        canary = "Zebedee7731"
        names = st.sampled_from(section.fields)
        typed = data.draw(st.dictionaries(names, st.text(max_size=30).map(lambda text: text + canary), max_size=8))
        found = read_section(section, typed, TODAY)
        if isinstance(found, FormErrors):
            assert canary not in " ".join(message for _, message in found.errors)
            assert {name for name, _ in found.errors} <= {question.name for question in section.questions}

    @pytest.mark.parametrize(
        ("answers", "sentence"),
        [
            (written("20", "11", "1905"), "The person’s date of birth must be less than 121 years ago"),
            (
                {**written("1", "2", "2010"), "person.approximate_age": "40"},
                "Approximate age must agree with the date of birth: correct one of them, or leave the age empty",
            ),
            (
                {"person.approximate_age": "15", "person.addresses.0.postcode": "nowhere"},
                "Enter a full UK postcode, like CT9 1AB, or leave it empty",
            ),
            (
                {"person.approximate_age": "15", "person.phones.0": "12 34 56"},
                "The person’s phone number must contain at least 7 digits, like 01632 960001",
            ),
        ],
    )
    def test_refuses_impossible_answers(self, answers: dict[str, str], sentence: str) -> None:
        typed = {"person.forenames": "Sample", "person.surname": "Synthetic", **answers}
        found = read_section(SECTIONS["person"], typed, TODAY)
        assert isinstance(found, FormErrors)
        assert [message for _, message in found.errors] == [sentence]

    @pytest.mark.parametrize("postcode", ["CT9 1AB", "ct91ab", "SW1A 1AA", "M1 1AE"])
    def test_takes_postcodes_as_people_write_them(self, postcode: str) -> None:
        typed = {
            "person.forenames": "Sample",
            "person.surname": "Synthetic",
            "person.approximate_age": "15",
            "person.addresses.0.postcode": postcode,
        }
        assert isinstance(read_section(SECTIONS["person"], typed, TODAY), Person)

    def test_says_which_date_must_be_in_the_past(self) -> None:
        day = dict(zip(("day", "month", "year"), ("22", "11", "2026"), strict=True))
        typed = {f"concerns.came_to_light_on-{part}": text for part, text in day.items()}
        found = read_section(SECTIONS["concerns"], typed, TODAY)
        assert isinstance(found, FormErrors)
        sentence = found.message("concerns.came_to_light_on")
        assert sentence == "The date you first became concerned must be in the past"

    def test_returns_the_part_of_the_referral(self) -> None:
        typed = {
            "person.forenames": "Sample",
            "person.surname": "Synthetic",
            "person.approximate_age": "15",
            "person.addresses.0.lines": "1 Example Street",
            "person.addresses.0.postcode": "ZZ1 1ZZ",
            "person.aliases.0": "Sam",
            **written("1", "2", "2010"),
        }
        part = read_section(SECTIONS["person"], typed, TODAY)
        assert isinstance(part, Person)
        assert part.addresses[0].postcode == "ZZ1 1ZZ"
        assert (part.aliases, part.approximate_age, part.date_of_birth) == (("Sam",), 15, date(2010, 2, 1))
