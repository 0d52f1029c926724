"""The decisions: pure functions over the table of transitions."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace

from chassis.deadlines import PauseReason
from chassis.transitions import NotRecorded
from services.triage.domain.closing import check_closure, check_owner
from services.triage.domain.concerns import check_concern
from services.triage.domain.safeguarding import Withdrawal, Wrong
from services.triage.domain.standing import Practice, Record, Situation
from services.triage.domain.table import ASKED_FOR, TABLE, WORKFLOW, Transition
from services.triage.domain.words import ClockName, Command, Finding, State

diagram = WORKFLOW.diagram
lacks = WORKFLOW.lacks
next_states = WORKFLOW.next_states
offers = WORKFLOW.offers
row_for = WORKFLOW.row_for


def starts_from(command: Command, state: State) -> bool:
    """Say whether a command is possible in a state at all, whatever the facts."""
    return any(row.command is command and state in row.sources for row in TABLE)


@dataclass(frozen=True)
class Step:
    """A decision taken: what changes when it is saved."""

    transition: Transition
    state: State
    risk_owner: str
    record: Record


def decide(command: Command, situation: Situation, record: Record, practice: Practice) -> Step:
    """Return what changes when a command is carried out.

    Raises NotInThisState, NotOffered (area or facts), NotRecorded (with the field) and NoIdeologyAlone. A s.36 referral
    needs reasonable grounds in words (Counter-Terrorism and Security Act 2015 s.36(3)).
    """
    row = WORKFLOW.offered(command, situation, practice)
    record = completed(command, situation, record)
    WORKFLOW.check_recorded(row, record)
    check_concern(row, record)
    if command in _CHECKS:
        _CHECKS[command](situation, record, practice)
    owner = record.risk_owner.strip() if "risk_owner" in row.records else situation.risk_owner
    if command is Command.REOPEN and situation.state is State.TRANSFERRED:
        owner = situation.acting or practice.duty_officer
    return Step(row, row.target or situation.state, owner, _asked_only(row, record))


def _asked_only(row: Transition, record: Record) -> Record:
    """Return the record without what the row does not ask for: no rule has looked at what was sent beside it."""
    asked = {each.name for each in fields(record)} - (ASKED_FOR.keys() - set(row.records))
    return Record(**{name: getattr(record, name) for name in asked})


def completed(command: Command, situation: Situation, record: Record) -> Record:
    """Return the record with what the facts say and nobody types: who takes over, what closure was proposed."""
    if command in {Command.TAKE_BACK, Command.TAKE_RISK}:
        return replace(record, risk_owner=situation.acting)
    if command is Command.SIGN_OFF and situation.proposal is not None:
        return replace(record, risk_owner=situation.proposal.risk_owner, review_on=situation.proposal.review_on)
    return record


def receive(practice: Practice) -> Step:
    """Return the first step of every referral: received, with the area's duty officer as risk owner."""
    row = row_for(Command.RECEIVE, None)
    record = Record(risk_owner=practice.duty_officer)
    WORKFLOW.check_recorded(row, record)
    return Step(row, State.RECEIVED, practice.duty_officer.strip(), record)


def _check_closure(situation: Situation, record: Record, _: Practice) -> None:
    check_closure(situation, record)


def _check_owner(situation: Situation, record: Record, _: Practice) -> None:
    check_owner(situation, record)


def _check_withdrawal(situation: Situation, record: Record, _: Practice) -> None:
    if record.reason not in set(Withdrawal):
        raise NotRecorded("reason", ASKED_FOR["reason"])
    check_owner(situation, record)


def _check_correction(_: Situation, record: Record, __: Practice) -> None:
    if record.reason not in set(Wrong):
        raise NotRecorded("reason", "Choose what was wrong")


def _check_service(_: Situation, record: Record, practice: Practice) -> None:
    if record.service not in practice.services:
        raise NotRecorded("service", ASKED_FOR["service"])


def _check_force(_: Situation, record: Record, practice: Practice) -> None:
    if record.force not in practice.forces:
        raise NotRecorded("force", ASKED_FOR["force"])


def _check_assessment(_: Situation, record: Record, __: Practice) -> None:
    if record.reason not in set(Finding):
        raise NotRecorded("reason", "Choose what the assessment concludes")


def _check_clock(_: Situation, record: Record, __: Practice) -> None:
    if record.clock not in set(ClockName):
        raise NotRecorded("clock", ASKED_FOR["clock"])


def _check_pause(situation: Situation, record: Record, practice: Practice) -> None:
    _check_clock(situation, record, practice)
    if record.reason not in set(PauseReason):
        raise NotRecorded("reason", "Choose why it stands still")


_CHECKS: Mapping[Command, Callable[[Situation, Record, Practice], None]] = {
    Command.ASSESS: _check_assessment,
    Command.EXTEND: _check_clock,
    Command.PAUSE: _check_pause,
    Command.RESUME: _check_clock,
    Command.CLOSE: _check_closure,
    Command.PROPOSE: _check_closure,
    Command.SIGNPOST: _check_service,
    Command.PLP: _check_owner,
    Command.WITHDRAW: _check_withdrawal,
    Command.CORRECT: _check_correction,
    Command.TRANSFER: _check_force,
}
