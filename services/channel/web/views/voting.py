"""The chair records what the panel decides of a case, by consensus or by vote, and who does what by when."""

from dataclasses import dataclass

from chassis.database import Session
from chassis.web import FormData, FormErrors, PageRequest, Response, blank, parse, refused
from services.channel import operations, queries
from services.channel.domain import (
    CLOSING_LABELS,
    HAPPENED,
    ChangedMeanwhile,
    ClockName,
    ClosingOutcome,
    Command,
    NotInThisState,
    NotOffered,
    NotRecorded,
    Obligation,
    Record,
    closes_unseen,
    lacks,
)
from services.channel.domain.labels import ASKED_FOR
from services.channel.domain.meetings import SlotNotFound
from services.channel.domain.panel import (
    INSTEAD_LABELS,
    VERDICT_LABELS,
    VOTE_LABELS,
    WHY_NOT_LABELS,
    Instead,
    MeetingNotOpen,
    Vote,
    VoteLost,
    decisions_in,
    voters,
)
from services.channel.operations import Motion, Owing
from services.channel.web.forms import too_long
from services.channel.web.room_forms import ROWS, PanelForm, SeenForm, votes_of
from services.channel.web.views.asked import LABELS
from services.channel.web.views.information import missing_lines
from services.channel.web.views.owners import Wrong, actions, owners
from services.channel.web.views.slotting import Reached, back_to, in_slot, reached

CHANGED = "Somebody changed the slot or the case after you opened it. Your words are kept: read the slot again first."
DATE_PARTS = ("day", "month", "year")
_FIELDS = {
    Command.ADOPT: ("grounds",),
    Command.NOT_ADOPT: ("reason_kind", "reason", "considered", "instead"),
    Command.DEFER: ("reason", "next_on"),
    Command.CONTINUE: ("summary", "next_on"),
    Command.REASSESSED: ("summary", "next_on"),
    Command.PANEL_CLOSE: ("outcome", "reason"),
    Command.REVIEW_CLOSED: ("summary", "verdict", "until"),
}


@dataclass(frozen=True)
class Shown:
    """How a page of the slot is shown again: the words that were typed, what changed meanwhile, and the HTTP status."""

    form: FormErrors
    status: int = 200
    changes: tuple[dict[str, object], ...] = ()


async def slot_decide(page: PageRequest) -> Response:
    """Ask for a decision of the panel: how it agreed, with which grounds, and what follows."""
    async with page.transaction() as session:
        at = await reached(page, session, "panel-decision")
        following = await queries.meeting_after(session, at.meeting)
        room = voters(await queries.room(session, at.slot.id))
        typed: dict[str, str | tuple[str, ...]] = {f"vote-{each.id}": Vote.FOR.value for each in room}
        if following is not None and _command(page, at) is Command.DEFER:
            for part in DATE_PARTS:
                typed[f"next_on-{part}"] = str(getattr(following.held_on, part))
        return await _decide(page, session, at, Shown(blank(typed)))


async def decide_slot(page: PageRequest) -> Response:
    """Record the decision and carry it out, or say what is missing; typed words are kept."""
    data = await page.form()
    form = parse(PanelForm, data)
    async with page.transaction() as session:
        at = await reached(page, session, "panel-decision")
        if isinstance(form, FormErrors):
            return await _decide(page, session, at, Shown(_dated(form.values, form.errors), 422))
        motion, wrong = await _motion(page, session, at, form, data)
        if wrong:
            return await _decide(page, session, at, Shown(_dated(data, wrong), 422))
    try:
        async with page.transaction() as session:
            await operations.decide_slot(session, at.slot.id, motion, at.found.practice, page.now)
    except NotRecorded as lacking:
        field = "agreed" if lacking.field == "votes" else lacking.field
        return await _again(page, _dated(data, ((field, str(lacking)),)), 422)
    except (NotOffered, MeetingNotOpen, VoteLost, NotInThisState) as refusal:
        return await _again(page, _dated(data, (("agreed", str(refusal)),)), 422)
    except ChangedMeanwhile:
        return await _again(page, _dated(data, (("seen", CHANGED),)), 409, form.row_version)
    page.flash(f"{HAPPENED[motion.command]}.")
    return back_to(page, at)


async def slot_undecided(page: PageRequest) -> Response:
    """Ask why nothing is decided; without a quorum the sentences that say who is missing are enough."""
    async with page.transaction() as session:
        at = await reached(page, session, "panel-decision")
        following = await queries.meeting_after(session, at.meeting)
    values = {"title": "Leave this case undecided", "form": blank(), "next_meeting": following and following.held_on}
    return in_slot(page, "slot_undecided", at, values)


