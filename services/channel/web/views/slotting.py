"""A case in its slot of a panel meeting: why it is in Channel, what changed, who is in the room, and what they say."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from chassis.database import Session
from chassis.web import Form, FormData, FormErrors, PageRequest, Response, blank, parse, refused
from services.channel import operations, queries
from services.channel.domain import HAPPENED, ChangedMeanwhile, Command, NotRecorded, offers
from services.channel.domain.meetings import KIND_LABELS, SLOT_LABELS, MeetingState, SlotNotFound, SlotState
from services.channel.domain.panel import ENDED_SLOTS, MeetingNotOpen, NotInTheRoom, decisions_in
from services.channel.domain.standing import InPanel
from services.channel.operations import AtTheDoor
from services.channel.queries import MeetingView, SlotView, TimelineEntry
from services.channel.web.room_forms import ForceForm, GuestForm, RoomForm, SeenForm
from services.channel.web.views.asked import Opened, opened, shown
from services.channel.web.views.told import decision_told, presence_told

CHANGED = "Somebody changed this slot after you opened it. Your words are kept: read the slot again, then send them."
GROUNDS = frozenset({Command.RECEIVE_SECTION_36, Command.REFER})


@dataclass(frozen=True)
class Reached:
    """A case in its slot: the slot, its meeting, and why the panel cannot decide now (nothing: it can)."""

    found: Opened
    slot: SlotView
    meeting: MeetingView
    lacking: tuple[str, ...]

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


async def reached(page: PageRequest, session: Session, reason: str) -> Reached:
    """Open the slot of the address with its case; SlotNotFound where it is another's, ConflictStands as `opened`."""
    found = await opened(page, session, reason=reason)
    slot = await queries.slot(session, _id(page.path["slot_id"]))
    if slot.subject != found.held.subject:
        raise SlotNotFound("This case has no such slot: open the meeting and choose it there.")
    meeting = await queries.meeting(session, slot.meeting_id)
    lacking = await operations.why_not_quorate(session, slot, found.held, found.practice)
    return Reached(found, slot, meeting, lacking)


def in_slot(
    page: PageRequest, template: str, at: Reached, values: dict[str, object], status: int = 200
) -> Response:
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
        "lacking": at.lacking,
        "slot_url": page.url("slot", reference=at.found.held.reference, slot_id=slot.id),
    }
    return shown(page, template, at.found, {**facts, **values}, status, tab="panel")


def back_to(page: PageRequest, at: Reached) -> Response:
    """Lead back to the slot."""
    return page.redirect("slot", reference=at.found.held.reference, slot_id=at.slot.id)


async def panel(page: PageRequest) -> Response:
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
    return shown(page, "panel", found, values)


async def slot(page: PageRequest) -> Response:
    """Show a case in its slot: everything that the chair needs to have it discussed and decided."""
    async with page.transaction() as session:
        at = await reached(page, session, "panel-slot")
        return in_slot(page, "slot", at, await _told(page, session, at))


async def go_on(page: PageRequest) -> Response:
    """Go on to a case, or record that a conflict of interest does not stand any more."""
    form = parse(SeenForm, await page.form())
    async with page.transaction() as session:
        at = await reached(page, session, "panel-slot")
        if isinstance(form, FormErrors):
            return in_slot(page, "slot", at, {**await _told(page, session, at), "form": form}, 422)
        if form.do == "back":
            await operations.come_back(session, at.slot.id, _id(form.who), form.seen, page.now)
        else:
            await operations.open_slot(session, at.slot.id, form.seen, page.now)
    return back_to(page, at)


async def slot_room(page: PageRequest) -> Response:
    """Ask who is in the room, with those ticked who are, or who were when the last case was heard."""
    async with page.transaction() as session:
        at = await reached(page, session, "panel-room")
        ticked = {str(each.id) for each in await _inside(session, at)}
        form = blank({"inside": tuple(ticked)})
        return await _room(page, session, at, form)


async def change_room(page: PageRequest) -> Response:
    """Make the room those who are ticked."""

    async def doing(session: Session, at: Reached, form: RoomForm) -> None:
        await operations.let_in(session, at.slot.id, form.inside, at.found.practice, form.seen, page.now)

    return await _do(page, RoomForm, doing, _room)


async def slot_guest(page: PageRequest) -> Response:
    """Ask who is let in without having been invited."""
    async with page.transaction() as session:
        return await _guest(page, session, await reached(page, session, "panel-room"), blank())


