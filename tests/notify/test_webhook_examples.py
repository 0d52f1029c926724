"""The examples for receivers of webhooks do what the page says: they take ours, and refuse what is not."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from services.notify.clients import Outward, WebhookClient
from tests.notify.receiver_made import Posted, receiving
from tests.notify.test_webhooks import HERE, NEW, OLD, message

EXAMPLES = Path(__file__).parents[2] / "examples" / "webhooks"
PROGRAMS = {"python": [sys.executable, "verify.py"], "node": ["node", "verify.mjs"]}


async def posted() -> Posted:
    async with receiving() as receiver:
        await WebhookClient(Outward(lambda _: (NEW, OLD), HERE, 5.0)).send(message(receiver.url))
        return receiver.posted[0]


def said(program: str, body: bytes, headers: list[str], secret: str) -> str:
    command = PROGRAMS[program]
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not on this machine")
    done = subprocess.run(
        [*command, *headers], cwd=EXAMPLES, input=body, env={"WEBHOOK_SECRET": secret, "PATH": "/usr/bin:/bin"},
        capture_output=True, check=True, timeout=60,
    )  # fmt: skip
    return done.stdout.decode().strip()


@pytest.mark.parametrize("program", list(PROGRAMS))
async def test_an_example_takes_ours_and_nothing_else(program: str) -> None:
    one = await posted()
    headers = [one.headers[name] for name in ("webhook-id", "webhook-timestamp", "webhook-signature")]
    for secret in (NEW, OLD):
        assert said(program, one.body, headers, secret) == "KM-TEST-TEST"
    old = [headers[0], str(int(headers[1]) - 600), headers[2]]
    for body, given, secret in (
        (one.body.replace(b"true", b"null"), headers, NEW),
        (one.body, ["another-id", *headers[1:]], NEW),
        (one.body, old, NEW),
        (one.body, headers, "whsec_" + "c29tZS1vdGhlci1zZWNyZXQ="),
    ):
        assert said(program, body, given, secret) == "refuse"
