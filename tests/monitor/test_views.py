"""The pages of monitor."""

import re
from dataclasses import replace
from uuid import uuid4

import httpx2
import pytest
from sqlalchemy import select

from chassis import tables
from chassis.actor import Actor
from chassis.audit.trail import READ
from contracts.vocabulary import Role
from services.monitor import jobs, operations
from services.monitor.domain import HealthState, OutboxReading, Repair
from tests.conftest import Installation
from tests.monitor.builders import JOURNEY, NOW, REFERENCE, a_checkpoint, a_ledger, a_parked_message, a_span, a_topic
from tests.monitor.conftest import Monitor

ME = "ida@ops.example"
PAGES = ("/", "/services/triage", "/way", "/parked", "/checkpoints")


def token(page: httpx2.Response) -> str:
    found = re.search(r'<main.*name="csrf_token" value="([0-9a-f]+)"', page.text, re.DOTALL)
    assert found
    return found[1]


async def audited(monitor: Monitor) -> list[tuple[str, str]]:
    async with monitor.runtime.database.transaction(Actor.service("monitor")) as session:
        rows = await session.rows(select(tables.audit_entry).order_by(tables.audit_entry.c.id))
    return [(row.action, row.actor_id) for row in rows]


class TestEveryPage:
    async def test_asks_to_sign_in(self, monitor: Monitor) -> None:
        for path in PAGES:
            answer = await monitor.client.get(path)
            assert (path, answer.status_code) == (path, 303)
            assert "sign-in" in answer.headers["location"]

    async def test_is_closed_to_other_roles(self, monitor: Monitor) -> None:
        client = await monitor.person(Role.GATEWAY_OFFICER)
        assert {(await client.get(path)).status_code for path in PAGES} == {403}

    @pytest.mark.parametrize("role", [Role.OPS_ENGINEER, Role.DATA_PROTECTION_OFFICER])
    async def test_opens_for_those_who_watch(self, monitor: Monitor, role: Role) -> None:
        await jobs.watch_services(monitor.runtime, NOW)
        client = await monitor.person(role)
        for path in PAGES:
            answer = await client.get(path)
            assert (path, answer.status_code, answer.text.count("<h1")) == (path, 200, 1)
            assert " style=" not in answer.text


class TestOverview:
    async def test_shows_states_queues_and_alarms(self, monitor: Monitor) -> None:
        monitor.console.states["triage"] = HealthState.UNREACHABLE
        monitor.console.inboxes["intake"] = (a_topic("triage.referrer.v1", lag=7, parked=2),)
        await jobs.watch_services(monitor.runtime, NOW)
        await jobs.watch_services(monitor.runtime, NOW)
        page = (await (await monitor.person(Role.OPS_ENGINEER)).get("/")).text
        assert "triage does not answer: see whether its process runs." in page
        assert "intake has parked 2 messages of triage.referrer.v1" in page
        assert "triage.referrer.v1</td>" in page

    async def test_says_what_kind_of_alarm_it_speaks_of(self, monitor: Monitor) -> None:
        page = (await (await monitor.person(Role.OPS_ENGINEER)).get("/")).text
        assert "No technical alarm stands. Teams that are late with a referral are listed on intake's desk" in page

    async def test_shows_what_no_recipient_has_stored(self, monitor: Monitor) -> None:
        monitor.console.outboxes["intake"] = OutboxReading(0, 0, 0.0, 17, 300.0, "console", 1)
        await jobs.watch_services(monitor.runtime, NOW)
        client = await monitor.person(Role.OPS_ENGINEER)
        overview, service = (await client.get("/")).text, (await client.get("/services/intake")).text
        assert "intake has no receipt for 17 deliveries" in overview
        assert re.search(r"17</td>\s*<td[^>]*>5 minutes</td>", overview)
        assert "5 minutes ago" in service


