"""The calendar file of a meeting for somebody without an account who has accepted the invitation."""

from starlette.responses import Response

from chassis.calendar_file import MEDIA_TYPE
from chassis.web import PageRequest
from contracts.vocabulary import AskKind
from services.notify import operations, queries
from services.notify.domain import AskAbsent, AskState, LinkTo, ask_state, linked_id
from services.notify.queries import AskFound
from services.notify.settings import link_key
from services.notify.web.guests import gone


async def ask_calendar(page: PageRequest) -> Response:
    """Hand out when the meeting is; without the code a link shows no more, so it says neither where nor which cases."""
    try:
        found = await _accepted(page)
    except AskAbsent:
        return gone(page)
    listed = found.listed
    file = operations.meeting_file(listed.id, listed.times.due_at, page.now)
    headers = {"Content-Disposition": 'attachment; filename="channel-panel.ics"'}
    return Response(file, media_type=MEDIA_TYPE, headers=headers)


async def _accepted(page: PageRequest) -> AskFound:
    """Return the invitation that the link leads to; AskAbsent where there is none that was accepted and stands."""
    ask_id = linked_id(link_key(page.runtime.secrets), LinkTo.ASK, page.path["token"])
    if ask_id is None:
        raise AskAbsent
    async with page.transaction() as session:
        found = await queries.ask_found(session, ask_id, now=page.now)
    answered = ask_state(found.listed.times, page.now) is AskState.ANSWERED
    stands = answered and found.accepted and found.listed.times.ended_at is None
    if found.listed.kind is not AskKind.INVITATION or not stands:
        raise AskAbsent
    return found
