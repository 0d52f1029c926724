"""What a decision is made from: the area's practice, what is recorded, and how the case stands."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol

from chassis.deadlines import Told
from contracts.vocabulary.assessment import Instrument
from services.channel.domain.words import Body, ClockName, Consent, State


@dataclass(frozen=True)
class Contact:
    """Somebody outside who can be asked, by the id in the area file."""

    id: str
    name: str


@dataclass(frozen=True)
class Partner(Contact):
    """A body that is asked for information; `questions` are what it is asked where the officer writes none."""

    questions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Provider(Contact):
    """An intervention provider, approved until the end of a day (London)."""

    approved_until: date


@dataclass(frozen=True)
class PanelElsewhere(Contact):
    """Another panel; `area` is empty where this installation does not serve it."""

    area: str = ""


@dataclass(frozen=True)
class Member(Contact):
    """Somebody who sits on the panel; `account` is the sign-in id, empty for those who come by links."""

    organisation: str
    sector: str
    force: str = ""
    account: str = ""
    chairs: bool = False


def force_key(name: str) -> str:
    """Return a police force's name as it is compared: people type it, in capitals or not."""
    return " ".join(name.split()).casefold()


@dataclass(frozen=True)
class PanelPractice:
    """The panel as the area has it: who sits, when it meets, what it needs beyond the statute, and its minutes.

    `meets_on` a month (its first day) is the day of that month's meeting. `pack_opens` and `pack_closes` say from when
    until when the pack of a meeting on a day can be read (UTC).
    """

    name: str = ""
    place: str = ""
    at: time = time(10)
    members: tuple[Member, ...] = ()
    also_needed: tuple[str, ...] = ()
    minutes_new: int = 30
    minutes_review: int = 20
    minutes_after_closure: int = 10
    meets_on: Callable[[date], date] = lambda month: month
    pack_opens: Callable[[date], datetime] = lambda day: datetime.combine(day, time())
    pack_closes: Callable[[date], datetime] = lambda day: datetime.combine(day, time())


def hours_passed(due: datetime, paused: datetime, resumed: datetime) -> datetime:
    """Return when a clock runs out that stood still, where every hour counts."""
    return due + (resumed - paused)


def a_day_later(_: ClockName, due: datetime) -> datetime:
    """Return when a clock runs out that is given a day more."""
    return due + timedelta(days=1)


def as_it_ends(day: date) -> datetime:
    """Return the end of a day, where no area says when its work ends."""
    return datetime.combine(day, time(17), UTC)


@dataclass(frozen=True)
class Practice:
    """What the area says about Channel at one moment: `due` is when each clock would run out if it started now.

    `later` says when a clock runs out that is given its time once more; `resumed` when one does that stood still from
    one moment to another; `close_of` is when a day's work ends (UTC). `told` are those who are told, one after the
    other, that a clock ran out. `after_closure` are when the reviews after closure are due if a case is closed now.
    `reviewer` carries them out; reviews go on at most until `reviews_until` after a closure at a moment. `services`
    are those that can be signposted to, with when an answer would be due. `district` is the area's own name of the
    district that was asked for, `force` the area's police force. Counts below `suppress_below` are not shown.
    References of the area begin with `prefix`; a case is kept until `kept_until` of when it left.
    """

    area: str
    version: str
    decides: Body
    front_door: str
    due: Mapping[ClockName, datetime]
    later: Callable[[ClockName, datetime], datetime] = a_day_later
    resumed: Callable[[datetime, datetime, datetime], datetime] = hours_passed
    close_of: Callable[[date], datetime] = as_it_ends
    told: tuple[Told, ...] = ()
    force: str = ""
    district: str = ""
    panel: PanelPractice = PanelPractice()
    partners: Mapping[str, Partner] = field(default_factory=dict)
    providers: Mapping[str, Provider] = field(default_factory=dict)
    elsewhere: Mapping[str, PanelElsewhere] = field(default_factory=dict)
    services: Mapping[str, Contact] = field(default_factory=dict)
    service_due: Mapping[str, datetime] = field(default_factory=dict)
    instruments: Mapping[str, Instrument] = field(default_factory=dict)
    after_closure: tuple[datetime, ...] = ()
    reviewer: Body = Body.LOCAL_AUTHORITY
    reviews_until: Callable[[datetime], datetime] = lambda closed: closed + timedelta(days=730)
    teams: tuple[str, ...] = ()
    prefix: str = ""
    kept_until: Callable[[datetime], datetime] = lambda left: left + timedelta(days=2192)
    suppress_below: int = 5

    def members(self) -> dict[str, str]:
        """Return the members of the panel by id, each named with whom they come from."""
        return {each.id: f"{each.name}, {each.organisation}" for each in self.panel.members}

    def bodies(self) -> dict[str, str]:
        """Return everybody in the area file who can owe something, by id, as pages name them; the panel first."""
        found = self.members()
        for each in (*self.partners.values(), *self.providers.values(), *self.services.values()):
            found.setdefault(each.id, each.name)
        return found

    def choosable(self) -> dict[str, str]:
        """Return those of `bodies` that a list offers as owners, each body once.

        Members stand for whom they come from; of two others with the same name the first is offered.
        """
        found, named = self.members(), {each.organisation.casefold() for each in self.panel.members}
        for key, name in self.bodies().items():
            if key not in found and name.casefold() not in named:
                found[key] = name
                named.add(name.casefold())
        return found


