"""The table of triage, walked at random: whatever people, services and the clock do, the promises hold."""

from dataclasses import dataclass, field, replace
from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from services.triage.domain import (
    DECONFLICTION,
    TABLE,
    Body,
    ClockName,
    Command,
    NotInThisState,
    NotOffered,
    NotRecorded,
    Practice,
    Proposal,
    Record,
    Situation,
    State,
    Step,
    decide,
    receive,
)
from tests.triage.builders import DUTY, FINDING, practice

PEOPLE = ("Gita Synthetic", "Olga Synthetic", "Sita Synthetic")
REASONS = {Command.ASSESS: "limited-information", Command.WITHDRAW: "duplicate", Command.CORRECT: "duplicate"}
EITHER = ("duplicate", "waiting-for-a-partner")
STOPPED = {State.CONFLICT, State.PURSUE_OFFERED, State.PURSUE}
ENDS_SECTION_36 = {Command.PACK_RETURNED, Command.TAKE_BACK, Command.REOPEN}
ENDED = {State.CLOSED, State.WITHDRAWN, State.TRANSFERRED}
MAY_CHANGE_OWNER = {
    *(Command.PACK_ACCEPTED, Command.TAKE_BACK, Command.TRANSFER_ACCEPTED, Command.PURSUE, Command.PLP),
    *(Command.TAKE_RISK, Command.CHANNEL_OWNER),
    *(Command.CLOSE, Command.PROPOSE, Command.SIGN_OFF, Command.WITHDRAW, Command.REOPEN),
}
commands = st.sampled_from([command for command in Command if command is not Command.RECEIVE])
texts = st.sampled_from(["", " ", "no ideology", "The checks found a lone joke.", "Contact with a recruiter."])
full = st.just("The checks found a lone joke.")
records = st.builds(
    Record,
    reason=st.sampled_from(["", "mistaken", "malicious", "work-done", "no-ideology", "limited-information", *EITHER]),
    rationale=texts | full | full,
    grounds=texts | full,
    service=st.sampled_from(["", "kent-early-help", "kent-early-help", "unknown"]),
    message=texts | full,
    risk_owner=st.sampled_from(["", " ", DUTY, *PEOPLE, "Cora Synthetic"]),
    finding=st.sampled_from(["", " " * 30, "Nothing.", "No ideology, so there is no concern.", FINDING, FINDING]),
    alternatives=texts | full,
    earlier=texts | full,
    review_on=st.sampled_from([None, date(2027, 5, 18), date(2027, 5, 18)]),
    force=st.sampled_from(["", "northmere-constabulary", "northmere-constabulary", "unknown"]),
    officer=st.just("Olga Synthetic"),
    clock=st.just("assessment"),
    concern=st.sampled_from(["", "unknown", "unknown", "islamist", "a-type-that-there-is-not"]),
)


@dataclass
class Kept:
    """What a database would hold of one referral."""

    situation: Situation
    open: int = 0
    history: list[tuple[Command, State, str]] = field(default_factory=list)


def closed_by(before: Situation, local: Practice) -> set[Command]:
    """Return the commands that may close a referral: alone, or as the second of two."""
    again = before.referrals_of_person > 1 or before.not_told_apart or before.referred_elsewhere
    both = {Command.CLOSE, Command.SIGN_OFF}
    return {Command.SIGN_OFF} if again or local.every_closure_signed_off else both


def check_stop(command: Command, before: Situation, step: Step) -> None:
    """Hold that only the intelligence unit moves what it has stopped, and to the investigation by acceptance alone."""
    if before.state in STOPPED:
        assert command in {*DECONFLICTION}
        assert step.state in {*STOPPED, State.ASSESSING}
    if before.halted and before.state is State.GIVEN_BACK:
        assert step.state is State.CONFLICT
    if step.state is State.PURSUE:
        assert (before.state, command) == (State.PURSUE_OFFERED, Command.PURSUE)


