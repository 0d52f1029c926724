"""The rules of Channel."""

from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.vocabulary import Role
from services.channel.domain import (
    PANEL_DECISIONS,
    TABLE,
    Body,
    ClosingOutcome,
    Command,
    Consent,
    InPanel,
    NotInThisState,
    NotOffered,
    NotRecorded,
    Record,
    Situation,
    State,
    Step,
    decide,
    diagram,
    lacks,
    offers,
    open_with,
    permissions,
    whose_turn,
)
from tests.channel.builders import NOW, POLICE_OWNER, practice
from tests.rules.tree import ROOT

BACK = frozenset({Command.RETURNED_BACK, Command.TRANSFER_REFUSED, Command.CALL_BACK})
"""What leads a case back to where it stood."""
OFFERED = Situation(State.OFFERED, POLICE_OWNER)
WORDS = "Contact with a recruiter."
texts = st.sampled_from(["", " ", "\n", WORDS, WORDS])
owners = st.sampled_from(["", " ", "Cora Synthetic", POLICE_OWNER])
records = st.builds(
    Record,
    reason=texts,
    grounds=texts,
    risk_owner=owners,
    summary=texts,
    gathered_by=texts,
    speak_to=texts,
    officer=owners,
    message=texts,
    next_on=st.sampled_from([None, NOW.date()]),
    considered=texts,
    outcome=st.sampled_from(["", WORDS, ClosingOutcome.CONCERNS_REDUCED]),
    decided_by=texts,
    clock=texts,
)
FULL = Record(**{each.name: WORDS for each in fields(Record) if each.name != "next_on"}, next_on=NOW.date())
"""Everything that any command may want recorded."""
acts = st.tuples(
    st.sampled_from([command for command in Command if command not in (Command.OPEN, Command.RECEIVE_TRANSFER)]),
    st.one_of(records, st.just(FULL)),
)
facts = st.fixed_dictionaries(
    {
        "assessed": st.booleans(),
        "assessed_since": st.booleans(),
        "plan_lacks": st.sampled_from([(), ("Name who asks for consent.",)]),
        "in_panel": st.sampled_from([None, InPanel(), InPanel(("No police of the force area are here.",))]),
        "halted": st.booleans(),
        "owed": st.sampled_from([(), ("an action (Sample)",)]),
        "reviews_run": st.integers(0, 2),
        "sessions_open": st.sampled_from([(), ("Sample provider",)]),
        "acting_id": st.sampled_from(["", "cora", "carl"]),
    }
)
TAKES_RISK = frozenset(
    {
        *(Command.ACCEPT, Command.TAKE, Command.ALLOCATE, Command.REOPEN, Command.OFFER_AGAIN),
        *(Command.TAKEN_BACK, Command.WITHDRAW, Command.TRANSFER_ACCEPTED),
    }
)
"""The only commands that may name another risk owner."""


def after(situation: Situation, command: Command, record: Record, step: Step) -> Situation:
    """Return how a case stands after a step, as saving makes it."""
    consent = {
        Command.CONSENT_GIVEN: Consent.GIVEN,
        Command.CONSENT_REFUSED: Consent.REFUSED,
        Command.CONSENT_WITHDRAWN: Consent.WITHDRAWN,
        Command.TURNED_18: Consent.LAPSED,
        Command.REOPEN: Consent.NOT_ASKED,
    }.get(command, situation.consent)
    refers = command in (Command.RECEIVE_SECTION_36, Command.REFER, Command.OFFER_AGAIN)
    before = situation.section_36_made and command is not Command.OFFER_AGAIN
    made = before or (refers and bool(record.grounds.strip()))
    leaves = command in (Command.GIVE_BACK, Command.TRANSFER)
    return replace(
        situation,
        state=step.state,
        risk_owner=step.risk_owner,
        section_36_made=made,
        consent=consent,
        came_from=situation.state if leaves else situation.came_from,
    )


def said(command: Command, record: Record) -> None:
    """Check that what may not go without words was taken with them."""
    if command is Command.GATHERED:
        assert record.summary.strip()
        assert record.gathered_by.strip()
    if command in (Command.RETURN, Command.GIVE_BACK):
        assert record.reason.strip()


