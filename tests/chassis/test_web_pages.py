"""Every page is wrapped alike, guarded by a permission, and fails without showing the inside."""

import asyncio
import logging
from types import SimpleNamespace
from typing import Any

import pytest
from fastapi import FastAPI
from lxml import html
from starlette.testclient import TestClient

from chassis import sessions
from chassis.database import DatabaseUnavailable
from chassis.web import PUBLIC, Page, install
from chassis.web.pages import Site
from chassis.web.templating import paragraphs, unbroken
from tests.chassis.web_example import PAGES, TEMPLATES, Example, ExampleService, found, home, make


@pytest.fixture
def example() -> Example:
    return make()


@pytest.fixture
def visitor(example: Example) -> TestClient:
    return example.client(raise_server_exceptions=False)


@pytest.fixture
def officer(example: Example) -> TestClient:
    client = example.client(raise_server_exceptions=False)
    client.get("/enter")
    return client


class TestShell:
    @pytest.mark.parametrize("path", ["/", "/example", "/fail/bug", "/nowhere", "/manage", "/signed-out"])
    def test_every_page_has_one_heading_a_title_and_a_skip_link(self, officer: TestClient, path: str) -> None:
        page = html.fromstring(officer.get(path).text)
        assert len(found(page, "//h1")) == 1
        assert page.findtext(".//title") == f"{found(page, 'string(//h1)')} - Example console - Throughline"
        assert found(page, "//a[@href='#main-content']")
        assert page.get("lang") == "en"

    @pytest.mark.parametrize("path", ["/", "/nowhere", "/fail/bug", "/api/v1/fail", "/assets/throughline.css"])
    def test_every_answer_has_the_security_headers(self, visitor: TestClient, path: str) -> None:
        headers = visitor.get(path).headers
        policy = headers["content-security-policy"]
        assert policy.startswith("default-src 'none';")
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'; base-uri 'none'" in policy
        assert headers["x-content-type-options"] == "nosniff"

    @pytest.mark.parametrize("path", ["/", "/example", "/nowhere"])
    def test_no_page_has_anything_that_the_policy_forbids(self, visitor: TestClient, path: str) -> None:
        page = html.fromstring(visitor.get(path).text)
        assert not found(page, "//script[not(@src)] | //style | //*[@style] | //@*[starts-with(name(), 'on')]")
        assert all(address.startswith("/") for address in found(page, "//script/@src | //link/@href | //img/@src"))

    def test_forms_may_lead_to_the_identity_provider(self) -> None:
        policy = (
            make(issuer_url="https://login.example:8443/realm").client().get("/").headers["content-security-policy"]
        )
        assert "form-action 'self' https://login.example:8443;" in policy

    def test_a_demonstration_says_so_and_a_real_system_does_not(self, visitor: TestClient) -> None:
        banner = "Demonstration: synthetic data"
        assert banner in visitor.get("/").text
        assert banner in visitor.get("/nowhere").text
        assert banner not in make(mode="real").client().get("/").text

    def test_shows_who_is_signed_in_and_only_what_they_may_open(self, visitor: TestClient, officer: TestClient) -> None:
        assert "Sam Synthetic, Example Police" in officer.get("/").text
        assert "Sign out" not in visitor.get("/").text
        assert 'href="/manage"' not in officer.get("/").text

    def test_pages_are_never_kept_and_static_files_are(self, visitor: TestClient) -> None:
        page = visitor.get("/")
        assert page.headers["cache-control"] == "no-store"
        for address in found(html.fromstring(page.text), "//script/@src | //link/@href"):
            answer = visitor.get(address)
            assert answer.status_code == 200
            assert "immutable" in answer.headers["cache-control"]

    def test_a_flash_is_shown_once(self, visitor: TestClient) -> None:
        token = found(html.fromstring(visitor.get("/example").text), "string(//input[@name='csrf_token']/@value)")
        visitor.post("/example", data={"csrf_token": token, "surname": "Test", "consent": "yes"})
        assert "Saved." in visitor.get("/").text
        assert "Saved." not in visitor.get("/").text

    def test_keeps_apart_the_paragraphs_of_whatever_ends_its_lines(self) -> None:
        for end in ("\n", "\r\n", "\r"):
            assert paragraphs(f"One.{end}Still one.{end}{end}Two.{end}") == ["One.\nStill one.", "Two."]

    def test_a_reference_in_the_heading_never_breaks_over_lines(self) -> None:
        held = '<span class="throughline-unbroken">KM-7F3K-92QM</span>'
        assert unbroken("Ledger of KM-7F3K-92QM <b>") == f"Ledger of {held} &lt;b&gt;"
        assert unbroken("Police-led partnership") == "Police-led partnership"

    def test_what_people_typed_is_escaped(self, officer: TestClient) -> None:
        assert "<b>bold" not in officer.get("/cases/%3Cb%3Ebold").text