class Pathway(RuleBasedStateMachine):
    """One referral, and everything that may happen to it."""

    @initialize(
        form_read=st.booleans(), gathers=st.sampled_from(Body), decides=st.sampled_from(Body), every=st.booleans()
    )
    def arrives(self, form_read: bool, gathers: Body, decides: Body, every: bool) -> None:
        """Receive the referral in an area of some kind."""
        self.local: Practice = practice(gathers=gathers, decides=decides, every_closure_signed_off=every)
        step = receive(self.local)
        self.kept = Kept(Situation(step.state, step.risk_owner, form_read))
        self.kept.history.append((Command.RECEIVE, step.state, step.risk_owner))

    @rule(earlier=st.integers(0, 2), number=st.integers(1, 3), untold=st.integers(0, 1), abroad=st.booleans())
    def something_is_found(self, earlier: int, number: int, untold: int, abroad: bool) -> None:
        """Find possible earlier referrals, or have them answered: the same, nobody can tell, in another area too."""
        self.kept.situation = replace(
            self.kept.situation,
            earlier_unanswered=earlier,
            referrals_of_person=number,
            not_told_apart=untold,
            referred_elsewhere=abroad,
        )

    @rule(command=commands, record=records, person=st.sampled_from(PEOPLE))
    def somebody_acts(self, command: Command, record: Record, person: str) -> None:
        """Give a command; what is refused changes nothing."""
        before = replace(self.kept.situation, acting_id=person.lower(), acting=person)
        try:
            step = decide(command, before, record, self.local)
        except (NotInThisState, NotOffered, NotRecorded):
            return
        self.check(command, before, step)
        self.kept.history.append((command, step.state, step.risk_owner))
        self.kept.situation = self.after(command, before, step)

    def check(self, command: Command, before: Situation, step: Step) -> None:
        """Compare one step with what the table promises."""
        if step.risk_owner != before.risk_owner:
            assert command in MAY_CHANGE_OWNER
        if step.state is not before.state:
            self.check_end(command, before, step)
            check_stop(command, before, step)
        if command in {Command.SIGN_OFF, Command.SEND_BACK}:
            assert before.proposal
            assert command is Command.SEND_BACK or before.proposal.by_id != before.acting_id
            assert command is Command.SIGN_OFF or step.state is before.proposal.came_from
        if command is Command.SECTION_36:
            assert step.record.grounds.strip()
            assert before.form_read
            assert before.gathered
            assert not before.section_36_made
            assert not before.halted
            assert self.local.decides is Body.POLICE

    def check_end(self, command: Command, before: Situation, step: Step) -> None:
        """Hold that nothing is open where a referral ends, and that a closure is complete."""
        if step.state in {State.CLOSED, State.WITHDRAWN}:
            assert not self.kept.open
            assert not before.earlier_unanswered
        if step.state is State.CLOSED:
            assert before.assessed or before.state is State.CLOSING
            assert step.record.rationale.strip()
            assert step.record.review_on
            assert command in closed_by(before, self.local)

    def after(self, command: Command, before: Situation, step: Step) -> Situation:
        """Return how the referral stands when the step is saved."""
        self.kept.open += command in {Command.SIGNPOST, Command.REQUEST, Command.ADD_ACTION}
        if command in {Command.REPORTED, Command.FULFIL, Command.CANCEL}:
            self.kept.open = max(0, self.kept.open - 1)
        again = command is Command.REOPEN
        made = command in {Command.SECTION_36, Command.CHANNEL_REFERRED} or before.section_36_made
        gathered = command in {Command.GATHERED, Command.CHANNEL_GATHERED} or before.gathered
        proposal = before.proposal if step.state is State.CLOSING else None
        withdrawn = (before.state, command) == (State.SECTION_36, Command.CONFLICT)
        if command is Command.PROPOSE and step.record.review_on:
            proposal = Proposal(before.acting_id, step.risk_owner, step.record.review_on, before.state)
        halted = before.halted
        if step.transition.starts or step.transition.stops:
            started, stopped = step.transition.starts, step.transition.stops
            halted = ClockName.CONFLICT in started or (halted and ClockName.CONFLICT not in stopped)
        return replace(
            before,
            state=step.state,
            risk_owner=step.risk_owner,
            assessed=(command is Command.ASSESS or before.assessed) and not again,
            gathered=gathered and not again,
            section_36_made=made and command not in ENDS_SECTION_36 and not withdrawn,
            halted=halted,
            open_obligations=("something",) * self.kept.open,
            proposal=proposal,
        )

    @invariant()
    def has_one_risk_owner(self) -> None:
        """Never be without a named risk owner."""
        if hasattr(self, "kept"):
            assert all(owner.strip() for _, _, owner in self.kept.history)

    @invariant()
    def reviews_what_it_stopped(self) -> None:
        """Never rest in a conflict whose review nobody is held to."""
        if hasattr(self, "kept") and self.kept.situation.state in {State.CONFLICT, State.PURSUE_OFFERED}:
            assert self.kept.situation.halted

    @invariant()
    def only_grows(self) -> None:
        """Keep every line of history."""
        if hasattr(self, "kept"):
            seen = getattr(self, "seen", [])
            assert self.kept.history[: len(seen)] == seen
            self.seen = list(self.kept.history)


