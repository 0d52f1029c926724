"""The packs of a meeting: who gets which case with which parts, sharing them, and who has read them."""

from chassis.web import FormErrors, PageRequest, Response, blank, parse
from services.channel import queries
from services.channel.domain import ChangedMeanwhile
from services.channel.domain.sharing import PART_LABELS, REFUSED, PackPart, PackRefusal, parts_for
from services.channel.operations.convening import MeetingAct
from services.channel.operations.packs import share_packs, window_of
from services.channel.queries import Attendee, SlotView
from services.channel.queries.sharing import PackReadView, ShareView, pack_reads, shares
from services.channel.web.meeting_forms import SeenForm
from services.channel.web.views.agenda import attendee_line
from services.channel.web.views.asked_as import meeting_id
from services.channel.web.views.meetings import changes_since, meeting_line, practice_under

HOW = {"console": "in the console", "link": "by link"}


async def packs(page: PageRequest) -> Response:
    """Show who is given which pack, from when until when, and who has opened it."""
    return await _show(page, blank())


async def share(page: PageRequest) -> Response:
    """Share the packs with everybody who has accepted and has none yet."""
    form = parse(SeenForm, await page.form())
    if isinstance(form, FormErrors):
        return await _show(page, form, status=422)
    try:
        async with page.transaction() as session:
            found = await queries.meeting(session, meeting_id(page))
            act = MeetingAct(page.now, form.row_version)
            given = await share_packs(session, found.id, act, practice_under(page, found))
    except ChangedMeanwhile:
        return await _show(page, blank(), form.row_version, 409)
    packs = "one pack" if given == 1 else f"{given} packs"
    page.flash(f"You have shared {packs}." if given else "Everybody who has accepted has their packs already.")
    return page.redirect("packs", meeting_id=found.id)


async def _show(page: PageRequest, form: FormErrors, seen: int | None = None, status: int = 200) -> Response:
    async with page.transaction() as session:
        found = await queries.meeting(session, meeting_id(page))
        agenda = await queries.slots(session, found.id)
        everybody = await queries.invitations(session, found.id)
        given, reads = await shares(session, found.id), await pack_reads(session, found.id)
        conflicts = await queries.conflicts(session, [each.id for each in agenda])
        history = await queries.meeting_changes(session, found.id)
    changes = [each for each in history if seen is not None and each.row_version > seen]
    held_back = [each.words for each in history if each.what == "packs-shared"]
    lines = [_attendee(each, agenda, given, conflicts) for each in everybody]
    return page.render(
        "meeting_packs",
        status=status,
        title="Packs of the meeting",
        meeting=meeting_line(found),
        window=window_of(found, practice_under(page, found)),
        attendees=lines,
        going=_going(everybody, lines),
        held_back=held_back[-1] if held_back else "",
        reads=_reads(reads, everybody, agenda),
        form=form,
        changes=changes_since(changes),
    )


def _going(everybody: tuple[Attendee, ...], lines: list[dict[str, object]]) -> list[dict[str, object]]:
    """Return who is given which packs if they are shared now, and how: a mail with a link for each case, or none."""
    return [
        {"name": f"{each.name}, {each.organisation}", "cases": line["waiting"], "by_mail": not each.account}
        for each, line in zip(everybody, lines, strict=True)
        if each.accepted and line["waiting"]
    ]


def _attendee(
    attendee: Attendee,
    agenda: tuple[SlotView, ...],
    given: tuple[ShareView, ...],
    conflicts: frozenset[tuple[object, object]],
) -> dict[str, object]:
    """Return what somebody invited is given: each case with how its pack stands."""
    mine = [each for each in agenda if queries.is_asked(attendee, each)]
    has = {each.slot_id: each for each in given if each.invitation_id == attendee.invitation_id and not each.ended_at}
    parts = parts_for(attendee.sector, guest=attendee.guest)
    closed = [each.reference for each in mine if (each.id, attendee.invitation_id) in conflicts]
    shared = [each.reference for each in mine if each.id in has]
    waiting = [each.reference for each in mine if each.id not in has and each.reference not in closed]
    how = next((HOW[each.how] for each in has.values()), "")
    withheld = [PART_LABELS[part] for part in PackPart if part not in parts]
    return attendee_line(attendee) | {
        "shared": shared,
        "shared_how": how,
        "waiting": waiting,
        "closed": closed,
        "withheld": withheld,
    }


def _reads(
    reads: tuple[PackReadView, ...], everybody: tuple[Attendee, ...], agenda: tuple[SlotView, ...]
) -> list[dict[str, object]]:
    """Return who opened which pack, and who was refused it and why."""
    names = {each.invitation_id: f"{each.name}, {each.organisation}" for each in everybody}
    cases = {each.id: each.reference for each in agenda}
    return [
        {
            "at": each.at,
            "by": names.get(each.invitation_id, each.by or "Somebody who is not invited any more"),
            "case": cases.get(each.slot_id, "A case that was taken off the agenda"),
            "how": HOW[each.how],
            "refused": REFUSED[PackRefusal(each.why)] if each.refused else "",
        }
        for each in reads
    ]
