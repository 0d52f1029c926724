"""The words of police triage: states, commands, clocks, and what a decision is made from."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar, Protocol

from chassis.errors import Missing, NotYet
from chassis.transitions import NotRecorded


class State(StrEnum):
    """Where a referral stands in police triage."""

    RECEIVED = "received"
    DECONFLICTING = "deconflicting"
    ASSESSING = "assessing"
    CLOSED = "closed"
    SIGNPOSTED = "signposted"
    PLP = "plp"
    PASSED_ON = "passed-on"
    SECTION_36 = "section-36"
    HANDED_OVER = "handed-over"
    GIVEN_BACK = "given-back"


class Command(StrEnum):
    """What people and other services may do to a referral."""

    RECEIVE = "receive"
    VERSION_ADDED = "version-added"
    TAKE = "take"
    CLEAR = "record-clear"
    CONFLICT = "record-conflict"
    MORE_TIME = "need-more-time"
    CLOSE = "close"
    SIGNPOST = "signpost"
    PLP = "lead-partnership"
    PASS_ON = "pass-on"  # noqa: S105
    SECTION_36 = "refer-section-36"
    PACK_ACCEPTED = "pack-accepted"
    PACK_RETURNED = "pack-returned"
    GIVEN_BACK = "given-back"
    TAKE_BACK = "take-back"
    ACKNOWLEDGED = "signpost-acknowledged"
    REOPEN = "reopen"


class ClockName(StrEnum):
    """The clocks that run in triage; how long each has is the area's.

    The urgent one runs from when a referrer tells of immediate danger until a Gateway officer takes or decides.
    """

    DECONFLICTION = "deconfliction"
    ASSESSMENT = "assessment"
    ACCEPTANCE = "acceptance"
    SIGNPOST = "signpost"
    URGENT = "immediate-danger"


class Body(StrEnum):
    """The two bodies that may gather information or decide under s.36(3)."""

    POLICE = "police"
    LOCAL_AUTHORITY = "local-authority"


class ClosureReason(StrEnum):
    """Why a referral may be closed (Home Office e-learning on Prevent referrals, the three Ms)."""

    MISTAKEN = "mistaken"
    MISGUIDED = "misguided"
    MALICIOUS = "malicious"
    NOT_RADICALISATION = "not-radicalisation"


class NoIdeologyAlone(NotRecorded):
    """The absence of an ideology was given as the whole reason to close."""

    reason: ClassVar[str] = "no-ideology-alone"


class ReferralNotFound(Missing):
    """No such referral is here, or none that this person's areas let them see."""

    reason: ClassVar[str] = "referral-not-found"


class SignpostNotFound(Missing):
    """An acknowledgement names a signpost that was never made here."""

    reason: ClassVar[str] = "signpost-not-found"


@dataclass(frozen=True)
class SignpostTo:
    """A service that may be signposted to, and when its answer is due if it is asked now."""

    name: str
    due_at: datetime


@dataclass(frozen=True)
class Practice:
    """What the area says about triage at one moment: `due` is when each clock would run out if it started now.

    `later` says when a clock runs out that would have run out at a moment and is given its time once more. The urgent
    clock runs day and night, `urgent_within` from when danger was told of.
    """

    area: str
    version: str
    gathers: Body
    decides: Body
    duty_officer: str
    due: Mapping[ClockName, datetime]
    later: Callable[[ClockName, datetime], datetime]
    urgent_within: timedelta
    services: Mapping[str, SignpostTo] = field(default_factory=dict)

    def deadline(self, clock: ClockName, service: str = "") -> datetime:
        """Return when a clock that starts now runs out; a signpost's is the service's own."""
        return self.services[service].due_at if clock is ClockName.SIGNPOST else self.due[clock]


class AreaVersionUnknown(NotYet):
    """The version of the area's practice that a referral is under is not here yet."""

    reason: ClassVar[str] = "area-version-unknown"


class Practices(Protocol):
    """Where the practice of an area comes from: the area files, read by settings."""

    def under(self, area: str, version: str, now: datetime) -> Practice:
        """Return the practice of one version as from `now`; AreaVersionUnknown where it is not here."""


@dataclass(frozen=True)
class Record:
    """What is recorded with a command, in the officer's or the other service's own words."""

    reason: str = ""
    rationale: str = ""
    grounds: str = ""
    service: str = ""
    message: str = ""
    risk_owner: str = ""
    finding: str = ""

    def written(self) -> str:
        """Return the rationale as it is kept: the answer about the concern, where there is one, is a part of it."""
        rationale, finding = self.rationale.strip(), self.finding.strip()
        return f"{rationale}\n\nWhat was found about the concern itself: {finding}" if finding else rationale


@dataclass(frozen=True)
class Hold:
    """What the intelligence unit last recorded that holds a referral back, and the officer to speak to."""

    outcome: Command
    officer: str


@dataclass(frozen=True)
class Situation:
    """What a decision may depend on: the state, facts of the referral, and whether whoever acts has taken it."""

    state: State
    risk_owner: str
    form_read: bool = False
    section_36_made: bool = False
    hold: Hold | None = None
    taken: bool = False
    urgent: bool = False
