"""Which pages of triage keep what is written on them, and what is never kept."""

from uuid import UUID

from chassis import marks
from chassis.database import Session
from chassis.policy import allow
from chassis.web import PageRequest
from chassis.web.begun import NOTHING_WRITTEN, Keeper, Place, Writing, values_of
from services.triage import queries
from services.triage.domain import CLOCK_CHANGES, DECISIONS, ClockName, Command, ReferralNotFound, permissions
from services.triage.queries import Held

__all__ = ["KEEPER", "NOTHING_WRITTEN", "Writing", "decision_of", "kept", "place_of", "values_of", "writing"]

KEPT_ON = frozenset(
    {
        *("decide", "allocate", "note", "correct", "restrict", "end_restriction", "move"),
        *("deconflict", "offer_pursuit", "pursue", "refuse_pursuit", "call_pursuit_back"),
        *("access", "end_access", "same", "elsewhere", "separate", "change_clock", "discard_begun"),
        *("ask_partner", "add_action", "review_partnership", "fulfil_obligation", "cancel_obligation"),
    }
)
"""The pages that keep what is written on them; an assessment keeps its parts in a draft of its own."""
OF_THE_UNIT = frozenset({"deconflict", "offer_pursuit", "pursue", "refuse_pursuit", "call_pursuit_back"})
"""The pages whose rationale only the intelligence unit reads: it may hold what is the unit's, and nothing above."""
_PLAIN = frozenset({*DECISIONS, *CLOCK_CHANGES, *ClockName})


def decision_of(page: PageRequest) -> Command:
    """Return the decision that the address names, if this person may make it; ReferralNotFound, or Forbidden."""
    if page.path["command"] not in DECISIONS:
        raise ReferralNotFound("There is no such decision: open the referral and choose one that is offered.")
    command = Command(page.path["command"])
    allow(page.actor, command, permissions())
    return command


async def writing(page: PageRequest, session: Session, held: Held) -> Writing:
    """Return what the person who asks has begun on this page of a referral."""
    return await KEEPER.writing(page, session, place_of(held))


def place_of(held: Held | None) -> Place | None:
    """Return a referral as a place to keep words for, None where the person was erased."""
    return None if held is None or held.erased else Place(held.subject, held.area, held.reference)


def _unfit(page: PageRequest, name: str, text: str) -> bool:
    of_the_unit = name == "rationale" and page.page is not None and page.page.title in OF_THE_UNIT
    return bool(marks.too_high(text) if of_the_unit else marks.found(text))


async def _places(page: PageRequest, session: Session) -> tuple[Place | None, ...]:
    """Return the referral whose key seals the words: that of the address, or the first of a person's."""
    if "reference" in page.path:
        return (place_of(await queries.held_by_reference(session, page.path["reference"])),)
    try:
        person = UUID(page.path["person"])
    except ValueError:
        return ()
    view = await queries.person_view(session, person)
    return (place_of(next((each.held for each in view.referrals), None)),)


def _nothing() -> ReferralNotFound:
    return ReferralNotFound("There is nothing to discard here: open the referral and go on from there.")


KEEPER = Keeper(
    table=queries.BEGUN,
    pages=KEPT_ON,
    places_of=_places,
    is_plain=_PLAIN.__contains__,
    missing=_nothing,
    asked=("other", "clock", "about"),
    filled_in=frozenset({"other", "clock", "about", "contact", "concern"}),
    unfit=_unfit,
)
kept = KEEPER.kept
