"""The step that makes the secrets: made once, dealt apart, and never for the wrong purpose."""

import json
import stat
from pathlib import Path

import pytest

from chassis.internal import SCRAPER, digest_of
from chassis.settings import load_secrets
from cli.errors import StatePurposeDiffers
from cli.state import StateFolder
from contracts.catalogue import SERVICES
from deploy import provision
from deploy.kafka.layout import settings_of
from deploy.provision import installation_of, make_secrets
from deploy.shares import (
    BROKER_DATA,
    INFRASTRUCTURE,
    LISTENING,
    RECEIVERS,
    Installation,
    broker_layout,
    broker_settings,
)
from tests.deploy.composed import Here, free_port

AN_INSTALLATION = Installation(
    purpose="demo",
    postgres="postgres:5432",
    kafka="kafka:9092",
    services={service: f"http://{service}:80" for service in SERVICES},
    public={service: f"http://{service}.example" for service in SERVICES},
    mail_in="intake:2525",
    sign_in="http://sign-in.example",
)


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """Return a folder with the state and the shares of a demonstration."""
    for receiver in RECEIVERS:
        (tmp_path / "shares" / receiver).mkdir(parents=True)
    make_secrets(tmp_path / "state", tmp_path / "shares", AN_INSTALLATION)
    return tmp_path


class TestMakeSecrets:
    def test_a_service_can_read_its_own(self, made: Path) -> None:
        for service in SERVICES:
            path = made / "shares" / service / "secrets.json"
            secrets = load_secrets(path)
            assert secrets.database_url.endswith(f"@postgres:5432/throughline_{service}")
            assert secrets.bus_url.startswith(f"kafka://{service}:")
            assert stat.S_IMODE(path.stat().st_mode) == 0o600

    def test_nobody_is_given_what_is_another_s(self, made: Path) -> None:
        admin = broker_layout(StateFolder(made / "state"), "kafka:9092").admin_password
        superuser = (made / "shares" / "postgres" / "password").read_text()
        owners = json.loads((made / "state" / "secrets" / "owners.json").read_text())
        for service in (*SERVICES, "operator"):
            texts = [path.read_text() for path in (made / "shares" / service).rglob("*") if path.is_file()]
            assert texts
            secret = (admin, superuser, *owners.values())
            assert [one for one in secret for text in texts if one in text] == []
        passwords = {json.loads((made / "shares" / one / "secrets.json").read_text())["bus_url"] for one in SERVICES}
        assert len(passwords) == len(SERVICES)

    def test_programs_of_others_can_read_theirs(self, made: Path) -> None:
        for receiver in INFRASTRUCTURE:
            files = list((made / "shares" / receiver).iterdir())
            assert files
            assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o444}

    def test_the_scraper_s_credential_is_known_to_every_service(self, made: Path) -> None:
        credential = (made / "shares" / "prometheus" / "credential").read_text()
        for service in SERVICES:
            known = load_secrets(made / "shares" / service / "secrets.json").machine_digests
            assert known[SCRAPER] == digest_of(credential)

    def test_a_second_time_changes_nothing(self, made: Path) -> None:
        before = {path: path.read_bytes() for path in made.rglob("*") if path.is_file() and path.suffix != ".lock"}
        make_secrets(made / "state", made / "shares", AN_INSTALLATION)
        assert {path: path.read_bytes() for path in before} == before

    def test_a_demonstration_never_becomes_real(self, made: Path) -> None:
        real = Installation(**{**vars(AN_INSTALLATION), "purpose": "real"})
        with pytest.raises(StatePurposeDiffers, match="can never become real"):
            make_secrets(made / "state", made / "shares", real)

    def test_only_a_demonstration_has_made_up_staff(self, made: Path, tmp_path: Path) -> None:
        demo = json.loads((made / "shares" / "keycloak" / "realm.json").read_text())
        assert {len(person["credentials"][0]["value"]) for person in demo["users"]} == {12}
        real = Installation(**{**vars(AN_INSTALLATION), "purpose": "real"})
        make_secrets(tmp_path / "other", made / "shares", real)
        assert json.loads((made / "shares" / "keycloak" / "realm.json").read_text())["users"] == []

    def test_remembers_what_it_was_made_for(self, made: Path) -> None:
        assert installation_of(StateFolder(made / "state")) == AN_INSTALLATION


class TestTheBroker:
    def test_differs_from_the_one_of_the_tests_in_its_address_only(self, made: Path) -> None:
        layout = broker_layout(StateFolder(made / "state"), "kafka:9092")
        there, here = broker_settings(layout, "kafka:9092"), settings_of(BROKER_DATA, layout, 0)
        assert {name for name in there if there[name] != here[name]} == {"listeners", "advertised.listeners"}
        assert str(there["advertised.listeners"]).startswith("CLIENT://kafka:9092,BROKER://127.0.0.1:")
        assert str(there["listeners"]).count(LISTENING) == 1


class TestRefusals:
    def test_real_use_needs_a_mail_server(self, tmp_path: Path) -> None:
        refused = Here(tmp_path, {"THROUGHLINE_MODE": "real"}).run("secrets")
        assert refused.returncode == 2
        assert refused.stderr.strip() == (
            "Real use needs a mail server: mailpit only catches mail; set THROUGHLINE_NOTIFY_SMTP_HOST."
        )

    def test_databases_need_secrets_first(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr("sys.argv", ["provision", "databases", "--state", str(tmp_path)])
        assert provision.main() == 2
        assert "run `python -m deploy.provision secrets` first" in capsys.readouterr().err

    def test_a_silent_database_is_said_in_a_sentence(
        self, made: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr(provision, "PATIENCE", 0.0)
        away = Installation(**{**vars(AN_INSTALLATION), "postgres": f"127.0.0.1:{free_port()}"})
        make_secrets(made / "state", made / "shares", away)
        monkeypatch.setattr("sys.argv", ["provision", "databases", "--state", str(made / "state")])
        assert provision.main() == 2
        assert "PostgreSQL does not answer at 127.0.0.1:" in capsys.readouterr().err
