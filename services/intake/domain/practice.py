"""What is asked of an area."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from contracts.vocabulary import (
    ProgressStage,
    Team,
)


@dataclass(frozen=True, kw_only=True)
class RequiredRecipient:
    """One line of the ledger as the area asks for it.

    `acknowledge_by` gives, for the moment of receipt, by when somebody there must confirm; None where nobody has to.
    """

    team: Team
    service: str
    audience: str
    required: bool
    withheld: frozenset[str] = frozenset()
    documents: bool = True
    announce_unread: bool = True
    stored_within_seconds: int = 60
    acknowledge_by: Callable[[datetime], datetime] | None = None


@dataclass(frozen=True, kw_only=True)
class Practice:
    """What intake needs of one version of an area, for one district."""

    area: str
    version: str
    prefix: str
    district: str
    front_door: str
    recipients: tuple[RequiredRecipient, ...]
    tells: frozenset[ProgressStage]
    desk_owner: str

    def withheld_from(self, audience: str) -> frozenset[str]:
        """Return the names of the fields that this area does not send to an audience, `documents` where it may not."""
        told = [each for each in self.recipients if each.audience == audience]
        documents = frozenset() if all(each.documents for each in told) else frozenset({"documents"})
        return documents.union(*(each.withheld for each in told))


class Localities(Protocol):
    """Finds the local practice: by district, by the address that a mail was sent to, or by stored version."""

    def by_district(self, district: str, on: date) -> Practice:
        """Return the practice of the area with this district, of the default area where no area has it."""

    def by_mail_addresses(self, addresses: tuple[str, ...], on: date) -> Practice:
        """Return the practice of the area whose desk has one of the addresses, or of the default area."""

    def by_version(self, area: str, version: str, district: str) -> Practice:
        """Return the practice of a stored version; raises LookupError when it is not known."""

    def districts(self, on: date) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Return (area name, its districts) for every area in force."""
