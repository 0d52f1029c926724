"""What is asked of the process that hides, and what it answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from chassis.errors import Conflict
from services.stats.domain.auditing import Published
from services.stats.domain.disclosure import Protected
from services.stats.domain.people import People
from services.stats.domain.rules import Rules


@dataclass(frozen=True)
class HideAsked:
    """All that decides what may be shown: see `protect`. Whoever audits nothing wants no other lists of people."""

    people: People
    as_of: Mapping[str, int]
    rules: Rules
    earlier: tuple[Published, ...] = ()
    kept: tuple[str, ...] = ()
    with_witnesses: bool = True


@dataclass(frozen=True)
class Hidden:
    """What may be shown; its `witnesses` are apart, as the JSON that the auditor alone reads."""

    protected: Protected
    witnesses: str = "[]"


@dataclass(frozen=True)
class HideAnswered:
    """What may be shown, or else in a sentence why nothing may."""

    hidden: Hidden | None
    refused: str = ""


class HidingFailed(Conflict):
    """The process that hides figures ended without an answer."""

    reason: ClassVar[str] = "hiding-failed"
