"""The pages on which the chair records what the panel decides."""

import re
from datetime import timedelta
from typing import Any

import pytest

from contracts.vocabulary import AskKind
from services.channel import queries
from services.channel.domain import ClosingOutcome, Contact, Obligation, State
from services.channel.domain.meetings import SlotState
from services.channel.domain.panel import Instead, WhyNot
from tests.channel.builders import CORA, rows
from tests.channel.conftest import Console, hidden
from tests.channel.panel_made import BELLA, PETRA, THEN, Made, into, made
from tests.channel.test_room import GROUNDS, press, refused, slot_of
from tests.channel.test_views import text_of

AFTER = {"day": "13", "month": "1", "year": "2099"}
NEXT = {f"next_on-{part}": text for part, text in AFTER.items()}
NOT_ADOPTED = {"reason_kind": WhyNot.OTHER_SERVICE, "reason": "Helped already.", "agreed": "all"}


@pytest.fixture
async def panel(console: Console) -> Made:
    """Return a meeting under way whose first case is open with all twelve members in the room."""
    services = {"early-help": Contact("early-help", "Sample Early Help")}
    due = {"early-help": THEN}
    found = await made(console.team, services=services, service_due=due)
    await found.begin()
    await found.go_on(0)
    return found


def action(number: int, **given: str) -> dict[str, str]:
    """Return the fields of one action, complete unless given otherwise."""
    fields = {"owner": "police", "what": "Find where the person lives.", **given}
    dated = {f"by-{number}-{part}": text for part, text in AFTER.items()}
    return {**{f"{name}-{number}": text for name, text in fields.items()}, **dated}


