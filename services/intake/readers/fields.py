"""The fields of the referral form by dotted path, and a form put together from their text."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from enum import StrEnum
from functools import lru_cache
from itertools import pairwise
from types import MappingProxyType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from contracts.vocabulary import ReferralForm
from contracts.vocabulary.nrf import QUESTIONS, Question, question_at
from contracts.vocabulary.nrf.welsh import WELSH
from services.intake.domain.written import day_of, yes_or_no
from services.intake.readers.rows import bare
from services.intake.readers.values import Cause, FormReading

PATH = re.compile(r"[a-z_]+(\.(?:[a-z_]+|[0-9]{1,2}))*", re.ASCII)
AGE = re.compile(
    r"(?:about |approx\.? |c\.? ?)?(\d{1,3})(?: ?(?:years?|yrs?)(?: old| of age)?)?", re.ASCII | re.IGNORECASE
)
MEANT: Mapping[str, Mapping[str, str]] = {
    "person.gender": {"m": "male", "f": "female", "gwryw": "male", "benyw": "female"},
}
"""What people write for a choice besides its words."""

UNKNOWN_FIELD = "a field that this form does not have"
BORN, AGED = "person.date_of_birth", "person.approximate_age"
OF_ONE_PERSON = frozenset({"person.forenames", "person.surname", BORN, AGED})
TWO_FORMS = "There seem to be two forms here, so that answers of both may be mixed: compare each with the original"

Nested = dict[str, Any]


class Kind(StrEnum):
    """What sort of answer a field takes."""

    TEXT = "text"
    DATE = "date"
    NUMBER = "number"
    YES_NO = "yes-no"
    CHOICE = "choice"


@lru_cache(maxsize=1)
def known_fields() -> Mapping[str, Kind]:
    """Return the kind of every field by its path; the entries of a list stand under `*`, as person.aliases.*."""
    return MappingProxyType(dict(_fields_of(ReferralForm, "")))


def kind_of(path: str) -> Kind | None:
    """Return the kind of a field, None for a path that the form does not have."""
    return known_fields().get(re.sub(r"\.[0-9]{1,2}(?=\.|$)", ".*", path)) if PATH.fullmatch(path) else None


def assemble(values: Mapping[str, str], doubtful: tuple[str, ...] = ()) -> FormReading:
    """Put a form together from text answers by path; never raises.

    Answers that do not fit are named doubtful and left out; required ones that are not there are named missing.
    `doubtful` names paths that the caller already found unclear; where more than one of them says who the person is,
    two people may have been read into one form, and no answer is certain. A path that the form does not have is never
    repeated: whoever made the file chose its name, and it could hold anything.
    """
    unclear = set(doubtful) | {path for path in values if kind_of(path) is None}
    usable = {path: text for path, text in values.items() if path not in unclear and text.strip()}
    if not usable:
        sentence = "This is not the referral form: none of its fields was found; open the original."
        return FormReading(reason=sentence, cause=Cause.NOT_A_FORM, doubtful=_named(unclear), values=dict(values))
    while True:
        form, missing, wrong = _validated(usable)
        if form is not None or not wrong:
            reading = _reading(form, missing, _named(unclear), values)
            return _of_two(reading) if len(OF_ONE_PERSON.intersection(doubtful)) > 1 else reading
        unclear |= wrong
        usable = {path: text for path, text in usable.items() if path not in wrong}


def _reading(
    form: ReferralForm | None, missing: tuple[str, ...], doubtful: tuple[str, ...], values: Mapping[str, str]
) -> FormReading:
    absent = tuple(path for path in missing if path not in doubtful)
    parts = [f"these answers are missing: {', '.join(absent)}"] if absent else []
    parts += [f"these could not be understood: {', '.join(doubtful[:20])}"] if doubtful else []
    reason = f"The form could not be read in full; {'; '.join(parts)}." if parts else ""
    cause = Cause.INCOMPLETE if parts else Cause.NONE
    return FormReading(form, missing, doubtful, reason, cause, dict(values))


def _of_two(reading: FormReading) -> FormReading:
    every = _named({*reading.doubtful, *reading.values})
    return replace(reading, form=None, doubtful=every, reason=f"{TWO_FORMS}.", cause=Cause.INCOMPLETE)


def _named(paths: set[str]) -> tuple[str, ...]:
    return tuple(sorted({path if kind_of(path) else UNKNOWN_FIELD for path in paths}))


def _validated(usable: Mapping[str, str]) -> tuple[ReferralForm | None, tuple[str, ...], set[str]]:
    nested, paths = _nested(usable)
    try:
        return ReferralForm.model_validate(nested), (), set()
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False, include_context=False)
    missing = {".".join(map(str, detail["loc"])) for detail in details if detail["type"] == "missing"}
    # The model looks at the age only once the rest of the person is right; a reader of the form wants to know at once.
    missing |= set() if {BORN, AGED} & set(usable) else {BORN}
    wrong = {_given_path(detail["loc"], paths) for detail in details if detail["type"] != "missing"}
    return None, tuple(sorted(missing)), wrong & set(usable)


def _given_path(loc: tuple[int | str, ...], paths: Mapping[tuple[int | str, ...], str]) -> str:
    return next((paths[loc[:depth]] for depth in range(len(loc), 0, -1) if loc[:depth] in paths), "")


def _nested(usable: Mapping[str, str]) -> tuple[Nested, Mapping[tuple[int | str, ...], str]]:
    # Gaps in a numbered list are closed (row 2 filled, row 1 not); `paths` leads from the place back to the field.
    nested: Nested = {
        section: {} for section, field in ReferralForm.model_fields.items() if _model_in(field.annotation)
    }
    paths: dict[tuple[int | str, ...], str] = {}
    rows: dict[tuple[str, str], int] = {}
    counts: dict[str, int] = {}
    for path in sorted(usable, key=_in_order):
        place: list[int | str] = []
        for step in path.split("."):
            listed = ".".join(map(str, place))
            if step.isdigit() and (listed, step) not in rows:
                rows[listed, step] = counts[listed] = counts.get(listed, -1) + 1
            place.append(rows[listed, step] if step.isdigit() else step)
        paths[tuple(place)] = path
        _put(nested, place, readable(usable[path], kind_of(path), question_of(path)))
    return nested, paths


def _in_order(path: str) -> tuple[tuple[int, str], ...]:
    return tuple((int(step), "") if step.isdigit() else (-1, step) for step in path.split("."))


def _put(nested: Nested, place: list[int | str], value: Any) -> None:
    here: Any = nested
    for step, following in pairwise(place):
        empty: Any = [] if isinstance(following, int) else {}
        if isinstance(step, int):
            if step == len(here):
                here.append(empty)
            here = here[step]
        else:
            here = here.setdefault(step, empty)
    if isinstance(place[-1], int):
        here.append(value)
    else:
        here[place[-1]] = value


def question_of(path: str) -> Question | None:
    """Return the question that a field answers; a list of choices is one question. None where the form asks none."""
    return question_at(path) or QUESTIONS.get(re.sub(r"\.[0-9]{1,2}$", "", path))


def readable(text: str, kind: Kind | None, question: Question | None = None) -> str | bool:
    """Return an answer as the model takes it: dates as ISO, choices by their value; other text as it is."""
    if kind is Kind.DATE:
        day = day_of(text)
        return day.isoformat() if day else f"unread: {text}"
    if kind is Kind.YES_NO:
        answer = yes_or_no(text) or chosen(text, question)
        return answer == "yes" if answer in {"yes", "no"} else text
    if kind is Kind.CHOICE:
        return chosen(text, question) or re.sub(r"[\s_]+", "-", text.strip().lower())
    if kind is Kind.NUMBER:
        figures = AGE.fullmatch(text.strip())
        return figures[1] if figures else f"unread: {text}"
    return text


def chosen(text: str, question: Question | None) -> str | None:
    """Return the value of the choice that these words name, None where they name none of the question's."""
    if question is None:
        return None
    offered = ((value, (value, words, WELSH.get(words, words))) for value, words in question.choices)
    known = {bare(name): value for value, names in offered for name in names}
    known |= MEANT.get(question.path, {})
    named = known.get(bare(text))
    return named or (yes_or_no(text) if {"yes", "not-known"} <= set(known.values()) else None)


