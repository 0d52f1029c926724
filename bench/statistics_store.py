"""A log of synthetic facts for statistics: ten years of referrals, each with what became of it, in the real tables."""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from uuid import UUID

import asyncpg

from bench.triage_store import AREA, Rows
from contracts.vocabulary import AgeBand, ConcernType, Ethnicity, Gender, Outcome, Sector, Stage
from services.stats.models import reconciliation
from services.stats.operations import Fact

YEARS = tuple(range(2016, 2026))
"""The financial years that the log speaks of, by the year in which each begins."""
LAST_DAY = date(2026, 3, 31)
DISTRICTS = (
    "Ashford", "Canterbury", "Dartford", "Dover", "Folkestone and Hythe", "Gravesham", "Maidstone", "Medway",
    "Sevenoaks", "Swale", "Thanet", "Tonbridge and Malling", "Tunbridge Wells",
)  # fmt: skip
INSTITUTIONS = ("sample-grammar-school", "example-high-school", "university-of-example")
RECIPIENTS = ("intake", "triage", "notify", "channel", "stats")
RECONCILED_DAYS = 400
PORTION = 2000

# Of a hundred referrals so many, after the national tables of 2024 to 2025 where they give a figure.
SECTORS: Mapping[str, int] = dict(zip(Sector, (36, 30, 10, 9, 5, 3, 2, 4, 1), strict=True))
AGES: Mapping[str, int] = dict(zip(AgeBand, (4, 36, 13, 11, 9, 7, 9, 6, 4, 1), strict=True))
GENDERS: Mapping[str, int] = dict(zip(Gender, (10, 87, 1, 2), strict=True))
ETHNICITIES: Mapping[str, int] = dict(zip(Ethnicity, (31, 4, 9, 4, 3, 49), strict=True))
CONCERNS: Mapping[str, int] = dict(zip(ConcernType, (21, 10, 34, 22, 5, 4, 1, 2, 1), strict=True))
DECISIONS: Mapping[str, int] = {
    Outcome.CLOSED: 52,
    Outcome.SIGNPOSTED: 24,
    Outcome.SECTION_36_REFERRAL: 20,
    Outcome.PLP: 2,
    Outcome.WITHDRAWN: 1,
    Outcome.TRANSFERRED: 1,
}
CLOSINGS: Mapping[str, int] = {
    "concerns-reduced": 60,
    "consent-withdrawn": 12,
    "managed-by-another-service": 10,
    "lost-contact": 6,
    "police-led-partnership": 4,
    "criminal-justice": 4,
    "left-the-country": 2,
    "otherwise": 2,
}
GATHERED, ADOPTED, CONSENTED, MISSED, READ_LATER, OF_AN_INSTITUTION = 0.15, 0.8, 0.9, 0.12, 0.05, 0.2


