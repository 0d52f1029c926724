"""Who is told: for an area and a moment, who would be sent what, whereto and by which way, as its file says."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from starlette.responses import Response

from areas import Area, FrontDoor, SignpostService
from areas.doors import Cover
from areas.model import Force
from areas.parts import Escalation
from areas.pathway import Member, PanelElsewhere, Partner, Provider
from chassis.clock import LONDON, is_working_day
from chassis.web import FormData, FormErrors, PageRequest, parse_date
from services.notify import operations
from services.notify.domain import Kind, RecipientKind
from services.notify.operations import Addressee, Claimed
from services.notify.settings import answer_times
from services.notify.web.message_templates import areas_of
from services.notify.web.naming import AGES_NAMES, STAGE_NAMES, ways_in_words

_TIME = re.compile(r"([01]?[0-9]|2[0-3])[:.]([0-5][0-9])", re.ASCII)
COVER_NAMES = {Cover.OPENING_HOURS: "in the duty hours", Cover.OUT_OF_HOURS: "at all other hours"}

Named = SignpostService | Force | Member | Partner | Provider | PanelElsewhere


@dataclass(frozen=True)
class Door:
    """A front door at the moment: for whom it answers, where its mails go, and who is told after it."""

    name: str
    organisation: str
    ages: str
    districts: str
    is_open: bool
    routine: str
    in_danger: str
    form_goes: str


@dataclass(frozen=True)
class Told:
    """Somebody else whom the area names: what they are told, and whereto."""

    what: str
    name: str
    address: str
    ways: str


@dataclass(frozen=True)
class InTurn:
    """Somebody who is told when nobody has acted: whose clock it is, and after how many working days."""

    whose: str
    after: str
    name: str
    organisation: str
    address: str
    ways: str = ""


@dataclass(frozen=True)
class Hours:
    """Where the mails of a front door go while it is open, or while it is closed."""

    door: str
    when: str
    routine: str
    in_danger: str


@dataclass(frozen=True)
class Answering:
    """By when a front door acknowledges what comes at the moment, and who is told in turn when it has not.

    `minutes` is how long it has in immediate danger, at any hour; nought for all else, which has until `due_at`.
    """

    door: str
    minutes: int
    due_at: datetime
    told: tuple[tuple[InTurn, datetime, int], ...]


async def who_is_told(page: PageRequest) -> Response:
    """Show who would be told what in an area at a moment; without one, now."""
    sent = FormData({name: (value,) for name, value in page.query.items()})
    at, errors = _moment(sent, page.now)
    areas = areas_of(page)
    area = next((each for each in areas if each.area == sent.get("area")), areas[0])
    local = at.astimezone(LONDON)
    working_day = is_working_day(local.date())
    return page.render(
        "who_is_told",
        status=422 if errors else 200,
        form=FormErrors(sent if errors else _typed(local), errors, frozenset({"on"})),
        area=area,
        areas=[(each.area, each.name) for each in areas],
        at=at,
        working_day=working_day,
        doors=[_door(area, each, at) for each in area.front_doors],
        hours=[line for each in area.front_doors for line in _hours(area, each, at)],
        answering=[_answering(area, each, at, danger=danger) for each in area.front_doors for danger in (False, True)],
        unknown=area.front_door(area.front_door_when_unknown).name,
        duty=area.duty_officer(local.time(), working_day=working_day),
        officers=[(each, COVER_NAMES[each.cover], ways_in_words(each.ways)) for each in area.duty_officers],
        in_turn=list(_in_turn(area)),
        others=list(_others(area)),
        stages=[(STAGE_NAMES[each.stage], each.tell, each.sentence) for each in area.referrer_told],
    )


def _typed(local: datetime) -> FormData:
    parts = {"on-day": local.day, "on-month": local.month, "on-year": local.year, "at": f"{local:%H:%M}"}
    return FormData({name: (str(value),) for name, value in parts.items()})


def _moment(sent: FormData, now: datetime) -> tuple[datetime, tuple[tuple[str, str], ...]]:
    """Return the moment that was asked for, in London; now, with what is wrong, where it cannot be read."""
    local = now.astimezone(LONDON)
    errors: list[tuple[str, str]] = []
    day: date | None = None
    try:
        day = parse_date(sent, "on", "the day")
    except ValueError as wrong:
        errors.append(("on", str(wrong)))
    typed = sent.get("at").strip()
    found = _TIME.fullmatch(typed)
    if typed and found is None:
        errors.append(("at", "Enter the time as hours and minutes, such as 17:30"))
    if errors:
        return now, tuple(errors)
    at = time(int(found[1]), int(found[2])) if found else local.time()
    return datetime.combine(day or local.date(), at, LONDON), ()


def _door(area: Area, door: FrontDoor, at: datetime) -> Door:
    """Return a front door as the sending itself would reach it at that moment."""
    routine, in_danger = (
        _whereto(area, operations.to_door(area, door.id, Kind.CONCERN_RECEIVED, urgent=urgent), at)
        for urgent in (False, True)
    )
    local = at.astimezone(LONDON)
    return Door(
        name=door.name,
        organisation=door.organisation,
        ages=AGES_NAMES[door.ages],
        districts=", ".join(door.districts),
        is_open=door.opening_hours.is_open(local.time(), working_day=is_working_day(local.date())),
        routine=routine,
        in_danger=in_danger,
        form_goes=", ".join(door.secure_domains),
    )


def _hours(area: Area, door: FrontDoor, at: datetime) -> Iterator[Hours]:
    """Yield where the mails of a front door go when it is open next, and when it is closed next."""
    moments = (
        ("open", operations.when_open(area, door.id, at)),
        ("closed", operations.when_closed(area, door.id, at)),
    )
    for when, moment in moments:
        if moment is not None:
            told = _door(area, door, moment)
            yield Hours(door.name, when, told.routine, told.in_danger)


def _answering(area: Area, door: FrontDoor, at: datetime, *, danger: bool) -> Answering:
    """Return how the clock of a front door would run for a concern that comes at that moment."""
    times = answer_times(area, door.id, at, immediate_danger=danger)
    told = tuple(
        (_step("", each, _ways_above(area, f"{door.id}-{step}", at, danger=danger)), when, _minutes(when - at))
        for step, (each, when) in enumerate(zip(door.escalations, times.told_at, strict=True), 1)
    )
    return Answering(door.name, _minutes(times.due_at - at) if danger else 0, times.due_at, told)


def _minutes(length: timedelta) -> int:
    return length // timedelta(minutes=1)


def _ways_above(area: Area, key: str, at: datetime, *, danger: bool) -> str:
    """Return by which ways somebody is told in turn."""
    told = Addressee(area.area, area.version, Kind.CLOCK_ESCALATED, RecipientKind.ESCALATION, key, danger, typed=False)
    return ways_in_words(operations.ways_of(area, told, at))


def _whereto(area: Area, claimed: Claimed, at: datetime) -> str:
    address, _ = operations.address_of(area, claimed, at)
    return f"{address} by {ways_in_words(operations.ways_of(area, operations.addressee_of(claimed), at))}"


def _in_turn(area: Area) -> Iterator[InTurn]:
    yield from (_step("Gateway clocks", each) for each in area.gateway.escalations)
    yield from (_step("Channel clocks", each) for each in area.channel.escalations)
    for door in area.front_doors:
        yield from (_step(f"Not acknowledged by {door.name}", each) for each in door.escalations)


def _step(whose: str, told: Escalation, ways: str = "") -> InTurn:
    days = told.after_working_days
    after = f"after {days} working day{'' if days == 1 else 's'}" if days else "at once"
    return InTurn(whose, after, told.name, told.organisation, told.email, ways or ways_in_words(told.ways))


def _others(area: Area) -> Iterator[Told]:
    channel = area.channel
    lists: tuple[tuple[str, tuple[Named, ...]], ...] = (
        ("Signposts", area.signpost_services),
        ("Transfers to another force", area.gateway.forces),
        ("The panel", area.panel.members),
        ("Requests for information", channel.partners),
        ("Sessions", channel.intervention_providers),
        ("Transfers to another panel", channel.panels_elsewhere),
    )
    return (Told(what, each.name, each.email, ways_in_words(each.ways)) for what, named in lists for each in named)
