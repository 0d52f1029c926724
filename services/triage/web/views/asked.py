"""What every view of one referral begins with: the referral, the area's practice, and what changed meanwhile."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from chassis import audit
from chassis.clock import LONDON
from chassis.database import Session
from chassis.web import PageRequest, Response
from services.triage import operations, queries
from services.triage.domain import DECISIONS, DECONFLICTION, TABLE, WRONG, Command, Offer, Practice, Practices, offers
from services.triage.queries import CorrectionView, Erasure, Held, TimelineEntry
from services.triage.web.views.begun import NOTHING_WRITTEN, Writing, values_of, writing
from services.triage.web.views.versions import by_whom, happened

LABELS = {row.command.value: row.label for row in TABLE}
HAPPENED = {
    Command.RECEIVE: "Referral received",
    Command.VERSION_ADDED: "A later version of the form arrived",
    Command.TAKE: "Taken by a Gateway officer",
    Command.CLEAR: "Recorded: clear to proceed",
    Command.CONFLICT: "Recorded: conflict",
    Command.MORE_TIME: "Recorded: more time needed",
    Command.OFFER_PURSUIT: "Offered to the investigation",
    Command.PURSUE: "Handed to the investigation",
    Command.PURSUIT_REFUSED: "The investigation refused",
    Command.PURSUIT_CALLED_BACK: "The offer to the investigation was called back",
    Command.ALLOCATE: "Allocated to an officer",
    Command.NOTE: "Note added",
    Command.ASSESS: "Gateway assessment completed",
    Command.GATHER: "Information gathering begun",
    Command.REQUEST: "A partner was asked for information",
    Command.GATHERED: "Information gathering complete",
    Command.CLOSE: "Closed: no further action",
    Command.PROPOSE: "Closure proposed",
    Command.SIGN_OFF: "Closure signed off",
    Command.SEND_BACK: "Closure sent back",
    Command.REVIEW: "Closure reviewed",
    Command.REPORTED: "The other service reported what it did",
    Command.FULFIL: "Recorded as done",
    Command.CANCEL: "Cancelled what was open",
    Command.ADD_ACTION: "Action added",
    Command.REVIEW_PLP: "Partnership reviewed",
    Command.CHANNEL_GATHERED: "Channel reported the information gathered",
    Command.CHANNEL_REFERRED: "The local authority referred to the panel under section 36",
    Command.TRANSFER: "Offered to another force",
    Command.TRANSFER_ACCEPTED: "The other force accepted",
    Command.TRANSFER_REFUSED: "The other force refused",
    Command.CALL_BACK: "The transfer was called back",
    Command.WITHDRAW: "Recorded as withdrawn",
    Command.CORRECT: "Recorded that something was wrong",
    Command.ANSWER_EARLIER: "Answered whether it is the same person",
    Command.EXTEND: "A clock was extended",
    Command.PAUSE: "A clock was paused",
    Command.RESUME: "A clock runs on",
    Command.ESCALATED: "A clock that ran out was escalated",
    Command.RESTRICT: "Restricted",
    Command.UNRESTRICT: "Restriction ended",
    Command.ADMIT: "An officer was let in",
    Command.EXCLUDE: "An officer was taken off the access list",
    Command.DISCARD: "Begun work was discarded",
    Command.SIGNPOST: "Signposted to another service",
    Command.PLP: "Taken into police-led partnership",
    Command.PASS_ON: "Passed on for information gathering",
    Command.SECTION_36: "Referred to the panel under section 36",
    Command.PACK_ACCEPTED: "Channel accepted the pack",
    Command.PACK_RETURNED: "Channel returned the pack",
    Command.GIVEN_BACK: "Channel gave the case back",
    Command.TAKE_BACK: "Taken back from Channel",
    Command.DECLINE_BACK: "Returned to Channel, not taken back",
    Command.CHANNEL_OWNER: "Channel named who answers for the risk",
    Command.TAKE_RISK: "Risk taken over",
    Command.ACKNOWLEDGED: "The other service acknowledged the signpost",
    Command.SOCIAL_CARE_SAID: "Social care said what it did",
    Command.UNREACHED: "Somebody who had to be told could not be reached",
    Command.REACHED: "Somebody who was not reached need not be rung any more",
    Command.REOPEN: "Reopened",
    Command.MOVE: "Moved to the practice in force",
}


PAGES_OF = {
    Command.TAKE: "take",
    Command.ASSESS: "assess",
    Command.ALLOCATE: "allocate",
    **dict.fromkeys(DECONFLICTION, "deconflict"),
    Command.OFFER_PURSUIT: "offer_pursuit",
    Command.PURSUE: "pursue",
    Command.PURSUIT_REFUSED: "refuse_pursuit",
    Command.PURSUIT_CALLED_BACK: "call_pursuit_back",
    Command.NOTE: "note",
    Command.CORRECT: "correct",
    Command.RESTRICT: "restrict",
    Command.UNRESTRICT: "end_restriction",
    Command.ADMIT: "access",
    Command.MOVE: "move",
    Command.REQUEST: "ask_partner",
    Command.ADD_ACTION: "add_action",
    Command.REVIEW_PLP: "review_partnership",
    **dict.fromkeys(DECISIONS, "decide"),
}
"""The page on which each command is given; one that is not here is offered somewhere else on the referral page."""


def page_of(page: PageRequest, command: Command, reference: str) -> str:
    """Return the address of the page on which a command is given."""
    name = PAGES_OF[command]
    if name == "decide":
        return page.url(name, reference=reference, command=command.value)
    return page.url(name, reference=reference)


ERASED = "The person was erased: nothing can be recorded of this referral any more."
CHECK = "Check before you record this"
"""The title of every page that shows once more what is about to be recorded."""
DECISION = "decision"
"""Why a referral is read where a decision about it is made."""


@dataclass(frozen=True)
class Opened:
    """A referral as a view has it, with the area's practice and what this person may do."""

    held: Held
    practice: Practice
    today: date
    offers: tuple[Offer[Command], ...]
    corrections: tuple[CorrectionView, ...] = ()
    erasure: Erasure | None = None
    writing: Writing = NOTHING_WRITTEN

    def refusal(self, command: Command) -> str:
        """Return why a command is not offered, nothing where it is."""
        return next(offer.refusal for offer in self.offers if offer.command is command)


