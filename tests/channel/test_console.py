"""The lists of the console: the caseload and its filters, and one person's own work."""

import pytest

from contracts.vocabulary import Role
from services.channel.domain import Command
from tests.channel.builders import CORA, coordinator, passed, rows
from tests.channel.conftest import Console

CARL = coordinator(name="Carl Synthetic")
FIRST, SECOND, THIRD = "KM-4B8N-6TWA", "KM-8G4M-23RN", "KM-2222-2222"


async def three(console: Console) -> None:
    """Open three cases: one that Cora has accepted, one of immediate danger, one that nobody has."""
    mine = await console.team.open(passed(reference=FIRST))
    await console.team.act(mine, Command.ACCEPT)
    await console.team.open(passed(reference=SECOND, immediate_danger=True))
    await console.team.open(passed(reference=THIRD))


class TestCaseload:
    async def test_shows_danger_first_and_counts_by_state(self, console: Console) -> None:
        await three(console)
        page = (await (await console.signed_in(CORA)).get("/cases")).text
        listed = page[page.index("<table") :]
        assert listed.index(SECOND) < min(listed.index(FIRST), listed.index(THIRD))
        assert ">Pack offered, waiting for an answer</a>: 2" in page
        assert ">Accepted, information being gathered</a>: 1" in page

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("?coordinator=mine", {FIRST}),
            ("?coordinator=nobody", {SECOND, THIRD}),
            ("?state=offered", {SECOND, THIRD}),
            ("?state=accepted&coordinator=nobody", set()),
            ("?state=nonsense", {FIRST, SECOND, THIRD}),
            ("?view=over", set()),
            ("?district=Nowhere", set()),
        ],
    )
    async def test_is_cut_by_the_filters_of_the_address(self, console: Console, query: str, found: set[str]) -> None:
        await three(console)
        page = (await (await console.signed_in(CORA)).get(f"/cases{query}")).text
        assert {reference for reference in (FIRST, SECOND, THIRD) if reference in page} == found

    async def test_a_case_that_was_returned_has_ended(self, console: Console) -> None:
        subject = await console.team.open(passed(reference=FIRST))
        await console.team.act(subject, Command.RETURN, reason="No chronology.")
        client = await console.signed_in(CORA)
        assert FIRST not in (await client.get("/cases")).text
        assert FIRST in (await client.get("/cases?view=over")).text


class TestWork:
    async def test_shows_ones_own_cases_and_nobody_elses(self, console: Console) -> None:
        await three(console)
        assert FIRST in (await (await console.signed_in(CORA)).get("/work")).text
        assert FIRST not in (await (await console.signed_in(CARL)).get("/work")).text

    async def test_notes_who_works_here_so_that_cases_can_be_given_to_them(self, console: Console) -> None:
        await (await console.signed_in(CORA)).get("/work")
        assert await rows(console.team.runtime, "SELECT id, name FROM officer") == [{"id": CORA.id, "name": CORA.name}]

    async def test_is_not_for_members_of_the_panel(self, console: Console) -> None:
        client = await console.signed_in(coordinator(Role.PANEL_MEMBER, name="Polly Synthetic"))
        assert [(await client.get(path)).status_code for path in ("/work", "/cases", "/due")] == [403] * 3
        assert (await client.get("/")).headers["location"] == "/panel"
