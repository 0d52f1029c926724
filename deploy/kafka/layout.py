"""What a folder of brokers holds: secrets and ports, made once, and each broker's settings, written at each start."""

import base64
import contextlib
import json
import os
import random
import secrets
import socket
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import ClassVar

from chassis.errors import ThroughlineError

HOST = "127.0.0.1"
ADMIN = "admin"
# Below the ports that the kernel gives to outgoing connections: one of those would take a stopped broker's place.
FREE_PORTS = range(20_000, 32_000)
QUORUM = 3
MAX_MESSAGE_BYTES = 4 * 1024 * 1024


class KafkaNotStarted(ThroughlineError):
    """The brokers did not start; the sentence names the log, or what to mend."""

    reason: ClassVar[str] = "kafka-not-started"


@dataclass(frozen=True)
class Ports:
    """Where one broker listens: for clients, for the other brokers, and as a controller."""

    client: int
    broker: int
    controller: int


@dataclass(frozen=True)
class Layout:
    """One cluster: who it is, how many brokers, the passwords of its administrator and of the brokers themselves.

    `advertised` are the ports that clients are told in place of the brokers' own, when something stands in between.
    """

    cluster_id: str
    admin_password: str
    broker_password: str
    ports: tuple[Ports, ...]
    advertised: tuple[int, ...] = ()

    @property
    def bootstrap(self) -> str:
        """Every broker's address for clients."""
        return ",".join(f"{HOST}:{ports.client}" for ports in self.ports)

    @property
    def admin_url(self) -> str:
        """The cluster's address with its administrator."""
        return f"kafka://{ADMIN}:{self.admin_password}@{self.bootstrap}"


def laid_out(folder: Path, count: int, ports: Sequence[int] | None) -> Layout:
    """Return the folder's cluster, made if there is none; the data of an earlier start stay and so do their secrets.

    Raises KafkaNotStarted when the folder holds another number of brokers.
    """
    if count not in {1, QUORUM} or (ports is not None and len(ports) != count):
        message = f"Kafka runs here as one broker or as {QUORUM}, with one port each."
        raise KafkaNotStarted(message)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    kept = _kept(folder)
    if kept is not None and len(kept.ports) != count:
        message = f"{folder} holds a cluster of {len(kept.ports)}: start that many brokers, or name another folder."
        raise KafkaNotStarted(message)
    if kept is not None and ports in (None, [one.client for one in kept.ports]):
        return kept
    layout = Layout(
        kept.cluster_id if kept else _cluster_id(),
        kept.admin_password if kept else secrets.token_urlsafe(24),
        kept.broker_password if kept else secrets.token_urlsafe(24),
        _chosen(count, ports),
    )
    write_private(folder / "cluster.json", json.dumps(asdict(layout), indent=1) + "\n")
    return layout


