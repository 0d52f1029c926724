# ruff: noqa: INP001  a program for receivers, in no package of ours
"""Verify a webhook of Throughline in Python, with the Standard Webhooks library (pip install standardwebhooks).

Reads the raw body from standard input and the three headers from the arguments; a secret comes from the environment.
Prints what was told, or says why it is refused.
"""

import os
import sys

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

seen: set[str] = set()
"""The ids that have been handled: keep them for some days, in your database. A repeat has the same id."""


def receive(body: bytes, headers: dict[str, str], secret: str) -> str:
    """Return what to do with a request: "refuse" (answer 401), "repeat" (answer 204, do nothing), or the reference."""
    try:
        told = Webhook(secret).verify(body, headers)
    except WebhookVerificationError:
        return "refuse"
    if headers["webhook-id"] in seen:
        return "repeat"
    seen.add(headers["webhook-id"])
    return str(told["data"]["reference"])


if __name__ == "__main__":
    given = dict(zip(("webhook-id", "webhook-timestamp", "webhook-signature"), sys.argv[1:], strict=True))
    sys.stdout.write(receive(sys.stdin.buffer.read(), given, os.environ["WEBHOOK_SECRET"]) + "\n")
