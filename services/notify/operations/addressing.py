"""Where a notice goes: the address and the name that the area file has for those it names."""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from areas import Area
from contracts.vocabulary import AskKind
from services.notify.domain import RecipientKind, read_ask_stage
from services.notify.operations.delivery import Claimed


class _Named(Protocol):
    @property
    def id(self) -> str: ...

    @property
    def name(self) -> str: ...

    @property
    def email(self) -> str: ...


def _service(area: Area, claimed: Claimed) -> tuple[str, str]:
    found = area.signpost_service(claimed.recipient_key)
    return found.email, found.name


def _force(area: Area, claimed: Claimed) -> tuple[str, str]:
    return {each.id: (each.email, each.name) for each in area.gateway.forces}[claimed.recipient_key]


def _told_in_turn(area: Area, claimed: Claimed) -> tuple[str, str]:
    in_turn = {str(step): (each.email, each.name) for step, each in enumerate(area.gateway.escalations, 1)}
    return in_turn[claimed.recipient_key]


def _asked(area: Area, claimed: Claimed) -> tuple[str, str]:
    kind, _ = read_ask_stage(claimed.stage)
    return asked_in(area, kind, claimed.recipient_key)


def asked_in(area: Area, kind: AskKind, key: str) -> tuple[str, str]:
    """Return the address and name of whom an area names for an ask: in the list of its kind first, then in any other.

    KeyError where no list has that id.
    """
    lists: Mapping[AskKind, Sequence[_Named]] = {
        AskKind.INFORMATION: area.channel.partners,
        AskKind.SIGNPOST: area.signpost_services,
        AskKind.SESSION: area.channel.intervention_providers,
        AskKind.TRANSFER: area.channel.panels_elsewhere,
    }
    members = area.panel.members
    known = {each.id: (each.email, each.name) for others in lists.values() for each in others}
    known |= {each.id: (each.email, each.name) for each in members}
    return (known | {each.id: (each.email, each.name) for each in lists.get(kind, members)})[key]


NAMED: Mapping[RecipientKind, Callable[[Area, Claimed], tuple[str, str]]] = {
    RecipientKind.SERVICE: _service,
    RecipientKind.FORCE: _force,
    RecipientKind.ESCALATION: _told_in_turn,
    RecipientKind.ASKED: _asked,
}
"""Where the area names the address of a recipient, and the name to greet it by; LookupError where it has none."""
