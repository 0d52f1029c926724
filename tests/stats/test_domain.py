"""Which months are closed, what is counted, and who may."""

from datetime import date

import pytest

from contracts.vocabulary import Outcome
from services.channel.domain import TABLE as CHANNEL
from services.channel.domain import ClosingOutcome
from services.stats import domain
from services.stats.domain import MonthMalformed, closes_on, is_closed, month_of, months_to_release
from services.stats.domain.measures import ATTRIBUTES, DECIDED, LEFT, MEASURES, categories, unknown_category
from services.stats.domain.periods import Period
from services.triage.domain import TABLE


class TestMonths:
    def test_a_month_closes_when_its_settling_days_are_over(self) -> None:
        assert closes_on("2026-11") == date(2026, 12, 4)
        assert not is_closed("2026-11", date(2026, 12, 3))
        assert is_closed("2026-11", date(2026, 12, 4))
        assert is_closed("2026-12", date(2027, 1, 4))

    def test_each_month_is_released_once(self) -> None:
        assert months_to_release("2026-10", (), date(2026, 12, 5)) == (
            "2026-10",
            "2026-11",
        )
        assert months_to_release("2026-10", ("2026-10",), date(2026, 12, 5)) == ("2026-11",)
        assert months_to_release(None, (), date(2026, 12, 5)) == ()

    @pytest.mark.parametrize("period", ["2026", "2026-Q1", "2026-Q4", "2026-04", "2027-03"])
    def test_a_period_lies_in_one_financial_year(self, period: str) -> None:
        assert Period(period).year == "2026"

    @pytest.mark.parametrize("text", ["2026-13", "2026-1", "2026-11-03", "November", "", "2026W01"])
    def test_a_month_that_could_hold_a_day_is_refused(self, text: str) -> None:
        with pytest.raises(MonthMalformed):
            month_of(text)

    def test_a_month_is_taken_as_it_is(self) -> None:
        assert month_of("2026-11") == "2026-11"


class TestMeasures:
    def test_every_outcome_that_the_police_can_bring_about_is_decided_or_open_again(self) -> None:
        reached = {str(row.outcome) for row in TABLE if row.outcome}
        assert reached - set(map(str, DECIDED)) <= {str(Outcome.RECEIVED), str(Outcome.REVIEWED)}

    def test_every_way_to_leave_channel_has_a_category(self) -> None:
        assert {str(how) for how in ClosingOutcome} | {"otherwise"} == set(LEFT)

    def test_what_channel_counts_is_measured_or_a_step_between(self) -> None:
        reached = {str(row.outcome) for row in CHANNEL if row.outcome}
        measured = {str(outcome) for each in MEASURES.values() for outcome in each.outcomes}
        asked = (Outcome.PACK_ACCEPTED, Outcome.PACK_RETURNED, Outcome.TRANSFERRED, Outcome.SECTION_36_REFERRAL)
        assert reached - measured <= {*map(str, asked), str(Outcome.REOPENED), str(Outcome.REVIEWED)}

    def test_every_attribute_has_a_category_that_takes_the_rest(self) -> None:
        for attribute in (*ATTRIBUTES, "closing"):
            assert unknown_category(attribute) in categories(attribute, ("Thanet",)), attribute

    def test_every_permission_has_a_role(self) -> None:
        assert all(domain.PERMISSIONS.values())
