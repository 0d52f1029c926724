"""The description of the API is committed, served, and holds examples that the service takes."""

import json
from pathlib import Path
from typing import Any

import pytest

from services.intake.app import service
from services.intake.web import api
from services.intake.web.api import examples
from tests.conftest import Running, RunningOf
from tests.intake.partnered import authorised

COMMITTED = Path(__file__).parents[2] / "docs" / "partner-api-v1.openapi.json"
MEND = "Write it anew: .venv/bin/python -m services.intake.web.api > docs/partner-api-v1.openapi.json"


@pytest.fixture
async def intake(running_of: RunningOf) -> Running:
    """Intake with everything but its mailbox, called by the demonstration's partner."""
    return await authorised(await running_of(service(), doors=False, public_url="https://intake.example"))


def test_what_is_committed_is_what_the_code_says() -> None:
    assert COMMITTED.read_text(encoding="utf-8") == api.written(), MEND


def test_every_reference_leads_to_a_shape() -> None:
    text = api.written()
    document = json.loads(text)

    def references(part: Any) -> set[str]:
        if isinstance(part, dict):
            own = {part["$ref"]} if isinstance(part.get("$ref"), str) else set()
            return own.union(*map(references, part.values()))
        return set().union(*map(references, part)) if isinstance(part, list) else set()

    for reference in references(document):
        place: Any = document
        for name in reference.removeprefix("#/").split("/"):
            place = place[name]


async def test_is_served_to_everybody_with_the_address_of_this_installation(intake: Running) -> None:
    del intake.client.headers["Authorization"]
    answer = await intake.client.get("/api/v1/openapi.json")
    assert answer.json() == api.document() | {"servers": [{"url": "https://intake.example"}]}


async def test_its_examples_are_taken(intake: Running) -> None:
    single = await intake.client.post("/api/v1/referrals", json=examples.EXAMPLE)
    batch = await intake.client.post("/api/v1/referrals/batch", json=examples.BATCH)
    url = f"/api/v1/referrals/{single.json()['reference']}"
    added = await intake.client.post(f"{url}/versions", json=examples.ADDITION)
    status = await intake.client.get(url)
    assert single.status_code == 201, single.text
    assert batch.json()["accepted"] == len(examples.BATCH["referrals"])
    assert added.json().keys() == examples.ADDED.keys()
    assert status.json().keys() == examples.STATUS.keys()
