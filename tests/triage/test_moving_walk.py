"""The pathway of triage, walked at random while the area changes its practice: whatever moves keeps the promises."""

from dataclasses import replace
from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import rule

from services.triage.domain import (
    Body,
    Command,
    NotInThisState,
    NotOffered,
    NotRecorded,
    Practice,
    Record,
    Situation,
    State,
    decide,
)
from services.triage.domain.moving import why_not
from tests.triage.builders import DUTY, VERSION, practice
from tests.triage.test_domain import words_for
from tests.triage.test_moving import NEWER, WHY
from tests.triage.test_walk import ENDED, Pathway


class MovingPathway(Pathway):
    """The whole pathway, walked at random, while the area changes its practice again and again."""

    @rule(gathers=st.sampled_from(Body), decides=st.sampled_from(Body), every=st.booleans())
    def the_area_agrees_a_newer_version(self, gathers: Body, decides: Body, every: bool) -> None:
        """Move to it where that can be; a move changes neither state nor risk owner, and history grows by one line."""
        new = practice(version=NEWER, in_force=NEWER, gathers=gathers, decides=decides, every_closure_signed_off=every)
        before = replace(self.kept.situation, acting_id="sita synthetic", acting="Sita Synthetic", area_version=VERSION)
        if why_not(before.state, self.local, new):
            assert before.state not in ENDED
            return
        try:
            step = decide(Command.MOVE, before, Record(rationale=WHY), new)
        except NotInThisState:
            assert before.state in ENDED
            return
        assert (step.state, step.risk_owner) == (before.state, before.risk_owner)
        assert not step.transition.starts
        assert not step.transition.stops
        self.kept.history.append((Command.MOVE, step.state, step.risk_owner))
        self.local = new


TestMovingPathway = MovingPathway.TestCase
TestMovingPathway.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)

BODIES = tuple(product(Body, Body))


class TestNobodyIsStuck:
    @settings(max_examples=150, deadline=None)
    @given(
        state=st.sampled_from([state for state in State if state not in ENDED]),
        one=st.sampled_from(BODIES),
        other=st.sampled_from(BODIES),
        gathered=st.booleans(),
    )
    def test_whatever_moves_can_still_come_to_an_end(
        self, state: State, one: tuple[Body, Body], other: tuple[Body, Body], gathered: bool
    ) -> None:
        before = practice(gathers=one[0], decides=one[1])
        after = practice(version=NEWER, gathers=other[0], decides=other[1])
        if why_not(state, before, after):
            return
        here = Situation(state, DUTY, form_read=True, acting_id="g", acting="Gita Synthetic", gathered=gathered)
        assert _ends(here, after) or not _ends(here, before)


def _ends(here: Situation, local: Practice) -> bool:
    """Say whether a referral can come to an end from where it stands."""
    seen, waiting = {here}, [here]
    while waiting:
        now = waiting.pop()
        if now.state in ENDED:
            return True
        for command in Command:
            try:
                step = decide(command, now, words_for(command), local)
            except (NotInThisState, NotOffered, NotRecorded):
                continue
            then = replace(
                now,
                state=step.state,
                assessed=now.assessed or command is Command.ASSESS,
                gathered=now.gathered or command in {Command.GATHERED, Command.CHANNEL_GATHERED},
            )
            if then not in seen:
                seen.add(then)
                waiting.append(then)
    return False
