"""Two people beside each other: what agrees, what differs, and whether an officer should look at both."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from services.triage.domain.people import contacts
from services.triage.domain.people.birth import ages, dates
from services.triage.domain.people.evidence import Evidence, Found, evidence
from services.triage.domain.people.identity import Identity
from services.triage.domain.people.letters import parts
from services.triage.domain.people.levels import Level
from services.triage.domain.people.naming import Naming, Written, common, naming, read
from services.triage.domain.people.weights import NOTHING_ELSE, SUGGESTED_FROM, WEIGHTS

_AGREES = frozenset({Level.SAME, Level.COMMON, Level.SPELT, Level.SPELT_COMMON, Level.PART})
_OTHER = frozenset({Level.OTHER, Level.FAR})


@dataclass(frozen=True)
class Comparison:
    """Whether two referrals may be about one person, and why; `order` sorts a list and is shown to nobody."""

    suggested: bool
    order: float
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True)
class Reading:
    """An identity with its names taken apart, once for many comparisons."""

    identity: Identity
    names: tuple[Written, ...]
    family: frozenset[str]


def reading(identity: Identity) -> Reading:
    """Take a person's names apart."""
    own = {part for name in (identity.surname, *identity.names) for part in parts(name)}
    relatives = {part for name in identity.family for part in parts(name)} - own
    numbers = {f"0{number}" for number in map(contacts.number_of, identity.family) if number}
    forms = read(identity.names, identity.forenames, identity.surname)
    return Reading(identity, forms, frozenset(part for part in relatives if len(part) > 2) | numbers)  # noqa: PLR2004


def compare(one: Identity, other: Identity) -> Comparison:
    """Return what agrees between two people; suggested where an officer should look. It decides nothing."""
    return _compared(reading(one), reading(other), in_words=True)


def compare_all(one: Identity, others: Iterable[Identity]) -> tuple[Comparison, ...]:
    """Return the comparison of a person with each of the others, in their order; in words only where suggested."""
    ours = reading(one)
    return tuple(_compared(ours, reading(other), in_words=False) for other in others)


def _compared(ours: Reading, theirs: Reading, *, in_words: bool) -> Comparison:
    """Return the comparison of two people whose names were taken apart before."""
    named = naming(ours.names, theirs.names)
    levels = levels_of(ours, theirs, named)
    order = weight(levels)
    suggested = order >= SUGGESTED_FROM and not plainly_other(levels)
    if not (suggested or in_words):
        return Comparison(suggested, order, ())
    found = Found(ours.identity, theirs.identity, named, ours.family & theirs.family)
    return Comparison(suggested, order, evidence(levels, found))


def levels_of(ours: Reading, theirs: Reading, named: Naming | None) -> Mapping[str, Level]:
    """Return on which level each thing that is known of two people agrees."""
    one, other = ours.identity, theirs.identity
    born = dates(one.born, other.born)
    found = {
        "date-of-birth": born,
        "age": ages(one, other),
        "gender": _gender(one.gender, other.gender),
        "postcode": contacts.postcodes(one.postcodes, other.postcodes),
        "address": contacts.streets(one.addresses, other.addresses),
        "phone": contacts.numbers(one.phones, other.phones),
        "email": contacts.mails(one.emails, other.emails),
        "school": contacts.schools(one.schools, other.schools),
        "family": _family(ours.family, theirs.family),
    }
    return MappingProxyType({**_named(named), **found})


def _named(named: Naming | None) -> Mapping[str, Level]:
    if named is None:
        return {"surname": Level.UNKNOWN, "forename": Level.UNKNOWN, "order": Level.UNKNOWN}
    ours, theirs = named.ours, named.theirs
    fore, last = (theirs.last, theirs.fore) if named.swapped else (theirs.fore, theirs.last)
    return {
        "surname": common(named.surname, ours.last, last),
        "forename": common(named.forename, ours.fore[:1], fore[:1]),
        "order": Level.SWAPPED if named.swapped else Level.SAME,
    }


def _gender(ours: str, theirs: str) -> Level:
    if not ours or not theirs:
        return Level.UNKNOWN
    return Level.SAME if ours == theirs else Level.OTHER


def _family(ours: frozenset[str], theirs: frozenset[str]) -> Level:
    """Return whether two people have relatives of one name, or a relative's telephone number."""
    if not ours or not theirs:
        return Level.UNKNOWN
    shared = ours & theirs
    if not shared:
        return Level.OTHER
    several = len(shared) > 1 or any(part[0] == "0" for part in shared)
    return Level.SAME if several else Level.PART


def weight(levels: Mapping[str, Level]) -> float:
    """Return the sum of what each level weighs, as learnt: how much likelier it is among pairs of one person."""
    summed = NOTHING_ELSE + sum(WEIGHTS.get((kind, level), 0.0) for kind, level in levels.items())
    if levels["order"] is not Level.SWAPPED:
        return summed
    # Swapped names have no surname that both agree on: each half weighs what it would on average, asked either way.
    halves = (("surname", levels["forename"]), ("forename", levels["surname"]))
    straight = (("surname", levels["surname"]), ("forename", levels["forename"]))
    return (
        summed + (sum(WEIGHTS.get(half, 0.0) for half in halves) - sum(WEIGHTS.get(half, 0.0) for half in straight)) / 2
    )


def plainly_other(levels: Mapping[str, Level]) -> bool:
    """Return whether two people are plainly two: brothers, father and son.

    Another forename with another date of birth or age, or years between the two births, says so; unless a telephone
    number or a mail address agrees, and the surname too: then an officer looks, and reads what differs.
    """
    surname = {levels["surname"], levels["forename"]} if levels["order"] is Level.SWAPPED else {levels["surname"]}
    strong = Level.SAME in {levels["phone"], levels["email"]} and bool(surname & _AGREES)
    born_otherwise = bool(_OTHER & {levels["date-of-birth"], levels["age"]})
    another_name = levels["forename"] is Level.OTHER
    far = Level.FAR in {levels["date-of-birth"], levels["age"]}
    return not strong and born_otherwise and (another_name or far)


def strongest(found: Sequence[Evidence], most: int = 3) -> tuple[Evidence, ...]:
    """Return the reasons to say first: what agrees, then what is close, in the order in which it is told."""
    return tuple(sorted((item for item in found if item.verdict.speaks_for), key=lambda item: item.verdict.rank))[:most]
