"""What a person is found by: an identity from a form, its keys, and what may be typed into a search box."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from contracts.vocabulary import Considerations, EmploymentEducation
from samples.people import NINE_YEARS_OLD
from samples.people_made import TODAY, Generator
from services.triage.domain.people import Identity, answers_to, identity_of, keys_of, nearly_keys, search_keys
from services.triage.domain.people.identity import named
from services.triage.domain.people.letters import fold, parts
from services.triage.domain.people.sounds import rough, sound

KNOWN = Identity(
    names=("Mohammed Thornwick",),
    forenames="Mohammed",
    surname="Thornwick",
    born=date(2009, 4, 7),
    postcodes=("ZZ4 7AB",),
    phones=("0100 555 0123",),
    emails=("sample@example.invalid",),
)


class TestIdentity:
    def test_is_what_the_form_says(self) -> None:
        person = NINE_YEARS_OLD.person
        form = NINE_YEARS_OLD.model_copy(
            update={
                "person": person.model_copy(update={"aliases": ("Pipkin",), "phones": ("0100 555 0123",)}),
                "employment": EmploymentEducation(education="Sample Primary School"),
                "considerations": Considerations(parent_or_carer="Mother Jo Sampleworth, 0100 555 0199."),
            }
        )
        found = identity_of(form, date(2026, 11, 2))
        assert found.names == ("Pip Sampleworth", "Pipkin")
        assert (found.forenames, found.surname, found.born) == ("Pip", "Sampleworth", date(2017, 5, 14))
        assert (found.age, found.age_on) == (None, None)
        assert found.postcodes == ("ZZ1 1AA",)
        assert found.schools == ("Sample Primary School",)
        assert found.family == ("0100 555 0199", "Jo Sampleworth")
        assert found.gender == "male"

    def test_an_age_holds_on_the_day_it_was_said(self) -> None:
        person = NINE_YEARS_OLD.person.model_copy(update={"date_of_birth": None, "approximate_age": 9})
        found = identity_of(NINE_YEARS_OLD.model_copy(update={"person": person}), date(2026, 11, 2))
        assert (found.born, found.age, found.age_on) == (None, 9, date(2026, 11, 2))

    @pytest.mark.parametrize(
        ("words", "names"),
        [
            ("Lives with his mother Samina Khan and brother Bilal.", ["Samina Khan", "Bilal"]),
            ("Father: Piotr Łukasz Nowak", ["Piotr Łukasz Nowak"]),
            ("Mother and an older sister.", []),
            ("", []),
        ],
    )
    def test_relatives_are_names_in_the_words(self, words: str, names: list[str]) -> None:
        assert list(named(words)) == names


class TestLetters:
    @pytest.mark.parametrize(
        ("name", "found"),
        [
            ("Dr Małgorzata Wójcik", ("malgorzata", "wojcik")),
            ("Abdul Rahman al-Hassan", ("abdulrahman", "hassan")),
            ("Seán Ó Briain", ("sean", "obriain")),
            ("Mc Donald", ("macdonald",)),
            ("Salah ud-Din", ("salahdin",)),
            ("Le", ("le",)),
            ("Олександр", ("oleksandr",)),
            ("😀 12 --", ()),
            ("", ()),
        ],
    )
    def test_are_the_parts_of_a_name(self, name: str, found: tuple[str, ...]) -> None:
        assert parts(name) == found

    def test_are_of_a_bounded_text(self) -> None:
        assert len(fold("a" * 20_000)) == 300

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("mohammed", "muhamad"),
            ("yusuf", "iusuf"),
            ("kowalski", "kowalska"),
            ("schmidt", "shmit"),
            ("phillip", "filip"),
        ],
    )
    def test_sound_alike(self, one: str, other: str) -> None:
        assert sound(one) == sound(other)
        assert rough(one) == rough(other)


class TestKeys:
    def test_are_bounded_however_much_is_known(self) -> None:
        many = tuple(f"Sample{number}a Thorn{number}b Wick{number}c" for number in range(10))
        assert len(keys_of(replace(KNOWN, names=many, phones=tuple(f"0100 555 {n:04}" for n in range(99))))) == 80

    def test_of_nobody_are_none(self) -> None:
        assert keys_of(Identity()) == frozenset()

    @pytest.mark.parametrize(
        "again",
        [
            Identity(names=("Thornwick Muhammad",), forenames="Thornwick", surname="Muhammad"),
            Identity(names=("X Y",), forenames="X", surname="Y", born=date(2009, 7, 4)),
            Identity(names=("Mo Tornwik",), forenames="Mo", surname="Tornwik", age=17, age_on=date(2026, 11, 2)),
            Identity(phones=("+44 100 5550123",)),
            Identity(postcodes=("zz47ab",)),
            Identity(emails=("SAMPLE@example.invalid",)),
        ],
    )
    def test_meet_where_one_thing_is_known_otherwise(self, again: Identity) -> None:
        assert keys_of(KNOWN) & keys_of(again)

    @pytest.mark.parametrize(
        "typed",
        [
            "Muhammad Thornwick",
            "thornwick mo",
            "Thornwik",
            "0100 5550123",
            "+441005550123",
            "zz4 7ab",
            "Thornwick, Mohd",
            "Thornwick 2009",
        ],
    )
    def test_are_found_by_what_is_typed(self, typed: str) -> None:
        assert search_keys(typed) & keys_of(KNOWN)

    @pytest.mark.parametrize("more", [{"born": date(2011, 3, 4)}, {"age": 15, "age_on": date(2026, 11, 2)}])
    def test_meet_by_school_and_relatives_where_the_name_is_quite_another(self, more: dict[str, Any]) -> None:
        around: dict[str, Any] = {"schools": ("Sampleford Academy",), "family": ("Samina Akhtar",), **more}
        known = Identity(names=("Qasim Sample",), forenames="Qasim", surname="Sample", **around)
        around["schools"] = ("The Sampleford Academy School",)
        again = Identity(names=("Kevin Thornwick",), forenames="Kevin", surname="Thornwick", **around)
        shared = {key.partition(":")[0] for key in keys_of(known) & keys_of(again)}
        assert {"sf", "fy"} <= shared
        moved = replace(again, schools=())
        assert "fy:" in {key[:3] for key in keys_of(known) & keys_of(moved)}

    def test_meet_by_the_number_of_a_relative(self) -> None:
        one = Identity(names=("Qasim Sample",), family=("Samina", "0100 555 0144"))
        other = Identity(names=("Kevin Thornwick",), family=("+44 100 5550144",))
        assert keys_of(one) & keys_of(other)

    @pytest.mark.parametrize("typed", ["", "   ", "--", "12", "😀", "\x00"])
    def test_nothing_is_searched_by_nothing(self, typed: str) -> None:
        assert search_keys(typed) == frozenset()


class TestAnswering:
    """Keys are coarse: whoever they find is shown only where a name resembles what was typed."""

    @pytest.mark.parametrize(
        ("name", "typed"),
        [
            ("Mohammed Ali Khan", "Ali"),
            ("Mohammed Ali Khan", "khan mo"),
            ("Mohammed Ali Khan", "Mohammed Hassan Kahn"),
            ("Anna Smith-Jones", "Smith"),
            ("Anna Smith-Jones", "jones"),
            ("Anna Smith-Jones", "Smyth 1999"),
            ("Nasima Begum", "Begam"),
            ("Олександр Коваленко", "Kovalenko"),
        ],
    )
    def test_a_part_in_any_spelling_does(self, name: str, typed: str) -> None:
        person = Identity(names=("Somebody Else", name), born=date(1999, 4, 2))
        assert search_keys(typed) & keys_of(person)
        assert answers_to(person, typed)

    @pytest.mark.parametrize(
        ("name", "typed"),
        [
            ("Sample Testperson", "testpersom"),
            ("Sample Testperson", "Sample Tesperson"),
            ("Sample Testperson", "sanple testperson"),
            ("Anna Kowalska", "Kowalskra"),
            ("Anna Kowalska", "Anna Kowalka"),
            ("Owen Thornwick", "Thornwick, Omen"),
            ("Sample Testperson", "testpersom 1999"),
        ],
    )
    def test_a_letter_that_is_heard_otherwise_is_found_at_the_second_look(self, name: str, typed: str) -> None:
        person = Identity(names=(name,), born=date(1999, 4, 2))
        assert not search_keys(typed) & keys_of(person)
        assert nearly_keys(typed) & keys_of(person)
        assert answers_to(person, typed)

    def test_the_second_look_asks_for_few_keys(self) -> None:
        longest = "Mohammed Elizabeth Alexander Katherine Yusuf Ibrahim Hussein Ahmed " * 3
        assert 100 < len(nearly_keys(longest)) < 1500
        assert nearly_keys("12") == nearly_keys("") == frozenset()

    @pytest.mark.parametrize(
        ("name", "typed"), [("Qasim Hussain", "xyzzy"), ("Anna Smith", "Anna Thornwick"), ("A B", ""), ("", "Anna")]
    )
    def test_what_resembles_nothing_does_not(self, name: str, typed: str) -> None:
        assert not answers_to(Identity(names=(name,)), typed)

    def test_the_better_comes_first(self) -> None:
        exact, near = Identity(names=("Anna Ashford",)), Identity(names=("Anne Ashfrod",))
        assert answers_to(exact, "Anna Ashford") > answers_to(near, "Anna Ashford") > 0


class TestGenerator:
    def test_makes_the_same_people_by_the_same_seed(self) -> None:
        assert Generator(7).people(50) == Generator(7).people(50)
        assert Generator(7).people(50) != Generator(8).people(50)

    def test_makes_nobody_who_can_be_reached(self) -> None:
        generator = Generator(7)
        people = generator.people(200)
        for made in (*people, *map(generator.again, people), *generator.strangers(people, 100)):
            form = made.form()
            assert form.concerns.narrative.startswith("SYNTHETIC: not a real person")
            assert made.postcode.startswith("ZZ") or not made.postcode
            assert made.phone.startswith(("0100", "+44 100")) or not made.phone
            assert made.email.endswith("@example.invalid") or not made.email
            assert identity_of(form, TODAY).forenames

    def test_makes_the_same_person_again_under_another_spelling(self) -> None:
        generator = Generator(7)
        people = generator.people(200)
        again = [generator.again(person) for person in people]
        assert [made.who for made in again] == [made.who for made in people]
        changed = sum(
            (one.forenames, one.surname) != (two.forenames, two.surname) for one, two in zip(people, again, strict=True)
        )
        assert changed > 100
