"""Actions, signposts, and how anything that is owed goes on: reminded of, recorded as done, cancelled."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from chassis.database import Session
from chassis.web import FormData, PageRequest, Response
from contracts.vocabulary.asking import AskAnswer
from services.channel import operations, queries
from services.channel.domain import (
    OBLIGATION_LABELS,
    ClockName,
    Command,
    Obligation,
    ObligationEnded,
    Record,
    answers_to,
    is_mail_address,
)
from services.channel.operations import Act, Again, Owing
from services.channel.queries import Answers, ObligationView, OfficerView
from services.channel.web.forms import EndingForm, OwingForm, RemindForm, too_long
from services.channel.web.views.asked import LABELS, Opened
from services.channel.web.views.asked_as import id_in
from services.channel.web.views.change_told import taking, takings, wrong_taking
from services.channel.web.views.information import due, owed_shown, wrong_day, wrong_other
from services.channel.web.views.writing import Desk, Sentences, Written, serve

SOMEBODY_ELSE = "somebody-else"
OFFICER = "officer:"
"""Before the id of an officer in the list of those who may be given an action."""
DONE_TITLES = {
    Obligation.REQUEST: "Record the answer",
    Obligation.ACTION: "Record what was done",
    Obligation.SIGNPOST: "Record what the service did",
    Obligation.CHANGE: "Record that the change was acknowledged",
}


async def give_action(page: PageRequest) -> Response:
    """Give an action to an officer, a member of the panel, a partner, a provider or anybody else."""
    return await serve(page, _ACTION)


async def signpost(page: PageRequest) -> Response:
    """Signpost to a service of the area, which reports back by a link."""
    return await serve(page, _SIGNPOST)


async def remind(page: PageRequest) -> Response:
    """Send the mail with the link once more."""
    return await serve(page, _REMIND)


async def fulfil_obligation(page: PageRequest) -> Response:
    """Record what was answered or done, as somebody told it."""
    return await serve(page, _FULFIL)


async def cancel_obligation(page: PageRequest) -> Response:
    """Cancel what is open, with the reason."""
    return await serve(page, _CANCEL)


async def _people(_: PageRequest, session: Session, found: Opened) -> Mapping[str, object]:
    officers = await queries.officers(session, found.held.area)
    return {
        "people": [
            *((OFFICER + each.id, each.name) for each in officers),
            *found.practice.choosable().items(),
            (SOMEBODY_ELSE, "Somebody else"),
        ],
        "officers": officers,
        "due_at": found.practice.due[ClockName.ACTION],
    }


def _action_wrong(page: PageRequest, desk: Desk, form: OwingForm) -> Sentences:
    errors: list[tuple[str, str]] = []
    if form.owner == SOMEBODY_ELSE:
        errors += wrong_else(form)
    elif not _owner(desk, form).name:
        errors.append(("owner", "Choose who does it"))
    if not form.message:
        errors.append(("message", "Enter what is to be done"))
    return (*errors, *wrong_day(form.due_on, page.now))


def wrong_else(form: OwingForm) -> Sentences:
    """Return what is wrong with somebody who was typed; a mail address may be missing: then an officer asks them."""
    if not form.other_name:
        return (("other_name", "Enter the name of who does it"),)
    return wrong_other(form.other_name, form.other_address) if form.other_address else ()


def _owner(desk: Desk, form: OwingForm) -> OfficerView:
    """Return who was chosen: an officer, or a body of the area file under its id; no name where nobody was."""
    officers: tuple[OfficerView, ...] = desk.values["officers"]
    known = {OFFICER + each.id: OfficerView(each.id, each.name) for each in officers}
    known |= {each: OfficerView(each, name) for each, name in desk.found.practice.bodies().items()}
    return known.get(form.owner, OfficerView("", ""))


async def _action_save(page: PageRequest, session: Session, desk: Desk, form: OwingForm) -> str:
    practice, chosen = desk.found.practice, _owner(desk, form)
    due_at = due(practice, form.due_on, practice.due[ClockName.ACTION])
    owing = Owing(Obligation.ACTION, chosen.name or form.other_name, form.message, due_at)
    if form.owner == SOMEBODY_ELSE:
        owing = replace(owing, owner=form.other_name, address=form.other_address)
    elif form.owner.startswith(OFFICER):
        owing = replace(owing, owner_id=chosen.id)
    else:
        owing = replace(owing, recipient=chosen.id)
    return await _made(session, desk, owing, Act(Command.ACTION, page.now, expected=form.row_version))


async def _made(session: Session, desk: Desk, owing: Owing, act: Act) -> str:
    doing = replace(act, record=Record(officer=owing.owner, message=owing.message))
    await operations.make_obligations(session, desk.found.held.subject, [owing], doing, desk.found.practice)
    return f"{OBLIGATION_LABELS[owing.kind]} for {owing.owner} recorded."


_ACTION = Written(
    title=LABELS[Command.ACTION],
    template="give_action",
    command=Command.ACTION,
    form=OwingForm,
    first="owner",
    look=_people,
    wrong=_action_wrong,
    save=_action_save,
)


async def _services(_: PageRequest, __: Session, found: Opened) -> Mapping[str, object]:
    return {"services": [(each.id, each.name) for each in found.practice.services.values()]}


def _signpost_wrong(_: PageRequest, desk: Desk, form: OwingForm) -> Sentences:
    errors: list[tuple[str, str]] = []
    if form.owner not in desk.found.practice.services:
        errors.append(("owner", "Choose a service"))
    if not form.message:
        errors.append(("message", "Say why, and what would help, in words that the service understands"))
    return tuple(errors)


async def _signpost_save(page: PageRequest, session: Session, desk: Desk, form: OwingForm) -> str:
    practice = desk.found.practice
    to, due_at = practice.services[form.owner], practice.service_due[form.owner]
    owing = Owing(Obligation.SIGNPOST, to.name, form.message, due_at, recipient=to.id)
    return await _made(session, desk, owing, Act(Command.SIGNPOST, page.now, expected=form.row_version))


_SIGNPOST = Written(
    title=LABELS[Command.SIGNPOST],
    template="signpost",
    command=Command.SIGNPOST,
    form=OwingForm,
    first="owner",
    look=_services,
    wrong=_signpost_wrong,
    save=_signpost_save,
)


async def _still_owed(page: PageRequest, session: Session, found: Opened, *, command: Command) -> Mapping[str, object]:
    owed = await queries.obligation(session, found.held.subject, id_in(page.path["obligation"]))
    if owed.ended_at is not None:
        how = "cancelled" if owed.state == "cancelled" else "reported done"
        raise ObligationEnded(f"This was {how} already: open the case to see by whom and what was said.")
    return {
        "owed": owed_shown(owed, page.now),
        "view": owed,
        "stops": (stops := await queries.change_stops(session, owed.id)),
        "takings": takings(stops),
        "command": command.value,
        "told_by": owed.kind is not Obligation.ACTION,
        "title": DONE_TITLES[owed.kind] if command is Command.FULFIL else LABELS[command],
    }


def _view(desk: Desk) -> ObligationView:
    found: ObligationView = desk.values["view"]
    return found


def _remind_wrong(_: PageRequest, desk: Desk, form: RemindForm) -> Sentences:
    if not _view(desk).recipient and form.address and not is_mail_address(form.address):
        return (("address", "Enter an email address like office@school.example"),)
    return ()


async def _remind_save(page: PageRequest, session: Session, desk: Desk, form: RemindForm) -> str:
    owed = _view(desk)
    act = Act(Command.REMIND, page.now, expected=form.row_version)
    await operations.remind(session, desk.found.held, Again(owed.id, form.address), act, desk.found.practice)
    return f"The mail to {owed.owner} is sent once more."


_REMIND = Written(
    title=LABELS[Command.REMIND],
    template="remind",
    command=Command.REMIND,
    form=RemindForm,
    first="address",
    look=partial(_still_owed, command=Command.REMIND),
    wrong=_remind_wrong,
    save=_remind_save,
)


def read_answers(questions: tuple[str, ...], data: FormData) -> tuple[tuple[AskAnswer, ...], Sentences]:
    """Return the answers that were sent, question by question, and what is wrong beside which."""
    numbers = range(len(questions))
    words = {number: data.get(f"answer-{number}") for number in numbers}
    ticked = frozenset(number for number in numbers if data.get(f"nothing-{number}"))
    answers, wrong = answers_to(questions, words, ticked)
    labels = {f"answer-{number}": f"Answer {number + 1}" for number in numbers}
    return answers, (*((f"answer-{number}", sentence) for number, sentence in wrong), *too_long(data, labels))


def _fulfil_wrong(_: PageRequest, desk: Desk, form: EndingForm) -> Sentences:
    owed = _view(desk)
    errors = list(read_answers(owed.questions, desk.data)[1])
    if owed.kind is not Obligation.ACTION and not form.told_by:
        errors.append(("told_by", "Enter who told you, and how: by telephone, say"))
    errors += wrong_taking(desk.values["stops"], form.taken, form.reason)
    if not owed.questions and not form.reason and desk.values["stops"] is None:
        errors.append(
            ("reason", "Enter what they said" if owed.kind is not Obligation.ACTION else "Enter what was done")
        )
    return tuple(errors)


async def _fulfil_save(page: PageRequest, session: Session, desk: Desk, form: EndingForm) -> str:
    owed = _view(desk)
    answers, _ = read_answers(owed.questions, desk.data)
    told = "" if owed.kind is Obligation.ACTION else f"Told by {form.told_by}."
    taken, said = taking(desk.values["stops"], form.taken, form.reason)
    words = " ".join(part for part in (told, said) if part)
    act = Act(Command.FULFIL, page.now, Record(reason=words), form.row_version)
    await operations.end_obligation(
        session, desk.found.held, owed.id, act, desk.found.practice, Answers(said=answers, taken=taken)
    )
    return f"{OBLIGATION_LABELS[owed.kind]}, {owed.owner}: recorded."


_FULFIL = Written(
    title=LABELS[Command.FULFIL],
    template="end_obligation",
    command=Command.FULFIL,
    form=EndingForm,
    first="reason",
    look=partial(_still_owed, command=Command.FULFIL),
    wrong=_fulfil_wrong,
    save=_fulfil_save,
)


def _cancel_wrong(_: PageRequest, __: Desk, form: EndingForm) -> Sentences:
    return () if form.reason else (("reason", "Enter why it is cancelled"),)


async def _cancel_save(page: PageRequest, session: Session, desk: Desk, form: EndingForm) -> str:
    owed = _view(desk)
    act = Act(Command.CANCEL, page.now, Record(reason=form.reason), form.row_version)
    await operations.end_obligation(session, desk.found.held, owed.id, act, desk.found.practice)
    return f"{OBLIGATION_LABELS[owed.kind]}, {owed.owner}: cancelled."


_CANCEL = Written(
    title=LABELS[Command.CANCEL],
    template="end_obligation",
    command=Command.CANCEL,
    form=EndingForm,
    first="reason",
    look=partial(_still_owed, command=Command.CANCEL),
    wrong=_cancel_wrong,
    save=_cancel_save,
)
