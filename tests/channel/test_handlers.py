"""What Channel does when something is announced."""

from uuid import uuid4

import pytest

from chassis.errors import NotYet
from contracts.vocabulary import Outcome
from services.channel import queries
from services.channel.domain import Command, NotInThisState
from services.channel.queries import SamePerson
from tests.channel.builders import (
    CORA,
    POLICE_OWNER,
    REFERENCE,
    corrected,
    decided,
    form,
    made,
    merged,
    parts,
    passed,
    referred,
    rows,
    separated,
)
from tests.channel.conftest import Team


class TestOnReferralMade:
    async def test_keeps_a_line_without_identity(self, team: Team) -> None:
        await team.hear(made(), uuid4())
        found = await rows(team.runtime, "SELECT * FROM awareness")
        assert (found[0]["age_band"], found[0]["district"], found[0]["seen_at"]) == ("16-17", "Thanet", None)
        assert not any("sealed" in name or "name" in name for name in found[0])

    async def test_a_later_version_replaces_and_an_earlier_does_not(self, team: Team) -> None:
        subject = uuid4()
        for version, district in ((1, ""), (3, "Swale"), (2, "Dover")):
            await team.hear(made(version=version, district=district), subject)
        assert (await rows(team.runtime, "SELECT version, district FROM awareness")) == [
            {"version": 3, "district": "Swale"}
        ]


class TestOnPoliceDecisionMade:
    async def test_may_come_before_the_awareness(self, team: Team) -> None:
        subject = uuid4()
        await team.hear(decided(Outcome.CLOSED), subject)
        await team.hear(made(), subject)
        assert len(await rows(team.runtime, "SELECT 1 FROM police_decision JOIN awareness USING (subject)")) == 1

    async def test_ends_a_case_that_was_given_back(self, team: Team) -> None:
        subject = await team.open()
        await team.act(subject, Command.ACCEPT)
        await team.act(subject, Command.GIVE_BACK, reason="Consent refused.")
        assert (await rows(team.runtime, "SELECT risk_owner FROM case_file"))[0]["risk_owner"] == "Cora Synthetic"
        await team.hear(decided(Outcome.PLP), subject)
        found = await rows(team.runtime, "SELECT state, risk_owner FROM case_file")
        assert found == [{"state": "taken-back", "risk_owner": "The police officer who took the case back"}]

    async def test_leaves_other_cases_alone(self, team: Team) -> None:
        subject = await team.open()
        await team.hear(decided(Outcome.INFORMATION_GATHERING), subject)
        assert (await rows(team.runtime, "SELECT state FROM case_file"))[0]["state"] == "offered"


class TestOnPassedForInformationGathering:
    async def test_opens_a_case_without_awareness(self, team: Team) -> None:
        subject = await team.open()
        found = await rows(team.runtime, "SELECT subject, state, risk_owner FROM case_file")
        assert found == [{"subject": subject, "state": "offered", "risk_owner": POLICE_OWNER}]
        clocks = await rows(team.runtime, "SELECT name FROM clock WHERE stopped_at IS NULL")
        assert [row["name"] for row in clocks] == ["answer"]

    async def test_seals_what_the_pack_says(self, team: Team) -> None:
        await team.open()
        found = await rows(team.runtime, "SELECT * FROM case_file JOIN pack USING (subject)")
        sealed = b"".join(value for value in found[0].values() if isinstance(value, bytes))
        assert b"Synthetic" not in sealed
        assert b"More needs" not in sealed

    async def test_keeps_every_part_sealed(self, team: Team) -> None:
        subject = await team.open(passed(**parts()))
        kept = (await rows(team.runtime, "SELECT sealed_parts FROM pack"))[0]["sealed_parts"]
        assert b"Regular" not in kept
        async with team.runtime.database.transaction(CORA) as session:
            view = await queries.case_view(session, await queries.held(session, subject))
        assert view.packs[0].parts.model_dump() == queries.PackParts(**parts()).model_dump()

    async def test_a_returned_pack_may_be_offered_again(self, team: Team) -> None:
        subject = await team.open()
        await team.act(subject, Command.RETURN, reason="The address is not in our area.")
        await team.hear(passed(form=form(surname="Corrected")), subject)
        assert (await rows(team.runtime, "SELECT state FROM case_file"))[0]["state"] == "offered"
        assert len(await rows(team.runtime, "SELECT 1 FROM pack")) == 2

    async def test_waits_for_the_police_to_take_back_what_was_given_back(self, team: Team) -> None:
        subject = await team.open()
        await team.act(subject, Command.ACCEPT)
        await team.act(subject, Command.GIVE_BACK, reason="Consent refused.")
        with pytest.raises(NotYet):
            await team.hear(passed(), subject)
        await team.hear(decided(Outcome.PLP), subject)
        await team.hear(passed(), subject)
        assert (await rows(team.runtime, "SELECT state FROM case_file"))[0]["state"] == "offered"

    async def test_a_pack_for_a_case_that_waits_is_refused(self, team: Team) -> None:
        subject = await team.open()
        with pytest.raises(NotInThisState):
            await team.hear(passed(), subject)


