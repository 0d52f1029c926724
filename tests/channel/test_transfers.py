"""Transfers between panels: the pack moves, the risk moves with the acceptance, and nothing is without an owner."""

from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest

from chassis import documents
from chassis.actor import Actor
from chassis.erasing import Copied
from contracts.triage.dovetail import PackWithdrawn, WorkHalted, WorkResumed
from services.channel import queries
from services.channel.domain import Body, Command, NotInThisState, NotOffered, NotRecorded, Obligation, Record
from services.channel.domain.transferring import Answer, Carry, Standing, TransferNotFound, carried
from services.channel.operations import Act, Owing, act_on_case, call_back, erase_subject, keep_obligation
from tests.channel.builders import CORA, NOW, POLICE_OWNER, REFERENCE, corrected, parts, passed, referred, rows
from tests.channel.conftest import Team
from tests.channel.transfers_made import (
    NORA,
    NORTH,
    WHY,
    TwoPanels,
    answered,
    carry,
    given_case,
    offer,
    taken_case,
)


@pytest.fixture
def practices() -> TwoPanels:
    return TwoPanels()


async def held_here(team: Team) -> UUID:
    """Return a case that was accepted with a complete pack and a document."""
    subject = await team.open(passed(**parts()))
    async with team.runtime.database.transaction(CORA) as session:
        await documents.store(
            session,
            subject=subject,
            area="kent-and-medway",
            name="letter.txt",
            media_type="text/plain",
            body=b"A synthetic letter.",
            now=NOW,
        )
    await team.act(subject, Command.ACCEPT)
    return subject


async def north(team: Team, command: Command, **record: Any) -> None:
    """Act on the case that the other panel was offered, as its coordinator."""
    case = await taken_case(team)
    async with team.runtime.database.transaction(NORA) as session:
        practice = team.practices.current(NORTH, NOW)
        await act_on_case(session, case["subject"], Act(command, NOW, Record(**record)), practice)


class TestCarried:
    @pytest.mark.parametrize(
        ("offer", "step"),
        [
            (Standing(waits=True, opened=False), Carry.OPEN),
            (Standing(waits=True, opened=True), Carry.WAIT),
            (Standing(waits=True, opened=True, said=Answer.ACCEPTED), Carry.ACCEPT),
            (Standing(waits=True, opened=True, said=Answer.REFUSED), Carry.REFUSE),
            (Standing(waits=False, opened=False), Carry.LAPSE),
            (Standing(waits=False, opened=True, said=Answer.ACCEPTED), Carry.LAPSE),
            (Standing(waits=False, opened=False, answer=Answer.CALLED_BACK), Carry.NOTHING),
            (Standing(waits=False, opened=True, answer=Answer.CALLED_BACK), Carry.STOP),
            (Standing(waits=False, opened=True, answer=Answer.CALLED_BACK, said=Answer.ACCEPTED), Carry.STOP),
            (Standing(waits=False, opened=True, answer=Answer.CALLED_BACK, said=Answer.REFUSED), Carry.NOTHING),
            (Standing(waits=False, opened=True, answer=Answer.ACCEPTED, said=Answer.ACCEPTED), Carry.NOTHING),
        ],
    )
    def test_what_is_done_next(self, offer: Standing, step: Carry) -> None:
        assert carried(offer) is step


