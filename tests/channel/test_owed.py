"""Everything that is owed in the area, and what one person is asked for themselves."""

import re
from datetime import timedelta

import pytest

from services.channel import queries
from services.channel.domain import Obligation
from tests.channel.builders import CORA, NOW, REFERENCE, rows
from tests.channel.conftest import Console, hidden
from tests.channel.owing_made import HAMID, INFORMATION, POLLY, ended, keep, owing, staff, text_of


@pytest.fixture
def staffed(console: Console) -> Console:
    """Return the console of an area with partners, members, and a service."""
    return staff(console)


class TestMine:
    async def test_a_member_answers_in_the_console_and_sees_no_case(self, staffed: Console) -> None:
        subject = await staffed.team.open()
        kept = await keep(staffed.team, subject, owing(recipient="health"))
        other = await keep(staffed.team, subject, owing(recipient="education"))
        client = await staffed.signed_in(HAMID)
        page = await client.get("/mine")
        assert page.text.count(REFERENCE) == 1
        assert "Sample Synthetic" not in page.text
        path = f"/mine/{kept}"
        shown = text_of(await client.get(path))
        assert "Sample Synthetic, born 27 April 2009, Thanet" in shown
        assert "We look into a concern about this person." in shown
        read = await rows(staffed.team.runtime, "SELECT actor_id FROM audit_entry WHERE action = 'record.read'")
        assert read == [{"actor_id": "hamid-health"}]
        assert (await client.get(f"/mine/{other}")).status_code == 404
        assert (await client.get("/mine/nothing")).status_code == 404
        token = {"csrf_token": hidden(await client.get(path), "csrf_token")}
        wrong = await client.post(path, data={**token, "answer-0": "Every day."})
        assert (wrong.status_code, "Every day." in wrong.text) == (422, True)
        assert "Go on with it" in (await client.get(path)).text
        assert "Every day." in (await client.get(path, params={"go-on": "1"})).text
        done = await client.post(path, data={**token, "answer-0": "Every day.", "nothing-1": "yes"})
        assert done.headers["location"] == "/mine"
        assert (await client.get(path)).status_code == 409
        assert "Nothing is asked of you" in (await client.get("/mine")).text
        assert [each.ask_id for each in await ended(staffed.team)] == [kept]
        page = await (await staffed.signed_in(CORA)).get(INFORMATION)
        assert "Health? Nothing known." in text_of(page)
        assert "by Hamid Health" in text_of(page)

    async def test_another_member_sees_nothing(self, staffed: Console) -> None:
        kept = await keep(staffed.team, await staffed.team.open(), owing(recipient="health"))
        client = await staffed.signed_in(POLLY)
        assert REFERENCE not in (await client.get("/mine")).text
        assert (await client.get(f"/mine/{kept}")).status_code == 404


class TestOwed:
    async def test_lists_what_is_due_first_and_can_be_cut(
        self, staffed: Console, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        subject = await staffed.team.open()
        await keep(staffed.team, subject, owing(owner="Sample later", due_at=NOW + timedelta(days=90_000)))
        await keep(staffed.team, subject, owing(owner="Sample late", due_at=NOW - timedelta(days=900)))
        await keep(staffed.team, subject, owing(Obligation.ACTION, owner="Sample typed", recipient=""))
        client = await staffed.signed_in(CORA)
        page = text_of(await client.get("/owed"))
        assert page.index("Sample late") < page.index("Sample typed") < page.index("Sample later")
        assert "Overdue" in page
        assert "Sample Synthetic" not in page
        cut = text_of(await client.get("/owed", params={"kind": "action"}))
        assert ("Sample typed" in cut, "Sample late" in cut) == (True, False)
        cut = text_of(await client.get("/owed", params={"whose": "somebody-else"}))
        assert ("Sample typed" in cut, "Sample late" in cut) == (True, False)
        for wrong in ({"kind": "nothing"}, {"whose": "nobody"}):
            assert "not in the lists below" in (await client.get("/owed", params=wrong)).text
        monkeypatch.setattr(queries, "PAGE", 1)
        first = await client.get("/owed")
        more = re.search(r'href="(/owed\?[^"]*after=[^"]*)"', first.text)
        assert more
        second = text_of(await client.get(more[1].replace("&amp;", "&")))
        assert ("Sample typed" in second, "Sample late" in second) == (True, False)

    async def test_a_changed_mark_begins_at_the_top(self, staffed: Console) -> None:
        await keep(staffed.team, await staffed.team.open(), owing())
        client = await staffed.signed_in(CORA)
        for mark in ("x", "2026-01-01T00:00:00~x", "0001-01-01T00:00:00+14:00~00000000-0000-0000-0000-000000000000"):
            assert REFERENCE in (await client.get("/owed", params={"after": mark})).text
