"""The search page where a name is common, and where it is mistyped: what it finds, and what it says of it."""

from uuid import uuid4

import pytest

from services.triage import queries
from services.triage.domain import State
from services.triage.domain.people import Identity
from services.triage.queries import FoundPerson
from services.triage.queries.people import MOST_FOUND
from tests.triage.builders import GATEWAY, NOW
from tests.triage.conftest import Console, send
from tests.triage.people_steps import FIRST, arrives


def found(count: int) -> tuple[FoundPerson, ...]:
    one = Identity(names=("Sample Begum",))
    return tuple(
        FoundPerson(uuid4(), f"KM-{number:04}-TEST", State.ASSESSING, NOW, False, "name", one.names[0], one)  # noqa: FBT003  as a row has it
        for number in range(count)
    )


class TestMany:
    @pytest.mark.parametrize(("count", "said"), [(MOST_FOUND, True), (MOST_FOUND - 1, False)])
    async def test_say_that_there_may_be_more_and_what_narrows_it(
        self, console: Console, monkeypatch: pytest.MonkeyPatch, count: int, said: bool
    ) -> None:
        async def many(*_: object) -> tuple[FoundPerson, ...]:
            return found(count)

        monkeypatch.setattr(queries, "find_people", many)
        page = await send(await console.signed_in(GATEWAY), "/search", words="Begum")
        assert ("Add another part of the name, or the year of birth" in page.text) is said
        assert ("The 50 that answer best" in page.text) is said


class TestANameThatNobodyHas:
    async def test_is_looked_for_with_a_letter_otherwise_and_the_page_says_so(self, console: Console) -> None:
        await arrives(console.desk, FIRST)
        client = await console.signed_in(GATEWAY)
        page = await send(client, "/search", words="sanplekhan")
        assert FIRST in page.text
        assert "The name, but for a letter" in page.text
        assert "Nothing found" in (await send(client, "/search", words="xyzzy")).text

    async def test_is_not_looked_for_twice_where_somebody_has_it(self, console: Console) -> None:
        await arrives(console.desk, FIRST)
        page = await send(await console.signed_in(GATEWAY), "/search", words="samplekhan")
        assert "but for a letter" not in page.text
