"""As whom somebody who signs in is asked for something themselves."""

from uuid import UUID

from chassis.web import PageRequest
from services.channel.domain import ObligationNotFound, Practices
from services.channel.queries import AskedAs


def asked_as(page: PageRequest) -> tuple[AskedAs, ...]:
    """Return as whom the person is asked in each of their areas: as the members of its panel that they sign in for."""
    local: Practices = page.runtime.clients
    found = []
    for area in sorted(page.actor.areas - {"*"}):
        members = local.current(area, page.now).panel.members
        found.append(AskedAs(area, tuple(each.id for each in members if each.account == page.actor.id)))
    return tuple(found)


def id_in(text: str) -> UUID:
    """Return the id of an obligation from an address; ObligationNotFound where it is none."""
    try:
        return UUID(text)
    except ValueError:
        raise ObligationNotFound("There is no such request or action: go back and choose one in the list.") from None
