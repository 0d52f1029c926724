"""The table of transitions: which command leads where, who may give it, what must be recorded, which clocks run."""

from collections.abc import Mapping
from dataclasses import dataclass

from chassis.transitions import Row, Workflow
from contracts.vocabulary import Outcome, ProgressStage, Role
from services.channel.domain.words import (
    Body,
    ClockName,
    Command,
    Practice,
    Situation,
    State,
)


@dataclass(frozen=True)
class Transition(Row[State, Command, Situation, Practice]):
    """One row of the table: what else it brings about; no roles mean that only the police's event does it."""

    starts: tuple[ClockName, ...] = ()
    stops: tuple[ClockName, ...] = ()
    outcome: Outcome | None = None
    tells: ProgressStage | None = None


def _authority_decides(_: Situation, practice: Practice) -> str:
    if practice.decides is Body.LOCAL_AUTHORITY:
        return ""
    return "In this area the police decide on section 36(3) referrals; their decision is shown here when it is made."


def _decided_once(situation: Situation, _: Practice) -> str:
    return "The section 36 referral has already been made." if situation.section_36_made else ""


def _referred_before(situation: Situation, _: Practice) -> str:
    return "" if situation.section_36_made else "The pack brought no section 36 referral."


def _not_referred_yet(situation: Situation, _: Practice) -> str:
    if situation.section_36_made:
        return "The section 36 referral has already been made, so the information was gathered before it."
    return ""


_TEAM = frozenset({Role.CHANNEL_COORDINATOR, Role.CHANNEL_SUPERVISOR})
_NOBODY: frozenset[Role] = frozenset()
_OFFERED = frozenset({State.OFFERED})
_WORKED = frozenset({State.ACCEPTED, State.GATHERED})
_WITHDRAWN = frozenset({State.WITHDRAWN, State.STOPPED})
_HELD = _WORKED | {State.REFERRED}
_C = ClockName

TABLE: tuple[Transition, ...] = (
    Transition(Command.OPEN, "The police offer a pack", frozenset(), State.OFFERED, _NOBODY, ("risk_owner",),
               starts=(_C.ANSWER,)),
    Transition(Command.OFFER_AGAIN, "The police offer the pack again",
               frozenset({State.RETURNED, State.TAKEN_BACK}) | _WITHDRAWN, State.OFFERED, _NOBODY, ("risk_owner",),
               starts=(_C.ANSWER,)),
    Transition(Command.RECEIVE_SECTION_36, "The police refer the person under section 36", _WORKED, State.REFERRED,
               _NOBODY, ("grounds",), stops=(_C.INFORMATION_GATHERING, _C.DECISION)),
    Transition(Command.RECEIVE_SECTION_36, "The police refer the person under section 36",
               frozenset({State.GIVEN_BACK}), None, _NOBODY, ("grounds",)),
    Transition(Command.ACCEPT, "Accept the pack", _OFFERED, State.ACCEPTED, _TEAM, ("risk_owner",),
               starts=(_C.INFORMATION_GATHERING,), stops=(_C.ANSWER,), outcome=Outcome.PACK_ACCEPTED,
               tells=ProgressStage.SUPPORT_BEING_CONSIDERED),
    Transition(Command.TO_PANEL, "The accepted pack brought the section 36 referral", frozenset({State.ACCEPTED}),
               State.REFERRED, _NOBODY, stops=(_C.INFORMATION_GATHERING,), guards=(_referred_before,)),
    Transition(Command.RETURN, "Return the pack", _OFFERED, State.RETURNED, _TEAM, ("reason",), stops=(_C.ANSWER,),
               outcome=Outcome.PACK_RETURNED),
    Transition(Command.GATHERED, "Record the information gathering as complete", frozenset({State.ACCEPTED}),
               State.GATHERED, _TEAM, ("summary", "gathered_by"), starts=(_C.DECISION,),
               stops=(_C.INFORMATION_GATHERING,), guards=(_not_referred_yet,)),
    Transition(Command.REFER, "Refer to the panel under section 36", frozenset({State.GATHERED}), State.REFERRED,
               _TEAM, ("grounds",), stops=(_C.DECISION,), outcome=Outcome.SECTION_36_REFERRAL,
               guards=(_authority_decides, _decided_once)),
    Transition(Command.GIVE_BACK, "Give the case back to the police", _HELD, State.GIVEN_BACK, _TEAM, ("reason",),
               stops=(_C.INFORMATION_GATHERING, _C.DECISION)),
    Transition(Command.TAKEN_BACK, "The police take the case back", frozenset({State.GIVEN_BACK}), State.TAKEN_BACK,
               _NOBODY, ("risk_owner",)),
    # Whatever the team has done meanwhile: the police have not handled it, and never stopped being risk owner.
    Transition(Command.WITHDRAW, "The police take the pack back", frozenset(State) - _WITHDRAWN, State.WITHDRAWN,
               _NOBODY, ("risk_owner", "speak_to"), stops=tuple(_C)),
    Transition(Command.CONFIRM, "Confirm that nobody here acts", frozenset({State.WITHDRAWN}), State.STOPPED, _TEAM),
    Transition(Command.HALT, "The police ask you to wait", frozenset(State), None, _NOBODY, ("speak_to",)),
    Transition(Command.GO_ON, "The police say that you may go on", frozenset(State), None, _NOBODY),
)  # fmt: skip