TestPathway = Pathway.TestCase
TestPathway.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)


class TestWholeWay:
    @settings(max_examples=50, deadline=None)
    @given(gathers=st.sampled_from(Body), two=st.booleans())
    def test_every_end_can_be_reached(self, gathers: Body, two: bool) -> None:
        local = practice(gathers=gathers, every_closure_signed_off=two)
        words = Record(
            *(
                "mistaken",
                "A lone joke.",
                "Contact with a recruiter.",
                "kent-early-help",
                "Please help.",
                DUTY,
                FINDING,
            ),
            alternatives="A signpost.",
            earlier="None.",
            review_on=date(2027, 5, 18),
            force="northmere-constabulary",
            officer="Olga Synthetic",
            clock="assessment",
            concern="unknown",
        )
        begun = Situation(State.RECEIVED, DUTY, form_read=True, acting_id="g", acting="Gita Synthetic")
        reached = {State.RECEIVED}
        waiting = [replace(begun, assessed=True, gathered=True, proposal=Proposal("o", DUTY, date(2027, 5, 18)))]
        while waiting:
            here = waiting.pop()
            for command in Command:
                try:
                    step = decide(command, here, replace(words, reason=REASONS.get(command, words.reason)), local)
                except (NotInThisState, NotOffered, NotRecorded):
                    continue
                if step.state not in reached:
                    reached.add(step.state)
                    waiting.append(replace(here, state=step.state))
        out = {State.GATHERING} if gathers is Body.LOCAL_AUTHORITY else {State.PASSED_ON}
        skipped = {State.CLOSING} if not two else set()
        assert set(State) - reached <= out | skipped | ({State.DECIDING} if gathers is Body.LOCAL_AUTHORITY else set())
        assert reached >= ENDED


RUNS_IN = {
    State.ASSESSING: {ClockName.ASSESSMENT},
    State.GATHERING: {ClockName.GATHERING},
    State.DECIDING: {ClockName.DECISION},
    State.PASSED_ON: {ClockName.ACCEPTANCE},
    State.SECTION_36: {ClockName.ACCEPTANCE},
    State.CONFLICT: {ClockName.CONFLICT, ClockName.URGENT},
    State.PURSUE_OFFERED: {ClockName.CONFLICT, ClockName.URGENT},
    State.PURSUE: {ClockName.PURSUE},
    State.HANDED_OVER: {ClockName.DECISION, ClockName.CONFLICT},
    State.GIVEN_BACK: {ClockName.ACCEPTANCE, ClockName.DECISION, ClockName.CONFLICT},
    State.SIGNPOSTED: {ClockName.ASSESSMENT},
    State.PLP: {ClockName.PLP_REVIEW},
    State.TRANSFERRING: {ClockName.TRANSFER},
    State.CLOSING: {ClockName.SIGN_OFF, ClockName.PLP_REVIEW},
    State.CLOSED: {ClockName.CLOSURE_REVIEW},
    State.WITHDRAWN: set(),
    State.TRANSFERRED: set(),
}
"""The clocks of the referral itself that may run in a state; any other would run out with nobody able to answer it."""


def test_no_clock_runs_on_where_nobody_can_answer_it() -> None:
    first = next(row for row in TABLE if not row.sources)
    assert first.target is not None
    waiting = [(first.target, frozenset(first.starts))]
    seen = set(waiting)
    while waiting:
        state, running = waiting.pop()
        for row in (row for row in TABLE if state in row.sources):
            then = (row.target or state, (running - set(row.stops)) | set(row.starts))
            if then not in seen:
                seen.add(then)
                waiting.append(then)
    assert [(state, running) for state, running in seen if not running <= RUNS_IN.get(state, running)] == []
