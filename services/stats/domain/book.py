"""Every figure of some releases, with the people behind each: what hiding is worked out upon."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cached_property

from services.stats.domain.auditing import Published
from services.stats.domain.measures import ATTRIBUTES, MEASURES, SPLITS, UNKNOWN_DISTRICT, categories
from services.stats.domain.people import People, Person
from services.stats.domain.periods import Period, Tree, financial_year

Base = tuple[str, int]
"""A month as of a release."""
Column = tuple[str, tuple[int, ...]]
"""A period, and the releases as of which its months are: what two releases say of one column is one figure."""
Cell = tuple[str, str, Column]
"""A total (measure, nothing, column) or the part of one (measure, part, column)."""
Atom = tuple[str, str, Base]
"""What an event counts in: measure, part, month as of a release."""

LEAVES = tuple(measure.id for measure in MEASURES.values() if set(measure.attributes) >= {"sector"})
"""The measures that are split by what is known of people."""


def leaf(measure: str, part: str) -> str:
    """Return the measure whose tables split a total, or the part of one, by what is known of people."""
    return f"{measure}-{part}" if part else measure


def above(measure: str) -> tuple[str, str]:
    """Return the total or part that a measure's tables split."""
    known = MEASURES[measure]
    return (known.of, known.category) if known.of else (measure, "")


def parts_of(measure: str) -> tuple[str, ...]:
    """Return the parts of a measure; the empty one alone where it has none."""
    return categories(SPLITS[measure]) if measure in SPLITS else ("",)


def columns_of(as_of: Mapping[str, int]) -> tuple[Column, ...]:
    """Return the columns of a release, year by year, months first."""
    years: dict[str, list[str]] = defaultdict(list)
    for month in sorted(as_of):
        years[financial_year(month)].append(month)
    return tuple(
        (period.id, tuple(as_of[month] for month in period.months))
        for months in years.values()
        for period in Tree(tuple(months)).periods
    )


def bases_of(column: Column) -> tuple[Base, ...]:
    """Return the months of a column, each as of its release."""
    return tuple(zip(Period(column[0]).months, column[1], strict=True))


