"""The desk's short form: what a person keys beside an original, over what the software already understood."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from chassis.web import FormData, FormErrors
from contracts.vocabulary import ReferralForm, Sector
from services.intake.domain import Found
from services.intake.readers import FormReading
from services.intake.readers.fields import Kind, kind_of, readable
from services.intake.web import forms
from services.intake.web.forms import SECTIONS, Question, Section

SHARING = "sharing_acknowledged"
SHARING_SENTENCE = "Select whether the referrer knows who will see this referral"
SHARING_CHOICES = (("yes", "Yes"), ("not-known", "Not known: the original does not say"))
NOT_KNOWN = "Not known"
MAY_BE_NOT_KNOWN = frozenset({"referrer.forename", "referrer.surname"})
SECTORS = (*forms.SECTORS, (Sector.UNKNOWN, NOT_KNOWN))
KEYED = frozenset(
    {
        "person.forenames",
        "person.surname",
        "person.date_of_birth",
        "person.approximate_age",
        "person.district",
        "concerns.narrative",
        "concerns.immediate_danger",
        "referrer.forename",
        "referrer.surname",
        "referrer.organisation",
        "referrer.sector",
        "referrer.email",
    }
)


def _at_the_desk(question: Question) -> Question:
    """Return a question of the public form as it is put to somebody who is not the referrer."""
    label = question.label.replace("your ", "the referrer’s ").replace("you are", "the referrer is")
    return replace(question, label=label.removesuffix(" you work for"))


KEYED_SECTIONS = tuple(
    Section(
        section.key,
        section.model,
        tuple(_at_the_desk(question) for question in section.questions if question.name in KEYED),
        section.required_choices,
    )
    for section in SECTIONS.values()
)
QUESTIONS = {question.name: question for section in SECTIONS.values() for question in section.questions}
DATES = frozenset(question.name for question in QUESTIONS.values() if question.kind == "date")


def blank_form(found: Found) -> FormErrors:
    """Return the short form, filled in with what the software found, the doubtful answers too: a person looks."""
    values: dict[str, tuple[str, ...]] = {}
    for name, text in found.values.items():
        if name in DATES:
            values |= dict(zip(QUESTIONS[name].fields, _date_parts(text), strict=True))
        elif name in KEYED:
            values[name] = (_as_chosen(name, text),)
    return FormErrors(FormData(values), (), DATES)


def again(sent: FormData, reading: FormReading) -> FormErrors:
    """Return the short form to show again because the whole form still cannot be made."""
    names = (*reading.missing, *reading.doubtful)
    errors = tuple((name, f"{label_of(name)}: enter it, or correct it") for name in names)
    return FormErrors(sent, errors or (("form", reading.reason),), DATES)


def read(sent: FormData, today: date) -> Mapping[str, str] | FormErrors:
    """Return what was keyed, as text by field path, or what must be mended."""
    errors: list[tuple[str, str]] = []
    keyed: dict[str, str] = {SHARING: "true"}
    for section in KEYED_SECTIONS:
        typed = _with_not_known(section, section.typed(sent))
        part = forms.read_section(section, typed, today)
        if isinstance(part, FormErrors):
            errors += part.errors
            continue
        texts = {question.name: _text(question, typed, today) for question in section.questions}
        keyed |= {name: text for name, text in texts.items() if text}
    if sent.get(SHARING) not in dict(SHARING_CHOICES):
        errors.append((SHARING, SHARING_SENTENCE))
    return FormErrors(sent, tuple(errors), DATES) if errors else keyed


def _with_not_known(section: Section, typed: Mapping[str, str]) -> dict[str, str]:
    blank = {question.name for question in section.questions if not typed.get(question.name, "").strip()}
    return {**typed, **dict.fromkeys(blank & MAY_BE_NOT_KNOWN, NOT_KNOWN)}


def answers_of(form: ReferralForm) -> list[tuple[str, str]]:
    """Return the answers of a form as (heading, text), in the order of the form, empty ones left out."""
    content = form.model_dump(mode="json")
    rows = ((question, _at(content, question.name.split("."))) for question in QUESTIONS.values())
    return [(question.heading, forms.in_words(question, text)) for question, text in rows if text]


def label_of(name: str) -> str:
    """Return how a field path is called on the page."""
    question = QUESTIONS.get(name)
    section = {"person": "Person", "concerns": "Concern", "referrer": "Referrer"}.get(name.partition(".")[0], "")
    if question is None:
        return name.replace(".", ": ").replace("_", " ").capitalize()
    return f"{section}: {question.heading[:1].lower()}{question.heading[1:]}"


def _text(question: Question, typed: Mapping[str, str], today: date) -> str:
    if question.kind == "date":
        found = forms.written_date(question, typed, today)
        return found.isoformat() if found else ""
    return typed.get(question.name, "")


def _at(content: object, path: list[str]) -> str:
    for name in path:
        if isinstance(content, dict):
            content = content.get(name)
        elif isinstance(content, list):
            content = content[int(name)] if int(name) < len(content) else None
    if isinstance(content, bool):
        return "yes" if content else "no"
    return str(content) if content is not None else ""


def _as_chosen(name: str, text: str) -> str:
    value = readable(text, kind_of(name))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value


def _date_parts(text: str) -> tuple[tuple[str], tuple[str], tuple[str]]:
    try:
        found = date.fromisoformat(str(readable(text, Kind.DATE)))
    except ValueError:
        return (text,), ("",), ("",)
    return (str(found.day),), (str(found.month),), (str(found.year),)
