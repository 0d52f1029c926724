"""What people write is understood as they meant it, or left to a person: never something else."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.domain.written import (
    ENGLISH,
    WELSH,
    day_from,
    day_of,
    is_mail_address,
    is_phone,
    month_of,
    postcode_of,
    several,
    ticked,
    yes_or_no,
)
from tests.effort import effort

TODAY = date(2026, 11, 21)
DAYS = st.dates(date(1900, 1, 1), date(2026, 11, 21))
ENDINGS = {1: "st", 2: "nd", 3: "rd", 21: "st", 22: "nd", 23: "rd", 31: "st"}


def ways(day: date) -> list[str]:
    english, welsh = ENGLISH[day.month - 1], WELSH[day.month - 1]
    ending = ENDINGS.get(day.day, "th")
    return [
        day.isoformat(),
        f"{day:%d/%m/%Y}",
        f"{day.day}/{day.month}/{day.year}",
        f"{day.day}.{day.month}.{day.year}",
        f"{day.day} - {day.month} - {day.year}",
        f"{day.day} {day.month} {day.year}",
        f"{day.day} {english} {day.year}",
        f"{day.day}{ending} {english.title()} {day.year}",
        f"the {day.day}{ending} of {english.title()}, {day.year}",
        f"{day:%A} {day.day} {english[:3].upper()} {day.year}",
        f"{day:%a}, {day.day}-{english[:3].title()}-{day.year}",
        f"{english.title()} {day.day}{ending}, {day.year}",
        f"  {day.day}\t{welsh.title()} {day.year} ",
        f"{day.day} {english[:4]}. {day.year}",
    ]


class TestDates:
    @given(DAYS, st.integers(0, 13))
    def test_every_way_of_writing_a_day_gives_that_day(self, day: date, way: int) -> None:
        assert day_of(ways(day)[way]) == day

    @given(DAYS)
    def test_a_short_year_needs_today_and_never_lies_ahead(self, day: date) -> None:
        written = f"{day:%d/%m/%y}"
        assert day_of(written) is None
        found = day_of(written, TODAY)
        if found is not None:  # 29 February 1900 + 28 has no such day in another century
            assert found.year <= TODAY.year
            assert (found.day, found.month, found.year % 100) == (day.day, day.month, day.year % 100)

    @given(DAYS)
    def test_three_boxes_give_the_same_as_one(self, day: date) -> None:
        assert day_from(str(day.day), str(day.month), str(day.year)) == day
        assert day_from(f" {day.day}", ENGLISH[day.month - 1][:3], f"{day.year} ") == day

    @pytest.mark.parametrize(
        "unclear",
        [
            *("03/04/05", "30/02/2012", "04/13/2009", "February", "February 2012", "last winter", "٢٩/٠٢/٢٠١٢", ""),
            *(
                "27 marmalade 2009",
                "1/2/200",
                "27/4",
                "0/4/2009",
                "27 ma 2009",
                "27/4/2009 or 28/4/2009",
                "2009",
                "²/4/2009",
            ),
        ],
    )
    def test_what_is_not_clear_is_no_date(self, unclear: str) -> None:
        assert day_of(unclear) is None

    @given(st.text(max_size=30))
    def test_no_text_raises(self, text: str) -> None:
        assert day_of(text, TODAY) is None or day_of(text, TODAY).year <= 9999  # type: ignore[union-attr]
        assert 0 <= month_of(text) <= 99
        yes_or_no(text)
        ticked(text)
        postcode_of(text)
        is_phone(text)


class TestPhones:
    @given(st.integers(0, 999), st.sampled_from(["01632 960{:03}", "07700 900{:03}", "+44 7700 900{:03}"]))
    def test_numbers_are_numbers_however_they_are_spaced(self, last: int, form: str) -> None:
        number = form.format(last)
        dashed = number.replace(" ", "-")
        assert is_phone("(01632) 960001")
        for written in (number, number.replace(" ", ""), dashed, f"{number} ext. 12"):
            assert is_phone(written)
        assert several(f"{number}, {number} or {number}\n{number}") == (number,) * 4

    @pytest.mark.parametrize(
        "other", ["", "12345", "see above", "07700 900142 (mother)", "n/a", "٠٧٧٠٠٩٠٠١٤٢", "1" * 21]
    )
    def test_anything_else_is_not(self, other: str) -> None:
        assert not is_phone(other)


class TestHostileTexts:
    @pytest.mark.parametrize(
        "text", ["1" * 9 + " " * 50_000 + "!", "a@" + "a." * 50_000 + "@", " \n" * 400 + "or" * 400]
    )
    def test_keep_nobody_waiting(self, text: str) -> None:
        with effort() as spent:
            assert not is_phone(text)
            assert not is_mail_address(text)
            assert day_of(text) is None
            yes_or_no(text)
            several(text[:1000])
        assert spent.seconds < 1


class TestPostcodes:
    @given(st.from_regex(r"\A[A-Z]{1,2}[0-9][A-Z0-9]? [0-9][A-Z]{2}\Z"))
    def test_every_way_of_writing_gives_the_one_on_letters(self, postcode: str) -> None:
        compact = postcode.replace(" ", "")
        for written in (postcode, compact, compact.lower(), f" {postcode.lower()}\n", postcode.replace(" ", "  ")):
            assert postcode_of(written) == postcode

    @pytest.mark.parametrize("other", ["", "CT9", "Medway", "CT9 1AB Margate", "1CT 9AB", "ＣＴ9 1AB"])
    def test_anything_else_is_none(self, other: str) -> None:
        assert postcode_of(other) is None


class TestMailAddresses:
    @pytest.mark.parametrize("address", ["a@b.example", " d'arcy+x@test.example "])
    def test_one_address_is_one(self, address: str) -> None:
        assert is_mail_address(address)

    @pytest.mark.parametrize("other", ["", "a@b", "a b@c.example", "a@b.example; c@d.example"])
    def test_anything_else_is_not(self, other: str) -> None:
        assert not is_mail_address(other)


class TestYesOrNo:
    @pytest.mark.parametrize(
        ("text", "answer"),
        [
            *(
                ("Yes", "yes"),
                ("y", "yes"),
                ("YES.", "yes"),
                ("☒", "yes"),
                ("Yes ☒ No ☐", "yes"),
                ("☒ Yes ☐ No", "yes"),
            ),
            *(("No", "no"), ("☐", "no"), ("Yes ☐ No ☒", "no"), ("☐ Yes\n☑ No", "no"), ("Oes ☐ Nac oes ☒", "no")),
            *(("Don’t know", "not-known"), ("Yes ☐ No ☐ Not known ☒", "not-known"), ("Yes: ☐ / No: ☒", "no")),
        ],
    )
    def test_clear_answers_are_understood(self, text: str, answer: str) -> None:
        assert yes_or_no(text) == answer

    @pytest.mark.parametrize(
        "text",
        ["", "Yes / No", "Yes ☒ No ☒", "Yes ☐ No ☐", "Yes but he was upset", "maybe", "☐ Yes ☒", "☒☐", "X", "Yes No ☒"],
    )
    def test_unclear_ones_are_left_to_a_person(self, text: str) -> None:
        assert yes_or_no(text) is None

    def test_ticked_boxes_pair_with_their_words(self) -> None:
        assert ticked("☒ Online ☐ Travel ☑ Harm") == ("Online", "Harm")
        assert ticked("Online ☐ Travel ☐") == ()
        assert ticked("Yes [x] No [ ]") == ("Yes",)
        assert ticked("[ ] Yes [X] No []  Not known") == ("No",)
        assert ticked("no boxes at all") is None
        assert ticked("☐ Yes ☒") is None
