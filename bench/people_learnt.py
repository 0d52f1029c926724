"""How the weights are learnt: from generated pairs of which it is known whether both are one person."""

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.people_judged import Judged, Pair
from services.triage.domain import people
from services.triage.domain.people.comparing import beside, plainly_other
from services.triage.domain.people.levels import Level

FILE = Path(people.__file__).parent / "weights.py"
ROUNDS = 400
RIGHT = 0.95
"""What share of all suggestions shall be right: a wrong one costs a minute, a missed one is seen by nobody."""
_SMOOTHED = 0.5
_SHARE = 1 / 6
_PULL = 2.0
_HELD = 0.5
"""How strongly a weight is held back where few pairs speak for it."""

Kind = tuple[str, Level]


@dataclass(frozen=True)
class Learnt:
    """The weights, what is left when nothing is known, and from which sum on a pair is suggested."""

    weights: Mapping[Kind, float]
    nothing_else: float
    suggested_from: float


@dataclass(frozen=True)
class Pattern:
    """A set of levels that pairs have in common: how many pairs, and how many of them are one person."""

    levels: tuple[Kind, ...]
    pairs: int
    same: int


def learn(judged: Judged) -> Learnt:
    """Return the weights that tell the pairs apart best.

    They begin as the logarithm of how much likelier each level is among pairs of one person (Fellegi and Sunter), and
    are then mended together, because what a household shares (surname, address, telephone) comes together.
    """
    patterns = _patterns(judged.pairs)
    weights, begin = _likelihoods(patterns)
    total = sum(pattern.pairs for pattern in patterns)
    seen = _seen(patterns)
    for _ in range(ROUNDS):
        begin = _mend(patterns, weights, begin, seen, total)
    return Learnt(weights, begin, _threshold(judged, weights, begin))


def _patterns(pairs: Sequence[Pair]) -> list[Pattern]:
    counts: dict[tuple[Kind, ...], list[int]] = defaultdict(lambda: [0, 0])
    for pair in pairs:
        told = tuple((kind, level) for kind, level in pair.levels.items() if level is not Level.UNKNOWN)
        counts[told][0] += 1
        counts[told][1] += pair.same
    return [Pattern(levels, pairs, same) for levels, (pairs, same) in counts.items()]


def _seen(patterns: Sequence[Pattern]) -> Mapping[Kind, int]:
    seen: dict[Kind, int] = defaultdict(int)
    for pattern in patterns:
        for kind in pattern.levels:
            seen[kind] += pattern.pairs
    return seen


def _likelihoods(patterns: Sequence[Pattern]) -> tuple[dict[Kind, float], float]:
    """Return the logarithm to base 2 of each level's share among pairs of one person over that among the others."""
    same: dict[Kind, float] = defaultdict(float)
    other: dict[Kind, float] = defaultdict(float)
    for pattern in patterns:
        for kind in pattern.levels:
            same[kind] += pattern.same
            other[kind] += pattern.pairs - pattern.same
    of_same, of_other = (_totals(counts) for counts in (same, other))
    weights = {}
    for kind, count in same.items():
        likely = (count + _SMOOTHED) / (of_same[kind[0]] + 1)
        unlikely = (other[kind] + _SMOOTHED) / (of_other[kind[0]] + 1)
        weights[kind] = math.log2(likely / unlikely)
    one = sum(pattern.same for pattern in patterns)
    rest = sum(pattern.pairs for pattern in patterns) - one
    return weights, math.log2(one / rest)


def _totals(counts: Mapping[Kind, float]) -> Mapping[str, float]:
    totals: dict[str, float] = defaultdict(float)
    for (kind, _), count in counts.items():
        totals[kind] += count
    return totals


def _mend(
    patterns: Sequence[Pattern], weights: dict[Kind, float], begin: float, seen: Mapping[Kind, int], total: int
) -> float:
    """Move every weight a step towards what the pairs say; return what is then left when nothing is known."""
    errors: dict[Kind, float] = defaultdict(float)
    curves: dict[Kind, float] = defaultdict(float)
    error, curve = 0.0, 0.0
    for pattern in patterns:
        summed = begin + sum(weights[kind] for kind in pattern.levels)
        likely = 1 / (1 + 2 ** -max(-40.0, min(40.0, summed)))
        missed = pattern.same - pattern.pairs * likely
        bent = pattern.pairs * likely * (1 - likely)
        error, curve = error + missed, curve + bent
        for kind in pattern.levels:
            errors[kind] += missed
            curves[kind] += bent
    for kind in seen:
        weights[kind] += _SHARE * (errors[kind] - _HELD * weights[kind]) / (curves[kind] + _PULL)
    return begin + _SHARE * error / (curve + _PULL) if total else begin


def _threshold(judged: Judged, weights: Mapping[Kind, float], begin: float) -> float:
    """Return the lowest sum from which on so many of the suggestions are right: whoever is missed is seen by nobody."""
    threshold, right = 0.0, 0
    for count, (summed, same) in enumerate(sorted(_beside(judged, weights, begin), reverse=True), start=1):
        right += same
        if right >= RIGHT * count:
            threshold = summed
    return threshold


def _beside(judged: Judged, weights: Mapping[Kind, float], begin: float) -> Iterator[tuple[float, bool]]:
    """Yield what is left of each pair's sum beside the likelier ones of the same arrival who are somebody else."""
    arrivals: dict[int, list[tuple[float, bool]]] = defaultdict(list)
    for pair in judged.pairs:
        if not plainly_other(pair.levels):
            summed = begin + sum(weights.get(kind, 0.0) for kind in pair.levels.items())
            arrivals[pair.arrival].append((summed, pair.same))
    for among in arrivals.values():
        for summed, same in among:
            stronger = [rival for rival, is_same in among if rival > summed and not (same and is_same)]
            yield beside(summed, stronger), same


def write(learnt: Learnt) -> None:
    """Write the weights where the matcher reads them."""
    text = FILE.read_text(encoding="utf-8")
    head, _, rest = text.partition('_LEARNT = """\n')
    _, _, tail = rest.partition('"""\n')
    lines = [f"{kind} {level} {weight:.2f}\n" for (kind, level), weight in sorted(learnt.weights.items())]
    head = _set(head, "NOTHING_ELSE", learnt.nothing_else)
    head = _set(head, "SUGGESTED_FROM", learnt.suggested_from)
    FILE.write_text(head + '_LEARNT = """\n' + "".join(lines) + '"""\n' + tail, encoding="utf-8")


def _set(head: str, name: str, value: float) -> str:
    return "".join(
        f"{name} = {value:.2f}\n" if line.startswith(f"{name} = ") else line for line in head.splitlines(keepends=True)
    )