class Practices(Protocol):
    """Where the practice of an area comes from: the area files, read by settings."""

    def under(self, area: str, version: str, district: str, now: datetime) -> Practice:
        """Return the practice of one version for a district as from `now`; AreaVersionUnknown where it is not here."""

    def current(self, area: str, now: datetime) -> Practice:
        """Return the practice that is in force in an area at a moment, for no district in particular."""

    def districts_of(self, area: str, now: datetime) -> tuple[str, ...]:
        """Return the area's own names of its districts; none where the area is not known."""


@dataclass(frozen=True)
class Record:
    """What is recorded with a command, in the words of whoever gives it.

    `officer` is whom a case is given to, or who is asked; `message` what is asked; `next_on` the date (London) that a
    command fixes; `considered` what health or social care was considered (s.36(6)); `outcome` how a case is closed;
    `decided_by` who gave or refused consent; `plan` which version of the plan is complete; `missing` why work goes on
    although something is missing.
    """

    reason: str = ""
    grounds: str = ""
    risk_owner: str = ""
    summary: str = ""
    gathered_by: str = ""
    speak_to: str = ""
    officer: str = ""
    message: str = ""
    next_on: date | None = None
    considered: str = ""
    outcome: str = ""
    decided_by: str = ""
    missing: str = ""
    clock: str = ""
    plan: str = ""

    def written(self) -> str:
        """Return what history keeps: each part under what it is, the reason and the grounds as they are."""
        gathered = f"{self.gathered_by.strip()}: {self.summary.strip()}" if self.gathered_by.strip() else self.summary
        asked = f"{self.officer.strip()}: {self.message.strip()}" if self.message.strip() else ""
        parts = [
            ("", self.reason),
            ("", self.grounds),
            ("", gathered),
            ("", asked),
            ("", self.plan),
            ("Health and social care considered: ", self.considered),
            ("Gone on without: ", self.missing),
        ]
        return "\n\n".join(f"{label}{text.strip()}" for label, text in parts if text.strip())


@dataclass(frozen=True)
class InPanel:
    """A decision that is made in a meeting: why the panel cannot decide this case now, in sentences; none: it can."""

    lacks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Situation:
    """What a decision may depend on.

    `acting_id` is who acts (empty for other services and the clock), `coordinator_id` whose case it is. `assessed`
    says that an assessment was completed here; `assessed_since` that one was completed since the state last changed.
    `unanswered` are the partners who were asked and have not answered, `owed` says in words what else others owe.
    `plan_lacks` says why the plan cannot be put to the person, one sentence each. `in_panel` is given where the panel
    decides in a meeting, `halted` says that the police asked to wait. `reviews_run` counts the reviews after closure
    that are still to come. `offered_to` names the panel that a transfer is offered to, `came_from` where the case
    stood when it was offered or given back. `sessions_open` names interventions that have not been ended.
    `from_panel` names the panel that the case came from, where it did not come from the police.
    """

    state: State
    risk_owner: str
    section_36_made: bool = False
    acting_id: str = ""
    coordinator_id: str = ""
    consent: Consent = Consent.NOT_ASKED
    assessed: bool = False
    assessed_since: bool = False
    unanswered: tuple[str, ...] = ()
    owed: tuple[str, ...] = ()
    plan_lacks: tuple[str, ...] = ("No plan has been written yet.",)
    in_panel: InPanel | None = None
    halted: bool = False
    reviews_run: int = 0
    offered_to: str = ""
    came_from: State | None = None
    sessions_open: tuple[str, ...] = ()
    from_panel: str = ""