class TestOnSection36ReferralMade:
    async def test_opens_a_case_with_its_grounds(self, team: Team) -> None:
        await team.open(referred())
        assert (await rows(team.runtime, "SELECT kind FROM pack"))[0]["kind"] == "section-36"
        assert (await rows(team.runtime, "SELECT section_36_made FROM case_file"))[0]["section_36_made"]

    async def test_brings_the_grounds_to_an_accepted_case(self, team: Team) -> None:
        subject = await team.open()
        await team.act(subject, Command.ACCEPT)
        await team.hear(referred(), subject)
        found = await rows(team.runtime, "SELECT state, risk_owner, section_36_made FROM case_file")
        assert found == [{"state": "referred-to-panel", "risk_owner": "Cora Synthetic", "section_36_made": True}]

    async def test_brings_the_grounds_to_a_case_whose_information_is_gathered(self, team: Team) -> None:
        subject = await team.open()
        await team.act(subject, Command.ACCEPT)
        await team.act(subject, Command.GATHERED, summary="Nothing known.", gathered_by="Sample team")
        await team.hear(referred(), subject)
        assert (await rows(team.runtime, "SELECT state FROM case_file"))[0]["state"] == "referred-to-panel"
        assert await rows(team.runtime, "SELECT name FROM clock WHERE stopped_at IS NULL") == [
            {"name": "panel-decision"}
        ]

    async def test_a_pack_that_brings_the_referral_goes_to_the_panel_when_accepted(self, team: Team) -> None:
        subject = await team.open(referred())
        assert (await rows(team.runtime, "SELECT state, risk_owner FROM case_file"))[0]["risk_owner"] == POLICE_OWNER
        await team.act(subject, Command.ACCEPT)
        found = await rows(team.runtime, "SELECT state, risk_owner FROM case_file")
        assert found == [{"state": "referred-to-panel", "risk_owner": "Cora Synthetic"}]
        assert await rows(team.runtime, "SELECT name FROM clock WHERE stopped_at IS NULL") == [
            {"name": "panel-decision"}
        ]

    async def test_may_cross_with_giving_back(self, team: Team) -> None:
        subject = await team.open()
        await team.act(subject, Command.ACCEPT)
        await team.act(subject, Command.GIVE_BACK, reason="Consent refused.")
        await team.hear(referred(risk_owner="Cora Synthetic"), subject)
        assert (await rows(team.runtime, "SELECT state FROM case_file"))[0]["state"] == "given-back"

    async def test_offered_anew_waits_for_the_taking_back_which_may_be_into_a_conflict(self, team: Team) -> None:
        subject = await team.open()
        await team.act(subject, Command.ACCEPT)
        await team.act(subject, Command.GIVE_BACK, reason="Consent refused.")
        with pytest.raises(NotYet):
            await team.hear(referred(), subject)
        await team.hear(decided(Outcome.RECEIVED), subject)
        await team.hear(referred(), subject)
        assert (await rows(team.runtime, "SELECT state FROM case_file"))[0]["state"] == "offered"

    async def test_is_over_when_the_pack_is_offered_again(self, team: Team) -> None:
        subject = await team.open(referred())
        await team.act(subject, Command.RETURN, reason="A page is missing.")
        await team.hear(passed(), subject)
        assert not (await rows(team.runtime, "SELECT section_36_made FROM case_file"))[0]["section_36_made"]
        await team.act(subject, Command.ACCEPT)
        await team.hear(referred(), subject)
        assert (await rows(team.runtime, "SELECT section_36_made FROM case_file"))[0]["section_36_made"]


