"""Two people beside each other: what agrees, what differs, and whether an officer should look at both."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from services.triage.domain.people import contacts
from services.triage.domain.people.birth import ages, dates
from services.triage.domain.people.evidence import Evidence, Found, evidence
from services.triage.domain.people.identity import Identity
from services.triage.domain.people.keys import codes_of
from services.triage.domain.people.letters import parts
from services.triage.domain.people.levels import Level
from services.triage.domain.people.naming import Naming, Written, common, middle, naming, read
from services.triage.domain.people.weights import NOTHING_ELSE, SUGGESTED_FROM, WEIGHTS

_AGREES = frozenset({Level.SAME, Level.COMMON, Level.SPELT, Level.SPELT_COMMON, Level.PART})
_OTHER = frozenset({Level.OTHER, Level.FAR})
_CERTAIN, _LIKELIER_THAN_NOT = 60.0, 0.0
"""In logarithms of odds to base 2: nothing is surer than the one, and the other is as likely as not."""
_HOUSEHOLD = ("school", "postcode", "address", "phone")


@dataclass(frozen=True)
class Comparison:
    """Whether two referrals may be about one person, and why; `order` sorts a list and is shown to nobody."""

    suggested: bool
    order: float
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True)
class Reading:
    """An identity with its names taken apart, once for many comparisons; relatives by how their names sound."""

    identity: Identity
    names: tuple[Written, ...]
    family: Mapping[str, str]


@dataclass(frozen=True)
class Weighed:
    """Two people before it is said in words: how their names lie, what agrees, what that weighs, and what follows."""

    named: Naming | None
    levels: Mapping[str, Level]
    order: float
    suggested: bool


def reading(identity: Identity) -> Reading:
    """Take a person's names apart."""
    own = {part for name in (identity.surname, *identity.names) for part in parts(name)}
    relatives = {part for name in identity.family for part in parts(name)} - own
    heard = {code: part for part in sorted(relatives) if len(part) > 2 for code in codes_of(part)}  # noqa: PLR2004
    numbers = {f"0{number}" for number in map(contacts.number_of, identity.family) if number}
    forms = read(identity.names, identity.forenames, identity.surname)
    return Reading(identity, forms, MappingProxyType(heard | {number: number for number in numbers}))


def compare(one: Identity, other: Identity) -> Comparison:
    """Return what agrees between two people; suggested where an officer should look. It decides nothing."""
    ours, theirs = reading(one), reading(other)
    return _told(ours, theirs, weigh(ours, theirs))


def compare_all(one: Identity, others: Iterable[Identity]) -> tuple[Comparison, ...]:
    """Return the comparison of a person with each of the others, in their order; in words only where suggested.

    Who is only somewhat like is not suggested beside somebody who plainly is the person and is not like them.
    """
    ours, theirs = reading(one), [reading(other) for other in others]
    found = zip(theirs, weigh_all(ours, theirs), strict=True)
    return tuple(
        _told(ours, other, each) if each.suggested else Comparison(suggested=False, order=each.order, evidence=())
        for other, each in found
    )


def weigh(ours: Reading, theirs: Reading) -> Weighed:
    """Return what agrees between two people and what that weighs."""
    named = naming(ours.names, theirs.names)
    levels = levels_of(ours, theirs, named)
    order = max(weight(levels), SUGGESTED_FROM) if born_and_at_home_alike(levels) else weight(levels)
    return Weighed(named, levels, order, suggested=order >= SUGGESTED_FROM and not plainly_other(levels))


def weigh_all(ours: Reading, others: Sequence[Reading]) -> tuple[Weighed, ...]:
    """Return what weighs for each of the others, who stand beside each other: nobody is two people."""
    found = [weigh(ours, other) for other in others]
    likelier = [each for each in range(len(found)) if found[each].suggested]
    back = {each for each in likelier if _stands_back(each, likelier, found, others)}
    return tuple(replace(each, suggested=each.suggested and place not in back) for place, each in enumerate(found))


def _stands_back(mine: int, among: Sequence[int], found: Sequence[Weighed], others: Sequence[Reading]) -> bool:
    """Return whether somebody is no longer worth a look, because likelier ones are somebody else than they."""
    order = found[mine].order
    stronger = [each for each in among if found[each].order > order]
    if beside(order, [found[each].order for each in stronger]) >= SUGGESTED_FROM:
        return False
    rivals = [found[each].order for each in stronger if not _one(weigh(others[mine], others[each]))]
    return beside(order, rivals) < SUGGESTED_FROM


def _one(weighed: Weighed) -> bool:
    """Return whether two people are likelier one than not, and nothing plain says that they are brothers or twins."""
    another_name = weighed.levels["forename"] is Level.OTHER
    return weighed.suggested and weighed.order >= _LIKELIER_THAN_NOT and not another_name


def beside(order: float, rivals: Iterable[float]) -> float:
    """Return what is left of a weight where others may be the person instead: only one of them can be."""
    return order - math.log2(1 + sum(2 ** min(rival, _CERTAIN) for rival in rivals))


def _told(ours: Reading, theirs: Reading, weighed: Weighed) -> Comparison:
    """Return the comparison in words."""
    shared = ours.family.keys() & theirs.family.keys()
    relatives = frozenset(ours.family[code] for code in shared)
    found = Found(ours.identity, theirs.identity, weighed.named, relatives)
    return Comparison(weighed.suggested, weighed.order, evidence(weighed.levels, found))


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
        return dict.fromkeys(("surname", "forename", "middle", "order"), Level.UNKNOWN)
    ours, theirs = named.ours, named.theirs
    fore, last = (theirs.last, theirs.fore) if named.swapped else (theirs.fore, theirs.last)
    return {
        "surname": common(named.surname, ours.last, last),
        "forename": common(named.forename, ours.fore[:1], fore[:1]),
        "middle": middle(named),
        "order": Level.SWAPPED if named.swapped else Level.SAME,
    }


def _gender(ours: str, theirs: str) -> Level:
    if not ours or not theirs:
        return Level.UNKNOWN
    return Level.SAME if ours == theirs else Level.OTHER


def _family(ours: Mapping[str, str], theirs: Mapping[str, str]) -> Level:
    """Return whether two people have relatives of one name, or a relative's telephone number."""
    if not ours or not theirs:
        return Level.UNKNOWN
    shared = {ours[code] for code in ours.keys() & theirs.keys()}
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


def born_and_at_home_alike(levels: Mapping[str, Level]) -> bool:
    """Return whether an officer looks whatever the names say: birth, relatives and school or home are the same.

    Weights add up as if each thing came by itself: two quite other names would outweigh all that.
    """
    same = {kind for kind, level in levels.items() if level is Level.SAME}
    born = "date-of-birth" in same or levels["date-of-birth"] is Level.SWAPPED
    return born and "family" in same and not same.isdisjoint(_HOUSEHOLD)


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
