"""The panel calendar: meetings to come and past, what is due and on no agenda, and making, moving, cancelling one."""

from collections.abc import Iterable
from datetime import datetime

from chassis.database import Session
from chassis.errors import ThroughlineError
from chassis.transitions import NotRecorded
from chassis.web import FormData, FormErrors, PageRequest, Response, blank, parse, refused
from contracts.vocabulary.days import LONDON
from services.channel import queries
from services.channel.domain import ChangedMeanwhile, Practice, Practices
from services.channel.domain.meetings import (
    KIND_LABELS,
    MEETING_LABELS,
    DayRefused,
    MeetingState,
    begins,
    days_ahead,
    runs_out,
)
from services.channel.domain.panel import may_chair
from services.channel.domain.sharing import Window
from services.channel.operations.convening import MeetingAct
from services.channel.operations.meetings import NewMeeting, cancel_meeting, make_meeting, move_meeting
from services.channel.queries import MeetingView
from services.channel.queries.agenda import DueCase, agenda_clocks, due_cases
from services.channel.queries.sharing import shares
from services.channel.web.meeting_forms import MeetingForm, MoveForm, MoveStep, ReasonForm
from services.channel.web.views.asked_as import meeting_id
from services.channel.web.views.begun import on_page

CHANGED = {
    "made": "Put into the calendar",
    "moved": "Moved to another day",
    "cancelled": "Cancelled",
    "invited": "The members were invited",
    "guest-invited": "Somebody was invited to one case",
    "agenda-added": "Cases were put on the agenda",
    "agenda-changed": "The order of the agenda was changed",
    "members-chosen": "Whom a case concerns was chosen",
    "packs-shared": "Packs were shared",
    "begun": "The meeting began",
    "presides": "Somebody took over the chair",
    "ended": "The meeting ended",
}
BY = {"calendar": "the area’s monthly rule"}
"""What has done something to a meeting where nobody did: the job keeps two of them in the calendar."""


def practice_under(page: PageRequest, found: MeetingView) -> Practice:
    """Return the practice under which a meeting was planned."""
    local: Practices = page.runtime.clients
    return local.under(found.area, found.area_version, "", page.now)


def following_meeting(found: MeetingView, after: MeetingView | None, practice: Practice) -> datetime:
    """Return when the panel meets after a meeting: the next date in the calendar, or by the monthly rule."""
    if after is not None:
        return after.starts_at
    return begins(next(days_ahead(practice.panel.meets_on, found.held_on)), practice.panel.at)


def meeting_line(found: MeetingView) -> dict[str, object]:
    """Return one meeting as lists show it."""
    return vars(found) | {"label": MEETING_LABELS[found.state], "overtaken": False}


def due_line(each: DueCase) -> dict[str, object]:
    """Return one case that is due as lists show it, without identity."""
    due = each.due
    return {
        "reference": due.reference,
        "kind": f"{KIND_LABELS[due.kind]}, sessions are missing" if due.short else KIND_LABELS[due.kind],
        "due_at": due.due_at,
        "meeting_id": each.meeting_id,
    }


def changes_since(changes: Iterable[queries.MeetingChange]) -> list[dict[str, object]]:
    """Return what was done to a meeting, as the page says it."""
    return [
        {"what": CHANGED.get(each.what, each.what.replace("-", " ").capitalize()), "by": BY.get(each.by, each.by)}
        | {"at": each.at, "words": each.words}
        for each in changes
    ]


async def meetings(page: PageRequest) -> Response:
    """Show the calendar of the panel, and which cases are due and on no agenda."""
    async with page.transaction() as session:
        to_come = await queries.meetings_to_come(session)
        past = await queries.meetings_past(session, _moment(page.query.get("after", "")))
        waiting = [each for area in areas_of(page, to_come) for each in await _waiting(page, session, area, to_come)]
    shown = past[: queries.PAGE]
    more = shown[-1].starts_at.isoformat() if len(past) > queries.PAGE else ""
    lines = [meeting_line(each) | {"overtaken": each.starts_at < page.now} for each in to_come]
    return page.render(
        "meetings",
        title="Panel calendar",
        to_come=lines,
        past=[meeting_line(each) for each in shown],
        waiting=[due_line(each) for each in waiting],
        more=more,
    )


