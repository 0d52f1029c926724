"""As whom somebody who signs in is asked for something themselves, and what the address of a page names."""

from uuid import UUID

from chassis.database import Session
from chassis.web import PageRequest
from services.channel import queries
from services.channel.domain import ObligationNotFound, Practices
from services.channel.domain.meetings import MeetingNotFound, SlotNotFound
from services.channel.operations.packs import note_not_asked
from services.channel.queries import AskedAs, Attendee, MeetingView, SlotView

NO_SUCH_CASE = "There is no such case on the agenda: open your meeting and choose one there."


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


async def my_meeting_of(page: PageRequest, session: Session) -> tuple[MeetingView, Attendee]:
    """Return the meeting that the address names and the invitation to it; an error of `Missing` without either."""
    found = await queries.meeting(session, meeting_id(page))
    return found, await queries.invitation_to(session, found.id, page.actor.id)


async def my_slot(page: PageRequest, session: Session, mine: Attendee) -> SlotView:
    """Return the slot that the address names to somebody invited; SlotNotFound where there is none of it for them.

    Whoever is not asked to a case is told what they are told of one that there is not; that they tried is kept, apart.
    """
    try:
        slot = await queries.slot(session, id_of_slot(page))
    except SlotNotFound:
        raise SlotNotFound(NO_SUCH_CASE) from None
    if slot.meeting_id != mine.meeting_id:
        raise SlotNotFound(NO_SUCH_CASE)
    if not queries.is_asked(mine, slot):
        async with page.transaction() as apart:
            await note_not_asked(apart, slot, mine, page.now)
        raise SlotNotFound(NO_SUCH_CASE)
    return slot


async def check_asked(page: PageRequest, session: Session) -> None:
    """Raise as above where somebody is not invited to the meeting of the address, or not asked to the case it names."""
    _, mine = await my_meeting_of(page, session)
    if "slot_id" in page.path:
        await my_slot(page, session, mine)
