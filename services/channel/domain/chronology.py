"""What happened and what was known: kinds of happenings, the rule behind each, and the case as it stood on a day."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from services.channel.domain.table import TABLE, Transition
from services.channel.domain.words import ClockName, Command, Consent, State


class Kind(StrEnum):
    """What a happening is about; the chronology can show one kind alone."""

    REFERRAL = "referral"
    PATHWAY = "pathway"
    INFORMATION = "information"
    ASSESSMENT = "assessment"
    PANEL = "panel"
    PLAN = "plan"
    CONSENT = "consent"
    INTERVENTION = "intervention"
    REVIEW = "review"
    TRANSFER = "transfer"
    CLOCK = "clock"
    POLICE = "police"
    NOTE = "note"


KIND_LABELS: Mapping[Kind, str] = {
    Kind.REFERRAL: "Referrals of this person",
    Kind.PATHWAY: "The pathway of the case",
    Kind.INFORMATION: "Requests, actions and what came back",
    Kind.ASSESSMENT: "Assessments",
    Kind.PANEL: "The panel’s decisions",
    Kind.PLAN: "The support plan",
    Kind.CONSENT: "Consent",
    Kind.INTERVENTION: "Interventions and sessions",
    Kind.REVIEW: "Closing and reviews",
    Kind.TRANSFER: "Transfers and giving back",
    Kind.CLOCK: "Clocks",
    Kind.POLICE: "What the police said",
    Kind.NOTE: "Notes",
}
_C = Command
_OF_KIND: Mapping[Kind, tuple[Command, ...]] = {
    Kind.PATHWAY: (_C.OPEN, _C.OFFER_AGAIN, _C.ACCEPT, _C.TO_PANEL, _C.RETURN, _C.TAKE, _C.ALLOCATE, _C.GATHERED,
                   _C.RECEIVE_SECTION_36, _C.REFER, _C.REOPEN, _C.END),
    Kind.INFORMATION: (_C.REQUEST, _C.ACTION, _C.SIGNPOST, _C.SEEN, _C.ANSWERED, _C.UNDELIVERED, _C.FULFIL, _C.CANCEL,
                       _C.REMIND, _C.MAILED_AFTER_ALL, _C.SOCIAL_CARE_SAID),
    Kind.ASSESSMENT: (_C.ASSESS,),
    Kind.PANEL: (_C.DEFER, _C.ADOPT, _C.NOT_ADOPT, _C.CONTINUE, _C.REASSESSED, _C.PANEL_CLOSE),
    Kind.PLAN: (_C.MAKE_PLAN, _C.REVISE_PLAN, _C.PLAN_ITEM),
    Kind.CONSENT: (_C.CONSENT_ASKED, _C.CONSENT_GIVEN, _C.CONSENT_REFUSED, _C.CONSENT_WITHDRAWN, _C.TURNED_18),
    Kind.INTERVENTION: (_C.COMMISSION, _C.SESSION, _C.INTERVENTION_ENDED, _C.SHORTFALL, _C.BRIEF),
    Kind.REVIEW: (_C.CLOSING_REPORT, _C.REVIEW_CLOSED),
    Kind.TRANSFER: (_C.GIVE_BACK, _C.TAKEN_BACK, _C.RETURNED_BACK, _C.TRANSFER, _C.TRANSFER_ACCEPTED,
                    _C.TRANSFER_REFUSED, _C.CALL_BACK, _C.RECEIVE_TRANSFER),
    Kind.CLOCK: (_C.EXTEND, _C.PAUSE, _C.RESUME, _C.ESCALATED),
    Kind.POLICE: (_C.WITHDRAW, _C.CONFIRM, _C.HALT, _C.GO_ON),
}  # fmt: skip
KINDS: Mapping[Command, Kind] = {command: kind for kind, commands in _OF_KIND.items() for command in commands}
"""Of which kind a command is; one that nobody named here is a note."""
KEPT_INSIDE = frozenset(
    {_C.DISCARD, _C.SEEN, _C.UNDELIVERED, _C.MAILED_AFTER_ALL, _C.SOCIAL_CARE_SAID, _C.REMIND, _C.EXTEND, _C.PAUSE,
     _C.RESUME, _C.ESCALATED}
)  # fmt: skip
"""What does not leave with a case: how clocks were set, what became of mails, what social care told this team alone,
and words that nobody recorded."""

_ACT = "CTSA 2015"
STATUTES: Mapping[Command, str] = {
    _C.REFER: f"{_ACT} s.36(3)",
    _C.RECEIVE_SECTION_36: f"{_ACT} s.36(3)",
    _C.TO_PANEL: f"{_ACT} s.36(3)",
    _C.REQUEST: f"{_ACT} s.38",
    _C.ADOPT: f"{_ACT} s.36(4)(a) and s.37",
    _C.NOT_ADOPT: f"{_ACT} s.36(6) and s.37",
    _C.DEFER: f"{_ACT} s.37",
    _C.MAKE_PLAN: f"{_ACT} s.36(4)(a) and (5)",
    _C.REVISE_PLAN: f"{_ACT} s.36(4)(d)",
    _C.CONSENT_GIVEN: f"{_ACT} s.36(4)(b)",
    _C.CONSENT_REFUSED: f"{_ACT} s.36(4)(e)",
    _C.CONSENT_WITHDRAWN: f"{_ACT} s.36(4)(e)",
    _C.TURNED_18: f"{_ACT} s.36(4)(b), explanatory note 206",
    _C.CONTINUE: f"{_ACT} s.36(4)(c)",
    _C.REASSESSED: f"{_ACT} s.36(4)(e)",
    _C.PANEL_CLOSE: f"{_ACT} s.36(4)(d)",
}
"""The provision that a step rests on; other steps rest on guidance and on the area's practice."""
_LABELS = {row.command: row.label for row in TABLE}
_CONSENT: Mapping[Command, Consent] = {
    _C.CONSENT_ASKED: Consent.AWAITED,
    _C.CONSENT_GIVEN: Consent.GIVEN,
    _C.CONSENT_REFUSED: Consent.REFUSED,
    _C.CONSENT_WITHDRAWN: Consent.WITHDRAWN,
    _C.REOPEN: Consent.NOT_ASKED,
    _C.OFFER_AGAIN: Consent.NOT_ASKED,
}
_LAPSES = (Consent.GIVEN, Consent.AWAITED)
DECISIONS = frozenset({*STATUTES, _C.ACCEPT, _C.RETURN, _C.GATHERED, _C.REVIEW_CLOSED, _C.CLOSING_REPORT, _C.REOPEN,
                       _C.END, _C.GIVE_BACK, _C.TRANSFER}) - {_C.REQUEST, _C.TO_PANEL}  # fmt: skip
