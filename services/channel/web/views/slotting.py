"""A case in its slot of a panel meeting: why it is in Channel, what changed since, and what the panel can decide."""

from collections.abc import Container, Mapping
from dataclasses import dataclass, replace
from uuid import UUID

from chassis.database import Session
from chassis.web import FormErrors, PageRequest, Response, blank, parse, refused
from services.channel import operations, queries
from services.channel.domain import (
    HAPPENED,
    ChangedMeanwhile,
    ClosingOutcome,
    Command,
    Record,
    closes_unseen,
    offers,
)
from services.channel.domain.meetings import KIND_LABELS, SLOT_LABELS, MeetingState, SlotNotFound, SlotState
from services.channel.domain.panel import ENDED_SLOTS, MeetingNotOpen, decisions_in
from services.channel.domain.planning import PlanItem
from services.channel.domain.standing import InPanel
from services.channel.queries import CaseView, MeetingView, PlanView, SlotView, TimelineEntry
from services.channel.web.room_forms import SeenForm
from services.channel.web.views.asked import Opened, opened, shown
from services.channel.web.views.information import missing_lines
from services.channel.web.views.told import decision_told, presence_told

GROUNDS = frozenset({Command.RECEIVE_SECTION_36, Command.REFER})


@dataclass(frozen=True)
class Reached:
    """A case in its slot: the slot, its meeting, and why this person can record no decision now (nothing: they can).

    `quorum` is who is missing in the room while the case is heard.
    """

    found: Opened
    slot: SlotView
    meeting: MeetingView
    lacking: tuple[str, ...]
    quorum: tuple[str, ...] = ()

    def refusal(self, page: PageRequest, command: Command) -> str:
        """Return why the panel cannot decide so now, nothing where it can."""
        return next(each["refusal"] for each in self.offers(page) if each["command"] == command)

    def offers(self, page: PageRequest) -> list[dict[str, str]]:
        """Return what the panel can decide of a case that stands where this one does, each with why not now."""
        situation = replace(self.found.held.situation, in_panel=InPanel(self.lacking))
        ours = decisions_in(situation.state)
        every = offers(situation, page.actor.roles, self.found.practice)
        return [
            {"command": each.command.value, "label": each.label, "refusal": each.refusal}
            for each in every
            if each.command in ours
        ]

    def unseen(self) -> str:
        """Return why the case cannot be closed as one of which the concerns are reduced, nothing where it can."""
        situation = self.found.held.situation
        if Command.PANEL_CLOSE not in decisions_in(situation.state):
            return ""
        reduced = Record(outcome=ClosingOutcome.CONCERNS_REDUCED)
        return " ".join(f"{sentence}." for _, sentence in closes_unseen(Command.PANEL_CLOSE, situation, reduced))


async def reached(page: PageRequest, session: Session, reason: str) -> Reached:
    """Open the slot of the address with its case; SlotNotFound where it is another's, ConflictStands as `opened`."""
    found = await opened(page, session, reason=reason)
    slot = await queries.slot(session, id_of(page.path["slot_id"]))
    if slot.subject != found.held.subject:
        raise SlotNotFound("This case has no such slot: open the meeting and choose it there.")
    meeting = await queries.meeting(session, slot.meeting_id)
    lacking = await operations.why_not_quorate(session, slot, found.held, found.practice)
    heard = slot.state is SlotState.OPEN
    quorum = await operations.lacks_quorum(session, slot, found.held, found.practice) if heard else ()
    return Reached(found, slot, meeting, lacking, quorum)


def in_slot(page: PageRequest, template: str, at: Reached, values: Mapping[str, object], status: int = 200) -> Response:
    """Render a page about a case in its slot."""
    slot, meeting = at.slot, at.meeting
    facts = {
        "slot_id": slot.id,
        "seen": slot.row_version,
        "kind": KIND_LABELS[slot.kind],
        "slot_state": SLOT_LABELS[slot.state],
        "is_open": slot.state is SlotState.OPEN and meeting.state is MeetingState.UNDER_WAY,
        "is_waiting": slot.state is SlotState.WAITING and meeting.state is MeetingState.UNDER_WAY,
        "is_ended": slot.state in ENDED_SLOTS,
        "meeting_id": meeting.id,
        "held_on": meeting.held_on,
        "starts_at": slot.starts_at,
        "quorum_lacks": at.quorum,
        "slot_url": page.url("slot", reference=at.found.held.reference, slot_id=slot.id),
    }
    return shown(page, template, at.found, {**facts, **values}, status, tab="case_panel")


def back_to(page: PageRequest, at: Reached) -> Response:
    """Lead back to the slot."""
    return page.redirect("slot", reference=at.found.held.reference, slot_id=at.slot.id)


async def case_panel(page: PageRequest) -> Response:
    """Show what the panel has decided of a case, and when it looks at it next."""
    async with page.transaction() as session:
        found = await opened(page, session, reason="panel-page")
        decisions = await queries.panel_decisions(session, found.held.subject)
        meetings = await queries.meetings_of(session, found.held.subject)
    slots = [
        {
            "held_on": each.held_on,
            "kind": KIND_LABELS[each.kind],
            "state": SLOT_LABELS[each.state],
            "added_at": each.added_at,
            "added_by": each.added_by,
            "url": page.url("slot", reference=found.held.reference, slot_id=each.slot_id),
        }
        for each in meetings
    ]
    values = {
        "title": "Panel",
        "decisions": [decision_told(each) for each in decisions],
        "slots": slots,
        "home_force": found.held.home_force,
        "force": found.practice.force,
    }
    return shown(page, "case_panel", found, values)