def _fields_of(model: type[BaseModel], prefix: str) -> Iterator[tuple[str, Kind]]:
    for name, field in model.model_fields.items():
        yield from _fields_in(field.annotation, f"{prefix}{name}")


def _fields_in(annotation: object, path: str) -> Iterator[tuple[str, Kind]]:
    listed = get_origin(annotation) is tuple
    inner = get_args(annotation)[0] if listed else annotation
    place = f"{path}.*" if listed else path
    model = _model_in(inner)
    if model is not None:
        yield from _fields_of(model, f"{place}.")
    else:
        yield place, _kind_in(inner)


def _model_in(annotation: object) -> type[BaseModel] | None:
    return annotation if isinstance(annotation, type) and issubclass(annotation, BaseModel) else None


def _kind_in(annotation: object) -> Kind:
    choices = set(_plain_types(annotation))
    if choices & {bool, True}:
        return Kind.YES_NO
    if date in choices:
        return Kind.DATE
    if int in choices:
        return Kind.NUMBER
    if any(isinstance(choice, str) or (isinstance(choice, type) and issubclass(choice, StrEnum)) for choice in choices):
        return Kind.CHOICE
    return Kind.TEXT


def _plain_types(annotation: object) -> Iterator[object]:
    origin = get_origin(annotation)
    if origin in {Union, UnionType}:
        for part in get_args(annotation):
            yield from _plain_types(part)
    elif origin is Literal:
        yield from get_args(annotation)
    elif hasattr(annotation, "__metadata__"):
        yield from _plain_types(get_args(annotation)[0])
    else:
        yield annotation
