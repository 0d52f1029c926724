"""The public form makes a machine wait, loses nothing meanwhile, and never makes anybody in danger wait."""

import pytest

from services.intake.app import service
from services.intake.settings import IntakeSettings
from services.intake.web.form.limits import sender
from tests.conftest import Running, RunningOf
from tests.intake.builders import rows
from tests.intake.test_web_views import answers, fill_in, hidden, post

SENT = {"sharing_acknowledged": "yes"}


@pytest.fixture
async def intake(running_of: RunningOf) -> Running:
    """Intake that takes one referral a minute from an address."""
    return await running_of(service(IntakeSettings(service="intake", web_sendings_per_minute=1)), doors=False)


async def sent(intake: Running, danger: str = "no") -> int:
    """Write a referral and send it; return the status of the answer."""
    await fill_in(intake, answers() | {"concerns.immediate_danger": danger})
    answer = await post(intake, "/referral/declaration", SENT)
    assert (answer.headers.get("retry-after", "") != "") == (answer.status_code == 429)
    return int(answer.status_code)


async def referrals(intake: Running) -> int:
    """Return how many referrals there are."""
    return len(await rows(intake.runtime, "SELECT 1 FROM referral"))


class TestTheLimit:
    async def test_makes_an_address_wait_and_keeps_what_was_typed(self, intake: Running) -> None:
        assert [await sent(intake), await sent(intake)] == [303, 429]
        assert await referrals(intake) == 1
        assert answers()["person.surname"] in (await intake.client.get("/referral/check")).text
        intake.runtime.state.pop("intake.form")  # the minute is over
        assert (await post(intake, "/referral/declaration", SENT)).headers["location"] == "/referral/receipt"
        assert await referrals(intake) == 2

    async def test_sends_again_at_one_press_what_was_declared(self, intake: Running) -> None:
        await sent(intake)
        await fill_in(intake, answers() | {"concerns.immediate_danger": "no"})
        waits = await post(intake, "/referral/declaration", SENT)
        assert waits.status_code == 429
        assert (await intake.client.post("/referral/declaration", data=hidden(waits.text))).status_code == 429
        intake.runtime.state.pop("intake.form")  # the minute is over
        again = await intake.client.post("/referral/declaration", data=hidden(waits.text))
        assert again.headers["location"] == "/referral/receipt"
        assert await referrals(intake) == 2

    async def test_never_makes_danger_wait(self, intake: Running) -> None:
        assert [await sent(intake, "yes") for _ in range(3)] == [303] * 3
        assert await referrals(intake) == 3

    def test_counts_a_network_of_ipv6_as_one_sender(self) -> None:
        assert sender("2001:db8::1") == sender("2001:db8::ffff:1") != sender("2001:db8:0:1::1")
        assert sender("192.0.2.1") != sender("192.0.2.2")
        assert sender("") == ""

    def test_counts_no_ipv4_address_as_all_the_others_where_a_socket_serves_both_kinds(self) -> None:
        assert sender("::ffff:192.0.2.1") == sender("192.0.2.1") != sender("::ffff:192.0.2.2")
