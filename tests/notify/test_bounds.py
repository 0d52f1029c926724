"""The bounds that documents give are those of the schedules: how often a message may repeat, how long it is tried."""

from datetime import timedelta
from pathlib import Path

import pytest

from services.notify.domain import LEASE, MOST_UNRECORDED, PACES, Way

DOCS = Path(__file__).parents[2] / "docs"


def longest(*, urgent: bool) -> timedelta:
    """Return for how long a notice with two ways is tried, whichever they are."""
    pairs = [(PACES[first, urgent], PACES[second, urgent]) for first in Way for second in Way if first != second]
    return max(first.next_way_after + second.give_up_after for first, second in pairs)


def in_words(length: timedelta) -> str:
    hours, minutes = divmod(int(length.total_seconds()) // 60, 60)
    return f"{hours} hours" + (f" and {minutes} minutes" if minutes else "")


@pytest.mark.parametrize("name", ["guarantees.md", "architecture.md"])
def test_repeats_are_counted_by_way(name: str) -> None:
    often = {1: "once", 2: "twice"}[MOST_UNRECORDED - 1]
    assert f"at most {often} by each way" in (DOCS / name).read_text("utf-8")


def test_the_lease_is_that_of_the_code() -> None:
    told = (DOCS / "architecture.md").read_text("utf-8")
    assert f"after its lease of {LEASE.total_seconds():.0f} seconds" in told


def test_a_notice_with_two_ways_is_tried_for_so_long() -> None:
    told = (DOCS / "guarantees.md").read_text("utf-8")
    [one] = {pace.give_up_after for pace in PACES.values()}
    assert f"given up {in_words(one)} after it began" in told
    most, in_danger = in_words(longest(urgent=False)), in_words(longest(urgent=True))
    assert f"tried for at most {most}, in immediate danger {in_danger}" in told
