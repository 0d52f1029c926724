"""The operations plane: who may use it, what it shows, and that every call leaves a row."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx2
import pytest
from fastapi.responses import JSONResponse
from sqlalchemy import select, update

from chassis import audit, ops
from chassis.errors import Unavailable
from chassis.internal import digest_of
from chassis.tables import audit_entry, dispatch
from chassis.web.pages import Page, PageRequest, Response
from tests.chassis.operated import IN_TOPIC, OPERATOR, OURSELVES, TOKEN, announce, audited, envelope, hold, park
from tests.chassis.places import BARE, Place
from tests.conftest import Installation, RunningOf

WATCHED = ("outbox", "inbox", "audit/checkpoints")


def machine(installation: Installation, service: str) -> dict[str, str]:
    """Return what a service shows of itself; X-Operator stays the engineer's and must not count."""
    return {"Authorization": f"Bearer {installation.vault.machine_credentials[service]}"}


class TestWhoMayUseIt:
    @pytest.mark.parametrize(
        "headers",
        [
            {"Authorization": ""},
            {"Authorization": "Bearer wrong"},
            {"Authorization": f"Basic {TOKEN}"},
            {"X-Operator": ""},
            {"X-Operator": "<script>"},
            {"X-Operator": "x" * 81},
        ],
    )
    async def test_token_and_name_are_both_needed(
        self, place: Place, operator: httpx2.AsyncClient, headers: dict[str, str]
    ) -> None:
        for method, path in (("GET", "/ops/outbox"), ("POST", "/ops/erase"), ("GET", "/ops/audit/entries")):
            answer = await operator.request(method, path, headers=headers)
            assert (answer.status_code, answer.json()["title"]) == (401, "operator-refused")
        assert await audited(place) == []

    async def test_every_route_refuses_a_stranger(self, operator: httpx2.AsyncClient) -> None:
        for route in ops.router(BARE).routes:
            path = route.path.replace("{parked_id}", str(uuid4()))  # type: ignore[attr-defined]
            (method,) = route.methods  # type: ignore[attr-defined]
            answer = await operator.request(method, path, headers={"Authorization": "Bearer wrong"})
            assert answer.status_code == 401, path

    async def test_every_call_is_audited_with_the_operator(self, place: Place, operator: httpx2.AsyncClient) -> None:
        paths = ("outbox", "inbox", "parked", "audit/checkpoints", "audit/entries", "clock")
        for path in paths:
            assert (await operator.get(f"/ops/{path}")).status_code == 200
        assert await audited(place) == [
            ("operator", "synthetic.engineer", f"ops.{path.replace('/', '-')}", "") for path in paths
        ]

    @pytest.mark.parametrize("path", WATCHED)
    async def test_the_operator_token_leaves_a_row_whatever_the_name(
        self, place: Place, operator: httpx2.AsyncClient, path: str
    ) -> None:
        answer = await operator.get(f"/ops/{path}", headers={"X-Operator": "monitor"})
        assert answer.status_code == 200
        assert await audited(place) == [("operator", "monitor", f"ops.{path.replace('/', '-')}", "")]

    @pytest.mark.parametrize("path", WATCHED)
    async def test_monitor_asks_for_counts_by_itself_without_a_row(
        self, place: Place, operator: httpx2.AsyncClient, installation: Installation, path: str
    ) -> None:
        assert (await operator.get(f"/ops/{path}", headers=machine(installation, "monitor"))).status_code == 200
        assert await audited(place) == []

    async def test_monitors_own_credential_opens_nothing_else(
        self, operator: httpx2.AsyncClient, installation: Installation
    ) -> None:
        refused = []
        for route in ops.router(BARE).routes:
            path = route.path.replace("{parked_id}", str(uuid4()))  # type: ignore[attr-defined]
            (method,) = route.methods  # type: ignore[attr-defined]
            answer = await operator.request(method, path, headers=machine(installation, "monitor"))
            refused += [path] if answer.status_code == 401 else []
        assert len(refused) == len(ops.router(BARE).routes) - len(WATCHED)
        assert not {f"/ops/{path}" for path in WATCHED} & set(refused)

    @pytest.mark.parametrize("path", WATCHED)
    async def test_no_other_service_may_watch(
        self, operator: httpx2.AsyncClient, installation: Installation, path: str
    ) -> None:
        for service in ("intake", "triage"):
            assert (await operator.get(f"/ops/{path}", headers=machine(installation, service))).status_code == 401


