"""The environment of a service: its own settings and everybody's, and nothing that is meant for another."""

from pathlib import Path

import pytest

from cli.ports import free
from cli.state import StateFolder
from cli.system import Plan, environment_of


@pytest.fixture
def plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Plan:
    monkeypatch.setenv("THROUGHLINE_LOG_LEVEL", "DEBUG")
    monkeypatch.setenv("THROUGHLINE_NOTIFY_SMTP_PASSWORD", "synthetic-password")
    monkeypatch.setenv("THROUGHLINE_OIDC_CLIENT_SECRET", "synthetic-secret")
    monkeypatch.setenv("PGHOST", "elsewhere.test")
    return Plan(StateFolder(tmp_path), "real", free())


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
