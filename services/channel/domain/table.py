"""The table of transitions: which command leads where, who may give it, what must be recorded, which clocks run."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from contracts.vocabulary import Outcome, ProgressStage, Role
from services.channel.domain.words import (
    Body,
    ClockName,
    Command,
    Practice,
    Situation,
    State,
)

Guard = Callable[[Situation, Practice], str]
"""Returns why the command is not offered here, or an empty text."""


@dataclass(frozen=True)
class Transition:
    """One row of the table; `target` None leaves the state, no roles means that only the police's event does it."""

    command: Command
    label: str
    sources: frozenset[State]
    target: State | None
    roles: frozenset[Role]
    records: tuple[str, ...] = ()
    starts: tuple[ClockName, ...] = ()
    stops: tuple[ClockName, ...] = ()
    outcome: Outcome | None = None
    tells: ProgressStage | None = None
    guards: tuple[Guard, ...] = ()


def _authority_decides(_: Situation, practice: Practice) -> str:
    if practice.decides is Body.LOCAL_AUTHORITY:
        return ""
    return "In this area the police decide on section 36(3) referrals; their decision is shown here when it is made."


def _decided_once(situation: Situation, _: Practice) -> str:
    return "The section 36 referral has already been made." if situation.section_36_made else ""


_TEAM = frozenset({Role.CHANNEL_COORDINATOR, Role.CHANNEL_SUPERVISOR})
_NOBODY: frozenset[Role] = frozenset()
_OFFERED = frozenset({State.OFFERED})
_HELD = frozenset({State.ACCEPTED, State.REFERRED})
_C = ClockName

TABLE: tuple[Transition, ...] = (
    Transition(Command.OPEN, "The police offer a pack", frozenset(), State.OFFERED, _NOBODY, ("risk_owner",),
               starts=(_C.ANSWER,)),
    Transition(Command.OFFER_AGAIN, "The police offer the pack again",
               frozenset({State.RETURNED, State.TAKEN_BACK}), State.OFFERED, _NOBODY, ("risk_owner",),
               starts=(_C.ANSWER,)),
    Transition(Command.RECEIVE_SECTION_36, "The police refer the person under section 36", frozenset({State.ACCEPTED}),
               State.REFERRED, _NOBODY, ("grounds",), stops=(_C.INFORMATION_GATHERING,)),
    Transition(Command.RECEIVE_SECTION_36, "The police refer the person under section 36",
               frozenset({State.GIVEN_BACK}), None, _NOBODY, ("grounds",)),
    Transition(Command.ACCEPT, "Accept the pack", _OFFERED, State.ACCEPTED, _TEAM, ("risk_owner",),
               starts=(_C.INFORMATION_GATHERING,), stops=(_C.ANSWER,), outcome=Outcome.PACK_ACCEPTED,
               tells=ProgressStage.SUPPORT_BEING_CONSIDERED),
    Transition(Command.RETURN, "Return the pack", _OFFERED, State.RETURNED, _TEAM, ("reason",), stops=(_C.ANSWER,),
               outcome=Outcome.PACK_RETURNED),
    Transition(Command.REFER, "Refer to the panel under section 36", frozenset({State.ACCEPTED}), State.REFERRED,
               _TEAM, ("grounds",), stops=(_C.INFORMATION_GATHERING,), outcome=Outcome.SECTION_36_REFERRAL,
               guards=(_authority_decides, _decided_once)),
    Transition(Command.GIVE_BACK, "Give the case back to the police", _HELD, State.GIVEN_BACK, _TEAM, ("reason",),
               stops=(_C.INFORMATION_GATHERING,)),
    Transition(Command.TAKEN_BACK, "The police take the case back", frozenset({State.GIVEN_BACK}), State.TAKEN_BACK,
               _NOBODY, ("risk_owner",)),
)  # fmt: skip

ACTIONS = (Command.ACCEPT, Command.RETURN, Command.REFER, Command.GIVE_BACK)

STATE_LABELS: Mapping[State, str] = {
    State.OFFERED: "Pack offered, waiting for an answer",
    State.ACCEPTED: "Accepted, information being gathered",
    State.RETURNED: "Returned to the police",
    State.REFERRED: "Referred to the panel under section 36",
    State.GIVEN_BACK: "Given back, waiting for the police to take it",
    State.TAKEN_BACK: "Taken back by the police",
}

ROLE_LABELS: Mapping[Role, str] = {
    Role.CHANNEL_COORDINATOR: "Channel coordinator",
    Role.CHANNEL_SUPERVISOR: "Channel supervisor",
}

SEE_AWARENESS = "see-awareness"
SEE_CASES = "see-cases"
WORK_CASES = "work-cases"


def permissions() -> Mapping[str, frozenset[Role]]:
    """Return who may do what, drawn from the table; the whole team reads."""
    table: dict[str, frozenset[Role]] = {SEE_AWARENESS: _TEAM, SEE_CASES: _TEAM}
    for row in TABLE:
        if row.roles:
            for name in (row.command.value, WORK_CASES):
                table[name] = table.get(name, frozenset()) | row.roles
    return table


def diagram() -> str:
    """Return the whole workflow as a Mermaid state diagram."""
    lines = ["stateDiagram-v2"]
    for row in TABLE:
        if row.target is None:
            continue
        for source in [str(state) for state in sorted(row.sources)] or ["[*]"]:
            name = source if source == "[*]" else source.replace("-", "_")
            lines.append(f"    {name} --> {row.target.replace('-', '_')}: {row.label}")
    return "\n".join(lines) + "\n"
