"""The calendar file of a meeting for somebody without an account who has accepted the invitation."""

from datetime import timedelta

from starlette.responses import Response

from chassis.calendar_file import MEDIA_TYPE, Entry, calendar_file
from chassis.web import PageRequest
from contracts.vocabulary import AskKind
from services.notify import queries
from services.notify.domain import AskAbsent, AskState, LinkTo, ask_state, linked_id
from services.notify.queries import AskFound
from services.notify.settings import link_key
from services.notify.web.guests import gone

TAKES = timedelta(hours=2)
"""How long a meeting stands in the calendar: how long it takes is known to those who plan it."""


async def ask_calendar(page: PageRequest) -> Response:
    """Hand out when the meeting is; without the code a link shows no more, so it says neither where nor which cases."""
    try:
        found = await _accepted(page)
    except AskAbsent:
        return gone(page)
    listed = found.listed
    starts_at = listed.times.due_at
    entry = Entry(
        uid=str(listed.id),
        version=1,
        starts_at=starts_at,
        ends_at=starts_at + TAKES,
        summary="Channel panel",
        words="Write no names into this entry.",
    )
    headers = {"Content-Disposition": 'attachment; filename="channel-panel.ics"'}
    return Response(calendar_file(entry, page.now), media_type=MEDIA_TYPE, headers=headers)


async def _accepted(page: PageRequest) -> AskFound:
    """Return the invitation that the link leads to; AskAbsent where there is none that was accepted."""
    ask_id = linked_id(link_key(page.runtime.secrets), LinkTo.ASK, page.path["token"])
    if ask_id is None:
        raise AskAbsent
    async with page.transaction() as session:
        found = await queries.ask_found(session, ask_id, now=page.now)
    answered = ask_state(found.listed.times, page.now) is AskState.ANSWERED
    if found.listed.kind is not AskKind.INVITATION or not answered or not found.accepted:
        raise AskAbsent
    return found
