"""The operations plane as monitor asks it, over HTTP and from memory."""

import json
from collections.abc import Callable
from dataclasses import asdict
from uuid import uuid4

import httpx2
import pytest

from services.monitor.clients import (
    ConsoleOpsClient,
    HttpOpsClient,
    NothingThere,
    OperationInvalid,
    OperationRefused,
    OperationsClosed,
    OpsClient,
    OpsKeys,
    RepairAsked,
    ServiceUnreachable,
)
from services.monitor.domain import HealthState, OutboxReading, Repair, ServiceUnknown
from services.monitor.readers import AnswerUnreadable
from tests.monitor.builders import NOW, REFERENCE, a_ledger, a_parked_message, checkpoint_answer

Answering = Callable[[httpx2.Request], httpx2.Response]
MESSAGE = a_parked_message()
KEYS = OpsKeys(machine_credential="monitor.own", operator_token="secret-token")


def speaking(answer: Answering) -> HttpOpsClient:
    return HttpOpsClient({"intake": "http://intake.test/"}, KEYS, httpx2.MockTransport(answer))


def told(status: int, content: object) -> HttpOpsClient:
    return speaking(lambda _request: httpx2.Response(status, json=content))


def a_service(request: httpx2.Request) -> httpx2.Response:
    """Answer as a service's operations plane does."""
    told = {"id": str(MESSAGE.id), "subject": str(MESSAGE.subject), "parked_at": MESSAGE.parked_at.isoformat()}
    parked = asdict(MESSAGE) | told
    path = request.url.path
    if path == f"/ops/parked/{MESSAGE.id}/retry":
        asked = json.loads(request.content)
        return httpx2.Response(200, json={"would": "It is tried again.", "done": not asked["dry_run"]})
    answers: dict[str, object] = {
        "/health/ready": {"status": "ready", "dependencies": {"database": "answers"}},
        "/ops/outbox": asdict(OutboxReading(0, 0, 0.0, 0, 0.0, "", 1)),
        "/ops/inbox": {"topics": []},
        "/ops/parked": {"messages": [parked]},
        f"/ops/parked/{MESSAGE.id}": parked,
        "/ops/audit/checkpoints": {"checkpoints": [checkpoint_answer(2, service="intake")]},
        f"/ops/ledger/{REFERENCE}": {
            "reference": REFERENCE,
            "correlation_id": str(uuid4()),
            "lines": [{"team": "imu", "state": "stored", "sent_at": None, "stored_at": NOW.isoformat()}],
        },
    }
    if path == "/metrics":
        return httpx2.Response(200, text="# TYPE intake_desk_overdue gauge\nintake_desk_overdue 2\nother 7\n")
    return httpx2.Response(200, json=answers[path]) if path in answers else httpx2.Response(404, json={})


@pytest.fixture(params=["http", "console"])
def client(request: pytest.FixtureRequest) -> OpsClient:
    if request.param == "http":
        return speaking(a_service)
    ledgers = {REFERENCE: a_ledger(REFERENCE)}
    given = {"intake": {"intake_desk_overdue": 2.0}}
    return ConsoleOpsClient({"intake": HealthState.READY}, told=given, messages={"intake": (MESSAGE,)}, ledgers=ledgers)


