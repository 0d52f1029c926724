"""An area with a few referrals releases month by month: no month is refused, and none gives another one away."""

from collections import Counter
from collections.abc import Iterator, Sequence
from random import Random

import pytest

from services.stats.domain.auditing import Published
from services.stats.domain.disclosure import protect
from services.stats.domain.people import Event
from services.stats.domain.rules import Rules
from tests.stats.people_made import YEAR, Referral, count, judged, people_of, released

MONTHS = YEAR[:7]
A_MONTH = 12


def steps(lot: Random, first: int) -> Iterator[Event]:
    """Give what one referral counts in, from the month (its place) in which it is received."""
    yield "received", MONTHS[first], ""
    month = min(len(MONTHS) - 1, first + lot.choice((0, 0, 1)))
    outcome = lot.choices(("closed", "signposted", "section-36-referral", "withdrawn"), (5, 2, 3, 0.2))[0]
    yield "decided", MONTHS[month], outcome
    if outcome == "section-36-referral":
        for measure in ("discussed", "adopted", "consented", "left")[: lot.randint(1, 4)]:
            month = min(len(MONTHS) - 1, month + lot.choice((0, 1)))
            yield measure, MONTHS[month], "concerns-reduced" if measure == "left" else ""


def area(seed: int) -> list[Referral]:
    """Return every synthetic referral of some months."""
    lot = Random(seed)
    sectors = [lot.choices(("education", "police", "health"), (6, 4, 1))[0] for _ in MONTHS for _ in range(A_MONTH)]
    return [Referral(sector, tuple(steps(lot, number // A_MONTH))) for number, sector in enumerate(sectors)]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_month_is_released_and_all_of_them_together_are_safe(seed: int) -> None:
    found = area(seed)
    earlier: list[Published] = []
    for number in range(1, len(MONTHS) + 1):
        as_of = {month: place for place, month in enumerate(MONTHS[:number], 1)}
        known = [Referral(each.sector, tuple(event for event in each.events if event[1] in as_of)) for each in found]
        people = people_of(known, as_of)
        release, made = released(people, as_of, earlier)
        earlier.append(release)
        assert judged(people, earlier, made).is_clean
    assert count(made, "received/2026", "all", "2026-Q2") == 3 * A_MONTH


def test_what_an_earlier_release_withheld_stays_hidden() -> None:
    april, may = MONTHS[:2]
    few = [Referral("education", (("received", april, ""), ("discussed", april, ""))) for _ in range(9)]
    later = [Referral("police", (("received", may, ""), ("discussed", may, ""))) for _ in range(9)]
    first = Published((), {april: 1}, ("North",))
    as_of = {april: 1, may: 2}
    _, made = released(people_of([*few, *later], as_of), as_of, [first])
    assert count(made, "discussed/2026", "all", april) is None
    assert count(made, "discussed/2026", "all", may) == 9


@pytest.mark.parametrize("seed", [2, 6])
def test_districts_that_begin_and_end_with_a_year_refuse_nothing_and_tell_nothing(seed: int) -> None:
    lot, months = Random(seed), ("2026-01", "2026-02", "2026-03", *YEAR[:3])
    old, new = ("North", "West"), ("South", "West")
    found = [
        (lot.choice(old), [(measure, months[min(len(months) - 1, first + at)], part) for measure, at, part in story])
        for first in range(len(months))
        for _ in range(9)
        for story in [lot.choices(STORIES, (5, 2, 1))[0]]
    ]
    earlier: list[Published] = []
    for number, month in enumerate(months, 1):
        is_new = number > len(months) // 2
        people = Counter(tuple(versions(months[:number], district, story)) for district, story in found)
        people.pop((), None)
        as_of = {each: at for at, each in enumerate(months[:number], 1) if (each > "2026-03") == is_new}
        made = protect(tuple(sorted(people.items())), as_of, Rules(3, districts=new if is_new else old), earlier)
        earlier.append(Published(made.tables, as_of, new if is_new else old))
        assert judged(tuple(sorted(people.items())), earlier, made).is_clean, month


STORIES = (
    (("received", 0, ""), ("decided", 0, "closed")),
    (("received", 0, ""), ("decided", 1, "section-36-referral"), ("discussed", 1, ""), ("adopted", 2, "")),
    (("received", 0, ""), ("decided", 1, "section-36-referral"), ("discussed", 2, ""), ("not-adopted", 2, "")),
)
"""What becomes of a referral: measures, months after it was received, parts."""


def versions(
    months: Sequence[str], district: str, story: Sequence[Event]
) -> Iterator[tuple[int, tuple[str, ...], tuple[Event, ...]]]:
    """Give what each release says of a referral; North is called South from the second half on."""
    for number, month in enumerate(months, 1):
        events = tuple(sorted(event for event in story if event[1] == month))
        if events:
            name = "South" if number > 3 and district == "North" else district
            yield number, ("education", "islamist", "11-15", "male", "white", name), events
