"""One meeting before it runs: its agenda, whom each case concerns, and who is invited."""

from datetime import timedelta

from chassis.calendar_file import MEDIA_TYPE, Entry, calendar_file
from chassis.database import Session
from chassis.transitions import NotRecorded
from chassis.web import FormErrors, PageRequest, Response, blank, parse, refused
from contracts.vocabulary.days import LONDON
from services.channel import queries
from services.channel.domain import STATE_LABELS, CaseNotFound, ChangedMeanwhile, Practice, sector_label
from services.channel.domain.meetings import (
    FOR_THE_PANEL,
    INVITATION_LABELS,
    KIND_LABELS,
    LIVE,
    SLOT_LABELS,
    InvitationState,
    MeetingOver,
    MeetingState,
    NotForThePanel,
    SlotNotFound,
    SlotState,
    force_missing,
)
from services.channel.domain.panel import POLICE
from services.channel.operations.agenda import add_to_agenda, choose_members, shift_slot
from services.channel.operations.convening import MeetingAct
from services.channel.operations.inviting import NewGuest, invite_guest, invite_members
from services.channel.queries import Attendee, MeetingView, SlotView
from services.channel.queries.agenda import due_cases
from services.channel.web.meeting_forms import AgendaForm, GuestForm, MembersForm, SeenForm, ShiftForm
from services.channel.web.views.asked_as import id_of_slot, meeting_id
from services.channel.web.views.begun import on_page
from services.channel.web.views.meetings import (
    changes_since,
    due_line,
    following_meeting,
    meeting_line,
    practice_under,
)

AN_HOUR = timedelta(hours=1)
"""How long a meeting takes at least in a calendar."""
OTHER_SECTORS = ("faith", "voluntary", "other")


async def meeting(page: PageRequest) -> Response:
    """Show a meeting with its agenda, what is due for it, and who has accepted; cases by reference only."""
    return await _show(page, blank())


async def change_agenda(page: PageRequest) -> Response:
    """Put the chosen cases on the agenda."""
    data = await page.form()
    form = parse(AgendaForm, data)
    if isinstance(form, FormErrors):
        return await _show(page, form, status=422)
    chosen = [*form.case, *([form.reference] if form.reference else [])]
    if not chosen:
        return await _show(page, refused(data, ("reference", "Tick a case, or enter its reference")), status=422)
    try:
        async with page.transaction() as session:
            found = await queries.meeting(session, meeting_id(page))
            act = MeetingAct(page.now, form.row_version)
            await add_to_agenda(session, found.id, chosen, act, practice_under(page, found))
    except (NotForThePanel, CaseNotFound, MeetingOver) as wrong:
        return await _show(page, refused(data, ("reference", str(wrong))), status=422)
    except ChangedMeanwhile:
        return await _show(page, refused(data), form.row_version, 409)
    return page.redirect("meeting", meeting_id=found.id)


async def shift(page: PageRequest) -> Response:
    """Move a case up or down the agenda, or take it off."""
    form = parse(ShiftForm, await page.form())
    if isinstance(form, FormErrors):
        return await _show(page, form, status=422)
    try:
        async with page.transaction() as session:
            await shift_slot(session, form.slot, form.do, MeetingAct(page.now, form.row_version))
    except ChangedMeanwhile:
        return await _show(page, blank(), form.row_version, 409)
    return page.redirect("meeting", meeting_id=meeting_id(page))


async def invite(page: PageRequest) -> Response:
    """Invite the standing members who are not invited yet."""
    form = parse(SeenForm, await page.form())
    if isinstance(form, FormErrors):
        return await _show(page, form, status=422)
    try:
        async with page.transaction() as session:
            found = await queries.meeting(session, meeting_id(page))
            act = MeetingAct(page.now, form.row_version)
            sent = await invite_members(session, found.id, act, practice_under(page, found))
    except ChangedMeanwhile:
        return await _show(page, blank(), form.row_version, 409)
    page.flash(f"You have invited {sent} members." if sent else "Every member was invited already.")
    return page.redirect("meeting", meeting_id=found.id)


