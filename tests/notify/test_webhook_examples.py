"""The examples for receivers of webhooks do what the page says: they take ours, and refuse what is not."""

import asyncio
import shutil
import subprocess
import sys
from pathlib import Path

import playwright
import pytest

from services.notify.clients import Outward, WebhookClient
from services.notify.domain import Result
from tests.needed import needed
from tests.notify.receiver_made import Posted, receiving
from tests.notify.test_webhooks import HERE, NEW, OLD, message

EXAMPLES = Path(__file__).parents[2] / "examples" / "webhooks"
PLAYWRIGHTS = Path(playwright.__file__).parent / "driver" / "node"
"""The node that Playwright brings along: good enough where the machine has none of its own."""
PROGRAMS = {
    "python": [sys.executable, "verify.py"],
    "node": [shutil.which("node") or str(PLAYWRIGHTS), "verify.mjs"],
}


async def posted() -> Posted:
    async with receiving() as receiver:
        await WebhookClient(Outward(lambda _: (NEW, OLD), HERE, 5.0)).send(message(receiver.url))
        return receiver.posted[0]


def said(program: str, body: bytes, headers: list[str], secret: str) -> str:
    command = PROGRAMS[program]
    needed(shutil.which(command[0]), f"There is no {program} on this machine, so that its example was not run.")
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


async def test_the_receiver_prints_what_was_told_acknowledges_it_and_refuses_what_is_not_ours() -> None:
    running = await asyncio.create_subprocess_exec(
        sys.executable, "receive.py", "0", "Sample Worker (synthetic)", cwd=EXAMPLES,
        env={"WEBHOOK_SECRET": NEW}, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        assert running.stdout is not None
        address = (await running.stdout.readline()).decode().split()[-1]
        for secret, result, worker in ((NEW, Result.ACCEPTED, "Sample Worker (synthetic)"), (OLD, Result.REFUSED, "")):
            delivery = await WebhookClient(
                Outward({"kent-and-medway/kent-cru": (secret,)}.__getitem__, HERE, 20.0)
            ).send(message(address))
            assert (delivery.result, delivery.acknowledged_by) == (result, worker)
        said = [(await running.stdout.readline()).decode() for _ in range(2)]
        assert said[0] == "throughline.concern-received KM-TEST-TEST https://t.example/concerns/1\n"
        assert said[1].startswith("refused")
    finally:
        running.terminate()
        await running.wait()
