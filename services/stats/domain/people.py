"""The people behind the figures: for each referral what is known of it and what it counts in, as of each release."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from contracts.vocabulary import Outcome
from services.stats.domain.measures import (
    ATTRIBUTES,
    CLOSING,
    DECIDED,
    MEASURES,
    PUNCTUALITY,
    SPLITS,
    TOTAL,
    Counted,
    categories,
    unknown_category,
)
from services.stats.domain.timings import TIMED, Days

Event = tuple[str, str, str]
"""A measure, the month in which a referral counts in it, and its part (outcome, way of closing, punctuality) or ""."""
Version = tuple[int, tuple[str, ...], tuple[Event, ...]]
"""As of which release, the categories in the order of ATTRIBUTES, what it counts in of the months stated then."""
Person = tuple[Version, ...]
"""One referral: what every release that stated a month of it says of it, by number of the release. No key."""
People = tuple[tuple[Person, int], ...]
"""Every sort of referral and how many there are of it, in the order of their contents."""

_FIRSTS = {each.id: each.outcomes for each in MEASURES.values() if each.outcomes and not each.latest}
_IN_TIME = categories(PUNCTUALITY)
_LASTING = (Outcome.CASE_CLOSED, Outcome.REOPENED)


class Row(NamedTuple):
    """A fact of one referral as the log has it; what its stage does not know is None, or nought."""

    stage: str
    version: int
    month: str
    about: tuple[str | None, ...] = ()
    """Sector, concern and so on in the order of ATTRIBUTES, as far as this stage knows them."""
    outcome: str | None = None
    closing: str | None = None
    days: int | None = None
    ended: tuple[int, ...] = (0, 0, 0, 0)
    """Clocks met and missed, reviews on time and late: all that had ended by then."""


@dataclass(frozen=True)
class Stated:
    """What a release states: its months, and the districts that its area knew."""

    months: frozenset[str]
    districts: tuple[str, ...] = ()


class Census:
    """Referrals as they come from the log, one after the other, release by release."""

    def __init__(self, as_of: Mapping[str, int]) -> None:
        """Take for each month the release as of which its days are wanted."""
        self._as_of = as_of
        self._found: dict[object, dict[int, tuple[tuple[str, ...], tuple[Event, ...]]]] = defaultdict(dict)
        self._days: dict[tuple[str, str], Counter[int]] = defaultdict(Counter)
        self._same: dict[object, tuple[Event, ...]] = {}
        self._known: dict[tuple[str, ...], dict[str, frozenset[str]]] = {}

    def add(self, key: object, number: int, rows: Sequence[Row], stated: Stated) -> None:
        """Take every fact of a referral that a release knew; what it counts in other months is left out."""
        if stated.districts not in self._known:
            self._known[stated.districts] = _categories(stated.districts)
        known = self._known[stated.districts]
        events = []
        for event, days in _events(rows, known):
            if event[1] in stated.months:
                events.append(event)
                if days is not None and event[0] in TIMED and self._as_of.get(event[1]) == number:
                    self._days[event[0], event[1]][days] += 1
        if events:
            about, before = self._found[key].get(number, (_about(rows, known), ()))
            together = tuple(sorted({*before, *events}))
            # The same things happen to many: each is kept once.
            self._found[key][number] = about, self._same.setdefault(together, together)

    def people(self) -> People:
        """Return all of them, in an order that tells nothing of their keys."""
        one = Counter(
            tuple((number, *found) for number, found in sorted(versions.items())) for versions in self._found.values()
        )
        return tuple(sorted(one.items()))

    def days(self) -> Days:
        """Return how long things took."""
        return {name: dict(sorted(values.items())) for name, values in self._days.items()}


def figures_of(people: People, as_of: Mapping[str, int]) -> Counted:
    """Return every figure of some months, each as of its release."""
    found: dict[tuple[str, str], Counter[tuple[str, str]]] = defaultdict(Counter)
    for person, number in people:
        for release, about, events in person:
            for measure, month, part in events:
                if as_of.get(month) == release:
                    for name, category in places(measure, part, about):
                        found[name][category, month] += number
    return {name: dict(values) for name, values in found.items()}


def places(measure: str, part: str, about: Sequence[str]) -> Iterator[tuple[tuple[str, str], str]]:
    """Give every table and category that an event counts in."""
    yield (measure, ""), TOTAL
    if measure in SPLITS:
        yield (measure, SPLITS[measure]), part
    leaf = f"{measure}-{part}" if measure in SPLITS else measure
    if leaf in MEASURES:
        if part:
            yield (leaf, ""), TOTAL
        for attribute, category in zip(ATTRIBUTES, about, strict=True):
            yield (leaf, attribute), category


def _categories(districts: Sequence[str]) -> dict[str, frozenset[str]]:
    named = (*ATTRIBUTES, *SPLITS.values())
    return {each: frozenset(categories(each, districts)) for each in named}


def _category(known: Mapping[str, frozenset[str]], attribute: str, value: str | None) -> str:
    return value if value is not None and value in known[attribute] else unknown_category(attribute)


def _about(rows: Sequence[Row], known: Mapping[str, frozenset[str]]) -> tuple[str, ...]:
    given: list[str | None] = [None] * len(ATTRIBUTES)
    for row in _newest(rows).values():
        for place, value in enumerate(row.about):
            given[place] = value if value is not None else given[place]
    return tuple(_category(known, attribute, value) for attribute, value in zip(ATTRIBUTES, given, strict=True))


def _newest(rows: Iterable[Row]) -> dict[str, Row]:
    """Return the newest row of each stage; one that says that all stands as it stood is passed over."""
    found: dict[str, Row] = {}
    for row in rows:
        if row.outcome != Outcome.REVIEWED and (row.stage not in found or row.version > found[row.stage].version):
            found[row.stage] = row
    return found


def _events(rows: Sequence[Row], known: Mapping[str, frozenset[str]]) -> Iterator[tuple[Event, int | None]]:
    newest = _newest(rows)
    if "intake" in newest:
        yield ("received", newest["intake"].month, ""), None
    decision = newest.get("triage")
    if decision is not None and decision.outcome in DECIDED:
        yield ("decided", decision.month, str(decision.outcome)), decision.days
    channel = sorted((row for row in rows if row.stage == "channel"), key=lambda row: row.version)
    for measure, outcomes in _FIRSTS.items():
        first = next((row for row in channel if row.outcome in outcomes), None)
        if first is not None:
            yield (measure, first.month, ""), first.days
    # A case that was closed stays closed when it is handed over to another force, and until it is opened again.
    last = next((row for row in reversed(channel) if row.outcome in _LASTING), None)
    if last is not None and last.outcome == Outcome.CASE_CLOSED:
        yield ("left", last.month, _category(known, CLOSING, last.closing)), last.days
    for event in _punctual(rows):
        yield event, None


def _punctual(rows: Sequence[Row]) -> Iterator[Event]:
    """Give the months in which something owed had ended: what ended between two rows counts in the later one's."""
    ended: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for stage in ("triage", "channel"):
        most = [0, 0, 0, 0]
        for row in sorted((row for row in rows if row.stage == stage), key=lambda row: row.version):
            for place, number in enumerate(row.ended):
                if number > most[place]:
                    measure = "obligations" if place < len(most) // 2 else "reviews"
                    ended[measure, row.month][place % 2] += number - most[place]
                    most[place] = number
    for (measure, month), (_, late) in sorted(ended.items()):
        yield measure, month, _IN_TIME[1 if late else 0]