def waited(situation: Situation, command: Command, record: Record) -> None:
    """Check that the panel decided nothing while the police asked to wait, or outside a meeting that can decide.

    Nor does it call the concerns reduced before somebody has assessed again.
    """
    if command in PANEL_DECISIONS:
        assert not situation.halted
        assert situation.in_panel == InPanel()
    if command is Command.PANEL_CLOSE and record.outcome == ClosingOutcome.CONCERNS_REDUCED:
        assert situation.assessed_since


def promised(situation: Situation, command: Command, record: Record, step: Step) -> None:
    """Check what the statute, and the one risk owner, want of a step that was just taken."""
    was, now = situation.state, step.state
    if now is State.REFERRED is not was and command not in (*BACK, Command.REOPEN):
        before = command is Command.TO_PANEL and situation.section_36_made
        assert record.grounds.strip() or before, "section 36(3): grounds to believe"
    if now is State.ADOPTED is not was and command not in BACK:
        assert situation.assessed or situation.assessed_since, "the plan answers assessed factors"
        assert situation.in_panel == InPanel(), "only a panel that can decide adopts"
    if now is State.NOT_ADOPTED is not was and command not in BACK:
        assert record.considered.strip(), "section 36(6): health and social care are considered"
    if now is State.SUPPORTED is not was and command not in BACK:
        assert command is Command.CONSENT_GIVEN, "section 36(4)(b): support needs consent"
        assert not situation.plan_lacks, "the plan comes before consent"
    if now is State.CLOSED is not was and command not in BACK:
        assert record.summary.strip()
        assert not situation.sessions_open
    if now is State.ENDED is not was:
        assert not situation.owed
        assert was is State.NOT_ADOPTED or not situation.reviews_run, "reviews survive closure"
    if command not in TAKES_RISK:
        assert step.risk_owner == situation.risk_owner
    assert step.risk_owner.strip(), "one named risk owner at every instant"


class TestWalk:
    @settings(max_examples=400, deadline=None)
    @given(st.lists(st.tuples(acts, facts), max_size=60), st.sampled_from(Body))
    def test_keeps_its_promises_whatever_happens(
        self, walk: list[tuple[tuple[Command, Record], dict[str, Any]]], decides: Body
    ) -> None:
        step = open_with(POLICE_OWNER)
        situation, gathered = Situation(step.state, step.risk_owner), False
        for (command, record), known in walk:
            situation = replace(situation, **known)
            try:
                step = decide(command, situation, record, practice(decides=decides))
            except (NotInThisState, NotOffered, NotRecorded):
                continue
            said(command, record)
            waited(situation, command, record)
            promised(situation, command, record, step)
            assert command is not Command.REFER or gathered
            gathered = (gathered or command is Command.GATHERED) and step.state is not State.OFFERED
            situation = after(situation, command, record, step)

    @pytest.mark.parametrize("state", [state for state in State if state is not State.OFFERED])
    def test_every_state_can_be_reached(self, state: State) -> None:
        """Walk breadth first with everything recorded and every fact favourable, so that no row is dead."""
        start = Situation(State.OFFERED, POLICE_OWNER, assessed=True, assessed_since=True, plan_lacks=())
        seen, queue = {start.state}, [replace(start, in_panel=InPanel())]
        while queue and state not in seen:
            situation = queue.pop(0)
            for command in Command:
                try:
                    step = decide(command, situation, FULL, practice(decides=Body.LOCAL_AUTHORITY))
                except (NotInThisState, NotOffered, NotRecorded):
                    continue
                if step.state not in seen:
                    seen.add(step.state)
                    queue.append(after(situation, command, FULL, step))
        assert state in seen


