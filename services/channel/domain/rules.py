"""The decisions: pure functions over the table of transitions."""

from collections.abc import Mapping
from dataclasses import dataclass

from services.channel.domain.table import ROLE_LABELS, STATE_LABELS, TABLE, Transition
from services.channel.domain.words import (
    Command,
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
    "reason": "Enter the reason, so that the police know what to do next",
    "grounds": "Enter the reasonable grounds to believe that the person is vulnerable to being drawn into terrorism",
    "risk_owner": "Name who owns the risk",
}


def row_for(command: Command, state: State | None) -> Transition:
    """Return the row of the table for a command in a state (None: no case yet); NotInThisState where there is none."""
    for row in TABLE:
        if row.command is command and (state in row.sources or (state is None and not row.sources)):
            return row
    label = next(row.label for row in TABLE if row.command is command)
    where = f"“{STATE_LABELS[state]}”" if state else "unknown here"
    raise NotInThisState(
        f"“{label}” is not possible now: the case stands at {where}. Open it again to see what is offered."
    )


def lacks(command: Command, state: State, record: Record) -> tuple[tuple[str, str], ...]:
    """Return (field, sentence) for everything that must be recorded with a command and is not."""
    return _lacking(row_for(command, state), record)


def _lacking(row: Transition, record: Record) -> tuple[tuple[str, str], ...]:
    return tuple((name, _ASKED_FOR[name]) for name in row.records if not str(getattr(record, name)).strip())


def open_with(risk_owner: str) -> Step:
    """Return the first step of a case: offered, with the police's risk owner until the pack is accepted."""
    row = row_for(Command.OPEN, None)
    return _step(row, State.OFFERED, Record(risk_owner=risk_owner), "")


def decide(command: Command, situation: Situation, record: Record, practice: Practice) -> Step:
    """Return what changes when a command is carried out.

    Raises NotInThisState, NotOffered (area or facts) and NotRecorded (with the field). A referral to the panel needs
    reasonable grounds in words (Counter-Terrorism and Security Act 2015 s.36(3)).
    """
    row = row_for(command, situation.state)
    for guard in row.guards:
        refusal = guard(situation, practice)
        if refusal:
            raise NotOffered(refusal)
    return _step(row, situation.state, record, situation.risk_owner)


def _step(row: Transition, state: State, record: Record, owner: str) -> Step:
    for name, sentence in _lacking(row, record):
        raise NotRecorded(name, sentence)
    taker = record.risk_owner.strip() if "risk_owner" in row.records else owner
    return Step(row, row.target or state, taker, record)


def offers(situation: Situation, roles: frozenset[str], practice: Practice) -> tuple[Offer, ...]:
    """Return every command that people may ever give, each with the reason why not now or not this person, if so."""
    people = [row for row in TABLE if row.roles]
    return tuple(Offer(row.command, row.label, _refusal(row, situation, roles, practice)) for row in people)


def _refusal(row: Transition, situation: Situation, roles: frozenset[str], practice: Practice) -> str:
    refusals = [text for guard in row.guards if (text := guard(situation, practice))]
    if refusals:
        return refusals[0]
    if situation.state not in row.sources:
        places = [f"“{STATE_LABELS[state]}”" for state in State if state in row.sources]
        return f"Possible only when the case stands at {' or '.join(places)}."
    if not roles & row.roles:
        return f"{' or '.join(label for role, label in ROLE_LABELS.items() if role in row.roles)} only."
    return ""
