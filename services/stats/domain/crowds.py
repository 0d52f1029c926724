"""The people of one category by what they count in: those of a year, and of whom least is shown."""

from collections import defaultdict
from collections.abc import Collection

from services.stats.domain.auditing import Witness
from services.stats.domain.book import bits


class Crowd:
    """Somebody for each set of figures (a mask of bits) that anybody of a category counts in."""

    def __init__(self) -> None:
        """Begin with nobody."""
        self.units: dict[int, Witness] = {}
        """By bits: somebody who has them, as they are or may be."""
        self._true = 0
        self._years: dict[int, _Year] = {}

    def __len__(self) -> int:
        """Return how many sets of figures there are."""
        return len(self.units)

    def admit(self, mask: int, witness: Witness) -> None:
        """Take somebody, where nobody has the same bits."""
        if mask in self.units:
            return
        self.units[mask] = witness
        for year, those in self._years.items():
            if mask & year:
                those.admit(mask)

    def all_are_true(self) -> None:
        """Say that all who were taken are as they are; whoever comes later may only have been so."""
        self._true = len(self.units)

    def of_year(self, year: int) -> Collection[int]:
        """Return the bits of those who count in some bits; of everybody where none are given."""
        return self._year(year).masks if year else self.units

    def near(self, bit: int, year: int, seen: int, most: int, *, with_others: bool) -> tuple[list[int], list[int]]:
        """Return the people of a year with and without a bit, those first of whom least is seen."""
        return self._year(year).near(bit, seen, most, with_others=with_others)

    def _year(self, year: int) -> "_Year":
        if year not in self._years:
            true = sum(1 for place, mask in enumerate(self.units) if place < self._true and mask & year)
            self._years[year] = _Year([mask for mask in self.units if mask & year], true)
        return self._years[year]


class _Year:
    """Those who count in a year; what is found of them is kept as long as the same of them is seen."""

    def __init__(self, masks: list[int], true: int) -> None:
        """Take the bits of all, of whom the first so many are true."""
        self.masks, self._true, self._reach, self._seen = masks, true, 0, -1
        self._counts: list[int] = []
        self._orders: dict[int, list[int]] = {}
        self._near: dict[tuple[int, int, int], tuple[list[int], list[int]]] = {}
        self._having: dict[int, list[int]] = defaultdict(list)
        """By bit the places of those who have it."""
        for place, mask in enumerate(masks):
            self._index(place, mask)

    def admit(self, mask: int) -> None:
        """Take somebody who may have been so."""
        self._index(len(self.masks), mask)
        self.masks.append(mask)
        self._seen = -1

    def _index(self, place: int, mask: int) -> None:
        self._reach |= mask
        for bit in bits(mask):
            self._having[bit].append(place)

    def near(self, bit: int, seen: int, most: int, *, with_others: bool) -> tuple[list[int], list[int]]:
        """Return those with and without a bit, those first of whom least is seen."""
        if self._seen != seen & self._reach:
            self._seen = seen & self._reach
            self._counts = [(mask & seen).bit_count() for mask in self.masks]
            self._orders.clear()
            self._near.clear()
        key = bit, len(self.masks) if with_others else self._true, most
        if key not in self._near:
            self._near[key] = self._found(*key)
        return self._near[key]

    def _found(self, bit: int, size: int, most: int) -> tuple[list[int], list[int]]:
        if size not in self._orders:
            places = sorted(range(size), key=self._counts.__getitem__)
            self._orders[size] = [self.masks[each] for each in places]
        having = sorted((each for each in self._having[bit] if each < size), key=self._counts.__getitem__)
        first = self._orders[size][: most + len(having)]
        without = [mask for mask in first if not mask >> bit & 1]
        return [self.masks[each] for each in having[:most]], without[:most]
