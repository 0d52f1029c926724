"""The table of transitions: which command leads where, who may give it, what must be recorded, which clocks run."""

from collections.abc import Mapping
from dataclasses import dataclass

from chassis.transitions import Row, Workflow
from contracts.vocabulary import Outcome, ProgressStage, Role
from services.triage.domain import guards as g
from services.triage.domain.packing import pack_to_pass_on, pack_to_refer
from services.triage.domain.standing import Practice, Situation
from services.triage.domain.words import ClockName, Command, State


@dataclass(frozen=True)
class Transition(Row[State, Command, Situation, Practice]):
    """One row of the table: what else it brings about; no roles mean that only an event or the clock does it."""

    starts: tuple[ClockName, ...] = ()
    stops: tuple[ClockName, ...] = ()
    outcome: Outcome | None = None
    tells: ProgressStage | None = None


_IMU = frozenset({Role.IMU_OFFICER})
_SUPERVISOR = frozenset({Role.GATEWAY_SUPERVISOR})
_GATEWAY = frozenset({Role.GATEWAY_OFFICER, Role.GATEWAY_SUPERVISOR})
_NOBODY: frozenset[Role] = frozenset()
_ALL = frozenset(State)
_S, _C = State, ClockName
_NOT_CLEAR = frozenset({_S.RECEIVED, _S.DECONFLICTING})
_DECIDABLE = frozenset({_S.ASSESSING, _S.DECIDING})
_UNDECIDED = _NOT_CLEAR | {_S.CONFLICT, _S.ASSESSING, _S.GATHERING, _S.DECIDING}
_LED_HERE = _DECIDABLE | {_S.SIGNPOSTED, _S.PLP}
_ENDED = frozenset({_S.CLOSED, _S.WITHDRAWN, _S.TRANSFERRED})
_OFFERED = frozenset({_S.PASSED_ON, _S.SECTION_36})
_PATHWAY = (_C.ASSESSMENT, _C.GATHERING, _C.DECISION)
_DECIDED = (*_PATHWAY, _C.URGENT)
_ENDING = (*_DECIDED, _C.PLP_REVIEW, _C.SIGN_OFF)
_CLOSURE = ("reason", "finding", "rationale", "alternatives", "earlier", "concern", "risk_owner", "review_on")
_SIGNPOSTED, _LOOK = frozenset({_S.SIGNPOSTED}), (_C.ASSESSMENT,)
_MAY_END = (g.earlier_is_answered, g.nothing_is_open)
_WITH_CHANNEL = frozenset({_S.HANDED_OVER, _S.GIVEN_BACK})
_PURSUE_OFFERED = frozenset({_S.PURSUE_OFFERED})
# The review of a partnership runs on while its closure is looked at; the other clocks begin anew.
_SENT_BACK = (
    (_S.ASSESSING, (_C.ASSESSMENT,), (_C.SIGN_OFF, _C.PLP_REVIEW)),
    (_S.DECIDING, (_C.DECISION,), (_C.SIGN_OFF, _C.PLP_REVIEW)),
    (_S.SIGNPOSTED, (_C.ASSESSMENT,), (_C.SIGN_OFF, _C.PLP_REVIEW)),
    (_S.PLP, (), (_C.SIGN_OFF,)),
)

