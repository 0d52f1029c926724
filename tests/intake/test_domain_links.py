"""What merely looks alike: names that are written in several ways leave the same mark, others do not."""

import pytest

from samples import adults, people
from services.intake.domain.links import marks_of, plain_letters

KEY = b"a key of the tests, which no service has"


class TestPlainLetters:
    @pytest.mark.parametrize(
        ("written", "plain"),
        [
            ("Testperson-Przykład", "testpersonprzyklad"),
            ("Ó Testpersón", "otestperson"),
            ("O'Testperson", "otestperson"),
            ("Søren", "soren"),
            ("Đorđe", "dorde"),
            ("Groß", "gross"),
            ("Æthelstan", "aethelstan"),
            ("Işık", "isik"),
        ],
    )
    def test_are_those_that_people_type_who_have_no_others(self, written: str, plain: str) -> None:
        assert plain_letters(written) == plain


class TestMarks:
    def test_of_the_boy_who_is_referred_twice_under_two_spellings_meet(self) -> None:
        first, again = (marks_of(form, KEY) for form in (people.FIFTEEN_YEARS_OLD, people.FIFTEEN_YEARS_OLD_AGAIN))
        assert set(first) & set(again)

    def test_of_two_other_people_do_not(self) -> None:
        assert not set(marks_of(people.FIFTEEN_YEARS_OLD, KEY)) & set(marks_of(adults.NINETEEN_YEARS_OLD, KEY))
