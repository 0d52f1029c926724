"""A partner from the agreement to its end: made known by an operator, refers and asks by its own system, revoked."""

import json

import httpx2
import pytest

from samples.send import NotSent, bearer
from services.intake.web.api.examples import EXAMPLE
from tests.journeys.live import Live, wait

ADD = (
    "--organisation",
    "Example School",
    "--sector",
    "education",
    "--area",
    "kent-and-medway",
    "--reason",
    "a journey",
)


def test_a_partner_refers_asks_and_is_revoked(live: Live) -> None:
    url = live.urls["intake"]
    made = live.command("partner", "add", "journey-school", *ADD, "--json")
    assert made.returncode == 0, made.stderr
    shown = json.loads(made.stdout)
    with httpx2.Client(base_url=url, timeout=60, trust_env=False) as client:
        client.headers.update(bearer(client, url, (shown["client_id"], shown["client_secret"])))
        sent = client.post("/api/v1/referrals", json=EXAMPLE, headers={"Idempotency-Key": "journey"})
        assert sent.status_code == 201, sent.text
        reference = sent.json()["reference"]
        assert live.command("ledger", reference, "--wait", "60").returncode == 0
        assert client.get(f"/api/v1/referrals/{reference}").json()["stages"]
        listed = live.command("partner", "list")
        assert "journey-school" in listed.stdout
        assert shown["client_secret"] not in listed.stdout
        revoked = live.command("partner", "revoke", "journey-school", "--reason", "the end of a journey")
        assert revoked.returncode == 0, revoked.stderr
        wait(lambda: client.get(f"/api/v1/referrals/{reference}").status_code == 401, 10, "The end of the partner")
        with pytest.raises(NotSent, match="does not know this partner"):
            bearer(client, url, (shown["client_id"], shown["client_secret"]))
    again = live.command("partner", "revoke", "nobody-here", "--reason", "a journey")
    assert again.returncode != 0
    assert "There is no partner nobody-here" in again.stderr