async def calendar_entry(page: PageRequest) -> Response:
    """Hand out the meeting as a calendar file: references only, no names."""
    async with page.transaction() as session:
        found = await queries.meeting(session, meeting_id(page))
        agenda = await queries.slots(session, found.id)
    return file_of(found, agenda, page)


def file_of(found: MeetingView, agenda: tuple[SlotView, ...], page: PageRequest) -> Response:
    """Return the calendar file of a meeting with some of its cases, by their references, as a download."""
    cases = [f"{each.starts_at.astimezone(LONDON):%H:%M} {each.reference}" for each in agenda]
    entry = Entry(
        uid=str(found.id),
        version=found.row_version,
        starts_at=found.starts_at,
        ends_at=max([found.starts_at + AN_HOUR, *(each.ends_at for each in agenda)]),
        summary="Channel panel",
        place=found.place,
        words="\n".join(["Write no names into this entry.", *cases]),
        cancelled=found.state is MeetingState.CANCELLED,
    )
    headers = {"Content-Disposition": f'attachment; filename="{found.reference}.ics"'}
    return Response(calendar_file(entry, page.now), media_type=MEDIA_TYPE, headers=headers)


async def attendees(page: PageRequest) -> Response:
    """Show whom a case concerns: the standing members, and who is invited to it alone."""
    return await _show_attendees(page, blank())


async def choose(page: PageRequest) -> Response:
    """Say which standing members a case concerns."""
    data = await page.form()
    form = parse(MembersForm, data)
    if isinstance(form, FormErrors):
        return await _show_attendees(page, form, status=422)
    try:
        async with page.transaction() as session:
            found, slot = await _opened(page, session)
            act = MeetingAct(page.now, form.row_version)
            await choose_members(session, slot.id, form.member, act, practice_under(page, found))
    except ChangedMeanwhile:
        return await _show_attendees(page, refused(data), form.row_version, 409)
    page.flash("Saved. Whom the case does not concern has no pack of it.")
    return page.redirect("attendees", meeting_id=found.id, slot_id=slot.id)


async def guest(page: PageRequest) -> Response:
    """Invite somebody to one case only."""
    data = await page.form()
    form = parse(GuestForm, data)
    if isinstance(form, FormErrors):
        return await _show_attendees(page, form, status=422)
    invited = NewGuest(form.name, form.organisation, form.sector, form.address, form.force)
    try:
        async with page.transaction() as session:
            found, slot = await _opened(page, session)
            await invite_guest(session, found.id, slot.id, invited, MeetingAct(page.now, form.row_version))
    except NotRecorded as wrong:
        return await _show_attendees(page, refused(data, (wrong.field, str(wrong))), status=422)
    except ChangedMeanwhile:
        return await _show_attendees(page, refused(data), form.row_version, 409)
    page.flash("You have invited them. They see this one case, once they have accepted and the packs are shared.")
    return page.redirect("attendees", meeting_id=found.id, slot_id=slot.id)


def slot_line(each: SlotView) -> dict[str, object]:
    """Return one slot as pages show it: the case by its reference."""
    at = f"{each.starts_at.astimezone(LONDON):%H:%M}"
    return vars(each) | {"label": KIND_LABELS[each.kind], "state_label": SLOT_LABELS[each.state], "at": at}


def attendee_line(each: Attendee) -> dict[str, object]:
    """Return one invitation as pages show it."""
    return vars(each) | {"label": INVITATION_LABELS[each.state], "guest": each.guest}


async def _opened(page: PageRequest, session: Session) -> tuple[MeetingView, SlotView]:
    found = await queries.meeting(session, meeting_id(page))
    return found, await slot_of_address(page, session, found)


async def slot_of_address(page: PageRequest, session: Session, found: MeetingView) -> SlotView:
    """Return the slot that the address names; SlotNotFound where this meeting has none of it."""
    slot = await queries.slot(session, id_of_slot(page))
    if slot.meeting_id != found.id:
        raise SlotNotFound("There is no such case on the agenda: open the meeting and choose one there.")
    return slot


