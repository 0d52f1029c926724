"""The rules of triage."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.vocabulary import Role
from services.triage.domain import (
    TABLE,
    Body,
    ClockName,
    Command,
    Hold,
    NoIdeologyAlone,
    NotInThisState,
    NotOffered,
    NotRecorded,
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
from tests.triage.builders import DUTY, FINDING, practice

ASSESSING = Situation(State.ASSESSING, DUTY, form_read=True)
WORDS = Record(
    reason="mistaken",
    rationale="The school misunderstood a history project.",
    grounds="Named contact with a recruiter.",
    service="kent-early-help",
    message="Please offer support.",
    risk_owner="Cora Synthetic",
    finding=FINDING,
)
texts = st.sampled_from(["", " ", "\n", "no ideology", "The checks found a lone joke.", "Contact with a recruiter."])
records = st.builds(
    Record,
    reason=st.sampled_from(["", "mistaken", "malicious", "no-ideology", "other"]),
    rationale=texts,
    grounds=texts,
    service=st.sampled_from(["", "kent-early-help", "unknown"]),
    message=texts,
    risk_owner=st.sampled_from(["", " ", "Cora Synthetic"]),
    finding=st.sampled_from(["", " " * 30, "Nothing.", "No ideology, so there is no concern.", FINDING]),
)
commands = st.sampled_from([command for command in Command if command is not Command.RECEIVE])
bodies = st.sampled_from(Body)


class TestWalk:
    @settings(max_examples=300, deadline=None)
    @given(st.lists(st.tuples(commands, records), max_size=30), st.booleans(), bodies, bodies)
    def test_keeps_its_promises_whatever_happens(
        self, acts: list[tuple[Command, Record]], form_read: bool, gathers: Body, decides: Body
    ) -> None:
        local = practice(gathers=gathers, decides=decides)
        step = receive(local)
        situation = Situation(step.state, step.risk_owner, form_read)
        history = [situation]
        for command, record in acts:
            try:
                step = decide(command, situation, record, local)
            except (NotInThisState, NotOffered, NotRecorded):
                continue
            self.check(situation, command, record, step.risk_owner, step.state)
            made = command is Command.SECTION_36 or (
                situation.section_36_made and command not in (Command.PACK_RETURNED, Command.REOPEN)
            )
            situation = replace(situation, state=step.state, risk_owner=step.risk_owner, section_36_made=made)
            history.append(situation)
        assert all(each.risk_owner.strip() for each in history)

    def check(self, before: Situation, command: Command, record: Record, owner: str, state: State) -> None:
        if owner != before.risk_owner:
            assert command in (Command.PACK_ACCEPTED, Command.TAKE_BACK)
        if state is State.CLOSED and before.state is not State.CLOSED:
            assert record.rationale.strip()
            assert record.reason in ("mistaken", "malicious")
            assert record.rationale.strip() != "no ideology"
            assert record.finding == FINDING
        if command is Command.SECTION_36:
            assert record.grounds.strip()
            assert record.rationale.strip()
            assert before.form_read
            assert not before.section_36_made
        if state in (State.CLOSED, State.SIGNPOSTED, State.PASSED_ON, State.SECTION_36) and state is not before.state:
            assert before.state is State.ASSESSING


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

    def test_asks_for_reasonable_grounds(self) -> None:
        with pytest.raises(NotRecorded, match="reasonable grounds") as refusal:
            decide(Command.SECTION_36, ASSESSING, replace(WORDS, grounds="  \n"), practice())
        assert refusal.value.field == "grounds"

    @pytest.mark.parametrize("state", [State.RECEIVED, State.DECONFLICTING])
    def test_waits_for_deconfliction(self, state: State) -> None:
        with pytest.raises(NotInThisState):
            decide(Command.CLOSE, Situation(state, DUTY, form_read=True), WORDS, practice())

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
        situation = Situation(State.HANDED_OVER, DUTY, form_read=True, section_36_made=True)
        with pytest.raises(NotOffered, match="already"):
            decide(Command.SECTION_36, situation, WORDS, practice())


class TestLacks:
    def test_names_everything_that_is_missing(self) -> None:
        fields = [field for field, _ in lacks(Command.SIGNPOST, State.ASSESSING, Record())]
        assert fields == ["service", "message", "rationale"]


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
        kent = self.offered(ASSESSING, Role.GATEWAY_OFFICER)
        assert kent[Command.PASS_ON] == kent[Command.SECTION_36] == ""
        police = self.offered(ASSESSING, Role.GATEWAY_OFFICER, gathers=Body.POLICE)
        assert "police gather" in police[Command.PASS_ON]
        elsewhere = self.offered(ASSESSING, Role.GATEWAY_OFFICER, decides=Body.LOCAL_AUTHORITY)
        assert "local authority decides" in elsewhere[Command.SECTION_36]
        assert not elsewhere[Command.PASS_ON]

    def test_say_why_not(self) -> None:
        waiting = self.offered(Situation(State.RECEIVED, DUTY, form_read=True), Role.GATEWAY_OFFICER)
        assert "clear to proceed" in waiting[Command.CLOSE]
        assert waiting[Command.CLEAR] == "Intelligence unit officer only."
        assert waiting[Command.TAKE] == ""

    def test_name_the_places_that_a_command_starts_from(self) -> None:
        found = self.offered(ASSESSING, Role.GATEWAY_OFFICER)
        assert found[Command.REOPEN] == (
            "Possible only when the referral stands at “Closed” or “Signposted to another service”"
            " or “Police-led partnership”."
        )

    def test_tell_a_conflict_from_a_request_for_time(self) -> None:
        waiting = Situation(State.DECONFLICTING, DUTY, form_read=True)
        conflict = replace(waiting, hold=Hold(Command.CONFLICT, "Imran Synthetic"))
        refusal = self.offered(conflict, Role.GATEWAY_OFFICER)[Command.CLOSE]
        assert refusal.startswith("The intelligence unit recorded a conflict: speak to Imran Synthetic")
        time = replace(waiting, hold=Hold(Command.MORE_TIME, "Imran Synthetic"))
        assert "asked for more time" in self.offered(time, Role.GATEWAY_OFFICER)[Command.CLOSE]

    def test_taking_is_not_for_whoever_has_it(self) -> None:
        found = self.offered(replace(ASSESSING, taken=True), Role.GATEWAY_OFFICER)
        assert found[Command.TAKE] == "You have this referral already."

    @pytest.mark.parametrize("state", State)
    @pytest.mark.parametrize("gathers", Body)
    @pytest.mark.parametrize("decides", Body)
    def test_agree_with_the_states_that_can_come_next(self, state: State, gathers: Body, decides: Body) -> None:
        situation = Situation(state, DUTY, form_read=True)
        local = practice(gathers=gathers, decides=decides)
        found = offers(situation, frozenset(Role), local)
        offered = {decide(each.command, situation, WORDS, local).state for each in found if not each.refusal} - {state}
        by_others = {row.target for row in TABLE if not row.roles and state in row.sources} - {None, state}
        assert set(next_states(situation, local)) == offered | by_others

    @pytest.mark.parametrize("state", State)
    @pytest.mark.parametrize("role", [Role.IMU_OFFICER, Role.GATEWAY_OFFICER])
    def test_agree_with_decide(self, state: State, role: Role) -> None:
        situation = Situation(state, DUTY, form_read=True)
        for command, refusal in self.offered(situation, role).items():
            if refusal and not refusal.endswith(" only."):
                with pytest.raises((NotInThisState, NotOffered)):
                    decide(command, situation, WORDS, practice())
            else:
                assert decide(command, situation, WORDS, practice())


class TestTable:
    def test_gives_every_human_command_a_permission(self) -> None:
        assert {row.command.value for row in TABLE if row.roles} <= set(permissions())

    def test_leaves_no_state_that_nothing_leads_to(self) -> None:
        assert {row.target for row in TABLE} - {None} == set(State)

    def test_has_one_row_for_a_command_in_a_state(self) -> None:
        pairs = [(row.command, source) for row in TABLE for source in row.sources]
        assert len(pairs) == len(set(pairs))

    def test_draws_every_move(self) -> None:
        drawn = diagram()
        assert "assessing --> closed: Close, no further action" in drawn
        assert drawn.count("-->") == sum(max(1, len(row.sources)) for row in TABLE if row.target)

    def test_is_drawn_in_the_readme(self) -> None:
        readme = (ROOT / "services" / "triage" / "README.md").read_text(encoding="utf-8")
        assert f"```mermaid\n{diagram()}```" in readme
