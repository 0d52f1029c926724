"""What bodies are asked and what they answered, and everything else that is owed in a case."""

from collections.abc import Mapping
from datetime import date, datetime

from chassis.database import Session
from chassis.web import PageRequest, Response
from contracts.vocabulary.days import LONDON
from services.channel import operations, queries
from services.channel.domain import (
    OBLIGATION_LABELS,
    QUESTIONS,
    ClockName,
    Command,
    Obligation,
    Practice,
    Record,
    is_mail_address,
    marks,
    questions_in,
    wrong_with,
)
from services.channel.operations import Act, Owing
from services.channel.queries import ObligationView, Owed
from services.channel.web.forms import RequestForm
from services.channel.web.views.asked import LABELS, Opened, opened, shown
from services.channel.web.views.writing import Desk, Sentences, Written, serve


async def information(page: PageRequest) -> Response:
    """Show what was asked, what came back and what is missing, and everything else that others owe."""
    async with page.transaction() as session:
        found = await opened(page, session, reason="information-page")
        every = await queries.obligations(session, found.held.subject)
        missing = await queries.missing(session, found.held.subject)
    requests = [each for each in every if each.kind is Obligation.REQUEST]
    others = [each for each in every if each.kind is not Obligation.REQUEST]
    values = {
        "title": "Information and what others owe",
        "missing": missing_lines(missing, page.now),
        "requests": [owed_shown(each, page.now) for each in requests],
        "others": [owed_shown(each, page.now) for each in others],
        "refusals": {each.value: found.refusal(each) for each in (Command.REQUEST, Command.ACTION, Command.SIGNPOST)},
    }
    return shown(page, "information", found, values)


def owed_line(each: Owed, now: datetime) -> dict[str, object]:
    """Return one thing that is owed as the page of its case names it: what, by whom, by when, and how it stands."""
    found = marks(
        "open",
        each.due_at,
        now,
        paused=each.paused,
        seen=each.seen_at is not None,
        undelivered=each.undelivered_at is not None,
    )
    return {**vars(each), "called": OBLIGATION_LABELS[each.kind], "marks": found}


def missing_lines(missing: tuple[Owed, ...], now: datetime) -> list[dict[str, object]]:
    """Return what is still missing as `missing_list` shows it: who was asked, by when, and how it stands."""
    return [owed_line(each, now) for each in missing]


def owed_shown(each: ObligationView, now: datetime) -> dict[str, object]:
    """Return one obligation as a page shows it, with its marks."""
    found = marks(
        each.state,
        each.due_at,
        now,
        paused=each.paused,
        seen=each.seen_at is not None,
        undelivered=each.undelivered_at is not None,
    )
    return {**vars(each), "called": OBLIGATION_LABELS[each.kind], "marks": found}


async def ask_partners(page: PageRequest) -> Response:
    """Ask partners, members of the panel or another body for information, several at once."""
    return await serve(page, _ASK)


async def _whom(_: PageRequest, session: Session, found: Opened) -> Mapping[str, object]:
    missing = await queries.missing(session, found.held.subject)
    asked = {each.owner for each in missing}
    return {
        "partners": [
            (each, name, _hint(found.practice, each, name, asked)) for each, name in _bodies(found.practice).items()
        ],
        "usual": QUESTIONS,
        "due_at": found.practice.due[ClockName.REQUEST],
        "about": found.held.summary.about_whom() if found.held.summary else "",
    }


def _bodies(practice: Practice) -> dict[str, str]:
    """Return who is asked for information, by id: partners first, then the members of the panel."""
    return {each.id: each.name for each in practice.partners.values()} | practice.members()


def _hint(practice: Practice, recipient: str, name: str, asked: set[str]) -> str:
    own = questions_for(practice, recipient)
    again = ("Was asked before and has not answered.",) if name in asked else ()
    return " ".join((*again, *(() if own is QUESTIONS else own)))


def questions_for(practice: Practice, recipient: str) -> tuple[str, ...]:
    """Return what a body is asked where the officer writes no questions."""
    partner = practice.partners.get(recipient)
    return partner.questions if partner is not None and partner.questions else QUESTIONS


def _wrong(page: PageRequest, desk: Desk, form: RequestForm) -> Sentences:
    known = _bodies(desk.found.practice).keys()
    errors = list(wrong_other(form.other_name, form.other_address))
    if not form.partners and not form.other_name and not form.other_address:
        errors.append(("partners", "Choose who is asked, or enter another body"))
    elif not known >= set(form.partners):
        errors.append(("partners", "Choose from the bodies in the list, or enter another body"))
    if not form.message:
        errors.append(("message", "Say why you ask, in words that they understand"))
    if sentence := wrong_with(questions_in(form.questions)):
        errors.append(("questions", sentence))
    return (*errors, *wrong_day(form.due_on, page.now))


def wrong_other(name: str, address: str) -> Sentences:
    """Return what is wrong with a body that was typed; nothing where neither field is filled in."""
    if address and not is_mail_address(address):
        return (("other_address", "Enter an email address like office@school.example"),)
    if address and not name:
        return (("other_name", "Enter whose address it is"),)
    if name and not address:
        return (("other_address", f"Enter the email address of {name}: they are asked by a link"),)
    return ()


def wrong_day(day: date | None, now: datetime) -> Sentences:
    """Return what is wrong with a day by which something is due; nothing where none is given."""
    if day is not None and day < now.astimezone(LONDON).date():
        return (("due_on", "The day must be today or later"),)
    return ()


def due(practice: Practice, day: date | None, otherwise: datetime) -> datetime:
    """Return when something is due: at the end of the day that was chosen, else when the area's clock says."""
    return otherwise if day is None else practice.close_of(day)


async def _save(page: PageRequest, session: Session, desk: Desk, form: RequestForm) -> str:
    practice = desk.found.practice
    due_at = due(practice, form.due_on, practice.due[ClockName.REQUEST])
    written = questions_in(form.questions)
    names = _bodies(practice)
    owings = [
        Owing(
            Obligation.REQUEST,
            names[each],
            form.message,
            due_at,
            recipient=each,
            questions=written or questions_for(practice, each),
        )
        for each in form.partners
    ]
    if form.other_name:
        asked = written or QUESTIONS
        address = form.other_address
        owings.append(
            Owing(Obligation.REQUEST, form.other_name, form.message, due_at, address=address, questions=asked)
        )
    record = Record(officer=", ".join(each.owner for each in owings), message=form.message)
    act = Act(Command.REQUEST, page.now, record, form.row_version)
    await operations.make_obligations(session, desk.found.held.subject, owings, act, practice)
    return f"Asked: {record.officer}."


_ASK = Written(
    title=LABELS[Command.REQUEST],
    template="ask_partners",
    command=Command.REQUEST,
    form=RequestForm,
    first="partners",
    look=_whom,
    wrong=_wrong,
    save=_save,
)