class TestOnReferralCorrected:
    async def test_marks_the_case_and_changes_nothing_of_it(self, team: Team) -> None:
        subject = await team.open()
        before = await rows(team.runtime, "SELECT * FROM case_file")
        await team.hear(corrected(), subject)
        assert await rows(team.runtime, "SELECT * FROM case_file") == before
        async with team.runtime.database.transaction(CORA) as session:
            found = await queries.corrections(session, subject)
        assert [(each.kind, each.words) for each in found] == [("wrong-fact", "The poster was not his.")]
        kept = (await rows(team.runtime, "SELECT sealed_correction FROM correction"))[0]["sealed_correction"]
        assert b"poster" not in kept


OTHER, THIRD = "KM-2222-2222", "KM-3333-3333"


async def same(team: Team, reference: str) -> SamePerson:
    async with team.runtime.database.transaction(CORA) as session:
        return (await queries.same_person(session, [reference])).get(reference, SamePerson())


class TestOnPeopleMerged:
    async def test_shows_the_references_as_one_persons(self, team: Team) -> None:
        subject = await team.open()
        await team.hear(merged(REFERENCE, OTHER), uuid4())
        assert (await same(team, REFERENCE)).others == (OTHER,)
        assert (await same(team, OTHER)).others == (REFERENCE,)
        found = await rows(team.runtime, "SELECT subject, row_version FROM case_file")
        assert found == [{"subject": subject, "row_version": 1}]

    async def test_may_be_heard_twice_and_grows(self, team: Team) -> None:
        person = uuid4()
        for references in ((REFERENCE, OTHER), (REFERENCE, OTHER), (REFERENCE, OTHER, THIRD)):
            await team.hear(merged(*references), person)
        assert (await same(team, REFERENCE)).others == (OTHER, THIRD)

    async def test_a_reference_that_goes_to_another_person_is_that_ones_alone(self, team: Team) -> None:
        await team.hear(merged(OTHER, THIRD), uuid4())
        await team.hear(merged(REFERENCE, OTHER, THIRD, days=1), uuid4())
        assert (await same(team, THIRD)).others == (OTHER, REFERENCE)


class TestOnPeopleSeparated:
    async def test_says_what_was_shared_wrongly_on_both_sides(self, team: Team) -> None:
        person = uuid4()
        await team.hear(merged(REFERENCE, OTHER, THIRD), person)
        await team.hear(separated((REFERENCE, OTHER), (THIRD,)), person)
        stays, left = await same(team, REFERENCE), await same(team, THIRD)
        assert stays.others == (OTHER,)
        assert [(each.reference, each.shared) for each in stays.apart] == [
            (THIRD, ("A pack about both was given to Channel",))
        ]
        assert left.others == ()
        assert [each.reference for each in left.apart] == [OTHER, REFERENCE]

    async def test_is_not_undone_by_a_merge_that_was_said_before(self, team: Team) -> None:
        person = uuid4()
        await team.hear(separated((REFERENCE,), (OTHER,)), person)
        await team.hear(merged(REFERENCE, OTHER), person)
        assert (await same(team, REFERENCE)).others == ()

    async def test_a_later_merge_brings_them_together_again(self, team: Team) -> None:
        person = uuid4()
        await team.hear(merged(REFERENCE, OTHER), person)
        await team.hear(separated((REFERENCE,), (OTHER,)), person)
        await team.hear(merged(REFERENCE, OTHER, days=2), person)
        assert await same(team, REFERENCE) == SamePerson((OTHER,))