TABLE: tuple[Transition, ...] = (
    Transition(Command.RECEIVE, "Receive the referral", frozenset(), _S.RECEIVED, _NOBODY, ("risk_owner",),
               starts=(_C.DECONFLICTION, _C.ASSESSMENT)),
    Transition(Command.VERSION_ADDED, "A later version of the form arrives", _ALL, None, _NOBODY),
    Transition(Command.TAKE, "Take this referral", _UNDECIDED, None, _GATEWAY, stops=(_C.URGENT,),
               guards=(g.taken_once,)),
    Transition(Command.TAKE, "Take this referral", _ALL - _UNDECIDED, None, _GATEWAY, stops=(_C.URGENT,),
               guards=(g.danger_waits,)),
    Transition(Command.ALLOCATE, "Allocate to an officer", _ALL - _ENDED, None, _SUPERVISOR, ("officer",)),
    Transition(Command.TAKE_RISK, "Take over the risk",
               _ALL - {_S.PURSUE, _S.HANDED_OVER, _S.GIVEN_BACK, _S.TRANSFERRED}, None, _GATEWAY,
               ("rationale", "risk_owner"), guards=(g.is_not_owner,)),
    Transition(Command.NOTE, "Add a note", _ALL, None, _GATEWAY, ("rationale",)),

    Transition(Command.CLEAR, "Record: clear to proceed", _NOT_CLEAR, _S.ASSESSING, _IMU, stops=(_C.DECONFLICTION,),
               tells=ProgressStage.BEING_ASSESSED),
    Transition(Command.CLEAR, "Record: clear to proceed", frozenset({_S.CONFLICT, _S.PURSUE}), _S.ASSESSING, _IMU,
               starts=(_C.ASSESSMENT,), stops=(_C.CONFLICT, _C.PURSUE)),
    Transition(Command.CLEAR, "Record: clear to proceed", _WITH_CHANNEL, None, _IMU, stops=(_C.CONFLICT,),
               guards=(g.a_conflict_stands,)),
    Transition(Command.CONFLICT, "Record: conflict", _UNDECIDED | _LED_HERE | {_S.CLOSING}, _S.CONFLICT, _IMU,
               ("rationale",), starts=(_C.CONFLICT,),
               stops=(_C.DECONFLICTION, *_PATHWAY, _C.PLP_REVIEW, _C.SIGN_OFF)),
    # What is on offer is taken back from whoever has not accepted it yet.
    Transition(Command.CONFLICT, "Record: conflict", _OFFERED | {_S.TRANSFERRING}, _S.CONFLICT, _IMU, ("rationale",),
               starts=(_C.CONFLICT,), stops=(_C.ACCEPTANCE, _C.TRANSFER)),
    # The risk is Channel's from its acceptance on: it is asked to stop, and the referral stays where it is.
    Transition(Command.CONFLICT, "Record: conflict", _WITH_CHANNEL, None, _IMU, ("rationale",), starts=(_C.CONFLICT,),
               guards=(g.no_conflict_stands,)),
    Transition(Command.MORE_TIME, "Record: more time needed", _NOT_CLEAR, _S.DECONFLICTING, _IMU, ("rationale",),
               starts=(_C.DECONFLICTION,)),
    Transition(Command.OFFER_PURSUIT, "Offer to the investigation", frozenset({_S.CONFLICT}), _S.PURSUE_OFFERED,
               _IMU | _SUPERVISOR, ("officer", "rationale"), starts=(_C.CONFLICT,)),
    Transition(Command.PURSUE, "Record that the investigation accepts", _PURSUE_OFFERED, _S.PURSUE,
               _IMU | _SUPERVISOR, ("risk_owner", "rationale"), starts=(_C.PURSUE,), stops=(_C.CONFLICT, _C.URGENT)),
    Transition(Command.PURSUIT_REFUSED, "Record that the investigation refuses", _PURSUE_OFFERED, _S.CONFLICT,
               _IMU | _SUPERVISOR, ("rationale",), starts=(_C.CONFLICT,)),
    Transition(Command.PURSUIT_CALLED_BACK, "Call the offer to the investigation back", _PURSUE_OFFERED, _S.CONFLICT,
               _IMU | _SUPERVISOR, ("rationale",), starts=(_C.CONFLICT,)),

    Transition(Command.ASSESS, "Complete a Gateway assessment",
               _DECIDABLE | {_S.GATHERING, _S.PLP, _S.SIGNPOSTED}, None, _GATEWAY, ("reason",),
               guards=(g.is_clear,)),
    # A referral from before assessments were kept may have been handed over without one, which section 36 rests on.
    Transition(Command.ASSESS, "Complete a Gateway assessment", frozenset({_S.HANDED_OVER}), None, _GATEWAY,
               ("reason",), guards=(g.is_not_assessed,)),
    Transition(Command.GATHER, "Gather information", _DECIDABLE, _S.GATHERING, _GATEWAY, ("rationale",),
               starts=(_C.GATHERING,), stops=(_C.ASSESSMENT, _C.DECISION, _C.URGENT),
               guards=(g.is_clear, g.police_gather, g.is_assessed)),
    Transition(Command.REQUEST, "Ask a partner for information", frozenset({_S.GATHERING}), None, _GATEWAY,
               ("officer", "message")),
    Transition(Command.GATHERED, "Record information gathering as complete", frozenset({_S.GATHERING}), _S.DECIDING,
               _GATEWAY, ("rationale",), starts=(_C.DECISION,), stops=(_C.GATHERING,), guards=(g.no_request_is_open,)),

    Transition(Command.CLOSE, "Close: no further action", _LED_HERE, _S.CLOSED, _GATEWAY, _CLOSURE,
               starts=(_C.CLOSURE_REVIEW,), stops=_ENDING, outcome=Outcome.CLOSED, tells=ProgressStage.CLOSED,
               guards=(g.is_clear, g.is_assessed, *_MAY_END, g.one_person_closes)),
    Transition(Command.PROPOSE, "Propose to close", _LED_HERE, _S.CLOSING, _GATEWAY, _CLOSURE, starts=(_C.SIGN_OFF,),
               stops=_DECIDED, guards=(g.is_clear, g.is_assessed, *_MAY_END, g.two_people_close)),
    Transition(Command.SIGN_OFF, "Sign the closure off", frozenset({_S.CLOSING}), _S.CLOSED, _SUPERVISOR,
               ("rationale", "risk_owner", "review_on"), starts=(_C.CLOSURE_REVIEW,), stops=_ENDING,
               outcome=Outcome.CLOSED, tells=ProgressStage.CLOSED, guards=(g.second_person, *_MAY_END)),
    *(Transition(Command.SEND_BACK, "Send the closure back", frozenset({_S.CLOSING}), back, _GATEWAY, ("rationale",),
                 starts=starts, stops=stops, guards=(g.proposed_from(back),)) for back, starts, stops in _SENT_BACK),
    Transition(Command.REVIEW, "Record the review of the closure", frozenset({_S.CLOSED}), None, _GATEWAY,
               ("rationale",), stops=(_C.CLOSURE_REVIEW,), outcome=Outcome.REVIEWED),

    Transition(Command.SIGNPOST, "Signpost to another service", _DECIDABLE, _S.SIGNPOSTED, _GATEWAY,
               ("service", "message", "rationale", "concern"), stops=_DECIDED, outcome=Outcome.SIGNPOSTED,
               tells=ProgressStage.PASSED_TO_ANOTHER_SERVICE, guards=(g.is_clear, g.is_assessed)),
    Transition(Command.SIGNPOST, "Signpost to another service", frozenset({_S.SIGNPOSTED, _S.PLP}), None, _GATEWAY,
               ("service", "message", "rationale"), stops=(_C.ASSESSMENT,)),
    Transition(Command.ACKNOWLEDGED, "The other service acknowledges the signpost", _ALL, None, _NOBODY),
    Transition(Command.SOCIAL_CARE_SAID, "Social care says what it did", _ALL, None, _NOBODY),
    Transition(Command.UNREACHED, "Somebody who had to be told is not reached", _ALL, None, _NOBODY),
    Transition(Command.REACHED, "Somebody who was not reached is told after all", _ALL, None, _NOBODY),
    # What came back from a service is looked at within the time of an assessment: else nobody would have to.
    Transition(Command.REPORTED, "The other service reports what it did", _ALL - _SIGNPOSTED, None, _NOBODY),
    Transition(Command.REPORTED, "The other service reports what it did", _SIGNPOSTED, None, _NOBODY, starts=_LOOK),
    Transition(Command.FULFIL, "Record what was done", _ALL - _SIGNPOSTED, None, _GATEWAY, ("rationale",)),
    Transition(Command.FULFIL, "Record what was done", _SIGNPOSTED, None, _GATEWAY, ("rationale",), starts=_LOOK),
    Transition(Command.CANCEL, "Cancel what is open", _ALL - _SIGNPOSTED, None, _GATEWAY, ("rationale",)),
    Transition(Command.CANCEL, "Cancel what is open", _SIGNPOSTED, None, _GATEWAY, ("rationale",), starts=_LOOK),

    Transition(Command.PLP, "Take into police-led partnership", _DECIDABLE, _S.PLP, _GATEWAY,
               ("rationale", "concern", "risk_owner"), starts=(_C.PLP_REVIEW,), stops=_DECIDED, outcome=Outcome.PLP,
               guards=(g.is_clear, g.is_assessed)),
    Transition(Command.ADD_ACTION, "Add an action", frozenset({_S.PLP}), None, _GATEWAY,
               ("officer", "message", "review_on")),
    Transition(Command.REVIEW_PLP, "Review the partnership", frozenset({_S.PLP}), None, _GATEWAY, ("rationale",),
               starts=(_C.PLP_REVIEW,), stops=(_C.PLP_REVIEW,), outcome=Outcome.REVIEWED),

    Transition(Command.PASS_ON, "Pass on for information gathering", _DECIDABLE, _S.PASSED_ON, _GATEWAY,
               ("rationale", "concern"), starts=(_C.ACCEPTANCE,), stops=_DECIDED, outcome=Outcome.INFORMATION_GATHERING,
               tells=ProgressStage.SUPPORT_BEING_CONSIDERED,
               guards=(g.authority_gathers, g.is_clear, pack_to_pass_on)),
    Transition(Command.SECTION_36, "Refer to the panel under section 36", _DECIDABLE, _S.SECTION_36, _GATEWAY,
               ("grounds", "rationale", "concern"), starts=(_C.ACCEPTANCE,), stops=_DECIDED,
               outcome=Outcome.SECTION_36_REFERRAL, tells=ProgressStage.SUPPORT_BEING_CONSIDERED,
               guards=(g.police_decide, g.decided_once, g.is_clear, pack_to_refer)),
    Transition(Command.SECTION_36, "Refer to the panel under section 36", frozenset({_S.HANDED_OVER}), None,
               _GATEWAY, ("grounds", "rationale", "concern"), outcome=Outcome.SECTION_36_REFERRAL,
               stops=(_C.DECISION, _C.URGENT),
               guards=(g.no_conflict_stands, g.police_decide, g.decided_once, pack_to_refer)),
    Transition(Command.PACK_ACCEPTED, "Channel accepts the pack", _OFFERED, _S.HANDED_OVER, _NOBODY,
               ("risk_owner",), stops=(_C.ACCEPTANCE,)),
    Transition(Command.PACK_RETURNED, "Channel returns the pack", _OFFERED, _S.ASSESSING, _NOBODY, ("rationale",),
               starts=(_C.ASSESSMENT,), stops=(_C.ACCEPTANCE,)),
    Transition(Command.CHANNEL_GATHERED, "Channel reports the information gathered",
               frozenset({_S.HANDED_OVER, _S.GIVEN_BACK}), None, _NOBODY, ("rationale",), starts=(_C.DECISION,)),
    Transition(Command.CHANNEL_REFERRED, "The local authority refers to the panel under section 36",
               frozenset({_S.HANDED_OVER, _S.GIVEN_BACK}), None, _NOBODY, ("grounds",), stops=(_C.DECISION,)),
    Transition(Command.GIVEN_BACK, "Channel gives the case back", frozenset({_S.HANDED_OVER}), _S.GIVEN_BACK,
               _NOBODY, ("rationale",), starts=(_C.ACCEPTANCE,)),
    Transition(Command.TAKE_BACK, "Take back from Channel", frozenset({_S.GIVEN_BACK}), _S.PLP,
               _GATEWAY, ("rationale", "risk_owner"), starts=(_C.PLP_REVIEW,),
               stops=(_C.ACCEPTANCE, _C.DECISION, _C.CONFLICT, _C.URGENT), outcome=Outcome.PLP,
               guards=(g.no_conflict_stands,)),
    # The clock of a decision under section 36(3) has run on, as Channel's own clocks have.
    Transition(Command.DECLINE_BACK, "Return to Channel", frozenset({_S.GIVEN_BACK}), _S.HANDED_OVER, _GATEWAY,
               ("rationale",), stops=(_C.ACCEPTANCE, _C.URGENT), guards=(g.no_conflict_stands,)),
    Transition(Command.CHANNEL_OWNER, "Channel names who answers for the risk", _WITH_CHANNEL, None, _NOBODY,
               ("risk_owner",)),
    # The risk comes back also while a conflict stands, which goes on stopping the pathway.
    Transition(Command.TAKE_BACK, "Take back from Channel", frozenset({_S.GIVEN_BACK}), _S.CONFLICT, _GATEWAY,
               ("rationale", "risk_owner"), stops=(_C.ACCEPTANCE, _C.DECISION, _C.URGENT), outcome=Outcome.RECEIVED,
               guards=(g.a_conflict_stands,)),

    Transition(Command.TRANSFER, "Offer to another force", _DECIDABLE | {_S.PLP}, _S.TRANSFERRING, _GATEWAY,
               ("force", "message", "rationale", "concern"), starts=(_C.TRANSFER,), stops=(*_DECIDED, _C.PLP_REVIEW),
               guards=(g.is_clear, g.nothing_is_open)),
    Transition(Command.TRANSFER_ACCEPTED, "The other force accepts", frozenset({_S.TRANSFERRING}), _S.TRANSFERRED,
               _NOBODY, ("risk_owner",), stops=(_C.TRANSFER,), outcome=Outcome.TRANSFERRED),
    Transition(Command.TRANSFER_REFUSED, "The other force refuses", frozenset({_S.TRANSFERRING}), _S.ASSESSING,
               _NOBODY, ("rationale",), starts=(_C.ASSESSMENT,), stops=(_C.TRANSFER,)),
    Transition(Command.CALL_BACK, "Call the transfer back", frozenset({_S.TRANSFERRING}), _S.ASSESSING, _GATEWAY,
               ("rationale",), starts=(_C.ASSESSMENT,), stops=(_C.TRANSFER,)),
    Transition(Command.WITHDRAW, "Record as withdrawn", _UNDECIDED - _NOT_CLEAR - {_S.CONFLICT}, _S.WITHDRAWN,
               _SUPERVISOR, ("reason", "rationale", "concern", "risk_owner"), stops=_ENDING, outcome=Outcome.WITHDRAWN,
               tells=ProgressStage.CLOSED, guards=(*_MAY_END, g.one_person_withdraws)),
    Transition(Command.CORRECT, "Record that something was wrong", _ALL, None, _GATEWAY, ("reason", "rationale")),
    Transition(Command.REOPEN, "Reopen", _ENDED | {_S.SIGNPOSTED, _S.PLP}, _S.RECEIVED, _GATEWAY, ("rationale",),
               starts=(_C.DECONFLICTION, _C.ASSESSMENT), stops=(_C.CLOSURE_REVIEW, _C.PLP_REVIEW),
               outcome=Outcome.RECEIVED),

    Transition(Command.ANSWER_EARLIER, "Answer whether it is the same person", _ALL, None, _GATEWAY | _IMU,
               ("reason", "rationale")),
    Transition(Command.EXTEND, "Extend a clock", _ALL, None, _GATEWAY | _IMU, ("clock", "rationale")),
    Transition(Command.PAUSE, "Pause a clock", _ALL, None, _GATEWAY | _IMU, ("clock", "reason", "rationale")),
    Transition(Command.RESUME, "Let a clock run on", _ALL, None, _GATEWAY | _IMU, ("clock",)),
    Transition(Command.ESCALATED, "A clock that ran out is escalated", _ALL, None, _NOBODY, ("clock", "officer")),
    Transition(Command.RESTRICT, "Restrict who sees it", _ALL, None, _SUPERVISOR | _IMU, ("rationale",),
               guards=(g.is_not_restricted,)),
    Transition(Command.UNRESTRICT, "End the restriction", _ALL, None, _SUPERVISOR | _IMU, ("rationale",),
               guards=(g.is_restricted,)),
    Transition(Command.ADMIT, "Let an officer see it", _ALL, None, _SUPERVISOR | _IMU, ("officer", "rationale"),
               guards=(g.is_restricted,)),
    Transition(Command.EXCLUDE, "Take an officer off its access list", _ALL, None, _SUPERVISOR | _IMU,
               ("officer", "rationale"), guards=(g.is_restricted,)),
    Transition(Command.DISCARD, "Discard what somebody has begun", _ALL, None, _SUPERVISOR | _IMU, ("rationale",)),
    Transition(Command.MOVE, "Move to the practice in force", _ALL - _ENDED, None, _SUPERVISOR, ("rationale",),
               guards=(g.is_under_older,)),
)  # fmt: skip

