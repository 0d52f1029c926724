"""The search page where a name is common: it says that there may be more, and what narrows it."""

from uuid import uuid4

import pytest

from services.triage import queries
from services.triage.domain import State
from services.triage.domain.people import Identity
from services.triage.queries import FoundPerson
from services.triage.queries.people import MOST_FOUND
from tests.triage.builders import GATEWAY, NOW
from tests.triage.conftest import Console, send


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
