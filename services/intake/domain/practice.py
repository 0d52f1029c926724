"""What is asked of an area."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol

from contracts.vocabulary import (
    ProgressStage,
    Team,
)
from services.intake.domain.desk_work import DeskPractice
from services.intake.domain.disclosure import EQUALITY_FIELDS, covers


def plain_name(name: str) -> str:
    """Return a name as it is compared: whatever its case and spaces."""
    return " ".join(name.split()).casefold()


@dataclass(frozen=True, kw_only=True)
class RequiredRecipient:
    """One line of the ledger as the area asks for it.

    `withheld` names fields and paths into the form; equality monitoring is withheld unless `equality_monitoring`.
    `acknowledge_by` gives, for the moment of receipt, by when somebody there must confirm; None where nobody has to.
    `urgent_within_minutes` takes its place where somebody is in immediate danger.
    `rules` gives file and line of what the area says about a field, `announce_unread` and `equality` among them.
    """

    team: Team
    service: str
    audience: str
    required: bool
    withheld: frozenset[str] = frozenset()
    documents: bool = True
    equality_monitoring: bool = False
    announce_unread: bool = True
    stored_within_seconds: int = 60
    acknowledge_by: Callable[[datetime], datetime] | None = None
    urgent_within_minutes: int | None = None
    rules: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Practice:
    """What intake needs of one version of an area, for one district.

    `institutions` are the ids of those that statistics count, by each name as `plain_name` writes it.
    """

    area: str
    version: str
    prefix: str
    district: str
    front_door: str
    recipients: tuple[RequiredRecipient, ...]
    tells: frozenset[ProgressStage]
    desk: DeskPractice
    institutions: Mapping[str, str] = field(default_factory=dict)
    front_door_of: Callable[[int | None], str] | None = None

    def door_for(self, age: int | None) -> str:
        """Return the id of the front door for somebody of an age in years, None where nobody knows it."""
        return self.front_door_of(age) if self.front_door_of else self.front_door

    def institution(self, name: str) -> str:
        """Return the id of the institution on the area's list that has exactly this name, "" where none has."""
        return self.institutions.get(plain_name(name), "")

    def withheld_from(self, audience: str) -> frozenset[str]:
        """Return the fields and paths that this area does not send to an audience, `documents` where it may not."""
        told = self.told(audience)
        documents = frozenset() if all(each.documents for each in told) else frozenset({"documents"})
        equality = frozenset() if all(each.equality_monitoring for each in told) else EQUALITY_FIELDS
        return documents.union(equality, *(each.withheld for each in told))

    def told(self, audience: str) -> tuple[RequiredRecipient, ...]:
        """Return the recipients that form an audience."""
        return tuple(each for each in self.recipients if each.audience == audience)

    def rule_about(self, audience: str, path: str) -> str:
        """Return file and line of the rule by which this area withholds a path from an audience, "" without one."""
        found = (
            where
            for each in self.told(audience)
            for rule, where in each.rules.items()
            if covers(rule, path) and rule in self.withheld_from(audience) | {"announce_unread"}
        )
        return next(found, "")


class Localities(Protocol):
    """Finds the local practice: by district, by the address that a mail was sent to, or by stored version."""

    def by_district(self, district: str, on: date) -> Practice:
        """Return the practice of the area with this district, of the default area where no area has it."""

    def by_mail_addresses(self, addresses: tuple[str, ...], on: date) -> Practice:
        """Return the practice of the area whose desk has one of the addresses, or of the default area."""

    def by_version(self, area: str, version: str, district: str) -> Practice:
        """Return the practice of a stored version; raises LookupError when it is not known."""

    def by_area(self, area: str, on: date) -> Practice:
        """Return the practice of an area in force on a day, for an unknown district."""

    def areas(self, on: date) -> tuple[tuple[str, str], ...]:
        """Return (id, name) of every area in force, the default area first."""

    def districts(self, on: date) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Return (area name, its districts) for every area in force."""