DECISIONS = (
    Command.GATHER,
    Command.GATHERED,
    Command.PASS_ON,
    Command.SECTION_36,
    Command.PLP,
    Command.SIGNPOST,
    Command.CLOSE,
    Command.PROPOSE,
    Command.SIGN_OFF,
    Command.SEND_BACK,
    Command.TAKE_BACK,
    Command.DECLINE_BACK,
    Command.TAKE_RISK,
    Command.TRANSFER,
    Command.CALL_BACK,
    Command.WITHDRAW,
    Command.REVIEW,
    Command.REOPEN,
)
DECONFLICTION = (
    Command.CLEAR,
    Command.CONFLICT,
    Command.MORE_TIME,
    Command.OFFER_PURSUIT,
    Command.PURSUE,
    Command.PURSUIT_REFUSED,
    Command.PURSUIT_CALLED_BACK,
)

STATE_LABELS: Mapping[State, str] = {
    State.RECEIVED: "Received, waiting for deconfliction",
    State.DECONFLICTING: "In deconfliction",
    State.CONFLICT: "Stopped: the intelligence unit recorded a conflict",
    State.PURSUE_OFFERED: "Offered to the investigation, waiting for acceptance",
    State.PURSUE: "With the investigation",
    State.ASSESSING: "In Gateway assessment",
    State.GATHERING: "Information being gathered by the police",
    State.DECIDING: "Information gathered, waiting for a decision",
    State.PASSED_ON: "Passed on for information gathering, waiting for acceptance",
    State.SECTION_36: "Referred under section 36, waiting for acceptance",
    State.HANDED_OVER: "Handed over to Channel",
    State.GIVEN_BACK: "Given back by Channel, waiting to be taken",
    State.SIGNPOSTED: "Signposted to another service",
    State.PLP: "Police-led partnership",
    State.TRANSFERRING: "Offered to another force, waiting for acceptance",
    State.CLOSING: "Closure proposed, waiting for sign-off",
    State.CLOSED: "Closed",
    State.WITHDRAWN: "Withdrawn",
    State.TRANSFERRED: "Transferred to another force",
}