def areas_of(page: PageRequest, known: Iterable[MeetingView]) -> list[str]:
    """Return the areas whose panels somebody works for; those with meetings where they work for all."""
    return sorted(page.actor.areas - {"*"} or {each.area for each in known})


async def _waiting(
    page: PageRequest, session: Session, area: str, to_come: tuple[MeetingView, ...]
) -> tuple[DueCase, ...]:
    """Return the cases of an area that are due for its next meeting and stand on no agenda."""
    local: Practices = page.runtime.clients
    practice = local.current(area, page.now)
    today = page.now.astimezone(LONDON).date()
    planned = (each for each in to_come if each.area == area and each.state is MeetingState.PLANNED)
    ours = [each for each in planned if each.held_on >= today]
    days = days_ahead(practice.panel.meets_on, ours[0].held_on if ours else today)
    following = ours[1].starts_at if len(ours) > 1 else begins(next(days), practice.panel.at)
    return tuple(each for each in await due_cases(session, area, following, today) if each.meeting_id is None)


async def plan_meeting(page: PageRequest) -> Response:
    """Put a meeting into the calendar; whoever works for two panels says which, then its next day is proposed."""
    local: Practices = page.runtime.clients
    areas = areas_of(page, ())
    area = page.query.get("area", "") if len(areas) > 1 else next(iter(areas), "")
    if area not in areas:
        return _ask_which_panel(page, areas)
    practice = local.current(area, page.now)
    if page.request.method == "GET":
        return await _ask_for_meeting(page, practice, None)
    data = await page.form()
    form = parse(MeetingForm, data)
    if isinstance(form, FormErrors):
        return await _ask_for_meeting(page, practice, form)
    wanted = NewMeeting(form.held_on, form.at, form.place, form.chair_id, form.cochair_id)
    try:
        async with page.transaction() as session:
            made = await make_meeting(session, wanted, practice, page.now)
    except (DayRefused, NotRecorded) as wrong:
        return await _ask_for_meeting(page, practice, refused(data, _field(wrong, "held_on"), of=MeetingForm))
    page.flash("You have put the meeting into the calendar.")
    return page.redirect("meeting", meeting_id=made)


def _ask_which_panel(page: PageRequest, areas: Iterable[str]) -> Response:
    """Ask for which panel a meeting is planned: its days, its place and who chairs are its own."""
    local: Practices = page.runtime.clients
    asked = page.request.method == "GET" and "area" not in page.query
    form = blank() if asked else refused(FormData(), ("area", "Choose the panel that meets"))
    panels = [(each, local.current(each, page.now).panel.name or each) for each in areas]
    return page.render("meeting_which", status=200 if asked else 422, title="Plan a meeting", form=form, panels=panels)


async def _ask_for_meeting(page: PageRequest, practice: Practice, form: FormErrors | None) -> Response:
    panel, today = practice.panel, page.now.astimezone(LONDON).date()
    if form is None:
        async with page.transaction() as session:
            to_come = await queries.meetings_to_come(session, practice.area)
            taken = set(await queries.days_taken(session, practice.area))
        after = max([today, *(each.held_on for each in to_come)])
        day = next(each for each in days_ahead(panel.meets_on, after) if each not in taken)
        given = {"at": f"{panel.at:%H:%M}", "place": panel.place}
        form = blank(given | {f"held_on-{part}": str(getattr(day, part)) for part in ("day", "month", "year")})
    return page.render(
        "meeting_plan",
        status=422 if form.errors else 200,
        title="Plan a meeting",
        form=form,
        panel=panel.name if len(areas_of(page, ())) > 1 else "",
        chairs=[(each.id, f"{each.name}, {each.organisation}") for each in panel.members if may_chair(each)],
    )