class TestDecide:
    def test_accepting_names_the_risk_owner(self) -> None:
        step = decide(Command.ACCEPT, OFFERED, Record(risk_owner="Cora Synthetic"), practice())
        assert (step.state, step.risk_owner) == (State.ACCEPTED, "Cora Synthetic")

    def test_returning_needs_a_reason(self) -> None:
        with pytest.raises(NotRecorded) as refusal:
            decide(Command.RETURN, OFFERED, Record(reason=" "), practice())
        assert refusal.value.field == "reason"

    def test_refers_only_where_the_local_authority_decides(self) -> None:
        gathered = Situation(State.GATHERED, "Cora Synthetic")
        grounds = Record(grounds="Contact with a recruiter.")
        with pytest.raises(NotOffered, match="police decide"):
            decide(Command.REFER, gathered, grounds, practice())
        step = decide(Command.REFER, gathered, grounds, practice(decides=Body.LOCAL_AUTHORITY))
        assert step.state is State.REFERRED

    def test_refers_only_on_reasonable_grounds(self) -> None:
        with pytest.raises(NotRecorded, match="reasonable grounds"):
            decide(Command.REFER, Situation(State.GATHERED, "x"), Record(), practice(decides=Body.LOCAL_AUTHORITY))

    def test_refers_only_once_the_information_is_gathered(self) -> None:
        grounds = Record(grounds="Contact with a recruiter.")
        with pytest.raises(NotInThisState):
            decide(Command.REFER, Situation(State.ACCEPTED, "x"), grounds, practice(decides=Body.LOCAL_AUTHORITY))

    @pytest.mark.parametrize(("missing", "field"), [("summary", "summary"), ("gathered_by", "gathered_by")])
    def test_gathering_says_what_was_found_and_by_whom(self, missing: str, field: str) -> None:
        said = {"summary": Record(gathered_by="Sample team"), "gathered_by": Record(summary="Nothing known.")}[missing]
        with pytest.raises(NotRecorded) as refusal:
            decide(Command.GATHERED, Situation(State.ACCEPTED, "x"), said, practice())
        assert refusal.value.field == field

    def test_gathers_nothing_more_for_what_was_referred_already(self) -> None:
        said = Record(summary="Nothing known.", gathered_by="Sample team")
        with pytest.raises(NotOffered, match="already been made"):
            decide(Command.GATHERED, Situation(State.ACCEPTED, "x", section_36_made=True), said, practice())

    def test_an_answer_is_given_once(self) -> None:
        with pytest.raises(NotInThisState):
            decide(Command.ACCEPT, Situation(State.ACCEPTED, "x"), Record(risk_owner="x"), practice())


class TestPanelDecides:
    def test_waits_while_the_police_ask_to_wait(self) -> None:
        stands = Situation(State.REFERRED, "x", assessed=True, in_panel=InPanel(), halted=True)
        with pytest.raises(NotOffered, match="police ask you to wait"):
            decide(Command.ADOPT, stands, FULL, practice())


class TestClosesUnseen:
    @pytest.mark.parametrize("state", [State.SUPPORTED, State.NO_CONSENT])
    def test_calls_concerns_reduced_only_on_a_further_assessment(self, state: State) -> None:
        stands = Situation(state, "x", assessed=True, in_panel=InPanel())
        reduced = replace(FULL, outcome=ClosingOutcome.CONCERNS_REDUCED)
        with pytest.raises(NotRecorded, match="rests on a further assessment") as refusal:
            decide(Command.PANEL_CLOSE, stands, reduced, practice())
        assert refusal.value.field == "outcome"
        assert decide(Command.PANEL_CLOSE, replace(stands, assessed_since=True), reduced, practice())

    @pytest.mark.parametrize("outcome", [each for each in ClosingOutcome if each != ClosingOutcome.CONCERNS_REDUCED])
    def test_asks_for_none_where_the_outcome_is_another(self, outcome: ClosingOutcome) -> None:
        stands = Situation(State.SUPPORTED, "x", assessed=True, in_panel=InPanel())
        step = decide(Command.PANEL_CLOSE, stands, replace(FULL, outcome=outcome), practice())
        assert step.state is State.CLOSING


class TestOpenWith:
    def test_leaves_the_risk_with_the_police(self) -> None:
        step = open_with(POLICE_OWNER)
        assert (step.state, step.risk_owner) == (State.OFFERED, POLICE_OWNER)

    def test_refuses_a_pack_without_a_risk_owner(self) -> None:
        with pytest.raises(NotRecorded):
            open_with(" ")