class TestServiceHealth:
    async def test_says_plainly_who_has_no_place_on_the_bus(self, monitor: Monitor) -> None:
        monitor.console.states["monitor"] = HealthState.READY
        await jobs.watch_services(monitor.runtime, NOW)
        client = await monitor.person(Role.OPS_ENGINEER)
        itself, other = (await client.get("/services/monitor")).text, (await client.get("/services/triage")).text
        assert "<title>The service monitor - Monitor" in itself
        assert "It announces no events and listens to no topic" in itself
        assert "Bus and epoch" not in itself
        assert "It has not told how far it has got with its topics." in other
        assert "Bus and epoch" in other


class TestWay:
    async def test_shows_ledger_and_spans_and_audits_the_look(self, monitor: Monitor) -> None:
        monitor.console.ledgers[REFERENCE] = a_ledger(REFERENCE)
        async with monitor.runtime.database.transaction(Actor.service("intake")) as session:
            spans = [a_span(1, name="POST /api/v1/referrals"), a_span(2, 1, name="handle", failed=True)]
            await operations.store_spans(session, spans)
        client = await monitor.person(Role.OPS_ENGINEER)
        page = (await client.get(f"/way?reference={REFERENCE.lower()}")).text
        assert "POST /api/v1/referrals" in page
        assert page.index("POST /api/v1/referrals") < page.index("handle")
        assert "Social care front door" in page
        assert "Stored</strong>" in page
        assert "</time>: somebody sent something to intake" in page
        assert (READ, ME) in await audited(monitor)

    async def test_says_what_is_wrong_with_a_reference(self, monitor: Monitor) -> None:
        client = await monitor.person(Role.OPS_ENGINEER)
        for reference, status in ((REFERENCE, 404), ("KM-7F3K-92Q2", 422), ("<b>x", 422)):
            page = await client.get("/way", params={"reference": reference})
            assert page.status_code == status
            assert "There is a problem" in page.text
            assert "<b>x" not in page.text


class TestRepair:
    async def test_shows_first_then_does_it_and_audits(self, monitor: Monitor) -> None:
        message = a_parked_message()
        monitor.console.messages["triage"] = (message,)
        client = await monitor.person(Role.OPS_ENGINEER)
        here = f"/parked/triage/{message.id}"
        shown = await client.get(here)
        given = {"csrf_token": token(shown), "repair": "discard", "reason": "Sent twice by mistake"}
        check = await client.post(f"{here}/check", data=given)
        assert check.status_code == 200
        assert "Nothing has been done yet" in check.text
        assert [one.dry_run for one in monitor.console.repairs] == [True]
        done = await client.post(f"{here}/repair", data={**given, "csrf_token": token(check)})
        assert done.status_code == 303
        last = monitor.console.repairs[-1]
        assert (last.repair, last.reason, last.operator, last.dry_run) == (
            Repair.DISCARD,
            "Sent twice by mistake",
            ME,
            False,
        )
        assert ("parked-message.discard-asked", ME) in await audited(monitor)
        assert "is given up" in (await client.get("/parked")).text

    async def test_needs_a_choice_and_a_reason(self, monitor: Monitor) -> None:
        message = a_parked_message()
        monitor.console.messages["triage"] = (message,)
        client = await monitor.person(Role.OPS_ENGINEER)
        here = f"/parked/triage/{message.id}"
        sent = {"csrf_token": token(await client.get(here))}
        for given in ({}, {"repair": "retry"}, {"repair": "explode", "reason": "because"}):
            for step in ("check", "repair"):
                answer = await client.post(f"{here}/{step}", data={**given, **sent})
                assert answer.status_code == 422
                assert "There is a problem" in answer.text
        assert monitor.console.repairs == []

    async def test_is_not_for_the_data_protection_officer(self, monitor: Monitor) -> None:
        message = a_parked_message()
        monitor.console.messages["triage"] = (message,)
        client = await monitor.person(Role.DATA_PROTECTION_OFFICER)
        page = await client.get(f"/parked/triage/{message.id}")
        assert "Retry or discard it" not in page.text
        answer = await client.post(f"/parked/triage/{message.id}/repair", data={"repair": "retry", "reason": "xyz"})
        assert answer.status_code == 403
        assert monitor.console.repairs == []

    async def test_needs_the_token_of_the_page(self, monitor: Monitor) -> None:
        message = a_parked_message()
        monitor.console.messages["triage"] = (message,)
        client = await monitor.person(Role.OPS_ENGINEER)
        answer = await client.post(f"/parked/triage/{message.id}/repair", data={"repair": "retry", "reason": "xyz"})
        assert answer.status_code == 403
        assert monitor.console.repairs == []

    async def test_explains_an_unknown_message(self, monitor: Monitor) -> None:
        client = await monitor.person(Role.OPS_ENGINEER)
        for path, status in ((f"triage/{uuid4()}", 404), (f"nobody/{uuid4()}", 404), ("triage/nonsense", 422)):
            assert (await client.get(f"/parked/{path}")).status_code == status


