"""The decisions: pure functions over the table of transitions."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from services.triage.domain.table import (
    ASSESSING,
    BEFORE_CLEAR,
    ROLE_LABELS,
    STATE_LABELS,
    TABLE,
    Transition,
)
from services.triage.domain.words import (
    ClosureReason,
    Command,
    NoIdeologyAlone,
    NotInThisState,
    NotOffered,
    NotRecorded,
    Practice,
    Record,
    Situation,
    State,
)


@dataclass(frozen=True)
class Step:
    """A decision taken: what changes when it is saved."""

    transition: Transition
    state: State
    risk_owner: str
    record: Record


@dataclass(frozen=True)
class Offer:
    """One command as a page shows it: allowed, or not and why."""

    command: Command
    label: str
    refusal: str


ALREADY_TAKEN = "You have this referral already."

_ASKED_FOR: Mapping[str, str] = {
    "reason": "Choose why the referral is closed",
    "rationale": "Enter the rationale",
    "finding": "Say in at least 20 characters what was found about the concern itself",
    "grounds": "Enter the reasonable grounds to believe that the person is vulnerable to being drawn into terrorism",
    "service": "Choose the service that is signposted to",
    "message": "Enter what the other service is to know and do",
    "risk_owner": "Name who owns the risk",
}

_NO_IDEOLOGY = re.compile(
    r"\b(there|is|was|are|no|not|any|clear|fixed|specific|particular|evidence|signs?|of|an?|the|lack|absence|without"
    r"|ideolog(?:y|ies|ical)|identified|found|seen|present|motivation|driver|basis|closed?|because|due|to|has|been)\b",
    re.IGNORECASE,
)


FINDING_LENGTH = 20
_CLAUSE = re.compile(r"[.;:!?\n]+")
_ABSENCE = re.compile(r"\b(no|not|non|none|nothing|never|without|lacks?|lacking|absen\w*)\b|n['’]t\b", re.IGNORECASE)


def row_for(command: Command, state: State | None) -> Transition:
    """Return the row for a command in a state (None: no referral yet); NotInThisState where there is none."""
    for row in TABLE:
        if row.command is command and (state in row.sources or (state is None and not row.sources)):
            return row
    label = next(row.label for row in TABLE if row.command is command)
    where = f"“{STATE_LABELS[state]}”" if state else "unknown here"
    raise NotInThisState(
        f"“{label}” is not possible now: the referral stands at {where}. Open it again to see what is offered."
    )


def decide(command: Command, situation: Situation, record: Record, practice: Practice) -> Step:
    """Return what changes when a command is carried out.

    Raises NotInThisState, NotOffered (area or facts), NotRecorded (with the field) and NoIdeologyAlone. A s.36 referral
    needs reasonable grounds in words (Counter-Terrorism and Security Act 2015 s.36(3)).
    """
    row = row_for(command, situation.state)
    for guard in row.guards:
        refusal = guard(situation, practice)
        if refusal:
            raise NotOffered(refusal)
    _check_recorded(row, record)
    if row.command is Command.SIGNPOST and record.service not in practice.services:
        raise NotRecorded("service", _ASKED_FOR["service"])
    owner = record.risk_owner.strip() if "risk_owner" in row.records else situation.risk_owner
    return Step(row, row.target or situation.state, owner, record)


def receive(practice: Practice) -> Step:
    """Return the first step of every referral: received, with the area's duty officer as risk owner."""
    row = row_for(Command.RECEIVE, None)
    record = Record(risk_owner=practice.duty_officer)
    _check_recorded(row, record)
    return Step(row, State.RECEIVED, practice.duty_officer.strip(), record)


def lacks(command: Command, state: State, record: Record) -> tuple[tuple[str, str], ...]:
    """Return (field, sentence) for everything that must be recorded with a command and is not."""
    return _lacking(row_for(command, state), record)


def _lacking(row: Transition, record: Record) -> tuple[tuple[str, str], ...]:
    return tuple((name, _ASKED_FOR[name]) for name in row.records if not str(getattr(record, name)).strip())


