"""What triage reads from its environment, and local practice read from the area files."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import areas
from areas import Area, Areas, UnknownArea
from areas.model import SignedOff
from chassis.clock import (
    LONDON,
    due_at,
    due_in_months,
    is_working_day,
    resumed,
    told_after,
)
from chassis.settings import ServiceSettings
from contracts.vocabulary import Team
from services.triage.domain import (
    AreaVersionUnknown,
    Body,
    ClockName,
    Older,
    Practice,
    Recipient,
    SignpostTo,
)


class AreaPractices:
    """Turns area files into the values that triage works with."""

    def __init__(self, known: Areas) -> None:
        """Use these area files."""
        self._areas = known

    def under(self, area: str, version: str, now: datetime) -> Practice:
        """Return the practice of one version as from `now`; AreaVersionUnknown where its file is not here."""
        found = self._areas.version(area, version)
        if found is None:
            raise AreaVersionUnknown(
                f"Version {version} of area {area} is not here yet: put its file into the areas folder."
            )
        instruments = {each.id: each for each in self._areas.instruments_at(found, "triage")}
        in_force = self._areas.current(area, max(found.valid_from, now.astimezone(LONDON).date())).version

        def told(then: str, district: str) -> tuple[Recipient, ...]:
            return _recipients(self._areas.version(area, then) or found, district)

        return replace(practice(found, now), instruments=instruments, in_force=in_force, recipients_of=told)

    def older(self, now: datetime) -> tuple[Older, ...]:
        """Return the areas with other versions than the one in force at a moment, by name."""
        today = now.astimezone(LONDON).date()
        found = (self._older(name, today) for name in self._areas.names())
        return tuple(sorted((each for each in found if each and each.others), key=lambda each: each.name))

    def _older(self, area: str, today: date) -> Older | None:
        try:
            current = self._areas.current(area, today)
        except UnknownArea:
            return None
        versions = (each.version for each in self._areas.versions(area))
        others = tuple(version for version in versions if version != current.version)
        return Older(area, current.name, current.version, others)


def practice(area: Area, now: datetime) -> Practice:
    """Return what triage needs of an area at a moment (aware), with every clock's deadline if it started then."""
    local = now.astimezone(LONDON)
    closes = area.clocks.closes_at.strftime("%H:%M")
    days = _working_days(area)
    months = _months(area)

    def later(name: ClockName, due: datetime) -> datetime:
        if name in months:
            return due_in_months(due, months[name], closes)
        return due_at(due, max(1, days.get(name, 1)), closes)

    duty = area.duty_officer(local.time(), working_day=is_working_day(local.date()))
    return Practice(
        area=area.area,
        version=area.version,
        gathers=Body(area.gathers),
        decides=Body(area.decides_section_36),
        duty_officer=f"{duty.name}, {duty.organisation}",
        due={
            **{name: due_at(now, allowed, closes) for name, allowed in days.items()},
            **{name: due_in_months(now, number, closes) for name, number in months.items()},
        },
        later=later,
        urgent_within=_urgent_within(area),
        close_of=lambda day: datetime.combine(day, area.clocks.closes_at, LONDON).astimezone(UTC),
        services=_services(area, now, closes),
        forces={each.id: each.name for each in area.gateway.forces},
        front_doors={each.id: each.name for each in area.front_doors},
        every_closure_signed_off=area.gateway.closures_signed_off is SignedOff.EVERY,
        resumed=resumed,
        told=tuple(
            told_after(each.after_working_days, closes, each.name, each.organisation)
            for each in area.gateway.escalations
        ),
        recipients_of=lambda _, district: _recipients(area, district),
        district_of=area.district,
    )


def _services(area: Area, now: datetime, closes: str) -> dict[str, SignpostTo]:
    return {
        each.id: SignpostTo(each.name, due_at(now, each.acknowledged_within_working_days, closes))
        for each in area.signpost_services
    }


def _recipients(area: Area, district: str) -> tuple[Recipient, ...]:
    """Return who outside the police is told of every referral from a district when it arrives, as the area says."""
    teams = {each.team for each in area.recipients}
    found: list[Recipient] = []
    if Team.FRONT_DOOR in teams:
        doors = " or ".join(door.name for door in area.front_doors_of(district))
        found.append(Recipient(doors, "The concern, as social care needs it"))
    dovetail = area.dovetail_team_for(district)
    if Team.DOVETAIL in teams and dovetail is not None:
        found.append(Recipient(dovetail.name, "That there is a referral, without identity"))
    return tuple(found)


def _working_days(area: Area) -> dict[ClockName, int]:
    clocks, gateway = area.clocks, area.gateway
    return {
        ClockName.DECONFLICTION: clocks.deconfliction,
        ClockName.CONFLICT: gateway.conflict_review,
        ClockName.ASSESSMENT: clocks.gateway_assessment,
        ClockName.GATHERING: clocks.information_gathering,
        ClockName.REQUEST: clocks.information_request_reply,
        ClockName.DECISION: clocks.section_36_decision,
        ClockName.SIGN_OFF: gateway.sign_off,
        ClockName.ACCEPTANCE: clocks.pack_answer,
        ClockName.TRANSFER: gateway.transfer_answer,
    }


def _months(area: Area) -> dict[ClockName, int]:
    gateway = area.gateway
    return {
        ClockName.PURSUE: gateway.investigation_review_months,
        ClockName.PLP_REVIEW: gateway.partnership_review_months,
        ClockName.CLOSURE_REVIEW: gateway.closure_review_months,
    }


def _urgent_within(area: Area) -> timedelta:
    """Return how soon the Gateway must answer to immediate danger: as its ledger line says, or within the hour."""
    minutes = (each.urgent_within_minutes for each in area.recipients if each.team == Team.GATEWAY)
    return timedelta(minutes=next(minutes, None) or 60)


class TriageSettings(ServiceSettings):
    """Environment of triage."""

    @property
    def practices(self) -> AreaPractices:
        """Local practice, read from the area files; AreaFileError says what is wrong with them."""
        return AreaPractices(areas.load(self.areas_directory))
