"""The auditor's own process: for every hidden figure another list of people that gives all that is shown.

It shares nothing with the code that hides but the shapes of tables and people, and how work is spread over the cores:
it counts for itself, and takes a list only where that gives every shown figure of every release as it is. What is
published then fits both lists. That the rules of hiding would have chosen the same for the other list is not looked at.
"""

import json
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from functools import cache

from pydantic import TypeAdapter

from services.stats.clients.forking import answer_one_question, side_by_side
from services.stats.domain.auditing import AuditAsked, Published, Recovered, Verdict, Witness
from services.stats.domain.measures import (
    AFTER,
    ATTRIBUTES,
    CHANNEL_ONLY,
    EARLY_MONTHS,
    MEASURES,
    NEEDS,
    NOT_IN_CHANNEL,
    OFTEN,
    TOTAL,
    categories,
    unknown_category,
)
from services.stats.domain.people import Event, People, Person
from services.stats.domain.periods import Period, Tree, financial_year
from services.stats.domain.tables import PublishedTable

Entry = tuple[str, str, str, str, int]
"""What one event adds to: measure, attribute, category, month, as of which release."""
Figure = tuple[str, str, str, str, tuple[int, ...]]
"""A figure of a table: measure, attribute, category, period, and as of which releases its months are."""


Apply = Callable[[Callable[[int], set[int]], Iterable[int]], Iterable[set[int]]]
PARTS = 8
"""Into how many parts other lists of people are divided."""

Known = Mapping[Figure, int | None]
Counts = Mapping[Figure, int]


class Reading:
    """What all releases say: every figure that they have, with what is shown of it; None where nothing is."""

    def __init__(self, asked: AuditAsked) -> None:
        """Read every table of every release, those too that were left out."""
        self.figures: dict[Figure, int | None] = {}
        self.above: dict[tuple[str, int], list[tuple[str, tuple[int, ...]]]] = defaultdict(list)
        self.rows: dict[int, dict[str, frozenset[str]]] = {}
        self.untrue: set[str] = set()
        self.first = min(month for release in asked.releases for month in release.as_of)
        for release in asked.releases:
            number = max(release.as_of.values(), default=0)
            self.rows[number] = {each: frozenset(_rows(each, release.districts)) for each in (*ATTRIBUTES, *_PARTS)}
            columns = _columns(release.as_of)
            shown = {
                (table.measure, table.attribute, row.category, period): count
                for table in release.tables
                for row in table.rows
                for period, count in zip(table.periods, row.counts, strict=True)
            }
            for measure, attribute in _TABLES:
                for row in _rows(attribute, release.districts):
                    for period, numbers in columns:
                        figure = (measure, attribute, row, period, numbers)
                        self._say(figure, shown.get(figure[:4]))
            for period, numbers in columns:
                for base in zip(Period(period).months, numbers, strict=True):
                    if (period, numbers) not in self.above[base]:
                        self.above[base].append((period, numbers))
        self.places = {figure: place for place, figure in enumerate(self.figures)}
        self.hidden = frozenset(place for figure, place in self.places.items() if self.figures[figure] is None)
        self._parts: dict[Entry, tuple[int, ...]] = {}
        self._seen: dict[tuple[int, tuple[object, ...]], bool] = {}

    def _say(self, figure: Figure, count: int | None) -> None:
        before = self.figures.get(figure)
        if before is not None and count is not None and before != count:
            self.untrue.add(self.table(figure))
        self.figures[figure] = before if count is None else count

    def has_rows(self, number: int, about: tuple[str, ...]) -> bool:
        """Say whether the tables of a release have a row for each category."""
        if (number, about) not in self._seen:
            rows = self.rows.get(number)
            self._seen[number, about] = rows is not None and all(
                each in rows[name] for name, each in zip(ATTRIBUTES, about, strict=True)
            )
        return self._seen[number, about]

    def has_places(self, number: int, events: tuple[Event, ...]) -> bool:
        """Say whether the tables of a release have a place for each event of somebody, once each."""
        if (number, events) not in self._seen:
            rows = self.rows.get(number, {})
            self._seen[number, events] = (
                all((month, number) in self.above for _, month, _ in events)
                and _is_counted_once(events)
                and all(part in rows[measure] for measure, _, part in events if measure in _PARTS)
            )
        return self._seen[number, events]

    @staticmethod
    def table(figure: Figure) -> str:
        """Return the name of the table of a figure."""
        measure, attribute, _, period, _ = figure
        return "/".join(filter(None, (measure, attribute, financial_year(Period(period).months[0]))))

    def summed(self, entries: Mapping[Entry, int]) -> Counter[int]:
        """Return what entries come to in every figure that they are a part of, by its place.

        A figure that stands in no table gets a place of its own behind all others, which is never a hidden one.
        """
        found: Counter[int] = Counter()
        for entry, count in entries.items():
            for place in self._parts_of(entry):
                found[place] += count
        return found

    def _parts_of(self, entry: Entry) -> tuple[int, ...]:
        if entry not in self._parts:
            measure, attribute, row, month, number = entry
            above = ((measure, attribute, row, *column) for column in self.above[month, number])
            self._parts[entry] = tuple(self.places.setdefault(figure, len(self.places)) for figure in above)
        return self._parts[entry]


