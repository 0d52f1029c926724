"""Forms: from what a person typed to a checked value, or to the sentences that say what to mend."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from types import UnionType
from typing import Any, ClassVar, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from chassis.web.bodies import FormData

MANY = (list, tuple, set, frozenset)
DATE_PARTS = ("day", "month", "year")


class Form(BaseModel):
    """The base of a form: blank answers count as not given, and errors never repeat what was typed.

    `messages` holds sentences of the form's own, by "field" or "field.kind" (a pydantic error type, such as "missing").
    A field's `title` is how its label reads in the sentences made for it: "Enter the date of birth".
    """

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True, str_strip_whitespace=True)

    messages: ClassVar[Mapping[str, str]] = {}


@dataclass(frozen=True)
class FormErrors:
    """A form to show again: what was typed, and (field, sentence) pairs; with no pairs, a form to show first."""

    values: FormData = field(default_factory=FormData)
    errors: tuple[tuple[str, str], ...] = ()
    dates: frozenset[str] = frozenset()

    def value(self, name: str) -> str:
        """Return what was typed into a field."""
        return self.values.get(name)

    def chosen(self, name: str) -> tuple[str, ...]:
        """Return the values that were ticked."""
        return self.values.all(name)

    def message(self, name: str) -> str:
        """Return the sentence about a field, or nothing."""
        return next((message for field_name, message in self.errors if field_name == name), "")

    def adding(self, name: str, message: str) -> "FormErrors":
        """Return the same form with one more sentence."""
        return replace(self, errors=(*self.errors, (name, message)))

    def target(self, name: str) -> str:
        """Return the id of the first input of a field, for the link in the error summary."""
        return f"{name}-day" if name in self.dates else name


FormT = TypeVar("FormT", bound=Form)


def blank(values: Mapping[str, str | tuple[str, ...]] | None = None) -> FormErrors:
    """Return a form to show for the first time, filled in with `values` (dates as `name-day` and so on)."""
    fields = {name: (value,) if isinstance(value, str) else value for name, value in (values or {}).items()}
    return FormErrors(FormData(fields))


def refused(data: FormData, *errors: tuple[str, str], of: type[Form] | None = None) -> FormErrors:
    """Return the form to show again for a reason that the form itself could not know.

    With `of`, the form that was sent, the summary leads to the day of a date, the first of its three fields.
    """
    return FormErrors(data, errors, _dates(of) if of else frozenset())


def _dates(model: type[Form]) -> frozenset[str]:
    return frozenset(_name(key, info) for key, info in model.model_fields.items() if _is(info.annotation, date))


def parse(model: type[FormT], data: FormData) -> FormT | FormErrors:
    """Return the checked form, or the errors with what was typed, in the order of the form's fields."""
    order = [_name(key, info) for key, info in model.model_fields.items()]
    answers: dict[str, Any] = {}
    errors: dict[str, str] = {}
    for key, info in model.model_fields.items():
        name = _name(key, info)
        try:
            answers[name] = _answer(info, name, data)
        except ValueError as wrong:
            errors[name] = model.messages.get(f"{name}.date") or str(wrong)
    try:
        form = model.model_validate({name: answer for name, answer in answers.items() if answer is not None})
    except ValidationError as invalid:
        for detail in invalid.errors(include_url=False, include_input=False):
            # A rule about the whole form is shown at its first field, so that the summary has somewhere to lead.
            name = str(detail["loc"][0]) if detail["loc"] else order[0]
            errors.setdefault(name, _sentence(model, name, detail))
    else:
        if not errors:
            return form
    ranked = sorted(errors.items(), key=lambda pair: order.index(pair[0]))
    return FormErrors(data, tuple(ranked), _dates(model))


LAST_YEAR = 2199
"""A later one is a slip of the pen, and days cannot be counted from the end of the calendar."""


def parse_date(data: FormData, name: str, label: str = "date") -> date | None:
    """Return the date in a GOV.UK date input (`name-day`, `name-month`, `name-year`), or None when all are blank.

    Raises ValueError with the sentence to show: which part is missing, that there is no such day, or that it
    is after LAST_YEAR.
    """
    parts = {part: data.get(f"{name}-{part}").strip() for part in DATE_PARTS}
    if not any(parts.values()):
        return None
    missing = [part for part, text in parts.items() if not text]
    if missing:
        raise ValueError(f"{_capital(label)} must include a {' and a '.join(missing)}")
    if not all(text.isascii() and text.isdecimal() for text in parts.values()) or len(parts["year"]) != 4:  # noqa: PLR2004
        raise ValueError(f"{_capital(label)} must be a real date, such as 27 3 2026")
    if int(parts["year"]) > LAST_YEAR:
        raise ValueError(f"{_capital(label)} must be no later than {LAST_YEAR}: check the year")
    try:
        return date(*(int(parts[part]) for part in reversed(DATE_PARTS)))
    except ValueError:
        raise ValueError(f"{_capital(label)} must be a real date, such as 27 3 2026") from None


def _name(key: str, info: FieldInfo) -> str:
    return info.alias or key


def _is(annotation: object, wanted: type) -> bool:
    if get_origin(annotation) in (Union, UnionType):
        return any(_is(part, wanted) for part in get_args(annotation))
    return annotation is wanted


def _many(annotation: object) -> bool:
    if get_origin(annotation) in (Union, UnionType):
        return any(_many(part) for part in get_args(annotation))
    return annotation in MANY or get_origin(annotation) in MANY


def _answer(info: FieldInfo, name: str, data: FormData) -> date | str | tuple[str, ...] | None:
    if _is(info.annotation, date):
        return parse_date(data, name, info.title or "date")
    if _many(info.annotation):
        return tuple(value for value in data.all(name) if value.strip()) or None
    return data.get(name).strip() or None


def _sentence(model: type[Form], name: str, detail: ErrorDetails) -> str:
    kind = detail["type"]
    own = model.messages.get(f"{name}.{kind}") or model.messages.get(name)
    if own:
        return own
    info = next((info for key, info in model.model_fields.items() if _name(key, info) == name), None)
    label = info.title if info and info.title else name.replace("_", " ")
    context = detail.get("ctx", {})
    if kind == "value_error" and "error" in context:
        return str(context["error"])
    made = {
        "missing": f"Enter {label}",
        "string_too_long": f"{_capital(label)} must have {context.get('max_length')} characters or fewer",
        "string_too_short": f"{_capital(label)} must have {context.get('min_length')} characters or more",
        "enum": f"Select {label} from the list",  # noqa: S608  a sentence
        "literal_error": f"Select {label} from the list",  # noqa: S608  a sentence
        "bool_parsing": f"Select {label}",
        "int_parsing": f"{_capital(label)} must be a whole number",
    }
    return made.get(kind, f"Check {label}")


def _capital(label: str) -> str:
    plain = label.removeprefix("the ").removeprefix("a ").removeprefix("an ").removeprefix("your ")
    return plain[:1].upper() + plain[1:]
