"""Words that are too long are refused with a sentence beside them, and none of them is cut or lost."""

import pytest

from services.channel import operations, queries
from services.channel.web.forms import MOST_WORDS
from tests.channel.builders import CORA
from tests.channel.conftest import Console
from tests.channel.panel_made import BELLA, PETRA, THEN, made
from tests.channel.test_minutes import following, held_meeting
from tests.channel.test_plan_pages import DRAFT, begun, write
from tests.channel.test_room import BY, GROUNDS, press, slot_of

LONG = "A word, " * (MOST_WORDS // 8) + "and one."
SENTENCE = "must have 20,000 characters or fewer: shorten it, nothing is lost"


class TestPanel:
    @pytest.mark.parametrize("path", ["/said", "/actions", "/decisions/panel-adopt"])
    async def test_what_is_said_dissented_and_asked_for(self, console: Console, path: str) -> None:
        panel = await made(console.team)
        await panel.begin()
        await panel.go_on(0)
        seat = next(iter((await panel.seats(0)).values())).id
        client = await console.signed_in(PETRA)
        typed = {
            "/said": {f"said-{seat}": LONG},
            "/actions": {"owner-0": "somebody-else", "owner_name-0": "N" * 201, "what-0": LONG, **BY},
            "/decisions/panel-adopt": {f"dissent-{seat}": LONG, "agreed": "vote", "grounds": GROUNDS},
        }[path]
        answer = await press(client, f"{slot_of(panel)}{path}", **typed)
        assert (answer.status_code, SENTENCE in answer.text, LONG in answer.text) == (422, True, True)
        assert ("The name in action 1 must have 200 characters" in answer.text) == (path == "/actions")
        held = await panel.held(0)
        assert not await panel.run(CORA, lambda s: queries.open_obligations(s, held.subject))

    async def test_a_correction_of_the_minutes(self, console: Console) -> None:
        panel = await held_meeting(console.team)
        later = await following(console, panel)
        await panel.run(PETRA, lambda s: operations.approve_minutes(s, panel.meeting_id, THEN))
        client = await console.signed_in(BELLA)
        path = f"/meetings/{later}/last-minutes"
        answer = await press(client, path, **{f"correction-{panel.slots[0]}": LONG})
        assert (answer.status_code, SENTENCE in answer.text, LONG in answer.text) == (422, True, True)
        assert (await press(client, path)).status_code == 303


class TestPlan:
    async def test_why_nothing_answers_a_factor_is_not_cut(self, console: Console) -> None:
        client, _ = await begun(console)
        answer = await write(client, f"{DRAFT}/reasons", **{"why-grievance": LONG})
        assert (answer.status_code, SENTENCE in answer.text, LONG in answer.text) == (422, True, True)
        whole = "x" * MOST_WORDS
        kept = f"{DRAFT}/reasons?go-on=1"
        assert LONG in (await client.get(kept)).text
        assert (await write(client, kept, **{"why-grievance": whole})).status_code == 303
        assert whole in (await client.get(f"{DRAFT}/reasons")).text
