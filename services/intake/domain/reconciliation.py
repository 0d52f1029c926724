"""The daily count: what intake accepted, what the outbox published, what receipts say, and what each consumer holds."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from chassis.errors import Conflict, Missing, Rejected

MOST_NAMED = 100
"""So many referrals of a difference are kept by name; the count says how many there are."""


class Trouble(StrEnum):
    """What the alarms of the ledger are called; each has its runbook."""

    UNACKNOWLEDGED = "referral-unacknowledged"
    DIFFERENT = "reconciliation-different"


class DifferenceUnknown(Missing):
    """There is no such count, or not for this person."""

    reason: ClassVar[str] = "difference-unknown"


class NothingToExplain(Conflict):
    """The counts agree, or somebody has explained them meanwhile."""

    reason: ClassVar[str] = "nothing-to-explain"


class ExplanationUnreadable(Rejected):
    """What was sent as an explanation is none."""

    reason: ClassVar[str] = "explanation-unreadable"


class CountState(StrEnum):
    """What is known of one line of a day's count."""

    AGREES = "agrees"
    OPEN = "open"
    EXPLAINED = "explained"


class Measure(StrEnum):
    """What is counted inside intake; beside these, each topic is counted at each of its consumers."""

    ORIGINALS = "originals"
    VERSIONS = "versions"
    AUDIT = "audit"
    SET_ASIDE = "set-aside"


@dataclass(frozen=True, kw_only=True)
class Passage:
    """One referral on one topic to one consumer, as ledger, outbox and receipts have it.

    `events` have been announced, `published` of them are published and `answered` have a receipt. `excused` means that
    somebody gave it up with a reason or the person was erased: nobody need hold it.
    """

    referral_id: UUID
    area: str
    topic: str
    service: str
    excused: bool
    due_at: datetime
    events: int
    published: int
    answered: int

    @property
    def is_published(self) -> bool:
        """Say whether everything that was announced has been published."""
        return 0 < self.events == self.published

    @property
    def is_answered(self) -> bool:
        """Say whether everything that was announced has its receipt."""
        return 0 < self.events == self.answered


@dataclass(frozen=True, kw_only=True)
class Count:
    """One line of a day's count; the day is that of the referrals' receipt, in London.

    `held` is None where a consumer was asked and did not answer (`silent`), and where none is asked.
    """

    day: date
    area: str
    measure: str
    recipient: str = ""
    expected: int
    published: int | None = None
    receipted: int | None = None
    held: int | None = None
    pending: int = 0
    excused: int = 0
    silent: bool = False
    missing: tuple[UUID, ...] = field(default=())

    @property
    def state(self) -> CountState:
        """Open where anything is missing or a consumer was silent."""
        return CountState.OPEN if self.missing or self.silent else CountState.AGREES


def counted(
    day: date, passages: Sequence[Passage], absent: Collection[UUID] | None, *, asked: bool, now: datetime
) -> Count:
    """Return the count of one area's referrals on one topic at one consumer.

    `absent` are those that the consumer says it does not have; None when nobody was `asked` or nobody answered. What is
    not due yet is pending; what a receipt confirms and the consumer does not have is missing whenever it is due.
    """
    first = passages[0]
    lacking, pending = [], 0
    for each in passages:
        there = each.is_published and each.is_answered
        if absent is not None and each.referral_id in absent:
            there = False
        if each.excused or there:
            continue
        if each.due_at >= now and not each.is_answered:
            pending += 1
        else:
            lacking.append(each.referral_id)
    return Count(
        day=day,
        area=first.area,
        measure=first.topic,
        recipient=first.service,
        expected=len(passages),
        published=sum(each.is_published for each in passages),
        receipted=sum(each.is_answered for each in passages),
        held=None if absent is None else sum(each.referral_id not in absent for each in passages),
        pending=pending,
        excused=sum(each.excused for each in passages),
        silent=asked and absent is None,
        missing=tuple(lacking),
    )
