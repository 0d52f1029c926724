"""The real Kafka of a run: one that is given, one started here, one in Docker, or a sentence that says why none."""

import asyncio
import os
import secrets
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete
from aiokafka.errors import GroupCoordinatorNotAvailableError
from aiokafka.protocol.admin import DeleteGroupsRequest
from testcontainers.core.container import DockerContainer

from chassis.transports.access import access_of_contracts
from chassis.transports.kafka_links import address_of, client_settings
from chassis.transports.kafka_topics import prepare, service_url
from cli.bus import chosen
from contracts.catalogue import SERVICES
from deploy.kafka.brokers import Brokers, KafkaNotHere, jars
from deploy.kafka.jars import java
from deploy.kafka.layout import laid_out, write_settings
from tests.quick_java import quicken

GIVEN = "KAFKA_BOOTSTRAP"
IMAGE = "apache/kafka:4.1.1"
NON_EMPTY_GROUP = 68
EMPTY_SECONDS = 15.0
TO_THE_END = -1


@dataclass(frozen=True)
class Kafka:
    """A cluster that is prepared for the contracts; `brokers` is there when this run started it and may kill it."""

    admin_url: str
    passwords: Mapping[str, str]
    brokers: Brokers | None

    @property
    def bootstrap(self) -> str:
        return ",".join(address_of(self.admin_url).servers)

    def url(self, service: str) -> str:
        return service_url(self.admin_url, service, self.passwords[service])

    async def empty(self) -> None:
        """Remove every message and every group's place; topics, users and the marker stay."""
        async with administrator(self.admin_url) as client:
            ours = [topic.topic for topic in access_of_contracts()]
            topics = await client.describe_topics(ours)
            places = [TopicPartition(one["topic"], part["partition"]) for one in topics for part in one["partitions"]]
            await client.delete_records(dict.fromkeys(places, RecordsToDelete(TO_THE_END)))
            async with asyncio.timeout(EMPTY_SECONDS):
                while not await _forget_groups(client):  # noqa: ASYNC110  a member leaves when it leaves
                    await asyncio.sleep(0.1)


@asynccontextmanager
async def administrator(admin_url: str) -> AsyncIterator[AIOKafkaAdminClient]:
    client = AIOKafkaAdminClient(**client_settings(address_of(admin_url)))
    await client.start()
    try:
        yield client
    finally:
        await client.close()


async def _forget_groups(client: AIOKafkaAdminClient) -> bool:
    """Forget the places of the services' groups; say whether each was without members and is gone."""
    gone = True
    for service in SERVICES:
        try:
            node = await client.find_coordinator(service)
        except GroupCoordinatorNotAvailableError:
            return False  # the first question makes the topic that groups are kept in
        answer = await client._send_request(DeleteGroupsRequest([service]), node)
        gone &= all(code != NON_EMPTY_GROUP for _, code in answer.results)
    return gone


@cache
def source() -> tuple[str, str]:
    """Return which Kafka a run uses ("given", "here", "docker" or nothing), and a sentence about it."""
    if os.environ.get(GIVEN):
        return "given", f"Kafka: the one at {os.environ[GIVEN]} ({GIVEN})."
    try:
        java()
        jars()
    except KafkaNotHere as error:
        docker = shutil.which("docker")
        if docker and not subprocess.run([docker, "info"], capture_output=True, check=False).returncode:
            return "docker", f"Kafka: {IMAGE} in Docker. ({error})"
        return "", f"Kafka: NOT EXERCISED, neither the transport nor moving to it. {error}"
    return "here", "Kafka: Apache Kafka with Java on this machine (deploy/kafka)."


def pytest_report_header() -> str:
    return source()[1]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not source()[0]:
        terminalreporter.write_line(source()[1], yellow=True)


def _started(folder: Path, stack: ExitStack) -> tuple[str, Brokers | None]:
    kind, sentence = source()
    if kind == "given":
        return chosen(f"kafka://{os.environ[GIVEN]}"), None
    if kind == "here":
        quicken()
        brokers = stack.enter_context(Brokers(folder))
        return brokers.admin_url, brokers
    if kind == "docker":
        return _in_docker(folder, stack), None
    if os.environ.get("CI") == "true":
        pytest.fail(sentence)
    pytest.skip("There is no Kafka; the run's summary says why.")


def _in_docker(folder: Path, stack: ExitStack) -> str:
    """Run the same settings in a container that shares our network and our folder."""
    layout = laid_out(folder, 1, None)
    settings = write_settings(folder, layout, 0)
    tools = "/opt/kafka/bin/kafka"
    scram = f"SCRAM-SHA-512=[name=admin,password={layout.admin_password}]"
    words = f"{tools}-storage.sh format -t {layout.cluster_id} -c {settings} --add-scram '{scram}'"
    container = DockerContainer(IMAGE, network_mode="host", user=f"{os.getuid()}:{os.getgid()}")
    container = container.with_volume_mapping(str(folder), str(folder), "rw").with_kwargs(entrypoint=["sh", "-c"])
    container = container.with_command([f"{words} && exec {tools}-server-start.sh {settings}"])
    stack.enter_context(container)
    return layout.admin_url


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kafka]:
    """One real Kafka for the worker's whole run, with every topic, user and rule of access."""
    passwords = {service: secrets.token_urlsafe(18) for service in SERVICES}
    with ExitStack() as stack:
        admin_url, brokers = _started(tmp_path_factory.mktemp("kafka"), stack)
        asyncio.run(prepare(admin_url, passwords, access_of_contracts(), take_over=True))
        yield Kafka(admin_url, passwords, brokers)


@pytest.fixture
def lent_kafka(kafka: Kafka) -> Iterator[Kafka]:
    """The Kafka of the run, emptied and lent to a whole system, which gives the services passwords of its own."""
    asyncio.run(kafka.empty())
    yield kafka
    asyncio.run(prepare(kafka.admin_url, kafka.passwords, access_of_contracts(), take_over=True))


@pytest.fixture
async def clean_kafka(kafka: Kafka) -> Kafka:
    """The Kafka of the run with every topic emptied and no group's place known."""
    await kafka.empty()
    return kafka
