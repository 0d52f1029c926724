"""What other ways say of a notice: receipts of a provider, and answers of webhooks, beside what comes back of mails."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from areas.parts import Way
from chassis.app import Runtime
from services.notify import jobs
from services.notify.clients import Arrival, ConsoleGovukNotifyClient, Delivery, Message
from services.notify.domain import Result
from tests.notify.looking import rows, run, states
from tests.notify.made import NOW, concern, handle, signpost
from tests.notify.test_evidence import kept
from tests.notify.test_jobs import reported
from tests.notify.ways_made import reach_door, reach_service


@dataclass
class Provider(ConsoleGovukNotifyClient):
    """A provider that says of every mail what it is told to say, and how often it was asked."""

    says: Arrival = Arrival.WAITING
    asked: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Take everything, as its parent does."""
        super().__init__()

    async def arrival(self, provider_id: str) -> Arrival:
        """Say it."""
        self.asked.append(provider_id)
        return self.says


async def by_provider(notify: Runtime, *ways: Way) -> Provider:
    """Send a concern by GOV.UK Notify, and let the time for the first question come."""
    provider = Provider()
    notify.clients = replace(notify.clients, govuk_notify=provider)
    reach_door(notify, *(ways or (Way.GOVUK_NOTIFY,)), webhook="https://hooks.kent.example/in")
    await handle(notify, concern(), subject=uuid4())
    await jobs.send_due(notify, NOW)
    assert await states(notify) == ["sent"]
    await make_due(notify)
    return provider


async def make_due(notify: Runtime) -> None:
    """Let the time for the next question come."""
    await run(notify, "UPDATE notice SET receipt_due_at = now() - interval '1 second' WHERE receipt_due_at IS NOT NULL")


class TestReceipts:
    @pytest.mark.parametrize(
        ("arrival", "found", "state"),
        [
            (Arrival.DELIVERED, ("delivered", "govuk-notify", "2.0.0"), "sent"),
            (Arrival.PERMANENT_FAILURE, ("bounced", "govuk-notify", "5.1.1"), "undeliverable"),
            (Arrival.TEMPORARY_FAILURE, ("bounced", "govuk-notify", "4.4.7"), "undeliverable"),
            (Arrival.TECHNICAL_FAILURE, ("bounced", "govuk-notify", "5.3.0"), "undeliverable"),
            (Arrival.FORGOTTEN, ("unreadable", "govuk-notify", None), "sent"),
        ],
    )
    async def test_are_kept_and_the_provider_is_asked_no_more(
        self, notify: Runtime, arrival: Arrival, found: tuple[str, str, str | None], state: str
    ) -> None:
        provider = await by_provider(notify)
        provider.says = arrival
        for _ in range(2):
            await jobs.ask_for_receipts(notify, NOW)
            await make_due(notify)
        assert await kept(notify) == [found]
        assert await states(notify) == [state]
        assert len(provider.asked) == 1
        told = [each for _, _, each in await reported(notify)]
        assert told == (["delivered", "undelivered"] if state == "undeliverable" else ["delivered"])

    async def test_that_have_not_come_are_asked_for_again_later_each_time_and_not_for_ever(
        self, notify: Runtime
    ) -> None:
        provider = await by_provider(notify)
        for began, wait in ((timedelta(minutes=1), timedelta(minutes=1)), (timedelta(hours=9), timedelta(hours=1))):
            await run(notify, f"UPDATE notice SET way_began_at = now() - interval '{began.total_seconds()} seconds'")
            await jobs.ask_for_receipts(notify, NOW)
            [row] = await rows(notify, "SELECT receipt_due_at FROM notice")
            assert abs(row.receipt_due_at - datetime.now(UTC) - wait) < timedelta(seconds=30)
            await make_due(notify)
        await run(notify, "UPDATE notice SET way_began_at = now() - interval '4 days'")
        for _ in range(2):
            await jobs.ask_for_receipts(notify, NOW)
            await make_due(notify)
        assert len(provider.asked) == 3
        assert await kept(notify) == []

    async def test_that_say_no_begin_the_second_way(self, notify: Runtime) -> None:
        provider = await by_provider(notify, Way.GOVUK_NOTIFY, Way.WEBHOOK)
        provider.says = Arrival.PERMANENT_FAILURE
        await jobs.ask_for_receipts(notify, NOW)
        [row] = await rows(notify, "SELECT state, way FROM notice")
        assert (row.state, row.way) == ("due", "webhook")

    async def test_are_not_asked_for_where_the_person_was_erased(self, notify: Runtime) -> None:
        provider = await by_provider(notify)
        provider.says = Arrival.DELIVERED
        await run(notify, "DELETE FROM notice")
        await jobs.ask_for_receipts(notify, NOW)
        assert provider.asked == []


class Receiver:
    """A system that takes every webhook, and says who there has taken it on."""

    async def send(self, message: Message) -> Delivery:
        """Take one."""
        return Delivery(Result.ACCEPTED, 200, acknowledged_by=f"Duty desk (synthetic), {message.facts.kind}")

    def written(self, message: Message) -> bytes:
        """Return it as it came."""
        return str(message.id).encode()

    async def hang_up(self) -> None:
        """End nothing."""


class TestAnswerOfAWebhook:
    async def test_acknowledges_the_concern(self, notify: Runtime) -> None:
        reach_door(notify, Way.WEBHOOK, webhook="https://hooks.kent.example/in")
        notify.clients = replace(notify.clients, webhooks=Receiver())
        event_id = await handle(notify, concern(), subject=uuid4())
        await jobs.send_due(notify, NOW)
        assert await states(notify) == ["acknowledged"]
        assert await kept(notify) == [("acknowledged", "webhook", None)]
        told = await reported(notify)
        assert (event_id, "front-door", "acknowledged") in told
        assert {each for each, _, _ in told} == {event_id}

    async def test_acknowledges_the_signpost(self, notify: Runtime) -> None:
        reach_service(notify, Way.WEBHOOK, webhook="https://hooks.kent.example/in")
        notify.clients = replace(notify.clients, webhooks=Receiver())
        made: UUID = (one := signpost()).signpost_id
        await handle(notify, one, subject=uuid4())
        await jobs.send_due(notify, NOW)
        [row] = await rows(notify, f"SELECT acknowledged_at FROM signpost WHERE id = '{made}'")
        assert row.acknowledged_at == NOW
        assert await kept(notify) == [("acknowledged", "webhook", None)]
