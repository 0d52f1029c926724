"""The decisions: pure functions over the table of transitions."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from services.triage.domain.table import (
    ASSESSING,
    BEFORE_CLEAR,
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


_ASKED_FOR: Mapping[str, str] = {
    "reason": "Choose why the referral is closed",
    "rationale": "Enter the rationale",
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


def offers(situation: Situation, roles: frozenset[str], practice: Practice) -> tuple[Offer, ...]:
    """Return every command that people may give, each with the reason why not now or not this person, if so."""
    shown: dict[Command, Offer] = {}
    for row in TABLE:
        if row.roles and (row.command not in shown or situation.state in row.sources):
            shown[row.command] = Offer(row.command, row.label, _refusal(row, situation, roles, practice))
    return tuple(shown.values())


def _refusal(row: Transition, situation: Situation, roles: frozenset[str], practice: Practice) -> str:
    refusals = [text for guard in row.guards if (text := guard(situation, practice))]
    if refusals:
        return refusals[0]
    if situation.state not in row.sources:
        if situation.state in BEFORE_CLEAR and row.sources == ASSESSING:
            return "The intelligence unit has not recorded “clear to proceed” yet."
        return f"Not from “{STATE_LABELS[situation.state]}”."
    if not roles & row.roles:
        return f"For {' or '.join(sorted(role.replace('-', ' ') for role in row.roles))} only."
    return ""
