"""Brokers on this machine: what is refused in a sentence, what outlives a kill, who is let in without a password."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaConnectionError

from chassis.transports import kafka_admin
from chassis.transports.access import access_of_contracts
from chassis.transports.kafka_links import address_of, client_settings
from chassis.transports.kafka_topics import IDENTITY, BusNotPrepared, prepare, service_url, wanted_rules
from contracts.catalogue import SERVICES
from deploy.kafka import jars as fetching
from deploy.kafka import keeper
from deploy.kafka.brokers import Brokers, KafkaNotHere, KafkaNotStarted, jars
from deploy.kafka.jars import java
from deploy.kafka.layout import FREE_PORTS, laid_out, write_settings
from tests.kafka import administrator, source
from tests.quick_java import quicken

POLICE = "intake.police.v1"
PASSWORDS = dict.fromkeys(SERVICES, "throwaway")


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], None]:
    """Return how to put a program of our own on a path that has no other, with an empty cache of jars."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setattr(fetching, "CACHE", tmp_path / "cache")

    def program(name: str, script: str) -> None:
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)

    return program


class TestRefusals:
    def test_no_java(self, programs: Callable[[str, str], None]) -> None:
        with pytest.raises(KafkaNotHere, match=r"needs Java 17 or later, and none is on the path: install it \(on Deb"):
            java()

    def test_an_old_java(self, programs: Callable[[str, str], None]) -> None:
        programs("java", "echo 'openjdk version \"11.0.2\" 2019-01-15' >&2")
        with pytest.raises(KafkaNotHere, match="this one is older"):
            java()

    def test_no_maven(self, programs: Callable[[str, str], None]) -> None:
        with pytest.raises(KafkaNotHere, match="Maven, which fetches Apache Kafka, is not on the path"):
            jars()

    def test_a_download_that_fails_gives_the_answer_received(self, programs: Callable[[str, str], None]) -> None:
        programs("mvn", "echo '[ERROR] Could not transfer artifact org.apache.kafka:kafka_2.13: 403 Forbidden'; exit 1")
        with pytest.raises(KafkaNotHere, match=r"answers and try again: Could not transfer .*: 403 Forbidden"):
            jars()

    def test_the_command_says_it_in_one_sentence(self, tmp_path: Path) -> None:
        command = [sys.executable, "-m", "deploy.kafka", "--state", str(tmp_path / "kafka")]
        environment = {**os.environ, "PATH": str(tmp_path)}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
        assert done.stderr.startswith("Apache Kafka needs Java")

    def test_another_number_of_brokers_on_the_same_folder(self, tmp_path: Path) -> None:
        laid_out(tmp_path, 1, None)
        with pytest.raises(KafkaNotStarted, match="holds a cluster of 1: start that many"):
            laid_out(tmp_path, 3, None)

    def test_two_brokers(self, tmp_path: Path) -> None:
        with pytest.raises(KafkaNotStarted, match="as one broker or as 3"):
            laid_out(tmp_path, 2, None)


class TestLayout:
    def test_is_kept_from_start_to_start(self, tmp_path: Path) -> None:
        made = laid_out(tmp_path, 3, None)
        assert laid_out(tmp_path, 3, None) == made
        moved = laid_out(tmp_path, 3, [20001, 20002, 20003])
        assert (moved.cluster_id, moved.admin_password) == (made.cluster_id, made.admin_password)
        assert moved.bootstrap == "127.0.0.1:20001,127.0.0.1:20002,127.0.0.1:20003"

    def test_no_outgoing_connection_can_take_a_port(self) -> None:
        first, _ = map(int, Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split())
        assert FREE_PORTS.stop <= first

    def test_nobody_is_anonymous_and_nobody_else_reads_the_secrets(self, tmp_path: Path) -> None:
        layout = laid_out(tmp_path / "kafka", 3, None)
        path = write_settings(tmp_path / "kafka", layout, 0)
        settings = dict(line.split("=", 1) for line in path.read_text().splitlines())
        protocols = {part.split(":")[1] for part in settings["listener.security.protocol.map"].split(",")}
        assert protocols == {"SASL_PLAINTEXT"}
        assert "ANONYMOUS" not in settings["super.users"]
        assert all("//127.0.0.1:" in listener for listener in settings["listeners"].split(","))
        assert path.stat().st_mode & 0o077 == path.parent.stat().st_mode & 0o077 == 0


def test_the_keeper_ends_what_its_program_leaves_behind() -> None:
    left, let_go = (subprocess.Popen(["/bin/sleep", "60"]) for _ in range(2))
    with subprocess.Popen([sys.executable, keeper.__file__], stdin=subprocess.PIPE) as guard:
        assert guard.stdin is not None
        guard.stdin.write(f"+{left.pid}\n+{let_go.pid}\n-{let_go.pid}\n".encode())
    assert left.wait(10) == -9
    assert let_go.poll() is None
    let_go.kill()
    let_go.wait()


@pytest.fixture
def started_here() -> None:
    """Only with a Java and jars of our own; a run with CI=true has them or fails."""
    kind, sentence = source()
    if kind != "here":
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(sentence)
    quicken()


def write(brokers: Brokers, body: bytes) -> None:
    async def work() -> None:
        producer = AIOKafkaProducer(**client_settings(address_of(brokers.admin_url)), acks="all")
        await producer.start()
        try:
            await producer.send_and_wait(POLICE, body, partition=0)
        finally:
            await producer.stop()

    asyncio.run(work())