def audit(asked: AuditAsked, witnesses: Sequence[Witness], apply: Apply = map) -> Verdict:
    """Look whether a list gives each hidden figure otherwise, and compare every shown one with the true list.

    `apply` tries the lists part by part, or side by side as the caller can.
    """
    reading = Reading(asked)
    summed = reading.summed(_counted(asked.people))
    true = {figure: summed[place] for figure, place in reading.places.items()}
    for figure, count in reading.figures.items():
        if count is not None and count != _rounded(true[figure], asked.round_to):
            reading.untrue.add(reading.table(figure))
    for release in asked.releases:
        both = (reading.figures, true)
        reading.untrue.update(each.id for each in release.tables if not _are_true(each, release, asked, both))

    def proven(part: int) -> set[int]:
        return set[int]().union(*(_proven(each, asked, reading) for each in witnesses[part::PARTS]))

    safe = set[int]().union(*apply(proven, range(PARTS)))
    missing = sorted(reading.hidden - safe)
    figures = tuple(reading.figures) if missing else ()
    found = [_recovered(figures[place], true[figures[place]]) for place in missing]
    return Verdict(len(reading.hidden), tuple(found), tuple(sorted(reading.untrue)))


def _counted(people: People) -> Counter[Entry]:
    """Return what all referrals add to; those with the same event are counted together."""
    held: dict[tuple[int, Event], list[tuple[str, ...]]] = defaultdict(list)
    for person, many in people:
        for number, about, events in person:
            for event in events:
                held[number, event] += (about,) * many
    found: Counter[Entry] = Counter()
    for (number, event), abouts in held.items():
        measure, month, part = event
        found[measure, "", TOTAL, month, number] += len(abouts)
        if part:
            found[measure, _PARTS[measure], part, month, number] += len(abouts)
        for name, each in zip(ATTRIBUTES, zip(*abouts, strict=True), strict=True) if measure not in OFTEN else ():
            for category, count in Counter(each).items():
                found[_leaf(measure, part), name, category, month, number] += count
    return found


