"""Which pages of Channel keep what is written on them until it is recorded."""

from chassis.database import Session
from chassis.web import PageRequest
from chassis.web.begun import NOTHING_WRITTEN, Keeper, Place, Writing, values_of
from services.channel import queries
from services.channel.domain import CaseNotFound, ClockName, Command
from services.channel.queries import Held
from services.channel.web.views.asked_as import asked_as, check_asked, id_in, id_of_slot, meeting_id
from services.channel.web.views.checking import correction_of, to_check

__all__ = ["KEPT_ON", "NOTHING_WRITTEN", "Writing", "kept", "on_page", "place_of", "values_of", "writing"]

MY_REQUEST, CHECK_MINUTES = "my_request", "check_minutes"
MINE = frozenset({"my_meeting", "my_conflict"})
"""What somebody invited to a meeting writes for themselves."""
KEPT_ON = frozenset(
    {
        *(MY_REQUEST, *MINE),
        *("act", "change_clock", "allocate", "transfer", "transfer_back", "discard_begun"),
        *("ask_partners", "give_action", "signpost", "fulfil_obligation", "cancel_obligation"),
        *("plan_draft", "plan_item", "plan_progress", "plan_reasons", "plan_request", "consent_change"),
        *("closing_report", "record_review", "commission", "write_brief"),
        *("record_session", "explain_sessions", "end_intervention"),
        *("slot_decide", "slot_said", "slot_actions", "slot_undecided", "slot_conflict", "home_force"),
        *("move_meeting", "cancel_meeting", "invite_guest", "minute", CHECK_MINUTES, "slot_guest"),
    }
)
"""The pages that keep what is written on them; an assessment and a plan keep their parts in drafts of their own."""
_PLAIN = frozenset({*Command, *ClockName})


async def writing(page: PageRequest, session: Session, held: Held) -> Writing:
    """Return what the person who asks has begun on this page of a case."""
    return await KEEPER.writing(page, session, place_of(held))


def place_of(held: Held) -> Place | None:
    """Return a case as a place to keep words for, None where the person was erased."""
    return None if held.summary is None else Place(held.subject, held.area, held.reference)


async def _places(page: PageRequest, session: Session) -> tuple[Place | None, ...]:
    """Return the cases whose keys seal the words: each with its own fields where a page is about several."""
    title = page.page.title if page.page is not None else ""
    if title == CHECK_MINUTES:
        return tuple(
            [
                Place(each.subject, each.area, each.reference, frozenset({correction_of(each)}))
                for each in await to_check(page, session)
            ]
        )
    return (await _place(page, session, title),)


async def _place(page: PageRequest, session: Session, title: str) -> Place | None:
    """Return the case whose key seals the words: that of the address, or of what the person is asked for."""
    if title == MY_REQUEST:
        line = await queries.my_obligation(session, asked_as(page), id_in(page.path["obligation"]))
        return place_of(await queries.held(session, line.subject))
    if title in MINE:
        # Whoever is not asked is told so before anything is kept for them.
        await check_asked(page, session)
    if "slot_id" in page.path and "meeting_id" in page.path:
        slot = await queries.slot(session, id_of_slot(page))
        return place_of(await queries.held(session, slot.subject))
    if "meeting_id" in page.path:
        # Words about the meeting itself name nobody whose case is heard: the meeting has a key of its own.
        meeting = await queries.meeting(session, meeting_id(page))
        return Place(meeting.id, meeting.area, meeting.reference)
    if "reference" not in page.path:
        return None
    return place_of(await queries.held_by_reference(session, page.path["reference"]))


async def on_page(page: PageRequest, session: Session) -> dict[str, object]:
    """Return what a page that is of no case in its address says of work begun, to be put over its other values."""
    return values_of(page, await KEEPER.writing(page, session, *await _places(page, session)))


def _nothing() -> CaseNotFound:
    return CaseNotFound("There is nothing to discard here: open the case and go on from there.")


KEEPER = Keeper(
    table=queries.BEGUN,
    pages=KEPT_ON,
    places_of=_places,
    is_plain=_PLAIN.__contains__,
    missing=_nothing,
    asked=("clock", "about"),
    filled_in=frozenset({"seen", "clock", "about"}),
)
kept = KEEPER.kept