class TestToAPanelOfThisInstallation:
    async def test_the_case_appears_there_with_the_whole_pack_under_keys_of_its_own(self, team: Team) -> None:
        subject = await held_here(team)
        await offer(team, subject)
        assert (await given_case(team))["state"] == "transfer-offered"
        await carry(team)
        await carry(team)
        case = await taken_case(team)
        assert (case["state"], case["risk_owner"]) == ("offered", CORA.name)
        assert case["subject"] != subject
        assert case["reference"].startswith("NM-")
        async with team.runtime.database.transaction(NORA) as session:
            held = await queries.held(session, case["subject"])
            view = await queries.case_view(session, held)
            kept = await documents.listed(session, case["subject"])
            bodies = [(await documents.read(session, each.id)).body for each in kept]
        assert view.form is not None
        assert view.form.person.surname == "Synthetic"
        assert held.summary is not None
        assert held.summary.name == "Sample Synthetic"
        assert view.packs[0].rationale == WHY
        assert view.packs[0].parts.assessment == parts()["assessment"]
        assert view.packs[0].parts.gathered == parts()["gathered"]
        told = [line.what for line in view.packs[0].parts.chronology]
        assert "Closed: mistaken." in told
        assert "Pack accepted" in told
        assert bodies == [b"A synthetic letter."]
        running = await rows(team.runtime, "SELECT name FROM clock WHERE area = :area", area=NORTH)
        assert [row["name"] for row in running] == ["answer"]

    async def test_the_risk_moves_with_the_acceptance_and_not_before(self, team: Team) -> None:
        subject = await held_here(team)
        await offer(team, subject)
        await carry(team)
        await north(team, Command.ACCEPT)
        assert (await given_case(team))["risk_owner"] == CORA.name
        await carry(team)
        given = await given_case(team)
        assert (given["state"], given["risk_owner"]) == ("transferred", f"{NORA.name}, Northmere Channel Panel")
        assert (await taken_case(team))["risk_owner"] == NORA.name
        running = "SELECT 1 FROM clock WHERE stopped_at IS NULL AND subject = :subject"
        assert not await rows(team.runtime, running, subject=subject)
        told = await team.announced()
        assert [each.outcome for each in told["channel.case-counted.v1"]] == [  # type: ignore[attr-defined]
            "pack-accepted", "pack-accepted", "transferred"
        ]  # fmt: skip
        assert len(told["channel.pack-accepted.v1"]) == 1
        await carry(team)
        assert len(await rows(team.runtime, "SELECT 1 FROM history WHERE command = 'transfer-accepted'")) == 1

    async def test_the_grounds_of_a_referral_that_was_recorded_here_go_with_it(self, team: Team) -> None:
        subject = await held_here(team)
        await team.act(subject, Command.GATHERED, summary="Everybody has answered.", gathered_by="Kent Police")
        async with team.runtime.database.transaction(CORA) as session:
            council = replace(team.practices.given, decides=Body.LOCAL_AUTHORITY)
            await act_on_case(session, subject, Act(Command.REFER, NOW, Record(grounds="Seeks a recruiter.")), council)
        await offer(team, subject)
        await carry(team)
        case = await taken_case(team)
        assert case["section_36_made"]
        async with team.runtime.database.transaction(NORA) as session:
            view = await queries.case_view(session, await queries.held(session, case["subject"]))
        assert view.packs[0].grounds == "Seeks a recruiter."

    async def test_a_return_brings_the_case_back_to_where_it_stood(self, team: Team) -> None:
        subject = await held_here(team)
        await offer(team, subject)
        await carry(team)
        await north(team, Command.RETURN, reason="They live in Kent again.")
        await carry(team)
        given = await given_case(team)
        assert (given["state"], given["risk_owner"]) == ("accepted", CORA.name)
        async with team.runtime.database.transaction(CORA) as session:
            (offered,) = await queries.transfers(session, subject)
        assert (offered.answer, offered.said) == (Answer.REFUSED, "They live in Kent again.")
        running = "SELECT name FROM clock WHERE stopped_at IS NULL AND subject = :subject"
        found = await rows(team.runtime, running, subject=subject)
        assert [row["name"] for row in found] == ["information-gathering"]

    async def test_an_acceptance_that_crosses_a_call_back_moves_nothing(self, team: Team) -> None:
        subject = await held_here(team)
        await offer(team, subject)
        await carry(team)
        await north(team, Command.ACCEPT)
        async with team.runtime.database.transaction(CORA) as session:
            act = Act(Command.CALL_BACK, NOW, Record(reason="They stay."))
            await call_back(session, subject, act, team.practices.given)
        await carry(team)
        given, taken = await given_case(team), await taken_case(team)
        assert (given["state"], given["risk_owner"]) == ("accepted", CORA.name)
        assert (taken["state"], taken["risk_owner"]) == ("withdrawn", CORA.name)

    async def test_the_panel_of_an_area_sees_only_its_own_case(self, team: Team) -> None:
        subject = await held_here(team)
        await offer(team, subject)
        await carry(team)
        async with team.runtime.database.transaction(NORA) as session:
            assert not await queries.exists(session, subject)
            assert not await queries.transfers(session, subject)
        case = await taken_case(team)
        async with team.runtime.database.transaction(CORA) as session:
            assert not await queries.exists(session, case["subject"])

    async def test_what_the_police_referred_meanwhile_goes_on_to_the_taker(self, team: Team) -> None:
        subject = await held_here(team)
        await offer(team, subject)
        await carry(team)
        await team.hear(referred(risk_owner=CORA.name), subject)
        await north(team, Command.ACCEPT)
        await carry(team)
        assert (await given_case(team))["state"] == "transferred"
        taken = await taken_case(team)
        assert (taken["state"], taken["section_36_made"]) == ("referred-to-panel", True)

    async def test_a_section_36_referral_that_came_before_goes_to_the_panel_there(self, team: Team) -> None:
        subject = await team.open(referred(**parts()))
        await team.act(subject, Command.ACCEPT)
        await offer(team, subject)
        await carry(team)
        await north(team, Command.ACCEPT)
        assert (await taken_case(team))["state"] == "referred-to-panel"

    async def test_the_police_there_never_had_it_so_it_is_not_given_back_to_them(self, team: Team) -> None:
        subject = await held_here(team)
        await offer(team, subject)
        await carry(team)
        await north(team, Command.ACCEPT)
        with pytest.raises(NotOffered, match="Kent and Medway Panel"):
            await north(team, Command.GIVE_BACK, reason="Consent refused.")