def _kept(folder: Path) -> Layout | None:
    try:
        kept = json.loads((folder / "cluster.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return Layout(**{**kept, "ports": tuple(Ports(**one) for one in kept["ports"]), "advertised": ()})


def _cluster_id() -> str:
    """Return a random id as Kafka writes them: 16 bytes in base64 for addresses, not beginning with a dash."""
    while True:
        found = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode("ascii").rstrip("=")
        if not found.startswith("-"):
            return found


def _chosen(count: int, clients: Sequence[int] | None) -> tuple[Ports, ...]:
    with contextlib.ExitStack() as held:
        found = _free(held)
        return tuple(
            Ports(clients[index] if clients else next(found), next(found), next(found)) for index in range(count)
        )


def _free(held: contextlib.ExitStack) -> Iterator[int]:
    for port in random.sample(FREE_PORTS, len(FREE_PORTS)):
        listener = held.enter_context(socket.socket())
        with contextlib.suppress(OSError):
            listener.bind((HOST, port))
            yield port


def write_settings(folder: Path, layout: Layout, index: int) -> Path:
    """Write one broker's server.properties, which only its owner can read; return its path."""
    home = folder / f"broker-{index + 1}"
    home.mkdir(mode=0o700, exist_ok=True)
    path = home / "server.properties"
    write_private(path, "".join(f"{name}={value}\n" for name, value in settings_of(home, layout, index).items()))
    return path


def settings_of(home: Path, layout: Layout, index: int) -> dict[str, object]:
    """Return one broker's settings, for a broker that keeps its data below `home`."""
    count = len(layout.ports)
    return {
        "process.roles": "broker,controller",
        "node.id": index + 1,
        **_listeners(layout, index),
        **_sign_in(layout),
        "auto.create.topics.enable": "false",
        "unclean.leader.election.enable": "false",
        "log.dirs": home / "data",
        "default.replication.factor": count,
        "min.insync.replicas": 2 if count == QUORUM else 1,
        "message.max.bytes": MAX_MESSAGE_BYTES,
        "offsets.topic.replication.factor": count,
        "offsets.topic.num.partitions": 6,
        "transaction.state.log.replication.factor": count,
        "transaction.state.log.min.isr": 1,
        "transaction.state.log.num.partitions": 3,
        "group.initial.rebalance.delay.ms": 0,
        # A killed broker may come back at once only when the controller has missed it.
        "broker.session.timeout.ms": 6000,
        "broker.heartbeat.interval.ms": 1000,
        # One small machine holds it all.
        "num.network.threads": 2,
        "num.io.threads": 4,
        "background.threads": 4,
        "log.cleaner.dedupe.buffer.size": 8 * 1024 * 1024,
        "log.index.size.max.bytes": 1024 * 1024,
    }


def _listeners(layout: Layout, index: int) -> dict[str, object]:
    """Return where one broker listens, and where it sends its clients."""
    own = layout.ports[index]
    inside = f"BROKER://{HOST}:{own.broker}"
    told = layout.advertised[index] if layout.advertised else own.client
    voters = (f"{number + 1}@{HOST}:{ports.controller}" for number, ports in enumerate(layout.ports))
    return {
        "controller.quorum.voters": ",".join(voters),
        "listeners": f"CLIENT://{HOST}:{own.client},{inside},CONTROLLER://{HOST}:{own.controller}",
        "advertised.listeners": f"CLIENT://{HOST}:{told},{inside}",
        "listener.security.protocol.map": "CLIENT:SASL_PLAINTEXT,BROKER:SASL_PLAINTEXT,CONTROLLER:SASL_PLAINTEXT",
        "inter.broker.listener.name": "BROKER",
        "controller.listener.names": "CONTROLLER",
    }


def _sign_in(layout: Layout) -> dict[str, object]:
    """Return who is let in and as whom; nobody is anonymous.

    Clients sign in with SCRAM, brokers and controllers to each other with a password that exists only in these files.
    SCRAM cannot serve there: its secrets are what the controllers have yet to load.
    """
    login = (
        "org.apache.kafka.common.security.plain.PlainLoginModule required "
        f'username="broker" password="{layout.broker_password}" user_broker="{layout.broker_password}";'
    )
    scram = "org.apache.kafka.common.security.scram.ScramLoginModule required;"
    return {
        "listener.name.client.sasl.enabled.mechanisms": "SCRAM-SHA-512",
        "listener.name.broker.sasl.enabled.mechanisms": "PLAIN",
        "listener.name.controller.sasl.enabled.mechanisms": "PLAIN",
        "sasl.mechanism.inter.broker.protocol": "PLAIN",
        "sasl.mechanism.controller.protocol": "PLAIN",
        "listener.name.client.scram-sha-512.sasl.jaas.config": scram,
        "listener.name.broker.plain.sasl.jaas.config": login,
        "listener.name.controller.plain.sasl.jaas.config": login,
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "super.users": f"User:{ADMIN};User:broker",
        "allow.everyone.if.no.acl.found": "false",
    }


def write_private(path: Path, text: str) -> None:
    """Replace a file in one step, readable by its owner only."""
    temporary = path.with_name(path.name + ".new")
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    temporary.replace(path)