async def move(page: PageRequest) -> Response:
    """Move a meeting: what moves with it is shown first, then it is done."""
    if page.request.method == "GET":
        return await _ask_to_move(page, None, None)
    data = await page.form()
    form = parse(MoveForm, data)
    if isinstance(form, FormErrors):
        return await _ask_to_move(page, form, None)
    if form.step is MoveStep.LOOK:
        return await _ask_to_move(page, refused(data), form)
    act = MeetingAct(page.now, form.row_version, form.reason)
    try:
        async with page.transaction() as session:
            await move_meeting(session, meeting_id(page), form.held_on, form.at, act)
    except (DayRefused, NotRecorded) as wrong:
        return await _ask_to_move(page, refused(data, _field(wrong, "held_on"), of=MoveForm), form)
    except ChangedMeanwhile:
        return await _ask_to_move(page, refused(data), form, form.row_version)
    page.flash("You have moved the meeting. Everybody who was invited is asked again, and packs are to be shared anew.")
    return page.redirect("meeting", meeting_id=meeting_id(page))


async def _ask_to_move(
    page: PageRequest, form: FormErrors | None, wanted: MoveForm | None, seen: int | None = None
) -> Response:
    async with page.transaction() as session:
        found = await queries.meeting(session, meeting_id(page))
        forecast = await _forecast(page, session, found, wanted) if wanted else None
        changes = await queries.meeting_changes(session, found.id, seen) if seen is not None else ()
        begun = await on_page(page, session)
    local = found.starts_at.astimezone(LONDON)
    given = {f"held_on-{part}": str(getattr(found.held_on, part)) for part in ("day", "month", "year")}
    status = 409 if seen is not None else 422 if form and form.errors else 200
    values: dict[str, object] = {
        "title": "Move the meeting",
        "meeting": meeting_line(found),
        "form": form or blank(given | {"at": f"{local:%H:%M}"}),
        "forecast": forecast,
        "changes": changes_since(changes),
    }
    return page.render("meeting_move", status=status, **{**values, **begun})


async def _forecast(page: PageRequest, session: Session, found: MeetingView, wanted: MoveForm) -> dict[str, object]:
    """Return what moves if the panel moves: clocks that run out before, invitations and packs to send again."""
    starts_at = begins(wanted.held_on, wanted.at)
    late = runs_out(await agenda_clocks(session, found.id), found.starts_at, starts_at)
    given = [each for each in await shares(session, found.id) if each.ended_at is None]
    panel = practice_under(page, found).panel
    return {
        "starts_at": starts_at,
        "late": [each for each in late if not each.before_that],
        "late_already": [each for each in late if each.before_that],
        "invited": found.invited,
        "accepted": found.accepted,
        "packs": len(given),
        "then": Window(panel.pack_opens(wanted.held_on), panel.pack_closes(wanted.held_on)),
    }


async def cancel(page: PageRequest) -> Response:
    """Cancel a meeting with a reason."""
    if page.request.method == "GET":
        return await _ask_to_cancel(page, None)
    data = await page.form()
    form = parse(ReasonForm, data)
    if isinstance(form, FormErrors):
        return await _ask_to_cancel(page, form)
    try:
        async with page.transaction() as session:
            await cancel_meeting(session, meeting_id(page), MeetingAct(page.now, form.row_version, form.reason))
    except NotRecorded as wrong:
        return await _ask_to_cancel(page, refused(data, _field(wrong, "reason")))
    except ChangedMeanwhile:
        return await _ask_to_cancel(page, refused(data), form.row_version)
    page.flash("You have cancelled the meeting. What was on its agenda is due for the next one.")
    return page.redirect("meetings")


async def _ask_to_cancel(page: PageRequest, form: FormErrors | None, seen: int | None = None) -> Response:
    async with page.transaction() as session:
        found = await queries.meeting(session, meeting_id(page))
        changes = await queries.meeting_changes(session, found.id, seen) if seen is not None else ()
        begun = await on_page(page, session)
    values: dict[str, object] = {
        "title": "Cancel the meeting",
        "meeting": meeting_line(found),
        "form": form or blank(),
        "changes": changes_since(changes),
    }
    status = 409 if seen is not None else 422 if form and form.errors else 200
    return page.render("meeting_cancel", status=status, **{**values, **begun})


def _field(wrong: ThroughlineError, otherwise: str) -> tuple[str, str]:
    return (wrong.field if isinstance(wrong, NotRecorded) else otherwise, str(wrong))


def _moment(text: str) -> datetime | None:
    """Return the moment of a mark in the address; one that somebody has changed by hand begins at the top."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo else None
