"""Sign-in against a real OpenID Connect provider: challenge, nonce and state are checked, and the way back is ours."""

import os
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from authlib.integrations.starlette_client import StarletteOAuth2App
from oidc_provider_mock import User, run_server_in_thread
from starlette.testclient import TestClient

from chassis.actor import Actor
from chassis.auth import SignInFailed, actor_from, local_path
from chassis.errors import Unavailable
from tests.chassis.web_example import OFFICER, Example, make, token_in

HERE = "http://127.0.0.1:8999"
SAM = User(
    sub="sam@example.test",
    claims={"name": "Sam Synthetic", "roles": [OFFICER], "area": "kent", "organisation": "Example Police"},
)


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"
    with run_server_in_thread(user_claims=[SAM], require_nonce=True) as server:
        yield f"http://localhost:{server.server_port}"


@pytest.fixture
def example(provider: str) -> Example:
    return make(issuer_url=provider, public_url=HERE)


@pytest.fixture
def browser(example: Example) -> TestClient:
    return example.client(base_url=HERE, raise_server_exceptions=False)


def consent(address: str) -> str:
    """Choose Sam on the provider's page; return where the provider sends the browser."""
    answer = httpx2.post(address, data={"sub": SAM.sub})
    assert answer.status_code == 302, answer.text
    return answer.headers["location"]


