"""Business time follows the offset file, and working days skip weekends and bank holidays."""

import json
import os
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis import clock
from chassis.clock import BusinessClock
from chassis.working_days import listed_holidays, reckoned_holidays

DATES = st.dates(date(2013, 1, 1), date(2060, 1, 1))
SMALL = st.integers(0, 60)


@dataclass(frozen=True)
class Settings:
    """What the clock needs to know, and no more."""

    clock_file: Path | None
    service: str = "triage"


def seconds_ahead(business: BusinessClock) -> float:
    """Return how far a clock is ahead of the machine, in whole seconds."""
    return round((business.now() - datetime.now(UTC)).total_seconds())


class TestBusinessClock:
    def test_is_machine_time_without_a_file(self) -> None:
        assert seconds_ahead(BusinessClock()) == 0

    def test_is_machine_time_while_the_file_does_not_exist(self, tmp_path: Path) -> None:
        assert seconds_ahead(BusinessClock(tmp_path / "clock.json")) == 0

    def test_adds_the_shared_offset_and_that_of_its_own_service(self, tmp_path: Path) -> None:
        file = tmp_path / "clock.json"
        file.write_text(json.dumps({"offset_seconds": 100, "services": {"triage": 5, "stats": 7}}))
        assert seconds_ahead(BusinessClock(file, "triage")) == 105
        assert seconds_ahead(BusinessClock(file, "intake")) == 100

    def test_follows_a_shift_made_while_it_runs(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(clock, "LOOK_EVERY_SECONDS", 0)
        file = tmp_path / "clock.json"
        business = BusinessClock(file, "triage")
        assert seconds_ahead(business) == 0
        clock.shift(file, timedelta(days=3))
        assert seconds_ahead(business) == 3 * 86_400
        clock.shift(file, timedelta(hours=-1), "triage")
        assert seconds_ahead(business) == 3 * 86_400 - 3600
        assert seconds_ahead(BusinessClock(file, "stats")) == 3 * 86_400

    def test_looks_at_the_file_at_most_once_in_a_fifth_of_a_second(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        looks = 0
        real = Path.stat

        def counted(self: Path, *, follow_symlinks: bool = True) -> os.stat_result:
            nonlocal looks
            looks += self.name == "clock.json"
            return real(self, follow_symlinks=follow_symlinks)

        file = tmp_path / "clock.json"
        file.write_text('{"offset_seconds": 60}')
        monkeypatch.setattr(Path, "stat", counted)
        business = BusinessClock(file)
        for _ in range(1000):
            business.now()
        assert looks <= 2

    def test_reads_an_unchanged_file_only_once(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(clock, "LOOK_EVERY_SECONDS", 0)
        reads: list[str] = []
        real = Path.read_text

        def counted(self: Path, encoding: str | None = None) -> str:
            reads.append(self.name)
            return real(self, encoding)

        monkeypatch.setattr(Path, "read_text", counted)
        file = tmp_path / "clock.json"
        file.write_text('{"offset_seconds": 60}')
        business = BusinessClock(file)
        assert [seconds_ahead(business) for _ in range(5)] == [60] * 5
        assert reads == ["clock.json"]

    @pytest.mark.parametrize("damage", ["", "{", "[]", '{"offset_seconds": "soon"}', '{"services": 3}'])
    def test_keeps_the_last_offset_when_the_file_is_damaged(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: str
    ) -> None:
        monkeypatch.setattr(clock, "LOOK_EVERY_SECONDS", 0)
        file = tmp_path / "clock.json"
        clock.shift(file, timedelta(seconds=50))
        business = BusinessClock(file)
        assert seconds_ahead(business) == 50
        file.write_text(damage)
        assert seconds_ahead(business) == 50
        with pytest.raises(ValueError, match="damaged"):
            clock.shift(file, timedelta(seconds=1))

    def test_configure_moves_the_time_of_the_process(self, tmp_path: Path) -> None:
        file = tmp_path / "clock.json"
        clock.shift(file, timedelta(days=400))
        try:
            clock.configure(Settings(file))
            assert clock.offset() == timedelta(days=400)
            assert abs(clock.today() - datetime.now(UTC).date()) >= timedelta(days=399)
        finally:
            clock.configure(Settings(None))

    def test_now_is_aware_and_in_utc(self) -> None:
        assert clock.now().tzinfo is UTC


class TestParseShift:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("+6months", datetime(2027, 2, 28, 9, tzinfo=UTC)),
            ("+1 year", datetime(2027, 8, 31, 9, tzinfo=UTC)),
            ("-2days", datetime(2026, 8, 29, 9, tzinfo=UTC)),
            ("+3 Hours", datetime(2026, 8, 31, 12, tzinfo=UTC)),
            ("-8months", datetime(2025, 12, 31, 9, tzinfo=UTC)),
        ],
    )
    def test_reads_months_by_the_calendar(self, text: str, expected: datetime) -> None:
        start = datetime(2026, 8, 31, 9, tzinfo=UTC)
        assert start + clock.parse_shift(text, start) == expected

    @pytest.mark.parametrize("text", ["", "6months", "+months", "+1 fortnight", "+999999years", "+١days"])
    def test_explains_what_it_cannot_read(self, text: str) -> None:
        with pytest.raises(ValueError, match=r"for example|smaller shift"):
            clock.parse_shift(text, datetime(2026, 1, 1, tzinfo=UTC))


class TestWorkingDays:
    @pytest.mark.parametrize(
        "day",
        [
            "2026-12-25",
            "2026-12-28",
            "2026-04-03",
            "2026-04-06",
            "2023-05-08",
            "2022-09-19",
            "2026-11-21",
            "2029-12-25",
        ],
    )
    def test_leaves_out_weekends_and_bank_holidays(self, day: str) -> None:
        assert not clock.is_working_day(date.fromisoformat(day))

    def test_counts_across_christmas(self) -> None:
        assert clock.add_working_days(date(2026, 12, 24), 1) == date(2026, 12, 29)
        assert clock.add_working_days(date(2026, 12, 24), 4) == date(2027, 1, 4)

    def test_the_reckoned_days_are_the_published_ones_in_every_ordinary_year(self) -> None:
        proclaimed = {2012, 2020, 2022, 2023}  # a jubilee, a moved May Day, a jubilee and a funeral, a coronation
        years = set(listed_holidays()) - proclaimed
        assert len(years) >= 12
        listed = listed_holidays()
        assert {year: reckoned_holidays(year) for year in years} == {year: frozenset(listed[year]) for year in years}

    @given(DATES, SMALL)
    def test_adding_then_counting_gives_the_same_number(self, start: date, days: int) -> None:
        assert clock.working_days_between(start, clock.add_working_days(start, days)) == days

    @given(DATES, SMALL.filter(bool))
    def test_a_deadline_is_a_working_day_and_no_sooner_than_calendar_days(self, start: date, days: int) -> None:
        due = clock.add_working_days(start, days)
        assert clock.is_working_day(due)
        assert (due - start).days >= days

    @given(DATES, SMALL, SMALL)
    def test_adding_in_two_steps_is_adding_at_once(self, start: date, first: int, second: int) -> None:
        at_once = clock.add_working_days(start, first + second)
        assert clock.add_working_days(clock.add_working_days(start, first), second) == at_once

    @given(DATES, DATES)
    def test_counting_is_antisymmetric(self, one: date, other: date) -> None:
        assert clock.working_days_between(one, other) == -clock.working_days_between(other, one)


class TestDueAt:
    def test_is_the_close_of_the_last_day_in_london_summer_and_winter(self) -> None:
        assert clock.due_at(datetime(2026, 7, 1, 9, tzinfo=UTC), 5) == datetime(2026, 7, 8, 16, tzinfo=UTC)
        assert clock.due_at(datetime(2026, 11, 20, 9, tzinfo=UTC), 1) == datetime(2026, 11, 23, 17, tzinfo=UTC)

    def test_reads_the_starting_day_in_london(self) -> None:
        late_on_the_eighth_in_london_on_the_ninth = datetime(2026, 7, 8, 23, 30, tzinfo=UTC)
        assert clock.due_at(late_on_the_eighth_in_london_on_the_ninth, 1) == datetime(2026, 7, 10, 16, tzinfo=UTC)

    def test_nought_days_is_today_while_open_and_otherwise_the_next_working_day(self) -> None:
        assert clock.due_at(datetime(2026, 11, 20, 9, tzinfo=UTC), 0) == datetime(2026, 11, 20, 17, tzinfo=UTC)
        assert clock.due_at(datetime(2026, 11, 20, 18, tzinfo=UTC), 0) == datetime(2026, 11, 23, 17, tzinfo=UTC)
        assert clock.due_at(datetime(2026, 11, 21, 9, tzinfo=UTC), 0) == datetime(2026, 11, 23, 17, tzinfo=UTC)

    @given(st.datetimes(datetime(2015, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)), SMALL)  # noqa: DTZ001
    def test_is_never_in_the_past_and_always_on_a_working_day(self, start: datetime, days: int) -> None:
        due = clock.due_at(start, days)
        assert due > start
        assert clock.is_working_day(due.astimezone(clock.LONDON).date())
