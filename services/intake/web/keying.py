"""The desk's form: every question of the national form, filled in with what was found, to be completed by a person."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from types import MappingProxyType

from chassis.web import FormData, FormErrors
from contracts.vocabulary import Person, Sector
from contracts.vocabulary.nrf import QUESTIONS, SECTIONS, Kind, Question, Section, question_at
from services.intake.domain import Found, ages_disagree, impossible_age
from services.intake.readers.fields import Kind as Reads
from services.intake.readers.fields import kind_of, readable
from services.intake.web.form import checks
from services.intake.web.form.checks import AGED, BORN, Asking, Given, Value, Wrong
from services.intake.web.form.fields import LINES, ROWS, SHORT, TYPES, Field
from services.intake.web.form.steps import inputs

SHARING = "sharing_acknowledged"
SHARING_QUESTION = "Does the referrer know who will see this referral?"
SHARING_SENTENCE = "Select whether the referrer knows who will see this referral"
SHARING_CHOICES = (("yes", "Yes"), ("not-known", "Not known: the original does not say"))
NOT_KNOWN = "Not known"
BIRTH_OR_AGE = "Enter a date of birth or, if the original does not say it, an approximate age"
MAY_BE_NOT_KNOWN = frozenset({"referrer.forename", "referrer.surname"})
DESK_WORDS = (
    ("you or your organisation", "the referrer or their organisation"),
    ("what you are", "what the referrer is"),
    ("you work for", "the referrer works for"),
    ("your ", "the referrer’s "),
    ("Your ", "The referrer’s "),
)
OPEN = frozenset({"missing", "doubtful"})
ALONE = ".current"
"""What an input of this name says makes no entry of a list by itself."""
PATH = re.compile(r"\b[a-z_]+(?:\.(?:[a-z_]+|[0-9]{1,2}))+\b|\bsharing_acknowledged\b", re.ASCII)
ENTRY = re.compile(r".+?\.[0-9]+\.")
HINTS: Mapping[str, str] = MappingProxyType(
    {
        "concerns.narrative": "The referrer’s own words, not a summary.",
        "referrer.forename": "Leave it empty if the original does not say: “Not known” is kept.",
        "referrer.surname": "Leave it empty if the original does not say.",
        "person.approximate_age": "If there is no date of birth.",
    }
)


@dataclass(frozen=True)
class Keyed:
    """One question at the desk: its tag is missing, doubtful, found or "", and `read` what the software made of it."""

    field: Field
    tag: str = ""
    read: str = ""

    @property
    def target(self) -> str:
        """Return the id of the question's first input, for a link that leads there."""
        return f"{self.field.name}-day" if self.field.kind == Kind.DATE else self.field.name

    @property
    def entry(self) -> str:
        """Return which entry of which list the question belongs to, "" for one that stands alone."""
        entry = ENTRY.match(self.field.name)
        return entry[0] if entry else ""


@dataclass(frozen=True)
class Sheet:
    """Questions under one heading."""

    title: str
    keyed: tuple[Keyed, ...]

    @property
    def shown(self) -> tuple[Keyed, ...]:
        """Return the questions that have an answer, and the others of the same entry of a list."""
        entries = {each.entry for each in self.keyed if each.tag} - {""}
        return tuple(each for each in self.keyed if each.tag or each.entry in entries)

    @property
    def folded(self) -> tuple[Keyed, ...]:
        """Return the questions for which nothing was found and nothing is required: the page folds them."""
        shown = self.shown
        return tuple(each for each in self.keyed if each not in shown)


@dataclass(frozen=True)
class Form:
    """The desk's form as it is shown: first what is missing or doubtful, then the others section by section.

    `sharing` is the question that stands last, which only a person can answer.
    """

    first: Sheet
    others: tuple[Sheet, ...]
    sharing: Keyed
    errors: FormErrors

    @property
    def waiting(self) -> tuple[Keyed, ...]:
        """Return the questions whose answers are missing or doubtful: what the page counts and leads to."""
        return tuple(each for each in (*self.first.keyed, self.sharing) if each.tag in OPEN)