async def _show(page: PageRequest, form: FormErrors, seen: int | None = None, status: int = 200) -> Response:
    async with page.transaction() as session:
        found = await queries.meeting(session, meeting_id(page))
        after = await queries.meeting_after(session, found)
        practice = practice_under(page, found)
        today = page.now.astimezone(LONDON).date()
        due = await due_cases(session, found.area, following_meeting(found, after, practice), today)
        agenda = await queries.slots(session, found.id)
        invited = await queries.invitations(session, found.id)
        changes = await queries.meeting_changes(session, found.id)
    newer = [each for each in changes if seen is not None and each.row_version > seen]
    on_it = {each.reference for each in agenda}
    return page.render(
        "meeting",
        status=status,
        title="Panel meeting",
        meeting=meeting_line(found),
        following=after,
        planned=found.state is MeetingState.PLANNED,
        agenda=[_agenda_line(each, invited, practice) for each in agenda],
        due=[due_line(each) for each in due if each.meeting_id is None and each.due.reference not in on_it],
        invited=[attendee_line(each) for each in invited if not each.guest],
        assumed=[each.reference for each in agenda if not each.home_force],
        assumed_force=practice.force,
        guests=sum(each.guest and each.state is not InvitationState.CALLED_OFF for each in invited),
        to_invite=_not_invited(invited, practice),
        chairs={each.id: f"{each.name}, {each.organisation}" for each in practice.panel.members},
        form=form,
        changes=changes_since(newer),
        history=changes_since(changes[::-1]),
    )


async def _show_attendees(page: PageRequest, form: FormErrors, seen: int | None = None, status: int = 200) -> Response:
    async with page.transaction() as session:
        found, slot = await _opened(page, session)
        practice = practice_under(page, found)
        everybody = await queries.invitations(session, found.id)
        asked = await queries.invited(session, slot.id)
        changes = await queries.meeting_changes(session, found.id, seen) if seen is not None else ()
        begun = await on_page(page, session)
    members = practice.panel.members
    ticked = tuple(each.id for each in members if each.id not in slot.not_asked)
    sectors = dict.fromkeys([*(each.sector for each in members), *OTHER_SECTORS])
    values: dict[str, object] = {
        "title": f"Who is asked to {slot.reference}",
        "meeting": meeting_line(found),
        "planned": found.state is MeetingState.PLANNED,
        "can_invite": found.state in LIVE,
        "slot": slot_line(slot),
        "form": form,
        "chosen": form if "member" in form.values.fields else blank({"member": ticked}),
        "members": [(each.id, f"{each.organisation}: {each.name}") for each in members],
        "sectors": [(each, sector_label(each)) for each in sectors],
        "guests": [attendee_line(each) for each in asked if each.guest],
        "missing_force": _missing_force(slot, everybody, practice),
        "changes": changes_since(changes),
    }
    return page.render("meeting_attendees", status=status, **{**values, **begun})


def _agenda_line(each: SlotView, invited: tuple[Attendee, ...], practice: Practice) -> dict[str, object]:
    """Return one slot with what has to be seen to before it is heard."""
    nothing_to_decide = each.state is SlotState.WAITING and each.case_state not in FOR_THE_PANEL
    return slot_line(each) | {
        "missing_force": _missing_force(each, invited, practice),
        "elsewhere": STATE_LABELS[each.case_state] if nothing_to_decide else "",
    }


def _not_invited(invited: tuple[Attendee, ...], practice: Practice) -> list[str]:
    """Return the standing members who get a mail if the members are invited now."""
    known = {each.member_id for each in invited}
    return [f"{each.name}, {each.organisation}" for each in practice.panel.members if each.id not in known]


def _missing_force(slot: SlotView, everybody: tuple[Attendee, ...], practice: Practice) -> str:
    """Return the police force that has to be there for a case and that nobody invited to it comes from."""
    asked = [each for each in everybody if queries.is_asked(each, slot)]
    standing = [each for each in practice.panel.members if each.id not in slot.not_asked]
    # Only the police themselves come from a force: whoever works with one from another sector does not stand for it.
    forces = [each.force for each in asked if each.sector == POLICE]
    forces += [each.force for each in standing if each.sector == POLICE]
    return force_missing(slot.home_force or practice.force, forces)
