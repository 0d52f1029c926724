"""The demonstration's partner, as tests refer with it: a token asked for at the real endpoint."""

import json
from typing import Any

import httpx2

from cli import vault
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


async def operate(intake: Running, method: str, path: str, body: dict[str, Any] | None = None) -> httpx2.Response:
    """Return what the operations plane answers its operator."""
    headers = {"Authorization": f"Bearer {operator_token(intake)}", "X-Operator": "tests"}
    return await intake.client.request(method, f"/ops/{path}", headers=headers, json=body)


def operator_token(intake: Running) -> str:
    """Return the operator's token of the installation that the tests run on."""
    operator = intake.runtime.settings.secrets_file.parent / vault.OPERATOR
    return str(json.loads(operator.read_text(encoding="utf-8"))["ops_token"])


async def partnered(intake: Running, client_id: str, **more: Any) -> tuple[str, str]:
    """Make a partner known by the operations plane and return its credentials."""
    terms = {"organisation": "Example", "sector": "education", "areas": ["kent-and-medway"], "reason": "a test"}
    answer = await operate(intake, "POST", "partners", {"client_id": client_id, **terms, **more})
    assert answer.status_code == 201, answer.text
    return client_id, str(answer.json()["client_secret"])
