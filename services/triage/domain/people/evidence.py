"""The evidence in words: one sentence for each thing that agrees, is close, differs or is not known."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from services.triage.domain.people.contacts import district_of, number_of, postcode_of
from services.triage.domain.people.identity import Identity
from services.triage.domain.people.levels import Level
from services.triage.domain.people.naming import Naming


class Verdict(StrEnum):
    """What one piece of evidence says."""

    AGREES = "agrees"
    CLOSE = "close"
    DIFFERS = "differs"
    UNKNOWN = "unknown"

    @property
    def speaks_for(self) -> bool:
        """Whether it is a reason to look."""
        return self in {Verdict.AGREES, Verdict.CLOSE}

    @property
    def rank(self) -> int:
        """Where it stands among others: what agrees first."""
        return list(Verdict).index(self)


@dataclass(frozen=True)
class Evidence:
    """One thing about two people: its kind ("surname"), what it says, and the sentence that people read."""

    kind: str
    verdict: Verdict
    words: str


@dataclass(frozen=True)
class Found:
    """What the sentences are made of: both people, how their names lie beside each other, and shared relatives."""

    ours: Identity
    theirs: Identity
    named: Naming | None
    relatives: frozenset[str]


_VERDICTS = {
    Level.SAME: Verdict.AGREES,
    Level.COMMON: Verdict.AGREES,
    Level.SPELT: Verdict.AGREES,
    Level.SPELT_COMMON: Verdict.AGREES,
    Level.OTHER: Verdict.DIFFERS,
    Level.FAR: Verdict.DIFFERS,
    Level.UNKNOWN: Verdict.UNKNOWN,
}


def evidence(levels: Mapping[str, Level], found: Found) -> tuple[Evidence, ...]:
    """Return a sentence for each kind; where one of the two has only an age, the ages speak."""
    told = []
    for kind, words in _SENTENCES.items():
        level = levels[kind]
        if _is_idle(kind, level, levels):
            continue
        told.append(Evidence(kind, _VERDICTS.get(level, Verdict.CLOSE), words(level, found)))
    return tuple(told)


def _is_idle(kind: str, level: Level, levels: Mapping[str, Level]) -> bool:
    """Return whether a kind adds nothing: an order that is the usual one, an age beside a date, what nobody asked."""
    if kind == "order":
        return level is not Level.SWAPPED
    if kind == "age":
        return level is Level.UNKNOWN
    if kind == "date-of-birth":
        return level is Level.UNKNOWN and levels["age"] is not Level.UNKNOWN
    return kind in {"address", "email", "gender", "middle"} and level is Level.UNKNOWN


def _surname(level: Level, found: Found) -> str:
    return _name("Surname", level, _halves(found, last=True))


def _forename(level: Level, found: Found) -> str:
    return _name("Forename", level, _halves(found, last=False))


def _halves(found: Found, *, last: bool) -> tuple[str, str]:
    """Return the two halves that were compared, as they are written."""
    named = found.named
    if named is None:
        return "", ""
    ours = named.ours.surname if last else named.ours.forenames
    theirs = named.theirs.surname if last != named.swapped else named.theirs.forenames
    return ours, theirs


_OF_NAMES = {
    Level.SPELT: "the same name in another spelling or form",
    Level.SPELT_COMMON: "the same name in another spelling or form, and a common one",
    Level.PART: "one part is the same",
    Level.INITIAL: "the initial is the same",
    Level.CLOSE: "alike, but not the same",
    Level.OTHER: "another name",
}


def _name(what: str, level: Level, halves: tuple[str, str]) -> str:
    ours, theirs = halves
    if level is Level.UNKNOWN:
        return f"{what}: missing on at least one of the two"
    if level is Level.SAME:
        return f"{what} {ours} on both"
    if level is Level.COMMON:
        return f"{what} {ours} on both, a common one"
    return f"{what} written {ours} here and {theirs} there: {_OF_NAMES[level]}"


def _middle(level: Level, found: Found) -> str:
    named = found.named
    ours, theirs = (" ".join(form.forenames.split()[1:]) for form in (named.ours, named.theirs)) if named else ("", "")
    means = {Level.SAME: "they agree", Level.INITIAL: "the initial is the same"}
    return f"Further forename {ours} here and {theirs} there: {means.get(level, 'another name')}"


def _order(_: Level, __: Found) -> str:
    return "Forename and surname stand the other way round"


_OF_DATES = {
    Level.SWAPPED: "day and month are swapped",
    Level.DIGIT: "one slip in the digits",
    Level.YEAR: "day and month agree, the year does not",
    Level.NEAR: "the year agrees, the day does not",
    Level.OTHER: "another date",
    Level.FAR: "years apart",
}


def _born(level: Level, found: Found) -> str:
    ours, theirs = found.ours.born, found.theirs.born
    if ours is None or theirs is None:
        return "Date of birth: missing on at least one of the two"
    if level is Level.SAME:
        return f"Date of birth {_day(ours)} on both"
    if level is Level.COMMON:
        return f"Date of birth {_day(ours)} on both; 1 January often stands for a day that is not known"
    return f"Date of birth {_day(ours)} here and {_day(theirs)} there: {_OF_DATES[level]}"


def _day(day: date) -> str:
    return f"{day.day} {day:%B} {day.year}"


def _age(level: Level, found: Found) -> str:
    means = {Level.SAME: "they agree", Level.CLOSE: "about a year apart", Level.NEAR: "about two years apart"}
    return f"Age {_aged(found.ours)} here and {_aged(found.theirs)} there: {means.get(level, 'they do not agree')}"


def _aged(person: Identity) -> str:
    if person.born:
        return f"by a birth on {_day(person.born)}"
    return f"about {person.age} on {_day(person.age_on)}" if person.age_on else f"about {person.age}"


def _gender(level: Level, found: Found) -> str:
    if level is Level.SAME:
        return f"Gender {found.ours.gender} on both"
    return f"Gender {found.ours.gender} here and {found.theirs.gender} there"


def _postcode(level: Level, found: Found) -> str:
    ours, theirs = (", ".join(filter(None, person.postcodes)) for person in (found.ours, found.theirs))
    if level is Level.SAME:
        shared = set(map(postcode_of, found.ours.postcodes)) & set(map(postcode_of, found.theirs.postcodes)) - {""}
        written = next((code for code in found.ours.postcodes if postcode_of(code) in shared), ours)
        return f"Postcode {written} on both"
    if level is Level.PART:
        shared = set(map(district_of, found.ours.postcodes)) & set(map(district_of, found.theirs.postcodes)) - {""}
        return f"Postcode {ours} here and {theirs} there: both in {', '.join(sorted(shared))}"
    means = {Level.CLOSE: "one sign apart", Level.OTHER: "another district"}
    return _two("Postcode", level, (ours, theirs), means)


def _phone(level: Level, found: Found) -> str:
    ours, theirs = (", ".join(person.phones) for person in (found.ours, found.theirs))
    if level is Level.SAME:
        shared = set(map(number_of, found.theirs.phones)) - {""}
        written = next((number for number in found.ours.phones if number_of(number) in shared), ours)
        return f"Telephone {written} on both"
    means = {Level.CLOSE: "one digit apart", Level.OTHER: "another number"}
    return _two("Telephone", level, (ours, theirs), means)


def _two(what: str, level: Level, told: tuple[str, str], means: Mapping[Level, str]) -> str:
    """Return a sentence about two answers that are not the same."""
    if level is Level.UNKNOWN:
        return f"{what}: missing on at least one of the two"
    return f"{what} {told[0]} here and {told[1]} there: {means[level]}"


def _lists(
    what: str, answers: Callable[[Identity], tuple[str, ...]], means: Mapping[Level, str]
) -> Callable[[Level, Found], str]:
    def words(level: Level, found: Found) -> str:
        ours, theirs = (", ".join(answers(person)) for person in (found.ours, found.theirs))
        if level is Level.SAME:
            return f"{what} the same on both: {ours}"
        return _two(what, level, (ours, theirs), means)

    return words


def _family(level: Level, found: Found) -> str:
    shared = ", ".join(sorted(part if part[0] == "0" else part.title() for part in found.relatives))
    if level in {Level.SAME, Level.PART}:
        return f"Family: {shared} named on both"
    if level is Level.UNKNOWN:
        return "Family: nobody is named on one of the two"
    return "Family: other people are named"


_SENTENCES: Mapping[str, Callable[[Level, Found], str]] = {
    "surname": _surname,
    "forename": _forename,
    "middle": _middle,
    "order": _order,
    "date-of-birth": _born,
    "age": _age,
    "gender": _gender,
    "postcode": _postcode,
    "address": _lists("Address", lambda person: person.addresses, {Level.CLOSE: "alike", Level.OTHER: "another one"}),
    "phone": _phone,
    "email": _lists("Mail address", lambda person: person.emails, {Level.OTHER: "another one"}),
    "school": _lists("School", lambda person: person.schools, {Level.CLOSE: "alike", Level.OTHER: "another one"}),
    "family": _family,
}
