"""The containers of docker-compose.yml, run as plain processes from the settings that the file gives them."""

import asyncio
import contextlib
import http.server
import json
import signal
import smtplib
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import httpx2
import pytest
import yaml
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import Envelope

from cli import vault
from cli.postgres import binaries, user_prefix
from contracts.catalogue import SERVICES
from deploy.kafka.brokers import KafkaNotHere
from deploy.kafka.jars import jars, java
from samples.send import Doors, send
from tests.deploy.composed import ROOT, Here

SAMPLES = ROOT / "samples"
# Half a minute on a quiet machine; the limit is for one that does much else.
pytestmark = pytest.mark.timeout(400)


@dataclass
class Mailbox:
    """Stands where the file has Mailpit: takes every mail."""

    mails: list[bytes] = field(default_factory=list)

    async def handle_DATA(self, _server: object, _session: object, envelope: Envelope) -> str:  # noqa: N802
        assert isinstance(envelope.content, bytes)
        self.mails.append(envelope.content)
        return "250 Taken"


@contextlib.contextmanager
def collector(here: Here) -> Iterator[None]:
    """Stand where the file has the collector: hand on what comes in, with the header that its settings name."""
    settings = yaml.safe_load((ROOT / "deploy" / "telemetry" / "collector.yaml").read_text())
    carried = [header["from_context"] for header in settings["extensions"]["headers_setter"]["headers"]]
    port = settings["receivers"]["otlp"]["protocols"]["http"]["endpoint"].rpartition(":")[2]
    to = here.told("collector", settings["exporters"]["otlphttp/monitor"]["traces_endpoint"])

    class Handing(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name: self.headers[name] for name in (*carried, "Content-Type", "Content-Encoding")}
            with httpx2.Client(trust_env=False) as client:
                answer = client.post(to, content=body, headers=headers)
            self.send_response(answer.status_code)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", here.port("collector", int(port))), Handing)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextlib.contextmanager
def postgres(here: Here) -> Iterator[None]:
    """Run PostgreSQL 18 as its image does: made with the file's words, reached by TCP, with the file's settings."""
    container = here.file["services"]["postgres"]
    given = here.environment("postgres")
    data, prefix, port = here.folder / "postgres", user_prefix(), here.port("postgres", 5432)
    made = ["initdb", f"--pgdata={data}", "--username=postgres", f"--pwfile={given['POSTGRES_PASSWORD_FILE']}"]
    _finished([*prefix, str(binaries() / made[0]), *made[1:], *given["POSTGRES_INITDB_ARGS"].split()])
    with (data / "pg_hba.conf").open("a") as access:
        access.write("\nhost all all all scram-sha-256\n")  # the image's own line
    program, *words = [here.told("postgres", word) for word in container["command"]]
    ours = ["-D", str(data), "-c", f"port={port}", "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"]
    ours += ["-c", f"unix_socket_directories={data}"]
    with (here.folder / "postgres.log").open("wb") as log:
        process = subprocess.Popen([*prefix, str(binaries() / program), *words, *ours], stdout=log, stderr=log)
    try:
        yield
    finally:
        process.send_signal(signal.SIGINT)  # as its image is stopped: nobody is waited for
        process.wait(30)


@contextlib.contextmanager
def kafka(here: Here) -> Iterator[None]:
    """Run the broker by the file's own script from Apache's jars; its `bin` holds what the image's does."""
    home, (own,) = here.folder / "kafka-home", here.file["services"]["kafka"]["entrypoint"][1:2]
    (home / "bin").mkdir(parents=True)
    classes = {"kafka-storage.sh": "kafka.tools.StorageTool", "kafka-server-start.sh": "kafka.Kafka"}
    for name, program in classes.items():
        line = f'exec {java()} -Xmx320m -XX:+UseSerialGC $KAFKA_LOG4J_OPTS -cp "{jars()}/*" {program} "$@"'
        (home / "bin" / name).write_text(f"#!/bin/sh\n{line}\n")
        (home / "bin" / name).chmod(0o755)
    settings = here.volume("for-kafka") / "server.properties"
    local = settings.read_text().replace("/var/lib/kafka/data", str(here.volume("kafka")))
    settings.chmod(0o644)
    settings.write_text(local.replace("0.0.0.0", "127.0.0.1"))  # noqa: S104  the container's network is our loopback
    environment = here.environment("kafka") | {"KAFKA_HOME": str(home)}
    with (here.folder / "kafka.log").open("wb") as log:
        process = subprocess.Popen(
            ["/bin/sh", here.told("kafka", own), str(here.volume("for-kafka"))], env=environment, stdout=log, stderr=log
        )
    try:
        yield
    finally:
        process.terminate()
        process.wait(30)