ACTIONS = (Command.ACCEPT, Command.RETURN, Command.GATHERED, Command.REFER, Command.GIVE_BACK, Command.CONFIRM)
HALTS = (Command.WITHDRAW, Command.HALT)
ENDS_HALT = (Command.GO_ON, Command.OFFER_AGAIN, Command.TAKEN_BACK)

STATE_LABELS: Mapping[State, str] = {
    State.OFFERED: "Pack offered, waiting for an answer",
    State.ACCEPTED: "Accepted, information being gathered",
    State.GATHERED: "Information gathered, waiting for the section 36 decision",
    State.RETURNED: "Returned to the police",
    State.REFERRED: "Referred to the panel under section 36",
    State.GIVEN_BACK: "Given back, waiting for the police to take it",
    State.TAKEN_BACK: "Taken back by the police",
    State.WITHDRAWN: "Pack taken back by the police: do not act",
    State.STOPPED: "Pack taken back by the police, nobody here acts",
}

ASKED_FOR: Mapping[str, str] = {
    "reason": "Enter the reason, so that the police know what to do next",
    "grounds": "Enter the reasonable grounds to believe that the person is vulnerable to being drawn into terrorism",
    "risk_owner": "Name who owns the risk",
    "summary": "Say what was found, or that nothing was",
    "speak_to": "Name whom to speak to",
    "gathered_by": "Name who gathered the information, for example the team and the officer",
}

OUTCOME_LABELS: Mapping[str, str] = {
    Outcome.RECEIVED: "Opened again, not decided yet",
    Outcome.CLOSED: "Closed: no further action",
    Outcome.SIGNPOSTED: "Signposted to another service",
    Outcome.PLP: "Police-led partnership",
    Outcome.INFORMATION_GATHERING: "Passed on for information gathering",
    Outcome.SECTION_36_REFERRAL: "Referred to the panel under section 36",
    Outcome.WITHDRAWN: "Withdrawn",
    Outcome.TRANSFERRED: "Transferred to another force",
}
"""What the police decided, as the awareness list says it."""

# Who decides is the area's choice in every state: no other state would let a command begin that it rules out.
WORKFLOW: Workflow[State, Command, Situation, Practice, Transition] = Workflow(
    TABLE, "case", STATE_LABELS, ASKED_FOR, about_state=(_authority_decides,)
)

SEE_AWARENESS = "see-awareness"
SEE_CASES = "see-cases"
WORK_CASES = "work-cases"


def permissions() -> Mapping[str, frozenset[Role]]:
    """Return who may do what, drawn from the table; the whole team reads."""
    reading = {SEE_AWARENESS: _TEAM, SEE_CASES: _TEAM}
    return {**reading, WORK_CASES: WORKFLOW.roles_for(ACTIONS), **WORKFLOW.permissions()}