def form(found: Found, sent: FormData | None = None, errors: Iterable[tuple[str, str]] = ()) -> Form:
    """Return the form with what was found, or again with what was sent and what must be mended."""
    typed = prefilled(found) if sent is None else _typed(sent)
    wrong = tuple(errors)
    shown = _Shown(found, typed, dict(wrong), again=sent is not None)
    first: list[Keyed] = []
    others: list[Sheet] = []
    for section in SECTIONS:
        keyed = [shown.keyed(question, path) for question, path in _asked(section, typed)]
        first += [replace(each, field=_named(section, each.field)) for each in keyed if _comes_first(each)]
        rest = tuple(each for each in keyed if not _comes_first(each))
        others += [Sheet(_theirs(section.title), rest)] if rest else []
    dates = frozenset(name for name in dict(wrong) if _is_date(name))
    values = FormData() if sent is None else sent
    asked = replace(shown.field(QUESTIONS[SHARING], SHARING), label=SHARING_QUESTION)
    sharing = Keyed(asked, "found" if values.get(SHARING) else "missing")
    return Form(Sheet("Look at these first", tuple(first)), tuple(others), sharing, FormErrors(values, wrong, dates))


def read(sent: FormData, found: Found, today: date) -> Mapping[str, str] | tuple[tuple[str, str], ...]:
    """Return what was keyed, as text by field path, or (field, sentence) pairs that say what must be mended."""
    values, errors = _answers(_typed(sent), today)
    errors += _wrong_ages(values, errors, today)
    if sent.get(SHARING) not in dict(SHARING_CHOICES):
        errors.append((SHARING, SHARING_SENTENCE))
    if errors:
        return tuple(errors)
    unasked = {path: text for path, text in found.values.items() if question_at(path) is None and kind_of(path)}
    unasked = {path: text for path, text in unasked.items() if not _listed_choice(path)}
    return {**unasked, **dict(_texts(values)), SHARING: "true"}


def _answers(typed: Given, today: date) -> tuple[dict[str, Value], list[tuple[str, str]]]:
    """Return the answers by path, and the sentences about those that must be mended."""
    values: dict[str, Value] = {}
    errors: list[tuple[str, str]] = []
    for question, path in (each for section in SECTIONS for each in _asked(section, typed, more=0)):
        asking = Asking(_at_the_desk(question), path, today, str)
        try:
            value = checks.value_of(asking, typed)
        except Wrong as wrong:
            errors.append((path, str(wrong)))
            continue
        if value is None and path in MAY_BE_NOT_KNOWN:
            value = NOT_KNOWN
        if value is not None:
            values[path] = value
        elif question.required:
            errors.append((path, asking.missing()))
    return values, errors


def label_of(path: str) -> str:
    """Return how a field path is called on the page."""
    question, section = question_at(path), _section_of(path)
    if question is None or section is None:
        return path.replace(".", ": ").replace("_", " ").capitalize()
    if question.label.startswith(section.title):
        return question.label
    return f"{_theirs(section.title)}: {_lower(question.label)}"


def in_plain_words(reason: str) -> str:
    """Return a sentence of the reader with its fields called as the page calls them."""
    return PATH.sub(lambda found: f"“{label_of(found[0])}”" if kind_of(found[0]) else found[0], reason)


def prefilled(found: Found) -> dict[str, str | list[str]]:
    """Return what the software found as it would have been typed, the doubtful answers too: a person looks."""
    typed: dict[str, str | list[str]] = {}
    for path, text in found.values.items():
        several = _listed_choice(path)
        question = question_at(path)
        if several:
            ticked = typed.setdefault(several, [])
            typed[several] = [*ticked, str(readable(text, Reads.CHOICE))]
        elif question is None:
            continue
        elif question.kind is Kind.DATE:
            # A day that can be read in two ways is for the person to write: it would be taken for looked at.
            typed |= {} if path in found.doubtful else dict(zip(inputs(question, path), _date_parts(text), strict=True))
        else:
            typed[path] = _as_chosen(path, text) if question.choices else text
    return typed