class TestByALink:
    async def test_everything_goes_with_the_link_and_the_taker_owns_the_risk(self, team: Team) -> None:
        subject = await held_here(team)
        transfer_id = await offer(team, subject, "southvale")
        (asked,) = (await team.announced())["channel.ask-made.v1"]
        assert (asked.recipient, asked.ask_id, asked.kind) == ("southvale", transfer_id, "panel-transfer")  # type: ignore[attr-defined]
        words = " ".join(section.words for section in asked.shown)  # type: ignore[attr-defined]
        for each in ("Sample Synthetic", WHY, "A synthetic concern.", "Regular.", "The concern stands."):
            assert each in words
        await team.hear(answered(transfer_id, accepted=True, taker="Sam Synthetic"), subject)
        given = await given_case(team)
        assert given["state"] == "transferred"
        assert given["risk_owner"] == "Sam Synthetic, Southvale Channel Panel"

    async def test_a_refusal_and_what_comes_after_it_move_nothing(self, team: Team) -> None:
        subject = await held_here(team)
        transfer_id = await offer(team, subject, "southvale")
        await team.hear(answered(transfer_id, accepted=False, report="Not ours."), subject)
        assert (await given_case(team))["state"] == "accepted"
        await team.hear(answered(transfer_id, accepted=True, taker="Sam Synthetic"), subject)
        assert (await given_case(team))["risk_owner"] == CORA.name
        (note,) = await rows(team.runtime, "SELECT 1 FROM history WHERE command = 'add-note'")
        assert note

    async def test_an_offer_that_was_called_back_says_so_to_the_link(self, team: Team) -> None:
        subject = await held_here(team)
        await offer(team, subject, "southvale")
        async with team.runtime.database.transaction(CORA) as session:
            act = Act(Command.CALL_BACK, NOW, Record(reason="They stay."))
            await call_back(session, subject, act, team.practices.given)
        (ended,) = (await team.announced())["channel.ask-ended.v1"]
        assert ended.cancelled is True  # type: ignore[attr-defined]
        assert (await given_case(team))["state"] == "accepted"

    async def test_refuses_a_panel_that_the_area_does_not_name(self, team: Team) -> None:
        subject = await held_here(team)
        with pytest.raises(NotRecorded):
            await offer(team, subject, "nowhere")

    async def test_an_answer_to_no_offer_is_missing(self, team: Team) -> None:
        subject = await held_here(team)
        with pytest.raises(TransferNotFound):
            await team.hear(answered(subject, accepted=True), subject)


def taken_back() -> PackWithdrawn:
    """Return the event by which the police take their pack back."""
    return PackWithdrawn(
        reference=REFERENCE, offer_id=uuid4(), withdrawn_at=NOW, speak_to="Gita Synthetic", risk_owner=POLICE_OWNER
    )