async def slot(page: PageRequest) -> Response:
    """Show a case in its slot: everything that the chair needs to have it discussed and decided."""
    async with page.transaction() as session:
        at = await reached(page, session, "panel-slot")
        return in_slot(page, "slot", at, await _told(page, session, at))


async def go_on(page: PageRequest) -> Response:
    """Go on to a case, or record that a conflict of interest does not stand any more."""
    data = await page.form()
    form = parse(SeenForm, data)
    if isinstance(form, FormErrors):
        return await _again(page, form, 422)
    try:
        async with page.transaction() as session:
            at = await reached(page, session, "panel-slot")
            if form.do == "back":
                await operations.come_back(session, at.slot.id, id_of(form.who), form.seen, page.now)
                page.flash("The conflict of interest does not stand any more.")
                return back_to(page, at)
            await operations.open_slot(session, at.slot.id, form.seen, page.now)
    except MeetingNotOpen as wrong:
        return await _again(page, refused(data, ("seen", str(wrong))), 422)
    except ChangedMeanwhile as wrong:
        return await _again(page, refused(data, ("seen", str(wrong))), 409)
    return page.redirect("slot_room", reference=at.found.held.reference, slot_id=at.slot.id)


async def _again(page: PageRequest, form: FormErrors, status: int) -> Response:
    """Show the slot again with the sentence that says what is wrong."""
    async with page.transaction() as session:
        at = await reached(page, session, "panel-slot")
        return in_slot(page, "slot", at, {**await _told(page, session, at), "form": form}, status)


async def _told(page: PageRequest, session: Session, at: Reached) -> dict[str, object]:
    """Return everything that the page of a slot shows: the reason in Channel, then what changed since last time."""
    subject, slot = at.found.held.subject, at.slot
    view = await queries.case_view(session, at.found.held)
    earlier = [each for each in await queries.panel_decisions(session, subject) if each.slot_id != slot.id]
    since = earlier[0].decided_at if earlier else at.found.held.opened_at
    presides = await queries.presides(session, at.meeting.id)
    grounds = _grounds(view)
    return {
        "title": f"{at.found.held.reference} in the panel",
        "grounds": [(who, words) for words, who in grounds.items()],
        "changed": [_changed(each, grounds) for each in view.timeline if not earlier or each.at > since],
        "since": since,
        "earlier": [decision_told(each) for each in earlier],
        "present": presence_told(await queries.presences(session, slot.id)),
        "declared": await queries.declared(session, slot.id),
        "said": await queries.contributions(session, slot.id),
        "decision": decision_told(await queries.decision_in(session, slot.id)),
        "actions": await queries.actions_of(session, slot),
        "presiding": presides[-1].name if presides else "",
        **await _next(page, session, at),
        "offers": at.offers(page),
        "unseen": at.unseen(),
        "form": blank(),
        "waits_for_minutes": not await operations.last_minutes_checked(session, at.meeting),
        **await _prepared(page, session, at),
    }


async def _next(page: PageRequest, session: Session, at: Reached) -> dict[str, object]:
    """Return the way to the next case of the agenda that has not been dealt with; nothing where there is none."""
    agenda = await queries.slots(session, at.meeting.id)
    following = next((each for each in agenda if each.state not in ENDED_SLOTS and each.id != at.slot.id), None)
    if following is None:
        return {"next_url": "", "next_reference": ""}
    url = page.url("slot", reference=following.reference, slot_id=following.id)
    return {"next_url": url, "next_reference": following.reference}


async def _prepared(page: PageRequest, session: Session, at: Reached) -> dict[str, object]:
    """Return what others have prepared: the newest assessment, the plan with what it leaves out, sessions that lack."""
    subject, reference = at.found.held.subject, at.found.held.reference
    kept = await queries.plan_of(session, subject)
    return {
        "missing": missing_lines(await queries.missing(session, subject), page.now),
        "missing_url": page.url("information", reference=reference),
        "assessment": await queries.newest_assessment(session, subject),
        "plan_items": [_item(kept, each) for each in kept.version.plan.items] if kept else [],
        "plan_url": page.url("plan", reference=reference),
        "gaps": await queries.uncovered(session, subject),
        "alarms": await queries.intervention_alarms(session, subject),
    }


def _item(kept: PlanView, item: PlanItem) -> dict[str, object]:
    return {
        "support": item.support,
        "owner": item.owner.name,
        "due_on": item.due_on,
        "state": kept.state(item).value.replace("-", " "),
    }


def _grounds(view: CaseView) -> dict[str, str]:
    """Return why the person is in Channel: the grounds of each section 36(3) referral, once each, with who gave them.

    What a pack brings to a case that is here already stands in its history too.
    """
    packs = [(each.grounds, "The police, with the pack") for each in view.packs if each.grounds]
    referred = [(each.note, each.by or "The police") for each in view.timeline if each.command in GROUNDS and each.note]
    found: dict[str, str] = {}
    for words, who in (*packs, *referred):
        found.setdefault(words, who)
    return found


def _changed(entry: TimelineEntry, grounds: Container[str]) -> dict[str, object]:
    """Return what happened; the grounds of a referral stand above it."""
    note = "" if entry.note in grounds else entry.note
    return {"what": HAPPENED[Command(entry.command)], "by": entry.by, "at": entry.at, "note": note}


def id_of(text: str) -> UUID:
    """Return the id that an address or a form names; SlotNotFound where it is none."""
    try:
        return UUID(text)
    except ValueError:
        raise SlotNotFound("There is no such slot: open the meeting and choose it there.") from None