async def let_guest_in(page: PageRequest) -> Response:
    """Let somebody in who was not invited."""

    async def doing(session: Session, at: Reached, form: GuestForm) -> None:
        guest = AtTheDoor(form.name, form.organisation, form.sector, form.force, stands_in=form.stands_in)
        await operations.let_guest_in(session, at.slot.id, guest, form.seen, page.now)

    return await _do(page, GuestForm, doing, _guest)


async def slot_conflict(page: PageRequest) -> Response:
    """Ask who has a conflict of interest, and which."""
    async with page.transaction() as session:
        return await _conflict(page, session, await reached(page, session, "panel-conflict"), blank())


async def declare_conflict(page: PageRequest) -> Response:
    """Record a conflict of interest: whoever has it leaves the room."""

    async def doing(session: Session, at: Reached, form: SeenForm) -> None:
        if not form.who:
            raise NotRecorded("who", "Choose who has the conflict of interest")
        await operations.step_out(session, at.slot.id, _id(form.who), form.words, form.seen, page.now)

    return await _do(page, SeenForm, doing, _conflict)


async def slot_said(page: PageRequest) -> Response:
    """Ask what each agency says, in a few words."""
    async with page.transaction() as session:
        return await _said(page, session, await reached(page, session, "panel-said"), blank())


async def keep_said(page: PageRequest) -> Response:
    """Keep what was said."""
    data = await page.form()

    async def doing(session: Session, at: Reached, _: SeenForm) -> None:
        heard = [each.seat.id for each in await queries.presences(session, at.slot.id)]
        said = [(each, data.get(f"said-{each}")) for each in dict.fromkeys(heard)]
        await operations.contribute(session, at.slot.id, said, page.now)

    return await _do(page, SeenForm, doing, _said)


async def home_force(page: PageRequest) -> Response:
    """Ask which police force has the area where the person lives."""
    async with page.transaction() as session:
        found = await opened(page, session, reason="panel-page")
    return _force(page, found, blank({"force": found.held.home_force}))


async def set_home_force(page: PageRequest) -> Response:
    """Record which police force has to be in the room."""
    data = await page.form()
    form = parse(ForceForm, data)
    async with page.transaction() as session:
        found = await opened(page, session, reason="panel-page")
    if isinstance(form, FormErrors):
        return _force(page, found, form, 422)
    try:
        async with page.transaction() as session:
            subject = found.held.subject
            await operations.set_home_force(
                session, subject, form.force, found.practice, form.row_version, page.now
            )
    except NotRecorded as wrong:
        return _force(page, found, refused(data, (wrong.field, str(wrong))), 422)
    except ChangedMeanwhile as wrong:
        return _force(page, found, refused(data, ("force", str(wrong))), 409)
    return page.redirect("panel", reference=found.held.reference)


def _force(page: PageRequest, found: Opened, form: FormErrors, status: int = 200) -> Response:
    values = {"title": "Police where the person lives", "form": form, "force": found.practice.force}
    return shown(page, "home_force", found, values, status, tab="panel")


Asks = Callable[[PageRequest, Session, Reached, FormErrors, int], Awaitable[Response]]


async def _do(page: PageRequest, model: type[Form], doing: Callable[..., Awaitable[None]], asks: Asks) -> Response:
    """Carry out what a form of the slot says; whatever is refused is said beside the words, which are kept."""
    data = await page.form()
    form = parse(model, data)
    if not isinstance(form, FormErrors):
        try:
            async with page.transaction() as session:
                at = await reached(page, session, "panel-slot")
                await doing(session, at, form)
            return back_to(page, at)
        except NotRecorded as wrong:
            form, status = refused(data, (wrong.field, str(wrong))), 422
        except (NotInTheRoom, MeetingNotOpen) as wrong:
            form, status = refused(data, ("seen", str(wrong))), 422
        except ChangedMeanwhile:
            form, status = refused(data, ("seen", CHANGED)), 409
    else:
        status = 422
    async with page.transaction() as session:
        return await asks(page, session, await reached(page, session, "panel-slot"), form, status)


async def _inside(session: Session, at: Reached) -> Sequence[queries.Presence | object]:
    inside = await queries.room(session, at.slot.id)
    if inside:
        return inside
    before = [each for each in await queries.slots(session, at.meeting.id) if each.position < at.slot.position]
    last = next((each for each in reversed(before) if each.opened_at is not None), None)
    if last is None:
        return ()
    came = {each.seat.member_id for each in await queries.presences(session, last.id) if each.seat.member_id}
    return [each for each in await queries.expected(session, at.slot, at.found.practice) if each.member_id in came]


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise SlotNotFound("There is no such slot: open the meeting and choose it there.") from None