@dataclass(frozen=True)
class _Shown:
    """What was found, what stands in the inputs, and what is wrong with it; `again` once a person has sent it.

    What a person has answered is missing or doubtful no more, whatever the software made of it.
    """

    found: Found
    typed: Given
    errors: Mapping[str, str]
    again: bool

    def keyed(self, question: Question, path: str) -> Keyed:
        read = {at: text for at, text in self.found.values.items() if path in {at, _listed_choice(at)}}
        told, answered = ", ".join(read.values()), self._has(question, path)
        doubtful = not {path, *read}.isdisjoint(self.found.doubtful)
        if doubtful and not (self.again and answered):
            return Keyed(self.field(question, path), "doubtful", told)
        if not answered and self._is_wanted(question, path):
            return Keyed(self.field(question, path), "missing")
        return Keyed(self.field(question, path), "found" if told or answered else "")

    def _is_wanted(self, question: Question, path: str) -> bool:
        """Say whether a question without an answer needs one: as `read` says it, and before that as the form does."""
        if path == BORN:
            return not self.typed.get(AGED)
        may_stay_empty = self.again and path in MAY_BE_NOT_KNOWN
        return not may_stay_empty and (question.required or path in self.found.missing)

    def _has(self, question: Question, path: str) -> bool:
        return any(self.typed.get(name) for name in inputs(question, path))

    def field(self, question: Question, path: str) -> Field:
        asked, sent = _at_the_desk(question), self.typed.get(path, "")
        return Field(
            name=path,
            kind=_widget(question),
            label=_numbered(question, path),
            hint=HINTS.get(path, ""),
            value=checks.one(self.typed, path),
            chosen=tuple(sent) if isinstance(sent, list) else (sent,),
            parts=tuple(checks.one(self.typed, name) for name in inputs(question, path)),
            choices=asked.choices,
            error=self.errors.get(path, ""),
            autocomplete="off",
            width=SHORT.get(question.kind, ""),
            input_type=TYPES.get(question.kind, "text"),
            rows=ROWS.get(question.path, 3),
            spellcheck=question.kind is Kind.TEXT,
        )


def _comes_first(keyed: Keyed) -> bool:
    return keyed.tag in OPEN or bool(keyed.field.error)


def _named(section: Section, shown: Field) -> Field:
    """Return a field away from its section: with the section's name in its label."""
    if shown.label.startswith(section.title):
        return shown
    return replace(shown, label=f"{_theirs(section.title)}: {_lower(shown.label)}")


def _lower(label: str) -> str:
    return f"{label[:1].lower()}{label[1:]}"


def _numbered(question: Question, path: str) -> str:
    number = next((step for step in path.split(".") if step.isdecimal()), "")
    return f"{question.label} {int(number) + 1}" if number else question.label


def _at_the_desk(question: Question) -> Question:
    """Return a question of the public form as it is put to somebody who is not the referrer."""
    choices = question.choices
    if question.path == "referrer.sector":
        choices = (*choices, (Sector.UNKNOWN.value, NOT_KNOWN))
    return replace(
        question, name=_theirs(question.name), choices=tuple((value, _neutral(words)) for value, words in choices)
    )


def _theirs(words: str) -> str:
    """Return words to a referrer as words about one."""
    for to_them, of_them in DESK_WORDS:
        words = words.replace(to_them, of_them)
    return words


def _neutral(words: str) -> str:
    return NOT_KNOWN if words == "I do not know" else words


def _widget(question: Question) -> str:
    if question.path == LINES:
        return str(Kind.TEXT)
    if question.kind is Kind.ETHNIC_GROUP:
        # The desk types what stands on the paper, in whatever words.
        return str(Kind.LINE)
    if question.choices and question.kind is not Kind.CHOICES:
        return "radios"
    return str(question.kind)


