"""The table of transitions: which command leads where, who may give it, what must be recorded, which clocks run."""

from collections.abc import Mapping
from dataclasses import dataclass

from chassis.transitions import Row, Workflow
from contracts.vocabulary import Outcome, ProgressStage, Role
from services.channel.domain import guards as g
from services.channel.domain.labels import ASKED_FOR, STATE_LABELS
from services.channel.domain.standing import Practice, Situation
from services.channel.domain.words import ClockName, Command, State


@dataclass(frozen=True)
class Transition(Row[State, Command, Situation, Practice]):
    """One row of the table: what else it brings about; no roles mean that only an event or the clock does it."""

    starts: tuple[ClockName, ...] = ()
    stops: tuple[ClockName, ...] = ()
    outcome: Outcome | None = None
    tells: ProgressStage | None = None


_COORDINATOR = frozenset({Role.CHANNEL_COORDINATOR})
_SUPERVISOR = frozenset({Role.CHANNEL_SUPERVISOR})
_TEAM = _COORDINATOR | _SUPERVISOR
_CHAIR = frozenset({Role.PANEL_CHAIR})
_ROOM = _CHAIR | {Role.BUSINESS_SUPPORT_OFFICER}
_PANEL = _ROOM | {Role.PANEL_MEMBER}
_NOBODY: frozenset[Role] = frozenset()
_S, _C = State, ClockName
_ALL, _EVERY_CLOCK = frozenset(State), tuple(ClockName)
_OFFERED = frozenset({_S.OFFERED})
_WORKED = frozenset({_S.ACCEPTED, _S.GATHERED})
_REFERRED, _CLOSED = frozenset({_S.REFERRED}), frozenset({_S.CLOSED})
_PLANNING = frozenset({_S.ADOPTED, _S.PLANNED})
_SUPPORTED, _NO_CONSENT = frozenset({_S.SUPPORTED}), frozenset({_S.NO_CONSENT})
_ADOPTED = _PLANNING | _SUPPORTED | _NO_CONSENT
HELD = _WORKED | _REFERRED | _ADOPTED | {_S.NOT_ADOPTED, _S.CLOSING}
"""In these the case is with the team."""
_OURS = HELD | _CLOSED
_WITHDRAWN = frozenset({_S.WITHDRAWN, _S.STOPPED})
_AFTER_CONSENT = (_C.CONSENT, _C.CONSENT_AT_18, _C.PLAN_REVIEW)
_UNTIL_CLOSED = (_C.PLAN, _C.REASSESSMENT, *_AFTER_CONSENT)

