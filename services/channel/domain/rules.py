"""The decisions: pure functions over the table of transitions."""

from dataclasses import dataclass

from chassis.transitions import NotRecorded
from services.channel.domain.labels import CLOSING_LABELS
from services.channel.domain.standing import Practice, Record, Situation
from services.channel.domain.table import NEEDS_ANSWERS, WORKFLOW, Transition
from services.channel.domain.words import Body, ClosingOutcome, Command, Consent, State

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


def open_with(risk_owner: str) -> Step:
    """Return the first step of a case: offered, with the police's risk owner until the pack is accepted."""
    row = row_for(Command.OPEN, None)
    return _step(row, State.OFFERED, Record(risk_owner=risk_owner), "")


def open_transferred(risk_owner: str) -> Step:
    """Return the first step of a case that another panel offers: its risk owner stays so until it is accepted."""
    row = row_for(Command.RECEIVE_TRANSFER, None)
    return _step(row, State.OFFERED, Record(risk_owner=risk_owner), "")


def decide(command: Command, situation: Situation, record: Record, practice: Practice) -> Step:
    """Return what changes when a command is carried out.

    Raises NotInThisState, NotOffered (area or facts) and NotRecorded (with the field). A referral to the panel needs
    reasonable grounds in words (Counter-Terrorism and Security Act 2015 s.36(3)).
    """
    row = WORKFLOW.offered(command, situation, practice)
    for field, sentence in (*goes_on_without(command, situation, record), *closes_unseen(command, situation, record)):
        raise NotRecorded(field, sentence)
    return _step(row, situation.state, record, situation.risk_owner)


def goes_on_without(command: Command, situation: Situation, record: Record) -> tuple[tuple[str, str], ...]:
    """Return (field, sentence) where something rests on answers that have not come, and no reason was given."""
    if command not in NEEDS_ANSWERS or not situation.unanswered or record.missing.strip():
        return ()
    asked = ", ".join(situation.unanswered)
    return (("missing", f"Say why you go on without an answer from {asked}"),)


def closes_unseen(command: Command, situation: Situation, record: Record) -> tuple[tuple[str, str], ...]:
    """Return (field, sentence) where a case is closed because the concerns are reduced, and nobody has looked again.

    Whoever died, moved away or said no needs no assessment: that outcome alone says how the person is now.
    """
    reduced = record.outcome == ClosingOutcome.CONCERNS_REDUCED
    if command is not Command.PANEL_CLOSE or not reduced or situation.assessed_since:
        return ()
    sentence = (
        f"“{CLOSING_LABELS[ClosingOutcome.CONCERNS_REDUCED]}” rests on a further assessment, and none has been "
        "completed since the last decision: have one completed on the Assessments page of the case first, or choose "
        "another outcome"
    )
    return (("outcome", sentence),)


def whose_turn(situation: Situation, practice: Practice) -> str:
    """Return in one sentence who acts next and who owns the risk meanwhile; nothing where nobody has to."""
    authority = practice.decides is Body.LOCAL_AUTHORITY or bool(situation.from_panel)
    decider = "your authority decides" if authority else "the police decide"
    owner = situation.risk_owner
    sentences = {
        State.OFFERED: f"{owner} stays risk owner until somebody here accepts the pack.",
        State.ACCEPTED: "Gather the information and record it as complete; once that is reported, "
        f"{decider} on the section 36(3) referral.",
        State.GATHERED: f"The information has been reported: now {decider} on the section 36(3) referral."
        + ("" if authority else " Their decision is shown here when it is made."),
        State.REFERRED: "An assessment is complete: the panel decides in its next meeting."
        if situation.assessed
        else "Complete an assessment; then the panel decides in its next meeting.",
        State.NOT_ADOPTED: "The panel did not adopt the case: see that what was arranged instead is taken up, then "
        "end it.",
        State.ADOPTED: "Write the support plan, with how, when and by whom consent is asked for.",
        State.PLANNED: "Ask for consent as the plan says; support begins when it is given.",
        State.SUPPORTED: "The person has turned 18, and what a parent or guardian said counts no longer: ask them, "
        "and let nobody give support until they have agreed."
        if situation.consent is Consent.LAPSED
        else "Support is given by the plan; the panel reviews it.",
        State.NO_CONSENT: f"No support is given. {owner} stays risk owner: assess again by the date of the clock, and "
        "where there is a risk, give the case back for a police-led partnership.",
        State.CLOSING: "The panel has decided to close the case: complete the closing report.",
        State.CLOSED: "Closed: the reviews after closure are still to be made."
        if situation.reviews_run
        else "Closed, and no review after closure is to come: end the case.",
        State.WITHDRAWN: f"Do not act, and confirm that nobody here does. {owner} is risk owner.",
        State.GIVEN_BACK: f"{owner} stays risk owner until a police officer has taken the case.",
        State.TRANSFER_OFFERED: f"{owner} stays risk owner until {situation.offered_to or 'the other panel'} has "
        "accepted the case.",
    }
    return sentences.get(situation.state, "")


def _step(row: Transition, state: State, record: Record, owner: str) -> Step:
    WORKFLOW.check_recorded(row, record)
    taker = record.risk_owner.strip() or owner if "risk_owner" in row.records else owner
    if row.command is Command.ALLOCATE:
        taker = record.officer.strip()
    return Step(row, row.target or state, taker, record)
