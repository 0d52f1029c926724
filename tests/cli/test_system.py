"""The environment of a service: its own settings and everybody's, and nothing that is meant for another."""

from pathlib import Path

import pytest

from cli.ports import HOST, free
from cli.state import StateFolder
from cli.system import Plan, environment_of, lacking


@pytest.fixture
def plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Plan:
    monkeypatch.setenv("THROUGHLINE_LOG_LEVEL", "DEBUG")
    monkeypatch.setenv("THROUGHLINE_NOTIFY_SMTP_PASSWORD", "synthetic-password")
    monkeypatch.setenv("THROUGHLINE_OIDC_CLIENT_SECRET", "synthetic-secret")
    monkeypatch.setenv("PGHOST", "elsewhere.test")
    return Plan(StateFolder(tmp_path), "real", free(demo=False))


class TestEnvironmentOf:
    def test_has_what_is_set_for_all_and_for_it_alone(self, plan: Plan) -> None:
        given = environment_of(plan, "notify")
        assert given["THROUGHLINE_LOG_LEVEL"] == "DEBUG"
        assert given["THROUGHLINE_SMTP_PASSWORD"] == "synthetic-password"
        assert given["THROUGHLINE_SERVICE"] == "notify"

    def test_holds_no_secret_of_another(self, plan: Plan) -> None:
        given = environment_of(plan, "triage")
        assert "PGHOST" not in given
        assert {"synthetic-password", "synthetic-secret"} & set(given.values()) == set()

    def test_sends_all_mail_of_a_demonstration_to_its_own_folder(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("THROUGHLINE_SMTP_HOST", "mail.council.test")
        demonstration = Plan(StateFolder(tmp_path), "demo", free(demo=True))
        assert environment_of(demonstration, "notify")["THROUGHLINE_SMTP_HOST"] == HOST

    def test_tells_the_mail_server_to_notify_and_leaves_intake_its_own_door(
        self, plan: Plan, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("THROUGHLINE_SMTP_HOST", "mail.council.test")
        assert environment_of(plan, "notify")["THROUGHLINE_SMTP_HOST"] == "mail.council.test"
        assert environment_of(plan, "intake")["THROUGHLINE_SMTP_HOST"] == HOST


class TestLacking:
    def test_names_what_real_use_needs_until_all_who_need_it_are_given_it(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        mail, sign_in = lacking()
        assert mail.startswith("THROUGHLINE_SMTP_HOST (")
        assert sign_in.startswith("THROUGHLINE_ISSUER_URL (")
        monkeypatch.setenv("THROUGHLINE_NOTIFY_SMTP_HOST", "mail.council.test")
        monkeypatch.setenv("THROUGHLINE_TRIAGE_ISSUER_URL", "https://login.council.test")
        assert lacking() == (sign_in,)
        monkeypatch.setenv("THROUGHLINE_ISSUER_URL", "https://login.council.test")
        assert lacking() == ()
