"""Two people's names beside each other: in every form, either way round, part by part."""

from collections.abc import Sequence
from dataclasses import dataclass

from rapidfuzz.distance import DamerauLevenshtein, JaroWinkler

from services.triage.domain.people.letters import parts
from services.triage.domain.people.levels import Level
from services.triage.domain.people.sounds import sound
from services.triage.domain.people.variants import is_common, roots

MOST_FORMS = 4
_SPELT = 0.94
_SPELT_ONE_SOUND = 0.8
_TELLING_SOUND = 3
_CLOSE = 0.86
_LONG_ENOUGH = 5
_LEAST_BEGINNING = 3
_ARTICLE = 2
_RANKS = {
    Level.SAME: 10,
    Level.SPELT: 9,
    Level.PART: 6,
    Level.CLOSE: 5,
    Level.INITIAL: 4,
    Level.UNKNOWN: 2,
    Level.OTHER: 0,
}
_LOST_BY_SWAPPING = 1


@dataclass(frozen=True)
class Part:
    """A part of a name: folded, how it sounds, and the names that it is a form of."""

    letters: str
    sound: str
    roots: frozenset[str]


@dataclass(frozen=True)
class Written:
    """One form of a name in its parts, with the words as they were written."""

    fore: tuple[Part, ...]
    last: tuple[Part, ...]
    forenames: str
    surname: str


@dataclass(frozen=True)
class Naming:
    """How two names agree: each half, whether one of them was read the other way round, and which forms these are."""

    forename: Level
    surname: Level
    swapped: bool
    ours: Written
    theirs: Written


def read(names: Sequence[str], forenames: str, surname: str) -> tuple[Written, ...]:
    """Return a person's names in their parts: as on the form, then each other form; the last word is then a surname."""
    first = Written(parted(forenames), parted(surname), forenames, surname)
    forms = [first] if first.fore or first.last else []
    main = f"{forenames} {surname}".strip()
    for name in names:
        if name == main or len(forms) == MOST_FORMS:
            continue
        given, _, last = name.strip().rpartition(" ")
        if not given and surname:
            given, last = name, surname
        form = Written(parted(given), parted(last), given, last)
        if form.fore or form.last:
            forms.append(form)
    return tuple(forms)


def parted(words: str) -> tuple[Part, ...]:
    """Return the parts of a name, each with how it sounds and what it is a form of."""
    return tuple(Part(part, sound(part), roots(part)) for part in parts(words))


def naming(ours: Sequence[Written], theirs: Sequence[Written]) -> Naming | None:
    """Return how two people's names agree best, over all their forms; None where one has no name."""
    found = [_either_way(one, other) for one in ours for other in theirs]
    return max(found, key=_place, default=None)


def _place(found: Naming) -> tuple[int, list[str]]:
    """Return where a pair of forms stands among others, the same whichever of two people is asked first."""
    return _rank(found), sorted(f"{form.forenames}|{form.surname}" for form in (found.ours, found.theirs))


def _rank(found: Naming) -> int:
    return _RANKS[found.forename] + _RANKS[found.surname] - _LOST_BY_SWAPPING * found.swapped


def _either_way(one: Written, other: Written) -> Naming:
    straight = Naming(_forename(one.fore, other.fore), _surname(one, other), swapped=False, ours=one, theirs=other)
    if _RANKS[straight.forename] + _RANKS[straight.surname] >= _RANKS[Level.SPELT] + _RANKS[Level.PART]:
        return straight
    forename, surname = _halves(one.fore, other.last), _halves(one.last, other.fore)
    turned = Naming(forename, surname, swapped=True, ours=one, theirs=other)
    return max(straight, turned, key=_rank) if _RANKS[forename] and _RANKS[surname] else straight


def _forename(ours: tuple[Part, ...], theirs: tuple[Part, ...]) -> Level:
    """Return how the forenames agree: the first of each, else any two of them as a part."""
    if not ours or not theirs:
        return Level.UNKNOWN
    first = _halves(ours[:1], theirs[:1])
    whole = _halves(ours, theirs)
    return max(first, whole, key=_RANKS.__getitem__)


