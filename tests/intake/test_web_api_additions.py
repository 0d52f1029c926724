"""What a partner sends later: it joins its own referral as a version, once, and nobody else's."""

import json
from typing import Any

import pytest

from services.intake.app import service
from tests.conftest import Running, RunningOf
from tests.intake.builders import referral, rows
from tests.intake.partnered import ask, authorised, partnered

URL = "/api/v1/referrals"
WORDS = {"words": "SYNTHETIC: something else was remembered."}


@pytest.fixture
async def intake(running_of: RunningOf) -> Running:
    """Intake with everything but its mailbox, called by the demonstration's partner."""
    return await authorised(await running_of(service(), doors=False))


def keyed(key: str) -> dict[str, str]:
    return {"Idempotency-Key": key}


async def refer(intake: Running, key: str) -> Any:
    return await intake.client.post(URL, json=referral(), headers=keyed(key))


async def sent(intake: Running, **person: Any) -> str:
    return str((await intake.client.post(URL, json=referral(**person))).json()["reference"])


class TestAddition:
    async def test_joins_as_a_version_and_is_announced(self, intake: Running) -> None:
        reference = await sent(intake, district="Thanet")
        answer = await intake.client.post(f"{URL}/{reference}/versions", json=WORDS)
        assert (answer.status_code, answer.json()["version"]) == (201, 2), answer.text
        assert (await intake.client.get(f"{URL}/{reference}")).json()["version"] == 2
        told = await rows(intake.runtime, "SELECT type FROM outbox WHERE topic = 'intake.police.v1' ORDER BY id")
        assert [row.type for row in told] == ["intake.referral-received.v1", "intake.referral-version-added.v1"]

    async def test_may_be_the_form_corrected_with_a_file(self, intake: Running) -> None:
        reference = await sent(intake)
        addition = json.dumps({"referral": referral(surname="Corrected")}).encode()
        files = [
            ("addition", ("addition.json", addition, "application/json")),
            ("attachment", ("letter.pdf", b"%PDF-1.7 synthetic", "application/pdf")),
        ]
        answer = await intake.client.post(f"{URL}/{reference}/versions", files=files)
        assert answer.status_code == 201, answer.text
        assert len(await rows(intake.runtime, "SELECT id FROM document")) == 2

    async def test_under_one_key_is_kept_once_and_another_is_a_conflict(self, intake: Running) -> None:
        url, key = f"{URL}/{await sent(intake)}/versions", {"Idempotency-Key": "later"}
        first = await intake.client.post(url, json=WORDS, headers=key)
        again = await intake.client.post(url, json=WORDS, headers=key)
        other = await intake.client.post(url, json={"words": "SYNTHETIC: another thing."}, headers=key)
        assert (first.json()["version"], again.json()["version"]) == (2, 2)
        assert again.headers["idempotency-replayed"] == "true"
        assert (other.status_code, other.json()["title"]) == (409, "idempotency-key-reused")
        assert len(await rows(intake.runtime, "SELECT version FROM referral_version")) == 2

    async def test_shares_its_keys_with_referrals_and_with_additions_to_others(self, intake: Running) -> None:
        first, second = [str((await refer(intake, key)).json()["reference"]) for key in ("one", "two")]
        added = await intake.client.post(f"{URL}/{first}/versions", json=WORDS, headers=keyed("three"))
        assert added.status_code == 201
        clashing = [
            await intake.client.post(f"{URL}/{first}/versions", json=WORDS, headers=keyed("one")),
            await intake.client.post(f"{URL}/{first}/versions", json=WORDS, headers=keyed("two")),
            await intake.client.post(f"{URL}/{second}/versions", json=WORDS, headers=keyed("three")),
            await refer(intake, "three"),
        ]
        assert {(answer.status_code, answer.json()["title"]) for answer in clashing} == {
            (409, "idempotency-key-reused")
        }
        assert len({answer.json()["detail"] for answer in clashing}) == 1
        assert len(await rows(intake.runtime, "SELECT version FROM referral_version")) == 3

    async def test_to_somebody_elses_referral_finds_none(self, intake: Running) -> None:
        reference = await sent(intake)
        token = (await ask(intake.client, await partnered(intake, "other-school"))).json()["access_token"]
        headers = {"Authorization": f"Bearer {token}"}
        answer = await intake.client.post(f"{URL}/{reference}/versions", json=WORDS, headers=headers)
        assert (answer.status_code, answer.json()["title"]) == (404, "referral-unknown")

    @pytest.mark.parametrize(
        ("body", "reason", "pointer"),
        [
            ({}, "nothing-to-add", None),
            ({"words": "  "}, "nothing-to-add", None),
            ([], "referral-not-valid", ""),
            ({"words": 1}, "referral-not-valid", "/words"),
            ({"words": "\x00"}, "referral-not-valid", "/words"),
            ({"words": "x" * 20_001}, "referral-not-valid", "/words"),
            ({"words": "x", "immediate_danger": "yes"}, "referral-not-valid", "/immediate_danger"),
            ({"words": "x", "more": 1}, "referral-not-valid", "/more"),
            ({"referral": {}}, "referral-not-valid", "/referral/person"),
            (
                {"referral": referral(date_of_birth="1850-01-01")},
                "referral-not-valid",
                "/referral/person/date_of_birth",
            ),
        ],
    )
    async def test_that_says_nothing_or_something_wrong_is_refused(
        self, intake: Running, body: Any, reason: str, pointer: str | None
    ) -> None:
        answer = await intake.client.post(f"{URL}/{await sent(intake)}/versions", json=body)
        assert (answer.status_code, answer.json()["title"]) == (422, reason), answer.text
        if pointer is not None:
            assert pointer in [error["pointer"] for error in answer.json()["errors"]]