async def leave_undecided(page: PageRequest) -> Response:
    """Record that nothing was decided: the case stays as it is, for the next meeting."""
    data = await page.form()
    form = parse(SeenForm, data)
    status, wrong = 422, form if isinstance(form, FormErrors) else None
    async with page.transaction() as session:
        at = await reached(page, session, "panel-decision")
        following = await queries.meeting_after(session, at.meeting)
    if not isinstance(form, FormErrors):
        try:
            async with page.transaction() as session:
                practice = at.found.practice
                await operations.leave_undecided(session, at.slot.id, form.words, practice, form.seen, page.now)
            page.flash(f"Nothing was decided about {at.found.held.reference}: it stays as it is.")
            return page.redirect("room", meeting_id=at.meeting.id)
        except (NotRecorded, MeetingNotOpen) as refusal:
            wrong = refused(data, ("words", str(refusal)))
        except ChangedMeanwhile:
            status, wrong = 409, refused(data, ("words", CHANGED))
    values = {"title": "Leave this case undecided", "form": wrong, "next_meeting": following and following.held_on}
    return in_slot(page, "slot_undecided", at, values, status)


async def slot_actions(page: PageRequest) -> Response:
    """Ask who does what by when."""
    async with page.transaction() as session:
        return _actions(page, await reached(page, session, "panel-actions"), blank(), 200)


async def give_actions(page: PageRequest) -> Response:
    """Give each action to its owner, whichever agency that is."""
    data = await page.form()
    async with page.transaction() as session:
        at = await reached(page, session, "panel-actions")
        given, wrong = actions(data, at.found, page.now)
        if not given and not wrong:
            wrong = (("what-0", "Enter at least one action"),)
        if wrong:
            return _actions(page, at, _dated(data, wrong), 422)
        await operations.give_actions(session, at.slot.id, given, at.found.practice, page.now)
    page.flash("You have given the actions." if len(given) > 1 else "You have given the action.")
    return back_to(page, at)


def _actions(page: PageRequest, at: Reached, form: FormErrors, status: int) -> Response:
    values = {"title": "Give actions", "form": form, "owners": owners(at.found), "rows": list(ROWS)}
    return in_slot(page, "slot_actions", at, values, status)


def _command(page: PageRequest, at: Reached) -> Command:
    wanted = page.path["command"]
    ours = {each.value: each for each in decisions_in(at.found.held.situation.state)}
    if wanted not in ours:
        raise SlotNotFound("The panel has no such decision to make of this case now: open its slot and choose one.")
    return ours[wanted]


async def _motion(
    page: PageRequest, session: Session, at: Reached, form: PanelForm, data: FormData
) -> tuple[Motion, Wrong]:
    """Return what the chair records, and a sentence for everything that is missing."""
    command = _command(page, at)
    record = form.record()
    room = await queries.room(session, at.slot.id)
    given, wrong = actions(data, at.found, page.now)
    lacking = [*_unsaid(command, at, record), *_unchosen(command, form)]
    # The summary names what is wrong in the order of the page: what was found, how it was agreed, who does what.
    before = len(lacking)
    lacking += wrong
    instead: tuple[Owing, ...] = ()
    if command is Command.NOT_ADOPT and form.verdict:
        instead, missing = _instead(at, form, data)
        lacking += missing
    if command is Command.PANEL_CLOSE and form.outcome == ClosingOutcome.POLICE_LED:
        instead = (_giving_back(at),)
    lacking += too_long(data, {f"dissent-{each.id}": f"The words of {each.name}" for each in voters(room)})
    if form.agreed not in ("all", "vote"):
        lacking.insert(before, ("agreed", "Say whether everybody agreed or the panel voted"))
    motion = Motion(
        command=command,
        record=record,
        seen=form.seen,
        case_seen=form.row_version,
        votes=votes_of(data, room) if form.agreed == "vote" else (),
        chairs_words=form.chairs_words,
        reason_kind=form.reason_kind,
        verdict=form.verdict,
        until=form.until,
        owed=(*instead, *given),
    )
    if form.agreed == "vote" and not motion.votes:
        lacking.insert(before, ("agreed", "Record how everybody in the room votes"))
    return motion, tuple(lacking)


