"""How each question of a page is shown: its widget's words, what was typed, what must be mended."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from chassis.web import FormData, FormErrors
from contracts.vocabulary import ETHNIC_GROUPS
from contracts.vocabulary.nrf import Kind, Question
from services.intake.web.form.answers import entries, placed
from services.intake.web.form.checks import Given, Say, one
from services.intake.web.form.steps import BIRTH, Step, inputs, marked

OPTIONAL = marked("%(asks)s (optional)")
LINES = "person.addresses.*.lines"
AUTOCOMPLETE: Mapping[str, str] = MappingProxyType(
    {
        "referrer.forename": "given-name",
        "referrer.surname": "family-name",
        "referrer.role": "organization-title",
        "referrer.organisation": "organization",
        "referrer.phone": "tel",
        "referrer.email": "email",
    }
)
"""What a browser may fill in about the person who writes; about anybody else it would fill in the wrong one."""
SHORT: Mapping[Kind, str] = MappingProxyType({Kind.AGE: "3", Kind.POSTCODE: "10", Kind.PHONE: "20"})
TYPES: Mapping[Kind, str] = MappingProxyType({Kind.PHONE: "tel", Kind.EMAIL: "email"})
ROWS: Mapping[str, int] = MappingProxyType({"concerns.narrative": 12, LINES: 3})
NAMES = ("forename", "forenames", "surname", "aliases")


@dataclass(frozen=True, kw_only=True)
class Field:
    """One question as the page shows it; texts are in the language of the page, `value` and `chosen` as typed.

    `parts` are those of a date; where it is wrong, `wrong` says which of them must be mended. `groups` are choices
    under headings, of which any other words may take the place.
    """

    name: str
    kind: str
    label: str
    hint: str
    value: str
    chosen: tuple[str, ...]
    parts: tuple[str, ...]
    choices: tuple[tuple[str, str], ...]
    error: str
    autocomplete: str
    width: str
    input_type: str
    rows: int
    spellcheck: bool
    following: tuple["Field", ...] = ()
    wrong: tuple[bool, ...] = (True, True, True)
    groups: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = ()


@dataclass(frozen=True)
class Entry:
    """One entry of a page that takes several, or the whole of any other page."""

    title: str
    number: int
    fields: tuple[Field, ...]


@dataclass(frozen=True)
class Page:
    """What is shown of a page, and the same in the shape of which the error summary is made."""

    step: Step
    entries: tuple[Entry, ...]
    errors: FormErrors


def page(step: Step, typed: Given, errors: tuple[tuple[str, str], ...], say: Say, more: int = 0) -> Page:
    """Return a page with what was typed; `more` empty entries are offered where the page takes several."""
    shown = _Shown(typed, dict(errors), say)
    if not step.repeats:
        made: tuple[Entry, ...] = (Entry("", 1, tuple(shown.fields(step, 0))),)
    else:
        count = min(max(entries(step, typed) + more, 1), step.questions[0].most)
        made = tuple(_entry(step, row, tuple(shown.fields(step, row)), say) for row in range(count))
    targets = {question.path: wrong_inputs(question, question.path, typed)[0] for question in step.questions}
    return Page(step, made, FormErrors(FormData(), tuple((targets.get(path, path), said) for path, said in errors)))


def wrong_inputs(question: Question, path: str, typed: Given) -> tuple[str, ...]:
    """Return which inputs of a wrong answer must be mended: of a date that lacks something, what it lacks."""
    names = inputs(question, path)
    missing = tuple(name for name in names if not one(typed, name))
    words = missing == names[1:] and not one(typed, names[0]).isdecimal()
    return names if not missing or words else missing


def _entry(step: Step, row: int, fields: tuple[Field, ...], say: Say) -> Entry:
    """Return one of several entries; where it is a single question, that is called by its number."""
    title = say(step.entry) % {"number": row + 1}
    return Entry(title, row + 1, fields if len(fields) > 1 else (replace(fields[0], label=title),))


@dataclass(frozen=True)
class _Shown:
    """What was typed on a page, what is wrong with it, and the language to say it in."""

    typed: Given
    errors: Mapping[str, str]
    say: Say

    def fields(self, step: Step, row: int) -> Iterable[Field]:
        paths = dict(placed(step, row))
        for question in step.leading:
            following = tuple(
                self.field(each, paths[each], self.label(step, each)) for each in step.following(question.path)
            )
            yield self.field(question, paths[question], self.label(step, question), following)

    def label(self, step: Step, question: Question) -> str:
        """Return the words that put a question; one that may be left empty says so, by itself or by its page's hint."""
        asks = self.say(question.asks)
        if question.required or step.key == BIRTH or step.repeats:
            return asks
        return self.say(OPTIONAL) % {"asks": asks}

    def field(self, question: Question, path: str, label: str, following: tuple[Field, ...] = ()) -> Field:
        sent, wrong = self.typed.get(path, ""), wrong_inputs(question, path, self.typed)
        names = question.path.split(".")
        return Field(
            name=path,
            kind=_widget(question),
            label=label,
            hint=self.say(question.hint),
            value=one(self.typed, path),
            chosen=tuple(sent) if isinstance(sent, list) else (sent,),
            parts=tuple(one(self.typed, name) for name in inputs(question, path)),
            wrong=tuple(name in wrong for name in inputs(question, path)),
            choices=tuple((value, self.say(words)) for value, words in question.choices),
            groups=self.groups() if question.kind is Kind.ETHNIC_GROUP else (),
            error=self.errors.get(path, ""),
            autocomplete=AUTOCOMPLETE.get(path, ""),
            width=SHORT.get(question.kind, ""),
            input_type=TYPES.get(question.kind, "text"),
            rows=ROWS.get(question.path, 5),
            spellcheck=question.kind is not Kind.EMAIL and not any(name in NAMES for name in names),
            following=following,
        )

    def groups(self) -> tuple[tuple[str, tuple[tuple[str, str], ...]], ...]:
        """Return the ethnic groups of the census; the value of each is its English name, in either language."""
        return tuple(
            (self.say(title), tuple((name, self.say(name)) for name in names))
            for title, names in ETHNIC_GROUPS.values()
        )


def _widget(question: Question) -> str:
    if question.path == LINES:
        return str(Kind.TEXT)
    if question.choices and question.kind is not Kind.CHOICES:
        return "radios"
    return str(question.kind)
