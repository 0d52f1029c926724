"""The room of a case while it is heard: who is let in, who steps out, what each agency says."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from chassis.database import Session
from chassis.web import Form, FormErrors, PageRequest, Response, blank, parse, refused
from services.channel import operations, queries
from services.channel.domain import ChangedMeanwhile, NotRecorded, sector_label
from services.channel.domain.panel import MeetingNotOpen, NotInTheRoom, Seat
from services.channel.operations import AtTheDoor
from services.channel.web.forms import too_long
from services.channel.web.room_forms import ForceForm, GuestForm, RoomForm, SeenForm
from services.channel.web.views.asked import Opened, opened, shown
from services.channel.web.views.slotting import Reached, back_to, id_of, in_slot, reached

CHANGED = "Somebody changed this slot after you opened it. Your words are kept: read the slot again, then send them."
FormT = TypeVar("FormT", bound=Form)
Asks = Callable[[PageRequest, Session, Reached, FormErrors, int], Awaitable[Response]]
Doing = Callable[[Session, Reached, FormT], Awaitable[None]]


async def slot_room(page: PageRequest) -> Response:
    """Ask who is in the room, with those ticked who are, or who were when the last case was heard."""
    async with page.transaction() as session:
        at = await reached(page, session, "panel-room")
        ticked = {str(each.id) for each in await _inside(session, at)}
        form = blank({"inside": tuple(ticked)})
        return await _room(page, session, at, form, 200)


async def change_room(page: PageRequest) -> Response:
    """Make the room those who are ticked."""

    async def doing(session: Session, at: Reached, form: RoomForm) -> None:
        await operations.let_in(session, at.slot.id, form.inside, at.found.practice, form.seen, page.now)

    return await _do(page, RoomForm, doing, _room, "You have recorded who is in the room.")


async def slot_guest(page: PageRequest) -> Response:
    """Ask who is let in without having been invited."""
    async with page.transaction() as session:
        return await _guest(page, session, await reached(page, session, "panel-room"), blank(), 200)


async def let_guest_in(page: PageRequest) -> Response:
    """Let somebody in who was not invited."""

    async def doing(session: Session, at: Reached, form: GuestForm) -> None:
        guest = AtTheDoor(form.name, form.organisation, form.sector, form.force, stands_in=form.stands_in)
        await operations.let_guest_in(session, at.slot.id, guest, form.seen, page.now)

    return await _do(page, GuestForm, doing, _guest, "They are in the room now.")


async def slot_conflict(page: PageRequest) -> Response:
    """Ask who has a conflict of interest, and which."""
    async with page.transaction() as session:
        return await _conflict(page, session, await reached(page, session, "panel-conflict"), blank(), 200)


async def declare_conflict(page: PageRequest) -> Response:
    """Record a conflict of interest: whoever has it leaves the room."""

    async def doing(session: Session, at: Reached, form: SeenForm) -> None:
        if not form.who:
            raise NotRecorded("who", "Choose who has the conflict of interest")
        await operations.step_out(session, at.slot.id, id_of(form.who), form.words, form.seen, page.now)

    return await _do(page, SeenForm, doing, _conflict, "They have stepped out and are not counted.")


async def slot_said(page: PageRequest) -> Response:
    """Ask what each agency says, in a few words."""
    async with page.transaction() as session:
        return await _said(page, session, await reached(page, session, "panel-said"), blank(), 200)


async def keep_said(page: PageRequest) -> Response:
    """Keep what was said."""
    data = await page.form()

    async def doing(session: Session, at: Reached, _: SeenForm) -> None:
        heard = {each.seat.id: each.seat for each in await queries.presences(session, at.slot.id)}
        labels = {f"said-{each}": f"What {seat.name} says" for each, seat in heard.items()}
        for name, sentence in too_long(data, labels):
            raise NotRecorded(name, sentence)
        said = [(each, data.get(f"said-{each}")) for each in heard]
        await operations.contribute(session, at.slot.id, said, page.now)

    return await _do(page, SeenForm, doing, _said, "You have recorded what was said.")


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
            await operations.set_home_force(session, subject, form.force, found.practice, form.row_version, page.now)
    except NotRecorded as wrong:
        return _force(page, found, refused(data, (wrong.field, str(wrong))), 422)
    except ChangedMeanwhile as wrong:
        return _force(page, found, refused(data, ("force", str(wrong))), 409)
    page.flash("You have recorded which police force has the area where the person lives.")
    return page.redirect("case_panel", reference=found.held.reference)


def _force(page: PageRequest, found: Opened, form: FormErrors, status: int = 200) -> Response:
    values = {"title": "Police where the person lives", "form": form, "force": found.practice.force}
    return shown(page, "home_force", found, values, status, tab="case_panel")


async def _do(page: PageRequest, model: type[FormT], doing: Doing[FormT], asks: Asks, done: str) -> Response:
    """Carry out what a form of the slot says, and say so; a refusal is said beside the words, which are kept."""
    data = await page.form()
    form = parse(model, data)
    if isinstance(form, FormErrors):
        wrong, status = form, 422
    else:
        try:
            async with page.transaction() as session:
                at = await reached(page, session, "panel-slot")
                await doing(session, at, form)
            page.flash(done)
            return back_to(page, at)
        except NotRecorded as lacking:
            wrong, status = refused(data, (lacking.field, str(lacking))), 422
        except (NotInTheRoom, MeetingNotOpen) as refusal:
            wrong, status = refused(data, ("seen", str(refusal))), 422
        except ChangedMeanwhile:
            wrong, status = refused(data, ("seen", CHANGED)), 409
    async with page.transaction() as session:
        return await asks(page, session, await reached(page, session, "panel-slot"), wrong, status)


async def _room(page: PageRequest, session: Session, at: Reached, form: FormErrors, status: int) -> Response:
    every = await queries.expected(session, at.slot, at.found.practice)
    known = {each.id for each in every}
    let_in = tuple(each for each in await queries.room(session, at.slot.id) if each.id not in known)
    out = await queries.kept_out(session, at.slot.subject, (*every, *let_in))
    items = [(str(each.id), f"{each.name}, {each.organisation}") for each in (*every, *let_in) if each.id not in out]
    return in_slot(page, "slot_room", at, {"title": "Who is in the room?", "form": form, "items": items}, status)


async def _guest(page: PageRequest, session: Session, at: Reached, form: FormErrors, status: int) -> Response:
    del session
    sectors = [*sorted({each.sector for each in at.found.practice.panel.members}), "guest"]
    items = [(each, sector_label(each)) for each in sectors]
    values = {"title": "Let somebody in", "form": form, "sectors": items}
    return in_slot(page, "slot_guest", at, values, status)


async def _conflict(page: PageRequest, session: Session, at: Reached, form: FormErrors, status: int) -> Response:
    every = {each.id: each for each in await queries.expected(session, at.slot, at.found.practice)}
    every |= {each.id: each for each in await queries.room(session, at.slot.id)}
    items = [(str(each.id), f"{each.name}, {each.organisation}") for each in every.values()]
    values = {"title": "Conflict of interest", "form": form, "items": items}
    return in_slot(page, "slot_conflict", at, values, status)


async def _said(page: PageRequest, session: Session, at: Reached, form: FormErrors, status: int) -> Response:
    heard = {each.seat.id: each.seat for each in await queries.presences(session, at.slot.id)}
    rows = [(f"said-{each.id}", f"{each.organisation}: {each.name}") for each in heard.values()]
    return in_slot(page, "slot_said", at, {"title": "What each agency says", "form": form, "rows": rows}, status)


async def _inside(session: Session, at: Reached) -> Sequence[Seat]:
    inside = await queries.room(session, at.slot.id)
    if inside:
        return inside
    before = [each for each in await queries.slots(session, at.meeting.id) if each.position < at.slot.position]
    last = next((each for each in reversed(before) if each.opened_at is not None), None)
    if last is None:
        return ()
    came = {each.seat.member_id for each in await queries.presences(session, last.id) if each.seat.member_id}
    return [each for each in await queries.expected(session, at.slot, at.found.practice) if each.member_id in came]