TABLE: tuple[Transition, ...] = (
    Transition(Command.OPEN, "The police offer a pack", frozenset(), _S.OFFERED, _NOBODY, ("risk_owner",),
               starts=(_C.ANSWER,)),
    Transition(Command.RECEIVE_TRANSFER, "Another panel offers the case", frozenset(), _S.OFFERED, _NOBODY,
               ("risk_owner",), starts=(_C.ANSWER,)),
    Transition(Command.OFFER_AGAIN, "The police offer the pack again",
               frozenset({_S.RETURNED, _S.TAKEN_BACK}) | _WITHDRAWN, _S.OFFERED, _NOBODY, ("risk_owner",),
               starts=(_C.ANSWER,)),
    Transition(Command.RECEIVE_SECTION_36, "The police refer the person under section 36", _WORKED, _S.REFERRED,
               _NOBODY, ("grounds",), starts=(_C.PANEL,), stops=(_C.INFORMATION_GATHERING, _C.DECISION)),
    Transition(Command.RECEIVE_SECTION_36, "The police refer the person under section 36",
               frozenset({_S.GIVEN_BACK, _S.TRANSFER_OFFERED, _S.TRANSFERRED}), None, _NOBODY, ("grounds",)),
    Transition(Command.ACCEPT, "Accept the pack", _OFFERED, _S.ACCEPTED, _TEAM, ("risk_owner",),
               starts=(_C.INFORMATION_GATHERING,), stops=(_C.ANSWER,), outcome=Outcome.PACK_ACCEPTED,
               tells=ProgressStage.SUPPORT_BEING_CONSIDERED),
    Transition(Command.TO_PANEL, "The accepted pack brought the section 36 referral", _WORKED,
               _S.REFERRED, _NOBODY, starts=(_C.PANEL,), stops=(_C.INFORMATION_GATHERING, _C.DECISION),
               guards=(g.referred_before,)),
    Transition(Command.RETURN, "Return the pack", _OFFERED, _S.RETURNED, _TEAM, ("reason",), stops=(_C.ANSWER,),
               outcome=Outcome.PACK_RETURNED),
    Transition(Command.TAKE, "Take this case", _OURS, None, _TEAM, ("risk_owner",), guards=(g.not_mine_yet,)),
    Transition(Command.ALLOCATE, "Give the case to a coordinator", _OURS, None, _SUPERVISOR, ("officer",)),
    Transition(Command.DISCARD, "Discard what somebody has begun", _ALL, None, _SUPERVISOR, ("reason",)),
    Transition(Command.NOTE, "Add a note", _ALL, None, _TEAM, ("reason",)),
    Transition(Command.REQUEST, "Ask a partner for information", _OURS, None, _TEAM, ("officer", "message")),
    Transition(Command.ACTION, "Give somebody an action", _OURS, None, _TEAM | _ROOM, ("officer", "message")),
    Transition(Command.SIGNPOST, "Signpost to a service", _OURS, None, _TEAM | _CHAIR, ("officer", "message")),
    Transition(Command.SEEN, "Somebody outside has seen what they owe", _ALL, None, _NOBODY),
    Transition(Command.ANSWERED, "Somebody outside reports back", _ALL, None, _NOBODY),
    Transition(Command.UNDELIVERED, "A mail with a link did not arrive", _ALL, None, _NOBODY),
    Transition(Command.MAILED_AFTER_ALL, "A mail with a link goes out after all", _ALL, None, _NOBODY),
    Transition(Command.SOCIAL_CARE_SAID, "Social care says what it did", _ALL, None, _NOBODY),
    Transition(Command.FULFIL, "Record something owed as done", _ALL, None, _TEAM | _ROOM, ("reason",),
               guards=(g.something_is_owed,)),
    Transition(Command.CANCEL, "Cancel something owed", _ALL, None, _TEAM, ("reason",), guards=(g.something_is_owed,)),
    Transition(Command.REMIND, "Remind somebody of what they owe", _ALL, None, _TEAM, guards=(g.something_is_owed,)),
    Transition(Command.GATHERED, "Record the information gathering as complete", frozenset({_S.ACCEPTED}),
               _S.GATHERED, _TEAM, ("summary", "gathered_by"), starts=(_C.DECISION,),
               stops=(_C.INFORMATION_GATHERING,), guards=(g.not_referred_yet,)),
    Transition(Command.ASSESS, "Complete an assessment", _OURS, None, _TEAM),
    Transition(Command.REFER, "Refer to the panel under section 36", frozenset({_S.GATHERED}), _S.REFERRED,
               _TEAM, ("grounds",), starts=(_C.PANEL,), stops=(_C.DECISION,), outcome=Outcome.SECTION_36_REFERRAL,
               guards=(g.authority_decides, g.decided_once)),
    Transition(Command.DEFER, "Panel: more information is needed", _REFERRED, None, _CHAIR, ("reason", "next_on"),
               starts=(_C.PANEL,), outcome=Outcome.DISCUSSED, guards=(g.panel_decides,)),
    Transition(Command.ADOPT, "Panel: adopt the case", _REFERRED, _S.ADOPTED, _CHAIR, ("grounds",),
               starts=(_C.PLAN,), stops=(_C.PANEL,), outcome=Outcome.ADOPTED, guards=(g.is_assessed, g.panel_decides)),
    Transition(Command.ADOPT, "Panel: adopt the case", _NO_CONSENT, _S.ADOPTED, _CHAIR, ("grounds",),
               starts=(_C.PLAN,), stops=(_C.REASSESSMENT,), guards=(g.assessed_again, g.panel_decides)),
    Transition(Command.NOT_ADOPT, "Panel: do not adopt the case", _REFERRED, _S.NOT_ADOPTED, _CHAIR,
               ("reason", "considered"), stops=(_C.PANEL,), outcome=Outcome.NOT_ADOPTED, guards=(g.panel_decides,)),
    Transition(Command.CONTINUE, "Panel: go on with the support", _SUPPORTED, None, _CHAIR, ("summary",),
               starts=(_C.PLAN_REVIEW,), outcome=Outcome.REVIEWED, guards=(g.assessed_again, g.panel_decides)),
    Transition(Command.REASSESSED, "Panel: re-assessed, no further plan now", _NO_CONSENT, None, _CHAIR, ("summary",),
               starts=(_C.REASSESSMENT,), outcome=Outcome.REVIEWED, guards=(g.assessed_again, g.panel_decides)),
    Transition(Command.PANEL_CLOSE, "Panel: close the case", _ADOPTED, _S.CLOSING, _CHAIR, ("outcome", "reason"),
               starts=(_C.CLOSING_REPORT,), stops=_UNTIL_CLOSED, guards=(g.panel_decides,)),
    Transition(Command.REVIEW_CLOSED, "Panel: review after closure", _CLOSED, None, _CHAIR, ("summary",),
               outcome=Outcome.REVIEWED, guards=(g.panel_decides,)),
    # The panel does so by its verdict on a review: a chair alone decides nothing.
    Transition(Command.REOPEN, "Open the case again", frozenset({_S.CLOSED, _S.ENDED, _S.NOT_ADOPTED}), _S.REFERRED,
               _TEAM, ("reason", "risk_owner"), starts=(_C.PANEL,), stops=(_C.AFTER_CLOSURE,),
               outcome=Outcome.REOPENED),
    Transition(Command.MAKE_PLAN, "Complete the support plan", frozenset({_S.ADOPTED}), _S.PLANNED, _TEAM,
               ("plan",), starts=(_C.CONSENT,), stops=(_C.PLAN,)),
    Transition(Command.REVISE_PLAN, "Revise the support plan", frozenset({_S.PLANNED}) | _SUPPORTED | _NO_CONSENT,
               None, _TEAM, ("reason", "plan")),
    Transition(Command.PLAN_ITEM, "Record how an item of the plan stands", _ADOPTED | {_S.CLOSING}, None, _TEAM,
               ("summary",)),
    Transition(Command.CONSENT_ASKED, "Record that consent was asked for", frozenset({_S.PLANNED}) | _SUPPORTED, None,
               _TEAM, ("summary",), guards=(g.consent_can_be_given,)),
    Transition(Command.CONSENT_GIVEN, "Record that consent was given", frozenset({_S.PLANNED}) | _NO_CONSENT,
               _S.SUPPORTED, _TEAM, ("decided_by",), starts=(_C.PLAN_REVIEW,),
               stops=(_C.CONSENT, _C.CONSENT_AT_18, _C.REASSESSMENT), outcome=Outcome.SUPPORTED,
               guards=(g.plan_is_complete,)),
    Transition(Command.CONSENT_GIVEN, "Record that consent was given", _SUPPORTED, None, _TEAM, ("decided_by",),
               stops=(_C.CONSENT_AT_18,), guards=(g.consent_can_be_given,)),
    Transition(Command.CONSENT_REFUSED, "Record that consent was refused", frozenset({_S.PLANNED}) | _SUPPORTED,
               _S.NO_CONSENT, _TEAM, ("decided_by", "reason"), starts=(_C.REASSESSMENT,), stops=_AFTER_CONSENT,
               outcome=Outcome.CONSENT_REFUSED, guards=(g.consent_can_be_given,)),
    Transition(Command.CONSENT_WITHDRAWN, "Record that consent was withdrawn", _SUPPORTED, _S.NO_CONSENT, _TEAM,
               ("decided_by", "reason"), starts=(_C.REASSESSMENT,), stops=_AFTER_CONSENT,
               outcome=Outcome.CONSENT_REFUSED),
    # Where nobody has been asked for consent yet, or it was refused, the person is asked next time: nothing runs.
    Transition(Command.TURNED_18, "The person turned 18", frozenset({_S.PLANNED}) | _SUPPORTED, None, _NOBODY,
               starts=(_C.CONSENT_AT_18,)),
    Transition(Command.TURNED_18, "The person turned 18", HELD - {_S.PLANNED, _S.SUPPORTED}, None, _NOBODY),
    Transition(Command.COMMISSION, "Commission an intervention", _SUPPORTED, None, _TEAM, ("officer", "message"),
               guards=(g.consent_is_in_force,)),
    Transition(Command.BRIEF, "Write a brief for a provider", _ADOPTED, None, _TEAM, ("reason",)),
    Transition(Command.SESSION, "Plan or record sessions", _ADOPTED | {_S.CLOSING}, None, _TEAM, ("summary",)),
    Transition(Command.INTERVENTION_ENDED, "End an intervention", _ADOPTED | {_S.CLOSING}, None, _TEAM, ("reason",)),
    Transition(Command.SHORTFALL, "Sessions of an intervention are missing", _ALL, None, _NOBODY),
    Transition(Command.CLOSING_REPORT, "Complete the closing report", frozenset({_S.CLOSING}), _S.CLOSED, _TEAM,
               ("summary",), stops=(_C.CLOSING_REPORT,), outcome=Outcome.CASE_CLOSED, tells=ProgressStage.CLOSED,
               guards=(g.interventions_are_ended,)),
    Transition(Command.END, "End the case", frozenset({_S.NOT_ADOPTED}), _S.ENDED, _TEAM, ("reason",),
               tells=ProgressStage.CLOSED, guards=(g.nothing_is_owed,)),
    Transition(Command.END, "End the case", _CLOSED, _S.ENDED, _TEAM, ("reason",),
               guards=(g.no_review_to_come, g.nothing_is_owed)),
    Transition(Command.GIVE_BACK, "Give the case back to the police", HELD, _S.GIVEN_BACK, _TEAM, ("reason",),
               starts=(_C.GIVEN_BACK,), guards=(g.the_police_have_it,)),
    Transition(Command.TAKEN_BACK, "The police take the case back", frozenset({_S.GIVEN_BACK}), _S.TAKEN_BACK,
               _NOBODY, ("risk_owner",), stops=_EVERY_CLOCK),
    *(Transition(Command.RETURNED_BACK, "The police do not take the case back", frozenset({_S.GIVEN_BACK}), state,
                 _NOBODY, ("reason",), stops=(_C.GIVEN_BACK,), guards=(g.came_from(state),))
      for state in State if state in HELD),
    Transition(Command.TRANSFER, "Offer the case to another panel", _OURS, _S.TRANSFER_OFFERED, _TEAM,
               ("officer", "reason"), starts=(_C.TRANSFER,)),
    Transition(Command.TRANSFER_ACCEPTED, "The other panel accepts the case", frozenset({_S.TRANSFER_OFFERED}),
               _S.TRANSFERRED, _NOBODY, ("risk_owner",), stops=_EVERY_CLOCK, outcome=Outcome.TRANSFERRED),
    *(Transition(command, label, frozenset({_S.TRANSFER_OFFERED}), state, roles, records, stops=(_C.TRANSFER,),
                 guards=(g.came_from(state),))
      for state in State if state in _OURS
      for command, label, roles, records in (
          (Command.TRANSFER_REFUSED, "The other panel does not accept the case", _NOBODY, ("reason",)),
          (Command.CALL_BACK, "Call the transfer back", _TEAM, ("reason",)))),
    Transition(Command.EXTEND, "Give a clock more time", _ALL, None, _TEAM, ("clock", "reason")),
    Transition(Command.PAUSE, "Let a clock stand still", _ALL, None, _TEAM, ("clock", "reason")),
    Transition(Command.RESUME, "Let a clock run on", _ALL, None, _TEAM, ("clock",)),
    Transition(Command.ESCALATED, "A clock ran out and somebody is told", _ALL, None, _NOBODY),
    # Whatever the team has done meanwhile: the police have not handled it, and never stopped being risk owner.
    Transition(Command.WITHDRAW, "The police take the pack back", _ALL - _WITHDRAWN, _S.WITHDRAWN,
               _NOBODY, ("risk_owner", "speak_to"), stops=_EVERY_CLOCK),
    Transition(Command.CONFIRM, "Confirm that nobody here acts", frozenset({_S.WITHDRAWN}), _S.STOPPED, _TEAM),
    Transition(Command.HALT, "The police ask you to wait", _ALL, None, _NOBODY, ("speak_to",)),
    Transition(Command.GO_ON, "The police say that you may go on", _ALL, None, _NOBODY),
)  # fmt: skip

