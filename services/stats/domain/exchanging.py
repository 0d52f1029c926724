"""Tables of what is known of people: a hidden figure is safe where two of them may stand in for each other."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, islice, permutations

from services.stats.domain.auditing import Witness
from services.stats.domain.book import PLACES, Book, Column, bits, with_category
from services.stats.domain.crowds import Crowd

Telling = Callable[[int, str, str, Column], Iterator[Witness]]
"""Gives, for an attribute's place, a category, a measure and a column, lists in which that figure is another."""

LOOKED_AT = 200
"""How many people of a category are looked at when more must be hidden."""
PRICED = 2
OTHERS = 8
"""How many of a category are weighed, and how many other categories before one that will do is taken."""


@dataclass(frozen=True)
class Way:
    """A change of categories: the list of people, what it alters, and what it costs to hide that.

    `price` is the cost for each hidden figure that is safe thereby.
    """

    cost: int
    witness: Witness
    altered: Mapping[str, int]
    price: float = 0.0


class Exchange:
    """One attribute: its categories with the bits that are shown of each, and the people in them."""

    def __init__(self, book: Book, place: int, shown: dict[str, int], frozen: Mapping[str, int]) -> None:
        """Take the place of the attribute, and by category what readers see and what must stay seen."""
        self.book, self.place, self.shown, self.frozen = book, place, shown, frozen
        self.witnesses: list[Witness] = []
        self._width = 1
        self._told: set[int] = set()
        self._once: dict[int, dict[str, int] | None] = {}
        self._nowhere = {category: book.nowhere(PLACES[place], category) for category in shown}
        self.every = (1 << (book.bit_count)) - 1
        self.open = {category: self.every & ~mask for category, mask in shown.items()}
        """The hidden figures that are not safe yet."""
        self.crowds = {category: Crowd() for category in shown}
        self._costs: dict[str, list[int]] = {}
        for number, (person, _) in enumerate(book.people):
            self._admit(((number, person),))
        for crowd in self.crowds.values():
            crowd.all_are_true()
        self._with_others = False
        """Whether only the true people are looked at for what costs least, or those too who may have been otherwise."""

    def run(self, moved: Iterable[Witness], telling: Telling) -> list[tuple[str, Column]]:
        """Go through all figures until each hidden one is safe; return the measures and columns where one cannot be.

        `moved` are lists in which somebody's events are others; `telling` gives more of them for one figure.
        """
        failed: set[int] = set()
        for witness in moved:
            self._take_moved(witness)
        self._smallest = order = sorted(self.shown, key=lambda each: (len(self.crowds[each]), each))
        for one, other in combinations(order, 2):
            self._pair(one, other)
        for category in order:
            while self.open[category]:
                bit = next(bits(self.open[category]))
                if not (
                    self._is_told(category, bit, telling)
                    or (bit not in failed and self._is_bought(category, bit, telling))
                ):
                    failed.add(bit)
                    self.open[category] &= ~(1 << bit)
        return [self.book.named(bit) for bit in sorted(failed)]

    def _is_bought(self, category: str, bit: int, telling: Telling) -> bool:
        """Take the cheapest change that makes a figure another one, and what follows from it; say if there is one."""
        way = self._cheapest(category, bit)
        if way is None:
            self._with_others = True
            self._admit_told(bit, telling)
            way = self._cheapest(category, bit) or self._wider(category, bit)
            self._with_others = False
        if way is None:
            return False
        self._take(way)
        for other in self._smallest:
            if other in way.altered and other != category:
                self._pair(category, other, self.book.year_mask(bit))
        return True

    def _is_told(self, category: str, bit: int, telling: Telling) -> bool:
        """Take the first list in which somebody of the category counts otherwise in a figure; say if there is one."""
        for witness in telling(self.place, category, *self.book.named(bit)):
            altered = self.altered(witness)
            if altered.get(category, 0) >> bit & 1 and not self._is_seen(altered):
                self._admit(witness)
                self._take(Way(0, witness, altered))
                return True
        return False

    def _admit_told(self, bit: int, telling: Telling) -> None:
        """Let those of other categories who may count otherwise in a figure be exchanged with somebody."""
        if bit in self._told:
            return
        self._told.add(bit)
        for other in self._smallest:
            for witness in islice(telling(self.place, other, *self.book.named(bit)), LOOKED_AT):
                self._take_moved(witness)

    def _is_seen(self, altered: Mapping[str, int]) -> bool:
        return any(mask & self.shown.get(category, 0) for category, mask in altered.items())

    def _admit(self, witness: Witness) -> None:
        person = witness[0][1]
        for category in {about[self.place] for _, about, _ in person} & self.crowds.keys():
            self.crowds[category].admit(self.book.mask(person, self.place, category), witness)

    def _counts_once(self, number: int) -> dict[str, int] | None:
        if number not in self._once:
            self._once[number] = self.book.once(self.book.people[number][0], self.place)
        return self._once[number]

    def _take_moved(self, witness: Witness) -> None:
        """Take a list in which somebody's events are others: its own figures are safe, and it may be built upon."""
        altered = self.altered(witness)
        if self._is_seen(altered):
            return
        self._admit(witness)
        if any(mask & self.open.get(category, 0) for category, mask in altered.items()):
            self._take(Way(0, witness, altered))

    def altered(self, witness: Witness) -> dict[str, int]:
        """Return by category the bits of the figures that are others in a list of people."""
        gone: dict[str, int] = {}
        come: dict[str, int] = {}
        for number, after in witness:
            before = self._counts_once(number) if number >= 0 else {}
            for found, masks in ((gone, before), (come, self.book.once(after, self.place))):
                # Where two masks meet that both go, or both come, or somebody counts twice, each figure is counted.
                if masks is None or not found.keys().isdisjoint(masks):
                    return _masks(self.book, self.place, witness)
                found.update(masks)
        return {category: gone.get(category, 0) ^ come.get(category, 0) for category in gone.keys() | come.keys()}

    def _pair(self, one: str, other: str, year: int = 0) -> None:
        """Prove what exchanges between two categories prove as things are shown, among the people of a year."""
        unproved, seen = self.open[one] | self.open[other], self._seen(one, other)
        here, there = self.crowds[one].of_year(year), self.crowds[other].of_year(year)
        keys = {mask & seen for masks in (here, there) for mask in masks if mask & unproved}
        groups: dict[int, tuple[list[int], list[int]]] = {key: ([], []) for key in keys}
        for side, masks in enumerate((here, there) if groups else ()):
            for mask in masks:
                if mask & seen in groups:
                    groups[mask & seen][side].append(mask)
        for key, (ours, theirs) in groups.items():
            if ours and theirs:
                self._group(one, other, ours, theirs)
            if not key:
                self._alone(one, other, ours)
                self._alone(other, one, theirs)

    def _seen(self, one: str, other: str) -> int:
        """Return what is shown of one of two categories; as of a release without a row for both nobody changes it."""
        return (self.shown[one] | self.shown[other]) & ~(self._nowhere[one] | self._nowhere[other])

    def _alone(self, category: str, target: str, masks: Sequence[int]) -> None:
        """Move people of whom nothing is shown, each alone."""
        for mask in masks:
            if mask & (self.open[category] | self.open[target]):
                self._try(self.crowds[category].units[mask], category, target)

    def _group(self, one: str, other: str, here: Sequence[int], there: Sequence[int]) -> None:
        """Exchange people of whom the same is shown: each with the first one of the other category is enough."""
        for mask in there:
            if (mask ^ here[0]) & (self.open[one] | self.open[other]):
                self._try(self.crowds[one].units[here[0]], one, other, self.crowds[other].units[mask])
        for mask in here[1:]:
            if (mask ^ there[0]) & (self.open[one] | self.open[other]):
                self._try(self.crowds[one].units[mask], one, other, self.crowds[other].units[there[0]])

    def _try(self, mine: Witness, one: str, other: str, theirs: Witness = ()) -> None:
        way = self._way(mine, one, other, theirs)
        if way is not None and way.cost == 0:
            self._take(way)

    def _way(self, mine: Witness, one: str, other: str, theirs: Witness = ()) -> Way | None:
        """Return the exchange of somebody of a category with somebody of another, or their move alone."""
        witness = _together(self._recast(mine, one, other), self._recast(theirs, other, one))
        return None if witness is None else self._priced(witness)

    def _priced(self, witness: Witness) -> Way | None:
        altered = self.altered(witness)
        cost = 0
        for category, mask in altered.items():
            visible = mask & self.shown.get(category, self.every)
            if visible & self.frozen.get(category, self.every):
                return None
            cost += self._cost(category, visible) if visible else 0
        return Way(cost, witness, altered, self._price(cost, altered))

    def _price(self, cost: int, altered: Mapping[str, int]) -> float:
        safe = sum((mask & self.open.get(category, 0)).bit_count() for category, mask in altered.items())
        return cost / max(safe, 1)

    def _take(self, way: Way) -> None:
        self.witnesses.append(way.witness)
        for category, mask in way.altered.items():
            self.shown[category] &= ~mask
            self.open[category] &= ~mask

    def _cheapest(self, category: str, bit: int) -> Way | None:
        """Return the cheapest change that makes a figure another one, though more must be hidden for it."""
        best: Way | None = None
        for place, other in enumerate(each for each in self._smallest if each != category):
            if best is not None and place >= OTHERS:
                break
            best = self._cheaper_with(other, category, 1 << bit, best)
        # Where something of a category is seen its own people can be exchanged; a relay is for those that have none.
        if best is None or not self.shown[category]:
            relays = (way for each in self._relays(category, 1 << bit) if (way := self._priced(each)) is not None)
            best = _cheaper(best, relays, category, 1 << bit)
        if best is None:
            ways = (way for each in self._replaced(category, 1 << bit) if (way := self._priced(each)) is not None)
            best = _cheaper(best, ways, category, 1 << bit)
        return best

    def _wider(self, category: str, bit: int) -> Way | None:
        """Look at everybody where those of whom least is shown will not do."""
        self._width = len(self.book.people)
        way = self._cheapest(category, bit)
        self._width = 1
        return way

    def _cheaper_with(self, other: str, category: str, on: int, best: Way | None) -> Way | None:
        """Return the best change of people of two categories of whom least is shown, each with whoever is most alike.

        That is the one given, where none costs less.
        """
        seen = self._seen(category, other)
        held = self.frozen[category] | self.frozen[other]
        mine, theirs = self._near(category, on), self._near(other, on)
        for one, masks, two, partners in ((category, mine[0], other, theirs[1]), (other, theirs[0], category, mine[1])):
            for mask in masks[: PRICED * self._width]:
                for each in (0, *_nearest(partners, mask, seen, held)):
                    if best is None or self._least(one, mask, two, each) < best.price:
                        unit, partner = self.crowds[one].units[mask], self.crowds[two].units[each] if each else ()
                        way = self._way(unit, one, two, partner)
                        best = _cheaper(best, () if way is None else (way,), category, on)
        return best

    def _least(self, one: str, mine: int, other: str, theirs: int) -> float:
        """Return the least price of an exchange of two people: the true one where both are plainly as they are."""
        if self._nowhere[one] or self._nowhere[other] or not self._is_plain(one, mine):
            return 0
        if theirs and not self._is_plain(other, theirs):
            return 0
        altered = dict.fromkeys((one, other), mine ^ theirs)
        return self._price(sum(self._cost(each, altered[each] & self.shown[each]) for each in altered), altered)

    def _is_plain(self, category: str, mask: int) -> bool:
        """Say whether somebody is true, of one category in every release, and counts in no figure twice."""
        unit = self.crowds[category].units[mask]
        number, person = unit[0]
        return (
            len(unit) == 1
            and number >= 0
            and person is self.book.people[number][0]
            and len(self._counts_once(number) or ()) == 1
        )

    def _cost(self, category: str, visible: int) -> int:
        """Return what it costs to hide figures: those that say much are dear."""
        if category not in self._costs:
            counts = self.book.counts.get((self.place, category), Counter[int]())
            self._costs[category] = [1 + counts[bit] for bit in range(self.book.bit_count)]
        costs = self._costs[category]
        return sum(costs[bit] for bit in bits(visible))

    def _recast(self, witness: Witness, old: str, new: str) -> Witness:
        """Return a list in which the first person is of another category, in the releases that have a row for it."""
        if not witness:
            return ()
        number, person = witness[0]
        made = tuple(
            (n, with_category(about, self.place, new), events)
            if about[self.place] == old and self.book.has_row(n, self.place, new)
            else (n, about, events)
            for n, about, events in person
        )
        return ((number, made), *witness[1:])

    def _near(self, category: str, on: int) -> tuple[list[int], list[int]]:
        """Return the people of a category with and without a bit, those of whom least is shown first."""
        bit, most = on.bit_length() - 1, LOOKED_AT * self._width
        return self.crowds[category].near(
            bit, self.book.year_mask(bit), self.shown[category], most, with_others=self._with_others
        )

    def _relays(self, category: str, on: int) -> Iterator[Witness]:
        """Give changes of three categories: somebody comes to this one, and another takes their place."""
        for source in sorted(self.crowds):
            coming = self._near(source, on)[0] if source != category else []
            for third in sorted(self.crowds) if coming else ():
                if third not in (source, category):
                    yield from self._after_another(coming, self._near(third, on)[1], (third, source, category))

    def _replaced(self, category: str, on: int) -> Iterator[Witness]:
        """Give changes of three categories: somebody leaves this one, and another takes their place."""
        leaving = self._near(category, on)[0]
        for target, third in permutations(sorted(self.crowds) if leaving else (), 2):
            if category not in (target, third):
                yield from self._after_another(leaving, self._near(third, on)[1], (third, category, target))

    def _after_another(
        self, moving: Sequence[int], after: Sequence[int], way: tuple[str, str, str]
    ) -> Iterator[Witness]:
        """Give the changes in which people move on to the last of three categories; others follow from the first."""
        third, source, target = way
        for mask in moving[: PRICED * self._width]:
            near = after[: LOOKED_AT // 10 * self._width]
            for other in _nearest(near, mask, self.shown[source], self.frozen[source])[:2]:
                made = _together(
                    self._recast(self.crowds[source].units[mask], source, target),
                    self._recast(self.crowds[third].units[other], third, source),
                )
                if made is not None:
                    yield made


def _cheaper(best: Way | None, ways: Iterable[Way], category: str, on: int) -> Way | None:
    """Return the first of the cheapest ways that alter a figure."""
    for way in ways:
        if on & way.altered.get(category, 0) and (best is None or way.price < best.price):
            best = way
    return best


def _nearest(masks: Sequence[int], mask: int, seen: int, held: int) -> list[int]:
    """Return masks, those first that differ least from one in what must stay seen, then in what is seen."""
    found = [((each ^ mask) & seen).bit_count() for each in masks]
    if held:
        most = max(found, default=0) + 1
        found = [count + most * ((each ^ mask) & held).bit_count() for each, count in zip(masks, found, strict=True)]
    return [masks[place] for place in sorted(range(len(masks)), key=found.__getitem__)[:PRICED]]


def _together(one: Witness, other: Witness) -> Witness | None:
    """Return both changes at once; None where they are of the same person."""
    if {number for number, _ in one if number >= 0} & {number for number, _ in other}:
        return None
    return one + other


def _masks(book: Book, place: int, witness: Witness) -> dict[str, int]:
    """Return by category the bits of the figures that are others, counted one by one."""
    found: dict[str, Counter[int]] = defaultdict(Counter)
    for number, after in witness:
        before = book.people[number][0] if number >= 0 else ()
        for person, sign in ((before, -1), (after, 1)):
            for n, about, events in person:
                for measure, month, part in events:
                    for bit in bits(book.atom_mask((measure, part, (month, n)))):
                        found[about[place]][bit] += sign
    return {category: sum(1 << bit for bit, by in counted.items() if by) for category, counted in found.items()}
