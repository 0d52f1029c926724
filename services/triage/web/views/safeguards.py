"""Notes, corrections, restrictions: a short page each, checked before what lasts is recorded."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import wraps
from uuid import UUID

from chassis.database import Session
from chassis.web import FormData, FormErrors, Page, PageRequest, Response, blank, parse, refused
from services.triage import operations, queries
from services.triage.domain import (
    UNREACHED_LABELS,
    WRONG,
    ChangedMeanwhile,
    Command,
    NotInThisState,
    NotOffered,
    NotRecorded,
    Practice,
    ReferralRestricted,
    Wrong,
    in_unreached_words,
    lacks,
)
from services.triage.domain import (
    decide as decide_by_rules,
)
from services.triage.operations import Act
from services.triage.queries import TransferView
from services.triage.web.forms import OPEN_HINT, SafeguardForm
from services.triage.web.views.asked import CHECK, HAPPENED, LABELS, Opened, changes_text, opened, shown

Carry = Callable[[Session, UUID, Act, Practice, SafeguardForm], Awaitable[None]]
_ANSWERS = {
    "": ("Waiting for an answer", "orange"),
    "accepted": ("Accepted", "green"),
    "refused": ("Refused", "grey"),
    "called-back": ("Called back", "grey"),
}
KEEPS = (("yes", "Yes"), ("no", "No"))


@dataclass(frozen=True)
class Question:
    """One question of a page: `kind` is words, line, choice or tick; `choices` are (value, label, hint)."""

    name: str
    kind: str
    label: str
    hint: str = ""
    choices: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True)
class Task:
    """What one page does: its command, what it explains and asks, how it is carried out.

    `checked` shows everything once more before it is recorded; `alone` needs no fresh look at the referral, because it
    overwrites nothing. `filled` says what the page holds before anybody has typed.
    """

    command: Command
    explains: str
    questions: Callable[[Opened], tuple[Question, ...]]
    carry: Carry
    form: type[SafeguardForm] = SafeguardForm
    checked: bool = True
    alone: bool = False
    filled: Callable[[Opened], Mapping[str, str]] = lambda _: {}


async def note(page: PageRequest) -> Response:
    """Add a note to the timeline."""
    return await handled(page, _NOTE)


async def correct(page: PageRequest) -> Response:
    """Record that something was wrong, so that it is said wherever the referral is shown."""
    return await handled(page, _CORRECT)


async def restrict(page: PageRequest) -> Response:
    """Let only an access list see the referral."""
    return await handled(page, _RESTRICT)


async def end_restriction(page: PageRequest) -> Response:
    """Let the police teams of the area see it again."""
    return await handled(page, _UNRESTRICT)


def denials_recorded(page: Page) -> Page:
    """Return a row of the site map whose view writes down, in a transaction of its own, that somebody was refused."""

    @wraps(page.view)
    async def view(request: PageRequest) -> Response:
        try:
            return await page.view(request)
        except ReferralRestricted as denied:
            async with request.transaction() as session:
                await operations.note_denied(session, denied, request.now)
            raise

    return replace(page, view=view)


def transferred(offers: tuple[TransferView, ...], found: Opened) -> list[dict[str, object]]:
    """Return what a page shows of the offers to other forces, the last one first."""
    return [
        {
            **vars(each),
            "force": found.practice.forces.get(each.force, each.force),
            "label": _ANSWERS[each.answer][0],
            "colour": _ANSWERS[each.answer][1],
            "unreached": UNREACHED_LABELS[each.unreached] if each.unreached else "",
            "what_to_do": in_unreached_words(each.unreached) if each.unreached else "",
        }
        for each in reversed(offers)
    ]


async def handled(page: PageRequest, task: Task) -> Response:
    """Show what a page asks, what was written for checking, or record it."""
    async with page.transaction() as session:
        found = await opened(page, session, reason=task.command)
    if page.request.method == "GET":
        return _asked(page, found, task, blank(task.filled(found)))
    data = await page.form()
    form = parse(task.form, data)
    if isinstance(form, FormErrors):
        return _asked(page, found, task, form, status=422)
    return await _answered(page, found, task, form, data)


async def _answered(page: PageRequest, found: Opened, task: Task, form: SafeguardForm, data: FormData) -> Response:
    if form.step == "change":
        return _asked(page, found, task, refused(data))
    if form.row_version != found.held.row_version and not task.alone:
        return await _changed(page, task, data, form.row_version)
    if errors := _wrong(found, task, form):
        return _asked(page, found, task, refused(data, *errors), status=422)
    if task.checked and form.step != "commit":
        return _check(page, found, task, form)
    return await _commit(page, found, task, form, data)


async def _commit(page: PageRequest, found: Opened, task: Task, form: SafeguardForm, data: FormData) -> Response:
    act = Act(task.command, page.now, form.record(), None if task.alone else form.row_version)
    try:
        async with page.transaction() as session:
            await task.carry(session, found.held.subject, act, found.practice, form)
    except ChangedMeanwhile:
        return await _changed(page, task, data, form.row_version)
    page.flash(f"{HAPPENED[task.command]}.")
    return page.redirect("referral", reference=found.held.reference)


def _wrong(found: Opened, task: Task, form: SafeguardForm) -> tuple[tuple[str, str], ...]:
    situation, record = found.held.situation, form.record()
    try:
        missing = lacks(task.command, situation.state, record)
        if not missing:
            decide_by_rules(task.command, situation, record, found.practice)
    except NotRecorded as wrong:
        return ((wrong.field, str(wrong)),)
    except (NotOffered, NotInThisState) as wrong:
        return (("rationale", str(wrong)),)
    return (*missing, *_unanswered(task.questions(found), form))


def _unanswered(questions: tuple[Question, ...], form: SafeguardForm) -> list[tuple[str, str]]:
    """Return what the page asks beside what the table wants recorded, and nobody has answered."""
    asked = {each.name for each in questions}
    wrong = []
    if "keeps" in asked and form.keeps not in dict(KEEPS):
        wrong.append(("keeps", "Choose whether the officer goes on seeing it"))
    return wrong


async def _changed(page: PageRequest, task: Task, data: FormData, seen: int) -> Response:
    async with page.transaction() as session:
        found = await opened(page, session, reason=task.command)
        changes = await queries.changes_since(session, found.held.subject, seen)
    return _asked(page, found, task, refused(data), status=409, changes=changes_text(changes))


def _asked(
    page: PageRequest,
    found: Opened,
    task: Task,
    form: FormErrors,
    *,
    status: int = 200,
    changes: list[dict[str, object]] | None = None,
) -> Response:
    values = {
        "title": LABELS[task.command],
        "form": form,
        "explains": task.explains,
        "questions": [vars(each) for each in task.questions(found)],
        "refusal": found.refusal(task.command),
        "button": "Continue" if task.checked else LABELS[task.command],
        "changes": changes or [],
    }
    return shown(page, "safeguard", found, values, status)


def _check(page: PageRequest, found: Opened, task: Task, form: SafeguardForm) -> Response:
    questions = task.questions(found)
    said = [(each.label, _in_words(each.choices, str(getattr(form, each.name)))) for each in questions]
    values = {
        "title": CHECK,
        "said": [("What you record", LABELS[task.command]), *said],
        "button": "Record this",
        "answers": {each.name: getattr(form, each.name) for each in questions},
    }
    return shown(page, "check", found, values)


def _in_words(choices: Sequence[tuple[str, ...]], value: str) -> str:
    return next((choice[1] for choice in choices if choice[0] == value), value)


def _words(label: str, hint: str) -> Question:
    return Question("rationale", "words", label, f"{hint} {OPEN_HINT}")


def _of_note(_: Opened) -> tuple[Question, ...]:
    return (_words("What do you want to note?", "For example that you telephoned the school, or a check was made."),)


def _of_correction(_: Opened) -> tuple[Question, ...]:
    kinds = tuple((kind.value, *WRONG[kind]) for kind in Wrong)
    return (
        Question("reason", "choice", "What was wrong?", choices=kinds),
        _words("What is true instead?", "Stands on every page of this referral after the words “We were mistaken”."),
    )


def _of_restriction(found: Opened) -> tuple[Question, ...]:
    why = _words("Why is it restricted?", "Those who may see the referral read this.")
    if not found.held.officer:
        return (why,)
    return (why, Question("keeps", "choice", f"May {found.held.officer} go on seeing it?", choices=KEEPS))


def _of_ending(_: Opened) -> tuple[Question, ...]:
    return (_words("Why does the restriction end?", "Everybody who may see the referral reads this."),)


async def _restrict(session: Session, subject: UUID, act: Act, practice: Practice, form: SafeguardForm) -> None:
    await operations.restrict(session, subject, act, practice, keeps_officer=form.keeps == "yes")


async def _note(session: Session, subject: UUID, act: Act, practice: Practice, _: SafeguardForm) -> None:
    await operations.add_note(session, subject, act, practice)


async def _correct(session: Session, subject: UUID, act: Act, practice: Practice, _: SafeguardForm) -> None:
    await operations.correct(session, subject, act, practice)


async def _unrestrict(session: Session, subject: UUID, act: Act, practice: Practice, _: SafeguardForm) -> None:
    await operations.end_restriction(session, subject, act, practice)


_NOTE = Task(
    Command.NOTE,
    "A note stands in the timeline with your name. It changes nothing else.",
    _of_note,
    _note,
    checked=False,
    alone=True,
)
_CORRECT = Task(
    Command.CORRECT,
    "What was written is kept; the correction stands above it for good. Where Channel was given this person’s identity,"
    " it is told.",
    _of_correction,
    _correct,
)
_RESTRICT = Task(
    Command.RESTRICT,
    "From then on only officers on its access list, supervisors and the intelligence unit see more than the reference.",
    _of_restriction,
    _restrict,
)
_UNRESTRICT = Task(
    Command.UNRESTRICT,
    "From then on both police teams of the area see this referral again.",
    _of_ending,
    _unrestrict,
)