ACTIONS = (Command.ACCEPT, Command.RETURN, Command.TAKE, Command.GATHERED, Command.REFER, Command.NOTE, Command.REOPEN,
           Command.END, Command.GIVE_BACK, Command.CONFIRM)  # fmt: skip
"""What is recorded on the plain action page; every other command has a page of its own."""
PANEL_DECISIONS = (Command.ADOPT, Command.NOT_ADOPT, Command.DEFER, Command.CONTINUE, Command.REASSESSED,
                   Command.PANEL_CLOSE, Command.REVIEW_CLOSED)  # fmt: skip
HALTS = (Command.WITHDRAW, Command.HALT)
NEEDS_ANSWERS = (Command.GATHERED, Command.REFER)
"""What rests on everything that was asked for: to go on without an answer needs a reason."""
ENDS_HALT = (Command.GO_ON, Command.OFFER_AGAIN, Command.TAKEN_BACK)
TAKES = (Command.ACCEPT, Command.TAKE, Command.REOPEN)
"""Whoever gives one of these has the case and owns its risk from then on."""

# Who decides is the area's choice in every state: no other state would let a command begin that it rules out.
WORKFLOW: Workflow[State, Command, Situation, Practice, Transition] = Workflow(
    TABLE, "case", STATE_LABELS, ASKED_FOR, about_state=(g.authority_decides,)
)

