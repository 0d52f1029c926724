"""Whose word counts on consent, on which day."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.channel.domain import Command
from services.channel.domain.ageing import eighteenth_birthday
from services.channel.domain.consenting import (
    Asked,
    Capacity,
    Decider,
    Decision,
    refused_because,
    to_be_asked,
    turned_18,
)
from tests.channel.builders import NOW

TODAY = NOW.date()
CHILD, ADULT = date(2009, 4, 27), date(2001, 2, 3)
BIRTHDAY = date(2027, 4, 27)
GIVEN, REFUSED, WITHDRAWN = Command.CONSENT_GIVEN, Command.CONSENT_REFUSED, Command.CONSENT_WITHDRAWN
days = st.dates(date(1930, 1, 1), date(2040, 12, 31))


def wrong(command: Command, by: Decider, born: date | None, **given_: object) -> list[str]:
    """Return the fields that a decision of today is refused for."""
    values = {"relationship": "mother", "best_interests": "The mental health trust.", **given_}
    said_ = Decision(command, TODAY, by, **values)  # type: ignore[arg-type]
    return [field for field, _ in refused_because(said_, born, TODAY)]


class TestWhoDecides:
    def test_a_child_alone_cannot_consent(self) -> None:
        said_ = Decision(GIVEN, TODAY, Decider.SELF, Capacity.HAS)
        ((field, sentence),) = refused_because(said_, CHILD, TODAY)
        assert (field, "consent of a parent or guardian (CTSA 2015 s.36)" in sentence) == ("by", True)
        assert wrong(Command.CONSENT_ASKED, Decider.SELF, CHILD) == ["by"]

    def test_a_parent_or_guardian_consents_for_a_child_and_says_how_they_are_related(self) -> None:
        for by in (Decider.PARENT, Decider.GUARDIAN):
            assert wrong(GIVEN, by, CHILD) == []
            assert wrong(GIVEN, by, CHILD, relationship=" ") == ["relationship"]

    @pytest.mark.parametrize("command", [REFUSED, WITHDRAWN])
    def test_a_child_who_does_not_want_support_is_heard(self, command: Command) -> None:
        assert wrong(command, Decider.SELF, CHILD) == []

    @pytest.mark.parametrize("command", [Command.CONSENT_ASKED, GIVEN, REFUSED, WITHDRAWN])
    def test_nobody_decides_for_an_adult_with_capacity(self, command: Command) -> None:
        for by in (Decider.PARENT, Decider.GUARDIAN):
            assert wrong(command, by, ADULT, capacity=Capacity.HAS) == ["by"]
        assert wrong(command, Decider.BEST_INTERESTS, ADULT, capacity=Capacity.HAS) == ["by"]
        assert wrong(command, Decider.SELF, ADULT, capacity=Capacity.HAS) == []

    def test_an_adult_without_capacity_is_decided_for_in_their_best_interests_in_words(self) -> None:
        assert wrong(GIVEN, Decider.SELF, ADULT) == ["capacity"]
        assert wrong(GIVEN, Decider.SELF, ADULT, capacity=Capacity.LACKS) == ["by"]
        assert wrong(GIVEN, Decider.BEST_INTERESTS, ADULT, capacity=Capacity.LACKS) == []
        assert wrong(GIVEN, Decider.BEST_INTERESTS, ADULT, capacity=Capacity.LACKS, best_interests="") == [
            "best_interests"
        ]
        assert wrong(GIVEN, Decider.BEST_INTERESTS, CHILD) == ["by"]

    def test_without_a_date_of_birth_the_age_is_asked_for(self) -> None:
        assert wrong(GIVEN, Decider.PARENT, None) == ["told_age"]
        assert wrong(GIVEN, Decider.PARENT, None, told_age=False) == []
        assert wrong(GIVEN, Decider.PARENT, None, told_age=True, capacity=Capacity.HAS) == ["by"]

    def test_what_has_not_happened_yet_is_not_recorded(self) -> None:
        tomorrow = Decision(GIVEN, TODAY + timedelta(days=1), Decider.PARENT, relationship="mother")
        assert [field for field, _ in refused_because(tomorrow, CHILD, TODAY)] == ["on"]

    def test_what_was_said_later_counts(self) -> None:
        yesterday = TODAY - timedelta(days=1)
        assert wrong(GIVEN, Decider.PARENT, CHILD, newest=TODAY) == []
        earlier = Decision(GIVEN, yesterday, Decider.PARENT, relationship="mother", newest=TODAY)
        assert [field for field, _ in refused_because(earlier, CHILD, TODAY)] == ["on"]

    def test_a_parents_word_of_before_the_birthday_is_not_recorded_after_it(self) -> None:
        said_ = Decision(GIVEN, BIRTHDAY - timedelta(days=1), Decider.PARENT, relationship="mother")
        assert refused_because(said_, CHILD, BIRTHDAY - timedelta(days=1)) == ()
        ((_, sentence),) = refused_because(said_, CHILD, BIRTHDAY)
        assert sentence.startswith("The person has turned 18 since")


class TestAges:
    @given(days, days)
    def test_exactly_one_side_decides_on_every_day(self, born: date, on: date) -> None:
        own = Decision(GIVEN, on, Decider.SELF, Capacity.HAS)
        parent = Decision(GIVEN, on, Decider.PARENT, relationship="mother")
        assert bool(refused_because(own, born, on)) != bool(refused_because(parent, born, on))
        assert (to_be_asked(born, on) is Asked.PERSON) == (not refused_because(own, born, on))

    @given(days)
    def test_the_day_of_the_birthday_is_the_first_on_which_the_person_decides(self, born: date) -> None:
        birthday = eighteenth_birthday(born)
        assert to_be_asked(born, birthday) is Asked.PERSON
        assert to_be_asked(born, birthday - timedelta(days=1)) is Asked.PARENT
        assert (turned_18(born, birthday), turned_18(born, birthday - timedelta(days=1))) == (birthday, None)

    def test_somebody_born_on_29_february_decides_from_1_march(self) -> None:
        born = date(2008, 2, 29)
        assert to_be_asked(born, date(2026, 2, 28)) is Asked.PARENT
        assert to_be_asked(born, date(2026, 3, 1)) is Asked.PERSON
        assert to_be_asked(None, TODAY) is Asked.UNKNOWN
