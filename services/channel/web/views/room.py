"""The page of a meeting while it runs: who presides, the agenda case by case, the last minutes, the next date."""

from chassis.database import Session
from chassis.errors import ThroughlineError
from chassis.web import FormErrors, PageRequest, Response, blank, parse, refused
from contracts.vocabulary.days import LONDON
from services.channel import operations, queries
from services.channel.domain import ChangedMeanwhile
from services.channel.domain.meetings import (
    KIND_LABELS,
    MEETING_LABELS,
    SLOT_LABELS,
    MeetingOver,
    MeetingState,
    is_ahead,
)
from services.channel.domain.panel import ENDED_SLOTS, MeetingNotOpen, NotInTheRoom, may_chair
from services.channel.operations.convening import MeetingAct
from services.channel.web.room_forms import AGAIN, SeenForm
from services.channel.web.views.asked_as import meeting_id
from services.channel.web.views.meetings import practice_under

DONE = {
    "begin": "The meeting has begun. Open the first case of the agenda to go on to it.",
    "preside": "Another chair presides now.",
    "end": "The meeting has ended. Write the summaries of its minutes; the chair approves them.",
}


async def room(page: PageRequest) -> Response:
    """Show the meeting as it runs; its cases are named by reference only."""
    async with page.transaction() as session:
        return await _show(page, session, blank(), 200)


async def run_meeting(page: PageRequest) -> Response:
    """Begin or end the meeting, or let another chair take over: one press each."""
    data = await page.form()
    form = parse(SeenForm, data)
    if isinstance(form, FormErrors):
        async with page.transaction() as session:
            return await _show(page, session, form, 422)
    try:
        async with page.transaction() as session:
            await _run(page, session, form)
    except (MeetingNotOpen, NotInTheRoom, MeetingOver, ChangedMeanwhile) as wrong:
        return await _refuse(page, wrong, 409 if isinstance(wrong, ChangedMeanwhile) else 422)
    page.flash(DONE[form.do])
    return page.redirect("room", meeting_id=meeting_id(page))


async def _run(page: PageRequest, session: Session, form: SeenForm) -> None:
    act, which = MeetingAct(page.now, form.seen), meeting_id(page)
    practice = practice_under(page, await queries.meeting(session, which))
    if form.do == "begin":
        await operations.begin_meeting(session, which, act, practice)
    elif form.do == "preside":
        await operations.take_over(session, which, form.who, act, practice)
    elif form.do == "end":
        await operations.end_meeting(session, which, act)
    else:
        raise MeetingNotOpen(f"{AGAIN}.")


async def _refuse(page: PageRequest, wrong: ThroughlineError, status: int) -> Response:
    async with page.transaction() as session:
        return await _show(page, session, refused(await page.form(), ("meeting", str(wrong))), status)


async def _show(page: PageRequest, session: Session, form: FormErrors, status: int) -> Response:
    meeting = await queries.meeting(session, meeting_id(page))
    presided = await queries.presides(session, meeting.id)
    last, following = await queries.meeting_before(session, meeting), await queries.meeting_after(session, meeting)
    chairs = [each for each in practice_under(page, meeting).panel.members if may_chair(each)]
    now_presiding = presided[-1].member_id if presided else ""
    minutes = await queries.minutes_of(session, last.id) if last else None
    values = {
        "title": f"Panel meeting, {meeting.held_on:%-d %B %Y}",
        "form": form,
        "meeting_id": meeting.id,
        "meeting_url": page.url("meeting", meeting_id=meeting.id),
        "seen": meeting.row_version,
        "state": MEETING_LABELS[meeting.state],
        "is_planned": meeting.state is MeetingState.PLANNED,
        "is_ahead": is_ahead(meeting.held_on, page.now),
        "runs": meeting.state is MeetingState.UNDER_WAY,
        "place": meeting.place,
        "starts_at": meeting.starts_at,
        "presided": presided,
        "takers": [(each.id, each.name) for each in chairs if each.id != now_presiding],
        "last": last,
        "last_minutes": minutes,
        "following": following,
        "waits_for_minutes": last is not None and minutes is not None and minutes.checked_at is None,
        "slots": [
            {
                "url": page.url("slot", reference=each.reference, slot_id=each.id),
                "reference": each.reference,
                "kind": KIND_LABELS[each.kind],
                "state": SLOT_LABELS[each.state],
                "is_ended": each.state in ENDED_SLOTS,
                "at": f"{each.starts_at.astimezone(LONDON):%H:%M}",
                "minutes": each.minutes,
                "inside": len(await queries.room(session, each.id)),
            }
            for each in await queries.slots(session, meeting.id)
        ],
    }
    return page.render("room", status=status, **values)