def _finished(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


def _succeeded(done: "subprocess.CompletedProcess[str]") -> str:
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _listens(port: int) -> bool:
    """Ask as the health checks of the file's database and broker do."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _until(condition: Any, seconds: float, what: str) -> Any:
    end = time.monotonic() + seconds
    while not (answer := condition()):
        assert time.monotonic() < end, f"{what} within {seconds:.0f} seconds."
        time.sleep(0.2)
    return answer


@dataclass
class System:
    """Every container of the file that is ours, running, and what stands for the others."""

    here: Here
    mailbox: Mailbox

    def get(self, container: str, path: str) -> httpx2.Response:
        port = int(self.here.environment(container)["THROUGHLINE_PORT"])
        with httpx2.Client(timeout=10, trust_env=False) as client:
            return client.get(f"http://127.0.0.1:{port}{path}")

    @property
    def doors(self) -> Doors:
        settings = self.here.environment("intake")
        return Doors(
            f"http://127.0.0.1:{settings['THROUGHLINE_PORT']}",
            "127.0.0.1",
            int(settings["THROUGHLINE_SMTP_PORT"]),
            tuple(json.loads((self.here.volume("for-operator") / "secrets" / vault.OPERATOR).read_text())["partner"]),
        )

    def ready(self, service: str) -> bool:
        try:
            return self.get(service, "/health/ready").status_code == 200
        except httpx2.HTTPError:
            return False


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """The file's containers in the file's order."""
    try:
        jars()
    except KafkaNotHere as lacking:
        pytest.skip(str(lacking))
    here, mailbox = Here(tmp_path_factory.mktemp("compose")), Mailbox()
    with contextlib.ExitStack() as stack:
        _succeeded(here.run("secrets"))
        stack.enter_context(kafka(here))
        stack.enter_context(postgres(here))
        _until(lambda: _listens(here.port("postgres", 5432)) and _listens(here.port("kafka", 9092)), 120, "No database")
        _succeeded(here.run("provision"))
        sink = Controller(mailbox, hostname="127.0.0.1", port=here.port("mailpit", 1025))
        sink.start()
        stack.callback(sink.stop)
        stack.enter_context(collector(here))
        for service in SERVICES:
            stack.enter_context(here.running(service))
        found = System(here, mailbox)
        for service in SERVICES:
            _until(lambda name=service: found.ready(name), 120, f"{service} was not ready")
        yield found


class TestTheFilesContainers:
    def test_are_healthy_by_their_own_checks(self, system: System) -> None:
        assert [service for service in SERVICES if not system.here.healthy(service)] == []

    def test_a_referral_goes_through_all_of_them(self, system: System) -> None:
        sent = send(SAMPLES / "man-of-twenty-two-dartford.json", system.doors)
        told = _succeeded(system.here.run("operator", "ledger", sent.reference, "--wait", "60", "--json"))
        lines = {line["team"]: line["state"] for line in json.loads(told)["lines"]}
        assert len(lines) >= 4
        assert set(lines.values()) <= {"stored", "delivered", "seen", "acknowledged"}
        _until(lambda: system.mailbox.mails, 15, "No notice went out")

    def test_a_mail_is_taken_at_the_mailbox(self, system: System) -> None:
        sent = send(SAMPLES / "boy-of-nine-thanet.docx", system.doors)
        _succeeded(system.here.run("operator", "ledger", sent.reference, "--wait", "60"))

    def test_its_spans_reach_monitor_through_the_collector(self, system: System) -> None:
        sent = send(SAMPLES / "boy-of-sixteen-folkestone.json", system.doors)
        _succeeded(system.here.run("operator", "ledger", sent.reference, "--wait", "60"))

        def traced() -> bool:
            shown = system.here.run("operator", "trace", sent.reference)
            return shown.returncode == 0 and "triage" in shown.stdout

        _until(traced, 15, "The way of the referral was not seen at monitor")

    def test_every_target_of_prometheus_offers_figures(self, system: System) -> None:
        # A service that has handled nothing yet has nothing to count.
        sent = send(SAMPLES / "mother-of-forty-five-tunbridge-wells.json", system.doors)
        _succeeded(system.here.run("operator", "ledger", sent.reference, "--wait", "60"))
        settings = yaml.safe_load((ROOT / "deploy" / "telemetry" / "prometheus.yml").read_text())
        for job in settings["scrape_configs"]:
            (target,) = job["static_configs"][0]["targets"]
            names = tuple(f"# TYPE {ours}_" for ours in ("throughline", job["job_name"]))
            url = f"http://{system.here.told('prometheus', target)}/metrics"

            def offers(url: str = url, names: tuple[str, ...] = names) -> bool:
                with httpx2.Client(trust_env=False) as client:
                    text = client.get(url).text
                return any(name in text for name in names)

            _until(offers, 15, f"{job['job_name']} offers no figures")

    def test_a_service_reads_its_own_secrets_only(self, system: System) -> None:
        seen = {service: system.here.environment(service)["THROUGHLINE_SECRETS_FILE"] for service in SERVICES}
        assert len(set(seen.values())) == len(SERVICES)
        for service, path in seen.items():
            assert Path(path).stat().st_mode & 0o777 == 0o600
            assert f"//{service}:" in json.loads(Path(path).read_text())["bus_url"]

    def test_no_service_is_the_databases_superuser(self, system: System) -> None:
        secrets = json.loads(Path(system.here.environment("triage")["THROUGHLINE_SECRETS_FILE"]).read_text())

        async def asked() -> Any:
            connection = await asyncpg.connect(secrets["database_url"].replace("+asyncpg", ""))
            try:
                return await connection.fetchval("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
            finally:
                await connection.close()

        assert asyncio.run(asked()) is False

    def test_the_steps_are_safe_to_repeat(self, system: System) -> None:
        before = (system.here.volume("for-triage") / "secrets.json").read_bytes()
        _succeeded(system.here.run("secrets"))
        _succeeded(system.here.run("provision"))
        assert (system.here.volume("for-triage") / "secrets.json").read_bytes() == before

    def test_the_mailbox_answers_as_a_mail_server(self, system: System) -> None:
        with smtplib.SMTP(system.doors.smtp_host, system.doors.smtp_port, timeout=10) as mailbox:
            assert mailbox.noop()[0] == 250