def middle(named: Naming) -> Level:
    """Return how the forenames after the first agree where both have some and the first do: SAME, INITIAL or OTHER."""
    ours, theirs = named.ours.fore, named.theirs.fore
    if named.swapped or min(len(ours), len(theirs)) <= 1 or _RANKS[_alike(ours[0], theirs[0])] < _RANKS[Level.CLOSE]:
        return Level.UNKNOWN
    found = {_alike(one, other) for one in ours[1:] for other in theirs[1:]}
    if found & {Level.SAME, Level.SPELT, Level.CLOSE}:
        return Level.SAME
    return Level.INITIAL if Level.INITIAL in found else Level.OTHER


def _surname(one: Written, other: Written) -> Level:
    """Return how the surnames agree: whole, else a part, also where it stands among the other's forenames."""
    found = _halves(one.last, other.last)
    if _RANKS[found] >= _RANKS[Level.PART] or found is Level.UNKNOWN:
        return found
    inside = (
        _alike(last, middle) in {Level.SAME, Level.SPELT}
        for lasts, middles in ((one.last, other.fore[1:]), (other.last, one.fore[1:]))
        for last in lasts
        for middle in middles
    )
    return Level.PART if any(inside) else found


def _halves(ours: tuple[Part, ...], theirs: tuple[Part, ...]) -> Level:
    """Return how one half of two names agrees."""
    if not ours or not theirs:
        return Level.UNKNOWN
    if len(ours) == 1 and len(theirs) == 1:
        return _alike(ours[0], theirs[0])
    left, right = sorted("".join(part.letters for part in half) for half in (ours, theirs))
    if left == right:
        return Level.SAME
    levels = [_alike(one, other) for one in ours for other in theirs]
    best = max(levels, key=_RANKS.__getitem__)
    if _all_found(ours, theirs):
        return Level.SPELT
    if JaroWinkler.similarity(left, right) >= _SPELT and len(left) >= _LONG_ENOUGH:
        return Level.SPELT
    return Level.PART if best in {Level.SAME, Level.SPELT} else best


def _all_found(ours: tuple[Part, ...], theirs: tuple[Part, ...]) -> bool:
    """Return whether the same parts stand in another order or spelling."""
    good = {Level.SAME, Level.SPELT}
    return len(ours) == len(theirs) and all(
        any(_alike(one, other) in good for other in among)
        for half, among in ((ours, theirs), (theirs, ours))
        for one in half
    )


def _alike(one: Part, other: Part) -> Level:
    """Return how two parts agree: letter for letter, as spellings of one name, by their initial, nearly, or not."""
    if one.letters == other.letters:
        return Level.SAME
    if 1 in {len(one.letters), len(other.letters)}:
        return Level.INITIAL if one.letters[:1] == other.letters[:1] else Level.OTHER
    if one.roots & other.roots or other.letters in one.roots or one.letters in other.roots:
        return Level.SPELT
    return _by_letters(one, other)


def likeness(one: Part, other: Part) -> int:
    """Return how like two parts of names are, to sort by; 0 where nobody would take one for the other."""
    level = _alike(one, other)
    return _RANKS[level] if level is not Level.INITIAL or len(one.letters) == 1 else 0


def _by_letters(one: Part, other: Part) -> Level:
    """Return how two parts agree that no list knows as one name."""
    left, right = sorted((one.letters, other.letters), key=lambda letters: (len(letters), letters))
    likeness = JaroWinkler.similarity(left, right)
    heard_alike = one.sound == other.sound and likeness >= _SPELT_ONE_SOUND - 0.1 * (len(one.sound) >= _TELLING_SOUND)
    with_article = right[:_ARTICLE] in {"al", "el"} and right[_ARTICLE:] == left
    if heard_alike or with_article:
        return Level.SPELT
    apart = DamerauLevenshtein.distance(left, right, score_cutoff=2)
    if len(left) >= _LONG_ENOUGH and (apart == 1 or likeness >= _SPELT):
        return Level.SPELT
    begun = len(left) >= _LEAST_BEGINNING and right.startswith(left)
    near = apart == 1 or (apart <= 2 and len(left) > _LONG_ENOUGH)  # noqa: PLR2004  two letters of six
    return Level.CLOSE if begun or near or likeness >= _CLOSE else Level.OTHER


def common(level: Level, half: tuple[Part, ...], other: tuple[Part, ...]) -> Level:
    """Return an agreement's level, weaker where so many people have the name that it says little."""
    shared = all(is_common(part.letters) for part in (*half, *other))
    if shared and level is Level.SAME:
        return Level.COMMON
    return Level.SPELT_COMMON if shared and level is Level.SPELT else level
