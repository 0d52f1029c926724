"""Local practice as triage reads it from the area files."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import areas
from services.triage.domain import ClockName
from services.triage.settings import AreaPractices, practice
from tests.triage.builders import AREA, NOW, VERSION


class TestPractice:
    def test_counts_more_time_in_working_days_from_the_old_deadline(self) -> None:
        area = areas.load(None).version(AREA, VERSION)
        assert area
        friday = datetime(2026, 11, 20, 17, 0, tzinfo=UTC)
        later = practice(area, NOW).later(ClockName.DECONFLICTION, friday)
        assert area.clocks.deconfliction in range(1, 5)
        assert later == datetime(2026, 11, 22 + area.clocks.deconfliction, 17, 0, tzinfo=UTC)

    def test_gives_the_gateway_the_areas_minutes_where_danger_is_told_of_and_an_hour_where_it_names_none(self) -> None:
        area = areas.load(None).version(AREA, VERSION)
        assert area
        assert practice(area, NOW).urgent_within == timedelta(minutes=30)
        silent = tuple(each.model_copy(update={"urgent_within_minutes": None}) for each in area.recipients)
        assert practice(area.model_copy(update={"recipients": silent}), NOW).urgent_within == timedelta(hours=1)

    def test_brings_the_instruments_of_triage_in_the_areas_order(self) -> None:
        found = AreaPractices(areas.load(None)).under(AREA, VERSION, NOW).instruments
        assert [(each.id, each.edition) for each in found.values()] == [("gateway", "2026"), ("vaf", "2015")]

    def test_names_who_outside_the_police_is_told_at_the_arrival_by_district(self) -> None:
        area = areas.load(None).version(AREA, VERSION)
        assert area
        told = practice(area, NOW).recipients_of
        medway = [each.name for each in told(VERSION, "Medway")]
        assert medway == ["Medway First Response", "Medway Prevent and Channel team"]
        assert told(VERSION, "Thanet")[0].name == "Kent Central Referral Unit"
        alone = tuple(each for each in area.recipients if each.team == "imu")
        assert practice(area.model_copy(update={"recipients": alone}), NOW).recipients_of(VERSION, "Medway") == ()

    def test_names_the_front_doors_of_either_kind_of_area(self) -> None:
        for name, door, called in (
            (AREA, "kent-cru", "Kent Central Referral Unit"),
            ("northmere", "northmere-mash", "Northmere Multi-Agency Safeguarding Hub"),
        ):
            area = areas.load(None).version(name, VERSION)
            assert area
            assert practice(area, NOW).front_doors[door] == called

    def test_says_which_version_is_in_force_and_which_others_there_are(self) -> None:
        shipped = areas.load(None)
        local = AreaPractices(_with_newer(shipped))
        before, after = NOW - timedelta(days=2), NOW
        assert local.under(AREA, VERSION, before).in_force == VERSION
        assert local.under(AREA, VERSION, after).in_force == NEWER
        assert [(each.area, each.in_force, each.others) for each in local.older(after)] == [(AREA, NEWER, (VERSION,))]
        assert AreaPractices(shipped).older(after) == ()
        assert local.older(datetime(2025, 1, 1, tzinfo=UTC)) == ()

    def test_names_who_was_told_by_the_version_of_the_arrival(self) -> None:
        told = AreaPractices(_with_newer(areas.load(None))).under(AREA, NEWER, NOW).recipients_of
        assert told(NEWER, "Thanet") == ()
        assert told(VERSION, "Thanet")[0].name == "Kent Central Referral Unit"


NEWER = "2026-11"


def _with_newer(shipped: areas.Areas) -> areas.Areas:
    """Return the areas with a newer version of one, in force since the day before, which tells nobody outside."""
    file = shipped.file(AREA, VERSION)
    assert file
    alone = tuple(each for each in file.area.recipients if each.team == "imu")
    values = {"version": NEWER, "valid_from": (NOW - timedelta(days=1)).date(), "recipients": alone}
    newer = replace(file, area=file.area.model_copy(update=values))
    position = shipped.files.index(file) + 1
    return replace(shipped, files=(*shipped.files[:position], newer, *shipped.files[position:]))
