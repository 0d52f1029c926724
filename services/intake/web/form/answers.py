"""What has been answered so far: read page by page, corrected, repeated, and put together as a referral."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import pairwise
from typing import Any, cast

from chassis.web import FormData
from contracts.vocabulary import Person, ReferralForm, age_on
from contracts.vocabulary.form import ADULT_AGE, OLDEST_AGE
from contracts.vocabulary.nrf import Kind, Question, Section
from services.intake.domain import ages_disagree, impossible_age
from services.intake.web.form import checks
from services.intake.web.form.checks import AGED, BORN, Asking, Given, Say, Value, Wrong
from services.intake.web.form.steps import BIRTH, STEP, STEPS, Step, inputs, section_of, steps_of

Typed = dict[str, str | list[str]]
MOST_ENTRIES = 10


@dataclass(frozen=True)
class Read:
    """A page as it was understood: answers by numbered path, and sentences by the path that they are about."""

    values: Mapping[str, Value] = field(default_factory=dict)
    errors: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Draft:
    """The answers of one referral that is being written: what was typed by input, and which pages were answered."""

    typed: Mapping[str, str | list[str]] = field(default_factory=dict)
    answered: tuple[str, ...] = ()

    @classmethod
    def kept(cls, content: Mapping[str, Any] | None) -> "Draft":
        """Return the draft in what a session, or a saved form, has kept."""
        content = content or {}
        return cls(dict(content.get("typed", {})), tuple(each for each in content.get("answered", ()) if each in STEP))

    def to_keep(self) -> dict[str, Any]:
        """Return the draft as JSON keeps it."""
        return {"typed": dict(self.typed), "answered": list(self.answered)}

    def of(self, step: Step) -> Typed:
        """Return what was typed on one page."""
        return {name: value for name, value in self.typed.items() if belongs(step, name)}

    def adding(self, step: Step, typed: Typed) -> "Draft":
        """Return the draft with a page answered, in place of what stood there before."""
        others = {name: value for name, value in self.typed.items() if not belongs(step, name)}
        answered = self.answered if step.key in self.answered else (*self.answered, step.key)
        return replace(self, typed=others | typed, answered=answered)

    def age(self, today: date) -> int | None:
        """Return how old the person is, None where that is not known yet."""
        return age_on(_aged(read(STEP[BIRTH], self.typed, today, str).values), today)

    def asks(self, section: Section, today: date) -> bool | None:
        """Say whether a section is asked of this person; None where that is not known yet."""
        if section.asked is None or not section.asked.under_18:
            return True
        age = self.age(today)
        return None if age is None else age < ADULT_AGE

    def is_done(self, step: Step, today: date) -> bool:
        """Say whether a page was answered, and rightly."""
        return step.key in self.answered and not read(step, self.typed, today, str).errors

    def unfinished(self, today: date) -> Step | None:
        """Return the first page that a referral cannot do without, or that must be mended; None when none is."""
        return next(
            (step for step in STEPS if (step.required or step.key in self.answered) and not self.is_done(step, today)),
            None,
        )

    def next_in(self, section: str, today: date) -> Step | None:
        """Return the first page of a section that is not answered yet; None when all are."""
        return next((step for step in steps_of(section) if not self.is_done(step, today)), None)


def belongs(step: Step, name: str) -> bool:
    """Say whether the input of this name stands on this page."""
    if step.repeats:
        return name.startswith(f"{step.repeats}.")
    return any(name in inputs(question, question.path) for question in step.questions)


def typed_on(step: Step, sent: FormData, rows: int = MOST_ENTRIES) -> Typed:
    """Return what was typed into a page's inputs; empty entries of a list are closed up."""
    if not step.repeats:
        return dict(_typed_at(sent, [(question, question.path) for question in step.questions]))
    typed: Typed = {}
    kept = 0
    for row in range(rows):
        entry = dict(_typed_at(sent, list(placed(step, row))))
        if any(_makes_an_entry(name) for name in entry):
            moved = {_renumbered(name, step.repeats, kept): value for name, value in entry.items()}
            typed |= moved
            kept += 1
    return typed


def _makes_an_entry(name: str) -> bool:
    """Say whether an input alone makes an entry of a list: that somebody lives nowhere now is no address."""
    return not name.endswith(".current")