def _unsaid(command: Command, at: Reached, record: Record) -> list[tuple[str, str]]:
    """Return a sentence for everything that nobody wrote; the grounds of an adoption are the panel's own."""
    situation = at.found.held.situation
    lacking = (*lacks(command, situation.state, record), *closes_unseen(command, situation, record))
    ours = {"grounds": "Enter the grounds on which the panel adopts the case"}
    return [(name, ours.get(name, sentence)) for name, sentence in lacking]


def _unchosen(command: Command, form: PanelForm) -> list[tuple[str, str]]:
    """Return a sentence for each list from which nothing, or nothing that is in it, was chosen."""
    known: dict[str, tuple[str, set[str], str]] = {
        "reason_kind": (form.reason_kind, {*WHY_NOT_LABELS}, "Choose why the case is not adopted"),
        "outcome": (form.outcome, {*CLOSING_LABELS}, ASKED_FOR["outcome"]),
        "instead": (form.verdict, {*INSTEAD_LABELS}, "Choose what happens instead"),
        "verdict": (form.verdict, {*VERDICT_LABELS}, "Choose what the panel makes of the review"),
    }
    lacking = []
    for name in _FIELDS[command]:
        chosen, offered, sentence = known.get(name, ("", {""}, ""))
        if chosen not in offered:
            lacking.append(("verdict" if name == "instead" else name, sentence))
    return lacking


def _instead(at: Reached, form: PanelForm, data: FormData) -> tuple[tuple[Owing, ...], list[tuple[str, str]]]:
    """Return what a case that is not adopted leads to, each with an owner: services, or who gives it back."""
    practice = at.found.practice
    if form.verdict == Instead.SIGNPOST:
        chosen = [practice.services[each] for each in data.all("services") if each in practice.services]
        lacking = [] if chosen else [("services", "Choose at least one service")]
        if not form.message:
            lacking.append(("message", "Enter what the services are told: why, and what would help"))
        due = practice.service_due
        owed = [Owing(Obligation.SIGNPOST, each.name, form.message, due[each.id], recipient=each.id) for each in chosen]
        return ((), lacking) if lacking else (tuple(owed), [])
    if form.verdict == Instead.POLICE_LED:
        return (_giving_back(at),), []
    return (), []


def _giving_back(at: Reached) -> Owing:
    """Return what the coordinator owes where the police are to lead: a decision alone gives the risk to nobody."""
    held = at.found.held
    owner, owner_id = held.coordinator or held.situation.risk_owner, held.situation.coordinator_id
    words = "Give the case back to the police for a police-led partnership, as the panel decided."
    return Owing(Obligation.ACTION, owner, words, at.found.practice.due[ClockName.ACTION], owner_id=owner_id)


def _dated(data: FormData, errors: Wrong) -> FormErrors:
    dates = {"next_on", "until", *(f"by-{number}" for number in ROWS)}
    return FormErrors(data, errors, frozenset(dates))


async def _again(page: PageRequest, form: FormErrors, status: int, seen: int | None = None) -> Response:
    async with page.transaction() as session:
        at = await reached(page, session, "panel-decision")
        subject = at.found.held.subject
        changed = await queries.changes_since(session, subject, seen) if seen is not None else ()
        changes = tuple({"what": HAPPENED[Command(each.command)], "by": each.by, "at": each.at} for each in changed)
        return await _decide(page, session, at, Shown(form, status, changes))


async def _decide(page: PageRequest, session: Session, at: Reached, seen: Shown) -> Response:
    command = _command(page, at)
    room = await queries.room(session, at.slot.id)
    practice = at.found.practice
    values: dict[str, object] = {
        "title": LABELS[command],
        "form": seen.form,
        "command": command.value,
        "refusal": at.refusal(page, command),
        "fields": _FIELDS[command],
        "voters": [{"id": str(each.id), "name": each.name, "organisation": each.organisation} for each in voters(room)],
        "votes": [(each.value, label) for each, label in VOTE_LABELS.items()],
        "reasons": [(each.value, label) for each, label in WHY_NOT_LABELS.items()],
        "instead": [(each.value, label) for each, label in INSTEAD_LABELS.items()],
        "verdicts": [(each.value, label) for each, label in VERDICT_LABELS.items()],
        "outcomes": [(each.value, label) for each, label in CLOSING_LABELS.items()],
        "unseen": at.unseen(),
        "services": [(each.id, each.name) for each in practice.services.values()],
        "owners": owners(at.found),
        "rows": list(ROWS),
        "missing": missing_lines(await queries.missing(session, at.found.held.subject), page.now),
        "changes": list(seen.changes),
    }
    return in_slot(page, "slot_decide", at, values, seen.status)