SEE_AWARENESS = "see-awareness"
SEE_CASES = "see-cases"
WORK_CASES = "work-cases"
SEE_MEETINGS = "see-meetings"
RUN_MEETINGS = "run-meetings"
CHAIR_MEETINGS = "chair-meetings"
RECORD_MEETINGS = "record-meetings"
SEE_OUTCOMES = "see-outcomes"
SEE_OBLIGATIONS = "see-obligations"
ANSWER_MINE = "answer-my-requests"


def permissions() -> Mapping[str, frozenset[Role]]:
    """Return who may do what, drawn from the table.

    The team, the chairs and who supports the panel read cases; a member of the panel reads the packs that are shared
    with them and what they are asked themselves, and no case.
    """
    reading = {
        SEE_AWARENESS: _TEAM,
        SEE_CASES: _TEAM | _ROOM,
        SEE_MEETINGS: _TEAM | _PANEL,
        RUN_MEETINGS: _TEAM | _ROOM,
        CHAIR_MEETINGS: _CHAIR,
        RECORD_MEETINGS: _ROOM,
        SEE_OUTCOMES: _TEAM | _ROOM,
        SEE_OBLIGATIONS: _TEAM | _ROOM,
        ANSWER_MINE: _TEAM | _PANEL,
    }
    return {**reading, WORK_CASES: WORKFLOW.roles_for(ACTIONS), **WORKFLOW.permissions()}