HOLD_LABELS: Mapping[Command, str] = {
    Command.CONFLICT: "Conflict recorded",
    Command.MORE_TIME: "More time asked",
}

ASKED_FOR: Mapping[str, str] = {
    "reason": "Choose the reason",
    "rationale": "Enter the rationale",
    "finding": "Say in at least 20 characters what was found about the concern itself",
    "alternatives": "Say what else was considered, and why not",
    "earlier": "Say how you looked at earlier referrals, and what they mean for this one",
    "review_on": "Enter a date, for example 27 3 2027",
    "grounds": "Enter the reasonable grounds to believe that the person is vulnerable to being drawn into terrorism",
    "service": "Choose the service that is signposted to",
    "message": "Enter what the other side is to know and do",
    "risk_owner": "Name who owns the risk",
    "force": "Choose the force",
    "officer": "Name who is to do it",
    "clock": "Choose the clock",
    "concern": "Choose the type of concern, or “Not known”",
}

WORKFLOW: Workflow[State, Command, Situation, Practice, Transition] = Workflow(
    TABLE, "referral", STATE_LABELS, ASKED_FOR, about_state=(g.is_clear,)
)

SEE_IMU_QUEUE = "see-imu-queue"
SEE_GATEWAY_QUEUE = "see-gateway-queue"
SEE_REFERRAL = "see-referral"
SEE_OBLIGATIONS = "see-obligations"
SEE_FORECAST = "see-forecast"
CHANGE_CLOCKS = "change-clocks"
SEE_WORKLOAD = "see-workload"
DECONFLICT = "deconflict"
DECIDE = "decide"
LINK = "link-referrals"


def permissions() -> Mapping[str, frozenset[Role]]:
    """Return who may do what, drawn from the table; reading is for both police teams."""
    return {
        SEE_IMU_QUEUE: _IMU | {Role.GATEWAY_SUPERVISOR},
        SEE_GATEWAY_QUEUE: _GATEWAY,
        SEE_REFERRAL: _IMU | _GATEWAY,
        SEE_OBLIGATIONS: _GATEWAY,
        SEE_FORECAST: _IMU | _GATEWAY,
        CHANGE_CLOCKS: WORKFLOW.roles_for((Command.EXTEND, Command.PAUSE, Command.RESUME)),
        SEE_WORKLOAD: _SUPERVISOR,
        DECONFLICT: WORKFLOW.roles_for(DECONFLICTION),
        DECIDE: WORKFLOW.roles_for(DECISIONS),
        LINK: _IMU | _GATEWAY,
        **WORKFLOW.permissions(),
    }