class TestSlotDecide:
    async def test_says_everything_that_is_missing_and_keeps_the_words(self, panel: Made, console: Console) -> None:
        client = await console.signed_in(PETRA)
        path = f"{slot_of(panel)}/decisions/panel-not-adopt"
        shown = await refused(client, path, reason="Helped already.")
        for sentence in (
            "Say whether everybody agreed or the panel voted",
            "Choose why the case is not adopted",
            "Choose what happens instead",
            "Say which health or social care was considered",
        ):
            assert sentence in shown
        assert "Helped already." in shown

    async def test_a_dissent_is_recorded_by_name_and_words(self, panel: Made, console: Console) -> None:
        client = await console.signed_in(PETRA)
        votes: dict[str, Any] = {f"vote-{seat.id}": "for" for seat in (await panel.seats(0)).values()}
        health = (await panel.seats(0))["health"]
        votes |= {f"vote-{health.id}": "against", f"dissent-{health.id}": "Too little is known."}
        path = f"{slot_of(panel)}/decisions/panel-adopt"
        answer = await press(client, path, grounds=GROUNDS, agreed="vote", **votes)
        assert answer.status_code == 303
        shown = text_of(await client.get(slot_of(panel)))
        assert "The majority decided (11 for, 1 against)" in shown
        assert "Against: Health Synthetic, Sample health Too little is known." in shown

    async def test_every_vote_is_asked_for(self, panel: Made, console: Console) -> None:
        client = await console.signed_in(PETRA)
        seats = await panel.seats(0)
        path = f"{slot_of(panel)}/decisions/panel-adopt"
        shown = await refused(client, path, grounds=GROUNDS, agreed="vote", **{f"vote-{seats['chair'].id}": "for"})
        assert "or that they abstain" in shown
        assert "Record how everybody" in await refused(client, path, grounds=GROUNDS, agreed="vote")

    async def test_what_most_are_against_is_refused(self, panel: Made, console: Console) -> None:
        client = await console.signed_in(PETRA)
        votes: dict[str, Any] = {f"vote-{seat.id}": "against" for seat in (await panel.seats(0)).values()}
        path = f"{slot_of(panel)}/decisions/panel-adopt"
        shown = await refused(client, path, grounds=GROUNDS, agreed="vote", **votes)
        assert "record the decision that the panel makes instead" in shown
        assert (await panel.slot(0)).state is SlotState.OPEN

    async def test_a_case_that_is_not_adopted_is_signposted_with_an_owner(self, panel: Made, console: Console) -> None:
        client = await console.signed_in(PETRA)
        fields = {**NOT_ADOPTED, "considered": "CAMHS: in treatment.", "verdict": Instead.SIGNPOST}
        path = f"{slot_of(panel)}/decisions/panel-not-adopt"
        assert "Choose at least one service" in await refused(client, path, **fields)
        told = {"services": "early-help", "message": "The family asks for help."}
        assert "Enter what the services are told" in await refused(client, path, **fields, services="early-help")
        assert (await press(client, path, **fields, **told)).status_code == 303
        assert (await panel.held(0)).situation.state is State.NOT_ADOPTED
        (owed,) = await panel.run(CORA, lambda s: queries.open_obligations(s, panel.subjects[0]))
        assert (owed.kind, owed.owner) == (Obligation.SIGNPOST, "Sample Early Help")
        asked = (await console.team.announced())["channel.ask-made.v1"]
        assert [each.kind for each in asked] == [AskKind.SIGNPOST]  # type: ignore[attr-defined]
        shown = " ".join(part.words for part in asked[0].shown)  # type: ignore[attr-defined]
        assert ("The family asks for help." in shown, "CAMHS" in shown) == (True, False)

    async def test_police_led_partnership_is_the_coordinators_to_bring_about(
        self, panel: Made, console: Console
    ) -> None:
        client = await console.signed_in(PETRA)
        fields = {**NOT_ADOPTED, "considered": "None fits.", "verdict": Instead.POLICE_LED}
        assert (await press(client, f"{slot_of(panel)}/decisions/panel-not-adopt", **fields)).status_code == 303
        (owed,) = await panel.run(CORA, lambda s: queries.open_obligations(s, panel.subjects[0]))
        assert (owed.kind, owed.owner) == (Obligation.ACTION, CORA.name)
        shown = text_of(await client.get(slot_of(panel)))
        assert "Another service meets the need; Police-led partnership" in shown

    async def test_closing_for_a_police_led_partnership_asks_the_coordinator_to_give_the_case_back(
        self, panel: Made, console: Console
    ) -> None:
        await into(panel.team, panel.subjects[0], State.NO_CONSENT)
        client = await console.signed_in(PETRA)
        fields = {"outcome": ClosingOutcome.POLICE_LED, "reason": "A risk remains.", "agreed": "all"}
        assert (await press(client, f"{slot_of(panel)}/decisions/panel-close", **fields)).status_code == 303
        (owed,) = await panel.run(CORA, lambda s: queries.open_obligations(s, panel.subjects[0]))
        assert (owed.kind, owed.owner) == (Obligation.ACTION, CORA.name)

    async def test_reduced_concerns_without_an_assessment_since_are_told_before_and_refused(
        self, panel: Made, console: Console
    ) -> None:
        await into(panel.team, panel.subjects[0], State.SUPPORTED, decided_at=THEN - timedelta(days=5))
        client, path = await console.signed_in(PETRA), f"{slot_of(panel)}/decisions/panel-close"
        wanted = "have one completed on the Assessments page of the case first, or choose another outcome"
        for page in (slot_of(panel), path):
            assert f"{wanted}." in text_of(await client.get(page))
        fields = {"outcome": ClosingOutcome.CONCERNS_REDUCED, "reason": "Working again.", "agreed": "all"}
        answer = await press(client, path, **fields)
        assert answer.status_code == 422
        assert re.search(rf'id="outcome-error"[^>]*>.*?{wanted}', answer.text, re.DOTALL)
        assert "Working again." in answer.text
        assert (await press(client, path, **{**fields, "outcome": ClosingOutcome.DIED})).status_code == 303

    async def test_deferring_fills_in_the_next_meeting_and_gives_what_is_wanted(
        self, panel: Made, console: Console
    ) -> None:
        client = await console.signed_in(PETRA)
        path = f"{slot_of(panel)}/decisions/panel-defer"
        assert 'value="2027"' in (await client.get(path)).text
        fields = {"reason": "The school is missing.", "agreed": "all", **NEXT}
        answer = await press(client, path, **fields, **action(0), **action(1, owner="-coordinator", what="Ask."))
        assert answer.status_code == 303
        owed = await panel.run(CORA, lambda s: queries.open_obligations(s, panel.subjects[0]))
        assert {each.owner for each in owed} == {"Kent Police: Polly Synthetic", CORA.name}

    async def test_two_chairs_do_not_decide_twice(self, panel: Made, console: Console) -> None:
        client = await console.signed_in(PETRA)
        path = f"{slot_of(panel)}/decisions/panel-adopt"
        page = await client.get(path)
        sent = {name: hidden(page, name) for name in ("csrf_token", "seen", "row_version")}
        sent |= {"grounds": GROUNDS, "agreed": "all"}
        assert (await client.post(path, data=sent)).status_code == 303
        # The case stands elsewhere now, so there is no such decision to make.
        assert (await client.post(path, data=sent)).status_code == 404
        counted = (await console.team.announced())["channel.case-counted.v1"]
        assert [each.outcome for each in counted].count("adopted") == 1  # type: ignore[attr-defined]

    async def test_a_case_that_changed_meanwhile_keeps_the_words(self, panel: Made, console: Console) -> None:
        client = await console.signed_in(PETRA)
        path = f"{slot_of(panel)}/decisions/panel-adopt"
        page = await client.get(path)
        sent = {name: hidden(page, name) for name in ("csrf_token", "seen", "row_version")}
        bella = await console.signed_in(BELLA)
        assert (await press(bella, f"{slot_of(panel)}/actions", **action(0))).status_code == 303
        client = await console.signed_in(PETRA)
        sent["csrf_token"] = hidden(await client.get(path), "csrf_token")
        answer = await client.post(path, data={**sent, "grounds": GROUNDS, "agreed": "all"})
        assert (answer.status_code, GROUNDS in answer.text) == (409, True)
        assert "Action given" in text_of(answer)