class TestSignIn:
    def test_asks_for_a_code_with_a_challenge_and_a_nonce(self, browser: TestClient) -> None:
        asked = parse_qs(urlsplit(browser.get("/sign-in").headers["location"]).query)
        assert asked["response_type"] == ["code"]
        assert asked["code_challenge_method"] == ["S256"]
        assert asked["redirect_uri"] == [f"{HERE}/auth/callback"]
        assert asked["nonce"]
        assert asked["state"]

    def test_leads_to_the_wanted_page_as_that_person(self, example: Example, browser: TestClient) -> None:
        wanted = browser.get("/cases/KM-1").headers["location"]
        back = browser.get(consent(browser.get(wanted).headers["location"]))
        assert (back.status_code, back.headers["location"]) == (303, "/cases/KM-1")
        assert "KM-1 for Sam Synthetic" in browser.get("/cases/KM-1").text
        assert example.database.audited == [(SAM.sub, "session.signed-in")]

    def test_renames_the_session(self, browser: TestClient) -> None:
        address = consent(browser.get("/sign-in").headers["location"])
        before = browser.cookies["throughline_example"]
        browser.get(address)
        assert browser.cookies["throughline_example"] != before

    def test_that_cannot_be_written_down_lets_nobody_in(
        self, example: Example, browser: TestClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def away(actor: Actor) -> Any:
            raise Unavailable("away")

        address = consent(browser.get("/sign-in").headers["location"])
        monkeypatch.setattr(example.database, "transaction", away)
        assert browser.get(address).status_code == 503
        assert [row.subject for row in example.store.rows.values()] == [""]
        assert browser.get("/cases/KM-1").status_code == 303

    def test_a_code_is_good_once(self, browser: TestClient) -> None:
        address = consent(browser.get("/sign-in").headers["location"])
        assert browser.get(address).status_code == 303
        assert browser.get(address).status_code == 403

    def test_a_code_of_another_browser_is_refused(self, example: Example, browser: TestClient) -> None:
        address = consent(browser.get("/sign-in").headers["location"])
        other = example.client(base_url=HERE, raise_server_exceptions=False)
        assert other.get(address).status_code == 403
        other.get("/sign-in")
        assert other.get(address).status_code == 403
        assert other.get("/cases/KM-1").status_code == 303

    def test_an_id_token_with_another_nonce_is_refused(
        self, browser: TestClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        genuine = StarletteOAuth2App.parse_id_token

        async def other_nonce(client: Any, token: Any, nonce: str, **options: Any) -> Any:
            return await genuine(client, token, f"{nonce}x", **options)

        monkeypatch.setattr(StarletteOAuth2App, "parse_id_token", other_nonce)
        assert browser.get(consent(browser.get("/sign-in").headers["location"])).status_code == 403

    @pytest.mark.parametrize("query", ["", "?error=access_denied", "?code=x&state=y", "?code=%00&state=y"])
    def test_a_made_up_return_is_refused_in_a_sentence(self, browser: TestClient, query: str) -> None:
        browser.get("/sign-in")
        answer = browser.get(f"/auth/callback{query}")
        assert answer.status_code in {400, 403}
        assert "<h1" in answer.text

    def test_starts_at_the_public_address(self, example: Example) -> None:
        elsewhere = example.client(base_url="http://localhost:8999")
        assert elsewhere.get("/sign-in?next=/manage").headers["location"] == f"{HERE}/sign-in?next=%2Fmanage"

    def test_a_silent_provider_is_503_in_one_sentence(self) -> None:
        answer = make(issuer_url="http://127.0.0.1:9").client(raise_server_exceptions=False).get("/sign-in")
        assert answer.status_code == 503
        assert "the identity provider does not answer" in answer.text
        assert answer.headers["retry-after"]


class TestSignOut:
    def test_ends_the_session_and_leaves_no_row(self, example: Example, browser: TestClient) -> None:
        browser.get("/enter")
        token = token_in(browser.get("/").text)
        assert browser.post("/sign-out", data={"csrf_token": token}).headers["location"] == "/signed-out"
        assert example.store.rows == {}
        assert browser.get("/cases/KM-1").status_code == 303
        assert example.database.audited == [("sam", "session.signed-out")]

    def test_of_a_real_system_ends_at_the_provider_too(self, provider: str) -> None:
        browser = make(issuer_url=provider, public_url=HERE, mode="real").client(base_url=HERE)
        browser.get("/enter")
        left = urlsplit(
            browser.post("/sign-out", data={"csrf_token": token_in(browser.get("/").text)}).headers["location"]
        )
        assert f"{left.scheme}://{left.netloc}" == provider
        assert parse_qs(left.query)["post_logout_redirect_uri"] == [f"{HERE}/signed-out"]
        assert browser.get("/cases/KM-1").status_code == 303

    def test_ends_at_a_provider_that_keeps_a_session_in_a_demonstration_too(self, provider: str) -> None:
        browser = make(issuer_url=provider, public_url=HERE, provider_keeps_session=True).client(base_url=HERE)
        browser.get("/enter")
        answer = browser.post("/sign-out", data={"csrf_token": token_in(browser.get("/").text)})
        assert answer.headers["location"].startswith(provider)

    def test_works_when_the_provider_does_not(self) -> None:
        browser = make(issuer_url="http://127.0.0.1:9", public_url=HERE, mode="real").client(base_url=HERE)
        browser.get("/enter")
        answer = browser.post("/sign-out", data={"csrf_token": token_in(browser.get("/").text)})
        assert answer.headers["location"] == "/signed-out"

    def test_needs_our_own_form(self, browser: TestClient) -> None:
        browser.get("/enter")
        assert browser.post("/sign-out").status_code == 403
        assert browser.get("/sign-out").status_code == 405
        assert browser.get("/cases/KM-1").status_code == 200


class TestClaims:
    def test_make_the_actor(self) -> None:
        actor = actor_from({"sub": "s", **SAM.claims})
        assert (actor.id, actor.name, actor.organisation) == ("s", "Sam Synthetic", "Example Police")
        assert (actor.roles, actor.areas) == (frozenset({OFFICER}), frozenset({"kent"}))

    def test_of_another_shape_give_nothing(self) -> None:
        actor = actor_from({"sub": 7, "name": None, "roles": {"a": 1}, "area": 3, "organisation": ["x"]})
        assert (actor.id, actor.name, actor.roles, actor.areas) == ("7", "7", frozenset(), frozenset())
        assert actor_from({"sub": "s", "roles": ["Bad Role", None, "x,y", OFFICER]}).roles == {OFFICER}

    def test_everywhere_must_be_said_as_an_area(self) -> None:
        assert actor_from({"sub": "s", "area": ["*", "kent"]}).areas == {"*"}
        assert actor_from({"sub": "s", "area": "kent,*"}).areas == frozenset()

    def test_that_name_nobody_are_refused(self) -> None:
        with pytest.raises(SignInFailed):
            actor_from({"roles": [OFFICER]})


class TestWayBack:
    @pytest.mark.parametrize("wanted", ["/", "/cases/KM-1?tab=notes", "/a//b"])
    def test_is_a_path_of_ours(self, wanted: str) -> None:
        assert local_path(wanted) == wanted

    @pytest.mark.parametrize(
        "wanted",
        [
            "",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "javascript:x",
            "/a\nb",
            "/a\\b",
            "/sign-out",
        ],
    )
    def test_is_home_for_anything_else(self, wanted: str) -> None:
        assert local_path(wanted) == "/"
