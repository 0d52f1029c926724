"""What a decision is made from: the area's practice, what is recorded, and how the referral stands."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Protocol

from chassis.deadlines import Told
from contracts.vocabulary.assessment import Instrument
from services.triage.domain.words import Body, ClockName, Command, State


@dataclass(frozen=True)
class SignpostTo:
    """A service that may be signposted to, and when its answer is due if it is asked now."""

    name: str
    due_at: datetime


@dataclass(frozen=True)
class Recipient:
    """Somebody outside the police who is told of every referral when it arrives, and what they are told."""

    name: str
    what: str


def nobody(_: str, __: str) -> tuple[Recipient, ...]:
    """Return no recipients, whichever the version and the district."""
    return ()


def hours_passed(due: datetime, paused: datetime, resumed: datetime) -> datetime:
    """Return when a clock runs out that stood still, where every hour counts."""
    return due + (resumed - paused)


@dataclass(frozen=True)
class Practice:
    """What the area says about triage at one moment: `due` is when each clock would run out if it started now.

    `later` says when a clock runs out that would have run out at a moment and is given its time once more. The urgent
    clock runs day and night, `urgent_within` from when danger was told of. `close_of` is when a day's work ends (UTC).
    `every_closure_signed_off` says that a supervisor signs every closure, not only those of people who were referred
    before. `forces` are those that a referral may be transferred to, by their ids. `resumed` says when a clock runs out
    that would have run out at a moment and stood still from one moment to another. `told` are those who are told, one
    after the other, that a clock ran out. `instruments` are those that an assessment may be made with, by their ids.
    `recipients_of` a version and a district are those outside the police who were told when a referral arrived under
    it: another than this one where the referral is another, or has moved. `district_of` is the area's own name of a
    district as somebody wrote it, or nothing: what a person typed can hold anything. `in_force` is the version that new
    referrals come under at that moment. `front_doors` are the names of those of social care, by their ids.
    """

    area: str
    version: str
    gathers: Body
    decides: Body
    duty_officer: str
    due: Mapping[ClockName, datetime]
    later: Callable[[ClockName, datetime], datetime]
    urgent_within: timedelta
    close_of: Callable[[date], datetime]
    services: Mapping[str, SignpostTo] = field(default_factory=dict)
    forces: Mapping[str, str] = field(default_factory=dict)
    instruments: Mapping[str, Instrument] = field(default_factory=dict)
    every_closure_signed_off: bool = False
    resumed: Callable[[datetime, datetime, datetime], datetime] = hours_passed
    told: tuple[Told, ...] = ()
    recipients_of: Callable[[str, str], tuple[Recipient, ...]] = nobody
    district_of: Callable[[str], str] = str
    in_force: str = ""
    front_doors: Mapping[str, str] = field(default_factory=dict)

    def deadline(self, clock: ClockName, review_on: date | None = None) -> datetime:
        """Return when a clock that starts now runs out: the area's time, or the close of the day of a named review."""
        return self.due[clock] if review_on is None else self.close_of(review_on)


@dataclass(frozen=True)
class Older:
    """An area whose practice has other versions than the one in force: its id and name, and those versions."""

    area: str
    name: str
    in_force: str
    others: tuple[str, ...]


class Practices(Protocol):
    """Where the practice of an area comes from: the area files, read by settings."""

    def older(self, now: datetime) -> tuple[Older, ...]:
        """Return the areas with other versions than the one in force at a moment, by name."""

    def under(self, area: str, version: str, now: datetime) -> Practice:
        """Return the practice of one version as from `now`; AreaVersionUnknown where it is not here."""


@dataclass(frozen=True)
class Record:
    """What is recorded with a command, in the officer's or the other service's own words.

    `earlier` is how the officer looked at earlier referrals, `review_on` the date (London) of the review that a closure
    names, `force` the id of another force, `clock` the clock that is paused, resumed or extended, `contact` whom the
    Gateway may speak to about what the intelligence unit found, `concern` the type of concern that the officer chose.
    """

    reason: str = ""
    rationale: str = ""
    grounds: str = ""
    service: str = ""
    message: str = ""
    risk_owner: str = ""
    finding: str = ""
    alternatives: str = ""
    earlier: str = ""
    review_on: date | None = None
    force: str = ""
    officer: str = ""
    clock: str = ""
    contact: str = ""
    concern: str = ""

    def written(self) -> str:
        """Return the rationale as it is kept: what was asked beside it stands below, each under its question."""
        parts = [
            ("", self.rationale),
            ("What was found about the concern itself: ", self.finding),
            ("Alternatives considered: ", self.alternatives),
            ("Earlier referrals: ", self.earlier),
        ]
        return "\n\n".join(f"{question}{text.strip()}" for question, text in parts if text.strip())


@dataclass(frozen=True)
class Hold:
    """What the intelligence unit last recorded that holds a referral back, its officer, and whom that one named."""

    outcome: Command
    officer: str
    contact: str = ""

    @property
    def speak_to(self) -> str:
        """Return whom the Gateway may speak to about it."""
        return self.contact or self.officer


@dataclass(frozen=True)
class Proposal:
    """A closure that waits for a second person: who proposed it, who would own the risk, when it would be reviewed.

    `came_from` is where the referral stood before, and where it stands again if the closure is sent back.
    """

    by_id: str
    risk_owner: str
    review_on: date
    came_from: State = State.ASSESSING


@dataclass(frozen=True)
class Situation:
    """What a decision may depend on: the state, facts of the referral, and who acts.

    `acting_id` and `acting` are the id and name of whoever acts (empty for other services and the clock). `assessed`
    and `gathered` say that a Gateway assessment and the information gathering are complete since the referral was
    opened last. `looked` says that earlier referrals have been looked for, `earlier_unanswered` counts the possible
    ones that nobody has said yes, no or cannot tell to, `referrals_of_person` the referrals confirmed to be about the
    same person, this one among them; `once_linked` says that another one was confirmed once and is not any more,
    `not_told_apart` counts the possible ones of which somebody said that nobody can tell, `referred_elsewhere` says
    that one of another area was found to be about the same person. `open_obligations` says in words what others still
    owe, `open_requests` how many of these are requests for information. `halted` says that a conflict stands that the
    intelligence unit recorded and has not cleared, `offered_to` names the investigating officer to whom the risk is
    offered. `area_version` is the version of the area's practice that it is under.
    """

    state: State
    risk_owner: str
    form_read: bool = False
    section_36_made: bool = False
    hold: Hold | None = None
    taken: bool = False
    urgent: bool = False
    acting_id: str = ""
    acting: str = ""
    assessed: bool = False
    gathered: bool = False
    looked: bool = True
    earlier_unanswered: int = 0
    referrals_of_person: int = 1
    once_linked: bool = False
    not_told_apart: int = 0
    referred_elsewhere: bool = False
    open_obligations: tuple[str, ...] = ()
    open_requests: int = 0
    proposal: Proposal | None = None
    restricted: bool = False
    halted: bool = False
    offered_to: str = ""
    area_version: str = ""