class TestPermission:
    def test_a_visitor_is_asked_to_sign_in_and_brought_back(self, visitor: TestClient) -> None:
        answer = visitor.get("/cases/KM-1?tab=notes")
        assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=%2Fcases%2FKM-1%3Ftab%3Dnotes")

    def test_a_form_sent_after_the_session_ended_leads_back_to_its_page(self, visitor: TestClient) -> None:
        assert visitor.post("/manage").headers["location"] == "/sign-in?next=%2Fmanage"

    def test_what_was_written_before_the_session_ended_is_given_back(self, visitor: TestClient) -> None:
        words = "The teacher <b>telephoned</b> on Monday and said that it was a project."
        ours = {"sec-fetch-site": "same-origin"}
        answer = visitor.post("/manage", data={"words": words}, headers=ours)
        assert answer.status_code == 403
        assert "You have been signed out meanwhile, so nothing was saved" in answer.text
        assert "The teacher &lt;b&gt;telephoned&lt;/b&gt; on Monday" in answer.text
        assert "<b>telephoned" not in answer.text
        assert visitor.post("/manage", data={"words": words}, headers={"sec-fetch-site": "cross-site"}).is_redirect
        assert visitor.post("/manage", data={"step": "commit"}, headers=ours).is_redirect

    def test_a_signed_in_person_opens_what_their_role_carries(self, officer: TestClient) -> None:
        assert "KM-1 for Sam Synthetic" in officer.get("/cases/KM-1").text

    def test_a_refusal_says_whom_the_page_is_for(self, officer: TestClient) -> None:
        answer = officer.get("/manage")
        assert answer.status_code == 403
        assert "This is only for people with the role “Gateway supervisor”: ask the person who" in answer.text

    def test_a_page_with_an_unknown_permission_stops_the_start(self) -> None:
        with pytest.raises(ValueError, match="add it to the permission table"):
            make(ExampleService(pages=(Page("GET", "/", home, "no-such-permission"),), navigation=()))

    def test_navigation_that_leads_nowhere_stops_the_start(self) -> None:
        with pytest.raises(ValueError, match="which is no page"):
            make(ExampleService(navigation=(("Cases", "cases"),)))


