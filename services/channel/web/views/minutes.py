"""The minutes: what was recorded of each case and a short summary, approved by the chair, checked next time."""

from chassis import audit
from chassis.database import Session
from chassis.web import FormErrors, PageRequest, Response, blank, parse, refused
from services.channel import operations, queries
from services.channel.domain import ChangedMeanwhile, NotRecorded
from services.channel.domain.meetings import KIND_LABELS, SLOT_LABELS, MeetingState, SlotNotFound
from services.channel.domain.panel import ConflictStands, MeetingNotOpen, MinutesApproved
from services.channel.queries import MeetingView, SlotMinutes, SlotView
from services.channel.web.forms import too_long
from services.channel.web.room_forms import SeenForm
from services.channel.web.views.asked import keep_out
from services.channel.web.views.asked_as import meeting_id
from services.channel.web.views.begun import on_page
from services.channel.web.views.checking import correction_of, last_meeting, own_ids, to_check
from services.channel.web.views.slotting import id_of
from services.channel.web.views.told import decision_told, presence_told


async def minutes(page: PageRequest) -> Response:
    """Show the minutes, drafted from what was recorded: persons by reference only, each case under its own heading."""
    async with page.transaction() as session:
        return await _show(page, session, "minutes", blank(), 200)


async def minutes_print(page: PageRequest) -> Response:
    """Show the minutes for printing, with who prints them and when."""
    async with page.transaction() as session:
        return await _show(page, session, "minutes_print", blank(), 200)


async def approve_minutes(page: PageRequest) -> Response:
    """Approve the minutes as the chair; from then on they are corrected, not changed."""
    data = await page.form()
    try:
        async with page.transaction() as session:
            await operations.approve_minutes(session, meeting_id(page), page.now)
    except (MeetingNotOpen, MinutesApproved) as wrong:
        async with page.transaction() as session:
            return await _show(page, session, "minutes", refused(data, ("minutes", str(wrong))), 422)
    page.flash("You have approved the minutes.")
    return page.redirect("minutes", meeting_id=meeting_id(page))


async def minute(page: PageRequest) -> Response:
    """Ask what the minutes say of one case; until somebody writes it, the words of the decision stand there."""
    async with page.transaction() as session:
        meeting, told = await _one(page, session)
        words = told.version.words if told.version else told.decision.words if told.decision else ""
        return await _write(page, session, (meeting, told), blank({"words": words}), 200)


async def write_minute(page: PageRequest) -> Response:
    """Keep a version of what the minutes say of a case; nothing that somebody else saved is overwritten."""
    data = await page.form()
    form = parse(SeenForm, data)
    status, wrong = 422, form if isinstance(form, FormErrors) else blank()
    if not isinstance(form, FormErrors):
        try:
            async with page.transaction() as session:
                _, told = await _one(page, session)
                await operations.write_minute(session, told.slot.id, form.words, form.seen, page.now)
            return page.redirect("minutes", meeting_id=meeting_id(page))
        except (NotRecorded, MinutesApproved) as refusal:
            wrong = refused(data, ("words", str(refusal)))
        except ChangedMeanwhile as refusal:
            status, wrong = 409, refused(data, ("words", str(refusal)))
    async with page.transaction() as session:
        return await _write(page, session, await _one(page, session), wrong, status)


async def check_minutes(page: PageRequest) -> Response:
    """Ask whether the minutes of the last meeting are right, case by case."""
    async with page.transaction() as session:
        last = await last_meeting(page, session)
        return await _show(page, session, "minutes_check", blank(), 200, last)


