"""Batches: each referral is kept or refused by itself, and a repeat of all of them doubles nothing."""

import asyncio
from typing import Any

import pytest

from chassis.database import Session
from chassis.errors import Unavailable
from services.intake.app import service
from services.intake.domain import Original
from services.intake.operations import receive_all
from services.intake.spool import keeping
from services.intake.web.api import taking
from services.intake.web.api.taking import MOST_IN_BATCH
from tests.conftest import Running, RunningOf
from tests.intake.builders import referral, rows
from tests.intake.partnered import ask, authorised, partnered

BATCH = "/api/v1/referrals/batch"


@pytest.fixture
async def intake(running_of: RunningOf) -> Running:
    """Intake with everything but its mailbox, called by the demonstration's partner."""
    return await authorised(await running_of(service(), doors=False))


def item(key: str, **person: Any) -> dict[str, Any]:
    return {"idempotency_key": key, "referral": referral(**person)}


async def test_each_is_kept_or_refused_by_itself(intake: Running) -> None:
    known = item("known")
    await intake.client.post(BATCH, json={"referrals": [known]})
    wrong = item("wrong")
    wrong["referral"]["person"] = {"forenames": 1}
    other = {**item("known")}
    answer = await intake.client.post(BATCH, json={"referrals": [item("new"), known, other, wrong]})
    assert answer.status_code == 200, answer.text
    content = answer.json()
    assert [result["status"] for result in content["results"]] == [201, 200, 409, 422]
    assert (content["accepted"], content["refused"]) == (2, 2)
    assert content["results"][2]["problem"]["title"] == "idempotency-key-reused"
    pointers = [error["pointer"] for error in content["results"][3]["problem"]["errors"]]
    assert "/referrals/3/referral/person/surname" in pointers
    assert len(await rows(intake.runtime, "SELECT id FROM referral")) == 2


async def test_keys_that_are_used_twice_make_nobody_beside_them_begin_again(
    intake: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    together: list[int] = []

    async def counted(session: Session, originals: list[Original], **given: Any) -> list[Any]:
        together.append(len(originals))
        return await receive_all(session, originals, **given)

    monkeypatch.setattr(keeping, "receive_all", counted)
    batch = {"referrals": [item(f"key {number // 2}", surname=f"Synthetic{number}") for number in range(20)]}
    results = (await intake.client.post(BATCH, json=batch)).json()["results"]
    assert [result["status"] for result in results] == [201, 409] * 10
    assert together == [20]
    assert len(await rows(intake.runtime, "SELECT id FROM referral")) == 10
    assert len(await rows(intake.runtime, "SELECT digest FROM arrival_key")) == 10


async def test_all_sent_again_are_the_same_hundred(intake: Running) -> None:
    batch = {"referrals": [item(f"key {number}") for number in range(MOST_IN_BATCH)]}
    first, second = [(await intake.client.post(BATCH, json=batch)).json() for _ in range(2)]
    assert (first["accepted"], second["accepted"]) == (MOST_IN_BATCH, MOST_IN_BATCH)
    assert {result["status"] for result in second["results"]} == {200}
    named = [[result["reference"] for result in content["results"]] for content in (first, second)]
    assert named[0] == named[1]
    assert len(set(named[0])) == MOST_IN_BATCH


async def test_one_alone_is_a_repeat_of_one_in_a_batch(intake: Running) -> None:
    sent = item("either way")
    in_batch = (await intake.client.post(BATCH, json={"referrals": [sent]})).json()["results"][0]
    headers = {"Idempotency-Key": "either way"}
    alone = await intake.client.post("/api/v1/referrals", json=sent["referral"], headers=headers)
    assert (alone.status_code, alone.headers["idempotency-replayed"]) == (201, "true")
    assert alone.json()["reference"] == in_batch["reference"]


@pytest.mark.parametrize(
    "body",
    [
        [],
        {},
        {"referrals": []},
        {"referrals": {}},
        {"referrals": [1]},
        {"referrals": [{"referral": {}}]},
        {"referrals": [{"idempotency_key": "", "referral": {}}]},
        {"referrals": [{"idempotency_key": " x", "referral": {}}]},
        {"referrals": [{"idempotency_key": "x" * 256, "referral": {}}]},
        {"referrals": [{"idempotency_key": "x", "referral": {}, "more": 1}]},
        {"referrals": [{"idempotency_key": "x", "referral": {}}], "more": 1},
        {"referrals": [{"idempotency_key": "x", "referral": {}}] * (MOST_IN_BATCH + 1)},
    ],
)
async def test_what_is_no_batch_is_refused_whole(intake: Running, body: Any) -> None:
    answer = await intake.client.post(BATCH, json=body)
    assert (answer.status_code, answer.json()["title"]) == (422, "batch-not-valid")
    assert answer.json()["errors"][0]["pointer"].startswith("/referrals")


async def test_each_counts_as_a_request(intake: Running) -> None:
    shown = await partnered(intake, "four-a-minute", requests_per_minute=4)
    token = (await ask(intake.client, shown)).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    batch = {"referrals": [item(f"key {number}") for number in range(3)]}
    first = await intake.client.post(BATCH, json=batch, headers=headers)
    second = await intake.client.post(BATCH, json=batch, headers=headers)
    assert (first.status_code, second.status_code) == (200, 429)
    assert len(await rows(intake.runtime, "SELECT id FROM referral")) == 3


async def test_nobody_waits_for_a_lost_database_one_after_the_other(
    intake: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, all_asked = [], asyncio.Event()

    async def away(*_: Any, **__: Any) -> Any:
        asked.append(1)
        if len(asked) == 5:
            all_asked.set()
        await all_asked.wait()
        raise Unavailable("The database did not answer; try again in a moment.")

    monkeypatch.setattr(taking, "accept", away)
    answer = await intake.client.post(BATCH, json={"referrals": [item(f"key {number}") for number in range(5)]})
    assert [result["status"] for result in answer.json()["results"]] == [503] * 5


async def test_cannot_be_shown(intake: Running) -> None:
    answer = await intake.client.get(BATCH)
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert answer.headers["content-type"] == "application/problem+json"
