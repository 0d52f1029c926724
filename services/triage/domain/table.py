"""The table of transitions: which command leads where, who may give it, what must be recorded, which clocks run."""

from collections.abc import Mapping
from dataclasses import dataclass

from chassis.transitions import Row, Workflow
from contracts.vocabulary import Outcome, ProgressStage, Role
from services.triage.domain.words import (
    Body,
    ClockName,
    Command,
    Practice,
    Situation,
    State,
)


@dataclass(frozen=True)
class Transition(Row[State, Command, Situation, Practice]):
    """One row of the table: what else it brings about; no roles mean that only another service's event does it."""

    starts: tuple[ClockName, ...] = ()
    stops: tuple[ClockName, ...] = ()
    outcome: Outcome | None = None
    tells: ProgressStage | None = None


def _form_is_read(situation: Situation, _: Practice) -> str:
    if situation.form_read:
        return ""
    return "The form has not been read yet: the intake desk completes it first, then a pack can be handed over."


def _authority_gathers(_: Situation, practice: Practice) -> str:
    if Body.LOCAL_AUTHORITY in (practice.gathers, practice.decides):
        return ""
    return "In this area the police gather the information themselves, so nothing is passed on for it."


def _police_decide(_: Situation, practice: Practice) -> str:
    if practice.decides is Body.POLICE:
        return ""
    return "In this area the local authority decides on section 36(3) referrals, in the Channel console."


def _decided_once(situation: Situation, _: Practice) -> str:
    # In force from its making until Channel returns the pack or the referral is opened again.
    return "The section 36 referral has already been made and is in force." if situation.section_36_made else ""


def _is_clear(situation: Situation, _: Practice) -> str:
    if situation.state not in _BEFORE_CLEAR:
        return ""
    hold = situation.hold
    if hold is None:
        return "The intelligence unit has not recorded “clear to proceed” yet."
    if hold.outcome is Command.CONFLICT:
        return f"The intelligence unit recorded a conflict: speak to {hold.officer}, whose note is on the referral."
    return f"The intelligence unit asked for more time: {hold.officer} is the officer to speak to."


def _taken_once(situation: Situation, _: Practice) -> str:
    return "You have this referral already." if situation.taken and not situation.urgent else ""


def _danger_waits(situation: Situation, _: Practice) -> str:
    if situation.urgent:
        return ""
    return "The decision has been made: it can be taken again only when immediate danger is told of anew."


_IMU = frozenset({Role.IMU_OFFICER})
_GATEWAY = frozenset({Role.GATEWAY_OFFICER, Role.GATEWAY_SUPERVISOR})
_NOBODY: frozenset[Role] = frozenset()
_UNDECIDED = frozenset({State.RECEIVED, State.DECONFLICTING, State.ASSESSING})
_BEFORE_CLEAR = frozenset({State.RECEIVED, State.DECONFLICTING})
_ASSESSING = frozenset({State.ASSESSING})
_OFFERED = frozenset({State.PASSED_ON, State.SECTION_36})
_C = ClockName
_DECIDED = (_C.ASSESSMENT, _C.URGENT)

