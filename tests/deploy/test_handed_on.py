"""What an installation sets arrives in the services through docker-compose.yml; what it does not set stays as it is."""

import shutil
from ipaddress import ip_network
from pathlib import Path

import pytest

from areas import load
from chassis.settings import ServiceSettings
from contracts.catalogue import SERVICES
from services.intake.settings import IntakeSettings
from services.notify.settings import NotifySettings
from tests.deploy.composed import ROOT, compose
from tests.rules.deployed import settings_of

GIVEN = {
    "THROUGHLINE_NOTIFY_BOUNCE_ADDRESS": "bounces@mail.example",
    "THROUGHLINE_NOTIFY_WEBHOOK_SECRETS_FILE": "/etc/throughline/own/webhooks.json",
    "THROUGHLINE_NOTIFY_WEBHOOK_NETWORKS": '["10.1.0.0/16"]',
    "THROUGHLINE_NOTIFY_GOVUK_NOTIFY_KEY": "key-of-a-test",
    "THROUGHLINE_NOTIFY_GOVUK_NOTIFY_TEMPLATES": '{"any": "id-of-the-template"}',
    "THROUGHLINE_MAIL_DOMAIN": "mail.example",
    "THROUGHLINE_INTAKE_MAIL_RELAYS": '["mx.mail.example"]',
    "THROUGHLINE_AREAS_DIRECTORY": "/etc/throughline/areas",
}


def given_to(service: str, monkeypatch: pytest.MonkeyPatch, given: dict[str, str]) -> None:
    """Let this process have the environment of a service's container."""
    for name in settings_of(service):
        monkeypatch.delenv(name, raising=False)
    for name, value in compose(given)["services"][service]["environment"].items():
        monkeypatch.setenv(name, str(value))


@pytest.mark.parametrize("service", SERVICES)
def test_what_nobody_set_stays_as_the_code_has_it(service: str, monkeypatch: pytest.MonkeyPatch) -> None:
    given_to(service, monkeypatch, {})
    own_kinds: dict[str, type[ServiceSettings]] = {"intake": IntakeSettings, "notify": NotifySettings}
    kind = own_kinds.get(service, ServiceSettings)
    said, own = kind(), kind.model_construct()
    handed_on = {
        name
        for name in kind.model_fields
        if compose()["services"][service]["environment"].get(f"THROUGHLINE_{name.upper()}") == ""
    }
    assert "areas_directory" in handed_on
    assert {name: getattr(said, name) for name in handed_on} == {name: getattr(own, name) for name in handed_on}


def test_notify_is_given_what_an_installation_set(monkeypatch: pytest.MonkeyPatch) -> None:
    given_to("notify", monkeypatch, GIVEN)
    said = NotifySettings()
    assert said.bounces_to == "bounces@mail.example"
    assert (said.bounce_host, said.bounce_port) == ("0.0.0.0", 2527)  # noqa: S104  the container's own
    assert said.webhook_secrets_file == Path("/etc/throughline/own/webhooks.json")
    assert said.webhook_networks == (ip_network("10.1.0.0/16"),)
    assert (said.govuk_notify_key, said.govuk_notify_templates) == ("key-of-a-test", {"any": "id-of-the-template"})
    assert said.mail_domain == "mail.example"


def test_intake_is_given_what_an_installation_set(monkeypatch: pytest.MonkeyPatch) -> None:
    given_to("intake", monkeypatch, GIVEN)
    said = IntakeSettings()
    assert (said.mail_relays, said.mail_domain) == (frozenset({"mx.mail.example"}), "mail.example")
    assert said.areas_directory == Path("/etc/throughline/areas")


def test_a_folder_for_areas_may_hold_what_keeps_it_in_the_repository(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("*\n")
    for area in load().names():
        shutil.copytree(ROOT / "areas" / area, tmp_path / area)
    assert load(tmp_path).names() == load().names()
