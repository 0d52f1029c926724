"""Who may call the API: tokens for partners, nobody else's business, and a limit that says when to come back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import httpx2
import pytest

from chassis.database import Database
from chassis.errors import Unavailable
from contracts.vocabulary import Sector
from services.intake.app import service
from services.intake.domain import DEMO_CLIENT_ID, NOBODY, Partner, PartnerScope, Terms
from services.intake.web.api.access import Gate
from services.intake.web.api.tokens import LIFETIME_SECONDS, MOST_CACHED, Tokens
from services.intake.web.limits import Buckets
from tests.conftest import Running, RunningOf
from tests.intake.builders import referral, rows
from tests.intake.partnered import TOKEN_URL, ask, authorised, credentials, operate, partnered

URL = "/api/v1/referrals"
BASIC = {"grant_type": "client_credentials"}


@pytest.fixture
async def intake(running_of: RunningOf) -> Running:
    """Intake with everything but its mailbox, called by nobody in particular."""
    return await running_of(service(), doors=False)


def bearer(answer: httpx2.Response) -> dict[str, str]:
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


class TestTokenEndpoint:
    async def test_gives_a_token_to_whoever_shows_the_secret_in_either_way(self, intake: Running) -> None:
        client_id, secret = credentials(intake)
        by_header = await ask(intake.client, (client_id, secret))
        by_form = await intake.client.post(TOKEN_URL, data=BASIC | {"client_id": client_id, "client_secret": secret})
        for answer in (by_header, by_form):
            assert answer.status_code == 200, answer.text
            assert answer.headers["cache-control"] == "no-store"
            content = answer.json()
            assert (content["token_type"], content["expires_in"]) == ("Bearer", LIFETIME_SECONDS)
            assert content["scope"] == "refer:read refer:write"
            sent = await intake.client.post(URL, json=referral(), headers=bearer(answer))
            assert sent.status_code == 201, sent.text

    @pytest.mark.parametrize(
        ("data", "auth", "status", "error"),
        [
            ({}, ("a", "b"), 400, "invalid_request"),
            ({"grant_type": "password"}, ("a", "b"), 400, "unsupported_grant_type"),
            (BASIC, None, 401, "invalid_client"),
            (BASIC, ("nobody", "guess"), 401, "invalid_client"),
            (BASIC, (DEMO_CLIENT_ID, "guess"), 401, "invalid_client"),
            (BASIC | {"client_id": DEMO_CLIENT_ID}, ("nobody", "guess"), 401, "invalid_client"),
            (BASIC | {"scope": ["refer:read", "refer:write"]}, ("a", "b"), 400, "invalid_request"),
        ],
    )
    async def test_refuses_as_rfc_6749_says(
        self, intake: Running, data: Any, auth: tuple[str, str] | None, status: int, error: str
    ) -> None:
        answer = await intake.client.post(TOKEN_URL, data=data, auth=auth or httpx2.USE_CLIENT_DEFAULT)
        assert (answer.status_code, answer.json()["error"]) == (status, error)
        assert answer.headers["content-type"] == "application/json"
        assert ("www-authenticate" in answer.headers) == (status == 401)

    @pytest.mark.parametrize("header", ["Basic", "Basic !!!", "Basic /////w==", "Bearer x", "Basic bm9jb2xvbg=="])
    async def test_takes_no_broken_header(self, intake: Running, header: str) -> None:
        answer = await intake.client.post(TOKEN_URL, data=BASIC, headers={"Authorization": header})
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")

    async def test_gives_no_scope_that_was_not_agreed(self, intake: Running) -> None:
        shown = await partnered(intake, "readers-only", scopes=["refer:read"])
        answer = await ask(intake.client, shown, scope="refer:write")
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_scope")
        granted = await ask(intake.client, shown)
        assert granted.json()["scope"] == "refer:read"
        refused = await intake.client.post(URL, json=referral(), headers=bearer(granted))
        assert (refused.status_code, refused.json()["title"]) == (403, "scope-missing")

    async def test_lets_nobody_guess_for_long(self, intake: Running) -> None:
        Gate.of(intake.runtime).addresses = Buckets(lambda: 0.0)  # however long twelve guesses take
        answers = [await ask(intake.client, (DEMO_CLIENT_ID, f"guess {number}")) for number in range(12)]
        assert [answer.status_code for answer in answers] == [401] * 10 + [429] * 2
        assert int(answers[-1].headers["retry-after"]) >= 1
        assert answers[-1].headers["content-type"] == "application/problem+json"
        # Whoever has the secret is not kept out by somebody who has not.
        assert (await ask(intake.client, credentials(intake))).status_code == 200

    async def test_has_no_bundled_partner_in_real_use(self, running_of: RunningOf) -> None:
        intake = await running_of(service(), doors=False, mode="real")
        answer = await ask(intake.client, credentials(intake))
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


class TestCalls:
    @pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer x", "Basic eDp5", "Bearer é"])
    async def test_without_a_token_are_refused_with_one_sentence(self, intake: Running, header: str | None) -> None:
        headers = [] if header is None else [(b"Authorization", header.encode("latin-1"))]
        for method, path in (("POST", URL), ("POST", f"{URL}/batch"), ("GET", f"{URL}/KM-2222-2222")):
            answer = await intake.client.request(method, path, headers=headers, json=referral())
            assert (answer.status_code, answer.json()["title"]) == (401, "token-refused")
            assert answer.headers["www-authenticate"].startswith("Bearer")
            assert answer.json()["detail"].count(".") == 1
        assert await rows(intake.runtime, "SELECT id FROM referral") == []

    async def test_say_what_is_left_and_when_to_come_back(self, intake: Running) -> None:
        shown = await partnered(intake, "three-a-minute", requests_per_minute=3)
        headers = bearer(await ask(intake.client, shown))
        answers = [await intake.client.post(URL, json=referral(), headers=headers) for _ in range(4)]
        assert [answer.status_code for answer in answers] == [201, 201, 201, 429]
        assert answers[0].headers["ratelimit"].startswith('"requests";r=2;')
        assert answers[-1].headers["ratelimit-policy"] == '"requests";q=3;w=60'
        assert 1 <= int(answers[-1].headers["retry-after"]) <= 20
        # Another partner is not kept waiting by this one.
        await authorised(intake)
        assert (await intake.client.post(URL, json=referral())).status_code == 201

    async def test_end_with_the_partner_or_its_secret(self, intake: Running) -> None:
        for decision in ("revoke", "renew"):
            shown = await partnered(intake, f"to-{decision}")
            headers = bearer(await ask(intake.client, shown))
            assert (await intake.client.post(URL, json=referral(), headers=headers)).status_code == 201
            done = await operate(intake, "POST", f"partners/to-{decision}/{decision}", {"reason": "a test"})
            assert done.is_success, done.text
            assert (await intake.client.post(URL, json=referral(), headers=headers)).status_code == 401
            assert (await ask(intake.client, shown)).status_code == 401

    async def test_of_somebody_else_find_no_referral(self, intake: Running) -> None:
        await authorised(intake)
        reference = (await intake.client.post(URL, json=referral())).json()["reference"]
        other = bearer(await ask(intake.client, await partnered(intake, "other-school")))
        answer = await intake.client.get(f"{URL}/{reference}", headers=other)
        unknown = await intake.client.get(f"{URL}/KM-2222-2222", headers=other)
        assert (answer.status_code, answer.json()) == (404, unknown.json())

    async def test_about_a_referral_are_audited_as_reads_of_the_partner(self, intake: Running) -> None:
        await authorised(intake)
        reference = (await intake.client.post(URL, json=referral())).json()["reference"]
        assert (await intake.client.get(f"{URL}/{reference}")).status_code == 200
        [row] = await rows(intake.runtime, "SELECT * FROM audit_entry WHERE action = 'record.read'")
        assert (row.actor_id, row.reason) == (f"partner/{DEMO_CLIENT_ID}", "partner-status")

    async def test_under_one_key_of_two_partners_are_two_referrals(self, intake: Running) -> None:
        body, key = referral(), {"Idempotency-Key": "the same"}
        await authorised(intake)
        other = bearer(await ask(intake.client, await partnered(intake, "other-school")))
        first = await intake.client.post(URL, json=body, headers=key)
        second = await intake.client.post(URL, json=body, headers=key | other)
        assert first.json()["reference"] != second.json()["reference"]


class TestWithoutTheDatabase:
    @pytest.fixture
    async def away(self, intake: Running, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Running]:
        """Intake that has known its partners, and then loses the database."""
        shown = await partnered(intake, "known-before")
        intake.client.headers.update(bearer(await ask(intake.client, shown)))

        @asynccontextmanager
        async def gone(*_: object) -> AsyncIterator[None]:
            raise Unavailable("The database did not answer; try again in a moment.")
            yield

        monkeypatch.setattr(Database, "transaction", gone)
        directory = Gate.of(intake.runtime).directory
        directory._read_at = directory._tried_at = float("-inf")
        yield intake
        monkeypatch.undo()

    async def test_a_token_still_opens_the_door(self, away: Running) -> None:
        answer = await away.client.get(f"{URL}/KM-2222-2222")
        assert (answer.status_code, answer.json()["title"]) == (503, "unavailable")

    async def test_a_known_partner_still_gets_one(self, away: Running) -> None:
        assert (await ask(away.client, credentials(away))).status_code == 200
        assert (await ask(away.client, ("known-before", "guess"))).status_code == 401

    async def test_a_signed_token_holds_before_the_partners_were_ever_read(self, away: Running) -> None:
        away.runtime.state.pop("intake.api")
        answer = await away.client.get(f"{URL}/KM-2222-2222")
        assert answer.status_code == 503
        unknown = await ask(away.client, ("known-before", "guess"))
        assert (unknown.status_code, unknown.json()["title"]) == (503, "partners-not-known")
        assert "retry-after" in unknown.headers


PARTNER = Partner(
    id=UUID(int=7),
    terms=Terms(
        client_id="example-school",
        organisation="Example School",
        sector=Sector.EDUCATION,
        areas=("kent-and-medway",),
        scopes=frozenset(PartnerScope),
    ),
    secret=NOBODY,
)


class TestTokens:
    def test_hold_for_fifteen_minutes_of_real_time(self) -> None:
        now = [1_000_000.0]
        tokens = Tokens(b"k" * 32, lambda: now[0])
        token = tokens.issue(PARTNER, frozenset({PartnerScope.READ}))
        claims = tokens.read(token)
        assert claims
        assert (claims.partner.id, claims.scopes) == (PARTNER.id, frozenset({PartnerScope.READ}))
        now[0] += LIFETIME_SECONDS - 1
        assert tokens.read(token)
        now[0] += 2
        assert tokens.read(token) is None
        assert Tokens(b"k" * 32, lambda: now[0]).read(token) is None

    def test_of_another_key_or_changed_or_from_the_future_count_for_nothing(self) -> None:
        now = [1_000_000.0]
        tokens = Tokens(b"k" * 32, lambda: now[0])
        token = tokens.issue(PARTNER, frozenset(PartnerScope))
        head, body, sign = token.split(".")
        none = "eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0In0"
        for wrong in (f"{head}.{body}.{sign[:-2]}xx", f"{none}.{body}.", f"{head}.{body}", "", "x" * 5000, "é"):
            assert tokens.read(wrong) is None
        assert Tokens(b"x" * 32, lambda: now[0]).read(token) is None
        assert Tokens(b"k" * 32, lambda: now[0] - 3600).read(token) is None

    def test_that_were_read_are_not_kept_for_ever(self) -> None:
        tokens = Tokens(b"k" * 32)
        for _ in range(3):
            assert tokens.read(tokens.issue(PARTNER, frozenset(PartnerScope)))
        assert len(tokens._read) == 3 <= MOST_CACHED


class TestBuckets:
    def test_refill_evenly_and_forget_who_was_longest_idle(self, monkeypatch: pytest.MonkeyPatch) -> None:
        now = [0.0]
        buckets = Buckets(lambda: now[0])
        assert [buckets.take("a", 60).wait for _ in range(61)] == [0] * 60 + [1]
        now[0] = 1.0
        assert buckets.take("a", 60).wait == 0
        assert buckets.take("a", 60).wait == 1
        now[0] = 61.0
        assert buckets.take("a", 60, cost=100).left == 0
        monkeypatch.setattr("services.intake.web.limits.MOST_REMEMBERED", 5)
        for number in range(20):
            buckets.take(str(number), 60)
        assert len(buckets._held) <= 6

    def test_what_waits_costs_nothing(self) -> None:
        buckets = Buckets(lambda: 0.0)
        assert buckets.take("a", 10, cost=8).wait == 0
        assert buckets.take("a", 10, cost=8).wait > 0
        assert buckets.take("a", 10, cost=2).wait == 0


async def test_one_reading_of_the_partners_serves_all_who_wait(intake: Running) -> None:
    directory = Gate.of(intake.runtime).directory
    found = await asyncio.gather(*(directory.by_client_id("nobody-at-all") for _ in range(50)))
    assert set(found) == {None}