@dataclass
class FactStore:
    """Where facts are written to: the database as one who sees every row, and the lot that decides."""

    connection: asyncpg.Connection
    lot: random.Random
    written: int = field(default=0)

    async def fill(self, a_year: int, years: Sequence[int] = YEARS) -> None:
        """Write so many referrals of each year, what became of them, and how the last days stood when counted."""
        for year in years:
            for start in range(0, a_year, PORTION):
                await self._portion(year, min(PORTION, a_year - start))
        rows = Rows()
        for back in range(RECONCILED_DAYS):
            for recipient in RECIPIENTS:
                rows.add("reconciliation", **self._day(LAST_DAY - timedelta(days=back), recipient))
        await rows.copy(self.connection)
        await self.connection.execute("VACUUM ANALYZE")

    async def _portion(self, year: int, number: int) -> None:
        rows = Rows()
        for _ in range(number):
            for fact in self._referral(year):
                rows.add("fact_log", **vars(fact), id=self._key(), generation=0)
                self.written += 1
            if self.lot.random() < OF_AN_INSTITUTION:
                made = {"month": f"{self._received(year):%Y-%m}", "institution": self.lot.choice(INSTITUTIONS)}
                rows.add("institution_fact", id=self._key(), area=AREA, generation=0, **made)
        await rows.copy(self.connection)

    def _day(self, day: date, recipient: str) -> Mapping[str, object]:
        values = {"area": AREA, "day": day, "recipient": recipient, "lacking": 0, "state": "agrees", "version": 1}
        return {name: values[name] for name in reconciliation.c.keys()}  # noqa: SIM118  no mapping

    def _referral(self, year: int) -> Iterator[Fact]:
        """Yield the facts of one referral that had come by the last day."""
        key, received = self._key(), self._received(year)
        counted = Fact(
            key=key,
            stage=Stage.INTAKE,
            area=AREA,
            version=1,
            month=f"{received:%Y-%m}",
            door=self.lot.choice(("web", "mail", "api")),
            sector=_drawn(self.lot, SECTORS),
            age_band=_drawn(self.lot, AGES),
            gender=_drawn(self.lot, GENDERS),
            ethnicity=_drawn(self.lot, ETHNICITIES),
            district=self.lot.choices((*DISTRICTS, "unknown"), (*range(4, 17), 2))[0],
        )
        yield counted
        if self.lot.random() < READ_LATER:
            yield replace(counted, version=2, sector=_drawn(self.lot, SECTORS))
        yield from (each for each in self._decided(key, received) if each.month <= f"{LAST_DAY:%Y-%m}")

    def _decided(self, key: UUID, received: date) -> Iterator[Fact]:
        days, version = 1 + min(200, int(self.lot.expovariate(1 / 15))), 1
        concern, met = _drawn(self.lot, CONCERNS), self.lot.randint(1, 3)
        missed = int(self.lot.random() < MISSED)
        first = _Step(key, Stage.TRIAGE, received)
        if self.lot.random() < GATHERED:
            yield first.at(days, version, Outcome.INFORMATION_GATHERING, concern=concern, met=met, missed=missed)
            days, version, met = days + self.lot.randint(5, 40), 2, met + 1
        outcome = _drawn(self.lot, DECISIONS)
        yield first.at(days, version, outcome, concern=concern, met=met + 1, missed=missed)
        if outcome == Outcome.SECTION_36_REFERRAL:
            yield from self._in_channel(_Step(key, Stage.CHANNEL, received), days)

    def _in_channel(self, step: "_Step", days: int) -> Iterator[Fact]:
        met, late = 1, int(self.lot.random() < MISSED)
        days += self.lot.randint(10, 50)
        if self.lot.random() < GATHERED:
            yield step.at(days, 1, Outcome.DISCUSSED, met=met, missed=late, on_time=0, late=0)
            days += self.lot.randint(20, 40)
        if self.lot.random() > ADOPTED:
            yield step.at(days, 2, Outcome.NOT_ADOPTED, met=met + 1, missed=late, on_time=0, late=0)
            return
        yield step.at(days, 2, Outcome.ADOPTED, met=met + 1, missed=late, on_time=0, late=0)
        days += self.lot.randint(3, 30)
        if self.lot.random() > CONSENTED:
            yield step.at(days, 3, Outcome.CONSENT_REFUSED, met=met + 2, missed=late, on_time=0, late=0)
            days, closing = days + 1, "consent-refused"
        else:
            yield step.at(days, 3, Outcome.SUPPORTED, met=met + 2, missed=late, on_time=0, late=0)
            days, closing = days + 60 + int(self.lot.expovariate(1 / 150)), _drawn(self.lot, CLOSINGS)
        reviewed = {"on_time": 1, "late": int(self.lot.random() < MISSED)}
        yield step.at(days, 4, Outcome.CASE_CLOSED, met=met + 3, missed=late, **reviewed, closing=closing)

    def _received(self, year: int) -> date:
        return date(year, 4, 1) + timedelta(days=self.lot.randrange(365))

    def _key(self) -> UUID:
        return UUID(int=self.lot.getrandbits(128), version=4)


@dataclass(frozen=True)
class _Step:
    """A stage of one referral, from which its facts are made."""

    key: UUID
    stage: Stage
    received: date

    def at(self, days: int, version: int, outcome: str, **given: object) -> Fact:
        """Return what was counted so many days after receipt."""
        month = f"{self.received + timedelta(days=days):%Y-%m}"
        fact = Fact(self.key, self.stage, AREA, version, month, outcome=str(outcome), days_since_receipt=days)
        return replace(fact, **given)  # type: ignore[arg-type]


def _drawn(lot: random.Random, weights: Mapping[str, int]) -> str:
    found: Sequence[str] = lot.choices(list(weights), list(weights.values()))
    return str(found[0])
