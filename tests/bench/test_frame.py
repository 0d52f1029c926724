"""The frame of the benchmarks: medians by turns, ratios and percentiles."""

import pytest

from bench.frame import Settings, alternate, percentile, rate_result, rounded


class TestAlternate:
    def test_takes_turns_and_lets_another_begin_each_round(self) -> None:
        order: list[str] = []
        given = iter((3.0, 1.0, 2.0))

        def ours() -> float:
            order.append("ours")
            return next(given)

        def peer() -> float:
            order.append("peer")
            return 10.0

        assert alternate(3, ours, {"peer": peer}) == {"ours": 2.0, "peer": 10.0}
        assert order == ["ours", "peer", "peer", "ours", "ours", "peer"]


class TestFigures:
    def test_a_ratio_above_one_is_better_for_us(self) -> None:
        result = rate_result("x", {"ours": 150.0, "postfix": 100.0}, "postfix", "mails/s", 0.4)
        assert (result.ours, result.peer, result.ratio, result.bar) == (150.0, 100.0, 1.5, 0.4)

    @pytest.mark.parametrize(("value", "told"), [(0.123456, 0.123), (98.76, 98.8), (1234.5, 1234.0), (0.0, 0.0)])
    def test_figures_have_three_digits(self, value: float, told: float) -> None:
        assert rounded(value) == told

    def test_a_percentile_is_a_value_that_was_seen(self) -> None:
        assert [percentile(range(1, 101), share) for share in (0.5, 0.95, 0.99, 1.0)] == [50, 95, 99, 100]
        assert percentile([7.0], 0.99) == 7.0

    def test_a_scale_never_leaves_nothing_to_do(self) -> None:
        assert Settings(scale=0.001).count(100, 3) == 3
        assert Settings(scale=0.5).count(100) == 50
