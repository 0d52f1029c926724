"""What a member of the panel has: their meetings, their answers, their cases' packs, and conflicts of interest."""

from chassis.transitions import NotRecorded
from chassis.web import FormErrors, PageRequest, Response, blank, parse, refused
from chassis.web.templating import moment
from services.channel import queries
from services.channel.domain.meetings import CONFIDENTIALITY, LIVE, STATEMENT_VERSION
from services.channel.domain.sharing import REFUSED, Reader, watermark, why_closed
from services.channel.operations.inviting import Said, answer_in_console
from services.channel.operations.packs import declare_own_conflict, open_pack, window_of
from services.channel.queries.sharing import open_shares_of
from services.channel.web.meeting_forms import AnswerForm, ConflictForm
from services.channel.web.views.agenda import attendee_line, file_of, slot_line
from services.channel.web.views.asked_as import my_meeting_of, my_slot
from services.channel.web.views.begun import on_page
from services.channel.web.views.meetings import meeting_line, practice_under


async def panel(page: PageRequest) -> Response:
    """Show the meetings that somebody is invited to: those to come first."""
    async with page.transaction() as session:
        found = await queries.invitations_of(session, page.actor.id)
    lines = [meeting_line(each) | {"mine": attendee_line(attendee)} for each, attendee in found]
    to_come = [line for (each, _), line in zip(found, lines, strict=True) if each.state in LIVE]
    past = [line for (each, _), line in zip(found, lines, strict=True) if each.state not in LIVE]
    return page.render("my_meetings", title="My panel meetings", to_come=to_come[::-1], past=past)


async def my_meeting(page: PageRequest) -> Response:
    """Show one meeting to somebody invited: what they agree to, their cases, and how their packs stand."""
    return await _show(page, blank())


async def answer(page: PageRequest) -> Response:
    """Accept or decline; accepting is agreeing to the confidentiality statement."""
    data = await page.form()
    form = parse(AnswerForm, data)
    if isinstance(form, FormErrors):
        return await _show(page, form, 422)
    said = Said(form.answer == "yes", page.actor.name or page.actor.id, page.now, form.reason)
    try:
        async with page.transaction() as session:
            found, mine = await my_meeting_of(page, session)
            await answer_in_console(session, mine.invitation_id, said, practice_under(page, found))
    except NotRecorded as wrong:
        return await _show(page, refused(data, (wrong.field, str(wrong))), 422)
    page.flash("You have accepted." if said.accepted else "You have declined. Whoever plans the meeting sees why.")
    return page.redirect("my_meeting", meeting_id=found.id)


async def my_conflict(page: PageRequest) -> Response:
    """Declare a conflict of interest in one case: its pack is closed from then on."""
    form = parse(ConflictForm, await page.form()) if page.request.method == "POST" else blank()
    async with page.transaction() as session:
        found, mine = await my_meeting_of(page, session)
        slot = await my_slot(page, session, mine)
        if not isinstance(form, FormErrors):
            await declare_own_conflict(session, slot.id, mine, form.words, page.now)
        begun = await on_page(page, session)
    if isinstance(form, FormErrors):
        title = f"A conflict of interest in {slot.reference}"
        values = {"title": title, "meeting": meeting_line(found), "form": form}
        return page.render("my_conflict", status=422 if form.errors else 200, **{**values, **begun})
    page.flash("Recorded. You get no pack of this case and leave the room while it is discussed.")
    return page.redirect("my_meeting", meeting_id=found.id)


async def my_pack(page: PageRequest) -> Response:
    """Show the pack of one case to somebody invited, marked with their name; opening it is recorded, a refusal too."""
    async with page.transaction() as session:
        found, mine = await my_meeting_of(page, session)
        slot = await my_slot(page, session, mine)
        opened = await open_pack(session, slot.id, mine, practice_under(page, found), page.now)
    return page.render(
        "my_pack",
        status=403 if opened.refusal else 200,
        title=f"Pack of {slot.reference}",
        meeting=meeting_line(found),
        slot=slot_line(slot),
        refusal=REFUSED[opened.refusal] if opened.refusal else "",
        sections=[vars(each) for each in opened.sections],
        mark=watermark(mine.name, mine.organisation, moment(page.now)),
        form=blank(),
    )


async def my_calendar_entry(page: PageRequest) -> Response:
    """Hand out the meeting as a calendar file with one's own cases: references only, no names."""
    async with page.transaction() as session:
        found, mine = await my_meeting_of(page, session)
        agenda = await queries.slots(session, found.id)
    return file_of(found, tuple(each for each in agenda if queries.is_asked(mine, each)), page)


async def _show(page: PageRequest, form: FormErrors, status: int = 200) -> Response:
    async with page.transaction() as session:
        found, mine = await my_meeting_of(page, session)
        agenda = [each for each in await queries.slots(session, found.id) if queries.is_asked(mine, each)]
        conflicts = await queries.conflicts(session, [each.id for each in agenda])
        has = {each.slot_id for each in await open_shares_of(session, mine.invitation_id)}
        begun = await on_page(page, session)
    window = window_of(found, practice_under(page, found))
    cases = []
    for each in agenda:
        stands = (each.id, mine.invitation_id) in conflicts
        reader = Reader(mine.state, asked=True, shared=each.id in has, conflict=stands)
        refusal = why_closed(reader, window, page.now)
        cases.append(slot_line(each) | {"conflict": stands, "refusal": REFUSED[refusal] if refusal else ""})
    values: dict[str, object] = {
        "title": "Panel meeting",
        "meeting": meeting_line(found),
        "mine": attendee_line(mine),
        "can_answer": found.state in LIVE,
        "statement": CONFIDENTIALITY,
        "statement_version": STATEMENT_VERSION,
        "window": window,
        "cases": cases,
        "form": form,
    }
    return page.render("my_meeting", status=status, **{**values, **begun})
