"""Other lists of people are as possible as the true one: steps keep their order, and nothing comes of nothing."""

from services.stats.domain.people import Person
from services.stats.domain.stories import faults, from_before, told_otherwise

ABOUT = ("education", "islamist", "11-15", "male", "white", "North")
APRIL, MAY, JUNE = "2026-04", "2026-05", "2026-06"


def person(*events: tuple[str, str, str]) -> Person:
    """Return a referral of one release."""
    return ((1, ABOUT, tuple(sorted(events))),)


class TestToldOtherwise:
    def test_what_comes_after_moves_along(self) -> None:
        before = person(("received", APRIL, ""), ("discussed", MAY, ""), ("adopted", MAY, ""))
        made = told_otherwise(before, (1, ("discussed", MAY, "")), (1, ("discussed", JUNE, "")), ABOUT)
        assert made == person(("received", APRIL, ""), ("discussed", JUNE, ""), ("adopted", JUNE, ""))

    def test_what_needs_a_step_goes_with_it(self) -> None:
        before = person(("received", APRIL, ""), ("discussed", MAY, ""), ("adopted", MAY, ""), ("left", JUNE, ""))
        made = told_otherwise(before, (1, ("discussed", MAY, "")), None, ABOUT, lets_go=True)
        assert made == person(("received", APRIL, ""))
        assert told_otherwise(before, (1, ("discussed", MAY, "")), None, ABOUT) is None

    def test_no_panel_follows_a_withdrawal(self) -> None:
        before = person(
            ("received", APRIL, ""), ("decided", APRIL, "section-36-referral"), ("discussed", MAY, ""),
            ("reviews", JUNE, "late"),
        )  # fmt: skip
        decided = before[0][2][0]
        made = told_otherwise(before, (1, decided), (1, ("decided", APRIL, "withdrawn")), ABOUT, lets_go=True)
        assert made == person(("received", APRIL, ""), ("decided", APRIL, "withdrawn"), ("reviews", JUNE, "late"))

    def test_what_is_needed_comes_into_being_and_a_new_referral_is_received(self) -> None:
        made = told_otherwise((), None, (1, ("adopted", MAY, "")), ABOUT)
        assert made == person(("received", MAY, ""), ("discussed", MAY, ""), ("adopted", MAY, ""))

    def test_nobody_is_adopted_whom_the_gateway_closed(self) -> None:
        closed = person(("received", APRIL, ""), ("decided", APRIL, "closed"))
        assert told_otherwise(closed, None, (1, ("adopted", MAY, "")), ABOUT) is None

    def test_nothing_counts_twice(self) -> None:
        before = person(("received", APRIL, ""), ("reviews", MAY, "late"))
        assert told_otherwise(before, None, (1, ("received", MAY, "")), ABOUT) is None
        assert told_otherwise(before, None, (1, ("reviews", MAY, "in-time")), ABOUT) is None
        assert told_otherwise(before, None, (1, ("reviews", JUNE, "in-time")), ABOUT) is not None

    def test_what_is_odd_in_the_true_list_may_stay_so(self) -> None:
        odd = person(("adopted", MAY, ""))
        assert faults(odd)
        assert told_otherwise(odd, (1, ("adopted", MAY, "")), (1, ("adopted", JUNE, "")), ABOUT) is not None


class TestFromBefore:
    def test_what_came_first_may_have_been_before_anything_was_released(self) -> None:
        made = from_before((1, ("adopted", MAY, "")), ABOUT, APRIL)
        assert made == person(("adopted", MAY, ""))
        assert from_before((1, ("received", MAY, "")), ABOUT, APRIL) is None

    def test_not_longer_than_a_year_after_the_first_release(self) -> None:
        assert from_before((1, ("adopted", "2027-03", "")), ABOUT, APRIL)
        assert from_before((1, ("adopted", "2027-04", "")), ABOUT, APRIL) is None