class TestOffers:
    @pytest.mark.parametrize("state", State)
    def test_agree_with_decide(self, state: State) -> None:
        situation = Situation(state, POLICE_OWNER)
        for offer in offers(situation, frozenset(Role), practice()):
            if offer.refusal:
                with pytest.raises((NotInThisState, NotOffered)):
                    decide(offer.command, situation, FULL, practice())
            else:
                assert decide(offer.command, situation, FULL, practice())

    def test_are_for_the_team_only(self) -> None:
        found = {offer.command: offer.refusal for offer in offers(OFFERED, frozenset({Role.BOARD_MEMBER}), practice())}
        assert found[Command.ACCEPT] == "Channel coordinator or Channel supervisor only."

    def test_let_no_chair_open_a_case_again_outside_a_meeting(self) -> None:
        closed = Situation(State.CLOSED, "Cora Synthetic")
        found = {each.command: each.refusal for each in offers(closed, frozenset({Role.PANEL_CHAIR}), practice())}
        assert found[Command.REOPEN] == "Channel coordinator or Channel supervisor only."
        assert Role.PANEL_CHAIR not in permissions()[Command.REOPEN]


class TestWhoseTurn:
    @pytest.mark.parametrize(("body", "decider"), [(Body.POLICE, "the police decide"), (Body.LOCAL_AUTHORITY, "your")])
    def test_says_who_decides_once_the_information_is_reported(self, body: Body, decider: str) -> None:
        for state in (State.ACCEPTED, State.GATHERED):
            assert decider in whose_turn(Situation(state, "Cora Synthetic"), practice(decides=body))

    def test_names_who_stays_risk_owner_while_another_side_answers(self) -> None:
        assert POLICE_OWNER in whose_turn(OFFERED, practice())
        assert "Cora Synthetic" in whose_turn(Situation(State.GIVEN_BACK, "Cora Synthetic"), practice())

    def test_lets_nobody_support_who_turned_18_and_has_not_agreed(self) -> None:
        given = Situation(State.SUPPORTED, "Cora Synthetic", consent=Consent.GIVEN)
        assert "Support is given" in whose_turn(given, practice())
        assert "ask them" in whose_turn(replace(given, consent=Consent.LAPSED), practice())

    def test_ends_a_closed_case_whose_last_review_was_made(self) -> None:
        closed = Situation(State.CLOSED, "Cora Synthetic", reviews_run=1)
        assert "still to be made" in whose_turn(closed, practice())
        assert "end the case" in whose_turn(replace(closed, reviews_run=0), practice())

    def test_an_assessment_that_is_complete_is_not_asked_for_once_more(self) -> None:
        waiting = Situation(State.REFERRED, "Cora Synthetic")
        assert "Complete an assessment" in whose_turn(waiting, practice())
        assert "An assessment is complete" in whose_turn(replace(waiting, assessed=True), practice())


class TestLacks:
    def test_names_what_is_missing(self) -> None:
        assert [field for field, _ in lacks(Command.RETURN, State.OFFERED, Record())] == ["reason"]


class TestTable:
    def test_gives_every_human_command_a_permission(self) -> None:
        assert {row.command.value for row in TABLE if row.roles} <= set(permissions())

    def test_leaves_no_state_that_nothing_leads_to(self) -> None:
        assert {row.target for row in TABLE} - {None} == set(State)

    def test_has_one_row_for_a_command_in_a_state_unless_it_leads_back_to_where_the_case_stood(self) -> None:
        pairs = [(row.command, source) for row in TABLE for source in row.sources if row.command not in BACK]
        assert len(pairs) == len(set(pairs))
        targets = [(row.command, row.target) for row in TABLE if row.command in BACK]
        assert len(targets) == len(set(targets))

    def test_draws_every_move(self) -> None:
        drawn = diagram()
        assert "offered --> accepted: Accept the pack" in drawn
        assert drawn.count("-->") == sum(max(1, len(row.sources)) for row in TABLE if row.target)

    def test_is_drawn_in_the_documentation(self) -> None:
        page = (ROOT / "docs" / "channel-pathway.md").read_text(encoding="utf-8")
        assert f"```mermaid\n{diagram()}```" in page
