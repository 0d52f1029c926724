"""Synthetic lists of people for disclosure control, and what two sorts of programmes make of them."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from services.stats.clients.audit_worker import audit
from services.stats.domain.auditing import AuditAsked, Published, Verdict
from services.stats.domain.disclosure import Protected, protect
from services.stats.domain.people import Event, People
from services.stats.domain.rules import Rules
from services.stats.domain.tables import PublishedTable

RULES = Rules(3, districts=("North",))
YEAR = (*(f"2026-{month:02}" for month in range(4, 13)), "2027-01", "2027-02", "2027-03")
ABOUT = ("education", "islamist", "11-15", "male", "white", "North")


@dataclass(frozen=True)
class Referral:
    """One synthetic referral: its sector and what it counts in, and as of which release each month is."""

    sector: str
    events: tuple[Event, ...]


def referral(sector: str, *events: tuple[str, str] | Event) -> Referral:
    """Return a referral of a sector; an event without a part is a measure and a month."""
    return Referral(sector, tuple((each[0], each[1], each[2] if len(each) > 2 else "") for each in events))


def people_of(referrals: Iterable[Referral], as_of: Mapping[str, int]) -> People:
    """Return a list of people, each month as of its release."""
    found: Counter[tuple[tuple[int, tuple[str, ...], tuple[Event, ...]], ...]] = Counter()
    for each in referrals:
        versions: dict[int, set[Event]] = {}
        for event in each.events:
            versions.setdefault(as_of[event[1]], set()).add(event)
        about = (each.sector, *ABOUT[1:])
        found[tuple((number, about, tuple(sorted(held))) for number, held in sorted(versions.items()))] += 1
    return tuple(sorted((person, number) for person, number in found.items() if person))


def released(
    people: People, as_of: Mapping[str, int], earlier: Sequence[Published] = (), rules: Rules = RULES
) -> tuple[Published, Protected]:
    """Return a release as it may be shown beside earlier ones, with the lists that prove it."""
    made = protect(people, as_of, rules, earlier)
    return Published(made.tables, as_of, rules.districts), made


def judged(people: People, releases: Sequence[Published], made: Protected, rules: Rules = RULES) -> Verdict:
    """Return what the auditor says of releases, the last of which was made so."""
    return audit(AuditAsked(tuple(releases), people, rules.round_to), made.witnesses)


def table(tables: Iterable[PublishedTable], name: str) -> PublishedTable | None:
    """Return a table by its name."""
    return next((each for each in tables if each.id == name), None)


def count(made: Protected, name: str, category: str, period: str) -> int | None:
    """Return a figure as it is shown, None where it is hidden or its table left out."""
    found = table(made.tables, name)
    return None if found is None else found.count(category, period)