def read(brokers: Brokers) -> list[bytes]:
    async def work() -> list[bytes]:
        consumer = AIOKafkaConsumer(**client_settings(address_of(brokers.admin_url)), auto_offset_reset="earliest")
        await consumer.start()
        try:
            place = TopicPartition(POLICE, 0)
            consumer.assign([place])
            end = (await consumer.end_offsets([place]))[place]
            return [(await consumer.getone()).value for _ in range(end)]
        finally:
            await consumer.stop()

    return asyncio.run(work())


def confirmed_by(brokers: Brokers) -> str:
    """Return how many brokers must hold a message before it counts as published."""

    async def work() -> str:
        async with administrator(brokers.admin_url) as client:
            wanted = ConfigResource(ConfigResourceType.TOPIC, POLICE, {"min.insync.replicas": ""})
            [answer] = await client.describe_configs([wanted])
            return str(answer.resources[0][4][0][1])

    return asyncio.run(work())


async def admits(port: int, **settings: object) -> bool:
    """Whether a listener answers a client that signs in so."""
    client = AIOKafkaAdminClient(**settings | {"bootstrap_servers": f"127.0.0.1:{port}", "request_timeout_ms": 5000})
    try:
        await client.start()
    except KafkaConnectionError:
        return False
    else:
        return True
    finally:
        await client.close()


def gone(pids: list[int]) -> bool:
    return not any(Path(f"/proc/{pid}").exists() for pid in pids)


@pytest.mark.usefixtures("started_here")
@pytest.mark.timeout(600)
class TestBrokers:
    def test_what_was_written_outlives_a_kill_and_a_restart(self, tmp_path: Path) -> None:
        with Brokers(tmp_path / "kafka") as brokers:
            asyncio.run(prepare(brokers.admin_url, PASSWORDS, access_of_contracts()))
            write(brokers, b"before the kill")
            [pid] = brokers.pids()
            assert address_of(brokers.admin_url).password not in Path(f"/proc/{pid}/cmdline").read_text()
            brokers.kill(0)
            brokers.start_one(0)
            write(brokers, b"after the kill")
            brokers.pause(0)
            brokers.resume(0)
            assert read(brokers) == [b"before the kill", b"after the kill"]
            layout = laid_out(tmp_path / "kafka", 1, None)
            for port in (layout.ports[0].client, layout.ports[0].broker, layout.ports[0].controller):
                assert not asyncio.run(admits(port)), "a stranger is let in without a password"
            pids = brokers.pids()
        assert gone(pids)
        with Brokers(tmp_path / "kafka") as brokers:
            assert read(brokers) == [b"before the kill", b"after the kill"]

    def test_three_go_on_without_one(self, tmp_path: Path) -> None:
        with Brokers(tmp_path / "kafka", 3) as brokers:
            asyncio.run(prepare(brokers.admin_url, PASSWORDS, access_of_contracts()))
            write(brokers, b"with all")
            brokers.kill(0)
            write(brokers, b"with two")
            asyncio.run(prepare(brokers.admin_url, PASSWORDS, access_of_contracts()))
            assert confirmed_by(brokers) == "2", "a start while a broker is away makes the topics less safe"
            brokers.start_one(0)
            assert read(brokers) == [b"with all", b"with two"]

    def test_they_end_with_a_program_that_is_killed(self, tmp_path: Path) -> None:
        command = [sys.executable, "-m", "deploy.kafka", "--state", str(tmp_path / "kafka")]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as program:
            assert program.stdout is not None
            address = next(line for line in program.stdout if "--bus" in line)
            assert "throughline up --bus kafka://admin:" in address
            asyncio.run(has_topics_and_rules_and_takes_an_owner(address.split()[-1]))
            pids = list(running_below(tmp_path / "kafka"))
            assert pids
            program.kill()
        until = time.monotonic() + 30
        while not gone(pids):
            assert time.monotonic() < until
            time.sleep(0.1)


async def has_topics_and_rules_and_takes_an_owner(admin_url: str) -> None:
    async with administrator(admin_url) as client:
        assert set(await client.list_topics()) == {IDENTITY, *(topic.topic for topic in access_of_contracts())}
        rules = {rule.row() for rule in wanted_rules(access_of_contracts(), SERVICES)}
        assert await kafka_admin.acls(client) == rules
        with pytest.raises(KafkaConnectionError):
            await AIOKafkaAdminClient(
                **client_settings(address_of(service_url(admin_url, "intake", "throwaway")))
            ).start()
        await prepare(admin_url, PASSWORDS, access_of_contracts())  # as `up` does
        await prepare(admin_url, {}, access_of_contracts())  # as its next start does
        with pytest.raises(BusNotPrepared, match="the bus of another installation"):
            await prepare(admin_url, dict.fromkeys(SERVICES, "another"), access_of_contracts())
        assert await _lets_in(service_url(admin_url, "intake", "throwaway"))


async def _lets_in(url: str) -> bool:
    given = client_settings(address_of(url))
    return await admits(int(given["bootstrap_servers"][0].rpartition(":")[2]), **given)


def running_below(folder: Path) -> Iterator[int]:
    """Yield the processes that were started with a file of this folder."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if f"@{folder}" in path.read_text():
                yield int(path.parent.name)
        except OSError:
            continue