class TestRefusal:
    @pytest.mark.parametrize(
        ("path", "status", "words"),
        [
            ("/fail/conflict", 409, "Somebody else has taken this case: reload the page."),
            ("/fail/missing", 404, "There is no such case: check the reference."),
            ("/fail/unavailable", 503, "The database does not answer: try again."),
            ("/nowhere", 404, "There is nothing at this address"),
            ("/cases/KM%00", 400, "The text holds a character that cannot be stored"),
            ("/?tab=%00", 400, "The text holds a character that cannot be stored"),
        ],
    )
    def test_a_person_reads_one_sentence(self, visitor: TestClient, path: str, status: int, words: str) -> None:
        answer = visitor.get(path)
        assert (answer.status_code, words in answer.text) == (status, True)

    def test_the_unexpected_shows_a_code_and_nothing_of_the_inside(
        self, visitor: TestClient, caplog: pytest.LogCaptureFixture
    ) -> None:
        with caplog.at_level(logging.ERROR):
            answer = visitor.get("/fail/bug")
        assert answer.status_code == 500
        assert "Zebulon" not in answer.text + caplog.text
        assert "RuntimeError" not in answer.text
        assert "quote the code" in answer.text

    def test_a_machine_reads_problem_json(self, visitor: TestClient) -> None:
        for path, status in (("/api/v1/fail", 404), ("/api/v1/nowhere", 404), ("/internal/nowhere", 404)):
            answer = visitor.get(path)
            assert answer.status_code == status
            assert answer.headers["content-type"] == "application/problem+json"
        assert visitor.get("/api/v1/fail").json()["detail"] == "There is no such referral: check the reference."

    def test_the_wrong_method_is_refused(self, visitor: TestClient) -> None:
        assert visitor.post("/fail/bug").status_code == 405

    def test_a_misspelt_name_in_a_template_is_not_silence(self, visitor: TestClient) -> None:
        assert visitor.get("/misspelt").status_code == 500

    def test_a_session_that_cannot_be_written_is_503_too(
        self, example: Example, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def dead(*_: object) -> None:
            raise DatabaseUnavailable("The database did not answer; try again in a moment.")

        monkeypatch.setattr(example.store, "write", dead)
        answer = example.client().get("/enter")
        assert answer.status_code == 503
        assert "set-cookie" not in answer.headers

    def test_a_dead_session_store_is_503_not_500(self, example: Example, monkeypatch: pytest.MonkeyPatch) -> None:
        async def dead(*_: object) -> None:
            raise DatabaseUnavailable("The database did not answer; try again in a moment.")

        monkeypatch.setattr(example.store, "read", dead)
        client = example.client(cookies={"throughline_example": "x" * 43})
        assert client.get("/").status_code == 503


class TestLate:
    """Who only reads is not left waiting for a database that says nothing."""

    def test_a_person_is_told_what_to_do_and_when_to_come_back(self) -> None:
        answer = make(answer_seconds=0.2).client().get("/stuck")
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "10")
        assert "answer-late" in answer.text
        assert "call 999" in answer.text
        assert answer.headers["x-frame-options"] == "DENY"

    def test_a_machine_reads_problem_json(self) -> None:
        answer = make(answer_seconds=0.2).client().get("/ops/stuck")
        assert (answer.status_code, answer.json()["title"]) == (503, "answer-late")
        assert answer.headers["retry-after"] == "10"

    def test_an_answer_that_has_begun_may_be_long(self) -> None:
        answer = make(answer_seconds=1.0).client().get("/long")
        assert (answer.status_code, answer.text) == (200, "part " * 5)

    def test_who_sends_something_waits_for_what_became_of_it(self) -> None:
        assert make(answer_seconds=0.2).client().post("/api/v1/slow").json() == "kept"

    def test_a_session_that_nobody_looks_up_in_time_is_503(self, monkeypatch: pytest.MonkeyPatch) -> None:
        async def frozen(*_: object) -> None:
            await asyncio.Event().wait()

        example = make()
        monkeypatch.setattr(example.store, "read", frozen)
        monkeypatch.setattr(sessions, "PATIENCE_SECONDS", 0.2)
        client = example.client(cookies={"throughline_example": "x" * 43})
        assert [client.get("/manage").status_code, client.post("/manage").status_code] == [503, 503]


class TestSlash:
    def test_an_address_with_a_slash_behind_leads_to_its_page_on_the_same_host(self, visitor: TestClient) -> None:
        answer = visitor.get("/cases/KM-1/?tab=notes", headers={"host": "evil.example"})
        assert (answer.status_code, answer.headers["location"]) == (307, "/cases/KM-1?tab=notes")

    @pytest.mark.parametrize(
        "path", ["http://testserver//evil.example/", "/nowhere/", "/cases/KM-1/notes/", "/api/v1/take/"]
    )
    def test_what_is_no_page_leads_nowhere(self, visitor: TestClient, path: str) -> None:
        assert visitor.get(path).status_code == 404


class TestSite:
    def site(self) -> Site:
        runtime: Any = SimpleNamespace()
        made = Site(ExampleService(), lambda: runtime, TEMPLATES)
        made.add(PAGES)
        return made

    def test_addresses_are_quoted_and_what_the_path_lacks_becomes_the_query(self) -> None:
        assert self.site().url("case", reference="a/b c", tab="notes & more") == "/cases/a%2Fb%20c?tab=notes+%26+more"

    def test_two_pages_of_one_name_are_refused(self) -> None:
        with pytest.raises(ValueError, match="Two pages are called home"):
            self.site().add((Page("GET", "/other", home, PUBLIC),))

    def test_install_needs_no_running_service(self) -> None:
        def not_yet() -> Any:
            raise AssertionError("asked too early")

        assert install(FastAPI(), ExampleService(), not_yet, templates=TEMPLATES)
