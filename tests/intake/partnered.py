"""The demonstration's partner, as tests refer with it: a token asked for at the real endpoint."""

from typing import Any

import httpx2

from services.intake.domain import DEMO_CLIENT_ID, demo_secret
from tests.conftest import Running

TOKEN_URL = "/api/v1/token"


def credentials(intake: Running) -> tuple[str, str]:
    """Return the client id and secret of the partner that every demonstration has."""
    return DEMO_CLIENT_ID, demo_secret(intake.runtime.secrets.key_encryption_key)


async def ask(client: httpx2.AsyncClient, shown: tuple[str, str], **more: Any) -> httpx2.Response:
    """Ask for a token with a client id and secret."""
    return await client.post(TOKEN_URL, data={"grant_type": "client_credentials", **more}, auth=shown)


async def authorised(intake: Running) -> Running:
    """Return the same service, whose client sends the demonstration partner's token from now on."""
    answer = await ask(intake.client, credentials(intake))
    assert answer.status_code == 200, answer.text
    intake.client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
    return intake
