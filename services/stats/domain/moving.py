"""Totals and their parts: hidden ones are safe where somebody's month or outcome may have been another."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice, product

from services.stats.domain.auditing import Witness
from services.stats.domain.book import (
    LEAVES,
    Atom,
    Base,
    Book,
    Cell,
    Column,
    above,
    bases_of,
    parts_of,
    with_category,
)
from services.stats.domain.measures import ATTRIBUTES, unknown_category
from services.stats.domain.people import Event, Person
from services.stats.domain.periods import financial_year
from services.stats.domain.stories import Placed, from_before, told_otherwise

TRIED = 12
"""How many referrals are tried for one part of a change."""
MANY = 150
"""How many are tried so that every category has one."""
SOMEBODY_MORE = -1
_SPLIT = frozenset(above(leaf) for leaf in LEAVES)

Step = tuple[Atom | None, Atom | None]
"""An event that counts otherwise: from where to where."""


@dataclass(frozen=True)
class Change:
    """Another list of people, found by these steps."""

    steps: tuple[Step, ...]
    witness: Witness


@dataclass
class Moves:
    """Finds for each hidden total and part another list of people; hides more where there is none.

    `shown` are the cells that readers see, `frozen` those of them that an earlier release shows.
    """

    book: Book
    shown: set[Cell]
    frozen: frozenset[Cell]
    found: list[Change] = field(default_factory=list)
    safe: set[Cell] = field(default_factory=set)
    _by_category: dict[tuple[int, str], set[int]] = field(default_factory=lambda: defaultdict(set))
    _counted: dict[Atom | None, frozenset[Cell]] = field(default_factory=dict)
    _steps: dict[Atom, list[Step]] = field(default_factory=dict)

    def run(self) -> list[Cell]:
        """Go through all cells until each hidden one is safe; return those that cannot be."""
        self.unknown = tuple(unknown_category(each) for each in ATTRIBUTES)
        self._first = min(month for month, _ in self.book.at)
        failed: list[Cell] = []
        self._bases: dict[str, list[Base]] = defaultdict(list)
        for base in sorted(self.book.at):
            self._bases[financial_year(base[0])].append(base)
        waiting = [cell for cell in self.book.cells if cell not in self.shown]
        for cell in waiting:
            if cell not in self.safe:
                best = self._cheapest(cell)
                if best is None:
                    failed.append(cell)
                else:
                    waiting += self._take(best)
        return failed

    def _take(self, change: Change) -> list[Cell]:
        """Hide what a change alters; return what is hidden with it and needs a change of its own."""
        altered, touched = self.delta(change.witness)
        more: list[Cell] = []
        for cell in sorted(touched & self.shown):
            self.shown.discard(cell)
            measure, part, column = cell
            if not part:
                below = [(measure, each, column) for each in parts_of(measure) if each]
                more += [each for each in below if each in self.shown and each not in self.frozen]
        self.shown.difference_update(more)
        self.safe.update(altered)
        self.found.append(change)
        return more

    def delta(self, witness: Witness) -> tuple[frozenset[Cell], frozenset[Cell]]:
        """Return the totals and parts that a list of people alters, and with those the ones of whom it is another.

        The tables below a part say who is in it, so that two people cannot stand in for each other there.
        """
        found: Counter[Cell] = Counter()
        touched: set[Cell] = set()
        for number, person in witness:
            before, after = _atoms(self.book.people[number][0] if number >= 0 else ()), _atoms(person)
            own = Counter(cell for atom in after - before for cell in self.book.cells_of(atom))
            own.subtract(cell for atom in before - after for cell in self.book.cells_of(atom))
            touched.update(cell for cell, by in own.items() if by and _is_split(cell))
            found.update(own)
        altered = frozenset(cell for cell, by in found.items() if by)
        return altered, altered | touched

    def _cheapest(self, cell: Cell) -> Change | None:
        return self._cheapest_of(cell, lets_go=False) or self._cheapest_of(cell, lets_go=True)

    def _cheapest_of(self, cell: Cell, *, lets_go: bool) -> Change | None:
        best: tuple[int, Change] | None = None
        for patterns in (self._single(cell), self._double(cell)):
            priced = []
            for number, steps in enumerate(patterns):
                cost = self._price(self._pattern_delta(steps))
                if cost is not None:
                    priced.append((cost, number, steps))
            for cost, _, steps in sorted(priced, key=lambda each: each[:2]):
                if best is not None and cost >= best[0]:
                    break
                found = self._realised(cell, self._witnesses(steps, lets_go=lets_go), None if best is None else best[0])
                best = best if found is None else (found[0], Change(steps, found[1]))
            if best is not None and best[0] == 0:
                break
        return None if best is None else best[1]

    def _realised(self, cell: Cell, witnesses: Iterable[Witness], below: int | None) -> tuple[int, Witness] | None:
        """Return the cheapest list that alters a cell, with its cost; None where none costs less."""
        best: tuple[int, Witness] | None = None
        for witness in witnesses:
            altered, touched = self.delta(witness)
            cost = self._price(touched) if cell in altered else None
            if cost is not None and (below is None or cost < below) and (best is None or cost < best[0]):
                best = cost, witness
                if cost == 0:
                    break
        return best

    def _witnesses(self, steps: tuple[Step, ...], *, lets_go: bool) -> Iterator[Witness]:
        choices = [list(islice(self.taking(step, lets_go=lets_go), TRIED)) for step in steps]
        for chosen in product(*choices):
            numbers = [number for number, _ in chosen if number >= 0]
            if len(set(numbers)) == len(numbers):
                yield chosen

    def taking(self, step: Step, *, lets_go: bool) -> Iterator[tuple[int, Person]]:
        """Give who may take a step, each as they would be then; with `lets_go` without what cannot be any more."""
        before, after = step
        for number in self._who(before, after):
            person = self.book.people[number][0] if number >= 0 else ()
            made = told_otherwise(person, _placed(before), _placed(after), self.unknown, lets_go=lets_go)
            if made is not None and (made or number >= 0):
                yield number, self.book.in_rows(made)
        placed = _placed(after)
        older = from_before(placed, self.unknown, self._first) if before is None and placed else None
        if older:
            yield SOMEBODY_MORE, older

    def telling(self, place: int, category: str, measure: str, column: Column) -> Iterator[Witness]:
        """Give the lists in which somebody of a category counts, or not, in a figure whose total is hidden."""
        top = above(measure)
        if (*top, column) in self.shown:
            return
        for base in bases_of(column):
            for number, made in self._otherwise(place, category, (*top, base)):
                witness = ((number, made),)
                if not self.delta(witness)[1] & self.shown:
                    yield witness

    def _otherwise(self, place: int, category: str, atom: Atom) -> Iterator[tuple[int, Person]]:
        """Give everybody of a category, somebody more among them, with an event where they have none, or without."""
        placed = atom[2][1], _event(atom)
        known = with_category(self.unknown, place, category)
        for made in (from_before(placed, known, self._first), told_otherwise((), None, placed, known)):
            if made:
                yield SOMEBODY_MORE, self.book.in_rows(made)
        for lets_go, (before, after) in product((False, True), self._unseen(atom)):
            of = self._of(place, category)
            numbers = [each for each in self.book.atoms.get(before, ()) if each in of] if before else sorted(of)
            for number in numbers[: MANY * TRIED]:
                person = self.book.people[number][0]
                made = told_otherwise(person, _placed(before), _placed(after), self.unknown, lets_go=lets_go)
                if made is not None:
                    yield number, self.book.in_rows(made)

    def _steps_of(self, atom: Atom) -> Iterator[Step]:
        """Give the steps to and from a place in a year: from nowhere, from another month or part, to nowhere."""
        measure, _, base = atom
        yield None, atom
        yield atom, None
        for other, part in product(self._bases[financial_year(base[0])], parts_of(measure)):
            if (measure, part, other) != atom:
                yield (measure, part, other), atom

    def _unseen(self, atom: Atom) -> list[Step]:
        """Return the steps to and from a place that alone alter nothing that readers see."""
        if atom not in self._steps:
            steps = self._steps_of(atom)
            self._steps[atom] = [step for step in steps if self.shown.isdisjoint(self._pattern_delta((step,)))]
        return self._steps[atom]

    def _of(self, place: int, category: str) -> set[int]:
        """Return everybody of a category."""
        if not self._by_category:
            for number, (person, _) in enumerate(self.book.people):
                for at, each in {(at, each) for _, about, _ in person for at, each in enumerate(about)}:
                    self._by_category[at, each].add(number)
        return self._by_category.get((place, category), set())

    def _who(self, before: Atom | None, after: Atom | None) -> Iterator[int]:
        if before is not None:
            yield from islice(self.book.atoms.get(before, ()), MANY)
        elif after is not None:
            month = after[2][0]
            for name in ("adopted", "discussed", "received"):
                for base in reversed(self._bases[financial_year(month)]):
                    if base[0] <= month and name != after[0]:
                        yield from islice(self.book.atoms.get((name, "", base), ()), TRIED)
            yield SOMEBODY_MORE

    def _price(self, delta: Collection[Cell]) -> int | None:
        """Return what hiding more would cost; None where an earlier release shows what would change."""
        cost = 0
        for cell in delta:
            if cell in self.shown:
                if cell in self.frozen:
                    return None
                cost += 1 + self.book.values[cell]
        return cost

    def _pattern_delta(self, steps: Sequence[Step]) -> Collection[Cell]:
        if len(steps) == 1:
            return self._at(steps[0][0]) ^ self._at(steps[0][1])
        found: Counter[Cell] = Counter()
        altered: set[Cell] = set()
        for own, other in ((self._at(before), self._at(after)) for before, after in steps):
            altered.update(cell for cell in own ^ other if _is_split(cell))
            found.update(other - own)
            found.subtract(own - other)
        return altered.union(cell for cell, by in found.items() if by)

    def _at(self, atom: Atom | None) -> frozenset[Cell]:
        """Return the totals and parts that an event counts in."""
        if atom not in self._counted:
            self._counted[atom] = frozenset(self.book.cells_of(atom) if atom else ())
        return self._counted[atom]

    def _single(self, cell: Cell) -> Iterator[tuple[Step, ...]]:
        """Give the changes of one event that alter a cell."""
        measure, part, _ = cell
        own = parts_of(measure) if not part else (part,)
        inside, outside = self._around(cell)
        for each, base in product(own, inside):
            here: Atom = (measure, each, base)
            for other in outside:
                there: Atom = (measure, each, other)
                yield ((here, there),)
                yield ((there, here),)
            for another in parts_of(measure) if part else ():
                if another != each:
                    yield ((here, (measure, another, base)),)
                    yield (((measure, another, base), here),)
            yield ((here, None),)
            yield ((None, here),)

    def _double(self, cell: Cell) -> Iterator[tuple[Step, ...]]:
        """Give the exchanges of months between two events of several parts that alter one part."""
        measure, part, _ = cell
        if not part:
            return
        inside, outside = self._around(cell)
        for base, other, another in product(inside, outside, parts_of(measure)):
            if another != part:
                here, there = (measure, part, base), (measure, part, other)
                yonder, back = (measure, another, base), (measure, another, other)
                yield (here, there), (back, yonder)
                yield (there, here), (yonder, back)

    def _around(self, cell: Cell) -> tuple[list[Base], list[Base]]:
        inside = [base for base in bases_of(cell[2]) if base in self.book.at]
        year = self._bases[financial_year(inside[0][0])] if inside else []
        return inside, [base for base in year if base not in inside]

    def others(self, change: Change) -> Iterator[Witness]:
        """Give the lists in which somebody else takes a step of a change; who takes it stands first."""
        for at, step in enumerate(change.steps):
            rest = tuple(each for place, each in enumerate(change.witness) if place != at)
            taken = {number for number, _ in rest}
            for number, made in self.taking(step, lets_go=False):
                witness = ((number, made), *rest)
                if number not in taken and not self.delta(witness)[1] & self.shown:
                    yield witness


def _is_split(cell: Cell) -> bool:
    """Say whether tables below a total or part say who is in it."""
    return cell[:2] in _SPLIT


def _atoms(person: Person) -> set[Atom]:
    """Return what somebody's events count in; nothing happens twice to them in a month."""
    return {(measure, part, (month, number)) for number, _, events in person for measure, month, part in events}


def _placed(atom: Atom | None) -> Placed | None:
    if atom is None:
        return None
    return atom[2][1], _event(atom)


def _event(atom: Atom) -> Event:
    measure, part, (month, _) = atom
    return measure, month, part
