"""GOV.UK Notify by its own library, against a stand-in that speaks its API: the real service is never called."""

import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from areas.parts import Way
from chassis.app import Runtime
from services.notify import jobs
from services.notify.clients import (
    Arrival,
    ConsoleGovukNotifyClient,
    Facts,
    GovukNotifyClient,
    Message,
    NotifyAccount,
)
from services.notify.domain import Result
from tests.notify.govuk_notify_made import KEY, TEMPLATE, StandIn, standing_in
from tests.notify.looking import make_due_again, rows, run, states
from tests.notify.made import NOW, REFERRER_ADDRESS, concern, handle, referrer_message
from tests.notify.ways_made import reach_door, reach_referrers

ID = UUID("11111111-1111-4111-8111-111111111111")
START = datetime(2026, 11, 21, 9, tzinfo=UTC)
MESSAGE = Message(
    ID,
    "kent-and-medway/",
    "front-door@council.example",
    "en",
    "KM-TEST-TEST: a concern",
    "Reference: KM-TEST-TEST\n",
    Facts("concern-received", "KM-TEST-TEST", "", urgent=False, at=START),
)


@pytest.fixture
def stand_in() -> Iterator[StandIn]:
    """Return the stand-in on this machine."""
    with standing_in() as made:
        yield made


def account(url: str, **templates: str) -> NotifyAccount:
    return NotifyAccount(KEY, url, templates or {"any": TEMPLATE}, patience=2.0)


class TestSend:
    async def test_hands_over_the_words_and_the_notices_id(self, stand_in: StandIn) -> None:
        delivery = await GovukNotifyClient(account(stand_in.url)).send(MESSAGE)
        [taken] = stand_in.taken
        assert (delivery.result, delivery.code, delivery.provider_id) == (Result.ACCEPTED, 201, taken["id"])
        assert delivery.pending
        assert (taken["reference"], taken["email_address"]) == (str(ID), MESSAGE.address)
        assert taken["personalisation"] == {"subject": MESSAGE.subject, "body": MESSAGE.body}

    @pytest.mark.parametrize(
        ("code", "result"),
        [
            (400, Result.REFUSED),
            (403, Result.DEFERRED),
            (429, Result.DEFERRED),
            (500, Result.UNKNOWN),
            (503, Result.DEFERRED),
        ],
    )
    async def test_tells_never_from_later_as_the_twin_does(self, stand_in: StandIn, code: int, result: Result) -> None:
        stand_in.codes = [code]
        for one in (GovukNotifyClient(account(stand_in.url)), ConsoleGovukNotifyClient({MESSAGE.address: code})):
            delivery = await one.send(MESSAGE)
            assert (delivery.result, delivery.code) == (result, code)

    async def test_a_key_that_is_another_services_is_refused(self, stand_in: StandIn) -> None:
        wrong = replace(account(stand_in.url), key=KEY[:-1] + "1")
        assert (await GovukNotifyClient(wrong).send(MESSAGE)).result == Result.DEFERRED
        assert stand_in.taken == []

    async def test_nobody_there_is_tried_later(self) -> None:
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        assert (await GovukNotifyClient(account(url)).send(MESSAGE)).result == Result.DEFERRED

    async def test_a_line_that_breaks_after_it_was_taken_is_asked_about_before_a_repeat(
        self, stand_in: StandIn
    ) -> None:
        stand_in.codes = [0]
        client = GovukNotifyClient(account(stand_in.url))
        assert (await client.send(MESSAGE)).result == Result.UNKNOWN
        again = await client.send(replace(MESSAGE, repeated=True, since=datetime.now(UTC)))
        assert (again.result, again.provider_id) == (Result.ACCEPTED, stand_in.taken[0]["id"])
        assert len(stand_in.taken) == 1

    async def test_what_could_not_be_delivered_or_is_older_is_sent_anew(self, stand_in: StandIn) -> None:
        client = GovukNotifyClient(account(stand_in.url))
        await client.send(MESSAGE)
        later = datetime.now(UTC) + timedelta(hours=1)
        assert (await client.send(replace(MESSAGE, repeated=True, since=later))).code == 201
        for one in stand_in.taken:
            one["status"] = "temporary-failure"
        assert (await client.send(replace(MESSAGE, repeated=True))).code == 201
        assert len(stand_in.taken) == 3

    async def test_a_question_without_an_answer_sends_nothing(self, stand_in: StandIn) -> None:
        stand_in.codes = [500]
        delivery = await GovukNotifyClient(account(stand_in.url)).send(replace(MESSAGE, repeated=True))
        assert (delivery.result, stand_in.taken) == (Result.DEFERRED, [])

    @pytest.mark.parametrize(
        ("given", "found"),
        [
            ({"concern-received.en": "a", "concern-received": "b", "any": "c"}, "a"),
            ({"concern-received": "b", "any": "c"}, "b"),
            ({"any": "c"}, "c"),
            ({"other": "d"}, ""),
        ],
    )
    def test_finds_the_template_for_kind_and_language(self, given: dict[str, str], found: str) -> None:
        assert NotifyAccount(KEY, templates=given).template("concern-received", "en") == found

    @pytest.mark.parametrize("lacking", [{"key": ""}, {"templates": {}}])
    async def test_without_a_key_or_a_template_nothing_leaves(self, stand_in: StandIn, lacking: dict[str, str]) -> None:
        without: NotifyAccount = replace(account(stand_in.url), **lacking)  # type: ignore[arg-type]
        assert (await GovukNotifyClient(without).send(MESSAGE)).result == Result.NOT_SET_UP
        assert stand_in.asked == []

    def test_the_key_is_shown_nowhere(self) -> None:
        assert KEY not in repr(account("http://127.0.0.1"))


