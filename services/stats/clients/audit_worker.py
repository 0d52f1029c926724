"""The auditor's own process: for every hidden figure the least and greatest whole number that it could be."""

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

import numpy as np
from pydantic import TypeAdapter
from scipy.optimize import Bounds, LinearConstraint, milp  # type: ignore[import-untyped]
from scipy.sparse import csr_array  # type: ignore[import-untyped]

from services.stats.clients.audit_model import Model, Row, Target, model_of
from services.stats.domain.auditing import AuditAsked, Verdict

SAMPLES = 24
WHOLE = 1e-6
SECONDS = 20.0
UNDECIDED = -1
"""What stands for the value of a figure of which the solver could not say whether it can be found out."""

Vector = np.ndarray[tuple[int, ...], np.dtype[np.float64]]
Block = tuple[str, str]
"""A table: a measure and an attribute."""


class Undecided(Exception):
    """A programme has no answer: what is published contradicts itself, or the time is up."""


class Problem:
    """What is known of one table and of its totals, over all releases, as the solver takes it."""

    def __init__(self, rows: Sequence[Row]) -> None:
        """Take the rows; raises nothing."""
        unknowns = sorted({unknown for row in rows for unknown in row.factors})
        self.place = {unknown: number for number, unknown in enumerate(unknowns)}
        places = [(at, self.place[each], factor) for at, row in enumerate(rows) for each, factor in row.factors.items()]
        at, columns, factors = zip(*places, strict=True) if places else ((), (), ())
        self.matrix = csr_array((factors, (at, columns)), shape=(len(rows), len(unknowns)), dtype=float)
        self.least = np.array([row.least for row in rows], dtype=float)
        self.greatest = np.array([row.greatest for row in rows], dtype=float)
        # No figure comes near this: it keeps an unknown that nothing bounds from growing for ever.
        self.most = 1000.0 + 2 * max(self.greatest, default=0.0)

    def solve(self, prices: Vector) -> Vector:
        """Return the cheapest whole-number values; raises Undecided."""
        for whole in (0, 1):
            found = milp(
                prices,
                constraints=LinearConstraint(self.matrix, self.least, self.greatest),
                bounds=Bounds(0, self.most),
                integrality=np.full(len(prices), whole),
                options={"time_limit": SECONDS},
            )
            if found.x is None or found.status != 0:
                raise Undecided(found.message)
            if np.abs(found.x - found.x.round()).max(initial=0) < WHOLE:
                break
        return np.asarray(found.x).round()

    def prices(self, targets: Sequence[Target], weights: Sequence[float]) -> Vector:
        """Return what each unknown costs when targets have these weights."""
        prices = np.zeros(len(self.place))
        for target, weight in zip(targets, weights, strict=True):
            prices[self.places(target)] += weight
        return prices

    def places(self, target: Target) -> list[int]:
        """Return where the unknowns of a target stand."""
        return [self.place[unknown] for unknown in target.unknowns if unknown in self.place]

    def value(self, target: Target, values: Vector) -> int:
        """Return what a target comes to."""
        return round(float(values[self.places(target)].sum()))


@dataclass
class Attack:
    """An attack on one table: figures that have two values in tables that agree with everything are struck off."""

    problem: Problem
    left: list[Target]
    first: Vector | None = field(default=None)

    def run(self) -> list[Target]:
        """Return the figures that have one value only: all together first, by chance, and at last one by one."""
        # What nothing speaks of may be anything.
        self.left = [each for each in self.left if set(each.unknowns) <= set(self.problem.place)]
        chance = np.random.default_rng(1)
        for number in range(SAMPLES):
            if self.left:
                some = chance.random(len(self.left)) < 1 / (1 + number % 4)
                weights = [float((-1) ** number * one) for one in some]
                self.strike(self.problem.prices(self.left, weights))
        for target in list(self.left):
            for sign in (1.0, -1.0):
                if target in self.left:
                    self.strike(self.problem.prices([target], [sign]))
        return self.left

    def strike(self, prices: Vector) -> None:
        """Strike off what has another value in the cheapest solution than in the first one."""
        found = self.problem.solve(prices)
        if self.first is None:
            self.first = found
        value = self.problem.value
        self.left = [each for each in self.left if value(each, found) == value(each, self.first)]


def audit(asked: AuditAsked) -> Verdict:
    """Try every hidden figure of every year that the newest release speaks of."""
    years = sorted({table.year for table in asked.releases[-1].tables})
    found = [audit_year(model_of(year, asked.releases, asked.round_to)) for year in years]
    return Verdict(sum(each.tried for each in found), tuple(one for each in found for one in each.recovered))


def audit_year(model: Model) -> Verdict:
    """Try every hidden figure of one year, table by table, each with its totals and their sums."""
    owner: dict[int, Block] = {at: (name[0], name[1]) for name, at in model.names.items()}
    targets: dict[Block, list[Target]] = {}
    for target in model.targets:
        targets.setdefault(owner[target.unknowns[0]], []).append(target)
    recovered = []
    for block, hidden in targets.items():
        attack = Attack(Problem(_rows_about(block, model, owner)), hidden)
        try:
            recovered += [each.recovered(attack.problem.value(each, _first(attack))) for each in attack.run()]
        except Undecided:
            recovered += [each.recovered(UNDECIDED) for each in attack.left]
    return Verdict(len(model.targets), tuple(recovered))


def _first(attack: Attack) -> Vector:
    return attack.first if attack.first is not None else np.zeros(len(attack.problem.place))


def _rows_about(block: Block, model: Model, owner: dict[int, Block]) -> list[Row]:
    """Return the rows of a table, and those that speak of its totals alone."""
    own = {at for at, each in owner.items() if each == block}
    # A row that ties parts to their total belongs to the parts: all its unknowns but one are theirs.
    rows = [row for row in model.rows if sum(each in own for each in row.factors) > len(row.factors) // 2]
    about = own | {each for row in rows for each in row.factors}
    return [row for row in model.rows if about.issuperset(row.factors)]


def main() -> None:
    """Answer one audit: JSON in, JSON out."""
    asked = TypeAdapter(AuditAsked).validate_json(sys.stdin.read())
    json.dump(asdict(audit(asked)), sys.stdout)


if __name__ == "__main__":
    main()
