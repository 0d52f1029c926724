"""What Channel reads from its environment, and local practice read from the area files."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import areas
from areas import Area, Areas, UnknownArea
from areas.model import Purpose
from areas.pathway import Meets
from areas.pathway import Panel as PanelOfArea
from chassis.clock import (
    LONDON,
    due_at,
    due_in_months,
    resumed,
    told_after,
)
from chassis.settings import ServiceSettings
from services.channel.domain import (
    AreaVersionUnknown,
    Body,
    ClockName,
    Contact,
    Member,
    PanelElsewhere,
    PanelPractice,
    Partner,
    Practice,
    Provider,
)

_LAST_WEEK = 5
_WEEK = 7


class AreaPractices:
    """Turns area files into the values that Channel works with."""

    def __init__(self, known: Areas) -> None:
        """Use these area files."""
        self._areas = known

    def under(self, area: str, version: str, district: str, now: datetime) -> Practice:
        """Return the practice of one version for a district; AreaVersionUnknown where its file is not here."""
        found = self._areas.version(area, version)
        if found is None:
            raise AreaVersionUnknown(
                f"Version {version} of area {area} is not here yet: put its file into the areas folder."
            )
        return self._practice(found, district, now)

    def current(self, area: str, now: datetime) -> Practice:
        """Return the practice in force in an area at a moment; AreaVersionUnknown where no version is."""
        try:
            return self._practice(self._areas.current(area, now.astimezone(LONDON).date()), "", now)
        except UnknownArea:
            sentence = f"No file says what is in force in {area}: put one into the areas folder."
            raise AreaVersionUnknown(sentence) from None

    def districts_of(self, area: str, now: datetime) -> tuple[str, ...]:
        """Return the area's own names of its districts; none where the area is not known."""
        try:
            return self._areas.current(area, now.astimezone(LONDON).date()).districts
        except UnknownArea:
            return ()

    def _practice(self, found: Area, district: str, now: datetime) -> Practice:
        instruments = {each.id: each for each in self._areas.instruments_at(found, "channel")}
        return replace(practice(found, district, now), instruments=instruments)


def practice(area: Area, district: str, now: datetime) -> Practice:
    """Return what Channel needs of an area for a district at a moment (aware), with its clocks' deadlines from then."""
    closes, channel = area.clocks.closes_at.strftime("%H:%M"), area.channel
    return Practice(
        area=area.area,
        version=area.version,
        decides=Body(area.decides_section_36),
        front_door=area.front_door_for(district).id,
        due={name: _given(area, name, now) for name in ClockName},
        later=lambda name, due: _given(area, name, due, at_least=1),
        resumed=resumed,
        close_of=lambda day: datetime.combine(day, area.clocks.closes_at, LONDON).astimezone(UTC),
        told=tuple(
            told_after(each.after_working_days, closes, each.name, each.organisation) for each in channel.escalations
        ),
        force=area.police_force,
        district=area.district(district),
        panel=_panel(area.panel),
        partners={each.id: Partner(each.id, each.name, each.questions) for each in channel.partners},
        providers={
            each.id: Provider(each.id, each.name, each.approved_until) for each in channel.intervention_providers
        },
        elsewhere={each.id: PanelElsewhere(each.id, each.name, each.area or "") for each in channel.panels_elsewhere},
        services={each.id: Contact(each.id, each.name) for each in area.signpost_services},
        service_due={
            each.id: due_at(now, each.acknowledged_within_working_days, closes) for each in area.signpost_services
        },
        after_closure=tuple(due_in_months(now, each, closes) for each in area.clocks.post_closure_review_months),
        reviewer=Body(channel.reviews_after_closure),
        reviews_until=lambda closed: due_in_months(closed, channel.reviews_until_months, closes),
        teams=tuple(team.name for team in area.dovetail_teams),
        prefix=area.reference_prefix,
        kept_until=lambda left: due_in_months(left, area.kept_for(Purpose.CHANNEL_CASE).months, closes),
        suppress_below=area.statistics.suppress_below,
    )


def _given(area: Area, name: ClockName, start: datetime, at_least: int = 0) -> datetime:
    """Return when a clock runs out that starts at a moment; one that would have run out then is given a day or more."""
    closes, months = area.clocks.closes_at.strftime("%H:%M"), _months(area)
    if name in months:
        return due_in_months(start, months[name], closes)
    return due_at(start, max(at_least, _working_days(area)[name]), closes)


def _working_days(area: Area) -> dict[ClockName, int]:
    clocks, channel = area.clocks, area.channel
    return {
        ClockName.ANSWER: clocks.pack_answer,
        ClockName.INFORMATION_GATHERING: clocks.information_gathering,
        ClockName.DECISION: clocks.section_36_decision,
        ClockName.REQUEST: clocks.information_request_reply,
        ClockName.PANEL: clocks.panel_decision,
        ClockName.CONSENT: clocks.consent,
        ClockName.ACTION: channel.action,
        ClockName.SIGNPOST: channel.action,
        ClockName.CHANGE: channel.change_acknowledged,
        ClockName.SESSION: channel.session_report,
        ClockName.PLAN: channel.plan,
        ClockName.CONSENT_AT_18: channel.consent_at_18,
        ClockName.CLOSING_REPORT: channel.closing_report,
        ClockName.TRANSFER: channel.transfer_answer,
        ClockName.GIVEN_BACK: channel.given_back_answer,
    }


def _months(area: Area) -> dict[ClockName, int]:
    clocks = area.clocks
    return {
        ClockName.PLAN_REVIEW: clocks.plan_review_months,
        ClockName.REASSESSMENT: clocks.reassessment_after_refusal_months,
        ClockName.AFTER_CLOSURE: min(clocks.post_closure_review_months),
    }


def _panel(panel: PanelOfArea) -> PanelPractice:
    days_before, days_after = panel.pack_days_before, panel.pack_days_after
    return PanelPractice(
        name=panel.name,
        place=panel.meets.place,
        at=panel.meets.at,
        members=tuple(
            Member(
                id=each.id,
                name=each.name,
                organisation=each.organisation,
                sector=each.sector,
                force=each.force or "",
                account=each.account or "",
                chairs=each.chairs,
            )
            for each in panel.members
        ),
        also_needed=panel.also_needed,
        minutes_new=panel.minutes_new,
        minutes_review=panel.minutes_review,
        minutes_after_closure=panel.minutes_after_closure,
        meets_on=lambda month: meeting_day(panel.meets, month),
        pack_opens=lambda day: _midnight(day - timedelta(days=days_before)),
        pack_closes=lambda day: _midnight(day + timedelta(days=days_after + 1)),
    )


def meeting_day(meets: Meets, month: date) -> date:
    """Return the day of a month (any day of it) on which a panel meets; the fifth weekday means the last."""
    wanted = list(type(meets.day)).index(meets.day)
    first = month.replace(day=1)
    first += timedelta(days=(wanted - first.weekday()) % _WEEK)
    day = first + timedelta(weeks=meets.week - 1)
    return day if day.month == month.month or meets.week < _LAST_WEEK else day - timedelta(weeks=1)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), LONDON).astimezone(UTC)


class ChannelSettings(ServiceSettings):
    """Environment of Channel."""

    @property
    def practices(self) -> AreaPractices:
        """Local practice, read from the area files; AreaFileError says what is wrong with them."""
        return AreaPractices(areas.load(self.areas_directory))
