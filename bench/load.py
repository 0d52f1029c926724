"""A client that refers synthetic people as fast as it is answered, and asks the ledger for the times."""

import asyncio
import json
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx2

SURNAMES = ("Testperson", "Sampleson", "Exampleby", "Madeup", "Fictional")
DISTRICTS = ("Ashford", "Canterbury", "Dartford", "Dover", "Gravesham", "Maidstone", "Medway", "Swale", "Thanet")


@dataclass(frozen=True)
class Accepted:
    """One referral that was answered with 201: when its request began and when the answer came."""

    reference: str
    asked_at: datetime
    answered_at: datetime


@dataclass(frozen=True)
class Target:
    """The running system: intake's address, the operator's token, and the header of a partner's calls."""

    intake: str
    ops_token: str
    bearer: Mapping[str, str] = field(default_factory=dict, repr=False)


def form(chance: random.Random) -> dict[str, Any]:
    """Return one made-up referral of about two kilobytes."""
    return {
        "person": {
            "forenames": f"Synthetic{chance.randrange(10**6)}",
            "surname": chance.choice(SURNAMES),
            "date_of_birth": f"{chance.randrange(1950, 2015)}-{chance.randrange(1, 13):02}-12",
            "district": chance.choice(DISTRICTS),
        },
        "concerns": {"narrative": "SYNTHETIC: not a real person. " + "A made-up concern for a benchmark. " * 40},
        "referrer": {"forename": "Bench", "surname": "Client", "sector": "education"},
        "sharing_acknowledged": True,
    }


async def refer(client: httpx2.AsyncClient, body: bytes) -> Accepted:
    """Send one referral; raises when the answer is not 201."""
    asked = datetime.now(UTC)
    headers = {"Content-Type": "application/json", "Idempotency-Key": str(uuid4())}
    answer = await client.post("/api/v1/referrals", content=body, headers=headers)
    answer.raise_for_status()
    return Accepted(str(answer.json()["reference"]), asked, datetime.now(UTC))


async def saturate(target: Target, count: int, clients: int, seed: int) -> list[Accepted]:
    """Send `count` referrals from `clients` connections as fast as they are answered."""
    chance = random.Random(seed)
    bodies = [json.dumps(form(chance)).encode() for _ in range(count)]
    done: list[Accepted] = []

    async def one(client: httpx2.AsyncClient) -> None:
        while bodies:
            done.append(await refer(client, bodies.pop()))

    async with httpx2.AsyncClient(base_url=target.intake, headers=target.bearer, timeout=60, trust_env=False) as client:
        await asyncio.gather(*(one(client) for _ in range(clients)))
    return done


async def stored_at(target: Target, references: list[str], patience: float = 120.0) -> Mapping[str, datetime]:
    """Return when the last required team of each referral had stored it; raises TimeoutError."""
    found: dict[str, datetime] = {}
    headers = {"Authorization": f"Bearer {target.ops_token}", "X-Operator": "bench"}
    async with (
        asyncio.timeout(patience),
        httpx2.AsyncClient(base_url=target.intake, headers=headers, timeout=60, trust_env=False) as client,
    ):
        for reference in reversed(references):
            while reference not in found:
                lines = (await client.get(f"/ops/ledger/{reference}")).raise_for_status().json()["lines"]
                times = [line["stored_at"] for line in lines if line["required"]]
                if times and all(times):
                    found[reference] = max(datetime.fromisoformat(moment) for moment in times)
                else:
                    await asyncio.sleep(0.2)
    return found
