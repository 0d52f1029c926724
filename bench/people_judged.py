"""People judged: who is found by keys, who is suggested, and what rapidfuzz alone would suggest of them."""

import heapq
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz, utils

from samples.people_made import TODAY, Generator
from services.triage.domain.people.comparing import Weighed, reading, weigh_all
from services.triage.domain.people.identity import Identity, identity_of
from services.triage.domain.people.keys import MOST_CANDIDATES, TOO_COMMON, keys_of
from services.triage.domain.people.levels import Level

Levels = Mapping[str, Level]


@dataclass(frozen=True)
class Known:
    """One referral of a set: who it is about, of which group, and the identity that the matcher sees."""

    who: int | str
    group: str
    identity: Identity


@dataclass(frozen=True)
class Set:
    """Those who were referred before, and the referrals that come now; `again` of them are about somebody known."""

    before: Sequence[Known]
    now: Sequence[Known]


@dataclass(frozen=True)
class Pair:
    """A referral that came beside one candidate: whether both are one person, what agrees, and the names' likeness."""

    arrival: int
    same: bool
    levels: Levels
    suggested: bool
    likeness: float


@dataclass(frozen=True)
class Judged:
    """A set as it was judged: its arrivals, those who have an earlier referral, who was found, and all pairs."""

    now: Sequence[Known]
    expected: Mapping[int, int]
    found: Mapping[int, int]
    pairs: Sequence[Pair]


@dataclass(frozen=True)
class Score:
    """How well suggestions fit: how many earlier referrals were found, and how many suggestions are right."""

    recall: float
    precision: float
    of: int

    @property
    def both(self) -> float:
        """The harmonic mean of the two."""
        return 2 * self.recall * self.precision / (self.recall + self.precision) if self.recall else 0.0


def generated(seed: int, people: int) -> Set:
    """Return so many people, and an eighth as many referrals about some of them, and as many about others.

    A quarter of those who come again have two earlier referrals, which nobody has linked.
    """
    generator = Generator(seed)
    before = generator.people(people)
    half = people // 8
    known = before[:: max(1, people // half)][:half]
    now = [*(generator.again(person) for person in known), *generator.strangers(before, half)]
    before += [generator.again(person) for person in known[::4]]
    return Set(
        [Known(made.who, made.group, identity_of(made.form(), TODAY)) for made in before],
        [Known(made.who, made.group, identity_of(made.form(), TODAY)) for made in now],
    )


class Index:
    """The keys of everybody known, in memory; candidates are found by the same rules as in the database."""

    def __init__(self, known: Sequence[Known]) -> None:
        self._by_key: dict[str, list[int]] = defaultdict(list)
        for number, one in enumerate(known):
            for key in keys_of(one.identity):
                self._by_key[key].append(number)

    def candidates(self, identity: Identity) -> list[int]:
        """Return who shares keys that are not too common, those first who share the rarest."""
        shared: dict[int, float] = defaultdict(float)
        for key in keys_of(identity):
            numbers = self._by_key.get(key, ())
            if len(numbers) <= TOO_COMMON:
                for number in numbers:
                    shared[number] += 1 / len(numbers)
        return heapq.nlargest(MOST_CANDIDATES, shared, key=shared.__getitem__)


def judge(people: Set) -> Judged:
    """Compare every arrival with its candidates."""
    index = Index(people.before)
    readings = [reading(one.identity) for one in people.before]
    there = Counter(one.who for one in people.before)
    expected = {number: there[one.who] for number, one in enumerate(people.now) if there[one.who]}
    found: dict[int, int] = {}
    pairs: list[Pair] = []
    for number, one in enumerate(people.now):
        ours = reading(one.identity)
        among = index.candidates(one.identity)
        same = [people.before[other].who == one.who for other in among]
        found[number] = sum(same)
        weighed = weigh_all(ours, [readings[other] for other in among])
        names = [(one.identity, people.before[other].identity) for other in among]
        pairs.extend(_pair(number, *each) for each in zip(same, weighed, names, strict=True))
    return Judged(people.now, expected, found, pairs)


def _pair(arrival: int, same: bool, weighed: Weighed, two: tuple[Identity, Identity]) -> Pair:  # noqa: FBT001  what is known
    names = (max(person.names, key=len, default="") for person in two)
    return Pair(arrival, same, weighed.levels, weighed.suggested, _likeness(*names))


def _likeness(one: str, other: str) -> float:
    return fuzz.WRatio(one, other, processor=utils.default_process)


def reached(judged: Judged) -> float:
    """Return how many of the earlier referrals are among the candidates."""
    return sum(judged.found[number] for number in judged.expected) / max(1, sum(judged.expected.values()))


def ours(judged: Judged, arrivals: Iterable[int] | None = None) -> Score:
    """Return how well our suggestions fit, over some arrivals or all."""
    return _score(judged, [(pair.arrival, pair.same) for pair in judged.pairs if pair.suggested], arrivals)


def rapidfuzz_alone(judged: Judged, threshold: float, arrivals: Iterable[int] | None = None) -> Score:
    """Return how well it fits to suggest whoever's name is so like by WRatio, among the same candidates."""
    chosen = [(pair.arrival, pair.same) for pair in judged.pairs if pair.likeness >= threshold]
    return _score(judged, chosen, arrivals)


def best_threshold(judged: Judged) -> float:
    """Return the likeness from which on rapidfuzz alone fits best: chosen for it on the very set it is judged on."""
    return max(range(60, 101), key=lambda threshold: rapidfuzz_alone(judged, threshold).both)


def _score(judged: Judged, chosen: Sequence[tuple[int, bool]], arrivals: Iterable[int] | None) -> Score:
    among = set(range(len(judged.now)) if arrivals is None else arrivals)
    wanted = sum(count for number, count in judged.expected.items() if number in among)
    mine = [same for number, same in chosen if number in among]
    right = sum(mine)
    return Score(right / max(1, wanted), right / max(1, len(mine)), wanted)
