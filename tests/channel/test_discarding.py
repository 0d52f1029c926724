"""What an officer who left has begun is discarded by a supervisor, with a reason and without being read."""

import re
from uuid import uuid4

import pytest

from services.channel.domain import Command
from tests.channel.assessments_made import equipped
from tests.channel.builders import CORA, GivenPractices, rows
from tests.channel.conftest import Console, hidden, send
from tests.channel.owing_made import CHIDI, ONE, text_of
from tests.channel.test_assessing_pages import begin


@pytest.fixture
def practices() -> GivenPractices:
    return equipped()


async def _left(console: Console) -> str:
    """Let Cora begin a note and an assessment of a case; return the address at which the first is discarded."""
    subject = await console.team.open()
    await console.team.act(subject, Command.ACCEPT)
    client = await console.signed_in(CORA)
    page = await client.get(f"{ONE}/actions/add-note")
    sent = {name: hidden(page, name) for name in ("csrf_token", "row_version")}
    await client.post(f"{ONE}/actions/add-note?keep=1", data={**sent, "reason": "A canary sentence."})
    await begin(client)
    client = await console.signed_in(CHIDI)
    page = await client.get(ONE)
    assert "Add a note, by Cora Synthetic" in text_of(page)
    assert "Assessment with Vulnerability" in text_of(page)
    assert "canary" not in page.text
    addresses = re.findall(rf'href="({ONE}/begun/[^"]+)"', page.text)
    assert len(addresses) == 2
    return str(addresses[0])


class TestDiscard:
    async def test_says_whose_it_was_and_why_and_never_the_words(self, console: Console) -> None:
        path = await _left(console)
        client = await console.signed_in(CHIDI)
        asked = await client.get(path)
        assert "Cora Synthetic began “Add a note”" in text_of(asked)
        assert "canary" not in asked.text
        lacking = await send(client, path)
        assert (lacking.status_code, "Enter why it is discarded" in lacking.text) == (422, True)
        assert len(await rows(console.team.runtime, "SELECT 1 FROM begun_work WHERE officer_id = :id", id=CORA.id)) == 1
        assert (await send(client, path, reason="She has left.")).headers["location"] == ONE
        assert not await rows(console.team.runtime, "SELECT 1 FROM begun_work WHERE officer_id = :id", id=CORA.id)
        assert len(await rows(console.team.runtime, "SELECT 1 FROM assessment_draft")) == 1
        shown = text_of(await client.get(ONE))
        assert "Add a note, begun by Cora Synthetic: She has left." in shown
        assert "canary" not in shown
        audited = await rows(
            console.team.runtime, "SELECT actor_id FROM audit_entry WHERE action = 'case.discard-draft'"
        )
        assert [each["actor_id"] for each in audited] == [CHIDI.id]
        assert (await client.get(path)).status_code == 404

    async def test_of_an_assessment_takes_the_draft_alone(self, console: Console) -> None:
        await _left(console)
        client = await console.signed_in(CHIDI)
        (draft,) = await rows(console.team.runtime, "SELECT id FROM assessment_draft")
        path = f"{ONE}/begun/{draft['id']}"
        assert (await send(client, path, reason="She has left.")).status_code == 303
        assert not await rows(console.team.runtime, "SELECT 1 FROM assessment_draft")
        assert len(await rows(console.team.runtime, "SELECT 1 FROM begun_work WHERE officer_id = :id", id=CORA.id)) == 1

    async def test_is_for_supervisors_and_for_what_others_began(self, console: Console) -> None:
        path = await _left(console)
        client = await console.signed_in(CORA)
        assert (await client.get(path)).status_code == 403
        assert "Begun by others" not in (await client.get(ONE)).text
        client = await console.signed_in(CHIDI)
        assert (await client.get(f"{ONE}/begun/{uuid4()}")).status_code == 404
        assert (await client.get(f"{ONE}/begun/nothing")).status_code == 404