def _asked(section: Section, typed: Given, more: int = 1) -> Iterator[tuple[Question, str]]:
    """Yield each question of a section with its path; of a list, each entry that is there and `more` empty ones."""
    done: set[str] = set()
    for question in section.questions:
        listed, star, _ = question.path.partition(".*")
        if question.kind is Kind.ACKNOWLEDGED:
            continue
        if not star:
            yield question, question.path
        elif listed not in done:
            done.add(listed)
            together = [each for each in section.questions if each.path.startswith(f"{listed}.*")]
            for row in range(min(_entries(listed, typed) + more, question.most)):
                yield from ((each, each.path.replace("*", str(row), 1)) for each in together)


def _entries(listed: str, typed: Given) -> int:
    names = [name for name, value in typed.items() if name.startswith(f"{listed}.") and value]
    rows = [name.removeprefix(f"{listed}.").partition(".")[0] for name in names if not name.endswith(ALONE)]
    return max((int(row) + 1 for row in rows if row.isdecimal()), default=0)


def _typed(sent: FormData) -> dict[str, str | list[str]]:
    """Return what was sent for each question; the entries of a list that were left empty stay where they are."""
    typed: dict[str, str | list[str]] = {}
    for section in SECTIONS:
        for question, path in _asked(section, _every_entry(section)):
            for name in inputs(question, path):
                if question.kind is Kind.CHOICES:
                    typed[name] = [value for value in sent.all(name) if value]
                else:
                    typed[name] = sent.get(name).strip()
    return {name: value for name, value in typed.items() if value}


def _every_entry(section: Section) -> Given:
    """Return typed answers that fill the last entry of every list of a section."""
    last = {each.path: each.path.replace("*", str(each.most - 1), 1) for each in section.questions if each.listed}
    return dict.fromkeys(last.values(), "x")


def _wrong_ages(values: Mapping[str, Value], errors: list[tuple[str, str]], today: date) -> list[tuple[str, str]]:
    if {BORN, AGED} & dict(errors).keys():
        return []
    if BORN not in values and AGED not in values:
        return [(BORN, BIRTH_OR_AGE)]
    known = {"date_of_birth": values.get(BORN), "approximate_age": values.get(AGED)}
    person = Person.model_construct(**known)  # type: ignore[arg-type]
    if BORN in values and impossible_age(person, today):
        return [(BORN, "The date of birth must be that of somebody alive today")]
    return [(AGED, checks.AGES_DIFFER)] if BORN in values and ages_disagree(person, today) else []


def _texts(values: Mapping[str, Value]) -> Iterator[tuple[str, str]]:
    for path, value in values.items():
        if isinstance(value, tuple):
            yield from ((f"{path}.{place}", each) for place, each in enumerate(value))
        elif isinstance(value, bool):
            yield path, "yes" if value else "no"
        else:
            yield path, value.isoformat() if isinstance(value, date) else str(value)


def _listed_choice(path: str) -> str:
    """Return the path of the question whose ticked boxes a numbered path is one of, "" for every other path."""
    above = path.rpartition(".")[0]
    question = question_at(above) if above else None
    return above if question is not None and question.kind is Kind.CHOICES else ""


def _section_of(path: str) -> Section | None:
    question = question_at(path)
    return next((section for section in SECTIONS if question in section.questions), None)


def _is_date(path: str) -> bool:
    question = question_at(path)
    return question is not None and question.kind is Kind.DATE


def _as_chosen(path: str, text: str) -> str:
    value = readable(text, kind_of(path))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value


def _date_parts(text: str) -> tuple[str, str, str]:
    try:
        found = date.fromisoformat(str(readable(text, Reads.DATE)))
    except ValueError:
        return "", "", ""
    return str(found.day), str(found.month), str(found.year)