async def keep_check(page: PageRequest) -> Response:
    """Record that the minutes of the last meeting were checked, with what was found wrong."""
    data = await page.form()
    try:
        async with page.transaction() as session:
            last = await last_meeting(page, session)
            ours = await to_check(page, session)
            wrong = too_long(data, {correction_of(each): f"The correction of {each.reference}" for each in ours})
            if wrong:
                return await _show(page, session, "minutes_check", refused(data, *wrong), 422, last)
            found = [(each.id, data.get(correction_of(each))) for each in ours]
            await operations.check_minutes(session, last.id, meeting_id(page), found, page.now)
    except MeetingNotOpen as refusal:
        async with page.transaction() as session:
            form = refused(data, ("minutes", str(refusal)))
            return await _show(page, session, "minutes_check", form, 422, await last_meeting(page, session))
    return page.redirect("room", meeting_id=meeting_id(page))


async def _one(page: PageRequest, session: Session) -> tuple[MeetingView, SlotMinutes]:
    meeting = await queries.meeting(session, meeting_id(page))
    slot = await queries.slot(session, id_of(page.path["slot_id"]))
    if slot.meeting_id != meeting.id:
        raise SlotNotFound("This meeting has no such case: open its minutes and choose one there.")
    if await queries.conflict_stands(session, slot.subject, page.actor.id, own_ids(page, meeting)):
        await keep_out(page, slot.subject, slot.area, "minutes")
        raise ConflictStands("You have a conflict of interest in this case: ask somebody else to write of it.")
    await audit.record_read(session, subject=slot.subject, now=page.now, reason="minutes")
    return meeting, await queries.slot_minutes(session, slot)


async def _write(
    page: PageRequest, session: Session, one: tuple[MeetingView, SlotMinutes], form: FormErrors, status: int
) -> Response:
    meeting, told = one
    values = {
        "title": f"Minutes of {told.slot.reference}",
        "form": form,
        "meeting_id": meeting.id,
        "held_on": meeting.held_on,
        "seen": told.number,
        "versions": await queries.minute_versions(session, told.slot.id),
    }
    return page.render("minute", status=status, **{**values, **await on_page(page, session)})


async def _show(
    page: PageRequest, session: Session, template: str, form: FormErrors, status: int, of: MeetingView | None = None
) -> Response:
    meeting = of or await queries.meeting(session, meeting_id(page))
    agenda = await queries.slots(session, meeting.id)
    following = await queries.meeting_after(session, meeting)
    values = {
        "title": f"Minutes of the panel, {meeting.held_on:%-d %B %Y}",
        "form": form,
        "meeting_id": meeting.id,
        "held_on": meeting.held_on,
        "place": meeting.place,
        "is_held": meeting.state is MeetingState.HELD,
        "presided": await queries.presides(session, meeting.id),
        "kept": await queries.minutes_of(session, meeting.id),
        "next_on": following.held_on if following else None,
        "slots": [await _slot(page, session, each, own_ids(page, meeting)) for each in agenda],
        "to_correct": [(correction_of(each), each.reference) for each in await to_check(page, session)] if of else [],
        "back_to": meeting_id(page),
        "printed_by": page.actor.name,
    }
    return page.render(template, status=status, **{**values, **await on_page(page, session)})


async def _slot(page: PageRequest, session: Session, slot: SlotView, own: tuple[str, ...]) -> dict[str, object]:
    """Return what the minutes say of a case; of one in which the reader has a conflict of interest, only that."""
    facts: dict[str, object] = {"id": slot.id, "reference": slot.reference, "kind": KIND_LABELS[slot.kind]}
    if await queries.conflict_stands(session, slot.subject, page.actor.id, own):
        return {**facts, "conflict": True}
    await audit.record_read(session, subject=slot.subject, now=page.now, reason="minutes")
    told = await queries.slot_minutes(session, slot)
    return {
        **facts,
        "conflict": False,
        "state": SLOT_LABELS[slot.state],
        "present": presence_told(told.present),
        "stepped_out": [each.name for each in await queries.declared(session, slot.id) if each.ended_at is None],
        "decision": decision_told(told.decision),
        "actions": told.actions,
        "summary": told.version.words if told.version else "",
        "written": told.version,
        "corrections": told.corrections,
        "url": page.url("minute", meeting_id=slot.meeting_id, slot_id=slot.id),
    }
