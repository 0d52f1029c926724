"""Two people beside each other: who must be suggested, who must not, whatever comes in, and what is said of it."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.triage.domain.people import Comparison, Identity, Verdict, compare, compare_all, keys_of, strongest
from services.triage.domain.people.comparing import levels_of, plainly_other, reading
from services.triage.domain.people.naming import naming

BORN = date(2009, 4, 17)


def someone(forenames: str, surname: str, born: date | None = BORN, **more: Any) -> Identity:
    known = Identity(names=(f"{forenames} {surname}",), forenames=forenames, surname=surname, born=born)
    return replace(known, **more)


SAME = [
    ("Mohammed", "Khan", "Muhammad", "Khan"),
    ("Mohammed", "Khan", "Mohd", "Kahn"),
    ("Mo", "Hussain", "Mohamed", "Hussein"),
    ("Maxamed", "Xasan", "Mohamed", "Hassan"),
    ("Cabdi", "Cali", "Abdi", "Ali"),
    ("Cumar", "Jaamac", "Omar", "Jama"),
    ("Faadumo", "Warsame", "Fatima", "Warsama"),
    ("Yousef", "Al-Masri", "Yusuf", "Masri"),
    ("Abdul Rahman", "Siddiqui", "Abdulrahman", "Siddiqi"),
    ("Abdel-Rahman", "Haddad", "Abdurrahman", "Hadad"),
    ("Salah", "ud-Din", "Salahuddin", ""),
    ("Rahmat Ullah", "Zadran", "Rahmatullah", "Zadran"),
    ("محمد", "علي", "Mohammed", "Ali"),
    ("أحمد", "حسن", "Ahmed", "Hassan"),
    ("خديجة", "عمر", "Khadija", "Omar"),
    ("Олександр", "Шевченко", "Oleksandr", "Shevchenko"),
    ("Юрій", "Коваленко", "Yuri", "Kovalenko"),
    ("Сергей", "Иванов", "Serhiy", "Ivanov"),
    ("Oleksandr", "Ivanenko", "Sasha", "Ivanenko"),
    ("মোহাম্মদ", "রহমান", "Mohammed", "Rahman"),
    ("Fatema", "Begum", "Fatima", "Begam"),
    ("Shofiqul", "Chowdhury", "Shafiqul", "Choudhry"),
    ("ਗੁਰਪ੍ਰੀਤ", "ਸਿੰਘ", "Gurpreet", "Singh"),
    ("Jaswinder", "Kaur", "Jasvinder", "Kor"),
    ("Łukasz", "Wiśniewski", "Lukasz", "Wisniewski"),
    ("Katarzyna", "Wójcik", "Kasia", "Wojcik"),
    ("Małgorzata", "Kowalska", "Gosia", "Kowalski"),
    ("Szczepan", "Brzozowski", "Stefan", "Bzozowski"),
    ("Ștefan", "Ționescu", "Stefan", "Tionescu"),
    ("Ionuț", "Pătrășcanu", "Ionut", "Patrascanu"),
    ("Tesfaye", "Gebremedhin", "Tesfay", "Ghebremedhin"),
    ("Oluwaseun", "Adeyemi", "Seun", "Adeyemi"),
    ("Chukwuemeka", "Okafor", "Emeka", "Okafor"),
    ("Kwabena", "Boateng", "Kobina", "Boatang"),
    ("William", "Smith", "Bill", "Smith"),
    ("Robert", "MacDonald", "Bob", "McDonald"),
    ("Liam", "O'Brien", "Liam", "OBrien"),
    ("Liam", "O’Connor", "Liam", "O Connor"),
    ("Margaret", "Thornwick", "Peggy", "Thornwick"),
    ("Sean", "Fitz Gerald", "Sean", "Fitzgerald"),
    ("Ahmed", "Mohammed", "Mohammed", "Ahmed"),
    ("Khan", "Mohammed", "Mohammed", "Khan"),
    ("Wei", "Zhang", "Zhang", "Wei"),
    ("Emily", "Brown", "Emily", "Ashford-Brown"),
    ("Emily", "Ashford", "Emily", "Thornwick"),
    ("Mohammed Ali", "Khan", "Ali", "Khan"),
    ("Ali Hassan", "Warsame", "Ali", "Hassan"),
    ("Mary Ann", "Sampleworth", "Maryann", "Sampleworth"),
    ("J", "Thornwick", "James", "Thornwick"),
    ("Jon", "Sampleworth", "Jonathan", "Sampleworh"),
    ("Thmoas", "Bradford", "Thomas", "Bradford"),
    ("Rornan", "Cranham", "Roman", "Cranham"),
    ("Christop", "Underwick", "Christopher", "Underwick"),
    ("Mr Daniel", "Pemfield", "Daniel", "Pemfield"),
]

DATES = [
    (date(2009, 4, 7), date(2009, 7, 4), "day and month are swapped"),
    (date(2009, 4, 17), date(2009, 4, 11), "one slip in the digits"),
    (date(2009, 4, 17), date(2009, 4, 71 % 30), "one slip in the digits"),
    (date(1987, 4, 17), date(1978, 4, 17), "one slip in the digits"),
    (date(1999, 4, 17), date(2000, 4, 17), "day and month agree, the year does not"),
    (date(2001, 1, 1), date(2001, 6, 23), "the year agrees, the day does not"),
]

HOME: dict[str, Any] = {"postcodes": ("ZZ4 7AB",), "addresses": ("12 Specimen Road",)}
AGED: dict[str, Any] = {"age": 17, "age_on": date(2026, 11, 2)}
OTHERS = [
    ("brothers", someone("Bilal", "Khan", **HOME), someone("Hamza", "Khan", date(2011, 9, 2), **HOME)),
    ("sisters", someone("Anna", "Nowak", **HOME), someone("Zofia", "Nowak", date(2006, 1, 30), **HOME)),
    ("father and son", someone("Ali", "Khan", date(1979, 2, 3), **HOME), someone("Ali", "Khan", **HOME)),
    ("mother and son", someone("Olena", "Koval", date(1981, 5, 5), **HOME), someone("Taras", "Koval", **HOME)),
    ("namesakes", someone("John", "Smith"), someone("John", "Smith", date(1990, 11, 25))),
    ("namesakes", someone("Mohammed", "Khan"), someone("Muhammad", "Khan", date(1990, 11, 25))),
    ("one birthday", someone("George", "Thornwick"), someone("Priya", "Menon")),
    ("one birthday", someone("Adam", "Okafor"), someone("Kofi", "Mensah")),
    ("one street", someone("Adam", "Okafor", **HOME), someone("Piotr", "Zielinski", date(1980, 1, 2), **HOME)),
    ("one school", someone("Noah", "Redley", schools=("Sampleford Academy",)),
     someone("Liam", "Kingsby", date(2009, 12, 1), schools=("Sampleford Academy",))),
    ("a name and another age", someone("Ali", "Ahmed", None, **AGED), someone("Ali", "Ahmed", date(1980, 2, 3))),
    ("nothing", Identity(), Identity()),
]  # fmt: skip


def words(found: Comparison, kind: str) -> str:
    return next(each.words for each in found.evidence if each.kind == kind)


def verdict(found: Comparison, kind: str) -> Verdict:
    return next(each.verdict for each in found.evidence if each.kind == kind)


class TestSuggested:
    @pytest.mark.parametrize(("forenames", "surname", "other_forenames", "other_surname"), SAME)
    def test_a_name_written_otherwise(
        self, forenames: str, surname: str, other_forenames: str, other_surname: str
    ) -> None:
        one = someone(forenames, surname, postcodes=("ZZ4 7AB",))
        other = someone(other_forenames, other_surname, postcodes=("zz47ab",))
        assert compare(one, other).suggested
        assert keys_of(one) & keys_of(other)

    @pytest.mark.parametrize(("ours", "theirs", "told"), DATES)
    def test_a_date_of_birth_that_slipped(self, ours: date, theirs: date, told: str) -> None:
        one, other = (someone("Ionut", "Cranham", born, postcodes=("ZZ4 7AB",)) for born in (ours, theirs))
        found = compare(one, other)
        assert found.suggested
        assert told in words(found, "date-of-birth")
        assert verdict(found, "date-of-birth") is Verdict.CLOSE

    @pytest.mark.parametrize(
        ("age", "told"),
        [(15, Verdict.CLOSE), (16, Verdict.CLOSE), (17, Verdict.AGREES), (18, Verdict.CLOSE), (19, Verdict.CLOSE)],
    )
    def test_an_age_alone_where_an_address_agrees(self, age: int, told: Verdict) -> None:
        known = someone("Bilal", "Khan", postcodes=("ZZ4 7AB",))
        aged = replace(known, born=None, age=age, age_on=date(2026, 11, 2))
        found = compare(known, aged)
        assert found.suggested
        assert verdict(found, "age") is told

    def test_an_alias(self) -> None:
        one = replace(someone("Adam", "Thornwick"), names=("Adam Thornwick", "Abdul Haq Siddiqui"))
        other = someone("Abdul Haq", "Sidiqi")
        assert compare(one, other).suggested

    def test_a_number_written_otherwise(self) -> None:
        one = someone("Bilal", "Khan", None, phones=("+44 (0)100 555 0123",))
        other = someone("Billal", "Khan", None, phones=("0100 5550123",))
        assert compare(one, other).suggested

    def test_brothers_whose_number_is_one_are_shown_with_what_differs(self) -> None:
        one = someone("Bilal", "Khan", phones=("0100 555 0123",), **HOME)
        other = someone("Hamza", "Khan", date(2011, 9, 2), phones=("0100 555 0123",), **HOME)
        found = compare(one, other)
        assert verdict(found, "forename") is Verdict.DIFFERS
        assert verdict(found, "date-of-birth") is Verdict.DIFFERS
        assert verdict(found, "phone") is Verdict.AGREES

    def test_a_name_written_quite_otherwise_where_date_school_and_mother_agree(self) -> None:
        around: dict[str, Any] = {"schools": ("Sampleford Academy",), "family": ("Samina Akhtar",)}
        one, other = someone("Qasim", "Sample", **around), someone("Kawser", "Thornwick", **around)
        assert keys_of(one) & keys_of(other)
        found = compare(one, other)
        assert found.suggested
        assert words(found, "family") == "Family: Akhtar, Samina named on both"

    def test_a_relative_whose_name_is_spelt_otherwise(self) -> None:
        one, other = (someone("Bilal", "Khan", family=(name,)) for name in ("Fatima Akhtar", "Fatema Akter"))
        assert verdict(compare(one, other), "family") is Verdict.AGREES


class TestNotSuggested:
    @pytest.mark.parametrize(("why", "one", "other"), OTHERS)
    def test_two_people(self, why: str, one: Identity, other: Identity) -> None:
        assert not compare(one, other).suggested, why

    def test_brothers_are_plainly_two_whatever_the_weights_say(self) -> None:
        one, other = reading(OTHERS[0][1]), reading(OTHERS[0][2])
        assert plainly_other(levels_of(one, other, naming(one.names, other.names)))


HALVES = {"surname", "forename"}  # of swapped names, each side calls the other half its surname
TEXT = st.text(max_size=12)
DAYS = st.none() | st.dates(date(1930, 1, 1), date(2026, 1, 1))
WORDS = st.lists(TEXT, max_size=2).map(tuple)
PEOPLE = st.builds(
    Identity,
    names=WORDS, forenames=TEXT, surname=TEXT, born=DAYS, age=st.none() | st.integers(0, 120), age_on=DAYS,
    postcodes=WORDS, phones=WORDS, emails=WORDS, schools=WORDS, family=WORDS, gender=TEXT, addresses=WORDS,
)  # fmt: skip


class TestWeighing:
    def test_another_further_forename_speaks_against(self) -> None:
        known = someone("Mohammed Faruk", "Hossain")
        same, none, other = (
            compare(known, someone(forenames, "Hossain")).order
            for forenames in ("Mohammed Faruk", "Mohammed", "Mohammed Iqbal")
        )
        assert same > none > other

    def test_an_age_that_is_right_says_more_than_one_a_year_off(self) -> None:
        known = someone("Rahim", "Thornwick")
        orders = [
            compare(known, replace(known, born=None, age=age, age_on=date(2026, 11, 2))).order
            for age in (17, 18, 19, 21, 30)
        ]
        assert orders == sorted(orders, reverse=True)


class TestAlways:
    @settings(max_examples=50, deadline=None)
    @given(PEOPLE, PEOPLE)
    def test_whatever_is_written_both_ways_say_the_same(self, one: Identity, other: Identity) -> None:
        there, back = compare(one, other), compare(other, one)
        assert there.suggested == back.suggested
        assert there.order == pytest.approx(back.order)
        assert sorted((each.verdict, each.kind) for each in there.evidence if each.kind not in HALVES) == sorted(
            (each.verdict, each.kind) for each in back.evidence if each.kind not in HALVES
        )
        assert len(keys_of(one)) <= 60

    @settings(max_examples=25, deadline=None)
    @given(st.sampled_from(SAME), st.dates(date(1930, 1, 1), date(2020, 12, 31)))
    def test_everybody_is_like_themselves(self, names: tuple[str, str, str, str], born: date) -> None:
        known = someone(names[0], names[1], born, postcodes=("ZZ4 7AB",))
        assert compare(known, known).suggested

    @settings(max_examples=25, deadline=None)
    @given(st.permutations(["Adam Thornwick", "Abdul Haq Siddiqui", "Abu Bakr"]))
    def test_the_order_of_the_forms_does_not_matter(self, names: list[str]) -> None:
        one, other = (replace(someone("Adam", "Thornwick"), names=tuple(these)) for these in (names, sorted(names)))
        third = someone("Abdul Haq", "Sidiqi")
        assert compare(one, third).order == compare(other, third).order
        assert keys_of(one) == keys_of(other)

    @pytest.mark.parametrize("forenames", ["Rahim", "Rahim Bilal"])
    def test_nobody_is_two_people(self, forenames: str) -> None:
        """A namesake of about the age is worth a look, but not beside somebody who plainly is the person."""
        known = someone("Rahim", "Thornwick", None, age=17, age_on=date(2026, 11, 2), phones=("0100 555 0123",))
        namesake = someone(forenames, "Thornwick", date(2008, 8, 1), postcodes=("ZZ9 1ZZ",))
        plainly = replace(known, postcodes=("ZZ4 7AB",), age=None, born=BORN)
        assert [each.suggested for each in compare_all(known, [namesake])] == [True]
        assert [each.suggested for each in compare_all(known, [plainly, namesake])] == [True, False]
        assert [each.suggested for each in compare_all(known, [namesake, plainly])] == [False, True]

    def test_a_twin_is_not_suggested_beside_the_person_although_the_two_share_a_home(self) -> None:
        home: dict[str, Any] = {**HOME, "phones": ("0100 555 0123",)}
        person, twin = someone("Bilal", "Khan", **home), someone("Hamza", "Khan", **home)
        again = someone("Billal", "Khan", phones=("0100 555 0123",), postcodes=("ZZ4 7AB",))
        assert compare(again, twin).suggested
        assert [each.suggested for each in compare_all(again, [person, twin])] == [True, False]

    def test_two_referrals_of_one_person_are_both_found(self) -> None:
        known = someone("Rahim", "Thornwick", None, age=17, age_on=date(2026, 11, 2), phones=("0100 555 0123",))
        plainly = replace(known, postcodes=("ZZ4 7AB",), age=None, born=BORN)
        weaker = replace(plainly, phones=(), names=("Raheem Thornwik",), forenames="Raheem", surname="Thornwik")
        assert [each.suggested for each in compare_all(known, [plainly, weaker])] == [True, True]

    def test_all_at_once_are_as_one_by_one(self) -> None:
        known = someone("Mohammed", "Khan")
        others = [someone("Muhammad", "Khan"), someone("Piotr", "Nowak", date(1980, 1, 2))]
        found = compare_all(known, others)
        assert [each.suggested for each in found] == [True, False]
        assert found[0] == compare(known, others[0])
        assert found[1].evidence == ()


class TestWords:
    def test_say_how_each_name_is_written(self) -> None:
        found = compare(someone("Mohammed", "Ashford"), someone("Muhammad", "Ashfrod"))
        assert words(found, "surname") == (
            "Surname written Ashford here and Ashfrod there: the same name in another spelling or form"
        )
        assert words(found, "forename").startswith("Forename written Mohammed here and Muhammad there: the same name")
        assert verdict(found, "forename") is Verdict.AGREES

    def test_say_how_further_forenames_lie(self) -> None:
        for forenames, told in (
            ("Aisha Fatema", "they agree"),
            ("Aisha F", "the initial is the same"),
            ("Aisha Noreen", "another name"),
        ):
            found = compare(someone("Aisha Fatima", "Thornwick"), someone(forenames, "Thornwick"))
            other = forenames.split()[1]
            assert words(found, "middle") == f"Further forename Fatima here and {other} there: {told}"

    def test_say_that_names_are_swapped(self) -> None:
        found = compare(someone("Wei", "Thornwick"), someone("Thornwick", "Wei"))
        assert words(found, "order") == "Forename and surname stand the other way round"
        assert words(found, "surname") == "Surname Thornwick on both"

    def test_say_plainly_what_differs(self) -> None:
        found = compare(OTHERS[0][1], OTHERS[0][2])
        assert words(found, "forename") == "Forename written Bilal here and Hamza there: another name"
        assert words(found, "date-of-birth") == (
            "Date of birth 17 April 2009 here and 2 September 2011 there: another date"
        )
        assert verdict(found, "date-of-birth") is Verdict.DIFFERS

    def test_say_what_nobody_told(self) -> None:
        found = compare(someone("Bilal", "Khan"), someone("Bilal", "Khan"))
        assert verdict(found, "phone") is Verdict.UNKNOWN
        assert words(found, "phone") == "Telephone: missing on at least one of the two"

    def test_warn_of_a_first_of_january(self) -> None:
        found = compare(someone("Selam", "Kidane", date(2005, 1, 1)), someone("Selam", "Kidane", date(2005, 1, 1)))
        assert "1 January often stands for a day that is not known" in words(found, "date-of-birth")

    def test_name_the_district_the_relatives_and_the_school(self) -> None:
        one = someone(
            "Bilal", "Khan", postcodes=("ZZ4 7AB",), family=("Samina Akhtar",), schools=("Sample High School",)
        )
        other = someone("Bilal", "Khan", postcodes=("ZZ4 9CD",), family=("Samina",), schools=("Sample High",))
        found = compare(one, other)
        assert words(found, "postcode") == "Postcode ZZ4 7AB here and ZZ4 9CD there: both in ZZ4"
        assert words(found, "family") == "Family: Samina named on both"
        assert verdict(found, "school") is Verdict.AGREES

    def test_never_show_a_number_for_how_like_people_are(self) -> None:
        found = compare(someone("Bilal", "Khan", None), someone("Hamza", "Khan", None))
        assert not any(sign.isdigit() for each in found.evidence for sign in each.words)

    def test_the_strongest_reasons_come_first(self) -> None:
        found = compare(someone("Bilal", "Khan", date(2009, 4, 7)), someone("Bilal", "Khan", date(2009, 7, 4)))
        assert [each.verdict for each in strongest(found.evidence)] == [Verdict.AGREES, Verdict.AGREES, Verdict.CLOSE]
