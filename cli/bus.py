"""Another bus than the embedded one: its address, its administrator, and making it ready for the contracts."""

import asyncio
import logging
import os
from collections.abc import Callable, Mapping
from urllib.parse import quote

from chassis.errors import ThroughlineError
from cli.errors import BadInput, BusNotReady
from cli.postgres import Cluster
from cli.vault import Vault

ADMINISTRATOR = "THROUGHLINE_BUS_ADMIN"
TAKE_OVER = "THROUGHLINE_BUS_TAKE_OVER"
KAFKA = ("kafka://", "kafka+ssl://")
EMBEDDED_KIND = "postgresql+asyncpg://"
ANSWER_SECONDS = 10.0


def is_kafka(url: str) -> bool:
    """Say whether an address names a Kafka cluster."""
    return url.startswith(KAFKA)


def chosen(given: str) -> str:
    """Return the bus that `--bus` means: empty for the embedded one, a Kafka cluster's with its administrator.

    The administrator stands in the address, or as name:password in THROUGHLINE_BUS_ADMIN, which no command line shows.
    Raises BadInput, without repeating what may hold a password.
    """
    if not given or given.startswith(EMBEDDED_KIND):
        return given
    if not is_kafka(given):
        message = "--bus names no bus: write kafka://name:password@host:port, or leave it away for the embedded one."
        raise BadInput(message)
    scheme, _, rest = given.partition("://")
    name, _, password = os.environ.get(ADMINISTRATOR, "").partition(":")
    if "@" not in rest and name and password:
        rest = f"{quote(name, safe='')}:{quote(password, safe='')}@{rest}"
    from chassis.transports.kafka_links import address_of  # noqa: PLC0415  only who has a Kafka loads its client

    url = f"{scheme}://{rest}"
    if "@" not in rest:
        message = (
            f"The bus at {rest} needs its administrator: kafka://name:password@…, or name:password in {ADMINISTRATOR}."
        )
        raise BadInput(message)
    try:
        address_of(url)
    except ThroughlineError as error:
        message = "--bus cannot be read: write kafka://name:password@host:port[,host:port], or kafka+ssl:// for TLS."
        raise BadInput(message) from error
    return url


async def prepare(admin_url: str, passwords: Mapping[str, str]) -> None:
    """Make the cluster ready: topics, a user per service, rules of access; raises BusNotReady."""
    from chassis.transports.access import access_of_contracts  # noqa: PLC0415  as above
    from chassis.transports.kafka_topics import prepare as prepare_topics  # noqa: PLC0415

    logging.getLogger("aiokafka").addHandler(logging.NullHandler())  # what it has to say, the one sentence says
    try:
        take_over = os.environ.get(TAKE_OVER) == "yes"
        await prepare_topics(admin_url, passwords, access_of_contracts(), take_over=take_over)
    except ThroughlineError as error:
        raise BusNotReady(str(error)) from error


async def leave_embedded(cluster: Cluster, secrets: Vault) -> None:
    """Leave nothing on the embedded bus, which this start does not use."""
    from cli.provision import leave_bus  # noqa: PLC0415  as above

    await leave_bus(cluster, secrets)


def service_urls(admin_url: str) -> Callable[[str, str], str]:
    """Return how a service's address is made of its name and its own password; the administrator's stays here."""
    from chassis.transports.kafka_topics import service_url  # noqa: PLC0415  as above

    return lambda service, password: service_url(admin_url, service, password)


def look(service_url: str) -> tuple[bool, str]:
    """Return whether a Kafka bus lets a service in, and where it is or what to mend; never raises."""
    from chassis.app import make_transport  # noqa: PLC0415  as above
    from chassis.transports.kafka_links import address_of  # noqa: PLC0415

    logging.getLogger("aiokafka").addHandler(logging.NullHandler())

    async def ask() -> None:
        transport = make_transport(service_url)
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                await transport.identity()
        finally:
            await transport.stop()

    where = f"Kafka at {', '.join(address_of(service_url).servers)}"
    try:
        asyncio.run(ask())
    except (ThroughlineError, TimeoutError):
        sentence = (
            f"{where} does not answer, or does not let this installation in: see whether it runs, and whether another "
            "installation was started on it since; until then everything waits in the outboxes."
        )
        return False, sentence
    return True, f"{where} answers"
