"""The referral at a glance: the parts and how far each has got, and every answer with the way to change it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from contracts.vocabulary.nrf import Question, Section
from services.intake.web.form.answers import Draft, entries, placed, read
from services.intake.web.form.checks import Value, one
from services.intake.web.form.steps import SECTIONS, inputs, marked, steps_of
from services.intake.web.form.visit import Visit

COMPLETED, UNDER_WAY = marked("Completed"), marked("In progress")
NOT_STARTED, NOT_YET = marked("Not yet started"), marked("Cannot start yet")
NEEDED, MORE, LAST = marked("What we need"), marked("If you know it"), marked("Send it")
AGE_FIRST = marked("Say first how old the person is.")
NOT_GIVEN, YES, NO = marked("Not given"), marked("Yes"), marked("No")
CHECK, GO_ON = marked("Check your answers"), marked("Continue")
NAMES = ("person.forenames", "person.surname")
NUMBERED = marked("%(label)s %(number)s")


@dataclass(frozen=True)
class Task:
    """A row of the task list; `plain` says that nothing more is to be done there, or nothing can be done yet."""

    title: str
    href: str
    status: str
    hint: str = ""
    plain: bool = False


@dataclass(frozen=True)
class Group:
    """Rows of the task list under their heading."""

    key: str
    title: str
    tasks: tuple[Task, ...]


@dataclass(frozen=True)
class Row:
    """An answer as people read it; `what` says to a screen reader what "Change" changes."""

    label: str
    text: str
    change: str
    what: str


@dataclass(frozen=True)
class Answers:
    """The answers of one section."""

    title: str
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Sent:
    """What was sent, and on which day, in words."""

    sections: tuple[Answers, ...]
    day: str


@dataclass(frozen=True)
class Other:
    """Another referral that this browser has begun: its name, and about whom it is, in so far as that was typed."""

    form_token: str
    person: str


def others(visit: Visit) -> tuple[Other, ...]:
    """Return the referrals that this browser has begun beside the one in hand."""
    drafts = {name: visit.begun(name).typed for name in visit.forms if name != visit.named}
    return tuple(
        Other(name, " ".join(each for part in NAMES if (each := one(typed, part)))) for name, typed in drafts.items()
    )


def is_needed(section: Section) -> bool:
    """Say whether a referral cannot be sent without this section."""
    return any(step.required for step in steps_of(section.key))


def tasks(visit: Visit) -> tuple[Group, ...]:
    """Return the rows of the task list, what a referral needs first."""
    asked = [section for section in SECTIONS if visit.draft.asks(section, visit.today) is not False]
    needed = tuple(_task(visit, section) for section in asked if is_needed(section))
    more = tuple(_task(visit, section) for section in asked if not is_needed(section))
    ready = visit.draft.unfinished(visit.today) is None
    href, status = (visit.url("check_answers"), NOT_STARTED) if ready else ("", NOT_YET)
    last = Task(visit.say(CHECK), href, visit.say(status), plain=not ready)
    return (
        Group("needed", visit.say(NEEDED), needed),
        Group("more", visit.say(MORE), more),
        Group("last", visit.say(LAST), (last,)),
    )


def _task(visit: Visit, section: Section) -> Task:
    title, draft, today = visit.say(section.title), visit.draft, visit.today
    if draft.asks(section, today) is None:
        return Task(title, "", visit.say(NOT_YET), visit.say(AGE_FIRST), plain=True)
    steps = steps_of(section.key)
    begun = any(step.key in draft.answered for step in steps)
    first = draft.next_in(section.key, today)
    status = COMPLETED if first is None else UNDER_WAY if begun else NOT_STARTED
    href = visit.url("question", step=(steps[0] if first is None else first).key)
    return Task(title, href, visit.say(status), plain=first is None)


def way_on(visit: Visit) -> dict[str, str]:
    """Return the words and the address of the button: the next page that a referral needs, else the check."""
    for section in filter(is_needed, SECTIONS):
        step = visit.draft.next_in(section.key, visit.today)
        if step:
            return {"text": visit.say(GO_ON), "href": visit.url("question", step=step.key)}
    return {"text": visit.say(CHECK), "href": visit.url("check_answers")}


def sections(visit: Visit) -> tuple[Answers, ...]:
    """Return every answer of the draft, section by section, with the way to change it."""
    return tuple(
        Answers(visit.say(section.title), tuple(_rows(visit, visit.draft, section)))
        for section in SECTIONS
        if visit.draft.asks(section, visit.today) is not False
    )


def sent(visit: Visit, known: dict[str, Any]) -> Sent:
    """Return what this browser has sent, from what its session keeps."""
    draft = Draft.kept(known["draft"])
    shown = (
        Answers(visit.say(section.title), tuple(_rows(visit, draft, section, given_only=True))) for section in SECTIONS
    )
    day = date.fromisoformat(known["sent_on"])
    return Sent(tuple(each for each in shown if each.rows), visit.day(day))


def _rows(visit: Visit, draft: Draft, section: Section, *, given_only: bool = False) -> Iterator[Row]:
    for step in steps_of(section.key):
        values = read(step, draft.typed, visit.today, visit.say).values
        count = max(entries(step, draft.typed), 1) if step.repeats else 1
        for number in range(count):
            for question, path in placed(step, number):
                text = in_words(visit, question, values.get(path))
                if text or (not given_only and is_asked(draft, question)):
                    label = _label(visit, question, number, count)
                    change = visit.url("question", step=step.key, change="yes") + f"#{inputs(question, path)[0]}"
                    named = f"{label[:1].lower()}{label[1:]}"
                    yield Row(label, text or visit.say(NOT_GIVEN), change, named)


def is_asked(draft: Draft, question: Question) -> bool:
    """Say whether a question that waits for the answer to another one was put to the referrer."""
    if question.asked is None or not question.asked.path:
        return True
    return draft.typed.get(question.asked.path) in question.asked.answers


def _label(visit: Visit, question: Question, number: int, count: int) -> str:
    label = visit.say(question.label)
    return visit.say(NUMBERED) % {"label": label, "number": number + 1} if count > 1 else label


def in_words(visit: Visit, question: Question, value: Value) -> str:
    """Return an answer as people read it, "" where there is none."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return visit.say(YES if value else NO)
    if isinstance(value, date):
        return visit.day(value)
    chosen = dict(question.choices)
    if isinstance(value, tuple):
        return "\n".join(visit.say(chosen[each]) for each in value)
    return visit.say(chosen[str(value)]) if value in chosen else str(value)
