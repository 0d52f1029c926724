"""The rules of Channel."""

from dataclasses import fields, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.vocabulary import Role
from services.channel.domain import (
    TABLE,
    Body,
    Command,
    NotInThisState,
    NotOffered,
    NotRecorded,
    Record,
    Situation,
    State,
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

OFFERED = Situation(State.OFFERED, POLICE_OWNER)
texts = st.sampled_from(["", " ", "\n", "Contact with a recruiter."])
owners = st.sampled_from(["", " ", "Cora Synthetic", POLICE_OWNER])
records = st.builds(Record, reason=texts, grounds=texts, risk_owner=owners, summary=texts, gathered_by=texts)
commands = st.sampled_from([command for command in Command if command is not Command.OPEN])


class TestWalk:
    @settings(max_examples=300, deadline=None)
    @given(st.lists(st.tuples(commands, records), max_size=30), st.sampled_from(Body))
    def test_keeps_its_promises_whatever_happens(self, acts: list[tuple[Command, Record]], decides: Body) -> None:
        step = open_with(POLICE_OWNER)
        situation, gathered = Situation(step.state, step.risk_owner), False
        for command, record in acts:
            try:
                step = decide(command, situation, record, practice(decides=decides))
            except (NotInThisState, NotOffered, NotRecorded):
                continue
            if step.state is State.REFERRED and situation.state is not State.REFERRED:
                assert record.grounds.strip() or (command is Command.TO_PANEL and situation.section_36_made)
            if command is Command.REFER:
                assert gathered
            if command is Command.GATHERED:
                assert record.summary.strip()
                assert record.gathered_by.strip()
            if command not in (Command.ACCEPT, Command.OFFER_AGAIN, Command.TAKEN_BACK):
                assert step.risk_owner == situation.risk_owner
            gathered = (gathered or command is Command.GATHERED) and step.state is not State.OFFERED
            if command in (Command.RETURN, Command.GIVE_BACK):
                assert record.reason.strip()
                assert step.risk_owner == situation.risk_owner
            made = command is not Command.OFFER_AGAIN and (situation.section_36_made or bool(record.grounds.strip()))
            situation = replace(situation, state=step.state, risk_owner=step.risk_owner, section_36_made=made)
            assert situation.risk_owner.strip()


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
        words = Record(**{each.name: "Words." for each in fields(Record) if each.name != "next_on"}, next_on=NOW.date())
        for offer in offers(situation, frozenset(Role), practice()):
            if offer.refusal:
                with pytest.raises((NotInThisState, NotOffered)):
                    decide(offer.command, situation, words, practice())
            else:
                assert decide(offer.command, situation, words, practice())

    def test_are_for_the_team_only(self) -> None:
        found = {offer.command: offer.refusal for offer in offers(OFFERED, frozenset({Role.BOARD_MEMBER}), practice())}
        assert found[Command.ACCEPT] == "Channel coordinator or Channel supervisor only."


class TestWhoseTurn:
    @pytest.mark.parametrize(("body", "decider"), [(Body.POLICE, "the police decide"), (Body.LOCAL_AUTHORITY, "your")])
    def test_says_who_decides_once_the_information_is_reported(self, body: Body, decider: str) -> None:
        for state in (State.ACCEPTED, State.GATHERED):
            assert decider in whose_turn(Situation(state, "Cora Synthetic"), practice(decides=body))

    def test_names_who_stays_risk_owner_while_another_side_answers(self) -> None:
        assert POLICE_OWNER in whose_turn(OFFERED, practice())
        assert "Cora Synthetic" in whose_turn(Situation(State.GIVEN_BACK, "Cora Synthetic"), practice())


class TestLacks:
    def test_names_what_is_missing(self) -> None:
        assert [field for field, _ in lacks(Command.RETURN, State.OFFERED, Record())] == ["reason"]


class TestTable:
    def test_gives_every_human_command_a_permission(self) -> None:
        assert {row.command.value for row in TABLE if row.roles} <= set(permissions())

    def test_leaves_no_state_that_nothing_leads_to(self) -> None:
        assert {row.target for row in TABLE} - {None} == set(State)

    def test_has_one_row_for_a_command_in_a_state_unless_it_leads_back_to_where_the_case_stood(self) -> None:
        back = {Command.RETURNED_BACK, Command.TRANSFER_REFUSED, Command.CALL_BACK}
        pairs = [(row.command, source) for row in TABLE for source in row.sources if row.command not in back]
        assert len(pairs) == len(set(pairs))
        targets = [(row.command, row.target) for row in TABLE if row.command in back]
        assert len(targets) == len(set(targets))

    def test_draws_every_move(self) -> None:
        drawn = diagram()
        assert "offered --> accepted: Accept the pack" in drawn
        assert drawn.count("-->") == sum(max(1, len(row.sources)) for row in TABLE if row.target)

    def test_is_drawn_in_the_documentation(self) -> None:
        page = (ROOT / "docs" / "channel-pathway.md").read_text(encoding="utf-8")
        assert f"```mermaid\n{diagram()}```" in page
