"""Runs the whole system as `throughline up` does, on given ports, with a link between any two programs that speak."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from cli import vault
from cli.leash import follow_parent
from cli.ports import Ports
from cli.postgres import Cluster
from cli.state import opened, write_private
from cli.system import PREFIX, Plan, System
from contracts.catalogue import SERVICES


@dataclass(frozen=True)
class Between:
    """Where the links listen: the sockets' folder (one per service inside), the services' addresses, and the bus."""

    state: str
    ports: Mapping[str, int]
    sockets: str
    service_urls: Mapping[str, str]
    bus_url: str
    ready_file: str


class Linked(System):
    """The system, whose services find database and each other through links."""

    def __init__(self, plan: Plan, between: Between) -> None:
        """Start the plan; what it has to say is printed."""
        super().__init__(plan, lambda sentence: print(sentence, flush=True))
        self._between = between

    def addresses(self, cluster: Cluster) -> vault.Addresses:
        """Return the addresses, with each service's own socket in place of the database's."""

        def url(role: str, password: str, database: str) -> str:
            through = replace(cluster, sockets=Path(self._between.sockets) / role)
            return (through if role in SERVICES else cluster).url(role, password, database)

        return replace(super().addresses(cluster), database_url=url)


async def run(between: Between) -> None:
    """Start, write the ready file, and stop on SIGTERM."""
    task = asyncio.current_task()
    if task:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    for service in SERVICES:
        os.environ[f"{PREFIX}{service.upper()}_SERVICE_URLS"] = json.dumps(dict(between.service_urls))
    with opened(Path(between.state), "demo", now=datetime.now(UTC)) as folder:
        folder.mail.mkdir(mode=0o700, exist_ok=True)
        system = Linked(Plan(folder, "demo", Ports(between.ports), between.bus_url), between)
        try:
            await system.start()
            write_private(Path(between.ready_file), "ready\n")
            await asyncio.Event().wait()
        finally:
            await system.stop()


if __name__ == "__main__":
    follow_parent(signal.SIGTERM, os.getppid())
    try:
        asyncio.run(run(Between(**json.loads(Path(sys.argv[1]).read_text("utf-8")))))
    except asyncio.CancelledError:
        sys.exit(0)