class Book:
    """The figures of several releases, the last of which is being made, counted from one list of people."""

    def __init__(self, people: People, releases: Sequence[Published]) -> None:
        """Take every referral and what each release is as of; the tables of the last one do not matter."""
        self.people, self.releases = people, releases
        self.columns = tuple(dict.fromkeys(column for each in releases for column in columns_of(each.as_of)))
        self.now = frozenset(columns_of(releases[-1].as_of))
        self._districts = {max(each.as_of.values()): {UNKNOWN_DISTRICT, *each.districts} for each in releases}
        self._newest = {UNKNOWN_DISTRICT, *releases[-1].districts}
        self.at: dict[Base, list[Column]] = defaultdict(list)
        for column in self.columns:
            for base in bases_of(column):
                self.at[base].append(column)
        self._place = {column: number for number, column in enumerate(self.columns)}
        self.atoms: dict[Atom, list[int]] = defaultdict(list)
        self._about: dict[tuple[int, str, Atom], int] = {}
        self._several: Counter[tuple[int, str, int]] = Counter()
        self.values: Counter[Cell] = Counter()
        self.referrals: Counter[Cell] = Counter()
        self._masks: dict[object, int] = {}
        self._cells: dict[Atom, tuple[Cell, ...]] = {}
        self._years = [financial_year(bases_of(column)[0][0]) for column in self.columns]
        """By column its financial year."""
        abouts: dict[Atom, list[tuple[str, ...]]] = defaultdict(list)
        for number in range(len(people)):
            self._read(number, abouts)
        self._sum(abouts)

    @cached_property
    def cells(self) -> tuple[Cell, ...]:
        """Return every total and part, totals first."""
        top = [each.id for each in MEASURES.values() if not each.of]
        totals = [(measure, "", column) for measure in top for column in self.columns]
        return (
            *totals,
            *((measure, part, c) for measure in SPLITS for part in parts_of(measure) for c in self.columns),
        )

    @cached_property
    def counts(self) -> Mapping[tuple[int, str], Counter[int]]:
        """Return, by attribute (its place) and category, how many stand behind each bit."""
        found: dict[tuple[int, str], Counter[int]] = defaultdict(Counter)
        for (place, category, atom), number in self._about.items():
            for bit in bits(self.atom_mask(atom)):
                found[place, category][bit] += number
        return found

    def count(self, place: int, category: str, bit: int) -> int:
        """Return a figure of a category of an attribute (its place)."""
        held = self.counts.get((place, category))
        return held[bit] if held else 0

    def behind(self, place: int, category: str, bit: int) -> int:
        """Return how many referrals stand behind a figure: one that counts twice in it is one."""
        return self.count(place, category, bit) - self._several[place, category, bit]

    def has_row(self, number: int, place: int, category: str) -> bool:
        """Say whether the tables of a release have a row for a category of an attribute (its place)."""
        return PLACES[place] != "district" or category in self._districts.get(number, self._newest)

    def nowhere(self, attribute: str, row: str) -> int:
        """Return the bits of the columns that only releases without a row have."""
        if attribute != "district":
            return 0
        has = [each for each in self.releases if row in category_rows(attribute, each.districts)]
        there = {column for each in has for column in columns_of(each.as_of)}
        missing = [column for column in self.columns if column not in there]
        return sum(1 << self.bit(measure, column) for measure in LEAVES for column in missing)

    def in_rows(self, person: Person) -> Person:
        """Return somebody who is of an unknown district as of the releases that had no row for theirs."""
        place = PLACES.index("district")
        if all(self.has_row(number, place, about[place]) for number, about, _ in person):
            return person
        return tuple(
            (n, about if self.has_row(n, place, about[place]) else with_category(about, place, UNKNOWN_DISTRICT), held)
            for n, about, held in person
        )

    def bit(self, measure: str, column: Column) -> int:
        """Return which bit stands for a measure that is split by what is known of people, and a column."""
        return LEAVES.index(measure) * len(self.columns) + self._place[column]

    @property
    def bit_count(self) -> int:
        """Return how many bits there are."""
        return len(LEAVES) * len(self.columns)

    def year_mask(self, bit: int) -> int:
        """Return every bit of the financial year of one."""
        return self._year_masks[self._years[bit % len(self.columns)]]

    @cached_property
    def _year_masks(self) -> Mapping[str, int]:
        found: dict[str, int] = defaultdict(int)
        for bit in range(self.bit_count):
            found[self._years[bit % len(self.columns)]] |= 1 << bit
        return found

    def named(self, bit: int) -> tuple[str, Column]:
        """Return what a bit stands for."""
        measure, column = divmod(bit, len(self.columns))
        return LEAVES[measure], self.columns[column]

    def atom_mask(self, atom: Atom) -> int:
        """Return the bits of an event."""
        if atom not in self._masks:
            measure, part, base = atom
            name = leaf(measure, part)
            bits_there = (1 << self.bit(name, column) for column in self.at.get(base, ())) if name in LEAVES else ()
            self._masks[atom] = sum(bits_there)
        return self._masks[atom]

    def mask(self, person: Person, place: int, category: str) -> int:
        """Return the bits of everything that somebody counts in as this category."""
        held = tuple((number, events) for number, about, events in person if about[place] == category)
        if held not in self._masks:
            found = 0
            for number, events in held:
                for measure, month, part in events:
                    found |= self.atom_mask((measure, part, (month, number)))
            self._masks[held] = found
        return self._masks[held]

    def once(self, person: Person, place: int) -> dict[str, int] | None:
        """Return by category the bits of all that somebody counts in; None where in one of them more than once."""
        found: dict[str, int] = {}
        for number, about, events in person:
            mask = found.get(about[place], 0)
            for measure, month, part in events:
                own = self.atom_mask((measure, part, (month, number)))
                if mask & own:
                    return None
                mask |= own
            found[about[place]] = mask
        return found

    def cells_of(self, atom: Atom) -> tuple[Cell, ...]:
        """Return the totals and parts that an event counts in."""
        if atom not in self._cells:
            measure, part, base = atom
            self._cells[atom] = tuple(
                (measure, each, column) for column in self.at.get(base, ()) for each in dict.fromkeys(("", part))
            )
        return self._cells[atom]

    def _read(self, number: int, abouts: dict[Atom, list[tuple[str, ...]]]) -> None:
        person, many = self.people[number]
        measures = []
        for n, about, events in person:
            for measure, month, part in events:
                atom = measure, part, (month, n)
                self.atoms[atom].append(number)
                measures.append(measure)
                abouts[atom] += (about,) * many
        if len(set(measures)) < len(measures):
            self._read_twice(number, {each for each in measures if measures.count(each) > 1})
        if len(person) > 1:
            self._count_twice(number)

    def _read_twice(self, number: int, measures: Collection[str]) -> None:
        """Note the totals and parts of some measures in which somebody counts more than once."""
        person, many = self.people[number]
        seen: set[Cell] = set()
        for n, _, events in person:
            for measure, month, part in events:
                for cell in self.cells_of((measure, part, (month, n))) if measure in measures else ():
                    if cell in seen:
                        self.referrals[cell] -= many
                    seen.add(cell)

    def _sum(self, abouts: Mapping[Atom, Sequence[tuple[str, ...]]]) -> None:
        for atom, held in abouts.items():
            for cell in self.cells_of(atom):
                self.values[cell] += len(held)
                self.referrals[cell] += len(held)
            if leaf(*atom[:2]) in LEAVES:
                for place, categories in enumerate(zip(*held, strict=True)):
                    self._about |= {(place, each, atom): number for each, number in Counter(categories).items()}

    def _count_twice(self, number: int) -> None:
        """Note the figures in which somebody counts more than once, as two releases had it."""
        person, many = self.people[number]
        times: Counter[tuple[int, str, int]] = Counter()
        for n, about, events in person:
            for measure, month, part in events:
                for bit in bits(self.atom_mask((measure, part, (month, n)))):
                    times.update((place, category, bit) for place, category in enumerate(about))
        for key, counted in times.items():
            if counted > 1:
                self._several[key] += (counted - 1) * many


def with_category(about: tuple[str, ...], place: int, category: str) -> tuple[str, ...]:
    """Return what is known of a referral with another category of one attribute (its place)."""
    return (*about[:place], category, *about[place + 1 :])


def bits(mask: int) -> Iterator[int]:
    """Give the places of the bits of a mask, lowest first."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


def category_rows(attribute: str, districts: Sequence[str]) -> tuple[str, ...]:
    """Return the rows of a table of an attribute of ATTRIBUTES."""
    return categories(attribute, districts if attribute == "district" else ())


PLACES = tuple(ATTRIBUTES)