TABLE: tuple[Transition, ...] = (
    Transition(Command.RECEIVE, "Receive the referral", frozenset(), State.RECEIVED, _NOBODY, ("risk_owner",),
               starts=(_C.DECONFLICTION, _C.ASSESSMENT)),
    Transition(Command.VERSION_ADDED, "A later version of the form arrives", frozenset(State), None, _NOBODY),
    Transition(Command.TAKE, "Take this referral", _UNDECIDED, None, _GATEWAY, stops=(_C.URGENT,),
               guards=(_taken_once,)),
    Transition(Command.TAKE, "Take this referral", frozenset(State) - _UNDECIDED, None, _GATEWAY, stops=(_C.URGENT,),
               guards=(_danger_waits,)),
    Transition(Command.CLEAR, "Record: clear to proceed", _BEFORE_CLEAR, State.ASSESSING, _IMU,
               stops=(_C.DECONFLICTION,), tells=ProgressStage.BEING_ASSESSED),
    Transition(Command.CONFLICT, "Record: conflict", _UNDECIDED, State.DECONFLICTING, _IMU, ("rationale",),
               starts=(_C.DECONFLICTION,)),
    Transition(Command.MORE_TIME, "Record: more time needed", _BEFORE_CLEAR, State.DECONFLICTING, _IMU,
               ("rationale",), starts=(_C.DECONFLICTION,)),
    Transition(Command.CLOSE, "Close: no further action", _ASSESSING, State.CLOSED, _GATEWAY,
               ("reason", "finding", "rationale"), stops=_DECIDED, outcome=Outcome.CLOSED,
               tells=ProgressStage.CLOSED, guards=(_is_clear,)),
    Transition(Command.SIGNPOST, "Signpost to another service", _ASSESSING, State.SIGNPOSTED, _GATEWAY,
               ("service", "message", "rationale"), starts=(_C.SIGNPOST,), stops=_DECIDED,
               outcome=Outcome.SIGNPOSTED, tells=ProgressStage.PASSED_TO_ANOTHER_SERVICE, guards=(_is_clear,)),
    Transition(Command.PLP, "Take into police-led partnership", _ASSESSING, State.PLP, _GATEWAY, ("rationale",),
               stops=_DECIDED, outcome=Outcome.PLP, guards=(_is_clear,)),
    Transition(Command.PASS_ON, "Pass on for information gathering", _ASSESSING, State.PASSED_ON, _GATEWAY,
               ("rationale",), starts=(_C.ACCEPTANCE,), stops=_DECIDED, outcome=Outcome.INFORMATION_GATHERING,
               tells=ProgressStage.SUPPORT_BEING_CONSIDERED, guards=(_authority_gathers, _form_is_read, _is_clear)),
    Transition(Command.SECTION_36, "Refer to the panel under section 36", _ASSESSING, State.SECTION_36, _GATEWAY,
               ("grounds", "rationale"), starts=(_C.ACCEPTANCE,), stops=_DECIDED,
               outcome=Outcome.SECTION_36_REFERRAL, tells=ProgressStage.SUPPORT_BEING_CONSIDERED,
               guards=(_police_decide, _decided_once, _form_is_read, _is_clear)),
    Transition(Command.SECTION_36, "Refer to the panel under section 36", frozenset({State.HANDED_OVER}), None,
               _GATEWAY, ("grounds", "rationale"), outcome=Outcome.SECTION_36_REFERRAL,
               stops=(_C.URGENT,), guards=(_police_decide, _decided_once, _form_is_read)),
    Transition(Command.PACK_ACCEPTED, "Channel accepts the pack", _OFFERED, State.HANDED_OVER, _NOBODY,
               ("risk_owner",), stops=(_C.ACCEPTANCE,)),
    Transition(Command.PACK_RETURNED, "Channel returns the pack", _OFFERED, State.ASSESSING, _NOBODY, ("rationale",),
               starts=(_C.ASSESSMENT,), stops=(_C.ACCEPTANCE,)),
    Transition(Command.GIVEN_BACK, "Channel gives the case back", frozenset({State.HANDED_OVER}), State.GIVEN_BACK,
               _NOBODY, ("rationale",), starts=(_C.ACCEPTANCE,)),
    Transition(Command.TAKE_BACK, "Take back into police-led partnership", frozenset({State.GIVEN_BACK}), State.PLP,
               _GATEWAY, ("rationale", "risk_owner"), stops=(_C.ACCEPTANCE, _C.URGENT), outcome=Outcome.PLP),
    Transition(Command.ACKNOWLEDGED, "The other service acknowledges the signpost", frozenset(State), None, _NOBODY,
               stops=(_C.SIGNPOST,)),
    Transition(Command.REOPEN, "Reopen", frozenset({State.CLOSED, State.SIGNPOSTED, State.PLP}), State.RECEIVED,
               _GATEWAY, ("rationale",), starts=(_C.DECONFLICTION, _C.ASSESSMENT)),
)  # fmt: skip

DECISIONS = (
    Command.CLOSE,
    Command.SIGNPOST,
    Command.PLP,
    Command.PASS_ON,
    Command.SECTION_36,
    Command.TAKE_BACK,
    Command.REOPEN,
)
DECONFLICTION = (Command.CLEAR, Command.CONFLICT, Command.MORE_TIME)

STATE_LABELS: Mapping[State, str] = {
    State.RECEIVED: "Received, waiting for deconfliction",
    State.DECONFLICTING: "In deconfliction",
    State.ASSESSING: "In Gateway assessment",
    State.CLOSED: "Closed",
    State.SIGNPOSTED: "Signposted to another service",
    State.PLP: "Police-led partnership",
    State.PASSED_ON: "Passed on for information gathering, waiting for acceptance",
    State.SECTION_36: "Referred under section 36, waiting for acceptance",
    State.HANDED_OVER: "Handed over to Channel",
    State.GIVEN_BACK: "Given back by Channel, waiting to be taken",
}

HOLD_LABELS: Mapping[Command, str] = {
    Command.CONFLICT: "Conflict recorded",
    Command.MORE_TIME: "More time asked",
}

ASKED_FOR: Mapping[str, str] = {
    "reason": "Choose why the referral is closed",
    "rationale": "Enter the rationale",
    "finding": "Say in at least 20 characters what was found about the concern itself",
    "grounds": "Enter the reasonable grounds to believe that the person is vulnerable to being drawn into terrorism",
    "service": "Choose the service that is signposted to",
    "message": "Enter what the other service is to know and do",
    "risk_owner": "Name who owns the risk",
}

WORKFLOW: Workflow[State, Command, Situation, Practice, Transition] = Workflow(
    TABLE, "referral", STATE_LABELS, ASKED_FOR
)

SEE_IMU_QUEUE = "see-imu-queue"
SEE_GATEWAY_QUEUE = "see-gateway-queue"
SEE_REFERRAL = "see-referral"
DECONFLICT = "deconflict"
DECIDE = "decide"
LINK = "link-referrals"


def permissions() -> Mapping[str, frozenset[Role]]:
    """Return who may do what, drawn from the table; reading is for both police teams."""
    return {
        SEE_IMU_QUEUE: _IMU | {Role.GATEWAY_SUPERVISOR},
        SEE_GATEWAY_QUEUE: _GATEWAY,
        SEE_REFERRAL: _IMU | _GATEWAY,
        DECONFLICT: WORKFLOW.roles_for(DECONFLICTION),
        DECIDE: WORKFLOW.roles_for(DECISIONS),
        LINK: _IMU | _GATEWAY,
        **WORKFLOW.permissions(),
    }
