"""The decisions: pure functions over the table of transitions."""

import re
from dataclasses import dataclass

from chassis.transitions import NotRecorded
from services.triage.domain.table import ASKED_FOR, WORKFLOW, Transition
from services.triage.domain.words import (
    ClosureReason,
    Command,
    NoIdeologyAlone,
    Practice,
    Record,
    Situation,
    State,
)

diagram = WORKFLOW.diagram
lacks = WORKFLOW.lacks
next_states = WORKFLOW.next_states
offers = WORKFLOW.offers
row_for = WORKFLOW.row_for


@dataclass(frozen=True)
class Step:
    """A decision taken: what changes when it is saved."""

    transition: Transition
    state: State
    risk_owner: str
    record: Record


_NO_IDEOLOGY = re.compile(
    r"\b(there|is|was|are|no|not|any|clear|fixed|specific|particular|evidence|signs?|of|an?|the|lack|absence|without"
    r"|ideolog(?:y|ies|ical)|identified|found|seen|present|motivation|driver|basis|closed?|because|due|to|has|been)\b",
    re.IGNORECASE,
)

FINDING_LENGTH = 20
_CLAUSE = re.compile(r"[.;:!?\n]+")
_ABSENCE = re.compile(r"\b(no|not|non|none|nothing|never|without|lacks?|lacking|absen\w*)\b|n['’]t\b", re.IGNORECASE)


def decide(command: Command, situation: Situation, record: Record, practice: Practice) -> Step:
    """Return what changes when a command is carried out.

    Raises NotInThisState, NotOffered (area or facts), NotRecorded (with the field) and NoIdeologyAlone. A s.36 referral
    needs reasonable grounds in words (Counter-Terrorism and Security Act 2015 s.36(3)).
    """
    row = WORKFLOW.offered(command, situation, practice)
    WORKFLOW.check_recorded(row, record)
    if command is Command.CLOSE:
        _check_closure(record)
    if command is Command.SIGNPOST and record.service not in practice.services:
        raise NotRecorded("service", ASKED_FOR["service"])
    owner = record.risk_owner.strip() if "risk_owner" in row.records else situation.risk_owner
    return Step(row, row.target or situation.state, owner, record)


def receive(practice: Practice) -> Step:
    """Return the first step of every referral: received, with the area's duty officer as risk owner."""
    row = row_for(Command.RECEIVE, None)
    record = Record(risk_owner=practice.duty_officer)
    WORKFLOW.check_recorded(row, record)
    return Step(row, State.RECEIVED, practice.duty_officer.strip(), record)


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
        raise NotRecorded("reason", ASKED_FOR["reason"])
    _check_finding(record)


def _check_finding(record: Record) -> None:
    """Ask for words about the concern itself; sentences about ideology do not count once its absence is a reason."""
    if len(record.finding.strip()) < FINDING_LENGTH:
        raise NotRecorded("finding", ASKED_FOR["finding"])
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
