"""What a meeting checks of the minutes of the one before it: its cases, each with a field for what is wrong."""

from chassis.database import Session
from chassis.web import PageRequest
from services.channel import queries
from services.channel.domain import Practices
from services.channel.domain.meetings import MeetingNotFound
from services.channel.queries import MeetingView, SlotView
from services.channel.web.views.asked_as import meeting_id


def own_ids(page: PageRequest, meeting: MeetingView) -> tuple[str, ...]:
    """Return the ids under which the area file knows whoever asks as a member of the panel."""
    local: Practices = page.runtime.clients
    members = local.under(meeting.area, meeting.area_version, "", page.now).panel.members
    return tuple(each.id for each in members if each.account == page.actor.id)


async def last_meeting(page: PageRequest, session: Session) -> MeetingView:
    """Return the meeting held before the one of the address; MeetingNotFound where there was none."""
    last = await queries.meeting_before(session, await queries.meeting(session, meeting_id(page)))
    if last is None:
        raise MeetingNotFound("There was no meeting before this one: its agenda can begin at once.")
    return last


async def to_check(page: PageRequest, session: Session) -> tuple[SlotView, ...]:
    """Return the cases of the last meeting whose minutes somebody may correct; MeetingNotFound as above.

    Left out are those in which they have a conflict of interest, and those that were erased since.
    """
    last = await last_meeting(page, session)
    own = own_ids(page, last)
    return tuple(
        [
            each
            for each in await queries.slots(session, last.id)
            if await session.knows(each.subject)
            and not await queries.conflict_stands(session, each.subject, page.actor.id, own)
        ]
    )


def correction_of(slot: SlotView) -> str:
    """Return the name of the field in which a correction of a case's minutes is written."""
    return f"correction-{slot.id}"