class TestAfterTheTransfer:
    async def test_what_the_police_say_goes_on_to_the_panel_that_has_the_case(self, team: Team) -> None:
        subject = await held_here(team)
        await offer(team, subject)
        await carry(team)
        await north(team, Command.ACCEPT)
        await carry(team)
        await team.hear(WorkHalted(reference=REFERENCE, halted_at=NOW, speak_to="Gita Synthetic"), subject)
        await team.hear(corrected(), subject)
        taken = await taken_case(team)
        assert taken["halted_at"] == NOW
        async with team.runtime.database.transaction(NORA) as session:
            (told,) = await queries.corrections(session, taken["subject"])
        assert told.words == "The poster was not his."
        await team.hear(WorkResumed(reference=REFERENCE, resumed_at=NOW), subject)
        assert (await taken_case(team))["halted_at"] is None
        await team.hear(referred(risk_owner=CORA.name), subject)
        assert (await taken_case(team))["state"] == "referred-to-panel"

    async def test_what_was_found_to_be_wrong_before_or_meanwhile_is_marked_there(self, team: Team) -> None:
        subject = await held_here(team)
        await team.hear(corrected(), subject)
        await offer(team, subject)
        await carry(team)
        await team.hear(corrected(correction="Nor was the flag."), subject)
        taken = await taken_case(team)
        async with team.runtime.database.transaction(NORA) as session:
            told = await queries.corrections(session, taken["subject"])
        assert {each.words for each in told} == {"The poster was not his.", "Nor was the flag."}

    async def test_what_others_still_owed_is_cancelled_and_told_to_the_taker(self, team: Team) -> None:
        subject = await held_here(team)
        async with team.runtime.database.transaction(CORA) as session:
            held = await queries.held(session, subject)
            owing = Owing(Obligation.ACTION, "Example School", "Ring the parents.", NOW, address="a@school.example")
            await keep_obligation(session, held, owing, NOW)
        await offer(team, subject)
        await carry(team)
        await north(team, Command.ACCEPT)
        await carry(team)
        async with team.runtime.database.transaction(CORA) as session:
            assert not await queries.open_obligations(session, subject)
        case = await taken_case(team)
        async with team.runtime.database.transaction(NORA) as session:
            view = await queries.case_view(session, await queries.held(session, case["subject"]))
        words = {each.heading: each.words for each in view.packs[0].parts.sections}
        assert "Action: Example School" in " ".join(words.values())

    async def test_a_pack_that_the_police_take_back_is_no_other_panel_s_to_act_on(self, team: Team) -> None:
        subject = await held_here(team)
        await offer(team, subject)
        await carry(team)
        await team.hear(taken_back(), subject)
        await carry(team)
        await carry(team)
        taken = await taken_case(team)
        assert (taken["state"], taken["risk_owner"]) == ("withdrawn", POLICE_OWNER)
        with pytest.raises(NotInThisState):
            await north(team, Command.ACCEPT)
        assert not await rows(team.runtime, "SELECT 1 FROM transfer WHERE settled_at IS NULL")

    async def test_a_link_says_so_where_the_police_take_the_pack_back(self, team: Team) -> None:
        subject = await held_here(team)
        transfer_id = await offer(team, subject, "southvale")
        await team.hear(taken_back(), subject)
        (ended,) = (await team.announced())["channel.ask-ended.v1"]
        assert ended.ask_id == transfer_id  # type: ignore[attr-defined]
        await team.hear(answered(transfer_id, accepted=True, taker="Sam Synthetic"), subject)
        assert (await given_case(team))["risk_owner"] == POLICE_OWNER

    async def test_erasing_empties_what_was_said_of_the_offer(self, team: Team) -> None:
        subject = await held_here(team)
        await offer(team, subject)
        await carry(team)
        await north(team, Command.RETURN, reason="They live in Kent again.")
        await carry(team)
        async with team.runtime.database.transaction(CORA) as session:
            await erase_subject(session, subject)
        left = "SELECT 1 FROM transfer WHERE sealed_reason IS NOT NULL OR sealed_answer IS NOT NULL"
        assert not await rows(team.runtime, left)

    async def test_erasing_names_the_copies_that_other_panels_have(self, team: Team) -> None:
        subject = await held_here(team)
        await offer(team, subject)
        await carry(team)
        await north(team, Command.RETURN, reason="They live in Kent again.")
        await carry(team)
        await offer(team, subject)
        await carry(team)
        async with team.runtime.database.transaction(Actor.service("channel")) as session:
            named = await erase_subject(session, subject)
        there = await rows(team.runtime, "SELECT subject, reference FROM case_file WHERE area = :area", area=NORTH)
        assert set(named) == {Copied(row["subject"], row["reference"]) for row in there}
        assert len(there) == 2
        async with team.runtime.database.transaction(Actor.service("channel")) as session:
            for each in named:
                assert await erase_subject(session, each.subject) == ()
        left = "SELECT 1 FROM case_file WHERE sealed_summary IS NOT NULL"
        assert not await rows(team.runtime, left)

    async def test_one_offer_that_cannot_be_carried_keeps_no_other_from_it(self, team: Team) -> None:
        first = await held_here(team)
        await offer(team, first)
        second = await team.open(passed(reference="KM-3333-3333"))
        await team.act(second, Command.ACCEPT)
        await offer(team, second)
        await rows(
            team.runtime, "UPDATE transfer SET to_area = 'nowhere' WHERE subject = :first RETURNING 1", first=first
        )
        await carry(team)
        assert len(await rows(team.runtime, "SELECT 1 FROM transfer WHERE delivered_at IS NOT NULL")) == 1