def without(step: Step, typed: Typed, row: str) -> Typed:
    """Return what was typed without one entry of the list; those behind it move up."""
    kept: Typed = {}
    for name, value in typed.items():
        number = name.removeprefix(f"{step.repeats}.").partition(".")[0]
        if number != row and number.isdecimal() and row.isdecimal():
            kept[_renumbered(name, step.repeats, int(number) - (int(number) > int(row)))] = value
    return kept if row.isdecimal() else typed


def _typed_at(sent: FormData, questions: list[tuple[Question, str]]) -> Iterator[tuple[str, str | list[str]]]:
    for question, path in questions:
        for name in inputs(question, path):
            if question.kind is Kind.CHOICES:
                ticked = [value for value in sent.all(name) if value]
                if ticked:
                    yield name, ticked
            elif text := sent.get(name).strip():
                yield name, text


def _renumbered(name: str, repeats: str, row: int) -> str:
    rest = name.removeprefix(f"{repeats}.").partition(".")[2]
    return f"{repeats}.{row}.{rest}" if rest else f"{repeats}.{row}"


def placed(step: Step, row: int) -> Iterator[tuple[Question, str]]:
    """Yield each question of a page with its numbered path, in one entry of the list where the page takes several."""
    for question in step.questions:
        yield question, question.path.replace("*", str(row), 1)


def entries(step: Step, typed: Given) -> int:
    """Return how many entries of a list were typed."""
    numbers = [name.removeprefix(f"{step.repeats}.").partition(".")[0] for name in typed if belongs(step, name)]
    return max((int(number) + 1 for number in numbers if number.isdecimal()), default=0)


def read(step: Step, typed: Given, today: date, say: Say) -> Read:
    """Return the answers of a page, and the sentences about what must be mended, in the order of the page."""
    rows = range(entries(step, typed)) if step.repeats else range(1)
    values: dict[str, Value] = {}
    errors: dict[str, str] = {}
    for question, path in (each for row in rows for each in placed(step, row)):
        asking = Asking(question, path, today, say)
        try:
            found = checks.value_of(asking, typed)
        except Wrong as wrong:
            errors[path] = str(wrong)
            continue
        if found is not None:
            values[path] = found
        elif question.required:
            errors[path] = asking.missing()
    if step.key == BIRTH:
        _check_ages(values, errors, today, say)
    return Read(values, tuple(errors.items()))


def _aged(values: Mapping[str, Value]) -> Person:
    """Return a person of whom only the age is known, in so far as it is."""
    born, aged = cast("date | None", values.get(BORN)), cast("int | None", values.get(AGED))
    return Person.model_construct(forenames="", surname="", date_of_birth=born, approximate_age=aged)


def _check_ages(values: Mapping[str, Value], errors: dict[str, str], today: date, say: Say) -> None:
    """Ask for one of date of birth and age, and that both, where given, agree."""
    if not values and not errors:
        errors[BORN] = say(checks.BIRTH_OR_AGE)
    person = _aged(values)
    if BORN not in values or errors:
        return
    if impossible_age(person, today):
        errors[BORN] = Asking(STEP[BIRTH].questions[0], BORN, today, say).sentence(checks.TOO_OLD, most=OLDEST_AGE + 1)
    elif ages_disagree(person, today):
        errors[AGED] = say(checks.AGES_DIFFER)


def referral_form(draft: Draft, today: date, language: str) -> ReferralForm:
    """Return the referral that a finished draft makes; raises ValidationError where it is not finished."""
    nested: dict[str, Any] = {"language": language, "sharing_acknowledged": True}
    for step in STEPS:
        if draft.asks(section_of(step), today) is False and not draft.of(step):
            continue
        for path, value in read(step, draft.typed, today, str).values.items():
            _put(nested, path.split("."), value)
    return ReferralForm.model_validate(nested)


def _put(nested: dict[str, Any], path: list[str], value: object) -> None:
    """Put a value at its place; the entries of a list stand in order without gaps."""
    place: Any = nested
    for name, following in pairwise(path):
        if name.isdecimal():
            while len(place) <= int(name):
                place.append({})
            place = place[int(name)]
        else:
            place = place.setdefault(name, [] if following.isdecimal() else {})
    if isinstance(place, list):
        place.append(value)
    else:
        place[path[-1]] = value
