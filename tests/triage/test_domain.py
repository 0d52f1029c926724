"""The rules of triage."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from contracts.vocabulary import Role
from services.triage.domain import (
    DECISIONS,
    TABLE,
    Body,
    ClockName,
    Command,
    Hold,
    NoIdeologyAlone,
    NotInThisState,
    NotOffered,
    NotRecorded,
    Proposal,
    Record,
    Situation,
    State,
    decide,
    diagram,
    lacks,
    next_states,
    offers,
    permissions,
    receive,
)
from tests.rules.tree import ROOT
from tests.triage.builders import CLOSURE, DUTY, REVIEW_ON, practice

ME = "Gita Synthetic"
ASSESSING = Situation(State.ASSESSING, DUTY, form_read=True, assessed=True, acting_id="gita", acting=ME)
WORDS = Record(
    **CLOSURE,
    grounds="Named contact with a recruiter.",
    service="kent-early-help",
    message="Please offer support.",
    force="northmere-constabulary",
    officer="Olga Synthetic",
    clock="assessment",
)
REASONS = {
    Command.ASSESS: "limited-information",
    Command.WITHDRAW: "duplicate",
    Command.CORRECT: "duplicate",
    Command.PAUSE: "waiting-for-a-partner",
}


def words_for(command: Command) -> Record:
    """Return a record that says enough for a command."""
    return replace(WORDS, reason=REASONS.get(command, WORDS.reason))


class TestDecide:
    @pytest.mark.parametrize("rationale", ["No ideology.", "There is no clear ideology", "lack of an ideology found"])
    def test_refuses_to_close_for_the_absence_of_an_ideology_alone(self, rationale: str) -> None:
        with pytest.raises(NoIdeologyAlone, match="not by itself a reason") as refusal:
            decide(Command.CLOSE, ASSESSING, replace(WORDS, rationale=rationale), practice())
        assert refusal.value.field == "rationale"

    def test_lets_an_officer_mention_ideology_among_other_things(self) -> None:
        rationale = "No ideology was found; the remark was a quotation from a set book, as the teacher confirmed."
        step = decide(Command.CLOSE, ASSESSING, replace(WORDS, rationale=rationale), practice())
        assert step.state is State.CLOSED

    @pytest.mark.parametrize("finding", ["", " " * 30, "Nothing found.", "a" * 19])
    def test_asks_what_was_found_about_the_concern(self, finding: str) -> None:
        with pytest.raises(NotRecorded, match="concern itself") as refusal:
            decide(Command.CLOSE, ASSESSING, replace(WORDS, finding=finding), practice())
        assert refusal.value.field == "finding"

    @pytest.mark.parametrize(
        ("rationale", "finding"),
        [
            ("No ideology was found, therefore I am closing.", "Therefore no ideology was found, so I am closing."),
            ("There wasn't an ideology; so the concern ends.", "The concern ends for want of an ideology; closing."),
            ("Closing this referral.", "There is no fixed ideology and so no concern."),
        ],
    )
    def test_refuses_an_answer_that_adds_nothing_to_the_absence_of_an_ideology(
        self, rationale: str, finding: str
    ) -> None:
        with pytest.raises(NoIdeologyAlone, match="sentence of its own") as refusal:
            decide(Command.CLOSE, ASSESSING, replace(WORDS, rationale=rationale, finding=finding), practice())
        assert refusal.value.field == "finding"

    def test_lets_an_officer_name_an_ideology_that_is_there(self) -> None:
        words = replace(
            WORDS, rationale="An ideology is named in the essay.", finding="The ideology is the essay's topic."
        )
        assert decide(Command.CLOSE, ASSESSING, words, practice()).state is State.CLOSED

    def test_refuses_no_ideology_as_the_reason(self) -> None:
        with pytest.raises(NoIdeologyAlone):
            decide(Command.CLOSE, ASSESSING, replace(WORDS, reason="no-ideology"), practice())

    @pytest.mark.parametrize("field", ["alternatives", "earlier", "risk_owner", "review_on"])
    def test_asks_for_everything_that_a_closure_says(self, field: str) -> None:
        given: dict[str, Any] = {**CLOSURE, field: None if field == "review_on" else " "}
        with pytest.raises(NotRecorded) as refusal:
            decide(Command.CLOSE, ASSESSING, Record(**given), practice())
        assert refusal.value.field == field

    def test_leaves_the_risk_with_somebody_who_has_it_or_takes_it(self) -> None:
        with pytest.raises(NotRecorded, match="accept") as refusal:
            decide(Command.CLOSE, ASSESSING, replace(WORDS, risk_owner="Nobody Synthetic"), practice())
        assert refusal.value.field == "risk_owner"
        assert decide(Command.CLOSE, ASSESSING, replace(WORDS, risk_owner=ME), practice()).risk_owner == ME

    def test_closes_work_as_done_only_where_some_was_begun(self) -> None:
        words = replace(WORDS, reason="work-done")
        with pytest.raises(NotRecorded):
            decide(Command.CLOSE, ASSESSING, words, practice())
        assert decide(Command.CLOSE, replace(ASSESSING, state=State.PLP), words, practice()).state is State.CLOSED

    def test_asks_for_reasonable_grounds(self) -> None:
        gathered = replace(ASSESSING, state=State.DECIDING, gathered=True)
        with pytest.raises(NotRecorded, match="reasonable grounds") as refusal:
            decide(Command.SECTION_36, gathered, replace(WORDS, grounds="  \n"), practice())
        assert refusal.value.field == "grounds"

    @pytest.mark.parametrize("gathers", Body)
    def test_waits_with_section_36_for_the_information(self, gathers: Body) -> None:
        with pytest.raises(NotOffered, match=r"[Ii]nformation gathering"):
            decide(Command.SECTION_36, ASSESSING, WORDS, practice(gathers=gathers))

    @pytest.mark.parametrize("state", [State.RECEIVED, State.DECONFLICTING, State.CONFLICT, State.PURSUE])
    def test_waits_for_deconfliction(self, state: State) -> None:
        with pytest.raises(NotInThisState):
            decide(Command.CLOSE, replace(ASSESSING, state=state), WORDS, practice())

    @pytest.mark.parametrize("command", [Command.CLOSE, Command.SIGNPOST, Command.PLP, Command.PASS_ON, Command.GATHER])
    def test_rests_every_decision_on_an_assessment(self, command: Command) -> None:
        gathers = Body.POLICE if command is Command.GATHER else Body.LOCAL_AUTHORITY
        with pytest.raises(NotOffered, match="assessment is not complete"):
            decide(command, replace(ASSESSING, assessed=False), WORDS, practice(gathers=gathers))

    def test_hands_no_pack_over_before_the_form_was_read(self) -> None:
        with pytest.raises(NotOffered, match="not been read"):
            decide(Command.PASS_ON, replace(ASSESSING, form_read=False), WORDS, practice())

    def test_signposts_only_to_a_service_of_the_area(self) -> None:
        with pytest.raises(NotRecorded) as refusal:
            decide(Command.SIGNPOST, ASSESSING, replace(WORDS, service="elsewhere"), practice())
        assert refusal.value.field == "service"

    def test_leaves_the_risk_with_the_giver_until_the_acceptance_is_handled(self) -> None:
        offered = decide(Command.PASS_ON, ASSESSING, WORDS, practice())
        assert (offered.state, offered.risk_owner) == (State.PASSED_ON, DUTY)
        situation = replace(ASSESSING, state=offered.state)
        accepted = decide(Command.PACK_ACCEPTED, situation, Record(risk_owner="Cora Synthetic"), practice())
        assert (accepted.state, accepted.risk_owner) == (State.HANDED_OVER, "Cora Synthetic")
        returned = decide(Command.PACK_RETURNED, situation, Record(rationale="Not ours."), practice())
        assert (returned.state, returned.risk_owner) == (State.ASSESSING, DUTY)
        assert ClockName.ASSESSMENT in returned.transition.starts

    def test_refuses_a_second_section_36_referral(self) -> None:
        situation = Situation(State.HANDED_OVER, DUTY, form_read=True, section_36_made=True, gathered=True)
        with pytest.raises(NotOffered, match="already"):
            decide(Command.SECTION_36, situation, WORDS, practice())

    def test_hands_the_risk_to_another_force_only_with_its_acceptance(self) -> None:
        offered = decide(Command.TRANSFER, ASSESSING, WORDS, practice())
        assert (offered.state, offered.risk_owner) == (State.TRANSFERRING, DUTY)
        situation = replace(ASSESSING, state=State.TRANSFERRING)
        accepted = decide(Command.TRANSFER_ACCEPTED, situation, Record(risk_owner="Nora Synthetic"), practice())
        assert (accepted.state, accepted.risk_owner) == (State.TRANSFERRED, "Nora Synthetic")
        back = decide(Command.REOPEN, replace(situation, state=State.TRANSFERRED, risk_owner="Nora"), WORDS, practice())
        assert back.risk_owner == ME


class TestClosing:
    @pytest.mark.parametrize("command", [Command.CLOSE, Command.PROPOSE, Command.SIGN_OFF, Command.WITHDRAW])
    @pytest.mark.parametrize(
        ("known", "says"),
        [({"earlier_unanswered": 1}, "nobody has answered"), ({"open_obligations": ("a signpost (X)",)}, "Still open")],
    )
    def test_waits_for_answers(self, command: Command, known: dict[str, Any], says: str) -> None:
        state = State.CLOSING if command is Command.SIGN_OFF else State.ASSESSING
        situation = replace(ASSESSING, state=state, proposal=Proposal("olga", DUTY, REVIEW_ON), **known)
        with pytest.raises(NotOffered, match=says):
            decide(
                command, situation, words_for(command), practice(every_closure_signed_off=command is Command.PROPOSE)
            )

    @pytest.mark.parametrize(("number", "words"), [(2, "twice"), (3, "3 times")])
    def test_of_a_repeat_needs_a_second_person(self, number: int, words: str) -> None:
        again = replace(ASSESSING, referrals_of_person=number)
        with pytest.raises(NotOffered, match=words):
            decide(Command.CLOSE, again, WORDS, practice())
        proposed = decide(Command.PROPOSE, again, WORDS, practice())
        assert (proposed.state, proposed.risk_owner) == (State.CLOSING, DUTY)

    @pytest.mark.parametrize(
        ("known", "words"),
        [({"not_told_apart": 1}, "Nobody could tell"), ({"referred_elsewhere": True}, "in another area too")],
    )
    @pytest.mark.parametrize("alone", [Command.CLOSE, Command.WITHDRAW])
    def test_of_one_who_may_be_a_repeat_needs_one_too(self, alone: Command, known: dict[str, Any], words: str) -> None:
        perhaps = replace(ASSESSING, **known)
        with pytest.raises(NotOffered, match=words):
            decide(alone, perhaps, words_for(alone), practice())
        assert decide(Command.PROPOSE, perhaps, WORDS, practice()).state is State.CLOSING

    def test_is_signed_off_by_somebody_else(self) -> None:
        waiting = replace(ASSESSING, state=State.CLOSING, proposal=Proposal("gita", ME, REVIEW_ON))
        with pytest.raises(NotOffered, match="You proposed"):
            decide(Command.SIGN_OFF, waiting, WORDS, practice())
        signed = decide(Command.SIGN_OFF, replace(waiting, acting_id="sita"), Record(rationale="Agreed."), practice())
        assert (signed.state, signed.risk_owner, signed.record.review_on) == (State.CLOSED, ME, REVIEW_ON)

    def test_is_proposed_only_where_two_must_look(self) -> None:
        with pytest.raises(NotOffered, match="no second person"):
            decide(Command.PROPOSE, ASSESSING, WORDS, practice())
        assert decide(Command.PROPOSE, ASSESSING, WORDS, practice(every_closure_signed_off=True)).state is State.CLOSING


class TestLacks:
    def test_names_everything_that_is_missing(self) -> None:
        fields = [field for field, _ in lacks(Command.SIGNPOST, State.ASSESSING, Record())]
        assert fields == ["service", "message", "rationale", "concern"]
        fields = [field for field, _ in lacks(Command.CLOSE, State.ASSESSING, Record())]
        required = ["reason", "finding", "rationale", "alternatives", "earlier", "concern", "risk_owner", "review_on"]
        assert fields == required


class TestReceive:
    def test_makes_the_duty_officer_risk_owner(self) -> None:
        step = receive(practice())
        assert (step.state, step.risk_owner) == (State.RECEIVED, DUTY)

    def test_refuses_an_area_without_a_duty_officer(self) -> None:
        with pytest.raises(NotRecorded):
            receive(practice(duty_officer=" "))


class TestOffers:
    def offered(self, situation: Situation, *roles: Role, **local: Body) -> dict[Command, str]:
        found = offers(situation, frozenset(roles), practice(**local))
        return {offer.command: offer.refusal for offer in found}

    def test_follow_who_gathers_and_who_decides(self) -> None:
        kent = self.offered(replace(ASSESSING, gathered=True), Role.GATEWAY_OFFICER)
        assert kent[Command.PASS_ON] == kent[Command.SECTION_36] == ""
        assert "local authority gathers" in kent[Command.GATHER]
        police = self.offered(ASSESSING, Role.GATEWAY_OFFICER, gathers=Body.POLICE)
        assert "police gather" in police[Command.PASS_ON]
        assert police[Command.GATHER] == ""
        elsewhere = self.offered(ASSESSING, Role.GATEWAY_OFFICER, decides=Body.LOCAL_AUTHORITY)
        assert "local authority decides" in elsewhere[Command.SECTION_36]
        assert not elsewhere[Command.PASS_ON]

    def test_say_why_not(self) -> None:
        waiting = self.offered(replace(ASSESSING, state=State.RECEIVED), Role.GATEWAY_OFFICER)
        assert "clear to proceed" in waiting[Command.CLOSE]
        assert waiting[Command.CLEAR] == "Intelligence unit officer only."
        assert waiting[Command.TAKE] == ""

    def test_name_the_places_that_a_command_starts_from(self) -> None:
        found = self.offered(ASSESSING, Role.GATEWAY_OFFICER)
        assert found[Command.TAKE_BACK] == (
            "Possible only when the referral stands at “Given back by Channel, waiting to be taken”."
        )

    def test_tell_a_conflict_from_a_request_for_time(self) -> None:
        waiting = replace(ASSESSING, state=State.DECONFLICTING)
        conflict = replace(waiting, state=State.CONFLICT, hold=Hold(Command.CONFLICT, "Imran Synthetic"))
        refusal = self.offered(conflict, Role.GATEWAY_OFFICER)[Command.CLOSE]
        assert "recorded a conflict" in refusal
        assert "speak to Imran Synthetic" in refusal
        time = replace(waiting, hold=Hold(Command.MORE_TIME, "Imran Synthetic"))
        assert "asked for more time" in self.offered(time, Role.GATEWAY_OFFICER)[Command.CLOSE]

    def test_taking_is_not_for_whoever_has_it(self) -> None:
        found = self.offered(replace(ASSESSING, taken=True), Role.GATEWAY_OFFICER)
        assert found[Command.TAKE] == "You have this referral already."

    @pytest.mark.parametrize("state", State)
    @pytest.mark.parametrize("gathers", Body)
    @pytest.mark.parametrize("decides", Body)
    def test_agree_with_the_states_that_can_come_next(self, state: State, gathers: Body, decides: Body) -> None:
        situation = replace(ASSESSING, state=state, gathered=True, proposal=Proposal("olga", DUTY, REVIEW_ON))
        local = practice(gathers=gathers, decides=decides)
        found = offers(situation, frozenset(Role), local)
        offered = {
            decide(each.command, situation, words_for(each.command), local).state for each in found if not each.refusal
        } - {state}
        by_others = {row.target for row in TABLE if not row.roles and state in row.sources} - {None, state}
        assert set(next_states(situation, local)) == offered | by_others

    @pytest.mark.parametrize("state", State)
    @pytest.mark.parametrize("role", [Role.IMU_OFFICER, Role.GATEWAY_OFFICER, Role.GATEWAY_SUPERVISOR])
    def test_agree_with_decide(self, state: State, role: Role) -> None:
        situation = replace(ASSESSING, state=state)
        for command, refusal in self.offered(situation, role).items():
            if refusal and not refusal.endswith(" only."):
                with pytest.raises((NotInThisState, NotOffered)):
                    decide(command, situation, words_for(command), practice())
            elif not refusal:
                proposed = replace(situation, proposal=Proposal("olga", DUTY, date(2027, 1, 4)))
                assert decide(command, proposed, words_for(command), practice())


class TestTable:
    def test_gives_every_human_command_a_permission(self) -> None:
        assert {row.command.value for row in TABLE if row.roles} <= set(permissions())

    def test_has_a_row_for_every_command(self) -> None:
        assert {row.command for row in TABLE} == set(Command)
        assert all(any(row.roles for row in TABLE if row.command is command) for command in DECISIONS)

    def test_leaves_no_state_that_nothing_leads_to(self) -> None:
        assert {row.target for row in TABLE} - {None} == set(State)

    def test_has_one_row_for_a_command_in_a_state_unless_facts_decide_between_several(self) -> None:
        pairs = [(row.command, source) for row in TABLE for source in row.sources]
        several = {pair for pair in pairs if pairs.count(pair) > 1}
        assert several == {(Command.SEND_BACK, State.CLOSING), (Command.TAKE_BACK, State.GIVEN_BACK)}
        for command, state in several:
            rows = [row for row in TABLE if row.command is command and state in row.sources]
            assert len({row.target for row in rows}) == len(rows)
            assert len({(row.label, row.roles, row.records) for row in rows}) == 1

    @pytest.mark.parametrize("halted", [True, False])
    @pytest.mark.parametrize("came_from", [State.ASSESSING, State.DECIDING, State.SIGNPOSTED, State.PLP])
    def test_leaves_one_of_several_rows_open_whatever_the_facts(self, came_from: State, halted: bool) -> None:
        proposal = Proposal("olga", DUTY, REVIEW_ON, came_from)
        for state in State:
            situation = replace(ASSESSING, state=state, proposal=proposal, halted=halted)
            for command in (Command.SEND_BACK, Command.TAKE_BACK):
                rows = [row for row in TABLE if row.command is command and state in row.sources]
                assert not rows or len([row for row in rows if not row.ruled_out(situation, practice())]) == 1

    def test_starts_every_clock_of_a_referral_somewhere_and_stops_it_elsewhere(self) -> None:
        started = {clock for row in TABLE for clock in row.starts}
        assert started == {clock for row in TABLE for clock in row.stops} - {ClockName.URGENT}

    def test_draws_every_move(self) -> None:
        drawn = diagram()
        assert "assessing --> closed: Close, no further action" in drawn
        assert drawn.count("-->") == sum(max(1, len(row.sources)) for row in TABLE if row.target)

    def test_is_drawn_in_the_docs(self) -> None:
        drawn_in_docs = (ROOT / "docs" / "triage-pathway.md").read_text(encoding="utf-8")
        assert f"```mermaid\n{diagram()}```" in drawn_in_docs
