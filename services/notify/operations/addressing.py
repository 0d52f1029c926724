"""Where a notice goes: the address and the name that the area file has for those it names."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Protocol

from areas import Area, Areas
from services.notify.domain import RecipientKind
from services.notify.operations.delivery import Addressee, Claimed
from services.notify.operations.reaching import reached

_ALWAYS_NAMED = frozenset({RecipientKind.REFERRER, RecipientKind.DUTY_OFFICER})


def practice_for(areas: Areas, told: Claimed | Addressee, on: date) -> Area:
    """Return the version of an area's file by which a notice goes out on a day in London: the one in force then.

    So a corrected address counts at the next attempt. Whom that version names no longer is reached as the version by
    which the notice was written says. LookupError where the area has neither.
    """
    written_by = areas.version(told.area, told.area_version)
    try:
        in_force = areas.current(told.area, on)
    except LookupError:
        if written_by is None:
            raise
        return written_by
    named = (
        told.recipient_kind in _ALWAYS_NAMED
        or not told.recipient_key
        or reached(in_force, told.recipient_kind, told.recipient_key) is not None
    )
    return in_force if named or written_by is None else written_by


class Named(Protocol):
    """Somebody whom an area file names, with an address."""

    @property
    def id(self) -> str:
        """The id that the file gives them."""

    @property
    def name(self) -> str:
        """What they are called."""

    @property
    def email(self) -> str:
        """Where mails to them go."""


def _service(area: Area, claimed: Claimed) -> tuple[str, str]:
    found = area.signpost_service(claimed.recipient_key)
    return found.email, found.name


def _force(area: Area, claimed: Claimed) -> tuple[str, str]:
    return {each.id: (each.email, each.name) for each in area.gateway.forces}[claimed.recipient_key]


def _told_in_turn(area: Area, claimed: Claimed) -> tuple[str, str]:
    told = area.told_in_turn(claimed.recipient_key)
    return told.email, told.name


def _asked(area: Area, claimed: Claimed) -> tuple[str, str]:
    return asked_in(area, claimed.recipient_key)


def asked_in(area: Area, key: str) -> tuple[str, str]:
    """Return the address and name of whom an area names for an ask: an id is one body's alone, in whichever list.

    KeyError where no list has that id.
    """
    channel = area.channel
    lists: tuple[Sequence[Named], ...] = (
        area.panel.members,
        channel.partners,
        channel.intervention_providers,
        channel.panels_elsewhere,
        area.signpost_services,
    )
    return {each.id: (each.email, each.name) for named in lists for each in named}[key]


NAMED: Mapping[RecipientKind, Callable[[Area, Claimed], tuple[str, str]]] = {
    RecipientKind.SERVICE: _service,
    RecipientKind.FORCE: _force,
    RecipientKind.ESCALATION: _told_in_turn,
    RecipientKind.ASKED: _asked,
}
"""Where the area names the address of a recipient, and the name to greet it by; LookupError where it has none."""