"""What somebody decided: the view of a past day names the rule and the version of the practice behind each."""


class Step(Protocol):
    """One line of the history, as far as it tells how the case stood after it."""

    @property
    def at(self) -> datetime:
        """Return when it was recorded."""

    @property
    def command(self) -> str:
        """Return what was done."""

    @property
    def from_state(self) -> str:
        """Return where the case stood before, empty at the first."""

    @property
    def to_state(self) -> str:
        """Return where it stood then."""

    @property
    def risk_owner(self) -> str:
        """Return who owned the risk from then on."""

    @property
    def area_version(self) -> str:
        """Return the version of the practice behind it."""


@dataclass(frozen=True)
class Running:
    """A clock of the case itself that ran: since when, and under which version of the area's practice."""

    name: ClockName
    since: datetime
    area_version: str


@dataclass(frozen=True)
class Known:
    """How a case stood at a moment, by what had been recorded until then; `plans` counts the versions of the plan."""

    state: State
    risk_owner: str
    area_version: str
    consent: Consent = Consent.NOT_ASKED
    plans: int = 0
    planned_at: datetime | None = None
    clocks: Mapping[ClockName, Running] = field(default_factory=dict)


def rule_of(command: Command) -> str:
    """Return the rule behind a step: the row of the table, and the provision where it rests on one."""
    statute = STATUTES.get(command, "")
    return f"{_LABELS[command]} ({statute})" if statute else _LABELS[command]


def known_at(lines: Iterable[Step], until: datetime) -> Known | None:
    """Return how a case stood at a moment; None where nothing of it had been recorded. `lines` are oldest first."""
    known: Known | None = None
    for line in lines:
        if line.at <= until:
            known = _after(known, line)
    return known


def _after(known: Known | None, line: Step) -> Known:
    command = Command(line.command)
    state = State(line.to_state)
    now = replace(known or Known(state, line.risk_owner, line.area_version), state=state, risk_owner=line.risk_owner)
    now = replace(now, area_version=line.area_version, consent=_consent_after(now.consent, command))
    if command in (Command.MAKE_PLAN, Command.REVISE_PLAN):
        now = replace(now, plans=now.plans + 1, planned_at=line.at)
    return replace(now, clocks=_clocks_after(now.clocks, line))


def _consent_after(consent: Consent, command: Command) -> Consent:
    if command is Command.TURNED_18:
        return Consent.LAPSED if consent in _LAPSES else consent
    return _CONSENT.get(command, consent)


def _clocks_after(clocks: Mapping[ClockName, Running], line: Step) -> Mapping[ClockName, Running]:
    row = _row_of(line)
    if row is None:
        return clocks
    left = {name: running for name, running in clocks.items() if name not in row.stops}
    return left | {name: Running(name, line.at, line.area_version) for name in row.starts}


def _row_of(line: Step) -> Transition | None:
    """Return the row that a line of the history came by; None where the table has changed since."""
    source = State(line.from_state) if line.from_state else None
    target = None if line.from_state == line.to_state else line.to_state
    named: Sequence[Transition] = [row for row in TABLE if row.command == line.command]
    fitting = [row for row in named if (source in row.sources or (source is None and not row.sources))]
    return next((row for row in fitting if row.target in (target, line.to_state)), None)