class TestArrival:
    @pytest.mark.parametrize(
        ("status", "arrival"),
        [
            ("created", Arrival.WAITING),
            ("sending", Arrival.WAITING),
            ("delivered", Arrival.DELIVERED),
            ("permanent-failure", Arrival.PERMANENT_FAILURE),
            ("temporary-failure", Arrival.TEMPORARY_FAILURE),
            ("technical-failure", Arrival.TECHNICAL_FAILURE),
            ("something-new", Arrival.WAITING),
        ],
    )
    async def test_says_what_became_of_a_mail(self, stand_in: StandIn, status: str, arrival: Arrival) -> None:
        client = GovukNotifyClient(account(stand_in.url))
        made = await client.send(MESSAGE)
        stand_in.taken[0]["status"] = status
        assert await client.arrival(made.provider_id) is arrival

    async def test_what_it_knows_no_more_is_forgotten_and_a_fault_waits(self, stand_in: StandIn) -> None:
        client = GovukNotifyClient(account(stand_in.url))
        assert await client.arrival(str(uuid4())) is Arrival.FORGOTTEN
        stand_in.codes = [500]
        assert await client.arrival(str(uuid4())) is Arrival.WAITING


class TestSending:
    @pytest.fixture
    def by_notify(self, notify: Runtime, stand_in: StandIn) -> Runtime:
        """Notify where the Kent front door and referrers are reached by GOV.UK Notify."""
        reach_door(notify, Way.GOVUK_NOTIFY)
        reach_referrers(notify, Way.GOVUK_NOTIFY)
        notify.clients = replace(notify.clients, govuk_notify=GovukNotifyClient(account(stand_in.url)))
        return notify

    async def test_keeps_what_was_sent_and_what_the_provider_calls_it(
        self, by_notify: Runtime, stand_in: StandIn
    ) -> None:
        await handle(by_notify, concern(), subject=uuid4())
        await jobs.send_due(by_notify, NOW)
        [taken] = stand_in.taken
        [kept] = await rows(by_notify, "SELECT id, way, body, provider_id, receipt_due_at FROM notice")
        assert (kept.way, kept.provider_id, str(kept.id)) == ("govuk-notify", taken["id"], taken["reference"])
        before, _, after = kept.body.partition("(the link, which is kept nowhere)")
        said = taken["personalisation"]["body"]
        assert said.startswith(before)
        assert said.endswith(after)
        assert len(after) < len(kept.body)
        assert kept.receipt_due_at is not None

    async def test_the_address_of_a_referrer_is_kept_nowhere_in_clear(
        self, by_notify: Runtime, stand_in: StandIn
    ) -> None:
        await handle(by_notify, referrer_message(), subject=uuid4())
        await jobs.send_due(by_notify, NOW)
        assert stand_in.taken[0]["email_address"] == REFERRER_ADDRESS
        for table in ("notice", "attempt", "audit_entry"):
            assert REFERRER_ADDRESS not in str([tuple(row) for row in await rows(by_notify, f"SELECT * FROM {table}")])

    async def test_a_broken_line_costs_no_second_mail(self, by_notify: Runtime, stand_in: StandIn) -> None:
        stand_in.codes = [0]
        await handle(by_notify, concern(), subject=uuid4())
        await jobs.send_due(by_notify, NOW)
        assert await states(by_notify) == ["failed"]
        await make_due_again(by_notify)
        await jobs.send_due(by_notify, NOW)
        assert (await states(by_notify), len(stand_in.taken)) == (["sent"], 1)

    @pytest.mark.parametrize(("status", "state"), [("delivered", "sent"), ("permanent-failure", "undeliverable")])
    async def test_what_the_provider_says_later_is_heard(
        self, by_notify: Runtime, stand_in: StandIn, status: str, state: str
    ) -> None:
        await handle(by_notify, concern(), subject=uuid4())
        await jobs.send_due(by_notify, NOW)
        stand_in.taken[0]["status"] = status
        await run(by_notify, "UPDATE notice SET receipt_due_at = now() - interval '1 second'")
        await jobs.ask_for_receipts(by_notify, NOW)
        assert await states(by_notify) == [state]
