"""As whom somebody who signs in is asked for something themselves, and what the address of a page names."""

from uuid import UUID

from chassis.web import PageRequest
from services.channel.domain import ObligationNotFound, Practices
from services.channel.domain.meetings import MeetingNotFound, SlotNotFound
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


def meeting_id(page: PageRequest) -> UUID:
    """Return the meeting that the address names; MeetingNotFound where it names none."""
    try:
        return UUID(page.path["meeting_id"])
    except ValueError:
        raise MeetingNotFound("There is no such meeting: open the panel calendar and choose one.") from None


def id_of_slot(page: PageRequest) -> UUID:
    """Return the slot that the address names; SlotNotFound where it names none."""
    try:
        return UUID(page.path["slot_id"])
    except ValueError:
        raise SlotNotFound("There is no such case on the agenda: open the meeting and choose one there.") from None