class TestSlotActions:
    async def test_what_is_sent_twice_is_kept_once(self, panel: Made, console: Console) -> None:
        client = await console.signed_in(BELLA)
        police = str((await panel.seats(0))["police"].id)
        sent = {"actions": action(0), "said": {f"said-{police}": "Nothing new."}}
        for part, fields in sent.items():
            for _ in range(2):
                assert (await press(client, f"{slot_of(panel)}/{part}", **fields)).status_code == 303
        assert len(await panel.run(CORA, lambda s: queries.open_obligations(s, panel.subjects[0]))) == 1
        assert len(await panel.run(CORA, lambda s: queries.contributions(s, panel.slots[0]))) == 1
        # Another one for the same owner is another one.
        more = action(0, what="Ring the school.")
        assert (await press(client, f"{slot_of(panel)}/actions", **more)).status_code == 303
        assert len(await panel.run(CORA, lambda s: queries.open_obligations(s, panel.subjects[0]))) == 2

    async def test_nobody_is_filled_in_as_the_owner(self, panel: Made, console: Console) -> None:
        client = await console.signed_in(BELLA)
        path = f"{slot_of(panel)}/actions"
        shown = await refused(client, path, **{"what-0": "Find where the person lives."})
        assert "Choose who does action 1: nobody is filled in" in shown
        assert "Enter the date by which action 1 is done" in shown
        assert "Find where the person lives." in shown

    async def test_anybody_can_be_given_one_by_name(self, panel: Made, console: Console) -> None:
        client = await console.signed_in(BELLA)
        path = f"{slot_of(panel)}/actions"
        assert "Enter at least one action" in await refused(client, path)
        other = action(2, owner="-somebody-else")
        assert "Enter the name of who does action 3" in await refused(client, path, **other)
        whom = {"owner_name-2": "Gil Guest, Example School", "address-2": "gil@school.example"}
        assert "Enter an email address like" in await refused(client, path, **other, **{**whom, "address-2": "gil"})
        assert (await press(client, path, **other, **whom)).status_code == 303
        shown = text_of(await client.get(slot_of(panel)))
        assert "Gil Guest, Example School : Find where the person lives." in shown

    async def test_a_date_that_is_past_or_none_is_refused(self, panel: Made, console: Console) -> None:
        client = await console.signed_in(BELLA)
        path = f"{slot_of(panel)}/actions"
        assert "must be today or later" in await refused(client, path, **{**action(0), "by-0-year": "2020"})
        assert "must be a real date" in await refused(client, path, **{**action(0), "by-0-day": "99"})
        assert "from the list" in await refused(client, path, **action(0, owner="somebody"))


class TestSlotUndecided:
    async def test_a_panel_that_could_decide_says_why_it_did_not(self, panel: Made, console: Console) -> None:
        client = await console.signed_in(BELLA)
        path = f"{slot_of(panel)}/undecided"
        assert "13 January 2027" in text_of(await client.get(path))
        assert "Say why nothing was decided" in await refused(client, path)
        assert (await press(client, path, words="Out of time.")).status_code == 303
        assert (await panel.held(0)).situation.state is State.REFERRED
        found = await panel.run(CORA, lambda s: queries.decision_in(s, panel.slots[0]))
        assert (found.command, found.words, found.agreement) == ("", "Out of time.", None)


async def test_a_decision_of_another_state_is_not_found(panel: Made, console: Console) -> None:
    client = await console.signed_in(PETRA)
    assert (await client.get(f"{slot_of(panel)}/decisions/panel-continue")).status_code == 404
    assert (await client.get(f"{slot_of(panel)}/decisions/accept")).status_code == 404


async def test_words_of_a_decision_are_kept_until_it_is_recorded(panel: Made, console: Console) -> None:
    client = await console.signed_in(PETRA)
    path = f"{slot_of(panel)}/decisions/panel-adopt"
    assert "Say whether everybody agreed" in await refused(client, path, grounds=GROUNDS)
    shown = await client.get(path)
    assert "You began this on" in shown.text
    assert GROUNDS in (await client.get(f"{path}?go-on=1")).text
    kept = await client.get(f"{path}?go-on=1")
    sent = {name: hidden(kept, name) for name in ("csrf_token", "seen", "row_version")}
    assert (await client.post(path, data={**sent, "grounds": GROUNDS, "agreed": "all"})).status_code == 303
    assert await rows(console.team.runtime, "SELECT 1 FROM begun_work") == []