class TestParked:
    async def test_says_which_service_does_not_answer(self, monitor: Monitor) -> None:
        monitor.console.states["intake"] = HealthState.UNREACHABLE
        monitor.console.messages["triage"] = (a_parked_message(),)
        page = (await (await monitor.person(Role.OPS_ENGINEER)).get("/parked")).text
        assert "intake does not answer" in page
        assert "intake.referral-received.v1" in page


class TestCheckpoints:
    async def test_shows_the_newest_and_those_in_doubt(self, monitor: Monitor) -> None:
        forged = replace(a_checkpoint(8), signed=False)
        async with monitor.runtime.database.transaction(Actor.service("monitor")) as session:
            offered = [a_checkpoint(5), a_checkpoint(5, content=b"rewritten"), forged]
            await operations.keep_checkpoints(session, "triage", offered, now=NOW)
        client = await monitor.person(Role.DATA_PROTECTION_OFFICER)
        everything, one = (await client.get("/checkpoints")).text, (await client.get("/checkpoints/triage")).text
        assert "2 of 3" in everything
        assert "Not verified" in everything
        assert one.count("Contradicted") == 2
        assert (await client.get("/checkpoints/nobody")).status_code == 404


class TestOperationsPlane:
    async def test_gives_the_spans_of_a_journey(self, monitor: Monitor, installation: Installation) -> None:
        async with monitor.runtime.database.transaction(Actor.service("intake")) as session:
            await operations.store_spans(session, [a_span(1), a_span(2, 1)])
        answer = await monitor.client.get(f"/ops/traces/{JOURNEY}", headers=operator(installation))
        found = [(one["name"], one["status"]) for one in answer.json()["spans"]]
        assert found == [("step 1", "ok"), ("step 2", "ok")]

    async def test_gives_the_checkpoints_it_keeps(self, monitor: Monitor, installation: Installation) -> None:
        async with monitor.runtime.database.transaction(Actor.service("monitor")) as session:
            await operations.keep_checkpoints(session, "triage", [a_checkpoint(5)], now=NOW)
        answer = await monitor.client.get("/ops/checkpoints?service=triage", headers=operator(installation))
        (kept,) = answer.json()["checkpoints"]
        assert (kept["sequence"], kept["signed"]) == (5, True)
        assert bytes.fromhex(kept["entry_hash"]) == a_checkpoint(5).entry_hash

    async def test_explains_what_it_cannot_read(self, monitor: Monitor, installation: Installation) -> None:
        for path in (
            "/ops/traces/nonsense",
            "/ops/checkpoints",
            "/ops/checkpoints?service=x&after=y",
            f"/ops/checkpoints?service=x&after={'9' * 30}",
        ):
            assert (await monitor.client.get(path, headers=operator(installation))).status_code == 422

    async def test_is_closed_without_the_operators_token(self, monitor: Monitor) -> None:
        assert (await monitor.client.get(f"/ops/traces/{JOURNEY}")).status_code == 401


def operator(installation: Installation) -> dict[str, str]:
    return {"authorization": f"Bearer {installation.vault.ops_token}", "x-operator": "Ida"}
