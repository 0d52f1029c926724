"""A service's part of an erasure: what it empties itself, and which documents of others hold the same words."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID

from chassis import tables
from chassis.database import Session

REGISTER = tables.erased_subject
"""Who was erased, when and under which order: for services that say so."""


@dataclass(frozen=True)
class StillHeld:
    """A document of another subject that holds the erased one's words too; `needed` while nothing else tells of it."""

    subject: UUID
    reference: str
    document: UUID
    needed: bool


@dataclass(frozen=True)
class Copied:
    """A record of another subject that was made as a copy of the erased one's: it is to be erased everywhere too."""

    subject: UUID
    reference: str


@dataclass(frozen=True)
class Duplicate:
    """A copy that this service made of a document that is erased alone, for another subject: it goes with it."""

    subject: UUID
    document: UUID


Left = StillHeld | Copied | Duplicate

EraseSubject = Callable[[Session, UUID], Awaitable[tuple[Left, ...] | None]]
"""Empties the columns and rows that the service lists for a subject, or for a document that is erased alone.

Returns where the same words stand under other subjects.
"""

MayErase = Callable[[Session, UUID], Awaitable[None]]
"""Raises Conflict where a document that is to be erased alone is all that there is of its subject."""