def _check_recorded(row: Transition, record: Record) -> None:
    for name, sentence in _lacking(row, record):
        raise NotRecorded(name, sentence)
    if row.command is Command.CLOSE:
        _check_closure(record)


def _check_closure(record: Record) -> None:
    only_ideology = "ideolog" in record.rationale.lower() and not re.search(
        r"\w", _NO_IDEOLOGY.sub("", record.rationale)
    )
    if record.reason == "no-ideology" or only_ideology:
        raise NoIdeologyAlone(
            "rationale" if only_ideology else "reason",
            "The absence of an ideology is not by itself a reason to close: people without a fixed ideology can still"
            " be drawn into terrorism. Say what was found about the concern itself",
        )
    if record.reason not in set(ClosureReason):
        raise NotRecorded("reason", _ASKED_FOR["reason"])
    _check_finding(record)


def _check_finding(record: Record) -> None:
    """Ask for words about the concern itself; sentences about ideology do not count once its absence is a reason."""
    if len(record.finding.strip()) < FINDING_LENGTH:
        raise NotRecorded("finding", _ASKED_FOR["finding"])
    clauses = _CLAUSE.split(f"{record.rationale}\n{record.finding}")
    if not any("ideolog" in clause.lower() and _ABSENCE.search(clause) for clause in clauses):
        return
    beyond = [clause.strip() for clause in _CLAUSE.split(record.finding) if "ideolog" not in clause.lower()]
    if len(" ".join(beyond).strip()) < FINDING_LENGTH:
        raise NoIdeologyAlone(
            "finding",
            "The absence of an ideology is not an answer about the concern itself. Say what was found about the"
            " concern, in a sentence of its own of at least 20 characters",
        )


def offers(
    situation: Situation, roles: frozenset[str], practice: Practice, *, taken: bool = False
) -> tuple[Offer, ...]:
    """Return every command that people may give, each with the reason why not now or not this person, if so.

    `taken` says that the person who looks has this referral already.
    """
    shown: dict[Command, Offer] = {}
    for row in TABLE:
        if row.roles and (row.command not in shown or situation.state in row.sources):
            refusal = _refusal(row, situation, roles, practice)
            if taken and row.command is Command.TAKE:
                refusal = refusal or ALREADY_TAKEN
            shown[row.command] = Offer(row.command, row.label, refusal)
    return tuple(shown.values())


def next_states(situation: Situation, practice: Practice) -> tuple[State, ...]:
    """Return the states that can come next here, whoever brings them about: what a guard rules out is left out."""
    rows = [row for row in TABLE if situation.state in row.sources and not _ruled_out(row, situation, practice)]
    following = {row.target for row in rows} - {None, situation.state}
    return tuple(state for state in State if state in following)


def _ruled_out(row: Transition, situation: Situation, practice: Practice) -> str:
    return next((text for guard in row.guards if (text := guard(situation, practice))), "")


def _refusal(row: Transition, situation: Situation, roles: frozenset[str], practice: Practice) -> str:
    if refusal := _ruled_out(row, situation, practice):
        return refusal
    if situation.state not in row.sources:
        if situation.state in BEFORE_CLEAR and row.sources == ASSESSING:
            return _held_back(situation)
        places = [f"“{STATE_LABELS[state]}”" for state in State if state in row.sources]
        return f"Possible only when the referral stands at {' or '.join(places)}."
    if not roles & row.roles:
        return f"{' or '.join(label for role, label in ROLE_LABELS.items() if role in row.roles)} only."
    return ""


def _held_back(situation: Situation) -> str:
    hold = situation.hold
    if hold is None:
        return "The intelligence unit has not recorded “clear to proceed” yet."
    if hold.outcome is Command.CONFLICT:
        return f"The intelligence unit recorded a conflict: speak to {hold.officer}, whose note is on the referral."
    return f"The intelligence unit asked for more time: {hold.officer} is the officer to speak to."
