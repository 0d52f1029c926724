"""Which fields of a referral go to whom, and for each that does not, who says so."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, cast, get_args

from contracts.vocabulary import ReferralForm
from contracts.vocabulary.form import FormPart

EQUALITY = "form.equality"
"""Equality monitoring goes to nobody unless the area says so."""
EQUALITY_FIELDS = frozenset({EQUALITY, "ethnicity"})
"""The section as the police may get it, and the broad group that statistics may."""
NEEDED_BY_THE_FORM = frozenset({"form.person.date_of_birth", "form.person.approximate_age"})
"""Each may be empty, but not both: a form without either would be refused by whoever receives it."""
FORM = "form"
UNANSWERED = (None, "", (), "not-known", "not-recorded", "unknown")
"""What a field says where nobody has answered it."""


class Fate(StrEnum):
    """What becomes of one field on its way to one audience."""

    SENT = "sent"
    EMPTY = "empty"
    WITHHELD = "withheld"
    NOT_TOLD = "not-told"


class Because(StrEnum):
    """Who or what decides the fate of a field."""

    CONTRACT = "contract"
    AREA = "area"
    ANONYMITY = "anonymity"
    ANSWER = "answer"
    UNREAD = "unread"


BECAUSE_WORDS: Mapping[Because, str] = {
    Because.CONTRACT: "The audience’s contract has no such field",
    Because.AREA: "The area’s rule",
    Because.ANONYMITY: "The referrer wishes to stay anonymous",
    Because.ANSWER: "Nobody has answered it",
    Because.UNREAD: "Nobody has read the original yet",
}


@dataclass(frozen=True)
class Disclosed:
    """One field of a referral for one audience.

    `sent_as` is the event's own name of it, "" where the event has none; `value` is set only where it is sent; `rule`
    names file and line of the area's rule where that decides.
    """

    field: str
    sent_as: str
    fate: Fate
    because: Because | None = None
    rule: str = ""
    value: str = ""


@dataclass(frozen=True)
class Disclosure:
    """What one audience gets of a referral, field by field; `wire_type` is "" where it is told nothing at all.

    `beside` are the types of other events that it may get of the same referral, under keys of their own.
    """

    audience: str
    teams: tuple[str, ...]
    service: str
    topic: str
    wire_type: str
    fields: tuple[Disclosed, ...]
    beside: tuple[str, ...] = ()

    def of(self, fate: Fate) -> tuple[Disclosed, ...]:
        """Return the fields with one fate."""
        return tuple(field for field in self.fields if field.fate == fate)


def narrowed(fields: Mapping[str, Any], withheld: Collection[str]) -> dict[str, Any]:
    """Return an event's fields without those withheld; a path such as form.person.nationality is emptied inside."""
    kept = {name: value for name, value in fields.items() if name not in withheld}
    for path in withheld:
        name, inside, rest = path.partition(".")
        if inside and name in kept:
            kept[name] = _emptied(kept[name], rest)
    return kept


def _emptied(part: Any, path: str) -> Any:
    if isinstance(part, tuple):
        return tuple(_emptied(each, path) for each in part)
    if not isinstance(part, FormPart):
        return part
    name, inside, rest = path.partition(".")
    before = getattr(part, name)
    after = _emptied(before, rest) if inside else type(part).model_fields[name].get_default(call_default_factory=True)
    return part if after == before else part.model_copy(update={name: after})


def leaves(fields: Mapping[str, Any], above: str = "") -> Iterator[str]:
    """Yield the path of every single field: `reference`, `form.person.nationality`, `addresses.postcode`."""
    for name, field in fields.items():
        part = part_of(field.annotation)
        if part is None:
            yield above + name
        else:
            yield from leaves(part.model_fields, f"{above}{name}.")


def withholdable(fields: Mapping[str, Any], above: str = "") -> Iterator[str]:
    """Yield every path, of parts and of single fields, that an event can do without.

    A field whose default is an answer (no immediate danger, the current address) is not among them: to empty it would
    be to answer in the referrer's place.
    """
    for name, field in fields.items():
        path, part = above + name, part_of(field.annotation)
        if part is not None:
            yield from withholdable(part.model_fields, f"{path}.")
        if field.is_required() or path in NEEDED_BY_THE_FORM:
            continue
        if part is not None or field.get_default(call_default_factory=True) in UNANSWERED:
            yield path


def part_of(annotation: Any) -> type[FormPart] | None:
    """Return the part of the form that a field holds, once, perhaps, or as a list; None for a single value."""
    for each in (annotation, *get_args(annotation)):
        if isinstance(each, type) and issubclass(each, FormPart):
            return each
    return None


def covers(rule: str, path: str) -> bool:
    """Say whether a rule about a field or a part speaks of a path."""
    return path == rule or path.startswith(f"{rule}.")


def at(fields: Mapping[str, Any], path: str) -> Any:
    """Return the value at a path; a list of parts gives the list of their values, a part that is not there None."""
    name, _, rest = path.partition(".")
    value = fields.get(name)
    return _inside(value, rest) if rest else value


def _inside(part: Any, path: str) -> Any:
    if isinstance(part, tuple):
        return tuple(found for each in part if (found := _inside(each, path)) not in (None, ""))
    if not isinstance(part, FormPart):
        return None
    return at(cast("Mapping[str, Any]", {name: getattr(part, name) for name in type(part).model_fields}), path)


def words_of(value: Any) -> str:
    """Return a value as a page shows it."""
    if isinstance(value, tuple):
        return "; ".join(words_of(each) for each in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, date | datetime):
        return value.isoformat()
    named = getattr(value, "name", None)
    return str(named) if named is not None and not isinstance(value, StrEnum) else str(value)


def form_paths() -> tuple[str, ...]:
    """Return the path of every single question of the form, in its order."""
    return tuple(leaves(ReferralForm.model_fields, f"{FORM}."))