def _rounded(count: int, to: int) -> int:
    return (count + to // 2) // to * to


def _are_true(table: PublishedTable, release: Published, asked: AuditAsked, figures: tuple[Known, Counts]) -> bool:
    """Say whether the denominators of a table were counted, and stand only beside what readers see anyway."""
    shown, true = figures
    split = MEASURES[table.measure]
    named = (split.of, _PARTS[split.of], split.category) if split.of else (table.measure, "", TOTAL)
    rest = unknown_category(table.attribute) if table.attribute in ATTRIBUTES else ""
    for place, period in enumerate(table.periods):
        numbers = tuple(release.as_of[month] for month in Period(period).months)
        whole, unknown = (*named, period, numbers), (table.measure, table.attribute, rest, period, numbers)
        denominators = [(table.totals[place], true.get(whole, 0), shown.get(whole) is not None)]
        less = true.get(unknown, 0) if rest else 0
        is_seen = denominators[0][2] and (not rest or shown.get(unknown) is not None)
        denominators.append((table.known[place], true.get(whole, 0) - less, is_seen))
        for told, count, may_be in denominators:
            if told is not None and (not may_be or told != _rounded(count, asked.round_to)):
                return False
    return True


def _proven(witness: Witness, asked: AuditAsked, reading: Reading) -> set[int]:
    """Return the places of figures that a list of people gives otherwise; none where it alters what is shown."""
    changed: Counter[Entry] = Counter()
    numbers = [number for number, _ in witness if number >= 0]
    if len(set(numbers)) < len(numbers):
        return set()
    for number, after in witness:
        before = asked.people[number][0] if number >= 0 else ()
        if not _is_possible(before, after, reading.first) or not _is_in_tables(after, reading):
            return set()
        was, is_now, by = _facts(before), _facts(after), _changed_in(before, after)
        changed.update(_entries(is_now - was, by))
        changed.subtract(_entries(was - is_now, by))
    come_to = reading.summed({entry: times for entry, times in changed.items() if times})
    altered = {place for place, times in come_to.items() if times}
    return altered if altered <= reading.hidden else set()


def _is_possible(before: Person, after: Person, first: str) -> bool:
    """Say whether somebody's events are in an order that may have been, as far as the true ones are.

    What somebody more needed earlier may have been before the first month that was ever released.
    """
    months = [month for _, _, events in after for _, month, _ in events]
    if not before and len(months) == 1 and _months_from(first, months[0]) < EARLY_MONTHS:
        return True
    if [events for _, _, events in after] == [events for _, _, events in before]:
        return True
    return _oddities(after) <= _oddities(before)


def _months_from(first: str, month: str) -> int:
    return (int(month[:4]) - int(first[:4])) * 12 + int(month[5:]) - int(first[5:])


def _oddities(person: Person) -> set[tuple[str, str]]:
    when: dict[str, list[str]] = defaultdict(list)
    events = [event for _, _, held in person for event in held]
    for measure, month, _ in events:
        when[measure].append(month)
    found = {("", needed) for later, all_ in NEEDS.items() for needed in all_ if later in when and needed not in when}
    found |= {pair for pair in AFTER if pair[0] in when and pair[1] in when and min(when[pair[1]]) < min(when[pair[0]])}
    if any(part in NOT_IN_CHANNEL for measure, _, part in events if measure == "decided"):
        found |= {("closed", measure) for measure in CHANNEL_ONLY if measure in when}
    return found


def _is_in_tables(person: Person, reading: Reading) -> bool:
    """Say whether tables have a place for all of somebody, once each; a release speaks of them once."""
    once = len({number for number, _, _ in person}) == len(person)
    return once and all(
        reading.has_rows(number, about) and reading.has_places(number, held) for number, about, held in person
    )


def _is_counted_once(events: Sequence[Event]) -> bool:
    once = [measure if measure not in OFTEN else (measure, month) for measure, month, _ in events]
    return len(set(once)) == len(once)


def _changed_in(before: Person, after: Person) -> Sequence[str]:
    """Return the attributes by which two people are counted otherwise; with other events that is by all of them."""
    if [(number, events) for number, _, events in before] != [(number, events) for number, _, events in after]:
        return _BY
    pairs = [(one, other) for (_, one, _), (_, other, _) in zip(before, after, strict=True)]
    return [name for at, name in enumerate(ATTRIBUTES) if any(one[at] != other[at] for one, other in pairs)]


def _facts(person: Person) -> set[tuple[int, tuple[str, ...], Event]]:
    return {(number, about, event) for number, about, events in person for event in events}


def _entries(facts: Iterable[tuple[int, tuple[str, ...], Event]], by: Sequence[str]) -> Iterator[Entry]:
    """Give what facts add to in the totals, where "" is asked for, and in the tables of attributes."""
    places = [(name, place) for place, name in enumerate(ATTRIBUTES) if name in by]
    for number, about, (measure, month, part) in facts:
        if "" in by:
            yield measure, "", TOTAL, month, number
            if part:
                yield measure, _PARTS[measure], part, month, number
        if measure not in OFTEN:
            leaf = _leaf(measure, part)
            for name, place in places:
                yield leaf, name, about[place], month, number


def _leaf(measure: str, part: str) -> str:
    return f"{measure}-{part}" if part else measure


def _recovered(figure: Figure, value: int) -> Recovered:
    return Recovered(Reading.table(figure), figure[2], figure[3], value)


def _columns(as_of: Mapping[str, int]) -> list[tuple[str, tuple[int, ...]]]:
    years: dict[str, list[str]] = defaultdict(list)
    for month in as_of:
        years[financial_year(month)].append(month)
    return [
        (period.id, tuple(as_of[month] for month in period.months))
        for months in years.values()
        for period in Tree(tuple(months)).periods
    ]


@cache
def _rows(attribute: str, districts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(categories(_PARTS.get(attribute, attribute), districts))


_PARTS = {each.id: each.attributes[0] for each in MEASURES.values() if len(each.attributes) == 1}
"""The measures whose parts are published, and what splits them."""
_BY = ("", *ATTRIBUTES)
_TABLES = tuple((each.id, "") for each in MEASURES.values() if not each.of) + tuple(
    (each.id, attribute) for each in MEASURES.values() for attribute in each.attributes
)


def main() -> None:
    """Answer one audit: JSON in, JSON out."""
    answer_one_question()
    asked, written = TypeAdapter(tuple[AuditAsked, str]).validate_json(sys.stdin.buffer.read())
    witnesses = TypeAdapter(tuple[Witness, ...]).validate_json(written)
    json.dump(asdict(audit(asked, witnesses, side_by_side)), sys.stdout)


if __name__ == "__main__":
    main()
