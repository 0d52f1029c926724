"""The keys under which a person is found again: coarse on purpose, each a reason to look and never an answer."""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import combinations

from services.triage.domain.people.contacts import district_of, mail_of, number_of, postcode_of, school_of
from services.triage.domain.people.identity import Identity
from services.triage.domain.people.letters import fold, parts
from services.triage.domain.people.sounds import HEARD, rough
from services.triage.domain.people.variants import roots

MOST_KEYS = 80
TOO_COMMON = 300
"""A key that more referrals than this have finds nobody: it says too little."""
MOST_CANDIDATES = 40
"""So many of those who share keys, most shared first, are compared."""
_MOST_PARTS = 6
_MOST_RELATIVES = 3
_MOST_VARIED = 3
_LAST_MONTH = 12
_TWO = 2
_LEAST_DIGITS = 7
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")


def keys_of(identity: Identity) -> frozenset[str]:
    """Return a person's keys in plain text, at most 80, the telling ones first to be kept.

    Two records of one person share one although a name is spelt otherwise, the names are swapped, day and month are
    swapped, or only an age is known. Never stored as they are: whoever stores them keeps keyed hashes.
    """
    kept: dict[str, None] = {}
    for key in _all(identity):
        kept[key] = None
        if len(kept) == MOST_KEYS:
            break
    return frozenset(kept)


def _all(identity: Identity) -> Iterator[str]:
    """Yield every key, the most telling first."""
    heard = [_codes(name) for name in _forms(identity)]
    every = tuple(dict.fromkeys(code for form in heard for code in form))[: _MOST_PARTS + 2]
    yield from (f"t:{number}" for number in map(number_of, (*identity.phones, *identity.family)) if number)
    yield from (f"e:{mail_of(mail)}" for mail in identity.emails)
    if identity.born:
        yield f"b:{_either_way(identity.born)}"
        yield from (f"bn:{_either_way(identity.born)}|{code}" for code in every)
    yield from (f"p:{postcode_of(code)}" for code in identity.postcodes[:2])
    yield from (f"pn:{postcode_of(code)}|{part}" for code in identity.postcodes[:1] for part in every)
    yield from (f"w:{code}" for code in every)
    yield from _around(identity, every)
    district = _district(identity)
    if district:
        yield from (f"dn:{district}|{code}" for code in every)
    yield from (f"yn:{year}|{code}" for code in every[:4] for year in _years(identity))
    for form in heard:
        yield from (f"n:{one}|{other}" for one, other in combinations(sorted(set(form)), 2))


def _around(identity: Identity, every: tuple[str, ...]) -> Iterator[str]:
    """Yield what a person is found by whose own name is written quite otherwise: school and relatives.

    A school or a relative's name alone is everybody's; with a year of birth, a district or each other they are few's.
    """
    relatives = [codes for codes in map(_codes, _relatives(identity)) if codes]
    pairs = tuple(dict.fromkeys("|".join(sorted(codes[:2])) for codes in relatives if len(codes) > 1))[:_MOST_RELATIVES]
    years, district = _years(identity), _district(identity)
    yield from (f"fy:{pair}|{year}" for pair in pairs for year in years)
    if district:
        yield from (f"fd:{pair}|{district}" for pair in pairs)
    named = tuple(dict.fromkeys(code for codes in relatives for code in codes))[:_MOST_PARTS]
    for school in filter(None, map(_heard_school, identity.schools[:1])):
        yield from (f"sf:{school}|{code}" for code in named)
        yield from (f"sn:{school}|{code}|{year}" for code in every[:2] for year in years)


def _relatives(identity: Identity) -> tuple[str, ...]:
    return tuple(name for name in identity.family if not number_of(name))[: _MOST_RELATIVES + 1]


def _heard_school(written: str) -> str:
    return "-".join(sorted(rough(word) for word in school_of(written).split())[:_MOST_RELATIVES])


def _district(identity: Identity) -> str:
    return next((district_of(code) for code in identity.postcodes if code), "")


def _forms(identity: Identity) -> tuple[str, ...]:
    whole = f"{identity.forenames} {identity.surname}".strip()
    return tuple(dict.fromkeys(name for name in (whole, *sorted(identity.names)) if name))


def _codes(name: str) -> tuple[str, ...]:
    """Return how the parts of a name sound, and what they are short for, first and last parts first."""
    found = parts(name)
    first_and_last = (*found[:1], *found[-1:], *found[1:-1])[:_MOST_PARTS]
    return tuple(dict.fromkeys(code for part in first_and_last for code in codes_of(part)))


def codes_of(part: str) -> tuple[str, ...]:
    """Return the sounds of a part of a name: its own, and those of the names that it is a form of."""
    bare = part[2:] if part.startswith(("al", "el")) and len(part) > len("al") + 4 else ""
    written = (part, *sorted(roots(part)), *((bare,) if bare else ()))
    return tuple(dict.fromkeys(code for code in map(rough, written) if code))


def _either_way(born: date) -> str:
    """Return a date of birth that is the same with day and month swapped."""
    if born.day > _LAST_MONTH:
        return born.isoformat()
    low, high = sorted((born.day, born.month))
    return f"{born.year}-{low:02}-{high:02}"


def _years(identity: Identity) -> Iterable[int]:
    """Return the years in which the person may be born."""
    if identity.born:
        return (identity.born.year,)
    if identity.age is None or identity.age_on is None:
        return ()
    latest = identity.age_on.year - identity.age
    return range(latest - 2, latest + 2)


def search_keys(text: str) -> frozenset[str]:
    """Return the keys under which whoever was typed into a search box is stored: a name, a number, a postcode.

    A year of birth beside a name narrows what a common name finds.
    """
    words = text.strip()
    digits = sum(sign.isdigit() for sign in words)
    if "@" in words:
        return frozenset({f"e:{mail_of(words)}"})
    if digits >= _LEAST_DIGITS and not fold(words) and (number := number_of(words)):
        return frozenset({f"t:{number}"})
    if digits and re.fullmatch(r"[A-Za-z]{1,2}\d[A-Za-z0-9]?\s*\d[A-Za-z]{2}", words):
        return frozenset({f"p:{postcode_of(words)}"})
    return _named([codes_of(part) for part in parts(words)], words)


def nearly_keys(text: str) -> frozenset[str]:
    """Return the keys of names that differ from the typed one by a letter that is heard: Testpersom, Testperson.

    A letter left out, put in or exchanged, in one of the first three parts of the name; the others as they were typed.
    """
    found = [codes_of(part) for part in parts(text)][:_MOST_VARIED]
    others = ([*found[:at], _nearly(found[at][0]), *found[at + 1 :]] for at in range(len(found)) if found[at])
    return frozenset(key for each in others for key in _named(each, text)) - search_keys(text)


def _nearly(code: str) -> tuple[str, ...]:
    cut = [(code[:at], code[at:]) for at in range(len(code) + 1)]
    less = {left + right[1:] for left, right in cut}
    more = {left + sign + right[skipped:] for left, right in cut for sign in HEARD for skipped in (0, 1)}
    return tuple(code for code in less | more if code)


def _named(found: Sequence[tuple[str, ...]], words: str) -> frozenset[str]:
    """Return the keys of a name, given how each of its parts may sound."""
    if year := _YEAR.search(words):
        return frozenset(f"yn:{year[0]}|{code}" for codes in found for code in codes)
    if len(found) < _TWO:
        return frozenset(f"w:{code}" for codes in found for code in codes)
    return frozenset(
        "n:" + "|".join(sorted((one, other)))
        for left, right in combinations(found, 2)
        for one in left
        for other in right
        if one != other
    )
