"""What Channel does when something is announced."""

from uuid import uuid4

import pytest

from chassis.errors import NotYet
from contracts.vocabulary import Outcome
from services.channel.domain import Command, NotInThisState
from tests.channel.builders import POLICE_OWNER, decided, form, made, passed, referred, rows
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

    async def test_may_cross_with_giving_back(self, team: Team) -> None:
        subject = await team.open()
        await team.act(subject, Command.ACCEPT)
        await team.act(subject, Command.GIVE_BACK, reason="Consent refused.")
        await team.hear(referred(), subject)
        assert (await rows(team.runtime, "SELECT state FROM case_file"))[0]["state"] == "given-back"

    async def test_is_over_when_the_pack_is_offered_again(self, team: Team) -> None:
        subject = await team.open(referred())
        await team.act(subject, Command.RETURN, reason="A page is missing.")
        await team.hear(passed(), subject)
        assert not (await rows(team.runtime, "SELECT section_36_made FROM case_file"))[0]["section_36_made"]
        await team.act(subject, Command.ACCEPT)
        await team.hear(referred(), subject)
        assert (await rows(team.runtime, "SELECT section_36_made FROM case_file"))[0]["section_36_made"]
