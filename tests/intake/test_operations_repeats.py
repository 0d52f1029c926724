"""A repeat that meets the erasure of what it repeats: it is taken in as new, as any later one is."""

from collections.abc import Sequence
from typing import Any

import pytest

from chassis.actor import Actor
from chassis.app import Runtime
from services.intake import operations
from services.intake.app import service
from services.intake.domain import ArrivalKey, KeyKind, key_for
from services.intake.operations import receiving
from tests.conftest import RuntimeOf
from tests.intake.builders import form, rows
from tests.intake.test_operations import NOW, arriving, practice, take_in

DIGEST, OTHER_WAY = key_for(KeyKind.DIGEST, "one"), key_for(KeyKind.DIGEST, "the same by another way")
MESSAGE = key_for(KeyKind.MESSAGE_ID, "<1@x>")
OF_A_PARTNER, OF_A_MAIL = (DIGEST,), (MESSAGE, DIGEST)


@pytest.fixture
async def runtime(runtime_of: RuntimeOf) -> Runtime:
    """Intake's runtime without background work."""
    return await runtime_of(service())


@pytest.fixture
def erased_between(monkeypatch: pytest.MonkeyPatch, runtime: Runtime) -> None:
    """Let every referral be erased, once, between a repeat's look at the signs and its answer."""
    make, waiting = receiving._make, [True]

    async def and_erased(*given: Any) -> Any:
        made = await make(*given)
        if not made and waiting:
            waiting.clear()
            for row in await rows(runtime, "SELECT id FROM referral"):
                async with runtime.database.transaction(Actor.service("intake")) as session:
                    await operations.erase_subject(session, row.id)
        return made

    monkeypatch.setattr(receiving, "_make", and_erased)


class TestRepeatThatMeetsAnErasure:
    @pytest.mark.parametrize(
        ("first", "repeat"), [(OF_A_PARTNER, OF_A_PARTNER), (OF_A_MAIL, OF_A_MAIL), (OF_A_MAIL, (MESSAGE, OTHER_WAY))]
    )
    async def test_is_a_referral_of_its_own_and_what_comes_after_it_its_repeat(
        self, runtime: Runtime, erased_between: None, first: Sequence[ArrivalKey], repeat: Sequence[ArrivalKey]
    ) -> None:
        local, filled = practice(runtime), form() if first == OF_A_PARTNER else None
        gone, _ = await take_in(runtime, local, filled, tuple(first))
        new, row = await take_in(runtime, local, filled, tuple(repeat))
        assert (new.repeated, new.reference == gone.reference, row.reading == "erased") == (False, False, False)
        again, _ = await take_in(runtime, local, filled, tuple(repeat))
        assert (again.repeated, again.reference) == (True, new.reference)
        signs = await rows(runtime, "SELECT DISTINCT referral_id FROM arrival_key")
        assert [each.referral_id for each in signs] == [row.id]

    async def test_is_one_referral_where_two_come_in_at_once(self, runtime: Runtime, erased_between: None) -> None:
        local, filled = practice(runtime), form()
        await take_in(runtime, local, filled, OF_A_PARTNER)
        both = [arriving(local, filled, OF_A_PARTNER)] * 2
        async with runtime.database.transaction(Actor.public()) as session:
            first, second = await operations.receive_all(session, both, now=NOW)
        assert not isinstance(first, Exception)
        assert not isinstance(second, Exception)
        assert (first.repeated, second.repeated, first.reference) == (False, True, second.reference)
