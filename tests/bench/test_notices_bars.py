"""The drain of notices: that one came twice, or before one that was urgent, misses a bar."""

import sys
from typing import Any

import pytest

from bench import notices
from bench.notices import Drained, missed, none_wanted

GOOD = Drained(count=100, seconds=1.0, doubled=0, out_of_place=3, overtaken=0)
TWICE = Drained(count=100, seconds=1.0, doubled=1, out_of_place=3, overtaken=0)
OVERTAKEN = Drained(count=100, seconds=1.0, doubled=0, out_of_place=3, overtaken=1)


def ends(monkeypatch: pytest.MonkeyPatch, plain: Drained, beside: Drained) -> int:
    """Return how a run ends whose drains went like this."""
    drains = iter((plain, beside))

    async def measured(count: int) -> Any:
        return notices._results(next(drains), next(drains), count)

    monkeypatch.setattr(notices, "_measured", measured)
    monkeypatch.setattr(sys, "argv", ["notices", "--notices", "100"])
    return notices.main()


class TestRun:
    def test_ends_well_where_all_came_once_and_in_order(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert ends(monkeypatch, GOOD, GOOD) == 0

    @pytest.mark.parametrize("drains", [(TWICE, GOOD), (GOOD, TWICE), (OVERTAKEN, GOOD), (GOOD, OVERTAKEN)])
    def test_fails_where_one_came_twice_or_before_an_urgent_one_in_either_drain(
        self, monkeypatch: pytest.MonkeyPatch, drains: tuple[Drained, Drained]
    ) -> None:
        assert ends(monkeypatch, *drains) == 1


@pytest.mark.parametrize(("count", "is_missed"), [(0, False), (1, True), (999, True), (10_000, True)])
def test_of_what_is_not_to_happen_one_is_too_many(count: int, is_missed: bool) -> None:
    assert bool(missed([none_wanted("notices_doubled", count, "")])) is is_missed
