"""By which ways somebody is reached, and where their webhook is, as the area file says it."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from areas import Area
from areas.parts import Reached
from chassis.working_days import is_working_day
from contracts.vocabulary.days import LONDON
from services.notify.domain import Kind, RecipientKind, Way, ways_for
from services.notify.operations.delivery import Addressee

_BY_MAIL_ALONE = frozenset({Kind.LINK_SAVED_FORM, Kind.LINK_PROGRESS, Kind.ASK_CODE, Kind.DUTY_PAGED})


def ways_of(area: Area, addressee: Addressee, now: datetime) -> tuple[Way, ...]:
    """Return the ways to somebody at this moment, the first one first; there is always one.

    What opens something by itself for one person, and what calls somebody out of bed, goes by mail alone.
    """
    listed = _listed(area, addressee, now)
    by_mail = addressee.typed or addressee.kind in _BY_MAIL_ALONE or _away(area, addressee, now)
    return ways_for(listed, by_mail=by_mail, urgent=addressee.urgent)


def _listed(area: Area, addressee: Addressee, now: datetime) -> tuple[Way, ...]:
    if addressee.recipient_kind == RecipientKind.DUTY_OFFICER:
        local = now.astimezone(LONDON)
        officer = area.duty_officer(local.time(), working_day=is_working_day(local.date()))
        return tuple(Way(str(way)) for way in officer.ways)
    if addressee.recipient_kind == RecipientKind.REFERRER or addressee.typed:
        return tuple(Way(str(way)) for way in area.referrer_ways)
    found = reached(area, addressee.recipient_kind, addressee.recipient_key)
    return tuple(Way(str(way)) for way in found.ways) if found else (Way.SMTP,)


def _away(area: Area, addressee: Addressee, now: datetime) -> bool:
    """Say whether immediate danger is told to a front door that is closed: then people are mailed, not systems."""
    if addressee.recipient_kind != RecipientKind.FRONT_DOOR or not addressee.urgent:
        return False
    local = now.astimezone(LONDON)
    try:
        hours = area.front_door(addressee.recipient_key).opening_hours
    except KeyError:
        return True
    return not hours.is_open(local.time(), working_day=is_working_day(local.date()))


def reached(area: Area, kind: RecipientKind, key: str) -> Reached | None:
    """Return what an area file says of how somebody is reached; None for whom it does not name."""
    try:
        return _NAMED[kind](area, key) if kind in _NAMED else None
    except KeyError:
        return None


def _force(area: Area, key: str) -> Reached:
    return {each.id: each for each in area.gateway.forces}[key]


def _asked(area: Area, key: str) -> Reached:
    channel = area.channel
    members: Sequence[tuple[str, Reached]] = [
        *((each.id, each) for each in area.panel.members),
        *((each.id, each) for each in channel.partners),
        *((each.id, each) for each in channel.intervention_providers),
        *((each.id, each) for each in channel.panels_elsewhere),
        *((each.id, each) for each in area.signpost_services),
    ]
    return dict(members)[key]


_NAMED: Mapping[RecipientKind, Callable[[Area, str], Reached]] = {
    RecipientKind.FRONT_DOOR: Area.front_door,
    RecipientKind.SERVICE: Area.signpost_service,
    RecipientKind.ESCALATION: Area.told_in_turn,
    RecipientKind.FORCE: _force,
    RecipientKind.ASKED: _asked,
}