class TestOpsClient:
    """Holds for both."""

    async def test_tells_health(self, client: OpsClient) -> None:
        assert await client.health("intake") == (HealthState.READY, {"database": "ok"})

    async def test_tells_an_empty_outbox(self, client: OpsClient) -> None:
        assert (await client.outbox("intake")).unpublished == 0

    async def test_tells_the_figures_that_call_for_a_person_and_no_others(self, client: OpsClient) -> None:
        assert await client.figures("intake") == {"intake_desk_overdue": 2.0}

    async def test_lists_and_shows_parked_messages(self, client: OpsClient) -> None:
        assert await client.parked("intake", "ida") == (MESSAGE,)
        assert await client.parked_message("intake", MESSAGE.id, "ida") == MESSAGE

    async def test_does_nothing_on_a_dry_run(self, client: OpsClient) -> None:
        asked = RepairAsked("intake", MESSAGE.id, Repair.RETRY, "mended", "ida", dry_run=True)
        assert (await client.repair(asked)).done is False

    async def test_misses_what_is_not_there(self, client: OpsClient) -> None:
        with pytest.raises(NothingThere):
            await client.parked_message("intake", uuid4(), "ida")
        with pytest.raises(NothingThere):
            await client.ledger("KM-2222-2222", "ida")

    async def test_finds_a_ledger(self, client: OpsClient) -> None:
        (line, *_) = (await client.ledger(REFERENCE, "ida")).lines
        assert (line.team, line.state, line.at) == ("imu", "stored", NOW)

    async def test_knows_no_other_service(self, client: OpsClient) -> None:
        with pytest.raises(ServiceUnknown):
            await client.outbox("gateway")


class TestHttpOpsClient:
    async def test_names_the_operator_and_shows_the_token(self) -> None:
        seen: list[httpx2.Request] = []

        def answer(request: httpx2.Request) -> httpx2.Response:
            seen.append(request)
            return a_service(request)

        await speaking(answer).parked("intake", "Ida Demo")
        assert seen[0].headers["authorization"] == "Bearer secret-token"
        assert seen[0].headers["x-operator"] == "Ida Demo"

    async def test_asks_by_itself_with_its_own_credential_and_in_nobodys_name(self) -> None:
        seen: list[httpx2.Request] = []

        def answer(request: httpx2.Request) -> httpx2.Response:
            seen.append(request)
            return a_service(request)

        client = speaking(answer)
        await client.health("intake")
        await client.outbox("intake")
        await client.inbox("intake")
        await client.checkpoints("intake", 0)
        assert [one.headers["authorization"] for one in seen] == ["Bearer monitor.own"] * 4
        assert all("x-operator" not in one.headers for one in seen)

    async def test_checks_signatures_itself(self) -> None:
        forged = checkpoint_answer(2, service="channel")
        (offered,) = await told(200, {"checkpoints": [forged]}).checkpoints("intake", 0)
        assert offered.signed is False
        (true,) = await speaking(a_service).checkpoints("intake", 0)
        assert true.signed is True

    async def test_a_service_that_lacks_a_dependency_is_not_ready(self) -> None:
        answer = {"status": "not ready", "dependencies": {"database": "answers", "bus": "does not answer"}}
        expected = (HealthState.NOT_READY, {"database": "ok", "bus": "does not answer"})
        assert await told(503, answer).health("intake") == expected

    async def test_a_dead_service_is_unreachable(self) -> None:
        def refuse(_request: httpx2.Request) -> httpx2.Response:
            raise httpx2.ConnectError("no")

        assert (await speaking(refuse).health("intake"))[0] is HealthState.UNREACHABLE
        with pytest.raises(ServiceUnreachable):
            await speaking(refuse).outbox("intake")

    @pytest.mark.parametrize("content", [{}, [], {"unnumbered": "many"}, None])
    async def test_refuses_an_answer_of_another_shape(self, content: object) -> None:
        with pytest.raises(AnswerUnreadable):
            await told(200, content).outbox("intake")

    @pytest.mark.parametrize(
        ("status", "error"),
        [
            (401, OperationsClosed),
            (404, NothingThere),
            (409, OperationRefused),
            (422, OperationInvalid),
            (503, ServiceUnreachable),
        ],
    )
    async def test_passes_a_refusal_on_in_the_services_words(self, status: int, error: type[Exception]) -> None:
        asked = RepairAsked("intake", uuid4(), Repair.DISCARD, "no use", "ida", dry_run=False)
        with pytest.raises(error, match="This is why"):
            await told(status, {"detail": "This is why."}).repair(asked)
