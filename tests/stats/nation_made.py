"""A financial year of England and Wales in synthetic referrals: every margin that was published, and nobody real."""

import random
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from uuid import UUID

from contracts.vocabulary import ConcernType, Gender, Outcome, Stage
from services.stats.domain.measures import ATTRIBUTES, categories
from services.stats.domain.national import National
from services.stats.domain.periods import Period
from services.stats.operations import Fact
from tests.stats.counted_made import DISTRICTS, KENT

YEAR = "2024"
SEED = 8778
NO_IDEOLOGY, LAST_QUARTER = 4917, 3287
"""Published beside the tables: “no ideology” is the sum of two types of concern, whose parts were given rounded only
(34% and the rest); and so many referrals came from January to March 2025."""
SPECIFIC = 2981
"""The part of them with no ideology identified: the middle of what rounds to the published 34%."""
DAYS_IN_PATHWAY = 40

Margin = Mapping[str, int]


def margins(nation: National, lot: random.Random) -> dict[str, Margin]:
    """Return for each breakdown how many referrals fall into each category: as published, the rest by lot.

    What the source leaves out is left to the lot: most sectors, the ages of adults, half of the ethnic groups, gender
    (“about 90% male”) and every district.
    """
    every = _count(nation, "received")
    found: dict[str, Margin] = {}
    for name, attribute in ATTRIBUTES.items():
        given = {each.category: each for each in nation.figures if (each.year, each.attribute) == (YEAR, name)}
        known = next((each.known for each in given.values() if each.known), None)
        fixed = {category: figure.count for category, figure in given.items()}
        if known is not None:
            fixed[str(attribute.unknown)] = every - known
        if name == "concern":
            fixed |= {ConcernType.NO_IDEOLOGY: SPECIFIC, ConcernType.OTHER_SUSCEPTIBILITY: NO_IDEOLOGY - SPECIFIC}
        if name == "gender":
            fixed |= {Gender.MALE: every * 9 // 10}
        others = [each for each in categories(name, DISTRICTS) if each not in fixed]
        found[name] = {**{str(each): count for each, count in fixed.items()}, **_spread(every, fixed, others, lot)}
    return found


def facts(nation: National) -> Iterator[Fact]:
    """Yield the facts of every referral of the year; breakdowns are dealt out by a shuffle of their own each."""
    lot = random.Random(SEED)
    every = _count(nation, "received")
    dealt = {name: _shuffled(margin, lot) for name, margin in margins(nation, lot).items()}
    months = sorted(_months(every, lot))
    adopted = set(lot.sample(range(every), _count(nation, "adopted")))
    for at, month in enumerate(months):
        key = UUID(int=lot.getrandbits(128), version=4)
        about: dict[str, Any] = {name: values[at] for name, values in dealt.items() if name != "concern"}
        yield Fact(key, Stage.INTAKE, KENT, 1, month, door="web", **about)
        outcome = Outcome.SECTION_36_REFERRAL if at in adopted else lot.choice((Outcome.CLOSED, Outcome.SIGNPOSTED))
        yield _decision(key, month, str(outcome), concern=dealt["concern"][at])
        if at in adopted:
            later = [each for each in Period(YEAR).months if each >= month]
            yield Fact(
                key, Stage.CHANNEL, KENT, 1, lot.choice(later), outcome=str(Outcome.ADOPTED),
                days_since_receipt=DAYS_IN_PATHWAY,
            )  # fmt: skip


def _decision(key: UUID, month: str, outcome: str, *, concern: str) -> Fact:
    return Fact(key, Stage.TRIAGE, KENT, 1, month, outcome=outcome, concern=concern, days_since_receipt=3)


def _months(every: int, lot: random.Random) -> Iterable[str]:
    """Return the month of receipt of each referral: the last quarter as published, the others by lot."""
    months = Period(YEAR).months
    early = lot.choices(months[:9], k=every - LAST_QUARTER)
    return [*early, *lot.choices(months[9:], k=LAST_QUARTER)]


def _spread(every: int, fixed: Mapping[str, int], others: list[str], lot: random.Random) -> dict[str, int]:
    """Deal what no published category takes out among the others; nothing may be left over."""
    rest = every - sum(fixed.values())
    if rest < 0 or (rest and not others):
        message = f"The published figures add up to {every - rest}, not to {every}."
        raise ValueError(message)
    found = dict.fromkeys(others, 0)
    for _ in range(rest):
        found[lot.choice(others)] += 1
    return found


def _shuffled(margin: Margin, lot: random.Random) -> list[str]:
    values = [category for category, count in margin.items() for _ in range(count)]
    lot.shuffle(values)
    return values


def _count(nation: National, measure: str) -> int:
    figure = nation.figure(YEAR, measure)
    if figure is None:
        raise LookupError(measure)
    return figure.count