async def opened(page: PageRequest, session: Session, *, reason: str) -> Opened:
    """Open the referral of the address and record that this person read it; ReferralNotFound as queries says.

    Before a decision the search for earlier referrals runs once more: what has come meanwhile counts.
    """
    held = await queries.held_by_reference(session, page.path["reference"])
    await audit.record_read(session, subject=held.subject, now=page.now, reason=reason)
    if reason == DECISION and await operations.look_again(session, held.reference, page.now):
        held = await queries.held(session, held.subject)
    return await as_it_stands(page, session, held)


async def as_it_stands(page: PageRequest, session: Session, held: Held) -> Opened:
    """Return a referral with what this person may do with it now."""
    local: Practices = page.runtime.clients
    practice = local.under(held.area, held.area_version, page.now)
    today = page.now.astimezone(LONDON).date()
    may = offers(held.situation, page.actor.roles, practice)
    if held.erased:
        may = tuple(replace(each, refusal=ERASED) for each in may)
    corrections = await queries.corrections(session, (held.subject,))
    erasure = await queries.erasure_of(session, held)
    return Opened(held, practice, today, may, corrections, erasure, await writing(page, session, held))


def changes_text(changes: tuple[TimelineEntry, ...]) -> list[dict[str, object]]:
    """Return who did what meanwhile, as plain values."""
    return [{"what": what["title"], "by": what["by"], "at": each.at} for each in changes for what in (said(each),)]


def said(entry: TimelineEntry) -> dict[str, str]:
    """Return what happened and who did it, a person or, of a version that arrived, the role of whoever made it."""
    version = entry.brought if entry.command == Command.VERSION_ADDED else None
    if version is None:
        return {"title": HAPPENED[Command(entry.command)], "by": entry.by}
    return {"title": happened(version) or HAPPENED[Command.VERSION_ADDED], "by": by_whom(version)}


def shown(page: PageRequest, template: str, found: Opened, values: Mapping[str, object], status: int = 200) -> Response:
    """Render a page about one referral."""
    held = found.held
    return page.render(
        template,
        status=status,
        reference=held.reference,
        name=held.summary.name if held.summary else "Erased" if held.erased else "Person not known yet",
        erased=held.erased,
        erasure=found.erasure,
        facts=_facts(held),
        immediate_danger=held.immediate_danger and not held.erased,
        urgent=held.situation.urgent,
        row_version=held.row_version,
        restricted=held.situation.restricted,
        access_href="" if found.refusal(Command.ADMIT) else page.url("access", reference=held.reference),
        corrections=mistakes(found.corrections),
        **{**values, **values_of(page, found.writing)},
    )


def mistakes(corrections: tuple[CorrectionView, ...]) -> list[dict[str, object]]:
    """Return what a page says of corrections, as plain values."""
    return [{**vars(each), "label": WRONG[each.kind][0]} for each in corrections]


def _facts(held: Held) -> list[tuple[str, str]]:
    summary = held.summary
    if summary is None:
        return [("Reference", held.reference)]
    born = f"{summary.date_of_birth:%-d %B %Y}" if summary.date_of_birth else f"about {summary.approximate_age}"
    facts = [("Date of birth" if summary.date_of_birth else "Age", born), ("Reference", held.reference)]
    return [*facts, ("District", summary.district)] if summary.district else facts