class TestFigures:
    async def test_are_in_real_use_for_monitor_and_the_scraper_alone(
        self, running_of: RunningOf, installation: Installation
    ) -> None:
        triage = await running_of(BARE, mode="real")
        for one, status in (("monitor", 200), ("prometheus", 200), ("intake", 401)):
            answer = await triage.client.get("/metrics", headers=machine(installation, one))
            assert answer.status_code == status, one
        refused = await triage.client.get("/metrics")
        assert (refused.status_code, refused.json()["title"]) == (401, "machine-credential-refused")
        assert (await triage.client.get("/health/live")).status_code == 200

    async def test_of_a_demonstration_are_for_everybody_on_the_machine(self, running_of: RunningOf) -> None:
        triage = await running_of(BARE)
        assert (await triage.client.get("/metrics")).status_code == 200


class TestQueues:
    async def test_outbox_says_what_waits_and_how_long(self, place: Place, operator: httpx2.AsyncClient) -> None:
        subject = uuid4()
        await announce(place, subject, 1)
        await announce(place, subject, 2, published_at=None)
        await announce(place, subject, None, recorded_at=datetime.now(UTC) - timedelta(minutes=1))
        found = (await operator.get("/ops/outbox")).json()
        assert (found["unnumbered"], found["unpublished"], found["epoch"], found["bus_id"]) == (1, 2, 1, "")
        assert 295 < found["oldest_unpublished_seconds"] < 320

    async def test_outbox_says_what_no_recipient_has_stored_and_since_when(
        self, place: Place, operator: httpx2.AsyncClient
    ) -> None:
        now = datetime.now(UTC)
        for name in ("stored_at", "waived_at", "erased_at", "unpublished", "parked_at", "seen_by_nobody"):
            minutes = 2 if name in {"parked_at", "seen_by_nobody"} else 9
            event_id = await announce(place, uuid4(), 1, recorded_at=now - timedelta(minutes=minutes))
            values = {"published_at": None if name == "unpublished" else now}
            values |= {name: now} if name in dispatch.c else {}
            async with place.database.transaction(OURSELVES) as session:
                await session.execute(update(dispatch).where(dispatch.c.event_id == event_id).values(values))
        found = (await operator.get("/ops/outbox")).json()
        assert found["unstored"] == 2
        assert 119 < found["oldest_unstored_seconds"] < 140

    async def test_an_empty_outbox_waits_for_nothing(self, operator: httpx2.AsyncClient) -> None:
        found = (await operator.get("/ops/outbox")).json()
        assert (found["oldest_unpublished_seconds"], found["oldest_unstored_seconds"]) == (0.0, 0.0)

    async def test_inbox_says_lag_held_and_parked_by_topic(
        self, place: Place, operator: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def lag(group: str) -> dict[str, int]:
            return {IN_TOPIC: 7, "other.v1": 0} if group == "triage" else {}

        monkeypatch.setattr(place.runtime.bus, "lag", lag)
        subject = uuid4()
        await park(place, envelope(subject, 1))
        await park(place, envelope(subject, 9), state="discarded")
        await hold(place, envelope(subject, 2))
        topics = (await operator.get("/ops/inbox")).json()["topics"]
        assert [(one["topic"], one["lag"], one["held"], one["parked"]) for one in topics] == [
            (IN_TOPIC, 7, 1, 1),
            ("other.v1", 0, 0, 0),
        ]
        assert 3595 < topics[0]["oldest_held_seconds"] < 3620

    async def test_inbox_answers_while_the_bus_is_down(
        self, place: Place, operator: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def lag(_: str) -> dict[str, int]:
            raise Unavailable

        monkeypatch.setattr(place.runtime.bus, "lag", lag)
        await hold(place, envelope(uuid4(), 2))
        topics = (await operator.get("/ops/inbox")).json()["topics"]
        assert [(one["topic"], one["lag"], one["held"]) for one in topics] == [
            ("channel.police.v1", None, 0),
            (IN_TOPIC, None, 1),
            ("notify.police.v1", None, 0),
        ]

    async def test_parked_messages_are_listed_without_their_bodies(
        self, place: Place, operator: httpx2.AsyncClient
    ) -> None:
        subject = uuid4()
        parked_id = await park(place, envelope(subject, 3))
        await hold(place, envelope(subject, 4))
        await hold(place, envelope(subject, 5))
        await hold(place, envelope(uuid4(), 5))
        answer = await operator.get("/ops/parked")
        (message,) = answer.json()["messages"]
        assert message == (await operator.get(f"/ops/parked/{parked_id}")).json()
        assert (message["id"], message["subject"], message["sequence"]) == (str(parked_id), str(subject), 3)
        assert (message["cause"], message["tries"], message["held_behind"]) == ("seal-broken", 5, 2)
        assert "CANARY" not in answer.text
        assert "envelope" not in message


class TestAudit:
    async def test_what_it_exports_verifies_offline(self, place: Place, operator: httpx2.AsyncClient) -> None:
        for _ in range(5):
            await operator.get("/ops/clock")
        await audit.Sealer(place.url, "triage", place.runtime.secrets.audit_signing_key).seal_once()
        kept = (await operator.get("/ops/audit/checkpoints", params={"after": 0})).json()["checkpoints"]
        first = (await operator.get("/ops/audit/entries", params={"limit": 3})).text
        rest = (await operator.get("/ops/audit/entries", params={"after": 3})).text
        entries = audit.read_entries((first + rest).splitlines())
        found = audit.verify(
            entries, audit.read_checkpoints(map(json.dumps, kept)), bytes.fromhex(kept[0]["public_key"])
        )
        assert (found.ok, found.entries, found.vouched_to) == (True, 5, 5)
        assert not audit.verify(entries[:-1], audit.read_checkpoints(map(json.dumps, kept)), bytes(32)).ok

    @pytest.mark.parametrize("query", ["after=-1", "after=x", "limit=0", "limit=1000000", f"after={2**70}"])
    async def test_bad_numbers_get_a_sentence(self, operator: httpx2.AsyncClient, query: str) -> None:
        assert (await operator.get(f"/ops/audit/entries?{query}")).status_code == 422


class TestOwnRoutes:
    async def test_a_service_adds_routes_of_its_own_for_the_operator_alone(self, running_of: RunningOf) -> None:
        async def show_ledger(asked: PageRequest) -> Response:
            return JSONResponse({"reference": asked.path["reference"], "operator": asked.actor.id})

        page = Page("GET", "/ops/ledger/{reference}", show_ledger, "operator")
        running = await running_of(replace(BARE, ops_routes=(page,)))
        secrets = replace(running.runtime.secrets, ops_digest=digest_of(TOKEN))
        running.app.state.runtime = replace(running.runtime, secrets=secrets)
        refused = await running.client.get("/ops/ledger/KM-TEST-TEST")
        assert (refused.status_code, refused.json()["title"]) == (401, "operator-refused")
        answer = await running.client.get("/ops/ledger/KM-TEST-TEST", headers=OPERATOR)
        assert answer.json() == {"reference": "KM-TEST-TEST", "operator": "synthetic.engineer"}
        async with running.runtime.database.transaction(OURSELVES) as session:
            actions = await session.rows(select(audit_entry.c.action))
        assert [row.action for row in actions] == ["ops.show-ledger"]
