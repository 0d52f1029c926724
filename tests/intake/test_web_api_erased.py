"""What a partner is told of a referral of its own that has been erased: that it is gone, and no second one is made."""

from datetime import timedelta
from typing import Any

import pytest

from chassis import clock
from services.intake.app import service
from services.intake.jobs import KEYS_KEPT, purge_old_keys
from tests.conftest import Running, RunningOf
from tests.intake.builders import referral, rows
from tests.intake.partnered import ask, authorised, operate, partnered

URL = "/api/v1/referrals"
KEY = {"Idempotency-Key": "example-school-0001"}
GONE = (410, "referral-erased")


@pytest.fixture
async def intake(running_of: RunningOf) -> Running:
    """Intake with everything but its mailbox, called by the demonstration's partner."""
    return await authorised(await running_of(service(), doors=False))


async def erased(intake: Running, body: dict[str, Any], headers: dict[str, str] | None = None) -> str:
    """Make a referral and have it erased as an operator does; return its reference."""
    reference = str((await intake.client.post(URL, json=body, headers=headers)).json()["reference"])
    [row] = await rows(intake.runtime, "SELECT id FROM referral WHERE reference = :it", it=reference)
    answer = await operate(intake, "POST", "erase", {"subject": str(row.id), "reason": "a test"})
    assert answer.status_code == 200, answer.text
    return reference


def said(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["title"]


class TestErased:
    async def test_is_gone_for_the_same_key_and_no_second_referral_is_made(self, intake: Running) -> None:
        body = referral()
        await erased(intake, body, KEY)
        same = await intake.client.post(URL, json=body, headers=KEY)
        other = await intake.client.post(URL, json=referral(surname="Other"), headers=KEY)
        assert (said(same), said(other)) == (GONE, GONE)
        assert "Synthetic" not in same.text
        assert len(await rows(intake.runtime, "SELECT 1 FROM referral")) == 1
        new = await intake.client.post(URL, json=body, headers={"Idempotency-Key": "example-school-0002"})
        assert new.status_code == 201

    async def test_is_gone_in_a_batch_too_and_stops_nobody_beside_it(self, intake: Running) -> None:
        body = referral()
        await erased(intake, body, KEY)
        items = [{"idempotency_key": key, "referral": body} for key in (KEY["Idempotency-Key"], "another")]
        answer = (await intake.client.post(f"{URL}/batch", json={"referrals": items})).json()
        assert [each["status"] for each in answer["results"]] == [410, 201]
        assert answer["results"][0]["problem"]["title"] == "referral-erased"

    async def test_is_gone_for_whoever_asks_or_adds_whatever_the_key(self, intake: Running) -> None:
        later = {"words": "SYNTHETIC: more."}
        reference = await erased(intake, referral())
        living = str((await intake.client.post(URL, json=referral())).json()["reference"])
        assert said(await intake.client.get(f"{URL}/{reference}")) == GONE
        assert said(await intake.client.post(f"{URL}/{reference}/versions", json=later)) == GONE
        await erased(intake, referral(), KEY)
        assert said(await intake.client.post(f"{URL}/{living}/versions", json=later, headers=KEY)) == GONE
        assert (await intake.client.get(f"{URL}/{living}")).json()["version"] == 1

    async def test_is_unknown_to_every_other_partner(self, intake: Running) -> None:
        reference = await erased(intake, referral(), KEY)
        token = (await ask(intake.client, await partnered(intake, "other-school"))).json()["access_token"]
        headers = {"Authorization": f"Bearer {token}"}
        answer = await intake.client.get(f"{URL}/{reference}", headers=headers)
        assert said(answer) == (404, "referral-unknown")
        assert (await intake.client.post(URL, json=referral(), headers=headers | KEY)).status_code == 201

    async def test_leaves_signs_that_lead_to_nothing_and_are_forgotten_with_the_key(self, intake: Running) -> None:
        body = referral()
        reference = await erased(intake, body, KEY)
        left = await rows(intake.runtime, "SELECT kind, request_digest, referral_id FROM arrival_key")
        assert [(row.kind, bytes(row.request_digest), row.referral_id.int) for row in left] == [("erased", b"", 0)] * 2
        assert await rows(intake.runtime, "SELECT 1 FROM partner_referral") == []
        await purge_old_keys(intake.runtime, clock.now() + KEYS_KEPT - timedelta(hours=1))
        assert said(await intake.client.get(f"{URL}/{reference}")) == GONE
        await purge_old_keys(intake.runtime, clock.now() + KEYS_KEPT + timedelta(hours=1))
        assert said(await intake.client.get(f"{URL}/{reference}")) == (404, "referral-unknown")
        assert (await intake.client.post(URL, json=body, headers=KEY)).status_code == 201
